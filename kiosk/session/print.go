package session

import (
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// print prints the visit's receipt. A citizen who leaves meanwhile still gets it: the wipe waits for the printer, so that the
// next visit begins with its own receipt alone. The lock is held.
func (r *Runner) print() {
	receipt := r.visit.Receipt
	r.onPaper(func(p kiosk.Printer) error { return p.Print(r.ctx, receipt) })
}

// printSlip prints the visit's queue number. The lock is held.
func (r *Runner) printSlip() {
	t := r.visit.Ticket
	t.At = t.At.In(Vietnam)
	slip := kiosk.Slip{Ticket: t, Service: ServiceLabels[t.Service], Office: r.info.Office, Hotline: r.info.Hotline}
	r.onPaper(func(p kiosk.Printer) error { return p.PrintSlip(r.ctx, slip) })
}

// ServiceLabels are the services of a queue number as paper names them.
var ServiceLabels = map[kiosk.Service]string{
	kiosk.ServiceFile: "Nộp hồ sơ", kiosk.ServiceResult: "Nhận kết quả", kiosk.ServiceAsk: "Hỏi, nhờ hướng dẫn", kiosk.ServicePriority: "Ưu tiên",
}

func (r *Runner) onPaper(print func(kiosk.Printer) error) {
	printer, begun, visit := r.ports.Printer, time.Now(), r.number
	if printer == nil {
		r.dispatch(Event{Kind: EvPrintFailed, Code: kiosk.CodeUnavailable})
		return
	}
	r.work.Go(func() {
		err := print(printer)
		r.mu.Lock()
		defer r.mu.Unlock()
		e := Event{Kind: EvPrinted, Stale: r.number != visit}
		if err != nil {
			e.Kind, e.Code = EvPrintFailed, kiosk.CodeOf(err)
			r.log(audit.PrintError, audit.Code(err), audit.MS(time.Since(begun)))
		} else {
			r.log(audit.Printed, audit.MS(time.Since(begun)))
		}
		r.dispatch(e)
	})
}

// greetEvery is how seldom somebody who comes near is greeted: officers pass by all day.
const greetEvery = time.Minute

// greet speaks to somebody who came near. The lock is held.
func (r *Runner) greet() {
	if now := time.Now(); r.greeted.IsZero() || now.Sub(r.greeted) >= greetEvery {
		r.greeted = now
		r.say("welcome")
	}
}

// Lit tells whether a lamp is on: the staff's while the officer is needed or a card was forgotten, the card's and the paper's where one is to be placed.
func Lit(s State, l kiosk.Lamp) bool {
	switch l {
	case kiosk.LampStaff:
		return s.Screen == Officer || s.Overlay == Help || s.Left
	case kiosk.LampCard:
		return s.Screen == CardPlace || s.Screen == CardReading || s.Screen == CardProblem || s.Card && s.Screen == Done
	case kiosk.LampPaper:
		return s.Screen == ScanAim || s.Screen == ScanWait
	}
	return false
}

// light puts the lamps as the state wants them. The lock is held.
func (r *Runner) light() {
	if r.ports.Panel == nil {
		return
	}
	for _, l := range kiosk.Lamps {
		if on := Lit(r.state, l); on != r.lit[l] {
			r.lit[l] = on
			r.ports.Panel.Light(l, on)
		}
	}
}

func (r *Runner) watchPresence() {
	for near := range r.ports.Panel.Presence(r.ctx) {
		r.mu.Lock()
		e := EvAway
		if near {
			e = EvNear
		}
		r.dispatch(Event{Kind: e})
		r.mu.Unlock()
	}
}
