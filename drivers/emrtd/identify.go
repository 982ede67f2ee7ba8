package emrtd

import (
	"context"
	"fmt"
	"time"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// identifyWithin bounds Identify when a card hangs.
const identifyWithin = 8 * time.Second

// Identify powers the card that lies there and asks what every chip hands to anybody: EF.CardAccess, the accesses it offers (Doc
// 9303-11 §4.2). It needs no number and reads nothing of a person; chips with random identifiers show none either. It describes what
// it saw: "a chip answers, PACE offered, 4 commands in 31 ms". Errors: those of Read; card_absent when no card lies there.
func (r *Reader) Identify(ctx context.Context) (string, error) {
	select {
	case r.busy <- struct{}{}:
		defer func() { <-r.busy }()
	case <-ctx.Done():
		return "", coded(ctx.Err())
	}
	if !r.within(ctx, true, time.Second) {
		if err := r.Ready(ctx); err != nil {
			return "", coded(err)
		}
		return "", &kiosk.Error{Code: kiosk.CodeCardAbsent, Op: "identify card", Err: apdu.ErrNoCard, Hint: "put an identity card on the reader"}
	}
	ctx, cancel := context.WithTimeout(ctx, identifyWithin)
	defer cancel()
	start := time.Now()
	card, err := r.slot.Connect(ctx)
	if err != nil {
		return "", coded(err)
	}
	defer card.Close() // an error means that the card has gone
	mem := r.mem.get(kindOf(r.String(), card.ATR()))
	ch := &channel{card: card, kind: &mem}
	ca, err := readCardAccess(ctx, &files{ch: ch, mem: &mem, maxFile: r.opts.MaxFile, maxAPDU: r.opts.MaxCommands})
	if err != nil {
		return "", coded(err)
	}
	offers := "no PACE offered (EF.CardAccess " + ca.way + ")"
	if announcesPACE(ca.infos) {
		offers = "PACE offered"
	}
	return fmt.Sprintf("a chip answers, %s, %d commands in %d ms", offers, ch.apdus, time.Since(start).Milliseconds()), nil
}
