package speaker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"motcua/kiosk"
)

// lookEvery is how often the voice process looks whether it is still heard.
const lookEvery = 500 * time.Millisecond

// Serve is the voice process: it does what kioskd orders over conn, until that ends, or until it is not heard any more, which
// is its error. A device that failed once cannot be opened again in the same process: the next one may.
func Serve(ctx context.Context, conn io.ReadWriteCloser, open func(Setup) *Speaker) (err error) {
	in := lines(conn)
	if !in.Scan() {
		return fmt.Errorf("read the set-up: %w", errors.Join(errWire, in.Err()))
	}
	first, err := parseLine[order](in.Bytes())
	if err != nil || first.Do != doSetup || first.Setup == nil {
		return fmt.Errorf("read the set-up: %w", errWire)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := &server{conn: conn, speaker: open(*first.Setup)}
	defer func() { err = errors.Join(err, s.speaker.Halt()) }()
	defer s.live.Wait()
	defer cancel(nil)
	s.live.Go(func() {
		cancel(s.look(ctx))
		_ = conn.Close() // the reading below ends
	})
	s.live.Go(func() { watchEarphones(ctx, first.Setup.Earphones, s.speaker.SetOutput) })
	for in.Scan() {
		o, err := parseLine[order](in.Bytes())
		if err == nil {
			err = s.do(ctx, o)
		}
		if err != nil {
			return fmt.Errorf("serve the voice: %w", err)
		}
	}
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return nil // kioskd has gone or wants us gone
}

// server is the voice process's side.
type server struct {
	conn    io.Writer
	speaker *Speaker
	live    sync.WaitGroup

	out sync.Mutex // one line at a time

	mu     sync.Mutex
	saying uint64
}

func (s *server) tell(r report) error {
	s.out.Lock()
	defer s.out.Unlock()
	return writeLine(s.conn, r)
}

func (s *server) do(ctx context.Context, o order) error {
	switch o.Do {
	case doPing:
		return s.tell(report{Is: isPong})
	case doSay:
		if o.Phrase == nil {
			return errWire
		}
		s.mu.Lock()
		s.saying = o.ID
		s.mu.Unlock()
		s.speaker.Say(ctx, *o.Phrase)
	case doSilence:
		s.mu.Lock()
		meant := o.ID == 0 || o.ID == s.saying
		s.mu.Unlock()
		if meant {
			s.speaker.Silence()
		}
	case doVolume:
		s.speaker.SetVolume(o.Step)
	case doOutput:
		s.speaker.SetOutput(o.Output)
	default:
		return errWire
	}
	return nil
}

// look tells whether the voice is heard, and gives the reason when it is not, or is not any more.
func (s *server) look(ctx context.Context) error {
	if d, ok := s.speaker.backend.(interface{ Wait(context.Context) error }); ok {
		_ = d.Wait(ctx) // Ready says it again
	}
	told := false
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.speaker.Ready(); err != nil && ctx.Err() == nil {
			r := report{Is: isFault, Code: kiosk.CodeOf(err)}
			var e *kiosk.Error
			if errors.As(err, &e) {
				r.Op, r.Hint = e.Op, e.Hint
				if e.Err != nil {
					r.Text = e.Err.Error()
				}
			}
			return errors.Join(err, s.tell(r))
		}
		if !told {
			if err := s.tell(report{Is: isReady}); err != nil {
				return err
			}
			told = true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
