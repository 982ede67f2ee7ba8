package pn532

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/tcl"
	"motcua/kiosk"
)

// scene is a PN532 with a card, as bytes, whose answer to an APDU and to later requests a test chooses.
type scene struct {
	apdu    []byte // status and data for every frame of a card once activated
	idle    bool   // the card answers a request though the field was not cycled
	stays   bool   // it answers after the field was cycled
	other   bool   // with another fixed identifier
	started bool   // the first activation is over
	cycled  bool
}

var cardA = []byte{1, 0, 4, 0x20, 4, 0x04, 1, 2, 3}

func (s *scene) answer(_ int, f []byte) []byte {
	if len(f) == 6 && f[0] == 0 && f[2] == 0xFF {
		return nil // ACK or NACK
	}
	switch f[0] {
	case cmdGetFirmwareVersion:
		return acked(0x03, 0x32, 1, 6, 7)
	case cmdDiagnose:
		return acked(append([]byte{1}, f[1:]...)...)
	case cmdRFConfiguration:
		if f[1] == rfField {
			s.cycled = s.cycled || f[2] == 0
		}
	case cmdInListPassive:
		return acked(append([]byte{0x4B}, s.list(f[2])...)...)
	case cmdInCommunicateThru:
		switch {
		case f[1] == 0xE0:
			return acked(0x43, 0, 5, 0x28, 0x10, 0x80, 0x31) // FWI 1: 604 µs
		default:
			s.started, s.cycled = true, false
			return acked(append([]byte{0x43}, s.apdu...)...)
		}
	}
	return acked(f[0] + 1)
}

// list gives what InListPassiveTarget finds.
func (s *scene) list(brty byte) []byte {
	there := !s.started || s.idle && !s.cycled || s.stays && s.cycled
	if brty != brty106A || !there {
		return []byte{0}
	}
	card := append([]byte{1}, cardA...)
	if s.started && s.other {
		card[8] ^= 0xFF
	}
	return card
}

// What becomes of a card that falls silent or speaks nonsense: the same silence has three meanings.
func TestFate(t *testing.T) {
	for name, c := range map[string]struct {
		scene scene
		class error
		code  kiosk.Code
		path  Path
	}{
		"went":                     {scene{apdu: []byte{1}}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"went and came back":       {scene{apdu: []byte{1}, idle: true, stays: true}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"stayed and is slow":       {scene{apdu: []byte{1}, stays: true}, apdu.ErrTimeout, kiosk.CodeCardTimeout, PathAuto},
		"another card lies there":  {scene{apdu: []byte{1}, stays: true, other: true}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"damaged frames, went":     {scene{apdu: []byte{2}}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"damaged frames, stays":    {scene{apdu: []byte{2}, stays: true}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"parity":                   {scene{apdu: []byte{3}}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"framing":                  {scene{apdu: []byte{5}}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"protocol error":           {scene{apdu: []byte{0x0B}}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
		"nonsense from a card":     {scene{apdu: []byte{0, 0xEE}, stays: true}, apdu.ErrReader, kiosk.CodeCardProtocol, PathAuto},
		"half a status word":       {scene{apdu: []byte{0, 0x02, 0x90}, stays: true}, apdu.ErrReader, kiosk.CodeCardProtocol, PathAuto},
		"too hot":                  {scene{apdu: []byte{0x0D}, stays: true}, apdu.ErrReader, kiosk.CodeReaderFault, PathAuto},
		"over-current":             {scene{apdu: []byte{0x2D}, stays: true}, apdu.ErrReader, kiosk.CodeReaderFault, PathAuto},
		"buffer too small":         {scene{apdu: []byte{7}, stays: true}, apdu.ErrCardLost, kiosk.CodeCardLost, PathFirmware},
		"radio overflow":           {scene{apdu: []byte{9}, stays: true}, apdu.ErrCardLost, kiosk.CodeCardLost, PathFirmware},
		"not accepted":             {scene{apdu: []byte{0x27}, stays: true}, apdu.ErrCardLost, kiosk.CodeCardLost, PathFirmware},
		"card disappeared, status": {scene{apdu: []byte{0x2B}}, apdu.ErrCardLost, kiosk.CodeCardLost, PathAuto},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &fakeUART{name: "fake", answer: c.scene.answer}
			d, err := NewHSU(p, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Halt(); p.close() })
			k, err := d.Connect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			got, err := k.Transmit(context.Background(), []byte{0, 0x84, 0, 8})
			if !errors.Is(err, c.class) || kiosk.CodeOf(err) != c.code || got != nil {
				t.Errorf("%X, %v", got, err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("found out after %v", took)
			}
			if d.path != c.path {
				t.Errorf("path %v", d.path)
			}
			if _, err := k.Transmit(context.Background(), []byte{0, 0x84, 0, 8}); !errors.Is(err, apdu.ErrCardLost) {
				t.Errorf("a dead card: %v", err)
			}
			if !c.scene.cycled {
				t.Error("the field stays on after the end of the card")
			}
		})
	}
}

// Damage again and again with the card in place lowers the bit rate.
func TestDamageLowersRate(t *testing.T) {
	s := &scene{apdu: []byte{2}, stays: true}
	p := &fakeUART{name: "fake", answer: s.answer}
	d, err := NewHSU(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Halt(); p.close() })
	for i := range maxFaults {
		if d.rate != tcl.Rate424 {
			t.Fatalf("lowered after %d", i)
		}
		s.started = false
		k, err := d.Connect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Transmit(context.Background(), []byte{0, 0x84, 0, 8}); !errors.Is(err, apdu.ErrCardLost) {
			t.Fatal(err)
		}
	}
	if d.rate != tcl.Rate212 {
		t.Errorf("rate %v", d.rate)
	}
}
