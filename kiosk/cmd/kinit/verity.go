package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"motcua/kiosk/firmware"
)

// The device mapper's ioctls (linux/dm-ioctl.h): a header of 312 bytes, then one target.
const (
	dmCreate  = 0xc138fd03
	dmLoad    = 0xc138fd09
	dmSuspend = 0xc138fd06

	dmHeader   = 312
	dmTarget   = 40
	dmReadOnly = 1 << 0

	blkpg         = 0x1269 // linux/blkpg.h
	blkpgResize   = 3
	verityBlock   = 4096
	verityVersion = 1
)

// dmRequest lays out one request. target is "" for a request without a table.
func dmRequest(name string, flags uint32, sectors int64, target, params string) []byte {
	size := dmHeader
	if target != "" {
		size += dmTarget + (len(params)+1+7)/8*8
	}
	b := make([]byte, max(size, dmHeader+dmTarget))
	le := binary.LittleEndian
	le.PutUint32(b[0:], 4) // interface version 4.0.0
	le.PutUint32(b[12:], uint32(len(b)))
	le.PutUint32(b[16:], dmHeader)
	le.PutUint32(b[28:], flags)
	copy(b[48:175], name)
	if target != "" {
		le.PutUint32(b[20:], 1)
		at := b[dmHeader:]
		le.PutUint64(at[8:], uint64(sectors))
		copy(at[24:39], target)
		copy(at[dmTarget:], params)
	}
	return b
}

func dmCall(control *os.File, call uintptr, req []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, control.Fd(), call, uintptr(unsafe.Pointer(&req[0])))
	runtime.KeepAlive(req)
	if errno != 0 {
		return errno
	}
	return nil
}

// verityTable gives the table of a dm-verity device (admin-guide/device-mapper/verity): data and hash tree on one device, the
// superblock of veritysetup between them. A block that does not verify restarts the machine: its slot loses a try.
func verityTable(device string, o order) string {
	return fmt.Sprintf("%d %s %s %d %d %d %d sha256 %s %s 1 restart_on_corruption",
		verityVersion, device, device, verityBlock, verityBlock, o.blocks, o.blocks+1, o.root, o.salt)
}

// openRoot maps the slot's root through dm-verity and mounts it.
func openRoot(d disk, o order) error {
	device, err := d.partition(firmware.PartitionName(o.slot, firmware.PartRoot))
	if err != nil {
		return err
	}
	control, err := os.OpenFile("/dev/mapper/control", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer control.Close()
	const name = "kiosk-root"
	if err := dmCall(control, dmCreate, dmRequest(name, 0, 0, "", "")); err != nil {
		return fmt.Errorf("create the root's mapping: %w", err)
	}
	req := dmRequest(name, dmReadOnly, o.blocks*verityBlock/512, "verity", verityTable(device, o))
	if err := dmCall(control, dmLoad, req); err != nil {
		return fmt.Errorf("the root does not verify: %w", err)
	}
	if err := dmCall(control, dmSuspend, dmRequest(name, 0, 0, "", "")); err != nil {
		return fmt.Errorf("start the root's mapping: %w", err)
	}
	m := mount{"/dev/dm-0", newRoot, "squashfs", "", unix.MS_RDONLY | unix.MS_NODEV}
	for end := time.Now().Add(5 * time.Second); ; pause(50 * time.Millisecond) {
		if _, err := os.Stat(m.from); err == nil || time.Now().After(end) {
			break
		}
	}
	return m.make()
}

// resizePartition tells the kernel of a partition's new size (linux/blkpg.h): others on the disk may be in use.
func resizePartition(f *os.File, number int, start, length int64) error {
	part := make([]byte, 152)
	le := binary.LittleEndian
	le.PutUint64(part[0:], uint64(start))
	le.PutUint64(part[8:], uint64(length))
	le.PutUint32(part[16:], uint32(number))
	arg := struct {
		op, flags, size int32
		_               int32
		data            unsafe.Pointer
	}{op: blkpgResize, size: int32(len(part)), data: unsafe.Pointer(&part[0])}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), blkpg, uintptr(unsafe.Pointer(&arg)))
	runtime.KeepAlive(part)
	if errno != 0 {
		return fmt.Errorf("resize partition %d: %w", number, errno)
	}
	return nil
}
