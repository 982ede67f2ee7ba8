package tcl

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"motcua/drivers/apdu"
)

// Chaining both ways, with every frame size of both sides, around its edges. No frame may be longer than FSC: nfcpy's issue 210 was
// a frame two bytes too long.
func TestChaining(t *testing.T) {
	for code := range byte(9) {
		for _, fsd := range []int{64, 128, 256} {
			p := newPICC(t)
			p.fsc = frameSize(code)
			p.ats = []byte{2, code}
			s := activate(t, p, Options{FSD: fsd})
			room := p.fsc - 3
			for _, n := range []int{1, room - 1, room, room + 1, 2 * room, 2*room + 1, 700} {
				command := pattern(n)
				got := transmit(t, s, command)
				if !bytes.Equal(got, append(bytes.Clone(command), 0x90, 0)) {
					t.Fatalf("FSC %d FSD %d: %d bytes came back wrong", p.fsc, fsd, n)
				}
			}
			if p.longest != min(p.fsc, fsd) {
				t.Errorf("longest frame %d, FSC %d, FSD %d", p.longest, p.fsc, fsd)
			}
		}
	}
}

// The rules of §7.5.4 one by one: the frames a reader sends for the frames (or faults) it gets.
func TestBlockRules(t *testing.T) {
	type step struct {
		sent   string // what the reader must send
		answer string // what it gets: hexadecimal, "-" silence, "!" damage
	}
	for name, c := range map[string]struct {
		steps []step
		want  string // answer APDU, "" for an error
		err   error
	}{
		"rule 1 and B, first block has number 0":       {steps: []step{{"02aabb", "029000"}}, want: "9000"},
		"rule 2, chained answer is acknowledged":       {steps: []step{{"02aabb", "1201"}, {"a3", "1302"}, {"a2", "029000"}}, want: "01029000"},
		"rule 3 and 9, waiting time extension":         {steps: []step{{"02aabb", "f203"}, {"f203", "029000"}}, want: "9000"},
		"extension, power level bits are not repeated": {steps: []step{{"02aabb", "f2c3"}, {"f203", "029000"}}, want: "9000"},
		"rule 4, silence":                              {steps: []step{{"02aabb", "-"}, {"b2", "029000"}}, want: "9000"},
		"rule 4, damage":                               {steps: []step{{"02aabb", "!"}, {"b2", "029000"}}, want: "9000"},
		"rule 4, foreign block":                        {steps: []step{{"02aabb", "0a009000"}, {"b2", "029000"}}, want: "9000"},
		"rule 4, wrong number":                         {steps: []step{{"02aabb", "036f00"}, {"b2", "029000"}}, want: "9000"},
		"rule 4, R(NAK) from a card":                   {steps: []step{{"02aabb", "b2"}, {"b2", "029000"}}, want: "9000"},
		"rule 4, extension of nothing":                 {steps: []step{{"02aabb", "f200"}, {"b2", "029000"}}, want: "9000"},
		"rule 4, reserved extension":                   {steps: []step{{"02aabb", "f23c"}, {"b2", "029000"}}, want: "9000"},
		"rule 4 after an extension":                    {steps: []step{{"02aabb", "f203"}, {"f203", "-"}, {"b2", "f203"}, {"f203", "029000"}}, want: "9000"},
		"rule 5, silence while receiving":              {steps: []step{{"02aabb", "1201"}, {"a3", "-"}, {"a3", "039000"}}, want: "019000"},
		"rule 5, damage while receiving":               {steps: []step{{"02aabb", "1201"}, {"a3", "!"}, {"a3", "039000"}}, want: "019000"},
		"rule 5, R(ACK) while receiving":               {steps: []step{{"02aabb", "1201"}, {"a3", "a3"}, {"a3", "039000"}}, want: "019000"},
		"rule 6, R(ACK) with the other number":         {steps: []step{{"02aabb", "-"}, {"b2", "a3"}, {"02aabb", "029000"}}, want: "9000"},
		"R(ACK) for a last block":                      {steps: []step{{"02aabb", "a2"}, {"b2", "029000"}}, want: "9000"},
		"S(DESELECT) out of turn":                      {steps: []step{{"02aabb", "c2"}, {"b2", "029000"}}, want: "9000"},
		"silence for good":                             {steps: []step{{"02aabb", "-"}, {"b2", "-"}, {"b2", "-"}, {"b2", "-"}}, err: apdu.ErrTimeout},
		"damage for good":                              {steps: []step{{"02aabb", "!"}, {"b2", "!"}, {"b2", "!"}, {"b2", "!"}, {"b2", "!"}, {"b2", "!"}, {"b2", "!"}}, err: ErrDamaged},
		"nonsense for good":                            {steps: []step{{"02aabb", "ff"}, {"b2", "ff"}, {"b2", "ff"}, {"b2", "ff"}, {"b2", "ff"}, {"b2", "ff"}, {"b2", "ff"}}, err: ErrProtocol},
		"never acknowledged":                           {steps: []step{{"02aabb", "a3"}, {"b2", "a3"}, {"02aabb", "a3"}, {"b2", "a3"}, {"02aabb", "a3"}, {"b2", "a3"}, {"02aabb", "-"}}, err: apdu.ErrTimeout},
		"old R(ACK) for a new block":                   {steps: []step{{"02aabb", "a3"}, {"b2", "029000"}}, want: "9000"},
		"silence while receiving for good":             {steps: []step{{"02aabb", "1201"}, {"a3", "-"}, {"a3", "-"}, {"a3", "-"}, {"a3", "-"}}, err: apdu.ErrTimeout},
	} {
		x := &script{t: t, name: name}
		for _, s := range c.steps {
			x.sent, x.answers = append(x.sent, unhex(t, s.sent)), append(x.answers, s.answer)
		}
		s := Options{}.filled().session(x, 256, time.Millisecond, nil)
		got, err := s.Transmit(context.Background(), []byte{0xAA, 0xBB})
		if !errors.Is(err, c.err) || err == nil && !bytes.Equal(got, unhex(t, c.want)) {
			t.Errorf("%s: %X, %v", name, got, err)
		}
		if x.n != len(c.steps) {
			t.Errorf("%s: %d exchanges, want %d", name, x.n, len(c.steps))
		}
		if c.err != nil {
			if _, err := s.Transmit(context.Background(), []byte{1}); err == nil || x.n != len(c.steps) {
				t.Errorf("%s: the session goes on after its end", name)
			}
		}
	}
}

// Rule 7: a chain goes on after R(ACK) with the right number, and rule 6 within a chain.
func TestChainRules(t *testing.T) {
	x := &script{t: t, name: "chain", sent: [][]byte{
		append([]byte{0x12}, pattern(13)...), {0xB2}, append([]byte{0x12}, pattern(13)...), append([]byte{0x03}, pattern(14)[13:]...),
	}, answers: []string{"!", "a3", "a2", "039000"}}
	s := Options{}.filled().session(x, 16, time.Millisecond, nil)
	if got, err := s.Transmit(context.Background(), pattern(14)); err != nil || !bytes.Equal(got, []byte{0x90, 0}) || x.n != 4 {
		t.Errorf("%X %v after %d exchanges", got, err, x.n)
	}
}

// Whatever the air does to up to four frames, a command ends with the right answer or with a typed error, and the next commands too.
func TestFaultsNeverGiveWrongData(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := newPICC(t)
		p.fsc = frameSize(rapid.ByteRange(0, 8).Draw(r, "fsci"))
		p.ats = []byte{2, frameCode(p.fsc)}
		p.extend = rapid.IntRange(0, 2).Draw(r, "extensions")
		p.chained = rapid.IntRange(1, 253).Draw(r, "inf")
		a := &air{picc: p}
		s := activate(t, a, Options{})
		a.n, a.plan = 0, map[int]fault{}
		for range rapid.IntRange(0, 4).Draw(r, "faults") {
			a.plan[rapid.IntRange(0, 30).Draw(r, "at")] = fault(rapid.IntRange(1, int(faults)-1).Draw(r, "fault"))
		}
		for i := range 4 {
			command := append(pattern(rapid.IntRange(1, 300).Draw(r, "size")), byte(i))
			got, err := s.Transmit(context.Background(), command)
			if err != nil {
				if !errors.Is(err, apdu.ErrTimeout) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrProtocol) {
					r.Fatalf("%s: %v", describe(a.plan), err)
				}
				return
			}
			if !bytes.Equal(got, append(bytes.Clone(command), 0x90, 0)) {
				r.Fatalf("%s: command %d of %d bytes was answered with %d wrong bytes", describe(a.plan), i, len(command), len(got))
			}
		}
	})
}

// A single fault of any kind but a doubled frame, at every position, is recovered from without the card seeing a command twice.
func TestSingleFaultIsRecovered(t *testing.T) {
	for f := lostDown; f <= badUp; f++ {
		for at := range 12 {
			p := newPICC(t)
			p.fsc, p.ats, p.extend, p.chained = 64, []byte{2, 5}, 1, 40
			a := &air{picc: p}
			s := activate(t, a, Options{})
			a.n, a.plan = 0, map[int]fault{at: f}
			for range 2 {
				command := pattern(150)
				if got := transmit(t, s, command); !bytes.Equal(got, append(bytes.Clone(command), 0x90, 0)) {
					t.Fatalf("%v at %d: wrong answer", f, at)
				}
			}
			if len(p.ran) != 2 {
				t.Errorf("%v at %d: the card ran %d commands", f, at, len(p.ran))
			}
		}
	}
}

// The multiplier granted is the one asked for, the waiting time follows it, and the whole is bounded.
func TestExtensions(t *testing.T) {
	p := newPICC(t)
	p.extend, p.wtxm = 3, 0xC0|59
	s := activate(t, p, Options{})
	transmit(t, s, []byte{1, 2, 3})
	if !bytes.Equal(p.granted, []byte{59, 59, 59}) || s.Extensions() != 3 {
		t.Errorf("granted %v", p.granted)
	}

	p = newPICC(t)
	p.extend = 1 << 30
	s = activate(t, p, Options{Wait: 20 * time.Millisecond})
	if _, err := s.Transmit(context.Background(), []byte{1}); !errors.Is(err, apdu.ErrTimeout) {
		t.Errorf("a card that asks for ever: %v", err)
	}
}

type timeouts struct {
	*picc
	seen []time.Duration
}

func (x *timeouts) Exchange(ctx context.Context, frame []byte, d time.Duration) ([]byte, error) {
	x.seen = append(x.seen, d)
	return x.picc.Exchange(ctx, frame, d)
}

func TestWaitingTimes(t *testing.T) {
	p := newPICC(t)
	p.ats = []byte{4, 0x68 &^ 0x40, 0x80, 0}[:3]
	p.ats[0], p.ats[1] = 3, 0x28 // TB alone: FWI 8, 77 ms
	p.extend, p.wtxm = 1, 10
	x := &timeouts{picc: p}
	s := activate(t, x, Options{})
	x.seen = nil
	transmit(t, s, []byte{1})
	fwt := 77328 * time.Microsecond
	if len(x.seen) != 2 || x.seen[0] < fwt || x.seen[0] > fwt+10*time.Millisecond || x.seen[1] < 10*fwt || x.seen[1] > 10*fwt+10*time.Millisecond {
		t.Errorf("waited %v", x.seen)
	}
	p.wtxm = 59
	p.ats[2] = 0xE0
	p.active, p.sent = false, 0
	s = activate(t, x, Options{})
	x.seen = nil
	transmit(t, s, []byte{1})
	if x.seen[1] > 4950*time.Millisecond+10*time.Millisecond {
		t.Errorf("an extension beyond the longest waiting time: %v", x.seen)
	}
}

// A hostile card cannot make an answer without end.
func TestAnswerWithoutEnd(t *testing.T) {
	for name, inf := range map[string][]byte{"empty blocks": {}, "full blocks": make([]byte, 253)} {
		p := newPICC(t)
		p.mutate = func(int, []byte) []byte { return append([]byte{pcbI | pcbChaining | p.number}, inf...) }
		p.handle = func([]byte) []byte { return nil }
		s := activate(t, p, Options{})
		if _, err := s.Transmit(context.Background(), []byte{1}); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
		if p.sent > 300 {
			t.Errorf("%s: stopped after %d blocks", name, p.sent)
		}
	}
}

func TestPresenceAndDeselect(t *testing.T) {
	p := newPICC(t)
	a := &air{picc: p}
	s := activate(t, a, Options{})
	ctx := context.Background()
	for range 2 {
		if err := s.Present(ctx); err != nil {
			t.Fatal(err)
		}
		if got := transmit(t, s, []byte{7}); !bytes.Equal(got, []byte{7, 0x90, 0}) {
			t.Fatalf("after a presence check: %X", got)
		}
	}
	a.plan = map[int]fault{a.n: lostUp}
	if err := s.Deselect(ctx); err == nil {
		t.Log("the second request was answered")
	}
	if _, err := s.Transmit(ctx, []byte{1}); err == nil {
		t.Error("a deselected card takes commands")
	}
	if err := s.Deselect(ctx); err != nil {
		t.Errorf("second deselect: %v", err)
	}

	gone := activate(t, newAir(newPICC(t)), Options{})
	gone.x.(*air).receiveNothing()
	if err := gone.Present(ctx); !errors.Is(err, apdu.ErrTimeout) {
		t.Errorf("presence of a card that went: %v", err)
	}
}

func newAir(p *picc) *air { return &air{picc: p} }

func (a *air) receiveNothing() { a.picc.active = false }

func TestContextEndsTransmit(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := newPICC(t)
	s := activate(t, p, Options{})
	cancel()
	if _, err := s.Transmit(ctx, []byte{1}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := s.Transmit(context.Background(), []byte{1}); err == nil {
		t.Error("block numbers are unknown after a cancel, yet the session goes on")
	}
}

func TestLengths(t *testing.T) {
	s := activate(t, newPICC(t), Options{})
	for _, n := range []int{0, maxCommand + 1} {
		if _, err := s.Transmit(context.Background(), make([]byte, n)); !errors.Is(err, apdu.ErrLength) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if got := transmit(t, s, pattern(maxCommand-10)); len(got) != maxCommand-8 {
		t.Errorf("%d bytes came back", len(got))
	}
}

func BenchmarkTransmit(b *testing.B) {
	for _, fsd := range []int{64, 256} {
		b.Run(Rate(fsd).String()[:len(Rate(fsd).String())-7], func(b *testing.B) {
			p := newPICC(b)
			p.chained = fsd - 3
			answer := pattern(258)
			p.handle = func([]byte) []byte { return answer }
			s := activate(b, p, Options{FSD: fsd})
			command := pattern(19)
			b.ReportAllocs()
			for b.Loop() {
				p.ran = p.ran[:0]
				transmit(b, s, command)
			}
		})
	}
}
