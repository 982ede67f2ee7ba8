package firmware

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
)

// errCut is the power failing.
var errCut = errors.New("the power failed")

// power counts the writes of all disks of a machine and fails at one of them.
type power struct {
	cutAt int // the write that fails; 0 never
	done  int
}

func (p *power) step() error {
	p.done++
	if p.cutAt > 0 && p.done >= p.cutAt {
		return errCut
	}
	return nil
}

// memDisk is a disk whose cache is lost with the power: each write since the last Sync may be there, may not, or in part.
type memDisk struct {
	*power
	now     []byte
	safe    []byte
	pending []pendingWrite
	lies    bool // gives back other bytes than were written, once its cache is dropped
}

type pendingWrite struct {
	at   int64
	data []byte
}

func newDisk(size int) *memDisk {
	return &memDisk{power: &power{}, now: make([]byte, size), safe: make([]byte, size)}
}

func (d *memDisk) Size() int64 { return int64(len(d.now)) }

func (d *memDisk) ReadAt(b []byte, at int64) (int, error) {
	n := copy(b, d.now[min(at, d.Size()):])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (d *memDisk) WriteAt(b []byte, at int64) (int, error) {
	d.pending = append(d.pending, pendingWrite{at, slices.Clone(b)})
	if err := d.step(); err != nil {
		return 0, err
	}
	if at+int64(len(b)) > d.Size() {
		return 0, errors.New("no space left")
	}
	return copy(d.now[at:], b), nil
}

func (d *memDisk) Sync() error {
	if err := d.step(); err != nil {
		return err
	}
	copy(d.safe, d.now)
	d.pending = nil
	return nil
}

func (d *memDisk) Forget() error {
	if d.lies {
		d.now[len(d.now)/2] ^= 1
	}
	return nil
}

// outage gives what is on the disk after the power failed. chance 0: nothing of the cache; 1: all of it; between: each sector
// by chance, and one torn in the middle.
func (d *memDisk) outage(rng *rand.Rand, chance float64) {
	copy(d.now, d.safe)
	for _, w := range d.pending {
		for at := 0; at < len(w.data); at += sector {
			if rng.Float64() >= chance {
				continue
			}
			end := min(at+sector, len(w.data))
			if chance < 1 && rng.IntN(8) == 0 {
				end = at + rng.IntN(end-at)
			}
			copy(d.now[min(w.at+int64(at), d.Size()):], w.data[at:end])
		}
	}
	copy(d.safe, d.now)
	d.pending, d.power = nil, &power{}
}
