// Package rota reads the office's duty rota (lịch trực): who is at the counter, on which day, from when to when.
//
// The office posts it as rota.json in the folder of the office's files: an object with "duties", a list of kiosk.Duty with the
// day as "2026-11-23". The file is public, may be absent, and may be replaced at any time: it is read again when it
// changed. One that the kiosk fetched goes before one that was copied to it.
// A file that cannot be read counts as none, because a rota that may be wrong is worse than none; [File.Check] says why.
package rota

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"motcua/kiosk"
)

// The bounds of a file.
const (
	maxBytes  = 256 << 10
	maxDuties = 2000
	maxText   = 80 // letters of a name, a role, a counter
)

// File is a rota on disk. It is safe for concurrent use.
type File struct {
	paths []string

	mu     sync.Mutex
	seen   time.Time // modification time of what was read
	size   int64
	duties []kiosk.Duty
	err    error
}

var _ kiosk.Rota = (*File)(nil)

// Open gives the rota in the first of these files that is there; none need be there yet.
func Open(paths ...string) *File { return &File{paths: paths} }

// Week gives the duties of the seven days from first on, in order; nil when there are none.
func (f *File) Week(first kiosk.Date) []kiosk.Duty {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	from := time.Date(first.Year, time.Month(first.Month), first.Day, 0, 0, 0, 0, time.UTC)
	var week []kiosk.Duty
	for _, d := range f.duties {
		day := time.Date(d.Day.Year, time.Month(d.Day.Month), d.Day.Day, 0, 0, 0, 0, time.UTC)
		if !day.Before(from) && day.Before(from.AddDate(0, 0, 7)) {
			week = append(week, d)
		}
	}
	return week
}

// Check gives nil, or why the file cannot be used (bad_input) or is absent (not_found).
func (f *File) Check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	return f.err
}

// refresh reads the file when it is another than the one read. The lock is held.
func (f *File) refresh() {
	path, info, err := f.first()
	if err != nil {
		f.seen, f.size, f.duties, f.err = time.Time{}, 0, nil, absent(err)
		return
	}
	if f.err == nil && info.ModTime().Equal(f.seen) && info.Size() == f.size && !f.seen.IsZero() {
		return
	}
	f.duties, f.err = read(path)
	f.seen, f.size = info.ModTime(), info.Size()
}

// first gives the file that counts.
func (f *File) first() (path string, info fs.FileInfo, err error) {
	for _, path = range f.paths {
		if info, err = os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path, info, err
		}
	}
	return path, nil, err
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return kiosk.Errorf(kiosk.CodeNotFound, "read rota", "the office posts rota.json in its folder", "no file")
	}
	return kiosk.Errorf(kiosk.CodeBadInput, "read rota", "", "%w", err)
}

func read(path string) ([]kiosk.Duty, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, absent(err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err != nil {
		return nil, absent(err)
	}
	return Parse(raw)
}

// duty is a kiosk.Duty with the day as the file has it.
type duty struct {
	kiosk.Duty
	Day string `json:"day"`
}

// Parse reads a rota and gives its duties in order of day, beginning and counter. Error: bad_input.
func Parse(raw []byte) ([]kiosk.Duty, error) {
	const op = "read rota"
	if len(raw) > maxBytes {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "", "longer than %d bytes", maxBytes)
	}
	var file struct {
		Duties []duty `json:"duties"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "", "not a rota: %w", err)
	}
	if dec.More() || len(file.Duties) > maxDuties {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "", "more than one rota, or more than %d duties", maxDuties)
	}
	all := make([]kiosk.Duty, 0, len(file.Duties))
	for i, d := range file.Duties {
		one, err := d.check()
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "", "duty %d: %w", i+1, err)
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b kiosk.Duty) int { return strings.Compare(order(a), order(b)) })
	return all, nil
}

func order(d kiosk.Duty) string {
	return fmt.Sprintf("%04d-%02d-%02d %s %s", d.Day.Year, d.Day.Month, d.Day.Day, d.From, d.Counter)
}

var hour = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

func (d duty) check() (kiosk.Duty, error) {
	day, err := time.Parse(time.DateOnly, d.Day)
	switch {
	case err != nil:
		return kiosk.Duty{}, errors.New("day is not YYYY-MM-DD")
	case !hour.MatchString(d.From) || !hour.MatchString(d.To) || d.From >= d.To:
		return kiosk.Duty{}, errors.New("from and to are not HH:MM, one after the other")
	case !short(d.Name) || d.Name == "" || !short(d.Role) || !short(d.Counter):
		return kiosk.Duty{}, fmt.Errorf("no name, or a text longer than %d letters", maxText)
	}
	d.Duty.Day = kiosk.Date{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
	return d.Duty, nil
}

func short(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
