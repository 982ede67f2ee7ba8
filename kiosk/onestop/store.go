package onestop

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk"
)

// Errors a caller of a Store decides on. Every other error is a *kiosk.Error with store_full, store_corrupt or internal.
var (
	ErrNotFound = errors.New("no such row")                                 // nothing under that id, token or login
	ErrConflict = errors.New("the id is taken by another body")             // Insert: same id or token, other envelope
	ErrMoved    = errors.New("the dossier is no longer in the state seen")  // Move: another officer was faster
	ErrRefused  = errors.New("the move is not allowed")                     // Move: not in the table
	ErrTaken    = errors.New("the login is taken")                          // AddAccount
	ErrNumber   = errors.New("the official number exists for another item") // Move: the pattern repeats itself
)

// Store keeps the back office. It is safe for concurrent use, and what it has acknowledged is durable.
//
// Insert stores an envelope with its first event. The same id with the same SHA-256 again gives the item as it is now and
// fresh false, so that a repeated delivery gets the same answer; with another body it is ErrConflict. Parts that are not all here
// are ErrParts, and nothing is stored.
//
// Move checks the table again, assigns the number when the step needs one, writes the new state and the event, all in one
// transaction. With the state come the clock ([After]), the children, the letter and, when it is settled in time, the withdrawal of
// an apology's draft. Errors: ErrNotFound, ErrMoved, ErrRefused, ErrNumber, ErrChildren.
//
// A suite that every Store passes is package onestoptest.
type Store interface {
	kiosk.AuditStore

	Insert(ctx context.Context, e Envelope) (it Item, fresh bool, err error)
	Item(ctx context.Context, id string) (Item, error)
	ItemByToken(ctx context.Context, tokenID string) (Item, error)
	ItemBySHA256(ctx context.Context, envelope [32]byte) (Item, error)
	Followers(ctx context.Context, device string, previous [32]byte) (int, error) // how many claim to come after an envelope
	Body(ctx context.Context, id string) ([]byte, error)
	List(ctx context.Context, f Filter) ([]Row, error)
	Counts(ctx context.Context) (Counts, error)
	Move(ctx context.Context, s Step) (Item, error)
	AddEvent(ctx context.Context, e Event) error
	Events(ctx context.Context, id string) ([]Event, error)

	AddAccount(ctx context.Context, a Account) (Account, error)
	Account(ctx context.Context, id int64) (Account, error)
	AccountByLogin(ctx context.Context, login string) (Account, error)
	Accounts(ctx context.Context) ([]Account, error)
	SetAccount(ctx context.Context, a Account) error // ends the person's logins when disabled, or with another password

	SessionStore
	ChildStore
	HandoverStore
	LetterStore
	AlertStore
	ResultStore
	RatingStore
	FeedbackStore
	TicketStore
	CopyStore
	SyncStore
	BeatStore
	PartStore
	DeviceStore
	FactStore

	Ping(ctx context.Context) error
	Close() error
}

// FactStore walks what statistics are made of. Each gives the real dossiers, training ones never, that were accepted before to and
// not over before from; Moved their arrivals (From 0) and moves in the time, by dossier.
type FactStore interface {
	Each(ctx context.Context, from, to time.Time, f func(Item) error) error
	Moved(ctx context.Context, from, to time.Time, f func(Event) error) error
}

// Counts is how many dossiers are in each state, and how many of all cannot be opened.
type Counts struct {
	State map[kiosk.DossierState]int
	Fault int
}

// Total is the number of all dossiers.
func (c Counts) Total() int {
	n := 0
	for _, v := range c.State {
		n += v
	}
	return n
}
