package onestop

import (
	"context"
	"errors"
	"strings"
	"time"

	"motcua/kiosk"
)

// Record is what a national system is told of a dossier. It holds a citizen's data and lives in memory only; Wipe it after use.
type Record struct {
	Item     Item
	National int // the state's national number, by the configured mapping
	Name     string
	Number   string // personal number
	Address  string
	Phone    string
	Return   kiosk.ReturnMethod
	Papers   []RecordPaper
	Results  []ResultFile
	Progress []Event // moves, oldest first
}

// RecordPaper is one page of a dossier.
type RecordPaper struct {
	Name   string
	Type   string
	SHA256 [32]byte
	Data   []byte
}

// Wipe zeroes the pictures and drops the texts.
func (r *Record) Wipe() {
	for i := range r.Papers {
		clear(r.Papers[i].Data)
	}
	*r = Record{}
}

// String redacts.
func (*Record) String() string { return "[redacted]" }

// Target is a national system. Push tells it the dossier as it is now: it must be safe to repeat, also when an earlier Push was
// carried out but its answer was lost. remote is the system's own id, "" when it gives none; known is what an earlier Push gave.
// Errors: office_offline (try later), office_refused (somebody must look).
type Target interface {
	Name() string
	Push(ctx context.Context, r *Record, known string) (remote string, err error)
}

// ErrTraining means that a training dossier was to be sent on.
var ErrTraining = errors.New("training dossiers are not synchronised")

// record opens a dossier for a national system.
func (d *Desk) record(ctx context.Context, it Item) (*Record, error) {
	if it.Training {
		return nil, ErrTraining
	}
	o, err := d.openStored(ctx, it, false)
	if err != nil {
		return nil, err
	}
	defer o.Wipe()
	if o.Dossier == nil {
		return nil, kiosk.Errorf(o.Fault, "synchronise dossier", "", "the envelope cannot be opened")
	}
	r := &Record{
		Item: it, National: d.opt.National[it.State], Name: strings.Clone(o.Name()), Number: strings.Clone(o.field("number")),
		Address: strings.Clone(o.field(kiosk.FieldAddress, "residence")), Phone: strings.Clone(o.field("phone")), Return: o.Dossier.Return.Method,
	}
	if r.National == 0 {
		r.National = int(it.State)
	}
	for i, p := range o.Dossier.Papers {
		page, err := d.paper(ctx, o, i)
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeOf(err), "synchronise dossier", "", "page %d: %w", i+1, err)
		}
		r.Papers = append(r.Papers, RecordPaper{p.Paper, p.Page.Type, p.SHA256, append([]byte(nil), page.Data...)})
	}
	if r.Results, err = d.opt.Store.Results(ctx, it.ID); err != nil {
		return nil, err
	}
	events, err := d.opt.Store.Events(ctx, it.ID)
	for _, e := range events {
		if e.Kind == EventMoved {
			r.Progress = append(r.Progress, e)
		}
	}
	return r, err
}

// SyncReport is what a run did.
type SyncReport struct{ Sent, Failed int }

// Sync tells a national system every dossier that changed since it was last told, oldest change first. A dossier that fails is
// noted with its code and tried again in the next run; a system that does not answer ends the run.
func (d *Desk) Sync(ctx context.Context, t Target) (rep SyncReport, err error) {
	var items []Item
	if err := d.opt.Store.ToSync(ctx, t.Name(), func(it Item) error {
		items = append(items, it)
		return nil
	}); err != nil {
		return rep, err
	}
	for _, it := range items {
		err := d.syncOne(ctx, t, it)
		switch {
		case err == nil:
			rep.Sent++
		case kiosk.CodeOf(err) == kiosk.CodeOfficeOffline:
			return rep, err
		default:
			rep.Failed++
		}
	}
	return rep, nil
}

func (d *Desk) syncOne(ctx context.Context, t Target, it Item) error {
	known, err := d.opt.Store.Synced(ctx, it.ID, t.Name())
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	r, err := d.record(ctx, it)
	if err == nil {
		defer r.Wipe()
		var remote string
		if remote, err = t.Push(ctx, r, known.Remote); err == nil {
			return d.opt.Store.SetSynced(ctx, it.ID, t.Name(), Synced{Remote: remote, Sent: it.StateAt})
		}
	}
	known.Attempts++
	known.Error = kiosk.CodeOf(err)
	return errors.Join(err, d.opt.Store.SetSynced(ctx, it.ID, t.Name(), known))
}

// SyncEvery synchronises until ctx ends; faults are logged by their code.
func (d *Desk) SyncEvery(ctx context.Context, t Target, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := d.Sync(ctx, t); err != nil && ctx.Err() == nil {
			d.log.Fault(ctx, "sync", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
