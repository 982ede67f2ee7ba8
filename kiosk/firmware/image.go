package firmware

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"motcua/kiosk"
)

// Format is the version of the update file's shape.
const Format = 1

// Limits of an update file.
const (
	maxLine = 4 << 10
	maxPart = 4 << 30
)

// signedContext goes before the signed line, so that the key's signatures over anything else do not count.
const signedContext = "motcua image 1\n"

// Release says what an image is. Serial counts upwards over all releases.
type Release struct {
	Version string    `json:"version"`
	Serial  int64     `json:"serial"`
	Arch    string    `json:"arch"` // amd64, arm64
	Made    time.Time `json:"made"`
}

// PartName names a partition of a slot.
type PartName string

// The parts, in the order they stand in the file.
const (
	PartBoot PartName = "boot"
	PartRoot PartName = "root"
)

var partNames = []PartName{PartBoot, PartRoot}

// Part is what goes onto one partition: Size bytes (a multiple of 512) with this SHA-256 (hexadecimal).
type Part struct {
	Name   PartName `json:"name"`
	Size   int64    `json:"size"`
	SHA256 string   `json:"sha256"`
}

// Header is the signed line at the beginning of an update file. A base64 Ed25519 signature (RFC 8032) over the bytes of that
// line stands in the second line; the parts follow. The hashes are in the signed line, so the parts may be written as they come:
// the slot is not started before all of them were compared.
type Header struct {
	Format int `json:"motcua_image"`
	Release
	Parts []Part `json:"parts"`
}

// Refusal is why an update was not taken.
type Refusal string

// The refusals.
const (
	Broken    Refusal = "broken"     // not an update file, cut short, or changed after it was made
	Unsigned  Refusal = "unsigned"   // no signature of a release key
	Older     Refusal = "older"      // not newer than the running image
	OtherArch Refusal = "arch"       // for another kind of machine
	TooLarge  Refusal = "too_large"  // it does not fit the slot
	Unwritten Refusal = "unwritten"  // the disk did not take it, or gave back something else
	OnTrial   Refusal = "on_trial"   // the running image is not known to be good yet
	NoOther   Refusal = "no_other"   // there is no slot to go back to
	NotNeeded Refusal = "not_needed" // there is nothing on trial
)

type refusal struct {
	why Refusal
	err error
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %v", r.why, r.err) }
func (r *refusal) Unwrap() error { return r.err }

// RefusalOf gives why an update was refused, "" for another error.
func RefusalOf(err error) Refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r.why
	}
	return ""
}

var hints = map[Refusal]string{
	Broken: "get the update file again", Unsigned: "take updates from the maker only; this one was not signed by the maker's key",
	Older: "nothing to do: this or a newer image is running; to go back use kioskctl update rollback", OtherArch: "get the file for this kind of machine",
	TooLarge: "this machine must be flashed anew for this release", Unwritten: "try once more; if it happens again, replace the card",
	OnTrial: "wait until kioskctl update status says that the running image is kept", NoOther: "flash the machine anew",
	NotNeeded: "nothing to do",
}

func refuse(why Refusal, format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeBundle, "update the image", hints[why], "%w", &refusal{why, fmt.Errorf(format, args...)})
}

var (
	isVersion = regexp.MustCompile(`^[0-9A-Za-z.+~-]{1,64}$`).MatchString
	isSHA256  = regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString
)

func (h Header) check() error {
	switch {
	case h.Format != Format:
		return fmt.Errorf("format %d is not the one this program reads (%d)", h.Format, Format)
	case !isVersion(h.Version) || h.Serial < 1 || h.Arch == "":
		return errors.New("version, serial number or machine is missing")
	case len(h.Parts) != len(partNames):
		return errors.New("it does not hold the parts of a slot")
	}
	for i, p := range h.Parts {
		if p.Name != partNames[i] || p.Size <= 0 || p.Size > maxPart || p.Size%512 != 0 || !isSHA256(p.SHA256) {
			return fmt.Errorf("part %d is not possible", i)
		}
	}
	return nil
}

// Size is the number of bytes of all parts.
func (h Header) Size() int64 {
	var n int64
	for _, p := range h.Parts {
		n += p.Size
	}
	return n
}

// Source is one part of a release that is being signed: read twice, once for its hash.
type Source struct {
	Name PartName
	io.ReadSeeker
}

// WriteUpdate signs a release and writes the update file to w. Errors: bad_input.
func WriteUpdate(w io.Writer, r Release, key ed25519.PrivateKey, parts ...Source) error {
	h := Header{Format: Format, Release: r}
	for _, p := range parts {
		sum := sha256.New()
		n, err := io.Copy(sum, p)
		if err != nil {
			return fmt.Errorf("read part %s: %w", p.Name, err)
		}
		h.Parts = append(h.Parts, Part{p.Name, n, hex.EncodeToString(sum.Sum(nil))})
	}
	if err := h.check(); err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "sign update", "correct version, serial number or parts", "%w", err)
	}
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	signature := ed25519.Sign(key, append([]byte(signedContext), line...))
	if _, err := fmt.Fprintf(w, "%s\n%s\n", line, base64.StdEncoding.EncodeToString(signature)); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := p.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read part %s: %w", p.Name, err)
		}
		if _, err := io.Copy(w, p); err != nil {
			return fmt.Errorf("write part %s: %w", p.Name, err)
		}
	}
	return nil
}

// ReadHeader reads and verifies the two lines at the beginning; the parts follow in r. Errors: bundle_refused ([RefusalOf]).
func ReadHeader(r *bufio.Reader, trusted []ed25519.PublicKey) (Header, error) {
	line, err := readLine(r)
	if err != nil {
		return Header{}, err
	}
	encoded, err := readLine(r)
	if err != nil {
		return Header{}, err
	}
	if !signed(line, encoded, trusted) {
		return Header{}, refuse(Unsigned, "no release key has signed it")
	}
	var h Header
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return Header{}, refuse(Broken, "the header cannot be read: %w", err)
	}
	if err := h.check(); err != nil {
		return Header{}, refuse(Broken, "%w", err)
	}
	return h, nil
}

// readLine reads up to a line feed, within the limit.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for len(line) <= maxLine {
		c, err := r.ReadByte()
		if err != nil {
			return nil, refuse(Broken, "this is no update file: %w", err)
		}
		if c == '\n' {
			return line, nil
		}
		line = append(line, c)
	}
	return nil, refuse(Broken, "this is no update file")
}

func signed(line, encoded []byte, trusted []ed25519.PublicKey) bool {
	signature, err := base64.StdEncoding.DecodeString(string(encoded))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return false
	}
	message := append([]byte(signedContext), line...)
	for _, key := range trusted {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature) {
			return true
		}
	}
	return false
}
