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

// Synthesiser speaks free text. An error is silence in its place.
type Synthesiser interface {
	Synthesise(ctx context.Context, lang, text string) (Clip, error)
}

// Options of a [Speaker].
type Options struct {
	Backend Backend     // nil: the machine's sound device
	Dir     string      // folder of clips, key.ogg; used when Clips is nil
	Clips   fs.FS       // the clips, for tests and embedded ones
	Volume  int         // 0 to 100
	Numbers Dialect     // "": North
	Text    Synthesiser // nil: free text is not spoken
}

// Speaker is a [kiosk.Voice]. Made by [New], ended by Halt.
type Speaker struct {
	backend Backend
	clips   fs.FS
	volume  int
	dialect Dialect
	text    Synthesiser

	mu      sync.Mutex
	cancel  context.CancelFunc // ends the phrase being said
	private bool               // that phrase
	output  Output
	step    kiosk.Volume
	halted  bool
	wg      sync.WaitGroup
	turn    chan struct{} // held by the goroutine that plays
}

var (
	_ kiosk.Voice    = (*Speaker)(nil)
	_ drivers.Driver = (*Speaker)(nil)
)

// New makes a speaker. It cannot fail: without a device or clips it is a silent one, and [Speaker.Ready] tells why.
func New(o Options) *Speaker {
	s := &Speaker{
		backend: o.Backend, clips: o.Clips, volume: o.Volume, dialect: o.Numbers, text: o.Text, step: kiosk.VolumeNormal,
		turn: make(chan struct{}, 1),
	}
	if s.backend == nil {
		s.backend = OpenDevice()
	}
	if s.clips == nil && o.Dir != "" {
		s.clips = os.DirFS(o.Dir)
	}
	if s.dialect == "" {
		s.dialect = North
	}
	return s
}

// String names the backend.
func (s *Speaker) String() string { return "speaker on " + s.backend.String() }

// Say begins a phrase, cutting off the one before, and returns at once. The phrase ends early when ctx does. What may not be
// heard ([Audible]), a missing clip, or a machine that cannot be heard is silence.
func (s *Speaker) Say(ctx context.Context, p kiosk.Phrase) { s.say(ctx, p, func() {}) }

// say tells done when the phrase is over, either way; at once when it is not begun.
func (s *Speaker) say(ctx context.Context, p kiosk.Phrase, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopLocked()
	if !Audible(p, s.output) {
		p = kiosk.Phrase{Lang: p.Lang, Parts: p.Public}
	}
	if s.halted || s.clips == nil || ctx.Err() != nil || len(p.Parts) == 0 || !Audible(p, s.output) {
		done()
		return
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.private = !Audible(p, Loudspeaker)
	s.wg.Go(func() {
		defer done()
		s.play(ctx, p)
	})
}

// play waits for its turn (the clip before has been told to end), then plays. Only the latest phrase is still wanted then.
func (s *Speaker) play(ctx context.Context, p kiosk.Phrase) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-s.turn }()
	if ctx.Err() != nil || s.backend.Ready() != nil {
		return
	}
	clip := s.join(ctx, p)
	if len(clip.Samples) == 0 {
		return // a voice that cannot speak must not disturb the visit; Check names what is missing
	}
	defer clear(clip.Samples) // it may have told something of a person
	s.amplify(clip.Samples)
	_ = s.backend.Play(ctx, clip) // likewise; Ready tells it from now on
}

// join makes one clip of a phrase: a player per part would leave gaps.
func (s *Speaker) join(ctx context.Context, p kiosk.Phrase) Clip {
	lang, list := plan(s.clips, p, s.dialect)
	var clips []Clip
	for _, part := range list {
		var c Clip
		var err error
		switch {
		case part.text != "" && part.key == "":
			c, err = s.synthesise(ctx, lang, part.text)
		case part.key == pauseKey:
			c = Clip{Samples: make([]float32, Samples(pauseLength))}
		default:
			c, err = loadClip(s.clips, lang, part.key)
		}
		if err == nil {
			clips = append(clips, c)
		}
	}
	return joined(clips)
}

func (s *Speaker) synthesise(ctx context.Context, lang, text string) (Clip, error) {
	if s.text == nil {
		return Clip{}, kiosk.Errorf(kiosk.CodeUnavailable, "speak text", "", "no synthesiser")
	}
	return s.text.Synthesise(ctx, lang, text)
}

func (s *Speaker) amplify(samples []float32) {
	s.mu.Lock()
	g := gain(s.volume, s.step)
	s.mu.Unlock()
	for i := range samples {
		samples[i] *= g
	}
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

// SetVolume sets the step of the phrases to come.
func (s *Speaker) SetVolume(v kiosk.Volume) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step = v
}

// SetOutput tells where the sound goes from now on. A private phrase is cut off when the earphones are pulled out.
func (s *Speaker) SetOutput(o Output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.output = o; o == Loudspeaker && s.private {
		s.stopLocked()
	}
}

// Ready gives nil, or an unavailable error that says why nothing is heard.
func (s *Speaker) Ready() error {
	if err := s.backend.Ready(); err != nil {
		return err
	}
	if len(s.missing()) == len(Sentences(Vietnamese)) {
		return kiosk.Errorf(kiosk.CodeUnavailable, "find clips", "run \"make clips\" and name the folder in kiosk.toml, [voice] dir", "there is no clip")
	}
	return nil
}

// missing lists what has no clip in Vietnamese, which everything falls back to.
func (s *Speaker) missing() []string {
	var keys []string
	for key := range Sentences(Vietnamese) {
		if !hasClip(s.clips, Vietnamese, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Check is Ready, and also names how many clips are missing.
func (s *Speaker) Check(context.Context) error {
	if err := s.Ready(); err != nil {
		return err
	}
	if n := len(s.missing()); n > 0 {
		return kiosk.Errorf(kiosk.CodeUnavailable, "check clips", "run \"make clips\"", "%d of %d clips are missing", n, len(Sentences(Vietnamese)))
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
