package speaker

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Paced is a backend without a device: it takes as long as the clip and remembers what was said. For tests and the demo.
type Paced struct {
	mu   sync.Mutex
	said []Said
}

// Said is one prompt that was begun; Whole tells that it was not cut off.
type Said struct {
	Key   string
	Whole bool
}

// String names the backend.
func (p *Paced) String() string { return "no device, in real time" }

// Play waits for the clip's length.
func (p *Paced) Play(ctx context.Context, c Clip) error {
	p.mu.Lock()
	at := len(p.said)
	p.said = append(p.said, Said{Key: c.Key})
	p.mu.Unlock()
	t := time.NewTimer(c.Length())
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	}
	p.mu.Lock()
	p.said[at].Whole = true
	p.mu.Unlock()
	return nil
}

// Said gives what was begun so far.
func (p *Paced) Said() []Said {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Said(nil), p.said...)
}

// Ready gives nil.
func (p *Paced) Ready() error { return nil }

// Halt does nothing.
func (p *Paced) Halt() error { return nil }

// Files is a backend that writes every clip as a WAV file into a folder, so that what would be heard can be examined.
type Files struct{ Dir string }

// String names the folder.
func (f Files) String() string { return "WAV files" }

// Play writes key.wav: 16 bits, mono, [Rate].
func (f Files) Play(ctx context.Context, c Clip) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(f.Dir, c.Key+".wav")
	if err := os.WriteFile(path+".tmp", wav(c.Samples), 0o600); err != nil {
		return fmt.Errorf("write clip: %w", err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("write clip: %w", err)
	}
	return nil
}

// Ready gives nil.
func (f Files) Ready() error { return nil }

// Halt does nothing.
func (f Files) Halt() error { return nil }

// wav encodes samples as RIFF WAVE, PCM 16 bits, one channel.
func wav(samples []float32) []byte {
	data := 2 * len(samples)
	b := make([]byte, 0, 44+data)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(36+data))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	for _, v := range []uint16{1, 1} { // PCM, channels
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, Rate)
	b = binary.LittleEndian.AppendUint32(b, 2*Rate)
	for _, v := range []uint16{2, 16} { // bytes of a frame, bits of a sample
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(data))
	for _, s := range samples {
		v := math.Round(float64(min(max(s, -1), 1)) * math.MaxInt16)
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
	}
	return b
}
