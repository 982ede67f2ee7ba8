package kiosk

import "time"

// OutboxRow is one dossier in the outbox as the store keeps it. Listings leave Body nil.
//
// The methods below are every way a row may change. They are pure: a store reads a row, asks one of them, and writes what it
// gave, in one transaction. So the rules stand once, for the database, for the tests and for the model that is searched
// exhaustively (package kiosk/outbox); the CHECKs and triggers of the database say the same again and refuse anything else.
type OutboxRow struct {
	Sealed
	State     OutboxState
	Size      int64     // of the envelope and the parts, also after they are gone
	Attempts  int       // deliveries that the office answered or may have seen
	Due       time.Time // not before
	Owner     string    // who holds the lease, "" when nobody
	Lease     time.Time // when it ends, zero when not leased
	LastError Code      // of the last delivery, "" when none failed
	Ack       Acknowledgement
}

// OutboxHorizon is longer than any wait or lease the outbox sets. A time beyond it was written by a clock that was wrong: it
// counts as reached, or a kiosk whose clock was once years ahead would never deliver again.
const OutboxHorizon = 2 * time.Hour

// NewOutboxRow is what Put adds: waiting, due at once.
func NewOutboxRow(s Sealed) OutboxRow {
	return OutboxRow{Sealed: s, State: OutboxWaiting, Size: s.TotalSize()}
}

// Deliverable says whether a delivery may begin: the row waits and is due, or a lease has ended without a word.
func (r OutboxRow) Deliverable(now time.Time) bool {
	at := r.Due
	switch r.State {
	case OutboxWaiting:
	case OutboxLeased:
		at = r.Lease
	default:
		return false
	}
	return !at.After(now) || at.After(now.Add(OutboxHorizon))
}

// Leased gives the row to an owner until then.
func (r OutboxRow) Leased(owner string, until time.Time) OutboxRow {
	r.State, r.Owner, r.Lease = OutboxLeased, owner, until
	return r
}

// held ends owner's lease; false when owner does not hold it any more: the row then stays as it is.
func (r OutboxRow) held(owner string) (OutboxRow, bool) {
	if r.State != OutboxLeased || r.Owner != owner {
		return r, false
	}
	r.Owner, r.Lease = "", time.Time{}
	return r, true
}

// Postponed ends owner's lease: the row waits until due.
func (r OutboxRow) Postponed(owner string, due time.Time, code Code, countAttempt bool) (OutboxRow, bool) {
	next, ok := r.held(owner)
	if !ok {
		return r, false
	}
	next.State, next.Due, next.LastError = OutboxWaiting, due, code
	if countAttempt {
		next.Attempts++
	}
	return next, true
}

// Quarantined ends owner's lease: the row waits for a technician.
func (r OutboxRow) Quarantined(owner string, code Code) (OutboxRow, bool) {
	next, ok := r.held(owner)
	if !ok {
		return r, false
	}
	next.State, next.LastError = OutboxQuarantined, code
	next.Attempts++
	return next, true
}

// Released sends a quarantined row back to waiting, and a waiting one on its way at once.
func (r OutboxRow) Released(due time.Time) (OutboxRow, bool) {
	if r.State != OutboxQuarantined && r.State != OutboxWaiting {
		return r, false
	}
	r.State, r.Due = OutboxWaiting, due
	return r, true
}

// Recovered ends a lease whose holder is dead.
func (r OutboxRow) Recovered(due time.Time) (OutboxRow, bool) {
	if r.State != OutboxLeased {
		return r, false
	}
	r.State, r.Owner, r.Lease, r.Due = OutboxWaiting, "", time.Time{}, due
	return r, true
}

// Acknowledged ends the row's way, whoever holds a lease: an acknowledgement is true whoever brings it. The body is to be
// purged. Again it changes nothing. The caller has verified the signature. Error: bad_input when it is about another body.
func (r OutboxRow) Acknowledged(a Acknowledgement) (next OutboxRow, changed bool, err error) {
	switch {
	case a.DossierID != r.ID || a.BodySHA256 != r.SHA256:
		return r, false, Errorf(CodeBadInput, "acknowledge dossier", "", "acknowledgement is about another body")
	case r.State == OutboxAcknowledged:
		return r, false, nil
	}
	r.State, r.Owner, r.Lease, r.LastError, r.Ack = OutboxAcknowledged, "", time.Time{}, "", a
	r.TokenID, r.Body, r.Parts = "", nil, nil
	return r, true, nil
}
