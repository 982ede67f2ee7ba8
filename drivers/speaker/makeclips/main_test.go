package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"motcua/drivers/speaker"
	"motcua/kiosk"
)

func TestMake(t *testing.T) {
	for _, tool := range []string{"espeak-ng", "oggenc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	m := maker{out: filepath.Join(t.TempDir(), "clips"), voice: "vi", speed: "135"}
	prompts := map[string]string{"welcome": "Xin kính chào ông bà.", "home": "Mời ông bà chọn."}
	steps := []struct {
		what   string
		change func()
		made   int
	}{
		{"first", func() {}, 2},
		{"again", func() {}, 0},
		{"a sentence changed", func() { prompts["home"] = "Mời ông bà chọn việc." }, 1},
		{"a clip is gone", func() { remove(t, m.clip("welcome")) }, 1},
		{"a person spoke it", func() { m.from = recording(t, m, "welcome") }, 1},
		{"nothing new", func() {}, 0},
		{"what was noted is damaged", func() { write(t, filepath.Join(m.out, noted), []byte("{")) }, 2},
	}
	for _, s := range steps {
		s.change()
		made, err := m.run(t.Context(), prompts)
		if err != nil || made != s.made {
			t.Fatalf("%s: %d made, %v; want %d", s.what, made, err, s.made)
		}
	}
	heard(t, m.out, "home")
}

// TestEveryKeyHasAClip makes everything that is said, in every language, as "make clips" does, and finds each clip: a key without
// one would be silence where a citizen waits for a word.
func TestEveryKeyHasAClip(t *testing.T) {
	for _, tool := range []string{"espeak-ng", "oggenc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	m := maker{out: filepath.Join(t.TempDir(), "clips"), voice: "vi", speed: "135"}
	for _, lang := range speaker.Languages() {
		sentences := speaker.Sentences(lang)
		if made, err := m.of(lang).run(t.Context(), sentences); err != nil || made != len(sentences) {
			t.Fatalf("%s: %d of %d made, %v", lang, made, len(sentences), err)
		}
		for key := range sentences {
			if i, err := os.Stat(m.of(lang).clip(key)); err != nil || i.Size() < 2_000 {
				t.Errorf("%s: no clip of %s that could hold a word (%v)", lang, key, err)
			}
		}
	}
	s := speaker.New(speaker.Options{Backend: &speaker.Paced{}, Dir: m.out})
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	heard(t, m.out, "n24_s")
	heard(t, filepath.Join(m.out, "en"), "n99")
	if err := s.Halt(); err != nil {
		t.Error(err)
	}
}

// recording makes a folder with a recording of key: what the synthesiser made, as a WAV file.
func recording(t *testing.T, m maker, key string) string {
	t.Helper()
	dir := t.TempDir()
	if err := run(t.Context(), "espeak-ng", "-v", m.voice, "-w", filepath.Join(dir, key+".wav"), "Xin chào."); err != nil {
		t.Fatal(err)
	}
	return dir
}

// heard plays the clip into a file and looks at it: longer than half a second, and not silent.
func heard(t *testing.T, clips, key string) {
	t.Helper()
	out := t.TempDir()
	s := speaker.New(speaker.Options{Backend: speaker.Files{Dir: out}, Dir: clips, Volume: 100})
	defer func() {
		if err := s.Halt(); err != nil {
			t.Error(err)
		}
	}()
	s.Say(t.Context(), kiosk.Prompt(key))
	path := filepath.Join(out, key+".wav")
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			break
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	loud := 0
	for i := 45; i < len(data); i += 2 {
		if v := int8(data[i]); v > 8 || v < -8 {
			loud++
		}
	}
	if seconds := float64(len(data)-44) / 2 / speaker.Rate; seconds < 0.5 || loud < 1000 {
		t.Errorf("%.2f s with %d loud samples", seconds, loud)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
