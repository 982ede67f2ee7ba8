package firmware

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"unicode/utf16"

	"motcua/kiosk"
)

// sector is the unit of addresses in a partition table.
const sector = 512

// GUID is a GPT identifier in its text form, upper or lower case.
type GUID string

// Types of partitions (UEFI 2.10 table 5-7, Discoverable Partitions Specification).
const (
	TypeESP   GUID = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
	TypeLinux GUID = "0fc63daf-8483-4772-8e79-3d69d8477de4"
)

// The names of the partitions. A slot's are [PartitionName].
const (
	NameFirm  = "kiosk-firm"  // the boot loader, and the file that says which kiosk this is
	NameState = "kiosk-state" // the boot state, and behind it the key of the data partition
	NameData  = "kiosk-data"  // dossiers: the last one, so that it can grow
)

// PartitionName gives the name of a slot's partition.
func PartitionName(s Slot, p PartName) string { return fmt.Sprintf("kiosk-%s-%s", p, s) }

// Entry is a partition: First and Last are its sectors, both its own.
type Entry struct {
	Name        string
	Type, ID    GUID
	First, Last int64
}

// Offset gives where the partition begins, in bytes.
func (e Entry) Offset() int64 { return e.First * sector }

// Size gives the partition's size in bytes.
func (e Entry) Size() int64 { return (e.Last - e.First + 1) * sector }

// Table is a GUID partition table.
type Table struct {
	Disk    GUID
	Entries []Entry
}

// Find gives a partition by name.
func (t Table) Find(name string) (Entry, bool) {
	i := slices.IndexFunc(t.Entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return t.Entries[i], true
}

// The shape of a table: 128 entries of 128 bytes, a header before them and a copy of both at the end.
const (
	entries     = 128
	entrySize   = 128
	entrySpace  = entries * entrySize / sector
	headerSize  = 92
	gptRevision = 0x00010000
	maxName     = 36
	firstUsable = 2 + entrySpace
)

var gptMagic = []byte("EFI PART")

// LastUsable gives the last sector that a partition may have on a disk of size bytes.
func LastUsable(size int64) int64 { return size/sector - 2 - entrySpace }

// guid packs a GUID: the first three fields are little-endian (UEFI 2.10 appendix A).
func (g GUID) pack() ([]byte, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(string(g), "-", ""))
	if err != nil || len(b) != 16 {
		return nil, fmt.Errorf("%q is no GUID", string(g))
	}
	slices.Reverse(b[0:4])
	slices.Reverse(b[4:6])
	slices.Reverse(b[6:8])
	return b, nil
}

func unpackGUID(b []byte) GUID {
	b = slices.Clone(b[:16])
	slices.Reverse(b[0:4])
	slices.Reverse(b[4:6])
	slices.Reverse(b[6:8])
	s := hex.EncodeToString(b)
	return GUID(s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:])
}

func (t Table) packEntries() ([]byte, error) {
	b := make([]byte, entries*entrySize)
	for i, e := range t.Entries {
		at := b[i*entrySize:]
		kind, err := e.Type.pack()
		if err != nil {
			return nil, err
		}
		id, err := e.ID.pack()
		if err != nil {
			return nil, err
		}
		copy(at, kind)
		copy(at[16:], id)
		binary.LittleEndian.PutUint64(at[32:], uint64(e.First))
		binary.LittleEndian.PutUint64(at[40:], uint64(e.Last))
		name := utf16.Encode([]rune(e.Name))
		if len(name) > maxName {
			return nil, fmt.Errorf("%q is too long for a partition's name", e.Name)
		}
		for j, c := range name {
			binary.LittleEndian.PutUint16(at[56+2*j:], c)
		}
	}
	return b, nil
}

// header gives a header that stands in sector own; the other one stands in sector other, its entries from sector list.
func (t Table) header(own, other, list, size int64, packed []byte) ([]byte, error) {
	disk, err := t.Disk.pack()
	if err != nil {
		return nil, err
	}
	h := make([]byte, sector)
	copy(h, gptMagic)
	le := binary.LittleEndian
	le.PutUint32(h[8:], gptRevision)
	le.PutUint32(h[12:], headerSize)
	le.PutUint64(h[24:], uint64(own))
	le.PutUint64(h[32:], uint64(other))
	le.PutUint64(h[40:], firstUsable)
	le.PutUint64(h[48:], uint64(LastUsable(size)))
	copy(h[56:], disk)
	le.PutUint64(h[72:], uint64(list))
	le.PutUint32(h[80:], entries)
	le.PutUint32(h[84:], entrySize)
	le.PutUint32(h[88:], crc32.ChecksumIEEE(packed))
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:headerSize]))
	return h, nil
}

// protective gives the MBR that keeps programs without GPT away (UEFI 2.10 §5.2.3).
func protective(size int64) []byte {
	b := make([]byte, sector)
	n := min(size/sector-1, 0xffffffff)
	copy(b[446:], []byte{0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0})
	binary.LittleEndian.PutUint32(b[458:], uint32(n))
	b[510], b[511] = 0x55, 0xaa
	return b
}

func (t Table) check(size int64) error {
	last := int64(firstUsable - 1)
	for _, e := range t.Entries {
		if e.First <= last || e.Last < e.First {
			return fmt.Errorf("partition %s does not stand behind the one before", e.Name)
		}
		last = e.Last
	}
	if last > LastUsable(size) {
		return errors.New("the partitions are larger than the disk")
	}
	return nil
}

// WriteTable writes a table to a disk of size bytes: the copy at the end first, each part safe before the next, so that one of
// the two is whole at any time. Partitions stand in the order of the disk. Errors: bad_input.
func WriteTable(d Disk, size int64, t Table) error {
	err := t.check(size)
	var packed []byte
	if err == nil {
		packed, err = t.packEntries()
	}
	if err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "write the partition table", "", "%w", err)
	}
	end := size/sector - 1
	front, err := t.header(1, end, 2, size, packed)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "write the partition table", "", "%w", err)
	}
	back, err := t.header(end, 1, end-entrySpace, size, packed)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "write the partition table", "", "%w", err)
	}
	for _, step := range []struct {
		data []byte
		at   int64
	}{{packed, end - entrySpace}, {back, end}, {protective(size), 0}, {packed, 2}, {front, 1}} {
		if _, err := d.WriteAt(step.data, step.at*sector); err != nil {
			return kiosk.Errorf(kiosk.CodeInternal, "write the partition table", "the disk may be failing", "%w", err)
		}
		if err := d.Sync(); err != nil {
			return kiosk.Errorf(kiosk.CodeInternal, "write the partition table", "the disk may be failing", "%w", err)
		}
	}
	return nil
}

// ReadTable reads the table of a disk of size bytes: the one at the front, else the copy at the end. Errors: bad_input.
func ReadTable(d interface {
	ReadAt([]byte, int64) (int, error)
}, size int64,
) (Table, error) {
	t, err := readTable(d.ReadAt, 1)
	if err != nil {
		t, err = readTable(d.ReadAt, size/sector-1)
	}
	if err != nil {
		return Table{}, kiosk.Errorf(kiosk.CodeBadInput, "read the partition table", "flash the machine anew", "%w", err)
	}
	return t, nil
}

func readTable(read func([]byte, int64) (int, error), at int64) (Table, error) {
	h := make([]byte, sector)
	if _, err := read(h, at*sector); err != nil {
		return Table{}, err
	}
	le := binary.LittleEndian
	sum := le.Uint32(h[16:])
	le.PutUint32(h[16:], 0)
	if !bytes.HasPrefix(h, gptMagic) || le.Uint32(h[12:]) != headerSize || crc32.ChecksumIEEE(h[:headerSize]) != sum {
		return Table{}, errors.New("there is no partition table")
	}
	if le.Uint64(h[24:]) != uint64(at) || le.Uint32(h[80:]) != entries || le.Uint32(h[84:]) != entrySize {
		return Table{}, errors.New("the partition table is of another shape")
	}
	list := make([]byte, entries*entrySize)
	if _, err := read(list, int64(le.Uint64(h[72:])&(1<<53-1))*sector); err != nil {
		return Table{}, err
	}
	if crc32.ChecksumIEEE(list) != le.Uint32(h[88:]) {
		return Table{}, errors.New("the partition table was changed")
	}
	t := Table{Disk: unpackGUID(h[56:])}
	for i := range entries {
		e := list[i*entrySize:]
		if bytes.Equal(e[:16], make([]byte, 16)) {
			break
		}
		t.Entries = append(t.Entries, Entry{
			Name: entryName(e[56:128]), Type: unpackGUID(e), ID: unpackGUID(e[16:]),
			First: int64(le.Uint64(e[32:]) & (1<<53 - 1)), Last: int64(le.Uint64(e[40:]) & (1<<53 - 1)),
		})
	}
	return t, nil
}

func entryName(b []byte) string {
	var units []uint16
	for i := 0; i+1 < len(b); i += 2 {
		c := binary.LittleEndian.Uint16(b[i:])
		if c == 0 {
			break
		}
		units = append(units, c)
	}
	return string(utf16.Decode(units))
}

// Grow gives the table with the last partition up to the end of a disk of size bytes, and whether that is a change: a mebibyte
// at the least.
func (t Table) Grow(size int64) (Table, bool) {
	if len(t.Entries) == 0 {
		return t, false
	}
	const unit = block / sector
	n := Table{Disk: t.Disk, Entries: slices.Clone(t.Entries)}
	last := &n.Entries[len(n.Entries)-1]
	end := (LastUsable(size)+1)/unit*unit - 1
	if end < last.Last+unit {
		return t, false
	}
	last.Last = end
	return n, true
}
