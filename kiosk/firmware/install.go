package firmware

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
)

// Partition is one that an update writes. Size is in bytes. Forget drops what the system remembers of it, so that reading gives
// what the disk holds.
type Partition interface {
	Disk
	Size() int64
	Forget() error
}

// Machine is the running system as an update sees it.
type Machine struct {
	Running Slot
	Release Release // what runs
	State   Disk    // of the boot state
	Open    func(Slot, PartName) (Partition, error)
	Trusted []ed25519.PublicKey
}

// Progress is told how many bytes of a step are done.
type Progress func(step string, done, total int64)

// block is how much is written or read at once.
const block = 1 << 20

// Check reads the header of an update file and decides whether this machine takes it. Errors: bundle_refused.
func (m *Machine) Check(r *bufio.Reader) (Header, error) {
	h, err := ReadHeader(r, m.Trusted)
	switch {
	case err != nil:
		return Header{}, err
	case h.Arch != m.Release.Arch:
		return h, refuse(OtherArch, "it is for %s, this machine is %s", h.Arch, m.Release.Arch)
	case h.Serial <= m.Release.Serial:
		return h, refuse(Older, "release %d runs, this is %d", m.Release.Serial, h.Serial)
	}
	return h, nil
}

// Install writes an update into the slot that does not run, reads it back, and makes it the one that is started next, on trial.
// When it fails, or the power does, the running slot stays the one that is started. ready is called when the slot is whole and
// before it is armed: what must be on record before the next start goes there. Errors: bundle_refused.
func (m *Machine) Install(ctx context.Context, r io.Reader, progress Progress, ready func(Header, Slot) error) (Header, error) {
	in := bufio.NewReaderSize(r, block)
	h, err := m.Check(in)
	if err != nil {
		return h, err
	}
	state, err := m.begin()
	if err != nil {
		return h, err
	}
	slot := m.Running.Other()
	if err := m.write(ctx, in, h, slot, progress); err != nil {
		return h, err
	}
	if err := ready(h, slot); err != nil {
		return h, refuse(Unwritten, "%w", err)
	}
	return h, StoreState(m.State, state.Arm(slot))
}

// begin takes the tries from the slot that will be written. The running slot must be a good one: a try that is written over the
// only good image would leave nothing to go back to.
func (m *Machine) begin() (State, error) {
	state, err := LoadState(m.State)
	if err != nil {
		return State{}, err
	}
	if state.First == m.Running && state.Left[m.Running] == Kept {
		state = state.Begin(m.Running)
		return state, StoreState(m.State, state)
	}
	return State{}, refuse(OnTrial, "slot %s runs with %d tries left", m.Running, state.Left[m.Running])
}

func (m *Machine) write(ctx context.Context, in *bufio.Reader, h Header, slot Slot, progress Progress) error {
	var done int64
	for _, p := range h.Parts {
		if err := m.writePart(ctx, in, p, slot, func(n int64) { progress("write", done+n, h.Size()) }); err != nil {
			return err
		}
		done += p.Size
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return refuse(Broken, "something follows the last part")
	}
	done = 0
	for _, p := range h.Parts {
		if err := m.verifyPart(ctx, p, slot, func(n int64) { progress("verify", done+n, h.Size()) }); err != nil {
			return err
		}
		done += p.Size
	}
	return nil
}

func (m *Machine) writePart(ctx context.Context, in io.Reader, p Part, slot Slot, progress func(int64)) (err error) {
	to, err := m.Open(slot, p.Name)
	if err != nil {
		return refuse(Unwritten, "%w", err)
	}
	defer func() { err = errors.Join(err, closePartition(to)) }()
	if to.Size() < p.Size {
		return refuse(TooLarge, "part %s has %d bytes, its partition %d", p.Name, p.Size, to.Size())
	}
	sum := sha256.New()
	w := io.NewOffsetWriter(to, 0)
	if err := copyBlocks(ctx, io.MultiWriter(sum, writeFault{w}), io.LimitReader(in, p.Size), p.Size, progress); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
		return refuse(Broken, "part %s is not the one that was signed", p.Name)
	}
	if err := to.Sync(); err != nil {
		return refuse(Unwritten, "%w", err)
	}
	return nil
}

// verifyPart reads a part back from the disk itself.
func (m *Machine) verifyPart(ctx context.Context, p Part, slot Slot, progress func(int64)) (err error) {
	from, err := m.Open(slot, p.Name)
	if err != nil {
		return refuse(Unwritten, "%w", err)
	}
	defer func() { err = errors.Join(err, closePartition(from)) }()
	if err := from.Forget(); err != nil {
		return refuse(Unwritten, "%w", err)
	}
	sum := sha256.New()
	if err := copyBlocks(ctx, sum, io.NewSectionReader(from, 0, p.Size), p.Size, progress); err != nil {
		return refuse(Unwritten, "%w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
		return refuse(Unwritten, "the disk gives part %s back changed", p.Name)
	}
	return nil
}

func closePartition(p Partition) error {
	if c, ok := p.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// writeFault tells a disk that does not take the bytes from a file that is cut short.
type writeFault struct{ io.Writer }

func (w writeFault) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = refuse(Unwritten, "%w", err)
	}
	return n, err
}

// copyBlocks copies exactly size bytes. A source that ends before is broken.
func copyBlocks(ctx context.Context, w io.Writer, r io.Reader, size int64, progress func(int64)) error {
	buf := make([]byte, block)
	for done := int64(0); done < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(r, buf[:min(block, size-done)])
		if err != nil {
			return refuse(Broken, "it is cut short after %d of %d bytes: %w", done+int64(n), size, err)
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		done += int64(n)
		progress(done)
	}
	return nil
}
