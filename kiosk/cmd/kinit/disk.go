package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"motcua/kiosk/firmware"
)

// loadModules loads the files that dir/order names, in its order. One whose device is not there refuses: no harm.
func loadModules(dir string) {
	list, err := os.ReadFile(filepath.Join(dir, "order"))
	if err != nil {
		return // everything is in the kernel
	}
	for name := range strings.FieldsSeq(string(list)) {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			say("module %s: %v", name, err)
			continue
		}
		if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && !errors.Is(err, unix.EEXIST) && !errors.Is(err, unix.ENODEV) {
			say("module %s: %v", name, err)
		}
		_ = f.Close() // read only
	}
}

// disk is the disk that holds the image.
type disk struct {
	name, path string
	size       int64
	table      firmware.Table
}

// findDisk waits for the disk with this identifier. A stick that holds a copy of the image bears the same: what is built in goes first.
func findDisk(id firmware.GUID, patience time.Duration) (disk, error) {
	for end := time.Now().Add(patience); ; pause(100 * time.Millisecond) {
		if d, ok := lookForDisk(id); ok {
			return d, nil
		}
		if time.Now().After(end) {
			return disk{}, fmt.Errorf("no disk %s within %v", id, patience)
		}
	}
}

func lookForDisk(id firmware.GUID) (disk, bool) {
	list, err := os.ReadDir("/sys/block")
	if err != nil {
		return disk{}, false
	}
	slices.SortStableFunc(list, func(a, b fs.DirEntry) int { return removable(a.Name()) - removable(b.Name()) })
	for _, e := range list {
		if d, err := readDisk(e.Name()); err == nil && d.table.Disk == id && d.complete() {
			return d, true
		}
	}
	return disk{}, false
}

func removable(name string) int {
	b, err := os.ReadFile(filepath.Join("/sys/block", name, "removable"))
	if err == nil && bytes.HasPrefix(b, []byte("1")) {
		return 1
	}
	return 0
}

func readDisk(name string) (disk, error) {
	d := disk{name: name, path: "/dev/" + name}
	f, err := os.Open(d.path)
	if err != nil {
		return d, err
	}
	defer f.Close()
	if d.size, err = f.Seek(0, io.SeekEnd); err != nil {
		return d, err
	}
	d.table, err = firmware.ReadTable(f, d.size)
	return d, err
}

// complete reports whether the kernel shows all partitions.
func (d disk) complete() bool {
	for i := range d.table.Entries {
		if _, err := os.Stat(d.node(i)); err != nil {
			return false
		}
	}
	return true
}

// node gives the device of the partition with this index: sda1, mmcblk0p1.
func (d disk) node(i int) string {
	if c := d.path[len(d.path)-1]; c >= '0' && c <= '9' {
		return fmt.Sprintf("%sp%d", d.path, i+1)
	}
	return fmt.Sprintf("%s%d", d.path, i+1)
}

// partition gives a partition's device by name.
func (d disk) partition(name string) (string, error) {
	i := slices.IndexFunc(d.table.Entries, func(e firmware.Entry) bool { return e.Name == name })
	if i < 0 {
		return "", fmt.Errorf("the disk has no partition %s", name)
	}
	return d.node(i), nil
}

func (d disk) open(name string) (*os.File, error) {
	path, err := d.partition(name)
	if err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR, 0)
}

// grow makes the last partition as large as the disk lets it be, and the kernel take note of it.
func (d *disk) grow() error {
	t, more := d.table.Grow(d.size)
	if !more {
		return nil
	}
	f, err := os.OpenFile(d.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := firmware.WriteTable(f, d.size, t); err != nil {
		return err
	}
	d.table = t
	last := t.Entries[len(t.Entries)-1]
	say("data partition: %d MiB", last.Size()>>20)
	return resizePartition(f, len(t.Entries), last.Offset(), last.Size())
}
