package speaker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
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

// loadClip reads and decodes key's clip from a folder.
func loadClip(dir fs.FS, key string) (Clip, error) {
	if !keyForm.MatchString(key) {
		return Clip{}, errors.New("not a prompt key")
	}
	f, err := dir.Open(key + ".ogg")
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
