package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/calendar"
	"motcua/kiosk/catalogue"
)

// dueOptions is the command line of calendar due.
type dueOptions struct {
	procedure, catalogue, file, office string
	channel                            string
	at                                 instantFlag
	working                            dayFlags
	pauses                             pauseFlags
}

// dueAnswer is what is printed.
type dueAnswer struct {
	Due         *string  `json:"due"` // RFC 3339; null when the clock stands still
	Procedure   string   `json:"procedure"`
	Channel     string   `json:"channel"`
	Office      string   `json:"office"`
	Received    string   `json:"received"`
	Committed   bool     `json:"committed"`
	Unconfirmed []string `json:"unconfirmed"`         // days off that no notice has confirmed
	Otherwise   string   `json:"otherwise,omitempty"` // the due instant should they be working days
	Reason      string   `json:"reason,omitempty"`
}

func calendarDue(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("calendar due", "")
	var o dueOptions
	fs.StringVar(&o.procedure, "procedure", "", "code of the procedure")
	fs.StringVar(&o.catalogue, "catalogue", "", "catalogue file; empty for the starter catalogue")
	fs.StringVar(&o.file, "file", "", "calendar file; empty for the starter calendar")
	fs.StringVar(&o.office, "office", "", "office of the calendar; empty for the one that settles the procedure, as the kiosk and the office reckon")
	fs.StringVar(&o.channel, "channel", "direct", "direct, online, postal")
	o.at.Time = time.Now()
	fs.Var(&o.at, "at", "when the dossier was received: RFC 3339, or yyyy-mm-ddThh:mm in Vietnam; empty for now")
	fs.Var(&o.working, "working", "a day off that turned out to be worked, yyyy-mm-dd; may be repeated")
	fs.Var(&o.pauses, "pause", "supplements asked for and come, FROM/TO, TO empty when they have not; may be repeated")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if o.procedure == "" {
		return c.usageError("-procedure is missing")
	}
	p, office, err := o.open()
	if err != nil {
		return c.fail(err)
	}
	return c.due(o, p, office)
}

func (o dueOptions) open() (*kiosk.Procedure, *calendar.Calendar, error) {
	cat, err := catalogue.Open(o.catalogue)
	if err != nil {
		return nil, nil, err
	}
	p, err := cat.Procedure(o.procedure)
	if err != nil {
		return nil, nil, err
	}
	set, err := calendar.Open(o.file)
	if err != nil {
		return nil, nil, err
	}
	if o.office != "" {
		office, err := set.Office(o.office)
		return p, office, err
	}
	offices, err := set.Offices("", "")
	return p, offices.Of(p), err
}

func (c *console) due(o dueOptions, p *kiosk.Procedure, office *calendar.Calendar) exitCode {
	a := dueAnswer{Procedure: p.Code, Channel: o.channel, Office: office.Name(), Received: rfc(o.at.Time), Unconfirmed: []string{}}
	span, committed, err := calendar.SpanOf(p, kiosk.Channel(o.channel), o.at.Time)
	if err != nil {
		return c.fail(err)
	}
	span.Pauses, span.Working = o.pauses, o.working
	due, err := office.Reckon(span, o.at.Time)
	code := exitGood
	switch {
	case errors.Is(err, calendar.ErrPaused):
		code, a.Reason = exitUndetermined, err.Error()
	case err != nil:
		return c.fail(err)
	default:
		at := rfc(due.At)
		a.Due, a.Committed = &at, committed
		for _, d := range due.Unconfirmed {
			a.Unconfirmed = append(a.Unconfirmed, d.Format(time.DateOnly))
		}
		if !due.Otherwise.IsZero() {
			a.Otherwise = rfc(due.Otherwise)
		}
	}
	return c.report(code, a, func(w io.Writer) { a.print(w) })
}

func (a dueAnswer) print(w io.Writer) {
	if a.Due == nil {
		fmt.Fprintln(w, "no due instant:", a.Reason)
		return
	}
	fmt.Fprintln(w, *a.Due)
	if a.Otherwise != "" {
		fmt.Fprintf(w, "not confirmed as days off: %s; otherwise %s\n", strings.Join(a.Unconfirmed, ", "), a.Otherwise)
	}
}

func rfc(t time.Time) string { return t.In(calendar.Zone).Format(time.RFC3339) }

// instantFlag is an instant on the command line.
type instantFlag struct{ time.Time }

func (f *instantFlag) String() string { return "" }

// Set reads RFC 3339, or a time in Vietnam.
func (f *instantFlag) Set(s string) (err error) {
	f.Time, err = parseInstant(s)
	return err
}

func parseInstant(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(form, s, calendar.Zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither RFC 3339 nor yyyy-mm-ddThh:mm", s)
}

// dayFlags are days on the command line.
type dayFlags []time.Time

func (f *dayFlags) String() string { return "" }

// Set adds a day.
func (f *dayFlags) Set(s string) error {
	t, err := time.ParseInLocation(time.DateOnly, s, calendar.Zone)
	if err != nil {
		return fmt.Errorf("%q is not yyyy-mm-dd", s)
	}
	*f = append(*f, t)
	return nil
}

// pauseFlags are pauses on the command line.
type pauseFlags []calendar.Pause

func (f *pauseFlags) String() string { return "" }

// Set adds a pause FROM/TO.
func (f *pauseFlags) Set(s string) error {
	from, to, ok := strings.Cut(s, "/")
	if !ok {
		return fmt.Errorf("%q is not FROM/TO", s)
	}
	var p calendar.Pause
	var err error
	if p.From, err = parseInstant(from); err != nil {
		return err
	}
	if to != "" {
		if p.To, err = parseInstant(to); err != nil {
			return err
		}
		if p.To.Before(p.From) {
			return fmt.Errorf("the pause %q ends before it begins", s)
		}
	}
	*f = append(*f, p)
	return nil
}
