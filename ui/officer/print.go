package officer

import (
	"net/http"
	"time"

	"motcua/kiosk/onestop"
)

// letterBody is a letter on paper.
type letterBody struct {
	onestop.Printed
	Number, Place, Date, Who, Role, Status string
}

func (h *handler) letter(w http.ResponseWriter, r *http.Request, p person) {
	l, err := h.desk.Print(r.Context(), p.Account, number(r.PathValue("seq")))
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	b := letterBody{Printed: l, Number: l.Letter.Number, Date: longDay(l.Letter.At), Who: l.Letter.Actor.Name, Role: l.Letter.Actor.Role.Title()}
	switch l.Letter.Status {
	case onestop.LetterDraft:
		b.Status = "DỰ THẢO, CHƯA KÝ"
	case onestop.LetterWithdrawn:
		b.Status = "ĐÃ THU HỒI"
	case onestop.LetterIssued:
	}
	h.show(w, r, http.StatusOK, "letter", "Mẫu "+l.Form, &p, b)
}

func longDay(t time.Time) string { return t.In(onestop.Zone).Format("ngày 02 tháng 01 năm 2006") }

type controlBody struct {
	Number, Title, Receiver, Resolver, Accepted, Due string
	Lines                                            []controlLine
	Children                                         []childRow
}

type controlLine struct{ At, From, To, What, Note string }

type childRow struct {
	Ord                   int
	Title, Resolver, Done string
	Open                  bool
}

func childRows(all []onestop.Child) (out []childRow) {
	for _, c := range all {
		row := childRow{Ord: c.Ord, Title: c.Title, Resolver: c.Resolver, Open: c.Done.IsZero()}
		if !row.Open {
			row.Done = when(c.Done) + ", " + c.By.Name
		}
		out = append(out, row)
	}
	return out
}

// control prints the control sheet (Mẫu 06): steps and hand-overs in the order of time.
func (h *handler) control(w http.ResponseWriter, r *http.Request, p person) {
	c, err := h.desk.Control(r.Context(), p.Account, r.PathValue("id"))
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	b := controlBody{
		Number: c.Item.Number, Title: c.Item.Title, Receiver: c.Item.Receiver, Resolver: c.Item.Resolver, Accepted: when(c.Item.Accepted),
		Due: when(c.Item.Due), Children: childRows(c.Children),
	}
	next := 0
	for _, s := range c.Steps {
		for next < len(c.Handovers) && c.Handovers[next].At.Before(s.At) {
			b.Lines = append(b.Lines, handoverLine(c.Handovers[next]))
			next++
		}
		b.Lines = append(b.Lines, stepLine(s))
	}
	for _, v := range c.Handovers[next:] {
		b.Lines = append(b.Lines, handoverLine(v))
	}
	h.show(w, r, http.StatusOK, "control", "Mẫu 06", &p, b)
}

func handoverLine(v onestop.Handover) controlLine {
	l := controlLine{At: when(v.At), From: v.From.Name, To: v.To.Name, What: "Giao hồ sơ", Note: v.Note}
	if v.Acked.IsZero() {
		l.What += ", chưa nhận"
	} else {
		l.What += ", nhận lúc " + when(v.Acked)
	}
	return l
}

func stepLine(s onestop.Event) controlLine {
	if s.Kind == onestop.EventTakenIn {
		return controlLine{At: when(s.At), From: "Công dân (ki-ốt)", To: "Bộ phận Một cửa", What: "Nộp hồ sơ"}
	}
	return controlLine{At: when(s.At), From: s.Actor.Name, What: s.From.String() + " → " + s.To.String(), Note: s.Note}
}

type registerBody struct {
	From, To string
	Lines    []registerLine
}

type registerLine struct {
	N                                                              int
	Number, Name, Title, Accepted, Due, Finished, Returned, Result string
	Late                                                           bool
}

// register prints the register (Mẫu 07) of a period.
func (h *handler) register(w http.ResponseWriter, r *http.Request, p person) {
	from, to := h.period(r)
	all, err := h.desk.Register(r.Context(), p.Account, from, to)
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	b := registerBody{From: from.In(onestop.Zone).Format(time.DateOnly), To: to.AddDate(0, 0, -1).In(onestop.Zone).Format(time.DateOnly)}
	for i, l := range all {
		b.Lines = append(b.Lines, registerLine{
			N: i + 1, Number: l.Number, Name: l.Name, Title: l.Title, Accepted: when(l.Accepted), Due: when(l.Due),
			Finished: when(l.Finished), Returned: when(l.Returned), Result: l.State.String(),
			Late: onestop.BucketOf(l.Item, h.desk.Now()) == onestop.BucketLate,
		})
	}
	h.show(w, r, http.StatusOK, "register", "Mẫu 07", &p, b)
}

// period reads a period of whole days from the address; the month so far when there is none.
func (h *handler) period(r *http.Request) (from, to time.Time) {
	now := h.desk.Now().In(onestop.Zone)
	from = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, onestop.Zone)
	to = time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, onestop.Zone)
	q := r.URL.Query()
	if t, err := time.ParseInLocation(time.DateOnly, q.Get("tu"), onestop.Zone); err == nil {
		from = t
	}
	if t, err := time.ParseInLocation(time.DateOnly, q.Get("den"), onestop.Zone); err == nil {
		to = t.AddDate(0, 0, 1)
	}
	const most = 5 * 366 * 24 * time.Hour
	if !to.After(from) || to.Sub(from) > most {
		from = to.AddDate(0, -1, 0)
	}
	return from, to
}
