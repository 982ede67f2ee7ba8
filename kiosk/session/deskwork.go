package session

import (
	"context"
	"strconv"
	"sync"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

func (r *Runner) chooseService(in Intent) Event {
	for _, s := range kiosk.Services {
		if in.Values["service"] == string(s) {
			r.visit.Service = s
			return Event{Kind: EvDraw, OK: true}
		}
	}
	return Event{Kind: EvDraw}
}

// draw takes the next number of the service chosen.
func (r *Runner) draw() {
	queue, service, begun := r.ports.Queue, r.visit.Service, time.Now()
	r.start(func(ctx context.Context, _ func() bool) (func(), Event) {
		t, err := kiosk.Ticket{}, error(&kiosk.Error{Code: kiosk.CodeUnavailable, Op: "draw a number"})
		if queue != nil {
			t, err = queue.Draw(ctx, service)
		}
		if err != nil {
			return func() { r.fault("queue", err) }, Event{Kind: EvDrawFailed, Code: kiosk.CodeOf(err)}
		}
		return func() {
			r.visit.Ticket = t
			r.log(audit.QueueDrawn, audit.Word(audit.KeyService, service), audit.MS(time.Since(begun)))
		}, Event{Kind: EvDrawn}
	})
}

// The bounds of what is written to the office, in runes.
const (
	minFeedback = 5
	maxFeedback = 400
)

func (r *Runner) write(in Intent) Event {
	text := cut(clean(in.Values["value"]), maxFeedback)
	if len([]rune(text)) < minFeedback {
		r.invalid("feedback", text)
		return Event{Kind: EvSend}
	}
	r.visit.Invalid, r.visit.Typed = "", text
	return Event{Kind: EvSend, OK: true}
}

// send seals what was written and keeps it for the office.
func (r *Runner) send() {
	box, text, begun := r.ports.Feedback, r.visit.Typed, time.Now()
	r.start(func(ctx context.Context, _ func() bool) (func(), Event) {
		code, err := "", error(&kiosk.Error{Code: kiosk.CodeUnavailable, Op: "keep feedback"})
		if box != nil {
			code, err = box.Put(ctx, text)
		}
		if err != nil {
			return func() { r.fault("feedback", err) }, Event{Kind: EvSendFailed, Code: kiosk.CodeOf(err)}
		}
		return func() {
			r.visit.Wrote = code
			r.log(audit.FeedbackKept, audit.Int(audit.KeyBytes, len(text)), audit.MS(time.Since(begun)))
		}, Event{Kind: EvSent}
	})
}

func (r *Runner) fault(part string, err error) {
	r.log(audit.Fault, audit.Code(err), audit.Word(audit.KeyPart, part))
}

// lookAtRota shows the week from today on, as days are counted in Vietnam.
func (r *Runner) lookAtRota(Intent) Event {
	r.visit.Duties = nil
	if r.ports.Rota != nil {
		r.visit.Duties = r.ports.Rota.Week(Today(time.Now()))
	}
	return Event{Kind: EvGoal, Goal: GoalRota}
}

// Vietnam is the zone days are counted in; the country has had one since 1975.
var Vietnam = time.FixedZone("ICT", 7*60*60)

// Today gives the calendar day at that moment in Vietnam.
func Today(now time.Time) kiosk.Date {
	y, m, d := now.In(Vietnam).Date()
	return kiosk.Date{Year: y, Month: int(m), Day: d}
}

// rate counts the answer. Nothing else is kept of it: not the procedure, not the visit.
func (r *Runner) rate(in Intent) Event {
	n, err := strconv.Atoi(in.Values["score"])
	ok := err == nil && n >= 1 && n <= 5
	if ok {
		r.log(audit.Rated, audit.Int(audit.KeyScore, n))
	}
	return Event{Kind: EvRate, OK: ok}
}

// chime calls after the holder of a card that lies on the reader. The lock is held.
func (r *Runner) chime() {
	if r.state.Screen == Wiping {
		r.log(audit.CardForgotten)
	}
	r.say("take_card")
}

// scrub zeroes the visit's data while the visit goes on: at once for whoever looks, in memory when no device works with it any
// more. The lock is held.
func (r *Runner) scrub() {
	r.stop()
	old, ops := r.visit, r.ops
	r.visit, r.ops = Visit{Started: old.Started, Volume: old.Volume, PaperPick: -1}, new(sync.WaitGroup)
	if r.ports.Reader != nil {
		r.ports.Reader.Forget()
	}
	sealed := r.sealed
	r.filed, r.draft, r.sealed = nil, nil, nil
	r.live.Go(func() {
		ops.Wait()
		old.Wipe()
		if sealed != nil {
			sealed.Wipe()
		}
	})
}
