package onestop

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/bundle"
	"motcua/kiosk/dossier"
)

// Enrolment is a one-time word by which one kiosk may ask for its certificate.
type Enrolment struct {
	Word    [32]byte // SHA-256 of the word
	Kiosk   string   // the name that the office has decided
	Expires time.Time
}

// DeviceStore knows enrolments, and what kiosks ask about their dossiers. UseEnrolment spends a word: ErrNotFound for one that is
// unknown, spent or out of time.
type DeviceStore interface {
	AddEnrolment(ctx context.Context, e Enrolment) error
	UseEnrolment(ctx context.Context, word [32]byte, now time.Time) (kiosk string, err error)
	Changes(ctx context.Context, kiosk string, after int64, limit int) ([]backoffice.Change, error)
}

// Issuer certifies kiosks and tells them about the office: package provision in onestopd.
type Issuer interface {
	IssueDevice(csr []byte, name string) (certificate []byte, err error) // both PEM
	OfficeFile() ([]byte, error)                                         // office.json
}

// enrolmentTime is how long a word may be used.
const enrolmentTime = 72 * time.Hour

// NewEnrolment makes a one-time word for a kiosk: 10 characters, shown once and kept as its hash alone.
func (d *Desk) NewEnrolment(ctx context.Context, name string) (word string, expires time.Time, err error) {
	if word, err = kiosk.NewToken(rand.Reader); err != nil {
		return "", time.Time{}, err
	}
	expires = d.Now().Add(enrolmentTime).UTC().Truncate(time.Second)
	e := Enrolment{Word: sha256.Sum256([]byte(word)), Kiosk: name, Expires: expires}
	return kiosk.FormatToken(word), expires, d.opt.Store.AddEnrolment(ctx, e)
}

// Enrol answers a certificate request that comes with a one-time word; the word decides the name. A request that cannot be used
// does not spend the word. Errors: not_found, bad_input, unavailable when this office certifies by hand only.
func (d *Desk) Enrol(ctx context.Context, word string, csr []byte) (e backoffice.Enrolled, err error) {
	const op = "enrol kiosk"
	if d.opt.Issuer == nil {
		return e, kiosk.Errorf(kiosk.CodeUnavailable, op, "enrol with onestopd enrol", "no authority here")
	}
	if _, err := d.opt.Issuer.IssueDevice(csr, "probe"); err != nil {
		return e, err
	}
	token, err := kiosk.ParseToken(word)
	if err != nil {
		return e, kiosk.Errorf(kiosk.CodeNotFound, op, "", "no such word")
	}
	name, err := d.opt.Store.UseEnrolment(ctx, sha256.Sum256([]byte(token)), d.Now())
	if errors.Is(err, ErrNotFound) {
		return e, kiosk.Errorf(kiosk.CodeNotFound, op, "", "no such word")
	}
	if err != nil {
		return e, err
	}
	return d.certify(name, csr)
}

// Renew answers a kiosk whose certificate will run out. Its name stays.
func (d *Desk) Renew(_ context.Context, device string, csr []byte) (backoffice.Enrolled, error) {
	if d.opt.Issuer == nil {
		return backoffice.Enrolled{}, kiosk.Errorf(kiosk.CodeUnavailable, "renew certificate", "enrol with onestopd enrol", "no authority here")
	}
	return d.certify(device, csr)
}

func (d *Desk) certify(name string, csr []byte) (e backoffice.Enrolled, err error) {
	cert, err := d.opt.Issuer.IssueDevice(csr, name)
	if err != nil {
		return e, err
	}
	office, err := d.opt.Issuer.OfficeFile()
	if err != nil {
		return e, err
	}
	return backoffice.Enrolled{Certificate: string(cert), Office: office}, nil
}

// Nonce draws a nonce and signs it. The office keeps none: a chip's signature over it is checked with the dossier.
func (d *Desk) Nonce(context.Context, string) (backoffice.Nonce, error) {
	n := dossier.NewNonce(d.opt.Ack, d.Now())
	return backoffice.Nonce{Value: n.Value[:], At: n.At, Signature: n.Signature}, nil
}

// Heartbeat keeps a kiosk's last word about itself.
func (d *Desk) Heartbeat(ctx context.Context, device string, h backoffice.Heartbeat) error {
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return d.opt.Store.SetBeat(ctx, Beat{Kiosk: device, At: d.Now().UTC().Truncate(time.Microsecond), Body: string(body)})
}

// Changes lists what happened to a kiosk's dossiers.
func (d *Desk) Changes(ctx context.Context, device string, after int64, limit int) ([]backoffice.Change, error) {
	return d.opt.Store.Changes(ctx, device, after, limit)
}

// Bundle gives a bundle from the folder of bundles: KIND.bundle as somebody signed it, else KIND.json, which the office signs with its
// own key; the time of that file is its serial number, so that a later file is a later bundle. The announced keys are those of the
// office's key folder. Error: not_found.
func (d *Desk) Bundle(_ context.Context, _ string, kind bundle.Kind) ([]byte, error) {
	plain := ""
	if d.opt.Bundles != "" {
		signed := filepath.Join(d.opt.Bundles, string(kind)+".bundle")
		if data, _, err := readBundle(signed); kiosk.CodeOf(err) != kiosk.CodeNotFound {
			return data, err
		}
		plain = filepath.Join(d.opt.Bundles, string(kind)+".json")
	}
	if kind == bundle.KindSealKeys {
		plain = d.opt.Announced
	}
	body, at, err := readBundle(plain)
	if err != nil {
		return nil, err
	}
	return bundle.Sign(bundle.Header{Kind: kind, Serial: at.UnixMilli(), Made: at.UTC().Truncate(time.Second), From: startOfDay(at).Format(time.DateOnly)}, body, d.opt.Ack)
}

func readBundle(path string) (data []byte, at time.Time, err error) {
	const op, hint = "give bundle", "look at the folder of bundles"
	info, err := os.Stat(path)
	switch {
	case path == "" || errors.Is(err, os.ErrNotExist):
		return nil, at, kiosk.Errorf(kiosk.CodeNotFound, op, "", "no such bundle")
	case err == nil && info.Size() > backoffice.MaxBundle-4<<10: // the signed lines go before
		err = errors.New("bundle is too large")
	case err == nil:
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, at, kiosk.Errorf(kiosk.CodeInternal, op, hint, "%w", err)
	}
	return data, info.ModTime(), nil
}

// TakeFeedback takes sealed feedback in, once: the code in it, which the citizen has, is what it is found by. What cannot be opened
// is refused. Errors: bad_input.
func (d *Desk) TakeFeedback(ctx context.Context, device string, s kiosk.Sealed) error {
	const op = "take feedback in"
	f, err := d.openFeedback(device, s)
	if err != nil {
		return err
	}
	code, err := kiosk.ParseToken(f.Code)
	if err != nil || kiosk.TokenID(code) != s.TokenID {
		return kiosk.Errorf(kiosk.CodeBadInput, op, "", "the code is not the delivery's")
	}
	code = kiosk.FormatToken(code)
	if _, err := d.opt.Store.FeedbackByCode(ctx, code); err == nil {
		return nil
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	words, err := cleanText(f.Text, MaxFeedback)
	if err != nil || words == "" {
		return kiosk.Errorf(kiosk.CodeBadInput, op, "", "there are no words, or too many")
	}
	now := d.Now().UTC().Truncate(time.Microsecond)
	_, err = d.opt.Store.AddFeedback(ctx, Feedback{
		Code: code, At: now, Due: now.Add(d.opt.FeedbackTime), Sealed: d.labels.Seal("feedback/"+code, words),
	})
	return err
}

// openFeedback decrypts; the text in the clear lives only until it is encrypted for the inbox.
func (d *Desk) openFeedback(device string, s kiosk.Sealed) (f kiosk.Feedback, err error) {
	const op = "open feedback"
	id, name, plain, err := d.opt.Seal.OpenFile(s.Body)
	if err != nil {
		return f, err
	}
	defer clear(plain)
	if id != s.ID || name != device {
		return f, kiosk.Errorf(kiosk.CodeBadInput, op, "", "envelope is of another delivery or kiosk")
	}
	if err := json.Unmarshal(plain, &f); err != nil || f.Kiosk != device {
		return f, kiosk.Errorf(kiosk.CodeBadInput, op, "", "not feedback of this kiosk")
	}
	return f, nil
}

// TakeRating keeps a citizen's rating that came through a kiosk; given twice, the first counts. Error: not_found.
func (d *Desk) TakeRating(ctx context.Context, _ string, r backoffice.Rating) error {
	it, err := d.opt.Store.ItemByToken(ctx, r.TokenID)
	if errors.Is(err, ErrNotFound) {
		return kiosk.Errorf(kiosk.CodeNotFound, "rate", "", "no dossier has this token")
	}
	if err != nil {
		return err
	}
	m := MomentReceipt
	if !it.Returned.IsZero() {
		m = MomentReturn
	}
	err = d.opt.Store.Rate(ctx, Rating{it.TokenID, m, r.Score, startOfDay(d.Now()).UTC(), it.Training})
	if errors.Is(err, ErrTaken) {
		return nil
	}
	return err
}
