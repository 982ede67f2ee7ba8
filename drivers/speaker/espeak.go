package speaker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
	"unicode/utf8"

	"motcua/kiosk"
)

// Espeak speaks free text with espeak-ng, which must be installed for that. The text goes in by standard input: what stands on a
// command line can be read by every process.
type Espeak struct{}

// Limits of free text.
const (
	maxText    = 200 // runes
	espeakTime = 3 * time.Second
	wavHead    = 44
	espeakRate = "135" // words a minute, as of the clips
)

var errSpeech = errors.New("no speech came")

// Synthesise implements [Synthesiser]. Error: unavailable.
func (Espeak) Synthesise(ctx context.Context, lang, text string) (Clip, error) {
	ctx, cancel := context.WithTimeout(ctx, espeakTime)
	defer cancel()
	if !langForm.MatchString(lang) || utf8.RuneCountInString(text) > maxText {
		return Clip{}, cannotSpeak(errSpeech)
	}
	cmd := exec.CommandContext(ctx, "espeak-ng", "-v", lang, "-s", espeakRate, "-b", "1", "--stdin", "--stdout")
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stdout = &limited{&out, int(maxClip.Seconds()) * 2 * 22_050}
	if err := cmd.Run(); err != nil {
		return Clip{}, cannotSpeak(err)
	}
	return fromWAV(out.Bytes())
}

// fromWAV reads what espeak-ng writes: PCM of 16 bits, one channel. The lengths in its head are not those of a pipe.
func fromWAV(b []byte) (Clip, error) {
	if len(b) < wavHead || string(b[:4]) != "RIFF" || binary.LittleEndian.Uint16(b[20:]) != 1 ||
		binary.LittleEndian.Uint16(b[22:]) != 1 || binary.LittleEndian.Uint16(b[34:]) != 16 {
		return Clip{}, cannotSpeak(errSpeech)
	}
	rate := int(binary.LittleEndian.Uint32(b[24:]))
	if rate < 8_000 || rate > 96_000 {
		return Clip{}, cannotSpeak(errSpeech)
	}
	b = b[wavHead:]
	samples := make([]float32, len(b)/2)
	for i := range samples {
		samples[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / 32768
	}
	clear(b)
	return Clip{Key: "text", Samples: resample(samples, rate)}, nil
}

func cannotSpeak(err error) error {
	return kiosk.Errorf(kiosk.CodeUnavailable, "speak text", "install espeak-ng", "%w", err)
}

// limited takes so many bytes.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, fmt.Errorf("%w: too much", errSpeech)
	}
	return l.w.Write(b)
}
