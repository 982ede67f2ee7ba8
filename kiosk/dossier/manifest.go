package dossier

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"motcua/kiosk"
)

// Format is the manifest's format.
const Format = "motcua/dossier/2"

// Manifest is the signed part of a package: everything but the raw bytes, which it names by hash.
type Manifest struct {
	Format      string             `json:"format"`
	ID          string             `json:"id"`       // the dossier's UUID
	TokenID     string             `json:"token_id"` // of the receipt token; the token itself stays with the citizen
	Kiosk       string             `json:"kiosk"`    // the kiosk's name
	Software    string             `json:"software"` // the kiosk's software version
	Created     stamp              `json:"created"`
	Certificate digest             `json:"certificate"` // of the device certificate
	Procedure   kiosk.ProcedureRef `json:"procedure"`
	Fields      []kiosk.Field      `json:"fields"`
	Return      kiosk.Return       `json:"return"`
	Consents    []consent          `json:"consents"`
	Chip        *chip              `json:"chip"` // null when no chip was read
	Face        face               `json:"face"`
	Papers      []paper            `json:"papers"`
	Parts       []part             `json:"parts"`
}

type consent struct {
	Purpose kiosk.Purpose `json:"purpose"`
	Text    string        `json:"text"`
	SHA256  digest        `json:"sha256"`
	Given   bool          `json:"given"`
	At      stamp         `json:"at"`
}

// chip is what the kiosk says about the read; the office judges the raw files itself.
type chip struct {
	Access   string        `json:"access"`
	Checks   []kiosk.Check `json:"checks"`
	Verdict  kiosk.Verdict `json:"verdict"`
	Signer   kiosk.Signer  `json:"signer"`
	Active   *active       `json:"active"` // null when active authentication was not run
	APDUs    int           `json:"apdus"`
	Bytes    int           `json:"bytes"`
	Duration int64         `json:"duration_us"`
}

// active is active authentication: what was asked, what the chip answered, and what the question was derived from.
type active struct {
	Challenge []byte     `json:"challenge"` // base64
	Signature []byte     `json:"signature"` // base64
	At        *stamp     `json:"at"`        // null when the challenge is bound to nothing
	Random    random     `json:"random"`
	Nonce     *wireNonce `json:"nonce"` // null when the kiosk had none
}

type wireNonce struct {
	Value     random `json:"value"`
	At        stamp  `json:"at"`
	Signature []byte `json:"signature"`
}

func (a *active) nonce() *Nonce {
	if a.Nonce == nil {
		return nil
	}
	return &Nonce{Value: a.Nonce.Value, At: a.Nonce.At.Time, Signature: a.Nonce.Signature}
}

type face struct {
	Verdict   kiosk.Verdict     `json:"verdict"`
	Checks    []kiosk.Check     `json:"checks"`
	Score     decimal           `json:"score"`
	Threshold decimal           `json:"threshold"`
	Frames    int               `json:"frames"`
	Liveness  decimal           `json:"liveness"`
	Pass      decimal           `json:"liveness_pass"`
	Model     string            `json:"model"`
	Models    map[string]string `json:"models"` // SHA-256 by file name
	Hint      kiosk.FaceHint    `json:"hint"`
	Duration  int64             `json:"duration_us"`
}

// paper says for which component of the procedure a page part stands.
type paper struct {
	Part  string `json:"part"`
	Paper string `json:"paper"`
}

type part struct {
	Name   string `json:"name"`
	Type   string `json:"type"` // media type; "" for files of the chip
	Size   int    `json:"size"`
	SHA256 digest `json:"sha256"`
	Width  int    `json:"width"`
	Height int    `json:"height"`

	Attached bool `json:"attached"` // the bytes are in the package; those of a page may travel beside it
}

// encodeManifest gives the canonical bytes.
func encodeManifest(m *Manifest) ([]byte, error) {
	plain, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	return canonical(make([]byte, 0, len(plain)), tree)
}

// decodeManifest reads canonical bytes only.
func decodeManifest(b []byte) (*Manifest, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	m := new(Manifest)
	if err := d.Decode(m); err != nil {
		return nil, describeJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	again, err := encodeManifest(m)
	if err != nil {
		return nil, describeJSON(err)
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("not the canonical encoding")
	}
	return m, nil
}

// describeJSON keeps values out of the text: encoding/json quotes what it could not read.
func describeJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at offset %d", syntax.Offset)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("wrong type at offset %d", kind.Offset)
	}
	return errors.New("not a manifest")
}

// digest is a SHA-256 in lower-case hexadecimal.
type digest [32]byte

// MarshalText gives 64 hexadecimal digits.
func (d digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *digest) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(d) {
		return errors.New("not a SHA-256")
	}
	copy(d[:], raw)
	return nil
}

// random is 16 bytes in lower-case hexadecimal.
type random [16]byte

// MarshalText gives 32 hexadecimal digits.
func (r random) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, r[:]), nil }

// UnmarshalText reads 32 hexadecimal digits.
func (r *random) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(r) {
		return errors.New("not 16 bytes")
	}
	copy(r[:], raw)
	return nil
}

// stamp is a time in UTC with microseconds.
type stamp struct{ time.Time }

const stampLayout = "2006-01-02T15:04:05.000000Z"

func newStamp(t time.Time) stamp { return stamp{t.UTC().Truncate(time.Microsecond)} }

// MarshalText gives RFC 3339 with six decimals and "Z".
func (s stamp) MarshalText() ([]byte, error) { return s.UTC().AppendFormat(nil, stampLayout), nil }

// MarshalJSON gives the text quoted; time.Time's own form has a varying number of decimals.
func (s stamp) MarshalJSON() ([]byte, error) {
	text, err := s.MarshalText()
	return append(append([]byte{'"'}, text...), '"'), err
}

// UnmarshalJSON reads what MarshalJSON gives.
func (s *stamp) UnmarshalJSON(b []byte) error {
	t, err := time.Parse(`"`+stampLayout+`"`, string(b))
	if err != nil {
		return errors.New("not a time")
	}
	s.Time = t
	return nil
}

// decimal is a floating-point number as a decimal string, "" for NaN.
type decimal float64

// MarshalText gives Go's shortest decimal that reads back as the same number.
func (d decimal) MarshalText() ([]byte, error) {
	switch f := float64(d); {
	case math.IsNaN(f):
		return nil, nil
	case math.IsInf(f, 0):
		return nil, errors.New("number is infinite")
	default:
		return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
	}
}

// UnmarshalText reads what MarshalText gives.
func (d *decimal) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = decimal(math.NaN())
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return errors.New("not a number")
	}
	*d = decimal(f)
	return nil
}
