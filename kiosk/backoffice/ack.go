package backoffice

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"motcua/kiosk"
)

// ackDomain separates acknowledgements from everything else the office's key may ever sign.
const ackDomain = "motcua/acknowledgement/1"

// AckBytes gives the canonical bytes of an acknowledgement, the ones its signature is over: the domain
// "motcua/acknowledgement/1", dossier id, body SHA-256 (32 raw bytes), office, received-at (RFC 3339 with six decimals, UTC),
// number, and state (decimal), each preceded by its length as four bytes, big endian. Signature is left out.
func AckBytes(a kiosk.Acknowledgement) []byte {
	var b []byte
	for _, s := range []string{
		ackDomain, a.DossierID, string(a.BodySHA256[:]), a.Office, formatTime(a.ReceivedAt), a.Number, decimal(int(a.State)),
	} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

// SignAck rounds the time to microseconds, as the wire carries it, and signs.
func SignAck(key ed25519.PrivateKey, a kiosk.Acknowledgement) kiosk.Acknowledgement {
	a.ReceivedAt = a.ReceivedAt.UTC().Truncate(time.Microsecond)
	a.Signature = ed25519.Sign(key, AckBytes(a))
	return a
}

// VerifyAck checks the signature. Whether the acknowledgement is about the right dossier is the caller's to compare.
// Error: office_untrusted.
func VerifyAck(key ed25519.PublicKey, a kiosk.Acknowledgement) error {
	if len(key) != ed25519.PublicKeySize || len(a.Signature) != ed25519.SignatureSize || !ed25519.Verify(key, AckBytes(a), a.Signature) {
		return kiosk.Errorf(kiosk.CodeOfficeUntrusted, "verify acknowledgement",
			"compare the office's acknowledgement key with the one in office.json", "signature is not the office's")
	}
	return nil
}

// wireAck is an acknowledgement in JSON.
type wireAck struct {
	DossierID  string `json:"dossier_id"`
	BodySHA256 string `json:"body_sha256"` // hexadecimal
	Office     string `json:"office"`
	ReceivedAt string `json:"received_at"`
	Number     string `json:"number"`
	State      int    `json:"state"`
	Signature  []byte `json:"signature"` // base64
}

// MarshalAck writes an acknowledgement as the wire and the stores keep it.
func MarshalAck(a kiosk.Acknowledgement) ([]byte, error) {
	return json.Marshal(wireAck{
		DossierID: a.DossierID, BodySHA256: hex.EncodeToString(a.BodySHA256[:]), Office: a.Office,
		ReceivedAt: formatTime(a.ReceivedAt), Number: a.Number, State: int(a.State), Signature: a.Signature,
	})
}

// UnmarshalAck reads what MarshalAck writes, strictly.
func UnmarshalAck(b []byte) (kiosk.Acknowledgement, error) {
	var w wireAck
	if err := decodeStrict(b, &w); err != nil {
		return kiosk.Acknowledgement{}, err
	}
	sum, err := parseSHA256(w.BodySHA256)
	if err != nil {
		return kiosk.Acknowledgement{}, err
	}
	at, err := parseTime(w.ReceivedAt)
	if err != nil {
		return kiosk.Acknowledgement{}, err
	}
	a := kiosk.Acknowledgement{
		DossierID: w.DossierID, BodySHA256: sum, Office: w.Office, ReceivedAt: at, Number: w.Number,
		State: kiosk.DossierState(w.State), Signature: w.Signature,
	}
	if a.State.String() == "" {
		return kiosk.Acknowledgement{}, errors.New("state outside the national list")
	}
	return a, nil
}
