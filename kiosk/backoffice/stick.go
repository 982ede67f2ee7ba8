package backoffice

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"motcua/kiosk"
)

// StickDomain separates the signature of a delivery by stick from everything else a device key signs.
const StickDomain = "motcua/stick/1"

// maxStick bounds how many dossiers one file may hold.
const maxStick = 10_000

// A stick file carries dossiers to the office without a network, sealed as they are. It is a tar archive with, for each dossier,
//
//	delivery    JSON: id, token_id, created, envelope {sha256, size}, parts [{sha256, size}]
//	signature   of the device key over delivery, domain "motcua/stick/1" (package devicekey)
//	envelope    the sealed envelope
//	part        each sealed stream, in order
//
// The names in the archive say what an entry is and are never used as names of files.
type stickDelivery struct {
	ID       string      `json:"id"`
	TokenID  string      `json:"token_id"`
	Created  string      `json:"created"`
	Envelope stickBlob   `json:"envelope"`
	Parts    []stickBlob `json:"parts"`
}

type stickBlob struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// WriteStick writes dossiers with their bodies and parts; sign signs in [StickDomain] by the device key.
func WriteStick(w io.Writer, list []kiosk.Sealed, sign func(delivery []byte) ([]byte, error)) error {
	if len(list) > maxStick {
		return kiosk.Errorf(kiosk.CodeBadInput, "write stick", "", "%d dossiers are more than one file holds", len(list))
	}
	t := tar.NewWriter(w)
	for _, s := range list {
		if err := writeDelivery(t, s, sign); err != nil {
			return fmt.Errorf("write stick: %w", err)
		}
	}
	return t.Close()
}

func writeDelivery(t *tar.Writer, s kiosk.Sealed, sign func([]byte) ([]byte, error)) error {
	if err := checkSealed(s); err != nil {
		return err
	}
	d := stickDelivery{
		ID: s.ID, TokenID: s.TokenID, Created: formatTime(s.Created),
		Envelope: stickBlob{hex.EncodeToString(s.SHA256[:]), int64(len(s.Body))}, Parts: []stickBlob{},
	}
	for _, p := range s.Parts {
		d.Parts = append(d.Parts, stickBlob{hex.EncodeToString(p.SHA256[:]), p.Size})
	}
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	signature, err := sign(b)
	if err != nil {
		return err
	}
	for _, e := range []struct {
		name string
		body io.Reader
		size int64
	}{{"delivery", bytes.NewReader(b), int64(len(b))}, {"signature", bytes.NewReader(signature), int64(len(signature))}, {"envelope", bytes.NewReader(s.Body), int64(len(s.Body))}} {
		if err := writeEntry(t, e.name, e.body, e.size); err != nil {
			return err
		}
	}
	for _, p := range s.Parts {
		if err := writeEntry(t, "part", io.NewSectionReader(p.Data, 0, p.Size), p.Size); err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(t *tar.Writer, name string, body io.Reader, size int64) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX, ModTime: time.Unix(0, 0)}); err != nil {
		return err
	}
	n, err := io.Copy(t, body)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// ReadStick gives each dossier of a stick file with what was signed. Hashes are checked here, the signature by the caller, under the
// certificate in the envelope. Error: bad_input for a file that is none; what each gives ends the reading.
func ReadStick(r io.Reader, each func(s kiosk.Sealed, delivery, signature []byte) error) error {
	t := tar.NewReader(r)
	for n := 0; ; n++ {
		delivery, err := readEntry(t, "delivery", 1<<20)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && n == maxStick {
			err = errors.New("too many dossiers")
		}
		if err != nil {
			return badStick(err)
		}
		signature, err := readEntry(t, "signature", 1<<10)
		if err != nil {
			return badStick(err)
		}
		s, err := readDelivery(t, delivery)
		if err != nil {
			return badStick(err)
		}
		if err := each(s, delivery, signature); err != nil {
			return err
		}
	}
}

func badStick(err error) error {
	return kiosk.Errorf(kiosk.CodeBadInput, "read stick", "export it again on the kiosk: kioskctl outbox export", "%w", err)
}

func readDelivery(t *tar.Reader, b []byte) (s kiosk.Sealed, err error) {
	var d stickDelivery
	if err := decodeStrict(b, &d); err != nil {
		return s, err
	}
	created, err := parseTime(d.Created)
	if err != nil {
		return s, err
	}
	if len(d.Parts) > MaxParts {
		return s, errors.New("too many parts")
	}
	s = kiosk.Sealed{ID: d.ID, TokenID: d.TokenID, Created: created}
	if s.SHA256, s.Body, err = readBlob(t, "envelope", d.Envelope, MaxBody); err != nil {
		return s, err
	}
	for i, p := range d.Parts {
		sum, data, err := readBlob(t, "part", p, MaxPart)
		if err != nil {
			return s, fmt.Errorf("part %s: %w", strconv.Itoa(i), err)
		}
		s.Parts = append(s.Parts, kiosk.SealedPart{SHA256: sum, Size: p.Size, Data: bytes.NewReader(data)})
	}
	return s, checkSealed(s)
}

func readBlob(t *tar.Reader, name string, b stickBlob, limit int64) (sum [32]byte, data []byte, err error) {
	if sum, err = parseSHA256(b.SHA256); err != nil {
		return sum, nil, err
	}
	if data, err = readEntry(t, name, limit); err != nil {
		return sum, nil, err
	}
	if int64(len(data)) != b.Size || sha256.Sum256(data) != sum {
		return sum, nil, errors.New("the stick has damaged it: size or SHA-256 differs")
	}
	return sum, data, nil
}

// readEntry reads the next entry, which must bear that name; io.EOF at the end of the archive.
func readEntry(t *tar.Reader, name string, limit int64) ([]byte, error) {
	h, err := t.Next()
	if err != nil {
		if errors.Is(err, io.EOF) && name != "delivery" {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if h.Name != name || h.Typeflag != tar.TypeReg || h.Size < 0 || h.Size > limit {
		return nil, fmt.Errorf("not the %s that should come here", name)
	}
	return io.ReadAll(io.LimitReader(t, limit))
}

// WriteReceipts writes acknowledgements to be carried back, one in a line.
func WriteReceipts(w io.Writer, list []kiosk.Acknowledgement) error {
	for _, a := range list {
		b, err := MarshalAck(a)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(b, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// ReadReceipts reads what WriteReceipts wrote. The caller verifies each. Error: bad_input.
func ReadReceipts(r io.Reader) (list []kiosk.Acknowledgement, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<10)
	for lines.Scan() {
		a, err := UnmarshalAck(lines.Bytes())
		if err == nil && len(list) == maxStick {
			err = errors.New("too many receipts")
		}
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, "read receipts", "import the stick at the office again", "%w", err)
		}
		list = append(list, a)
	}
	if err := lines.Err(); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read receipts", "import the stick at the office again", "%w", err)
	}
	return list, nil
}
