// Package spot finds the number of a chip card that somebody holds before a camera, so that nobody has to type twelve digits.
//
// The QR code of the card is looked for in every frame looked at, the machine-readable zone in every second one. A QR code corrects
// its own errors: one is enough. A zone has check digits of one digit each: it must be read twice, alike.
//
// Sources: design of the cards as in package cccd; ICAO Doc 9303-5 (TD1).
package spot

import (
	"context"
	"errors"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/cccd"
	"motcua/kiosk/mrz"
	"motcua/vision"
	"motcua/vision/ocrb"
	"motcua/vision/qr"
)

// pace is the least time between two frames that are looked at: a code held still is there for a second at least, and the machine
// has a page to draw.
const pace = 200 * time.Millisecond

// Spotter is the [kiosk.CardSpotter] of a kiosk.
type Spotter struct{ feeds []vision.Feed }

var _ kiosk.CardSpotter = (*Spotter)(nil)

// New makes a spotter over the cameras of a kiosk.
func New(feeds ...vision.Feed) *Spotter { return &Spotter{feeds} }

// errFound ends the watching of a camera.
var errFound = errors.New("number found")

// Spot implements [kiosk.CardSpotter]: every camera is watched at once, the first number found wins.
func (s *Spotter) Spot(ctx context.Context) (kiosk.CardKey, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type end struct {
		key kiosk.CardKey
		err error
	}
	ends := make(chan end, len(s.feeds))
	for _, f := range s.feeds {
		go func() {
			key, err := watch(ctx, f)
			ends <- end{key, err}
		}()
	}
	best := end{err: kiosk.Errorf(kiosk.CodeCameraMissing, "spot card", "connect a camera", "no camera")}
	for range s.feeds {
		e := <-ends
		switch {
		case e.err == nil && best.err != nil:
			best = e
			cancel()
		case best.err != nil:
			best.err = e.err
		}
	}
	return best.key, best.err
}

// watch looks at one camera.
func watch(ctx context.Context, feed vision.Feed) (key kiosk.CardKey, err error) {
	var l looker
	var last time.Time
	err = feed.Watch(ctx, func(f *vision.Frame) error {
		if f.At.Sub(last) < pace {
			return nil
		}
		last = f.At
		number, err := l.look(ctx, f)
		if err != nil || number == "" {
			return err
		}
		key = kiosk.CardKey{Kind: kiosk.KeyNumber, Value: number}
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return key, err
}

// looker is what one camera has shown so far.
type looker struct {
	frames int
	zone   string // the number of the last zone that was read
}

// look gives the number that a frame shows, "" for none.
func (l *looker) look(ctx context.Context, f *vision.Frame) (string, error) {
	l.frames++
	codes, err := qr.Read(&f.Mat)
	if err != nil {
		return "", err
	}
	for i := range codes {
		q, err := cccd.ParseQR(string(codes[i].Payload))
		codes[i].Wipe()
		if err == nil {
			return string(q.Number), nil
		}
	}
	if l.frames%2 == 1 {
		return "", nil
	}
	z, err := ocrb.Read(ctx, &f.Mat)
	if errors.Is(err, ocrb.ErrNoZone) {
		return "", nil
	}
	if err != nil || !z.Valid {
		return "", err
	}
	m, err := mrz.Parse(strings.Join(z.Lines, "/"))
	if err != nil {
		return "", nil
	}
	number, err := m.PersonalNumber()
	if err != nil || number != l.zone { // another document, or the first time
		l.zone = number
		return "", nil
	}
	return number, nil
}
