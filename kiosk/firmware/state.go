package firmware

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"motcua/kiosk"
)

// Slot is one of the two places an image may stand in.
type Slot string

// The slots.
const (
	A Slot = "a"
	B Slot = "b"
)

// Other gives the other slot.
func (s Slot) Other() Slot {
	if s == A {
		return B
	}
	return A
}

// Known reports whether s is a slot.
func (s Slot) Known() bool { return s == A || s == B }

// Tries of a slot. The boot loader counts one down at each start; a digit is all it can keep.
const (
	Tries = 3 // of a slot that was just written
	Kept  = 9 // of a slot that came up healthy: so many starts in a row may be cut short before the other slot is taken
)

// State is what the boot loader and the running system tell each other. It changes one character at a time between steps that
// must not be half done: a sector that was torn in the middle still holds a safe state.
type State struct {
	First Slot         // the slot that is tried first
	Left  map[Slot]int // tries left: 0 to 9; 0 is never started while the other has one
	Data  DataState    // of the data partition
}

// DataState says how far the data partition is.
type DataState string

// The states of the data partition.
const (
	DataNew   DataState = "new"   // to be made: whatever is there is nobody's
	DataReady DataState = "ready" // it holds dossiers: never made anew by itself
)

// Fresh is the state of a machine that was just flashed: slot A alone.
func Fresh() State { return State{First: A, Left: map[Slot]int{A: Kept, B: 0}, Data: DataNew} }

func (s State) with(first Slot, slot Slot, left int) State {
	n := State{First: first, Left: map[Slot]int{A: s.Left[A], B: s.Left[B]}, Data: s.Data}
	n.Left[slot] = left
	return n
}

// Choose gives the slot that the boot loader starts and the state it writes before: it is what boot/grub.cfg and boot/boot.cmd
// of the image do. When no slot has a try left, the first one is started all the same: a kiosk never stays dark over a number.
func (s State) Choose() (Slot, State) {
	for _, slot := range []Slot{s.First, s.First.Other()} {
		if s.Left[slot] > 0 {
			return slot, s.with(s.First, slot, s.Left[slot]-1)
		}
	}
	return s.First, s
}

// Begin makes the running slot the first one and takes every try from the other, which is about to be written.
func (s State) Begin(running Slot) State { return s.with(running, running.Other(), 0) }

// Arm makes a slot that is whole the first one, on trial.
func (s State) Arm(slot Slot) State { return s.with(slot, slot, Tries) }

// Good gives the running slot all its tries back and makes it the first one.
func (s State) Good(running Slot) State { return s.with(running, running, Kept) }

// Bad takes every try from the running slot and makes the other the first one. ok is false when the other has none: then there
// is nothing to go back to.
func (s State) Bad(running Slot) (n State, ok bool) {
	if s.Left[running.Other()] == 0 {
		return s, false
	}
	return s.with(running.Other(), running, 0), true
}

// The state's place on its partition: two copies in blocks of their own. The boot loader reads the second only when the first is
// not one, and counts in the copy it read. GRUB counts in files alone, so a file system of the simplest kind lies around the copies
// ([FormatState]): nobody ever changes that, a copy is written where it lies.
const (
	stateBase = 64 << 10 // of the first copy
	stateSize = 1024     // of a copy: GRUB's environment block
	stateStep = 4096     // between the copies
	copies    = 2
	// StateRoom is the part of the state partition that the copies take; the key of the data partition stands behind it.
	StateRoom = stateBase + copies*stateStep
)

const grubHead = "# GRUB Environment Block\n"

// marshal gives a copy: a block that GRUB loads and saves, and that U-Boot imports as text.
func (s State) marshal() []byte {
	b := fmt.Appendf(nil, "%sdata=%s\nfirst=%s\nleft_a=%d\nleft_b=%d\n", grubHead, s.Data, s.First, s.Left[A], s.Left[B])
	return append(b, bytes.Repeat([]byte("#"), stateSize-len(b))...)
}

var errState = errors.New("this is no boot state")

// parseState reads a copy: as this package, GRUB (padded with #) or U-Boot (padded with zeros) wrote it.
func parseState(b []byte) (State, error) {
	values := map[string]string{}
	for line := range bytes.Lines(bytes.TrimRight(b, "\x00#")) {
		key, value, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte("="))
		if ok && !bytes.HasPrefix(key, []byte("#")) {
			values[string(key)] = string(value)
		}
	}
	s := State{First: Slot(values["first"]), Left: map[Slot]int{}, Data: DataState(values["data"])}
	for _, slot := range []Slot{A, B} {
		n, err := strconv.Atoi(values["left_"+string(slot)])
		if err != nil || n < 0 || n > Kept {
			return State{}, errState
		}
		s.Left[slot] = n
	}
	if !s.First.Known() || s.Data != DataNew && s.Data != DataReady {
		return State{}, errState
	}
	return s, nil
}

// Disk is a partition or a file: what is written is there after Sync.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
}

// LoadState reads the state: the first copy that is one. Errors: store_corrupt when no copy is.
func LoadState(d Disk) (State, error) {
	var last error
	for i := range int64(copies) {
		b := make([]byte, stateSize)
		if _, err := d.ReadAt(b, stateBase+i*stateStep); err != nil {
			last = err
			continue
		}
		s, err := parseState(b)
		if err == nil {
			return s, nil
		}
		last = err
	}
	return State{}, kiosk.Errorf(kiosk.CodeStoreCorrupt, "read the boot state", "the next healthy start writes it anew", "%w", last)
}

// StoreState writes both copies, one after the other is safe on the disk.
func StoreState(d Disk, s State) error {
	for i := range int64(copies) {
		if _, err := d.WriteAt(s.marshal(), stateBase+i*stateStep); err != nil {
			return stateError(err)
		}
		if err := d.Sync(); err != nil {
			return stateError(err)
		}
	}
	return nil
}

func stateError(err error) error {
	return kiosk.Errorf(kiosk.CodeInternal, "write the boot state", "the disk may be failing: replace the card", "%w", err)
}

// FormatState writes the file system around the copies: FAT with 12 bits (Microsoft's FAT specification 1.03) over size bytes, with
// the files A.ENV and B.ENV in the first two clusters.
func FormatState(d Disk, size int64) error {
	const clusterSectors, reserved = stateStep / sector, stateBase/sector - 2 // then one sector each of FAT and root folder
	le := binary.LittleEndian
	b := make([]byte, stateBase)
	copy(b, "\xeb\x3c\x90KIOSK   ")
	le.PutUint16(b[11:], sector)
	b[13] = clusterSectors
	le.PutUint16(b[14:], reserved)
	b[16] = 1 // FAT
	le.PutUint16(b[17:], sector/32)
	le.PutUint16(b[19:], uint16(size/sector))
	b[21] = 0xf8
	le.PutUint16(b[22:], 1)
	le.PutUint16(b[24:], 32) // of a track and its heads: nobody reads them, mtools asks
	le.PutUint16(b[26:], 2)
	copy(b[36:], "\x80\x00\x29KIOSNO NAME    FAT12   ")
	b[510], b[511] = 0x55, 0xaa
	copy(b[reserved*sector:], "\xf8\xff\xff\xff\xff\xff") // clusters 2 and 3 are the last of their files
	for i, name := range []string{"A       ENV", "B       ENV"} {
		e := b[(reserved+1)*sector+i*32:]
		copy(e, name)
		le.PutUint16(e[26:], uint16(2+i))
		le.PutUint32(e[28:], stateSize)
	}
	if _, err := d.WriteAt(b, 0); err != nil {
		return stateError(err)
	}
	return d.Sync()
}
