package calendar

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"motcua/kiosk"
)

// Format is the version of the file's shape.
const Format = 1

// File is a calendar file. Days are yyyy-mm-dd in Vietnam.
type File struct {
	Format  int               `json:"format"`
	Source  string            `json:"source"`
	From    string            `json:"from"`  // first and last day the file knows
	Until   string            `json:"until"` //
	Off     []Day             `json:"off"`
	Working []Day             `json:"working"` // Saturdays and Sundays that are worked, mostly to make up for a day off
	Offices map[string]Office `json:"offices"` // one is called "default"
}

// Day is a day off, or one that is worked although its weekday is free.
type Day struct {
	Date        string `json:"date"`
	Name        string `json:"name"`
	Source      string `json:"source,omitempty"`
	Unconfirmed bool   `json:"unconfirmed,omitempty"` // no law or notice has confirmed it yet
}

// Office is one office's hours. Spans are "07:30-11:30" in order.
type Office struct {
	Name         string   `json:"name"`
	Hours        []string `json:"hours"`              // of a working day
	Saturday     []string `json:"saturday,omitempty"` // Saturdays on which it receives although they are no working days
	SameDayUntil string   `json:"same_day_until"`     // the cut-off of the same-day rule: "15:00"
	Off          []Day    `json:"off,omitempty"`      // days on which this office alone is closed
	Working      []Day    `json:"working,omitempty"`
}

// DefaultOffice is the key of the office that every file has.
const DefaultOffice = "default"

// Limits of what is read.
const (
	maxFile    = 1 << 20
	maxDays    = 2_000
	maxOffices = 500
)

//go:embed starter.json
var starter []byte

var starterOnce = sync.OnceValues(func() (*Set, error) { return Parse("starter", starter) })

// Starter gives the calendars inside the program.
func Starter() (*Set, error) { return starterOnce() }

// Open reads the calendar file at path; "" gives [Starter]. Errors: calendar_invalid.
func Open(path string) (*Set, error) {
	if path == "" {
		return Starter()
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, invalid("make the file readable, or leave calendar.file empty to use the starter calendar", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is longer than %d MiB", filepath.Base(path), maxFile>>20)
	}
	if err != nil {
		return nil, invalid("get the file again from where it was published", err)
	}
	return Parse(path, data)
}

// Parse reads a calendar file; name is for messages. Errors: calendar_invalid.
func Parse(name string, data []byte) (*Set, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var f File
	err := dec.Decode(&f)
	if err == nil {
		if _, e := dec.Token(); !errors.Is(e, io.EOF) {
			err = errors.New("there is something after the end of the calendar")
		}
	}
	var s *Set
	if err == nil {
		s, err = build(&f)
	}
	if err != nil {
		return nil, invalid("get the file again from where it was published, or leave calendar.file empty to use the starter calendar",
			fmt.Errorf("%s: %w", filepath.Base(name), err))
	}
	return s, nil
}

func invalid(hint string, err error) error {
	return kiosk.Errorf(kiosk.CodeCalendar, "read calendar", hint, "%w", err)
}

// Set is every office's calendar of one file.
type Set struct {
	until   date
	offices map[string]*Calendar
}

// Keys gives the offices' keys in order.
func (s *Set) Keys() []string {
	keys := make([]string, 0, len(s.offices))
	for k := range s.offices {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Until is the last day the file knows.
func (s *Set) Until() time.Time { return s.until.at(0) }

// Office gives an office's calendar; "" is the default office. Error: not_found.
func (s *Set) Office(key string) (*Calendar, error) {
	if key == "" {
		key = DefaultOffice
	}
	c := s.offices[key]
	if c == nil {
		return nil, kiosk.Errorf(kiosk.CodeNotFound, "find the office's calendar",
			"use one of: "+strings.Join(s.Keys(), ", "), "the calendar has no office %q", key)
	}
	return c, nil
}

func build(f *File) (*Set, error) {
	from, err1 := parseDate(f.From)
	until, err2 := parseDate(f.Until)
	switch {
	case f.Format != Format:
		return nil, fmt.Errorf("format %d is not the one this program reads (%d)", f.Format, Format)
	case err1 != nil || err2 != nil || until < from:
		return nil, errors.New("from and until are not two days in order")
	case len(f.Off)+len(f.Working) > maxDays || len(f.Offices) > maxOffices:
		return nil, errors.New("it holds too many days or offices")
	}
	if _, ok := f.Offices[DefaultOffice]; !ok {
		return nil, fmt.Errorf("there is no office %q", DefaultOffice)
	}
	common := map[date]special{}
	if err := addDays(common, f.Off, f.Working); err != nil {
		return nil, err
	}
	s := &Set{until: until, offices: map[string]*Calendar{}}
	for key, o := range f.Offices {
		c, err := newCalendar(o, common)
		if err != nil {
			return nil, fmt.Errorf("office %q: %w", key, err)
		}
		c.from, c.until = from, until
		s.offices[key] = c
	}
	return s, nil
}

// special is what a file says of one day.
type special struct {
	name        string
	working     bool
	unconfirmed bool
}

func addDays(all map[date]special, off, working []Day) error {
	seen := map[date]bool{}
	for i, d := range slices.Concat(off, working) {
		day, err := parseDate(d.Date)
		if err != nil || d.Name == "" {
			return fmt.Errorf("day %q is no day or has no name", d.Date)
		}
		if seen[day] {
			return fmt.Errorf("day %s stands twice", d.Date)
		}
		seen[day] = true
		all[day] = special{d.Name, i >= len(off), d.Unconfirmed}
	}
	return nil
}
