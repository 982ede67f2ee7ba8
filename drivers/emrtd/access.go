package emrtd

import (
	"context"
	"errors"
	"io"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// opened says how a chip was opened.
type opened struct {
	name       string // "PACE-CAN ECDH-GM-AES-128 brainpoolP256r1" or "BAC"
	cardAccess *cardAccess
	bac        bool
}

// check gives the access check of an opened chip.
func (o *opened) check() kiosk.Check {
	reason := o.name
	if o.bac {
		reason += ", chip offers no pace"
	}
	return kiosk.Check{Name: kiosk.CheckAccess, Result: kiosk.CheckSuccessful, Reason: reason}
}

// open gets secure messaging to a chip that was just powered (Doc 9303-11 §4.2): PACE when EF.CardAccess or the kind of card
// says so, else BAC, and selects the application.
func open(ctx context.Context, f *files, pw *password, random io.Reader) (*opened, error) {
	ca, err := readCardAccess(ctx, f)
	if err != nil {
		return nil, err
	}
	if ca.raw == nil && (pw.vietnamese || pw.information == "") {
		if ca, err = parseCardAccess(knownCardAccess, accessKnown); err != nil {
			return nil, err
		}
	}
	o := &opened{cardAccess: ca}
	if len(ca.infos.PACE) > 0 {
		err := o.pace(ctx, f.ch, pw, random)
		if err == nil {
			return o, selectApplication(ctx, f.ch)
		}
		if !errors.Is(err, errRefusedPACE) || ca.way != accessKnown {
			return nil, err
		}
		o.cardAccess = &cardAccess{way: accessNothing, infos: &lds.SecurityInfos{}}
	}
	return o, o.fallBack(ctx, f.ch, pw, random)
}

func (o *opened) pace(ctx context.Context, ch *channel, pw *password, random io.Reader) error {
	v, err := choosePACE(o.cardAccess.infos.PACE)
	if err != nil {
		return unsupported("%w", err)
	}
	if err := pace(ctx, ch, v, pw, random); err != nil {
		if errors.Is(err, errRefusedPACE) {
			return unsupported("%w", err)
		}
		return err
	}
	o.name = "PACE-" + pw.name + " " + v.name
	return nil
}

// fallBack opens a chip without PACE. A CAN opens nothing there.
func (o *opened) fallBack(ctx context.Context, ch *channel, pw *password, random io.Reader) error {
	if pw.information == "" {
		return unsupported("chip offers no pace, and the key is no machine-readable zone")
	}
	if err := selectApplication(ctx, ch); err != nil {
		return err
	}
	if err := bac(ctx, ch, pw.information, random); err != nil {
		return err
	}
	o.name, o.bac = "BAC", true
	return nil
}

func selectApplication(ctx context.Context, ch *channel) error {
	r, err := ch.do(ctx, selectCommand(4, applicationID))
	switch {
	case err != nil:
		return err
	case r.SW.OK():
		return nil
	case r.SW == apdu.StatusNotFound:
		return unsupported("no eMRTD application: %w", r.SW)
	}
	return unsupported("%w", statusError("select application", r.SW))
}
