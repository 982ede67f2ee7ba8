package session

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
)

// printerBench prints for as long as it is told, then gives err.
type printerBench struct {
	mu      sync.Mutex
	takes   time.Duration
	err     error
	began   int
	printed []string // tokens and numbers, when the paper was out
}

func (p *printerBench) Print(ctx context.Context, r kiosk.Receipt) error {
	return p.paper(ctx, r.Token)
}

func (p *printerBench) PrintSlip(ctx context.Context, s kiosk.Slip) error {
	return p.paper(ctx, s.Ticket.String()+" "+s.Service)
}

func (p *printerBench) paper(ctx context.Context, what string) error {
	p.mu.Lock()
	p.began++
	takes, err := p.takes, p.err
	p.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.printed = append(p.printed, what)
	}
	return err
}

func (p *printerBench) Ready() error { return nil }

func (p *printerBench) set(takes time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.takes, p.err = takes, err
}

// out tells how many receipts are out.
func (p *printerBench) out() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.printed)
}

func (b *bench) print() PrintState {
	var s State
	b.View(func(v *View) { s = v.State })
	return s.Print
}

// A citizen who leaves while the receipt prints still gets it, and the next visit begins only after that.
func TestLeavingWhileTheReceiptPrints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newBench(t), &printerBench{takes: 5 * time.Second}
		b.ports.Printer = p
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		b.do(t, Wiping, IntentExit)
		b.do(t, Wiping, IntentStart) // the next one taps already
		if p.out() != 0 {
			t.Fatal("the printer is faster than it should be")
		}
		time.Sleep(6 * time.Second)
		b.at(t, Attract)
		if n := p.out(); n != 1 {
			t.Errorf("%d receipts are out", n)
		}
	})
}

// Without paper the screen and the voice say so; the receipt can be printed later, once.
func TestPrintingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newBench(t), &printerBench{err: &kiosk.Error{Code: kiosk.CodePrinterPaper}}
		b.ports.Printer = p
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		synctest.Wait()
		var reason kiosk.Code
		b.View(func(v *View) { reason = v.State.Reason })
		if b.print() != PrintFailed || reason != kiosk.CodePrinterPaper {
			t.Errorf("print state %d, reason %q", b.print(), reason)
		}
		if said := b.said[len(b.said)-1]; said != "done_no_paper" {
			t.Errorf("said %q", said)
		}
		p.set(0, nil)
		b.do(t, Done, IntentPrint)
		synctest.Wait()
		b.do(t, Done, IntentPrint)
		synctest.Wait()
		if b.print() != Printed || p.began != 2 || len(p.printed) != 1 {
			t.Errorf("print state %d after %d jobs, %d receipts", b.print(), p.began, len(p.printed))
		}
	})
}

// A kiosk without a printer says nothing of it.
func TestWithoutAPrinter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		synctest.Wait()
		if said := b.said[len(b.said)-1]; b.print() != PrintNone || said != "done" {
			t.Errorf("print state %d, said %q", b.print(), said)
		}
	})
}

// phrases is a voice that keeps what it was asked to say.
type phrases struct {
	voiceBench
	mu   sync.Mutex
	list []kiosk.Phrase
}

func (p *phrases) Say(ctx context.Context, x kiosk.Phrase) {
	p.voiceBench.Say(ctx, x)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, x)
}

// What a screen shows of a person is spoken in private phrases alone; what a loudspeaker says in their place are prompts.
func TestPersonalWordsArePrivate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		v := &phrases{voiceBench: voiceBench{b}}
		b.ports.Voice = v
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		synctest.Wait()
		private := 0
		for _, p := range v.list {
			for _, s := range append(append([]kiosk.Spoken(nil), p.Public...), p.Parts...) {
				if s.Prompt == "" && !p.Private {
					t.Errorf("%q is said in public", s)
				}
			}
			for _, s := range p.Public {
				if s.Prompt == "" {
					t.Errorf("%q is said by a loudspeaker", s)
				}
			}
			if p.Private {
				private++
			}
		}
		if private != 2 {
			t.Errorf("%d private phrases; want the name and the code", private)
		}
	})
}

func TestLamps(t *testing.T) {
	for _, c := range []struct {
		state State
		want  []kiosk.Lamp
	}{
		{State{}, nil},
		{State{Screen: Home}, nil},
		{State{Screen: Home, Overlay: Help}, []kiosk.Lamp{kiosk.LampStaff}},
		{State{Screen: Officer}, []kiosk.Lamp{kiosk.LampStaff}},
		{State{Screen: CardPlace}, []kiosk.Lamp{kiosk.LampCard}},
		{State{Screen: CardPlace, Overlay: Help}, []kiosk.Lamp{kiosk.LampStaff, kiosk.LampCard}},
		{State{Screen: ScanAim}, []kiosk.Lamp{kiosk.LampPaper}},
		{State{Screen: Done, Card: true}, []kiosk.Lamp{kiosk.LampCard}},
		{State{Screen: Done}, nil},
		{State{Screen: Wiping}, nil},
		{State{Screen: Attract, Card: true, Left: true}, []kiosk.Lamp{kiosk.LampStaff}},
	} {
		var lit []kiosk.Lamp
		for _, l := range kiosk.Lamps {
			if Lit(c.state, l) {
				lit = append(lit, l)
			}
		}
		if len(lit) != len(c.want) || len(lit) > 0 && (lit[0] != c.want[0] || lit[len(lit)-1] != c.want[len(c.want)-1]) {
			t.Errorf("%s %s: %v, want %v", c.state.Screen, c.state.Overlay, lit, c.want)
		}
	}
}

// A receipt on paper stays on the screen for half a minute, one that must be photographed for longer.
func TestPrintedReceiptLeavesSooner(t *testing.T) {
	for _, printed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			if printed {
				b.ports.Printer = &printerBench{takes: time.Second}
			}
			b.toReview(t)
			b.do(t, Sign, IntentConfirm)
			b.do(t, Done, IntentSign, "tick", "on")
			time.Sleep(donePrinted + 2*time.Second)
			want := Done
			if printed {
				want = Attract
			}
			b.at(t, want)
		})
	}
}
