package bundle

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Shelf keeps the bundles of one kind in a folder. It is not safe for concurrent installs.
type Shelf struct {
	Dir     string
	Kind    Kind
	Trusted []ed25519.PublicKey
	Check   func(payload []byte) error                             // whether the payload's reader takes it
	Write   func(path string, data []byte, mode fs.FileMode) error // whole or not at all, surviving a power cut
	Now     func() time.Time                                       // nil: time.Now
}

// vietnam is the zone of the days; it has no summer time.
var vietnam = time.FixedZone("ICT", 7*60*60)

func (s *Shelf) today() string {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return now().In(vietnam).Format(time.DateOnly)
}

// Alarm is the last bundle that was refused, or that the shelf holds and cannot use. It stays until a good one is installed.
type Alarm struct {
	At     time.Time `json:"at"`
	Reason Refusal   `json:"reason"`
	Text   string    `json:"text"`
	Serial int64     `json:"serial,omitempty"` // where the header could be trusted
}

// Install takes a bundle. What is refused changes nothing but the alarm. A bundle that is already there is taken again without
// an effect. Errors: bundle_refused; [RefusalOf] says why.
func (s *Shelf) Install(data []byte) (*Bundle, error) {
	b, err := s.accept(data)
	if err == nil {
		if e := s.Write(s.path(b.Serial), data, 0o644); e != nil {
			err = refuse(Unwritten, "%w", e)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.raise(err, b))
	}
	if err := os.Remove(s.alarmPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(Unwritten, "%w", err)
	}
	return b, nil
}

// accept applies every rule; b is given as soon as the header can be trusted, also beside an error.
func (s *Shelf) accept(data []byte) (b *Bundle, err error) {
	if b, err = Open(data, s.Kind, s.Trusted); err != nil {
		return nil, err
	}
	if b.Until != "" && b.Until < s.today() {
		return b, refuse(OutOfDate, "its last day was %s", b.Until)
	}
	serials, err := s.serials()
	if err != nil {
		return b, refuse(Unwritten, "%w", err)
	}
	if n := len(serials); n > 0 && b.Serial <= serials[n-1] {
		old, err := s.open(b.Serial)
		if b.Serial < serials[n-1] || err == nil && old.Header != b.Header {
			return b, refuse(Older, "serial number %d is installed", serials[n-1])
		}
	}
	if err := s.Check(b.Payload); err != nil {
		return b, refuse(Useless, "%w", err)
	}
	return b, nil
}

// raise writes the alarm.
func (s *Shelf) raise(err error, b *Bundle) error {
	a := Alarm{At: time.Now().UTC().Truncate(time.Second), Reason: RefusalOf(err), Text: err.Error()}
	if s.Now != nil {
		a.At = s.Now().UTC()
	}
	if b != nil {
		a.Serial = b.Serial
	}
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return s.Write(s.alarmPath(), append(data, '\n'), 0o644)
}

// Alarm gives what was refused last; nil when nothing is wrong.
func (s *Shelf) Alarm() (*Alarm, error) {
	data, err := readLimited(s.alarmPath(), 64<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var a Alarm
	if err := json.Unmarshal(data, &a); err != nil {
		return &Alarm{Reason: Broken, Text: "the alarm itself cannot be read"}, nil
	}
	return &a, nil
}

// Current gives the newest bundle whose first day has come; nil when there is none. One whose last day has passed is still given:
// an old catalogue is better than none, and [Shelf.Overdue] says so. A bundle that cannot be read any more is passed over and
// raises the alarm.
func (s *Shelf) Current() (*Bundle, error) {
	serials, err := s.serials()
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Backward(serials) {
		b, err := s.open(n)
		if err != nil {
			if err := s.raise(err, nil); err != nil {
				return nil, err
			}
			continue
		}
		if b.From <= s.today() {
			return b, nil
		}
	}
	return nil, nil
}

// ETag names the newest file of the shelf, whether or not its first day has come; "" when there is none that can be used, so that it
// is fetched again.
func (s *Shelf) ETag() (string, error) {
	serials, err := s.serials()
	if err != nil || len(serials) == 0 {
		return "", err
	}
	newest := serials[len(serials)-1]
	if _, err := s.open(newest); err != nil {
		return "", nil
	}
	data, err := readLimited(s.path(newest), MaxSize)
	if err != nil {
		return "", err
	}
	return ETag(data), nil
}

// Overdue reports whether a bundle's last day has passed.
func (s *Shelf) Overdue(b *Bundle) bool { return b.Until != "" && b.Until < s.today() }

// Find gives the newest installed bundle that match accepts; nil when there is none. It finds what a dossier is pinned to.
func (s *Shelf) Find(match func(b *Bundle) bool) (*Bundle, error) {
	serials, err := s.serials()
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Backward(serials) {
		if b, err := s.open(n); err == nil && match(b) {
			return b, nil
		}
	}
	return nil, nil
}

func (s *Shelf) open(serial int64) (*Bundle, error) {
	data, err := readLimited(s.path(serial), MaxSize)
	if err != nil {
		return nil, refuse(Broken, "%w", err)
	}
	b, err := Open(data, s.Kind, s.Trusted)
	if err == nil && b.Serial != serial {
		return nil, refuse(Broken, "the file of serial number %d holds %d", serial, b.Serial)
	}
	return b, err
}

// serials gives the serial numbers of the files in the folder, in order.
func (s *Shelf) serials() ([]int64, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []int64
	for _, e := range entries {
		name, ok1 := strings.CutPrefix(e.Name(), string(s.Kind)+"-")
		name, ok2 := strings.CutSuffix(name, ".bundle")
		if n, err := strconv.ParseInt(name, 10, 64); ok1 && ok2 && err == nil {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

func (s *Shelf) path(serial int64) string {
	return filepath.Join(s.Dir, fmt.Sprintf("%s-%012d.bundle", s.Kind, serial))
}

func (s *Shelf) alarmPath() string { return filepath.Join(s.Dir, string(s.Kind)+".refused.json") }

func readLimited(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("%s is too long", filepath.Base(path))
	}
	return data, err
}
