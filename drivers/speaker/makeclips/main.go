// Command makeclips makes a clip of every prompt, number and letter in package speaker: from a recording of a person where there
// is one (KEY.wav; for other languages than Vietnamese LANG/KEY.wav), else with espeak-ng. Needs espeak-ng and oggenc (vorbis-tools). A clip is made again only when its sentence or source changed.
//
//	go run ./drivers/speaker/makeclips -out build/clips [-from RECORDINGS]
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"

	"motcua/drivers/speaker"
)

// maker holds what the flags said.
type maker struct {
	out, from, voice string
	speed            string
}

func main() {
	var m maker
	flag.StringVar(&m.out, "out", "build/clips", "folder the clips go to")
	flag.StringVar(&m.from, "from", "", "folder of recordings, KEY.wav; they go before espeak-ng")
	flag.StringVar(&m.voice, "voice", "vi", "espeak-ng's voice: vi, vi-vn-x-central, vi-vn-x-south")
	flag.StringVar(&m.speed, "speed", "135", "espeak-ng's words per minute")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, lang := range speaker.Languages() {
		sentences := speaker.Sentences(lang)
		made, err := m.of(lang).run(ctx, sentences)
		if err != nil {
			fmt.Fprintln(os.Stderr, "makeclips:", err)
			stop()
			os.Exit(1)
		}
		fmt.Printf("clips: %s, %d in %s, %d of them made now\n", lang, len(sentences), m.of(lang).out, made)
	}
}

// of gives the maker for a language: Vietnamese at the top of the folders, others below, each with its own voice.
func (m maker) of(lang string) maker {
	if lang == speaker.Vietnamese {
		return m
	}
	m.out, m.voice = filepath.Join(m.out, lang), lang
	if m.from != "" {
		m.from = filepath.Join(m.from, lang)
	}
	return m
}

// noted is the file that remembers of what each clip was made.
const noted = "made.json"

// atOnce is how many clips are made at the same time.
const atOnce = 2

// run makes what is missing or changed, and says how many that were.
func (m maker) run(ctx context.Context, sentences map[string]string) (made int, err error) {
	if err := os.MkdirAll(m.out, 0o755); err != nil {
		return 0, err
	}
	was, now := m.read(), map[string]string{}
	work, free := new(group), make(chan struct{}, atOnce)
	for _, key := range sorted(sentences) {
		source, err := m.source(key, sentences[key])
		if err != nil {
			return made, errors.Join(err, work.wait())
		}
		now[key] = source
		if _, err := os.Stat(m.clip(key)); err == nil && was[key] == source {
			continue
		}
		made++
		free <- struct{}{}
		work.run(func() error {
			defer func() { <-free }()
			if err := m.make(ctx, key, sentences[key]); err != nil {
				return fmt.Errorf("make clip %s: %w", key, err)
			}
			return nil
		})
	}
	if err := work.wait(); err != nil {
		return 0, err
	}
	data, err := json.MarshalIndent(now, "", " ")
	if err != nil {
		return made, err
	}
	return made, os.WriteFile(filepath.Join(m.out, noted), append(data, '\n'), 0o644)
}

// group is work done side by side; the first error counts.
type group struct {
	sync.WaitGroup
	once sync.Once
	err  error
}

func (g *group) run(f func() error) {
	g.Go(func() {
		if err := f(); err != nil {
			g.once.Do(func() { g.err = err })
		}
	})
}

func (g *group) wait() error {
	g.Wait()
	return g.err
}

func sorted(sentences map[string]string) []string {
	keys := make([]string, 0, len(sentences))
	for k := range sentences {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (m maker) clip(key string) string      { return filepath.Join(m.out, key+".ogg") }
func (m maker) recording(key string) string { return filepath.Join(m.from, key+".wav") }

// read gives what was noted; nothing when there is none or it cannot be read: everything is then made again.
func (m maker) read() map[string]string {
	was := map[string]string{}
	data, err := os.ReadFile(filepath.Join(m.out, noted))
	if err != nil || json.Unmarshal(data, &was) != nil {
		return map[string]string{}
	}
	return was
}

// source says of what key's clip is made: the recording's hash, or the sentence with voice and speed.
func (m maker) source(key, sentence string) (string, error) {
	if m.from != "" {
		data, err := os.ReadFile(m.recording(key))
		if err == nil {
			sum := sha256.Sum256(data)
			return "recording " + hex.EncodeToString(sum[:]), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "espeak-ng " + m.voice + " " + m.speed + ": " + sentence, nil
}

func (m maker) make(ctx context.Context, key, sentence string) error {
	wav := m.recording(key)
	if _, err := os.Stat(wav); m.from == "" || err != nil {
		dir, err := os.MkdirTemp("", "clip")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		wav = filepath.Join(dir, "clip.wav")
		if err := run(ctx, "espeak-ng", "-v", m.voice, "-s", m.speed, "-g", "3", "-w", wav, "--", sentence); err != nil {
			return err
		}
	}
	part := m.clip(key) + ".tmp"
	if err := run(ctx, "oggenc", "--quiet", "--downmix", "--resample", fmt.Sprint(speaker.Rate), "-q", "2", "-s", "1", "-o", part, wav); err != nil {
		return err
	}
	return os.Rename(part, m.clip(key))
}

func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
