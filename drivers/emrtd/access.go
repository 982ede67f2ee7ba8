package emrtd

import (
	"context"
	"errors"
	"io"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// accessNone is how a chip without access control was opened.
const accessNone = "none"

// opened says how a chip was opened.
type opened struct {
	name         string // "PACE-CAN ECDH-GM-AES-128 brainpoolP256r1", "BAC-MRZ" or "none"
	cardAccess   *cardAccess
	bac          bool      // opened without PACE: by basic access control, or by nothing
	plain        bool      // opened by nothing: the chip has no access control
	cam          *chipMap  // what PACE-CAM brought, nil with every other way
	cardSecurity []byte    // EF.CardSecurity as read after PACE-CAM, nil without
	proof        *camProof // cam judged, once it was
}

// check gives the access check of an opened chip. A chip without access control is not what this inspection system is for: the
// check says that it was not made, so that no such document is ever verified.
func (o *opened) check() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckAccess, Result: kiosk.CheckSuccessful, Reason: o.name}
	switch {
	case o.plain:
		c.Result, c.Reason = kiosk.CheckNotSupported, "chip has no access control"
	case o.bac && o.cardAccess.way == accessDenied:
		c.Reason += ", EF.CardAccess refused"
	case o.bac:
		c.Reason += ", chip offers no pace"
	}
	return c
}

// open gets secure messaging to a chip that was just powered (Doc 9303-11 §4.2): PACE when EF.CardAccess or the kind of card
// says so, else BAC, and selects the application. A chip that announces PACE in any form is never opened otherwise. Errors:
// card_wrong_key, card_unsupported, card_protocol, the card's.
func open(ctx context.Context, f *files, pw *password, random io.Reader) (*opened, error) {
	ca, err := readCardAccess(ctx, f)
	if err != nil {
		return nil, err
	}
	if ca.raw == nil && (pw.vietnamese || pw.information == "") {
		known, err := parseCardAccess(knownCardAccess, accessKnown)
		if err != nil {
			return nil, err
		}
		o := &opened{cardAccess: known}
		if err := o.pace(ctx, f, pw, random); !errors.Is(err, errRefusedPACE) {
			return o, err
		}
	}
	o := &opened{cardAccess: ca}
	if announcesPACE(ca.infos) {
		return o, o.pace(ctx, f, pw, random)
	}
	return o, o.fallBack(ctx, f.ch, pw, random)
}

// pace runs the best variant that both sides have, reads what belongs to it, and selects the application.
func (o *opened) pace(ctx context.Context, f *files, pw *password, random io.Reader) error {
	if malformedPACE(o.cardAccess.infos) {
		return protocolError("EF.CardAccess: an entry that announces pace is malformed")
	}
	v, err := choosePACE(o.cardAccess.infos, f.ch.card.MaxCommand())
	if err != nil {
		return unsupported("%w", err)
	}
	if o.cam, err = pace(ctx, f.ch, v, pw, random); err != nil {
		if errors.Is(err, errRefusedPACE) {
			return unsupported("%w", err)
		}
		return err
	}
	o.name = "PACE-" + pw.name + " " + v.name
	if o.cam != nil {
		if o.cardSecurity, err = readCardSecurity(ctx, f); err != nil {
			return err
		}
	}
	return selectApplication(ctx, f.ch)
}

// fallBack opens a chip without PACE: with nothing where nothing is needed, else with the machine-readable zone. A CAN opens
// nothing there.
func (o *opened) fallBack(ctx context.Context, ch *channel, pw *password, random io.Reader) error {
	if err := selectApplication(ctx, ch); err != nil {
		return err
	}
	o.bac = true
	if o.cardAccess.way == accessNothing {
		free, err := readsWithoutAccess(ctx, ch)
		if err != nil {
			return err
		}
		if free {
			o.name, o.plain = accessNone, true
			return nil
		}
	}
	if pw.information == "" {
		return unsupported("chip offers no pace, and the key is no machine-readable zone")
	}
	if err := bac(ctx, ch, pw.information, random); err != nil {
		return err
	}
	o.name = "BAC-" + pw.name
	return nil
}

// readsWithoutAccess tries to read one byte of EF.COM without secure messaging (Doc 9303-11 §4.1: access control is optional).
func readsWithoutAccess(ctx context.Context, ch *channel) (bool, error) {
	info, _ := lds.Info(kiosk.FileCOM)
	r, err := ch.do(ctx, selectCommand(2, []byte{byte(info.EF >> 8), byte(info.EF)}))
	if err != nil || !r.SW.OK() {
		return false, err
	}
	r, err = ch.do(ctx, apdu.Command{INS: 0xB0, Ne: 1})
	return err == nil && r.SW.OK() && len(r.Data) == 1, err
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
