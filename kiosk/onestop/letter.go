package onestop

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk"
)

// LetterKind names a form of TT 03/2025/TT-VPCP, annex I. The values are stored.
type LetterKind string

// The letters.
const (
	LetterReceipt    LetterKind = "receipt"    // Mẫu 01: Giấy tiếp nhận hồ sơ và hẹn trả kết quả
	LetterSupplement LetterKind = "supplement" // Mẫu 02: Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ
	LetterRefusal    LetterKind = "refusal"    // Mẫu 03: Phiếu từ chối tiếp nhận giải quyết hồ sơ
	LetterApology    LetterKind = "apology"    // Mẫu 04: Văn bản xin lỗi và đề nghị gia hạn
	LetterStop       LetterKind = "stop"       // Mẫu 05: Thông báo dừng giải quyết
)

// LetterKinds is the closed list, in the order of the annex.
var LetterKinds = []LetterKind{LetterReceipt, LetterSupplement, LetterRefusal, LetterApology, LetterStop}

// Form gives the form's number in the annex.
func (k LetterKind) Form() string {
	for i, l := range LetterKinds {
		if l == k {
			return "0" + string(rune('1'+i))
		}
	}
	return ""
}

// LetterFor gives the letter that entering a state sends; ok is false when it sends none. accepted: the dossier was received first.
func LetterFor(to kiosk.DossierState) (k LetterKind, ok bool) {
	switch to {
	case kiosk.StateReceived:
		return LetterReceipt, true
	case kiosk.StateSupplement:
		return LetterSupplement, true
	case kiosk.StateNotReceived:
		return LetterRefusal, true
	case kiosk.StateStopped:
		return LetterStop, true
	case kiosk.StateRegistered, kiosk.StateProcessing, kiosk.StatePayment, kiosk.StateWithdrawn, kiosk.StateFinished, kiosk.StateReturned:
	}
	return "", false
}

// LetterStatus says how far a letter is. The values are stored.
type LetterStatus string

// The statuses.
const (
	LetterDraft     LetterStatus = "draft"     // made by the clock, nobody has signed it
	LetterIssued    LetterStatus = "issued"    // a person answers for it
	LetterWithdrawn LetterStatus = "withdrawn" // the dossier was settled in time after all
)

// LetterStatuses is the closed list.
var LetterStatuses = []LetterStatus{LetterDraft, LetterIssued, LetterWithdrawn}

// Letter is one letter of a dossier. It names no citizen: the page that prints it opens the envelope for the address.
type Letter struct {
	Seq     int64
	Dossier string
	Kind    LetterKind
	Status  LetterStatus
	Number  string // of the letter, running by kind and year
	At      time.Time
	Actor   Actor  // zero for a draft
	Note    string // the officer's words
	Due     time.Time
	NewDue  time.Time // of an apology: the date asked for
}

// Errors of an extension.
var (
	ErrExtended = errors.New("a dossier is extended once")
	ErrNoDraft  = errors.New("there is no apology to sign")
	ErrDate     = errors.New("the new date must be after the old one and in the future")
)

// LetterStore keeps letters. Draft makes an apology's draft unless the dossier has one (fresh false): the database allows one, so
// that whatever runs twice makes none. Extend signs it: the new due instant, the letter and the mark that the one extension is
// used go into one transaction. Errors: ErrNotFound; Extend also ErrExtended, ErrNoDraft.
type LetterStore interface {
	Draft(ctx context.Context, dossier string, at, newDue time.Time) (l Letter, fresh bool, err error)
	Extend(ctx context.Context, dossier string, by Actor, at, newDue time.Time, note string) (Letter, error)
	Letters(ctx context.Context, dossier string) ([]Letter, error)
	Letter(ctx context.Context, seq int64) (Letter, error)
	LettersBetween(ctx context.Context, from, to time.Time) ([]Letter, error)
}

// Extend signs the apology of a dossier and gives it its new date. A dossier has one extension. Errors: ErrDenied, ErrNote,
// ErrLong, ErrDate, ErrExtended, ErrNoDraft, ErrNotFound, the store's.
func (d *Desk) Extend(ctx context.Context, a Account, dossier string, newDue time.Time, note string) (Letter, error) {
	if !a.Role.May(PermSign) {
		return Letter{}, ErrDenied
	}
	note, err := cleanNote(note)
	if err != nil {
		return Letter{}, err
	}
	if note == "" {
		return Letter{}, ErrNote
	}
	it, err := d.opt.Store.Item(ctx, dossier)
	if err != nil {
		return Letter{}, err
	}
	now := d.Now().UTC().Truncate(time.Microsecond)
	if !newDue.After(it.Due) || !newDue.After(now) {
		return Letter{}, ErrDate
	}
	if _, _, err := d.opt.Store.Draft(ctx, dossier, now, newDue); err != nil { // signing early needs no clock
		return Letter{}, err
	}
	l, err := d.opt.Store.Extend(ctx, dossier, a.Actor(), now, newDue, note)
	return l, d.did(ctx, a, "extend", err)
}
