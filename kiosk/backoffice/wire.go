package backoffice

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"motcua/kiosk"
)

// Paths, header names and limits of the protocol.
const (
	PathDossiers = "/api/v1/dossiers"
	PathStatus   = "/api/v1/status"
	PathPing     = "/api/v1/ping"

	HeaderKey     = "Idempotency-Key"
	HeaderSHA256  = "Content-Sha256"
	HeaderTokenID = "Token-Id"
	HeaderCreated = "Dossier-Created"

	MaxBody   = 13 << 20 // of an envelope: seal.MaxPlaintext and what is around it
	maxAnswer = 64 << 10 // of any answer
	maxQuery  = 1 << 10  // of a status question
)

// wireError is the body of every answer that is not a success.
type wireError struct {
	Code kiosk.Code `json:"code"`
}

// wireQuery asks for a status.
type wireQuery struct {
	TokenID string `json:"token_id"`
}

// wireStatus is a kiosk.Status in JSON.
type wireStatus struct {
	State     int    `json:"state"`
	Number    string `json:"number"`
	Procedure string `json:"procedure"`
	Submitted string `json:"submitted"`
	Updated   string `json:"updated"`
	Note      string `json:"note"`
	Office    string `json:"office"`
}

func toWireStatus(s kiosk.Status) wireStatus {
	return wireStatus{
		State: int(s.State), Number: s.Number, Procedure: s.Procedure, Submitted: formatTime(s.Submitted),
		Updated: formatTime(s.Updated), Note: s.Note, Office: s.Office,
	}
}

func (w wireStatus) status() (kiosk.Status, error) {
	submitted, err := parseTime(w.Submitted)
	if err != nil {
		return kiosk.Status{}, err
	}
	updated, err := parseTime(w.Updated)
	if err != nil {
		return kiosk.Status{}, err
	}
	s := kiosk.Status{
		State: kiosk.DossierState(w.State), Number: w.Number, Procedure: w.Procedure, Submitted: submitted, Updated: updated,
		Note: w.Note, Office: w.Office,
	}
	if s.State.String() == "" {
		return kiosk.Status{}, errors.New("state outside the national list")
	}
	return s, nil
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// parseTime reads the one form formatTime writes.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeLayout, s)
	if err != nil || formatTime(t) != s {
		return time.Time{}, errors.New("time is not RFC 3339 with microseconds in UTC")
	}
	return t, nil
}

func decimal(n int) string { return strconv.Itoa(n) }

func parseSHA256(s string) (sum [32]byte, err error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(sum) || hex.EncodeToString(raw) != s {
		return sum, errors.New("not a SHA-256 in lower-case hexadecimal")
	}
	return [32]byte(raw), nil
}

// ValidID reports whether s is a dossier id: a UUID in lower case.
func ValidID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		digit := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash != (c == '-') || !dash && !digit {
			return false
		}
	}
	return true
}

// decodeStrict reads one JSON value with known keys only and nothing after it.
func decodeStrict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("not the JSON expected: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON")
	}
	return nil
}
