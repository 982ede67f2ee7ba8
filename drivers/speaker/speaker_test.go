package speaker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

func tone(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// clips gives a folder in which these keys have the 0.3 s tone.
func clips(t testing.TB, keys ...string) fs.FS {
	m := fstest.MapFS{}
	for _, k := range keys {
		m[k+".ogg"] = &fstest.MapFile{Data: tone(t, "tone.ogg"), Mode: 0o644}
	}
	return m
}

// Every key that is said has a sentence, from which "make clips" makes its clip, in every language that is written here.
func TestPromptsAreThoseOfTheSession(t *testing.T) {
	for _, lang := range Languages() {
		prompts := Prompts(lang)
		for _, key := range append(session.Prompts(), kiosk.PromptCallNumber, kiosk.PromptToDesk) {
			if prompts[key] == "" {
				t.Errorf("%s: the session says %q, for which there is no sentence", lang, key)
			}
		}
		for key, s := range prompts {
			if Prompts(Vietnamese)[key] == "" {
				t.Errorf("%s has %s, which is not said in Vietnamese", lang, key)
			}
			checkSentence(t, lang+" "+key, s, key == kiosk.PromptCallNumber || key == kiosk.PromptToDesk)
		}
	}
}

func checkSentence(t *testing.T, key, s string, part bool) {
	t.Helper()
	if !norm.NFC.IsNormalString(s) {
		t.Errorf("%s is not NFC", key)
	}
	if strings.ContainsFunc(s, unicode.IsDigit) {
		t.Errorf("%s has digits: the synthesiser reads them wrongly, write words", key)
	}
	if n := len(strings.Fields(s)); n > 36 {
		t.Errorf("%s has %d words", key, n)
	}
	if !part && !strings.HasSuffix(s, ".") {
		t.Errorf("%s does not end as a sentence", key)
	}
}

func TestParsePrompts(t *testing.T) {
	for name, text := range map[string]string{
		"no sentence": "welcome =\n", "no key": "= Xin chào.\n", "bad key": "Wel come = a\n", "twice": "ab = x\nab = y\n", "no equals": "welcome\n",
	} {
		if _, err := parsePrompts(text); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, name := range []string{"tone.ogg", "tone22.ogg"} {
		samples, err := decode(tone(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(samples); n < 14_300 || n > 14_500 {
			t.Errorf("%s: %d samples, want 0.3 s at %d Hz", name, n, Rate)
		}
		crossings, peak := 0, float32(0)
		for i := 1; i < len(samples); i++ {
			if (samples[i-1] < 0) != (samples[i] < 0) {
				crossings++
			}
			peak = max(peak, samples[i])
		}
		if crossings < 255 || crossings > 275 {
			t.Errorf("%s: %d crossings, a 440 Hz tone of 0.3 s has 264", name, crossings)
		}
		if peak < 0.3 || peak > 0.45 {
			t.Errorf("%s: peak %.2f, want about 0.37", name, peak)
		}
	}
}

func TestDecodeRefusesForeignBytes(t *testing.T) {
	good := tone(t, "tone.ogg")
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("Xin chào"), "cut header": good[:40], "not audio": bytes.Repeat([]byte("OggS"), 100),
	} {
		if s, err := decode(data); err == nil && len(s) > 0 {
			t.Errorf("%s: %d samples", name, len(s))
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(tone(f, "tone.ogg"))
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode(data)
		if err == nil && len(s) > int(maxClip.Seconds())*Rate*2 {
			t.Errorf("%d samples", len(s))
		}
	})
}

func TestLoadClip(t *testing.T) {
	dir := fstest.MapFS{
		"welcome.ogg": &fstest.MapFile{Data: tone(t, "tone.ogg")},
		"home.ogg":    &fstest.MapFile{Data: make([]byte, maxClipBytes+1)},
	}
	if c, err := loadClip(dir, Vietnamese, "welcome"); err != nil || c.Length().Round(10*time.Millisecond) != 300*time.Millisecond {
		t.Errorf("welcome: %s, %v", c.Length(), err)
	}
	for _, key := range []string{"home", "absent", "../welcome", "", "Welcome"} {
		if _, err := loadClip(dir, Vietnamese, key); err == nil {
			t.Errorf("%q is loaded", key)
		}
	}
}

func TestSayPlaysInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Paced{}
		s := New(Options{Backend: p, Clips: clips(t, "welcome"), Volume: 100})
		start := time.Now()
		s.Say(t.Context(), kiosk.Prompt("welcome"))
		if d := time.Since(start); d != 0 {
			t.Errorf("Say took %s", d)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		if got := p.Said(); len(got) != 1 || got[0] != (Said{"welcome", true}) {
			t.Errorf("said %v", got)
		}
		halt(t, s)
	})
}

func halt(t *testing.T, s *Speaker) {
	t.Helper()
	for range 2 {
		if err := s.Halt(); err != nil {
			t.Error(err)
		}
	}
}

func TestLaterPromptCutsOffTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Paced{}
		s := New(Options{Backend: p, Clips: clips(t, "welcome", "home", "help")})
		s.Say(t.Context(), kiosk.Prompt("welcome"))
		synctest.Wait()
		time.Sleep(100 * time.Millisecond)
		s.Say(t.Context(), kiosk.Prompt("home"))
		synctest.Wait()
		time.Sleep(100 * time.Millisecond)
		s.Silence()
		s.Silence()
		synctest.Wait()
		time.Sleep(time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		s.Say(ctx, kiosk.Prompt("help"))
		synctest.Wait()
		cancel()
		synctest.Wait()
		want := []Said{{"welcome", false}, {"home", false}, {"help", false}}
		if got := p.Said(); !slices.Equal(got, want) {
			t.Errorf("said %v, want %v", got, want)
		}
		halt(t, s)
		s.Say(t.Context(), kiosk.Prompt("welcome"))
		synctest.Wait()
		if got := p.Said(); len(got) != 3 {
			t.Errorf("said %v after Halt", got)
		}
	})
}

func TestManyPromptsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Paced{}
		s := New(Options{Backend: p, Clips: clips(t, "welcome", "home")})
		for range 200 {
			s.Say(t.Context(), kiosk.Prompt("welcome"))
			s.Say(t.Context(), kiosk.Prompt("home"))
		}
		synctest.Wait()
		time.Sleep(time.Second)
		got := p.Said()
		whole := 0
		for _, x := range got {
			if x.Whole {
				whole++
			}
		}
		if whole != 1 || got[len(got)-1] != (Said{"home", true}) {
			t.Errorf("%d prompts were said whole, the last %v; want the last one alone", whole, got[len(got)-1])
		}
		halt(t, s)
	})
}

func TestNothingToSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Paced{}
		for _, s := range []*Speaker{New(Options{Backend: p}), New(Options{Backend: p, Dir: "testdata/absent"}), New(Options{Backend: p, Clips: clips(t)})} {
			s.Say(t.Context(), kiosk.Prompt("welcome"))
			s.Say(t.Context(), kiosk.Prompt("nguyen van a"))
			synctest.Wait()
			if err := s.Ready(); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
				t.Errorf("Ready without clips: %v", err)
			}
			halt(t, s)
		}
		if got := p.Said(); len(got) != 0 {
			t.Errorf("said %v", got)
		}
	})
}

// deaf is a backend whose device is gone.
type deaf struct{ played int }

func (d *deaf) String() string { return "deaf" }
func (d *deaf) Play(context.Context, Clip) error {
	d.played++
	return errors.New("no device")
}
func (d *deaf) Ready() error { return unavailable(errors.New("no device")) }
func (d *deaf) Halt() error  { return nil }

func TestDeviceGone(t *testing.T) {
	d := &deaf{}
	s := New(Options{Backend: d, Clips: clips(t, "welcome")})
	start := time.Now()
	s.Say(t.Context(), kiosk.Prompt("welcome"))
	if took := time.Since(start); took > 100*time.Millisecond {
		t.Errorf("Say took %s on a machine without a device", took)
	}
	if err := s.Ready(); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
		t.Errorf("Ready: %v", err)
	}
	halt(t, s)
	if d.played != 0 {
		t.Error("a clip was given to a device that is not there")
	}
}

func TestCheckNamesMissingClips(t *testing.T) {
	s := New(Options{Backend: &Paced{}, Clips: clips(t, "welcome")})
	if err := s.Ready(); err != nil {
		t.Errorf("Ready with one clip: %v", err)
	}
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "are missing") {
		t.Errorf("Check: %v", err)
	}
	var all []string
	for k := range Sentences(Vietnamese) {
		all = append(all, k)
	}
	s = New(Options{Backend: &Paced{}, Clips: clips(t, all...)})
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFilesAndVolume(t *testing.T) {
	peak := map[int]int{}
	for _, volume := range []int{100, 50, 0} {
		dir := t.TempDir()
		s := New(Options{Backend: Files{dir}, Clips: clips(t, "welcome"), Volume: volume})
		s.Say(t.Context(), kiosk.Prompt("welcome"))
		path := filepath.Join(dir, "welcome.wav")
		deadline := time.Now().Add(5 * time.Second)
		for {
			if _, err := os.Stat(path); err == nil || time.Now().After(deadline) {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(data[:4]) != "RIFF" || binary.LittleEndian.Uint32(data[40:]) != uint32(len(data)-44) {
			t.Errorf("not a WAV file: % x", data[:44])
		}
		for i := 44; i+1 < len(data); i += 2 {
			v := int(int16(binary.LittleEndian.Uint16(data[i:])))
			peak[volume] = max(peak[volume], v)
		}
		halt(t, s)
	}
	if peak[0] != 0 || math.Abs(float64(peak[100])/float64(max(peak[50], 1))-4) > 0.1 {
		t.Errorf("peaks %v: half the volume is a quarter of the amplitude, none is silence", peak)
	}
}

// The real device, whatever this machine has: opening ends, and when it cannot be heard Play returns at once with the reason.
func TestDevice(t *testing.T) {
	d := OpenDevice()
	if OpenDevice() != d {
		t.Error("a second device was opened")
	}
	ctx, cancel := context.WithTimeout(t.Context(), openLimit+2*time.Second)
	defer cancel()
	err := d.Wait(ctx)
	if ctx.Err() != nil {
		t.Fatal("opening did not end")
	}
	clip, loadErr := loadClip(clips(t, "welcome"), Vietnamese, "welcome")
	if loadErr != nil {
		t.Fatal(loadErr)
	}
	start := time.Now()
	playErr := d.Play(t.Context(), clip)
	took := time.Since(start)
	if err != nil {
		t.Logf("no sound here: %v", err)
		if kiosk.CodeOf(err) != kiosk.CodeUnavailable || kiosk.CodeOf(playErr) != kiosk.CodeUnavailable || took > 50*time.Millisecond {
			t.Errorf("Wait %v, Play %v after %s; want unavailable at once", err, playErr, took)
		}
	} else if took > clip.Length()+lateLimit+time.Second {
		t.Errorf("Play took %s for a clip of %s (%v)", took, clip.Length(), playErr)
	}
	for range 2 {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := tone(b, "tone.ogg")
	for b.Loop() {
		if _, err := decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
