package onestop

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// MaxNote bounds an officer's words to the citizen, in characters.
const MaxNote = 1000

// Errors of a move that the officer can mend.
var (
	ErrNote    = errors.New("this move needs words to the citizen")
	ErrLong    = errors.New("the words to the citizen are too long")
	ErrConfirm = errors.New("this move needs a confirmation")
	ErrReason  = errors.New("an identity that is not verified is accepted with a reason only")
	ErrFault   = errors.New("a dossier that cannot be opened cannot be decided on")
)

// MoveRequest is what an officer asks for.
type MoveRequest struct {
	ID        string
	From      kiosk.DossierState // the state the officer saw
	To        kiosk.DossierState
	Note      string // to the citizen
	Reason    string // stays in the office
	Confirmed bool
}

// NeedsReason reports whether the step asks for a reason that stays in the office: an officer who accepts a dossier whose
// identity the machines could not verify says how it was verified instead.
func NeedsReason(it Item, to kiosk.DossierState) bool {
	return to == kiosk.StateReceived && it.Verdict != kiosk.Verified
}

// Move takes a dossier to another state in the name of a person. Errors: ErrDenied, ErrRefused, ErrMoved, ErrNote, ErrLong,
// ErrConfirm, ErrReason, ErrFault, ErrNotFound, ErrChildren, the store's.
func (d *Desk) Move(ctx context.Context, a Account, r MoveRequest) (Item, error) {
	m, ok := FindMove(r.From, r.To)
	if !ok {
		return Item{}, ErrRefused
	}
	if !a.Role.May(m.Perm) {
		return Item{}, ErrDenied
	}
	note, err := cleanNote(r.Note)
	reason, rerr := cleanNote(r.Reason)
	switch {
	case err != nil || rerr != nil:
		return Item{}, ErrLong
	case m.Need&NeedNote != 0 && note == "":
		return Item{}, ErrNote
	case m.Need&NeedConfirm != 0 && !r.Confirmed:
		return Item{}, ErrConfirm
	}
	it, err := d.opt.Store.Item(ctx, r.ID)
	if err != nil {
		return Item{}, err
	}
	switch {
	case it.Fault != "":
		return Item{}, ErrFault
	case NeedsReason(it, r.To) && reason == "":
		return Item{}, ErrReason
	}
	now := d.Now()
	due, err := d.dueOf(ctx, it, r.To, now)
	if err != nil {
		return Item{}, err
	}
	it, err = d.opt.Store.Move(ctx, Step{
		Dossier: r.ID, From: r.From, To: r.To, Note: note, Reason: reason, Actor: a.Actor(), At: now, Number: d.opt.Number,
		Override: NeedsReason(it, r.To), Due: due, Children: d.opt.Linked[it.Code],
	})
	if err != nil {
		return Item{}, err
	}
	return it, d.kept(ctx, audit.DossierState, audit.Int(audit.KeyState, it.State), audit.Word(audit.KeyRole, a.Role))
}

// cleanNote makes a note plain text: NFC, no control characters but line ends, trimmed.
func cleanNote(s string) (string, error) { return cleanText(s, MaxNote) }

func cleanText(s string, most int) (string, error) {
	if !utf8.ValidString(s) {
		return "", ErrLong
	}
	s = strings.Map(func(r rune) rune {
		if r == '\r' || r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, norm.NFC.String(s))
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > most {
		return "", ErrLong
	}
	return s, nil
}
