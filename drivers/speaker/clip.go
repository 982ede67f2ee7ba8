package speaker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/jfreymuth/oggvorbis"
)

// Rate is the sample rate of everything played, in Hz.
const Rate = 48_000

// Limits of a clip file.
const (
	maxClipBytes = 2 << 20
	maxClip      = 60 * time.Second
)

// Clip is a decoded prompt: mono samples from -1 to 1 at [Rate].
type Clip struct {
	Key     string
	Samples []float32
}

// Length is how long the clip lasts.
func (c Clip) Length() time.Duration {
	return time.Duration(len(c.Samples)) * time.Second / Rate
}

// Samples is how many samples last that long.
func Samples(d time.Duration) int { return int(d * Rate / time.Second) }

// A clip's ends: quieter than this is silence, and that much of it stays.
const (
	silent   = 0.004
	edgeKept = 30 * time.Millisecond
)

// joined puts clips together. Where two meet, the silence that a recording begins and ends with is cut short: "Mời số" and
// "mười lăm" are one sentence. The key is that of the first with a key.
func joined(clips []Clip) Clip {
	if len(clips) == 1 {
		return clips[0]
	}
	var out Clip
	for i, c := range clips {
		if out.Key == "" {
			out.Key = c.Key
		}
		s := c.Samples
		if c.Key != "" { // not a pause
			s = trimmed(s, i > 0, i < len(clips)-1)
		}
		out.Samples = append(out.Samples, s...)
	}
	return out
}

func trimmed(s []float32, front, back bool) []float32 {
	kept := Samples(edgeKept)
	loud := func(v float32) bool { return v > silent || v < -silent }
	if front {
		if i := slices.IndexFunc(s, loud); i > kept {
			s = s[i-kept:]
		}
	}
	if back {
		i := len(s)
		for i > 0 && !loud(s[i-1]) {
			i--
		}
		s = s[:min(len(s), i+kept)]
	}
	return s
}

// loadClip reads and decodes the clip of a key in a language from a folder.
func loadClip(dir fs.FS, lang, key string) (Clip, error) {
	if !keyForm.MatchString(key) || !langForm.MatchString(lang) {
		return Clip{}, errors.New("not a prompt key")
	}
	f, err := dir.Open(clipPath(lang, key))
	if err != nil {
		return Clip{}, fmt.Errorf("open clip: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxClipBytes+1))
	if err != nil {
		return Clip{}, fmt.Errorf("read clip: %w", err)
	}
	if len(data) > maxClipBytes {
		return Clip{}, fmt.Errorf("clip %s is larger than %d MiB", key, maxClipBytes>>20)
	}
	samples, err := decode(data)
	if err != nil {
		return Clip{}, fmt.Errorf("decode clip %s: %w", key, err)
	}
	return Clip{Key: key, Samples: samples}, nil
}

// decode gives mono samples at [Rate] of an Ogg Vorbis file.
func decode(data []byte) (samples []float32, err error) {
	defer func() {
		if p := recover(); p != nil { // the decoder is foreign code reading a file
			samples, err = nil, errors.New("not a usable Ogg Vorbis file")
		}
	}()
	r, err := oggvorbis.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	channels, rate := r.Channels(), r.SampleRate()
	if channels < 1 || channels > 8 || rate < 8_000 || rate > 192_000 {
		return nil, fmt.Errorf("%d channels at %d Hz", channels, rate)
	}
	limit := int(maxClip.Seconds()) * rate
	var mono []float32
	for buf := make([]float32, 4096*channels); ; {
		n, err := r.Read(buf)
		mono = appendMono(mono, buf[:n], channels)
		if len(mono) > limit {
			return nil, fmt.Errorf("longer than %s", maxClip)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return resample(mono, rate), nil
}

func appendMono(mono, frames []float32, channels int) []float32 {
	for i := 0; i+channels <= len(frames); i += channels {
		var sum float32
		for _, s := range frames[i : i+channels] {
			sum += s
		}
		mono = append(mono, sum/float32(channels))
	}
	return mono
}

// resample brings samples from rate to [Rate] by straight lines between them: clips made for the kiosk need none.
func resample(in []float32, rate int) []float32 {
	if rate == Rate || len(in) == 0 {
		return in
	}
	out := make([]float32, int(int64(len(in))*Rate/int64(rate)))
	step := float64(rate) / Rate
	for i := range out {
		whole, part := math.Modf(float64(i) * step)
		a := min(int(whole), len(in)-1)
		b := min(a+1, len(in)-1)
		out[i] = in[a] + (in[b]-in[a])*float32(part)
	}
	return out
}
