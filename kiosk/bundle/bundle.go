// Package bundle carries data files that a kiosk takes from outside: signed, numbered, with the days on which they are in force.
//
// A bundle is one file: a line of JSON (the [Header]), a line with the Ed25519 signature (RFC 8032) over that first line, and
// the payload, whose length and SHA-256 the header states. What is signed are the bytes of the line as they stand: nothing is
// encoded again before it is verified. A [Shelf] keeps the bundles of one kind. It refuses what is not signed by a trusted key,
// not newer than what it has, out of date, or of no use to its reader; the old one then stays in use, and an alarm stays until a
// good bundle comes. Earlier bundles are kept, so that a dossier pinned to a version can be read under it.
package bundle

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"motcua/kiosk"
)

// Format is the version of the file's shape.
const Format = 1

// Kind is what a bundle carries.
type Kind string

// The kinds.
const (
	KindCatalogue Kind = "catalogue" // a file of package catalogue
	KindCalendar  Kind = "calendar"  // a file of package calendar
	KindRota      Kind = "rota"      // a file of package rota
	KindConsents  Kind = "consents"  // the consents' texts: {language: {purpose: {"id", "text"}}}
	KindPlaces    Kind = "places"    // provinces and communes: {"provinces", "communes"}, as the files of package places
	KindSealKeys  Kind = "sealkeys"  // announcements of keys to seal to (package provision); each is signed itself as well
)

// Kinds is the closed list.
var Kinds = []Kind{KindCatalogue, KindCalendar, KindRota, KindConsents, KindPlaces, KindSealKeys}

// ETag names a bundle as it stands, for HTTP (RFC 9110 §8.8.3): the SHA-256 of its bytes, quoted.
func ETag(data []byte) string {
	sum := sha256.Sum256(data)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// Limits of what is read.
const (
	MaxSize   = 64 << 20 // of a bundle
	maxHeader = 4 << 10
)

// context goes before the signed line, so that the key's signatures over anything else do not count.
const context = "motcua bundle 1\n"

// Header says what the payload is. Serial counts upwards per kind. Days are yyyy-mm-dd in Vietnam.
type Header struct {
	Format int       `json:"motcua_bundle"`
	Kind   Kind      `json:"kind"`
	Serial int64     `json:"serial"`
	Made   time.Time `json:"made"`
	From   string    `json:"from"`            // first day in force
	Until  string    `json:"until,omitempty"` // last day; "" has no end
	Size   int       `json:"size"`
	SHA256 string    `json:"sha256"`
}

// Bundle is a verified bundle.
type Bundle struct {
	Header
	Payload []byte
}

// Refusal is why a bundle was not taken.
type Refusal string

// The refusals.
const (
	Broken    Refusal = "broken"    // not a bundle, cut short, or changed after it was made
	Unsigned  Refusal = "unsigned"  // no signature of a trusted key
	OtherKind Refusal = "kind"      // it carries something else
	Older     Refusal = "older"     // not newer than the installed one
	OutOfDate Refusal = "date"      // its last day has passed
	Useless   Refusal = "unusable"  // its reader refuses the payload
	Unwritten Refusal = "unwritten" // it could not be kept
)

// refusal is the cause inside the error of a refused bundle.
type refusal struct {
	why Refusal
	err error
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %v", r.why, r.err) }
func (r *refusal) Unwrap() error { return r.err }

// RefusalOf gives why a bundle was refused, "" for another error.
func RefusalOf(err error) Refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r.why
	}
	return ""
}

var hints = map[Refusal]string{
	Broken: "get the bundle again", Unsigned: "ask who published it; only bundles signed by the office's key are taken",
	OtherKind: "install it under its own kind", Older: "nothing to do: a newer bundle is in use", OutOfDate: "get a bundle that is in force",
	Useless: "ask who published it", Unwritten: "make room on the disk and make the folder writable",
}

func refuse(why Refusal, format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeBundle, "take bundle", hints[why], "%w", &refusal{why, fmt.Errorf(format, args...)})
}

// Sign makes a bundle. It fills in Format, Size and SHA256. Errors: bad_input.
func Sign(h Header, payload []byte, key ed25519.PrivateKey) ([]byte, error) {
	sum := sha256.Sum256(payload)
	h.Format, h.Size, h.SHA256 = Format, len(payload), hex.EncodeToString(sum[:])
	if err := h.check(); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "sign bundle", "correct the serial number and the days", "%w", err)
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	signature := ed25519.Sign(key, append([]byte(context), line...))
	return bytes.Join([][]byte{line, []byte(base64.StdEncoding.EncodeToString(signature)), payload}, []byte("\n")), nil
}

func (h Header) check() error {
	switch {
	case h.Format != Format:
		return fmt.Errorf("format %d is not the one this program reads (%d)", h.Format, Format)
	case !slices.Contains(Kinds, h.Kind):
		return fmt.Errorf("kind %q is not known", h.Kind)
	case h.Serial < 1:
		return errors.New("the serial number is not above 0")
	case !isDay(h.From) || h.Until != "" && (!isDay(h.Until) || h.Until < h.From):
		return errors.New("from and until are not days in order")
	case h.Size < 0 || h.Size > MaxSize:
		return errors.New("the size is not possible")
	}
	return nil
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Is reports whether data begins like a bundle.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte(`{"motcua_bundle":`)) }

// Open verifies a bundle of a kind. Errors: bundle_refused; [RefusalOf] says why.
func Open(data []byte, kind Kind, trusted []ed25519.PublicKey) (*Bundle, error) {
	line, rest, ok1 := bytes.Cut(data, []byte("\n"))
	encoded, payload, ok2 := bytes.Cut(rest, []byte("\n"))
	if !Is(data) || !ok1 || !ok2 || len(line) > maxHeader || len(data) > MaxSize {
		return nil, refuse(Broken, "this is no bundle")
	}
	if !signed(line, encoded, trusted) {
		return nil, refuse(Unsigned, "no trusted key has signed it")
	}
	b := &Bundle{Payload: payload}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b.Header); err != nil {
		return nil, refuse(Broken, "the header cannot be read: %w", err)
	}
	if err := b.check(); err != nil {
		return nil, refuse(Broken, "%w", err)
	}
	sum := sha256.Sum256(payload)
	if len(payload) != b.Size || hex.EncodeToString(sum[:]) != b.SHA256 {
		return nil, refuse(Broken, "the payload is not the one that was signed")
	}
	if b.Kind != kind {
		return nil, refuse(OtherKind, "it carries a %s", b.Kind)
	}
	return b, nil
}

func signed(line, encoded []byte, trusted []ed25519.PublicKey) bool {
	signature, err := base64.StdEncoding.DecodeString(string(encoded))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return false
	}
	message := append([]byte(context), line...)
	for _, key := range trusted {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature) {
			return true
		}
	}
	return false
}
