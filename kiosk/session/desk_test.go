package session

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
)

type queueBench struct{ *bench }

func (q queueBench) Draw(_ context.Context, s kiosk.Service) (kiosk.Ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return kiosk.Ticket{Service: s, Number: 7, At: time.Now()}, q.drawErr
}

type boxBench struct{ *bench }

func (x boxBench) Put(_ context.Context, text string) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wrote = append(x.wrote, text)
	return "CODE123456", x.putErr
}

func (b *bench) Week(kiosk.Date) []kiosk.Duty { return b.rota }

func TestQueueNumberWithoutIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.do(t, Home, IntentStart)
		b.do(t, Queue, IntentQueue)
		b.do(t, Queue, IntentDraw, "service", "Z")
		b.do(t, QueueShow, IntentDraw, "service", "B")
		b.View(func(v *View) {
			if v.Visit.Ticket.String() != "B07" || v.State.Chip != "" {
				t.Errorf("ticket %v in %+v", v.Visit.Ticket, v.State)
			}
		})
		time.Sleep(Delays[QueueShow] + time.Second)
		b.at(t, Attract)

		b.drawErr = &kiosk.Error{Code: kiosk.CodeStoreFull}
		b.do(t, Home, IntentStart)
		b.do(t, Queue, IntentQueue)
		b.do(t, Queue, IntentDraw, "service", "A")
		b.View(func(v *View) {
			if v.State.Reason != kiosk.CodeStoreFull {
				t.Errorf("no reason is told: %q", v.State.Reason)
			}
		})
	})
}

// A document that does not verify leads to a number, and nothing that was read goes along.
func TestRefusedDocumentLeadsToANumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.faces = []kiosk.Verdict{kiosk.Refused, kiosk.Refused, kiosk.Refused}
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.do(t, ForWhom, IntentProceed)
		b.do(t, CardPlace, IntentFor, "who", "self")
		b.card <- true
		b.at(t, CardNumber)
		b.do(t, FaceRetry, IntentNumber, "number", "999201012345")
		b.do(t, FaceRetry, IntentRetry)
		b.do(t, Officer, IntentRetry)
		photo := b.chip.Photo.Data
		b.do(t, Queue, IntentQueue)
		if string(photo) != "\x00\x00\x00\x00\x00" {
			t.Error("the chip's photo is still in memory")
		}
		b.View(func(v *View) {
			if v.Visit.Chip != nil || v.Visit.Consents != nil || v.Visit.Started.IsZero() {
				t.Error("the visit's data went along")
			}
		})
		b.do(t, QueueShow, IntentDraw, "service", "A")
	})
}

func TestFeedback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.do(t, Home, IntentStart)
		b.do(t, Feedback, IntentWrite)
		b.do(t, Feedback, IntentSend, "value", " ơi ")
		b.View(func(v *View) {
			if v.Visit.Invalid != "feedback" || v.Visit.Typed != "ơi" {
				t.Errorf("too short, but %q %q", v.Visit.Invalid, v.Visit.Typed)
			}
		})
		b.putErr = &kiosk.Error{Code: kiosk.CodeStoreFull}
		b.do(t, Feedback, IntentSend, "value", "Ghế chờ ít quá")
		b.View(func(v *View) {
			if v.State.Reason != kiosk.CodeStoreFull || v.Visit.Typed != "Ghế chờ ít quá" {
				t.Errorf("reason %q, what was written %q", v.State.Reason, v.Visit.Typed)
			}
		})
		b.putErr = nil
		b.do(t, FeedbackDone, IntentSend, "value", strings.Repeat("Ghế chờ ít quá. ", 100))
		b.View(func(v *View) {
			if v.Visit.Wrote != "CODE123456" || v.Visit.Typed != "" {
				t.Errorf("code %q, text still there: %v", v.Visit.Wrote, v.Visit.Typed != "")
			}
		})
		if n := len([]rune(b.wrote[1])); n > maxFeedback {
			t.Errorf("%d letters were kept", n)
		}
		b.do(t, Attract, IntentFinish)
	})
}

func TestRota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.rota = []kiosk.Duty{{Name: "Nguyễn Thị Thử"}}
		b.do(t, Home, IntentStart)
		b.do(t, Rota, IntentRota)
		b.View(func(v *View) {
			if len(v.Visit.Duties) != 1 {
				t.Errorf("%d duties", len(v.Visit.Duties))
			}
		})
		b.do(t, Home, IntentBack)
	})
	if d := Today(time.Date(2026, 11, 30, 17, 30, 0, 0, time.UTC)); d != (kiosk.Date{Year: 2026, Month: 12, Day: 1}) {
		t.Errorf("half past midnight in Vietnam is %v", d)
	}
}

func TestForgottenCardIsCalledAfterUntilTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		b.do(t, Rate, IntentFinish)
		time.Sleep(Delays[Rate] + time.Second)
		b.at(t, Attract)
		count := func() (n int) {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, k := range b.said {
				if k == "take_card" {
					n++
				}
			}
			return n
		}
		first := count()
		time.Sleep(3 * ChimeEvery)
		if got := count(); first < 1 || got < first+2 {
			t.Errorf("called %d times at the end, %d half a minute later", first, got)
		}
		b.View(func(v *View) {
			if !v.State.Left {
				t.Error("the card does not count as forgotten")
			}
		})
		b.card <- false
		b.at(t, Attract)
		first = count()
		time.Sleep(5 * ChimeEvery)
		if count() != first {
			t.Error("still calling after the card was taken")
		}
	})
}

// The next citizen is not served with the card of the one before.
func TestForgottenCardIsNotTheNextOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		b.do(t, Rate, IntentFinish)
		b.do(t, Attract, IntentSkip)
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.do(t, ForWhom, IntentProceed)
		b.do(t, CardPlace, IntentFor, "who", "self")
		b.card <- false
		b.at(t, CardPlace)
		b.card <- true
		b.at(t, CardNumber)
	})
}

func TestWrongClockClosesIntake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.mu.Lock()
		b.clock = &kiosk.Error{Code: kiosk.CodeClockWrong}
		b.mu.Unlock()
		time.Sleep(outboxEvery + time.Second)
		b.at(t, Fault) // told before anything was consented to
		b.View(func(v *View) {
			if v.State.Reason != kiosk.CodeClockWrong {
				t.Errorf("reason %q", v.State.Reason)
			}
		})
		b.do(t, Queue, IntentQueue)
	})
}

func TestANumberIsPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &printerBench{takes: time.Second, err: &kiosk.Error{Code: kiosk.CodePrinterPaper, Op: "print"}}
		b := newBench(t, func(ports *Ports) { ports.Printer = p })
		defer b.Close()
		b.do(t, Home, IntentStart)
		b.do(t, Queue, IntentQueue)
		b.do(t, QueueShow, IntentDraw, "service", "B")
		time.Sleep(2 * time.Second)
		b.at(t, QueueShow)
		if b.print() != PrintFailed {
			t.Errorf("%v", b.print())
		}
		p.set(time.Second, nil)
		b.do(t, QueueShow, IntentPrint)
		time.Sleep(2 * time.Second)
		b.at(t, QueueShow)
		if b.print() != Printed || p.out() != 1 || p.printed[0] != "B07 Nhận kết quả" {
			t.Errorf("%v, %v", b.print(), p.printed)
		}
	})
}
