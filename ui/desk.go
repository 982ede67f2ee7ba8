package ui

import (
	"strconv"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// Services gives what a queue number can be drawn for.
func (*page) Services() []kiosk.Service { return kiosk.Services }

// Scores gives the five answers of the rating, best first.
func (*page) Scores() []int { return []int{5, 4, 3, 2, 1} }

// FeedbackProblem gives the key of the sentence about what was written, "" when all is well.
func (p *page) FeedbackProblem() string {
	if p.S.Reason != "" {
		return "feedback.failed"
	}
	return p.Problem("feedback", "feedback.bad")
}

// DutyDay is one day of the rota.
type DutyDay struct {
	Title  string
	Today  bool
	Duties []kiosk.Duty
}

// DutyDays gives the rota by day, today first.
func (p *page) DutyDays() ([]DutyDay, error) {
	var days []DutyDay
	last := kiosk.Date{}
	for _, d := range p.D.Duties {
		if d.Day != last || len(days) == 0 {
			title, err := p.dutyTitle(d.Day)
			if err != nil {
				return nil, err
			}
			days = append(days, DutyDay{Title: title, Today: d.Day == session.Today(p.V.Now)})
			last = d.Day
		}
		days[len(days)-1].Duties = append(days[len(days)-1].Duties, d)
	}
	return days, nil
}

func (p *page) dutyTitle(d kiosk.Date) (string, error) {
	if d == session.Today(p.V.Now) {
		return p.T.get("rota.today", "day", d.String())
	}
	weekday := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Weekday()
	name, err := p.T.get("weekday." + strconv.Itoa(int(weekday)))
	if err != nil {
		return "", err
	}
	return name + ", " + d.String(), nil
}
