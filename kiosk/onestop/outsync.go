package onestop

import (
	"context"
	"time"

	"motcua/kiosk"
)

// Synced is what a national system has been told of a dossier.
type Synced struct {
	Remote   string    // its own id or number, "" when it gave none
	Sent     time.Time // the change that it knows, zero when none
	Attempts int       // since then
	Error    kiosk.Code
}

// SyncStore keeps what national systems have been told. ToSync walks the real dossiers that changed since, training ones never.
// Synced error: ErrNotFound when nothing was told yet.
type SyncStore interface {
	Synced(ctx context.Context, dossier, target string) (Synced, error)
	SetSynced(ctx context.Context, dossier, target string, s Synced) error
	ToSync(ctx context.Context, target string, f func(Item) error) error
}

// Beat is the last word of a kiosk about itself: a JSON object as the kiosk sent it.
type Beat struct {
	Kiosk string
	At    time.Time
	Body  string
}

// BeatStore keeps each kiosk's last word.
type BeatStore interface {
	SetBeat(ctx context.Context, b Beat) error
	Beats(ctx context.Context) ([]Beat, error)
}

// Kiosks gives every kiosk's last word. Errors: ErrDenied, the store's.
func (d *Desk) Kiosks(ctx context.Context, a Account) ([]Beat, error) {
	if !a.Role.May(PermKiosks) {
		return nil, ErrDenied
	}
	return d.opt.Store.Beats(ctx)
}
