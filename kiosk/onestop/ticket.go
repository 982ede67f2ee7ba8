package onestop

import (
	"context"
	"errors"
	"time"
)

// TicketStatus says where a queue number stands. The values are stored.
type TicketStatus string

// The statuses.
const (
	TicketWaiting TicketStatus = "waiting"
	TicketCalled  TicketStatus = "called"
	TicketServed  TicketStatus = "served"
	TicketAbsent  TicketStatus = "absent" // called and not come
)

// TicketStatuses is the closed list.
var TicketStatuses = []TicketStatus{TicketWaiting, TicketCalled, TicketServed, TicketAbsent}

// Ticket is a queue number of one day. It is beside nobody's name.
type Ticket struct {
	Day     string // 2026-11-21
	Number  int
	At      time.Time
	Status  TicketStatus
	Counter int // 0 until called
	Called  time.Time
	Calls   int
}

// TicketStore keeps queue numbers: each day from 1, without gaps. CallNext gives a number to one caller only, whoever calls at the
// same time; ErrNotFound when nobody waits.
type TicketStore interface {
	NewTicket(ctx context.Context, day string, at time.Time) (Ticket, error)
	CallNext(ctx context.Context, day string, counter int, by int64, at time.Time) (Ticket, error)
	SetTicket(ctx context.Context, t Ticket, by int64) error
	Tickets(ctx context.Context, day string) ([]Ticket, error)
}

// MaxCounter is the highest number of a counter.
const MaxCounter = 99

// ErrCounter means that there is no such counter or number.
var ErrCounter = errors.New("a counter is 1 to 99, a number one of today's")

func (d *Desk) day() string { return d.Now().In(Zone).Format(time.DateOnly) }

// NewTicket draws today's next queue number. Errors: ErrDenied, the store's.
func (d *Desk) NewTicket(ctx context.Context, a Account) (Ticket, error) {
	if !a.Role.May(PermQueue) {
		return Ticket{}, ErrDenied
	}
	return d.opt.Store.NewTicket(ctx, d.day(), d.Now().UTC().Truncate(time.Microsecond))
}

// CallNext calls the next waiting number to a counter. Errors: ErrDenied, ErrCounter, ErrNotFound when nobody waits, the store's.
func (d *Desk) CallNext(ctx context.Context, a Account, counter int) (Ticket, error) {
	if !a.Role.May(PermQueue) {
		return Ticket{}, ErrDenied
	}
	if counter < 1 || counter > MaxCounter {
		return Ticket{}, ErrCounter
	}
	return d.opt.Store.CallNext(ctx, d.day(), counter, a.ID, d.Now().UTC().Truncate(time.Microsecond))
}

// SetTicket says what became of a number that was called: called again, served, absent. Errors: ErrDenied, ErrCounter, the store's.
func (d *Desk) SetTicket(ctx context.Context, a Account, number int, to TicketStatus) error {
	if !a.Role.May(PermQueue) {
		return ErrDenied
	}
	all, err := d.Tickets(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Number != number || t.Status == TicketWaiting || to == TicketWaiting {
			continue
		}
		if to == TicketCalled {
			t.Calls++
			t.Called = d.Now().UTC().Truncate(time.Microsecond)
		}
		t.Status = to
		return d.opt.Store.SetTicket(ctx, t, a.ID)
	}
	return ErrCounter
}

// Tickets lists today's numbers; they are nobody's secret.
func (d *Desk) Tickets(ctx context.Context) ([]Ticket, error) {
	return d.opt.Store.Tickets(ctx, d.day())
}
