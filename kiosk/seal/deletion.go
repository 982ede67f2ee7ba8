package seal

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
)

// deletionDomain separates deletion records from everything else a device key signs.
const deletionDomain = "motcua/deletion/1"

// DeletionBytes gives the canonical bytes of a deletion record, the ones its signature is over: dossier id, SHA-256 of the
// envelope (32 raw bytes), SHA-256 of the acknowledgement's signature (32), kiosk, time in microseconds since 1970 (8, big
// endian), each preceded by its length as four bytes, big endian.
func DeletionBytes(d kiosk.Deletion) []byte {
	var b []byte
	at := binary.BigEndian.AppendUint64(nil, uint64(d.DeletedAt.UnixMicro()))
	for _, s := range []string{d.DossierID, string(d.BodySHA256[:]), string(d.AckSHA256[:]), d.Kiosk, string(at)} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

// SignDeletion makes the record that the dossier of an acknowledgement is purged here. Make it before the purge and store it in the
// purge's transaction, so that there is never one without the other. The acknowledgement is verified already. Error: key_missing.
func SignDeletion(device devicekey.Signer, ack kiosk.Acknowledgement, at time.Time) (kiosk.Deletion, error) {
	cert, err := device.Parse()
	if err != nil {
		return kiosk.Deletion{}, fault(kiosk.CodeKeyMissing, "%w", err)
	}
	d := kiosk.Deletion{
		DossierID: ack.DossierID, BodySHA256: ack.BodySHA256, AckSHA256: sha256.Sum256(ack.Signature), Kiosk: cert.Subject.CommonName,
		DeletedAt: at.UTC().Truncate(time.Microsecond),
	}
	if d.Signature, err = device.Sign(deletionDomain, DeletionBytes(d)); err != nil {
		return kiosk.Deletion{}, fault(kiosk.CodeKeyMissing, "sign: %w", err)
	}
	return d, nil
}

// VerifyDeletion checks a deletion record under the kiosk's certificate, and that it is about this acknowledgement. Error: bad_input.
func VerifyDeletion(cert *x509.Certificate, ack kiosk.Acknowledgement, d kiosk.Deletion) error {
	err := devicekey.Verify(cert, deletionDomain, DeletionBytes(d), d.Signature)
	if err == nil && (cert.Subject.CommonName != d.Kiosk || d.DossierID != ack.DossierID || d.BodySHA256 != ack.BodySHA256 ||
		d.AckSHA256 != sha256.Sum256(ack.Signature)) {
		err = errors.New("deletion record is about something else")
	}
	if err != nil {
		return fault(kiosk.CodeBadInput, "%w", err)
	}
	return nil
}
