package onestop

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/seal"
)

var _ backoffice.Receiver = (*Desk)(nil)

// Receive takes a sealed dossier in; see backoffice.Receiver. It refuses (bad_input) an envelope that names another dossier or
// another kiosk than the delivery does. An envelope that cannot be opened is taken in all the same, marked with the reason:
// the kiosk could not mend it, and the officers must see that a citizen is waiting.
func (d *Desk) Receive(ctx context.Context, device string, s kiosk.Sealed) (ack kiosk.Acknowledgement, replay bool, err error) {
	begun := time.Now()
	it, fresh, err := d.takeIn(ctx, device, s)
	if err != nil {
		d.log.Event(ctx, audit.IntakeRefused, audit.Code(err))
		return ack, false, err
	}
	d.log.Event(ctx, audit.IntakeReceived, audit.Int(audit.KeyBytes, len(s.Body)), audit.Flag(audit.KeyFound, !fresh), audit.MS(time.Since(begun)))
	return d.acknowledge(it), !fresh, nil
}

// sameParts compares the parts of a delivery with those that the signed envelope names.
func sameParts(got, named []kiosk.SealedPart) bool {
	return slices.EqualFunc(got, named, func(a, b kiosk.SealedPart) bool { return a.SHA256 == b.SHA256 })
}

func (d *Desk) takeIn(ctx context.Context, device string, s kiosk.Sealed) (it Item, fresh bool, err error) {
	const op = "take dossier in"
	if sha256.Sum256(s.Body) != s.SHA256 {
		return it, false, kiosk.Errorf(kiosk.CodeBadInput, op, "", "body does not have its SHA-256")
	}
	// A header that cannot be read is no header; one that can must be the deliverer's.
	var link kiosk.Link
	h, herr := seal.Peek(s.Body)
	if herr == nil {
		link = h.Link
	}
	if herr == nil && (h.ID != s.ID || h.Kiosk != device || !sameParts(s.Parts, h.Parts)) {
		return it, false, kiosk.Errorf(kiosk.CodeBadInput, op, "compare the kiosk's certificate with the name it seals under",
			"envelope is of another dossier or kiosk than its delivery, or names other parts")
	}
	if it, err = d.opt.Store.Item(ctx, s.ID); err == nil && it.SHA256 == s.SHA256 && it.TokenID == s.TokenID {
		return it, false, nil // a repetition is not opened again
	}
	if err := d.keepParts(ctx, device, s.Parts); err != nil {
		return it, false, err
	}
	now := d.Now().UTC().Truncate(time.Microsecond)
	it = Item{
		ID: s.ID, TokenID: s.TokenID, SHA256: s.SHA256, Size: len(s.Body), Kiosk: device, Created: s.Created, Received: now,
		Verdict: kiosk.Undetermined, State: kiosk.StateRegistered, StateAt: now,
	}
	d.describe(ctx, &it, s.Body)
	d.place(&it)
	it, fresh, err = d.opt.Store.Insert(ctx, Envelope{Item: it, Body: s.Body, Parts: s.Parts, Link: link})
	switch {
	case errors.Is(err, ErrConflict):
		return it, false, kiosk.Errorf(kiosk.CodeBadInput, op, "", "%w", backoffice.ErrConflict)
	case errors.Is(err, ErrParts):
		return it, false, kiosk.Errorf(kiosk.CodeNotFound, op, "", "%w", backoffice.ErrMissing)
	}
	return it, fresh, err
}

// describe opens the envelope once, for the index. What it cannot open it marks.
func (d *Desk) describe(ctx context.Context, it *Item, body []byte) {
	o, err := d.open(ctx, *it, body, true)
	if err != nil {
		it.Fault = kiosk.CodeOf(err)
		return
	}
	defer o.Wipe()
	it.Code, it.Title, it.Verdict = o.Dossier.Procedure.Code, o.Dossier.Procedure.Name, o.Report.Verdict
	it.Label = d.labels.Seal(it.ID, o.Name())
	it.Evidence, it.Papers = sha256.Sum256(o.envelope.Plaintext), len(o.Dossier.Papers)
}

// place says where the dossier belongs; a training kiosk's stays one even when it cannot be opened.
func (d *Desk) place(it *Item) {
	p := d.opt.Place(it.Kiosk, it.Code)
	it.Receiver, it.Resolver, it.Field, it.Channel, it.Training = p.Receiver, p.Resolver, p.Field, p.Channel, p.Training
}

// acknowledge says what was true when the dossier came in, so that a repeated delivery gets the same bytes.
func (d *Desk) acknowledge(it Item) kiosk.Acknowledgement {
	return backoffice.SignAck(d.opt.Ack, kiosk.Acknowledgement{
		DossierID: it.ID, BodySHA256: it.SHA256, Office: d.opt.Office, ReceivedAt: it.Received, State: kiosk.StateRegistered,
	})
}

// unopened is what a citizen reads whose dossier cannot be opened: a silent wait would be worse.
const unopened = "Bộ phận Một cửa đã nhận hồ sơ nhưng chưa mở được. Mời ông/bà liên hệ Bộ phận Một cửa và mang theo phiếu nộp hồ sơ."

// StatusByToken gives what the citizen may know. Error: not_found.
func (d *Desk) StatusByToken(ctx context.Context, tokenID string) (kiosk.Status, error) {
	it, err := d.opt.Store.ItemByToken(ctx, tokenID)
	if errors.Is(err, ErrNotFound) {
		return kiosk.Status{}, kiosk.Errorf(kiosk.CodeNotFound, "look status up", "", "no dossier has this token")
	}
	if err != nil {
		return kiosk.Status{}, err
	}
	s := kiosk.Status{
		State: it.State, Number: it.Number, Procedure: it.Title, Submitted: it.Created, Updated: it.StateAt, Note: it.StateNote,
		Office: d.opt.Office,
	}
	if it.Fault != "" && s.Note == "" {
		s.Note = unopened
	}
	return s, nil
}
