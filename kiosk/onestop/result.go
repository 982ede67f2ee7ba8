package onestop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/seal"
)

// SignatureStatus is what is known of a result file's digital signature. The values are stored.
type SignatureStatus string

// The statuses. Invalid is shown as invalid; a file whose signature nobody could check is "unknown", never "valid".
const (
	SignatureNone    SignatureStatus = "none"
	SignatureValid   SignatureStatus = "valid"
	SignatureInvalid SignatureStatus = "invalid"
	SignatureUnknown SignatureStatus = "unknown"
)

// SignatureStatuses is the closed list.
var SignatureStatuses = []SignatureStatus{SignatureNone, SignatureValid, SignatureInvalid, SignatureUnknown}

// ResultFile is the electronic result of a dossier, without its bytes: they are sealed to the office like the envelope.
type ResultFile struct {
	Seq       int64
	Dossier   string
	Name      string
	Code      string // KQ.…, "" when it has none
	Type      string // media type
	Size      int
	SHA256    [32]byte // of the file
	Signature SignatureStatus
	At        time.Time
	By        Person
}

// ResultStore keeps result files. ResultBody error: ErrNotFound.
type ResultStore interface {
	AddResult(ctx context.Context, r ResultFile, sealed []byte) (ResultFile, error)
	Results(ctx context.Context, dossier string) ([]ResultFile, error)
	ResultBody(ctx context.Context, seq int64) (dossier string, sealed []byte, err error)
}

// MaxResult bounds a result file.
const MaxResult = 10 << 20

// ErrResult means that a file cannot be a result: empty, too large, or neither PDF nor picture.
var ErrResult = errors.New("a result is a PDF, JPEG or PNG of at most 10 MB with a name")

// AddResult attaches a result file. Errors: ErrDenied, ErrResult, ErrRefused when the dossier was never accepted, ErrNotFound, the
// store's.
func (d *Desk) AddResult(ctx context.Context, a Account, dossier, name, code string, file []byte) (ResultFile, error) {
	if !a.Role.May(PermProcess) {
		return ResultFile{}, ErrDenied
	}
	kind := resultType(file)
	name, code = oneLine(name), strings.TrimSpace(code)
	if kind == "" || name == "" || len(name) > 200 || len(file) > MaxResult || len(code) > 40 || !plainNumber.MatchString(code) {
		return ResultFile{}, ErrResult
	}
	it, err := d.opt.Store.Item(ctx, dossier)
	if err != nil {
		return ResultFile{}, err
	}
	if it.Number == "" {
		return ResultFile{}, ErrRefused
	}
	sealed, err := seal.SealFile(d.opt.Seal.Public(), resultSeal, dossier, file)
	if err != nil {
		return ResultFile{}, err
	}
	r, err := d.opt.Store.AddResult(ctx, ResultFile{
		Dossier: dossier, Name: name, Code: code, Type: kind, Size: len(file), SHA256: sha256.Sum256(file), Signature: signatureOf(file),
		At: d.Now().UTC().Truncate(time.Microsecond), By: Person{a.ID, a.Name},
	}, sealed)
	return r, d.did(ctx, a, "result", err)
}

// resultSeal is the name under which the office seals to itself.
const resultSeal = "office"

// Result opens a result file. Errors: ErrDenied, ErrNotFound, bad_input, the store's.
func (d *Desk) Result(ctx context.Context, a Account, seq int64) (ResultFile, []byte, error) {
	if !a.Role.May(PermOpen) {
		return ResultFile{}, nil, ErrDenied
	}
	dossier, sealed, err := d.opt.Store.ResultBody(ctx, seq)
	if err != nil {
		return ResultFile{}, nil, err
	}
	all, err := d.opt.Store.Results(ctx, dossier)
	if err != nil {
		return ResultFile{}, nil, err
	}
	for _, r := range all {
		if r.Seq != seq {
			continue
		}
		id, by, plain, err := d.opt.Seal.OpenFile(sealed)
		if err == nil && (id != dossier || by != resultSeal || sha256.Sum256(plain) != r.SHA256) {
			err = kiosk.Errorf(kiosk.CodeBadInput, "open result", "", "the file is another dossier's")
		}
		return r, plain, err
	}
	return ResultFile{}, nil, ErrNotFound
}

func resultType(b []byte) string {
	if bytes.HasPrefix(b, []byte("%PDF-")) {
		return "application/pdf"
	}
	return sniff(b)
}

// signatureOf says whether a PDF claims a signature. Whether the claim holds needs the signer's certificate and its chain, which
// the office does not have: it is shown as not checked.
func signatureOf(b []byte) SignatureStatus {
	if bytes.HasPrefix(b, []byte("%PDF-")) && bytes.Contains(b, []byte("/ByteRange")) {
		return SignatureUnknown
	}
	return SignatureNone
}

// oneLine makes a text one trimmed line of plain characters.
func oneLine(s string) string {
	s, err := cleanNote(s)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(s), " ")
}
