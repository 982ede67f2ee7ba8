package onestop

import (
	"context"
	"io"

	"motcua/kiosk/audit"
	"motcua/kiosk/dossier"
)

// Evidence opens a dossier to hand its evidence to somebody outside, a court or an auditor: who asked, and by what right, stands in
// reason, in the dossier's log and, that it happened, in the audit chain, before a byte is given. The function writes the archive
// ([dossier.WriteExport]) and must be called once. Errors: ErrDenied, ErrNote without a reason, ErrLong, ErrFault, ErrNotFound, the store's; of
// writing: bad_input, the store's, the writer's.
func (d *Desk) Evidence(ctx context.Context, a Account, id, reason string) (write func(io.Writer) error, err error) {
	if !a.Role.May(PermExport) {
		return nil, ErrDenied
	}
	switch reason, err = cleanNote(reason); {
	case err != nil:
		return nil, err
	case reason == "":
		return nil, ErrNote
	}
	it, err := d.opt.Store.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	o, err := d.openStored(ctx, it, false)
	if err != nil {
		return nil, err
	}
	if o.Fault != "" {
		return nil, ErrFault
	}
	if err := d.access(ctx, a, Event{Dossier: id, Kind: EventExported, Reason: reason}, audit.EvidenceExported); err != nil {
		o.Wipe()
		return nil, err
	}
	return func(w io.Writer) error {
		defer o.Wipe()
		return dossier.WriteExport(w, o.envelope.Plaintext, func(n int) ([]byte, error) { return d.page(ctx, o, n) })
	}, nil
}

// Person checks a login and a password outside the pages, for a command that a named person answers for. Errors: those of Login.
func (d *Desk) Person(ctx context.Context, login, password string) (Account, error) {
	return d.enter(ctx, login, password, "console")
}
