package pn532

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"motcua/drivers/tcl"
)

// The modulations InListPassiveTarget looks for.
const (
	brty106A = 0x00
	brty106B = 0x03
)

// target is a card in the field, selected by the chip.
type target struct {
	number byte
	typeB  bool
	sak    byte
	uid    []byte
	ats    []byte // type A, when the chip requested it
	atqb   []byte // type B
	attrib []byte // type B: the answer to ATTRIB, which the chip sends always
}

// modulation gives what to look for to find the card again.
func (t *target) modulation() byte {
	if t.typeB {
		return brty106B
	}
	return brty106A
}

// sakISO is the bit of SAK that says ISO/IEC 14443-4 (14443-3 §6.5.3.4).
const sakISO = 0x20

// iso reports whether the card speaks ISO/IEC 14443-4.
func (t *target) iso() bool {
	if t.typeB {
		a, err := tcl.ParseATQB(t.atqb)
		return err == nil && a.ISO
	}
	return t.sak&sakISO != 0
}

// randomUID is the first byte of a 4-byte identifier that is drawn anew at every power-up (14443-3 §6.5.4), as identity cards have.
const randomUID = 0x08

// differs reports whether o is certainly another card.
func (t *target) differs(o *target) bool {
	if t.typeB != o.typeB {
		return true
	}
	random := t.typeB || len(t.uid) == 4 && t.uid[0] == randomUID
	return !random && !bytes.Equal(t.uid, o.uid)
}

// listWait bounds InListPassiveTarget: requests, anticollision, RATS or ATTRIB with their retries.
const listWait = 500 * time.Millisecond

// list looks for one card of a modulation; nil when there is none.
func (c *chip) list(ctx context.Context, brty byte) (*target, error) {
	command := []byte{cmdInListPassive, 1, brty}
	if brty == brty106B {
		command = append(command, 0) // all application families
	}
	b, err := c.do(ctx, listWait, 1+1+4+10+254, command...)
	if err != nil {
		return nil, fmt.Errorf("look for card: %w", err)
	}
	if len(b) == 0 || b[0] > 1 {
		return nil, fmt.Errorf("look for card: %w", errAnswer)
	}
	if b[0] == 0 {
		return nil, nil
	}
	if brty == brty106B {
		return parseTargetB(b[1:])
	}
	return parseTargetA(b[1:])
}

// parseTargetA reads Tg, SENS_RES, SEL_RES, NFCID1 with its length, and the ATS when there is one, its length byte included.
func parseTargetA(b []byte) (*target, error) {
	if len(b) < 5 || len(b) < 5+int(b[4]) || b[4] > 10 {
		return nil, fmt.Errorf("type A card: %w", errAnswer)
	}
	n := 5 + int(b[4])
	return &target{number: b[0], sak: b[3], uid: bytes.Clone(b[5:n]), ats: bytes.Clone(b[n:])}, nil
}

// parseTargetB reads Tg, ATQB, and the answer to ATTRIB with its length.
func parseTargetB(b []byte) (*target, error) {
	const head = 1 + 12
	if len(b) < head {
		return nil, fmt.Errorf("type B card: %w", errAnswer)
	}
	t := &target{number: b[0], typeB: true, atqb: bytes.Clone(b[1:head]), uid: bytes.Clone(b[2:6])}
	if rest := b[head:]; len(rest) > 0 {
		if len(rest) < 1+int(rest[0]) {
			return nil, fmt.Errorf("type B card: %w", errAnswer)
		}
		t.attrib = bytes.Clone(rest[1 : 1+int(rest[0])])
	}
	return t, nil
}

// release makes the chip forget its card. The card is not told.
func (c *chip) release(ctx context.Context) error { return c.run(ctx, cmdInRelease, 0) }
