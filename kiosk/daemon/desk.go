package daemon

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/seal"
)

// RotaFile is the duty rota's name in the folder of the office's files.
const RotaFile = "rota.json"

// feedbackBox seals what a citizen writes to the office and keeps it in the store. It is a small queue of its own: feedback has
// no evidence and no receipt, and must not stand in the way of dossiers.
type feedbackBox struct{ *Daemon }

// Put makes a code like a receipt's token, seals and keeps the text. The text in the clear is wiped before Put returns.
func (b feedbackBox) Put(ctx context.Context, text string) (code string, err error) {
	id, token := newID(), ""
	if token, err = kiosk.NewToken(rand.Reader); err != nil {
		return "", err
	}
	f := kiosk.Feedback{Code: token, Kiosk: b.self.Name, At: time.Now().UTC().Truncate(time.Second), Text: text}
	plain, err := json.Marshal(f)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, "encode feedback", "", "%w", err)
	}
	defer clear(plain)
	body, err := seal.SealFile(b.maker.keys(time.Now())[0], b.self.Name, id, plain)
	if err != nil {
		return "", err
	}
	err = b.store.PutFeedback(ctx, kiosk.Sealed{
		ID: id, TokenID: kiosk.TokenID(token), Created: f.At, Body: body, SHA256: sha256.Sum256(body),
	})
	select {
	case b.wrote <- struct{}{}: // deliver it now
	default:
	}
	return token, err
}

// clockSlack is how far the wall clock may be off: consents and receipts bear its time.
const clockSlack = 5 * time.Minute

// clock gives nil, or clock_wrong: the wall clock shows a time before this kiosk was enrolled or before the office's last signed
// word, or another than the office's own. Nothing the kiosk wrote itself is compared: a clock that was once ahead would make
// every right one wrong.
func (d *Daemon) clock() error {
	now, stats := d.now(), kiosk.OutboxStats{}
	if s, err := d.outbox.Stats(context.Background()); err == nil {
		stats = s
	}
	skew, known := d.client.Skew()
	return judgeClock(now, d.self.Certificate().NotBefore, stats.LastAck, skew, known)
}

// now is the wall clock as judged.
func (d *Daemon) now() time.Time {
	if d.opt.Now != nil {
		return d.opt.Now()
	}
	return time.Now()
}

func judgeClock(now, enrolled, lastAck time.Time, skew time.Duration, known bool) error {
	const op, hint = "check the clock", "set the clock (timedatectl set-time) and check the battery of the real-time clock"
	switch {
	case now.Add(clockSlack).Before(enrolled):
		return kiosk.Errorf(kiosk.CodeClockWrong, op, hint, "it shows a time before this kiosk was enrolled")
	case now.Add(clockSlack).Before(lastAck):
		return kiosk.Errorf(kiosk.CodeClockWrong, op, hint, "it shows a time before the office's last acknowledgement")
	case known && skew.Abs() > clockSlack:
		return kiosk.Errorf(kiosk.CodeClockWrong, op, hint, "it is %s off the office's", skew.Round(time.Second))
	}
	return nil
}
