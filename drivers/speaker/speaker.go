package speaker

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"motcua/drivers"
	"motcua/kiosk"
)

// Backend plays clips, one at a time. Play returns when the clip is over, when ctx ends, or with an error when it cannot be
// heard; it never lasts longer than the clip and one second. Ready and Halt are as in [Speaker].
type Backend interface {
	fmt.Stringer
	Play(ctx context.Context, c Clip) error
	Ready() error
	Halt() error
}

// Options of a [Speaker].
type Options struct {
	Backend Backend // nil: the machine's sound device
	Dir     string  // folder of clips, key.ogg; used when Clips is nil
	Clips   fs.FS   // the clips, for tests and embedded ones
	Volume  int     // 0 to 100
}

// Speaker is a [kiosk.Voice]. Made by [New], ended by Halt.
type Speaker struct {
	backend Backend
	clips   fs.FS
	gain    float32

	mu     sync.Mutex
	cancel context.CancelFunc // ends the clip being said
	halted bool
	wg     sync.WaitGroup
	turn   chan struct{} // held by the goroutine that plays
}

var (
	_ kiosk.Voice    = (*Speaker)(nil)
	_ drivers.Driver = (*Speaker)(nil)
)

// New makes a speaker. It cannot fail: without a device or clips it is a silent one, and [Speaker.Ready] tells why.
func New(o Options) *Speaker {
	b := o.Backend
	if b == nil {
		b = OpenDevice()
	}
	clips := o.Clips
	if clips == nil && o.Dir != "" {
		clips = os.DirFS(o.Dir)
	}
	v := float32(min(max(o.Volume, 0), 100)) / 100
	return &Speaker{backend: b, clips: clips, gain: v * v, turn: make(chan struct{}, 1)}
}

// String names the backend.
func (s *Speaker) String() string { return "speaker on " + s.backend.String() }

// Say begins the prompt of key, cutting off the one before, and returns at once. The prompt ends early when ctx does.
// An unknown key, a missing clip, or a machine that cannot be heard is silence.
func (s *Speaker) Say(ctx context.Context, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopLocked()
	if s.halted || s.clips == nil || ctx.Err() != nil {
		return
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.wg.Go(func() { s.play(ctx, key) })
}

// play waits for its turn (the clip before has been told to end), then plays. Only the latest prompt is still wanted then.
func (s *Speaker) play(ctx context.Context, key string) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-s.turn }()
	if ctx.Err() != nil || s.backend.Ready() != nil {
		return
	}
	clip, err := loadClip(s.clips, key)
	if err != nil {
		return // a voice that cannot speak must not disturb the visit; Check names what is missing
	}
	for i := range clip.Samples {
		clip.Samples[i] *= s.gain
	}
	_ = s.backend.Play(ctx, clip) // likewise; Ready tells it from now on
}

// Silence ends what is being said.
func (s *Speaker) Silence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopLocked()
}

func (s *Speaker) stopLocked() {
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// Ready gives nil, or an unavailable error that says why nothing is heard.
func (s *Speaker) Ready() error {
	if err := s.backend.Ready(); err != nil {
		return err
	}
	if len(s.missing()) == len(Prompts()) {
		return kiosk.Errorf(kiosk.CodeUnavailable, "find clips", "run \"make clips\" and name the folder in kiosk.toml, [voice] dir", "there is no clip")
	}
	return nil
}

// missing lists the prompts without a clip.
func (s *Speaker) missing() []string {
	var keys []string
	for key := range Prompts() {
		if s.clips != nil {
			if i, err := fs.Stat(s.clips, key+".ogg"); err == nil && i.Mode().IsRegular() && i.Size() > 0 {
				continue
			}
		}
		keys = append(keys, key)
	}
	return keys
}

// Check is Ready, and also names how many clips are missing.
func (s *Speaker) Check(context.Context) error {
	if err := s.Ready(); err != nil {
		return err
	}
	if n := len(s.missing()); n > 0 {
		return kiosk.Errorf(kiosk.CodeUnavailable, "check clips", "run \"make clips\"", "%d of %d clips are missing", n, len(Prompts()))
	}
	return nil
}

// Halt ends what is being said and releases the device. It may be called twice.
func (s *Speaker) Halt() error {
	s.mu.Lock()
	s.halted = true
	s.stopLocked()
	s.mu.Unlock()
	s.wg.Wait()
	if err := s.backend.Halt(); err != nil {
		return fmt.Errorf("halt %s: %w", strings.TrimSpace(s.backend.String()), err)
	}
	return nil
}
