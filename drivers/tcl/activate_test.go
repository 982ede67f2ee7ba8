package tcl

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"testing"
	"time"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// script is an Exchanger that wants exact frames.
type script struct {
	t       testing.TB
	name    string
	sent    [][]byte
	answers []string
	n       int
}

func (x *script) Exchange(_ context.Context, frame []byte, _ time.Duration) ([]byte, error) {
	if x.n >= len(x.sent) {
		x.n++
		return nil, errors.New("the script has ended")
	}
	i := x.n
	x.n++
	if !bytes.Equal(frame, x.sent[i]) {
		x.t.Errorf("%s: frame %d is %X, want %X", x.name, i, frame, x.sent[i])
	}
	switch x.answers[i] {
	case "-":
		return nil, ErrNoFrame
	case "!":
		return nil, ErrBadFrame
	}
	return unhex(x.t, x.answers[i]), nil
}

func TestParseATS(t *testing.T) {
	const def = 4833 * time.Microsecond
	for in, want := range map[string]ATS{
		"01":                     {FSC: 32, FWT: def, CID: true},
		"0278":                   {}, // announces interface bytes that are not there
		"0208":                   {FSC: 256, FWT: def, CID: true},
		"0200":                   {FSC: 16, FWT: def, CID: true},
		"020f":                   {FSC: 4096, FWT: def, CID: true},
		"0b7877810280734e2180ff": {FSC: 256, FWT: 77328 * time.Microsecond, SFGT: 604 * time.Microsecond, CID: true, Rates: 0x77, Historical: []byte{0x80, 0x73, 0x4E, 0x21, 0x80, 0xFF}},
		"0578807002":             {FSC: 256, FWT: 38664 * time.Microsecond, CID: true, Rates: 0x80},
		"0328f0":                 {FSC: 256, FWT: def, CID: true}, // FWI 15 is reserved
		"03280f":                 {FSC: 256, FWT: 302 * time.Microsecond, CID: true},
		"0328e0":                 {FSC: 256, FWT: 4949031 * time.Microsecond, CID: true},
		"034803":                 {FSC: 256, FWT: def, NAD: true, CID: true},
		"":                       {},
		"0208ff":                 {},
		"05":                     {},
		"0478800270":             {}, // a byte too many
	} {
		got, err := ParseATS(unhex(t, in))
		if want.FSC == 0 {
			if !errors.Is(err, ErrProtocol) {
				t.Errorf("%s was taken: %+v %v", in, got, err)
			}
			continue
		}
		near := func(a, b time.Duration) bool { return a-b < 2*time.Microsecond && b-a < 2*time.Microsecond }
		if err != nil || got.FSC != want.FSC || got.Rates != want.Rates || got.NAD != want.NAD || got.CID != want.CID ||
			!near(got.FWT, want.FWT) || !near(got.SFGT, want.SFGT) || !bytes.Equal(got.Historical, want.Historical) {
			t.Errorf("%s: %+v %v", in, got, err)
		}
	}
}

func TestBestRates(t *testing.T) {
	for _, c := range []struct {
		ta       Capability
		wish     Rate
		to, from Rate
	}{
		{0x00, 848, 106, 106}, {0x77, 848, 848, 848}, {0x77, 424, 424, 424}, {0x77, 106, 106, 106}, {0x11, 848, 212, 212},
		{0x31, 848, 212, 424}, {0xB1, 848, 212, 212}, {0x80, 848, 106, 106}, {0xC1, 848, 106, 106}, {0x7F, 848, 106, 106},
		{0x40, 848, 106, 848}, {0x40, 424, 106, 106}, {0x04, 848, 848, 106}, {0xF7, 424, 424, 424},
	} {
		if to, from := c.ta.Best(c.wish); to != c.to || from != c.from {
			t.Errorf("TA %02X wish %d: %d, %d; want %d, %d", byte(c.ta), c.wish, to, from, c.to, c.from)
		}
	}
}

func TestPPS(t *testing.T) {
	for name, c := range map[string]struct {
		ta    byte
		noPPS bool
		wish  Rate
		plan  map[int]fault // exchange 0 is RATS
		want  Rate
		err   error
	}{
		"424 wished":             {ta: 0x77, wish: 424, want: 424},
		"card allows 212":        {ta: 0x11, wish: 848, want: 212},
		"nothing allowed":        {ta: 0, wish: 424, want: 106},
		"refused":                {ta: 0x77, noPPS: true, wish: 424, want: 106},
		"request lost once":      {ta: 0x77, wish: 424, plan: map[int]fault{1: lostDown}, want: 424},
		"request lost for good":  {ta: 0x77, wish: 424, plan: map[int]fault{1: lostDown, 2: lostDown}, want: 106},
		"answer lost":            {ta: 0x77, wish: 424, plan: map[int]fault{1: lostUp}, err: ErrRate},
		"answer damaged":         {ta: 0x77, wish: 424, plan: map[int]fault{1: badUp}, err: ErrRate},
		"RATS lost":              {ta: 0x77, wish: 424, plan: map[int]fault{0: lostDown}, want: 424},
		"refused and block lost": {ta: 0x77, noPPS: true, wish: 424, plan: map[int]fault{3: lostUp}, want: 106},
	} {
		p := newPICC(t)
		p.ats[2], p.noPPS = c.ta, c.noPPS
		a := &air{picc: p, plan: c.plan}
		s, err := ActivateA(context.Background(), a, Options{Rate: c.wish})
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		if c.err != nil || err != nil {
			continue
		}
		if to, from := s.Rates(); to != c.want || from != c.want || p.heard[0] != c.want {
			t.Errorf("%s: %v to, %v from the card", name, to, from)
		}
		if got := transmit(t, s, []byte{5}); !bytes.Equal(got, []byte{5, 0x90, 0}) {
			t.Errorf("%s: %X", name, got)
		}
	}
}

// noRates hides SetRates.
type noRates struct{ Exchanger }

func TestPPSNeedsRateSetter(t *testing.T) {
	p := newPICC(t)
	s := activate(t, noRates{p}, Options{Rate: 424})
	if to, _ := s.Rates(); to != Rate106 || p.rates[0] != Rate106 {
		t.Error("the rate was changed under a reader that cannot follow")
	}
}

func TestActivationFails(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string
		want    error
	}{
		"silence":  {[]string{"-", "-"}, ErrNoFrame},
		"damage":   {[]string{"!", "!"}, ErrDamaged},
		"nonsense": {[]string{"0507"}, ErrProtocol},
	} {
		x := &script{t: t, name: name, sent: [][]byte{{0xE0, 0x80}, {0xE0, 0x80}}, answers: c.answers}
		if _, err := ActivateA(context.Background(), x, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x := &script{t: t, sent: [][]byte{{0xE0, 0x50}}, answers: []string{"01"}}
	if s, err := ActivateA(context.Background(), x, Options{FSD: 64}); err != nil || s.fsd != 64 || s.FSC() != 32 {
		t.Errorf("FSD 64: %v", err)
	}
}

const atqb = "50aabbccdd11223344778171"

func TestTypeB(t *testing.T) {
	a, err := ParseATQB(unhex(t, atqb))
	if err != nil || a.FSC != 256 || !a.ISO || !a.CID || a.Rates != 0x77 || a.FWT != waiting(7) {
		t.Fatalf("%+v %v", a, err)
	}
	x := &script{t: t, sent: [][]byte{unhex(t, "1daabbccdd00080100"), unhex(t, "0205")}, answers: []string{"10", "029000"}}
	s, err := ActivateB(context.Background(), x, a, Options{Rate: 424}) // a script cannot set rates
	if err != nil {
		t.Fatal(err)
	}
	if got := transmit(t, s, []byte{5}); !bytes.Equal(got, []byte{0x90, 0}) {
		t.Errorf("%X", got)
	}
	if want := unhex(t, "3b888001"+"11223344"+"778171"+"10"); !bytes.Equal(s.ATR()[:len(want)], want) {
		t.Errorf("ATR %X", s.ATR())
	}

	y := &rateScript{script: script{t: t, sent: [][]byte{unhex(t, "1daabbccdd00a80100")}, answers: []string{"00"}}}
	if s, err = ActivateB(context.Background(), y, a, Options{Rate: 424}); err != nil || y.to != 424 || y.from != 424 {
		t.Errorf("%v, %v", y.to, err)
	}
	if to, from := s.Rates(); to != 424 || from != 424 {
		t.Errorf("%v %v", to, from)
	}

	for in, want := range map[string]error{"50": ErrProtocol, "51aabbccdd11223344778171": ErrProtocol, "50aabbccdd11223344778071": nil} {
		a, err := ParseATQB(unhex(t, in))
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", in, err)
		}
		if err == nil {
			if _, err = ActivateB(context.Background(), x, a, Options{}); !errors.Is(err, ErrNotISO) {
				t.Errorf("%s: %v", in, err)
			}
		}
	}
	if a, err := ParseATQB(unhex(t, atqb+"30")); err != nil || a.SFGT != guard(3) {
		t.Errorf("extended: %+v %v", a, err)
	}
	for _, answer := range []string{"11", "-", "!"} {
		x := &script{t: t, sent: [][]byte{unhex(t, "1daabbccdd00080100")}, answers: []string{answer}}
		if _, err := ActivateB(context.Background(), x, a, Options{}); err == nil {
			t.Errorf("ATTRIB answered with %s", answer)
		}
	}
}

type rateScript struct {
	script
	to, from Rate
}

func (x *rateScript) SetRates(_ context.Context, to, from Rate) error {
	x.to, x.from = to, from
	return nil
}

// The example of PC/SC part 3 for a card with historical bytes, and its bounds.
func TestATR(t *testing.T) {
	for in, want := range map[string]string{"": "3b80800101", "8073c82113": "3b8580018073c82113" + "0d"} {
		if got := ATR(unhex(t, in)); !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s: %X, want %s", in, got, want)
		}
	}
	if got := ATR(pattern(20)); len(got) != 4+15+1 || got[1] != 0x8F {
		t.Errorf("%X", got)
	}
}

func FuzzParseATS(f *testing.F) {
	for _, s := range []string{"01", "0b7877810280734e2180ff", "0578807002", "0208", "0f", ""} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseATS(b)
		if err != nil {
			return
		}
		if a.FSC < 16 || a.FSC > 4096 || a.FWT <= 0 || a.FWT > maxFWT || a.SFGT < 0 || a.SFGT > maxFWT || len(a.Historical) >= len(b) {
			t.Errorf("%X: %+v", b, a)
		}
		if atr := ATR(a.Historical); len(atr) > 20 {
			t.Errorf("%X", atr)
		}
	})
}

func FuzzParseATQB(f *testing.F) {
	for _, s := range []string{atqb, atqb + "30", atqb[:22], "50", ""} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseATQB(b)
		if err != nil {
			if !errors.Is(err, ErrProtocol) {
				t.Errorf("%X: %v", b, err)
			}
			return
		}
		if a.FSC < 16 || a.FSC > 4096 || a.FWT <= 0 || a.FWT > maxFWT || a.SFGT < 0 || a.SFGT > maxFWT || len(a.ATR(nil)) != len(a.ATR([]byte{0xF0})) {
			t.Errorf("%X: %+v", b, a)
		}
	})
}

func FuzzParseBlock(f *testing.F) {
	for _, s := range []string{"029000", "1301", "a2", "a3", "f203", "c2", "b2", "0a00", "e2", ""} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := parseBlock(b, 256)
		if err != nil {
			if !errors.Is(err, ErrProtocol) {
				t.Error(err)
			}
			return
		}
		again := map[kind]byte{kindI: pcbI, kindACK: pcbACK, kindDeselect: pcbDeselect, kindWTX: pcbWTX}[k.kind] | k.number
		if k.more {
			again |= pcbChaining
		}
		if !bytes.Equal(append([]byte{again}, k.inf...), b) {
			t.Errorf("%X is taken as %+v", b, k)
		}
	})
}

// FuzzSession lets a card answer with anything: an answer, a typed error, never a panic or an endless loop.
func FuzzSession(f *testing.F) {
	f.Add([]byte{3, 2, 0x90, 0}, uint8(1))
	f.Add([]byte{2, 0x12, 1, 3, 3, 0x90, 0}, uint8(40))
	f.Add([]byte{2, 0xF2, 1, 0, 1, 0xA3}, uint8(2))
	f.Fuzz(func(t *testing.T, answers []byte, size uint8) {
		x := &feed{rest: answers}
		s := Options{Wait: time.Second}.filled().session(x, 16, time.Millisecond, nil)
		got, err := s.Transmit(context.Background(), pattern(int(size)+1))
		if (err == nil) == (s.dead != nil) || len(got) > len(answers) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}

// feed answers with length-prefixed pieces of its bytes; 0 is silence.
type feed struct{ rest []byte }

func (x *feed) Exchange(context.Context, []byte, time.Duration) ([]byte, error) {
	if len(x.rest) == 0 || x.rest[0] == 0 || int(x.rest[0]) >= len(x.rest) {
		x.rest = x.rest[min(1, len(x.rest)):]
		return nil, ErrNoFrame
	}
	n := int(x.rest[0])
	b := x.rest[1 : 1+n]
	x.rest = x.rest[1+n:]
	return b, nil
}
