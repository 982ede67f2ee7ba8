package onestop

import (
	"context"

	"motcua/kiosk"
)

// Entry is a line of the inbox.
type Entry struct {
	Row
	Name string // the citizen's, "" when not known
}

// Inbox is a page of the list with the counts of all.
type Inbox struct {
	Entries []Entry
	Counts  Counts
	Next    int64 // pass as Filter.After for the next page, 0 when this was the last
}

// Inbox gives a page of dossiers. Names are decrypted for this page only. Errors: ErrDenied, the store's.
func (d *Desk) Inbox(ctx context.Context, a Account, f Filter) (Inbox, error) {
	if !a.Role.May(PermInbox) {
		return Inbox{}, ErrDenied
	}
	f.Limit = min(max(f.Limit, 1), MaxPage-1)
	page := f.Limit
	f.Limit++ // one more tells whether there is a next page
	rows, err := d.opt.Store.List(ctx, f)
	if err != nil {
		return Inbox{}, err
	}
	var in Inbox
	if len(rows) > page {
		rows = rows[:page]
		in.Next = rows[page-1].Row
	}
	for _, r := range rows {
		name, err := d.labels.Open(r.ID, r.Label)
		if err != nil {
			name = "" // shown as not known; the dossier itself says more when opened
		}
		in.Entries = append(in.Entries, Entry{r, name})
	}
	in.Counts, err = d.opt.Store.Counts(ctx)
	return in, err
}

// Line gives the one line of a dossier without opening it, and how often supplements were asked for already. Errors:
// ErrDenied, ErrNotFound, the store's.
func (d *Desk) Line(ctx context.Context, a Account, id string) (e Entry, supplements int, err error) {
	if !a.Role.May(PermInbox) {
		return e, 0, ErrDenied
	}
	it, err := d.opt.Store.Item(ctx, id)
	if err != nil {
		return e, 0, err
	}
	events, err := d.opt.Store.Events(ctx, id)
	if err != nil {
		return e, 0, err
	}
	for _, ev := range events {
		if ev.Kind == EventMoved && ev.To == kiosk.StateSupplement {
			supplements++
		}
	}
	name, err := d.labels.Open(id, it.Label)
	if err != nil {
		name = "" // shown as not known
	}
	return Entry{Row{Item: it}, name}, supplements, nil
}
