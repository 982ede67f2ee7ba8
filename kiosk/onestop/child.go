package onestop

import (
	"context"
	"errors"
	"time"
)

// ErrChildren means that a linked procedure's children are not all done, so that the parent cannot be finished.
var ErrChildren = errors.New("a linked procedure is finished when all its parts are")

// Child is one part of a linked procedure (một cửa liên thông): a task of another unit, filed with the parent's papers. The parent
// is finished only when every child is done.
type Child struct {
	Ord      int // 1, 2, 3, …
	Code     string
	Title    string
	Resolver string    // the unit that does it
	Done     time.Time // zero: not yet
	By       Person
}

// ChildStore keeps the children of linked procedures. They are made by the step that accepts the parent.
// DoneChild errors: ErrNotFound when there is none open under that number.
type ChildStore interface {
	Children(ctx context.Context, dossier string) ([]Child, error)
	DoneChild(ctx context.Context, dossier string, ord int, by Actor, at time.Time) error
}

// DoneChild marks one part of a linked procedure done, in the name of a person. Errors: ErrDenied, ErrNotFound, the store's.
func (d *Desk) DoneChild(ctx context.Context, a Account, dossier string, ord int) error {
	if !a.Role.May(PermProcess) {
		return ErrDenied
	}
	return d.did(ctx, a, "child_done", d.opt.Store.DoneChild(ctx, dossier, ord, a.Actor(), d.Now()))
}
