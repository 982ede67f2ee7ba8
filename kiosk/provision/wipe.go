package provision

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// wipeBlock is what a file's last piece is rounded up to: a file system keeps whole blocks of it.
const wipeBlock = 4096

// Wipe overwrites every file below the paths with random bytes, flushes them to the disk, and removes them and their folders. A path
// that is not there is wiped already; a symbolic link is removed, what it points to is left alone.
//
// What it can promise: a file system that writes in place (ext4 with data=ordered, the image's) then holds nothing of the files in
// the blocks they had. Flash does not write in place: its controller may keep the old contents in blocks it took out of use, out of
// any program's reach. Only where the data partition is encrypted and its key is destroyed is that left unreadable too; a card of
// which that matters is to be destroyed.
func Wipe(paths ...string) error {
	var errs []error
	for _, p := range paths {
		if err := wipe(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("wipe %s: %w", filepath.Base(p), err))
		}
	}
	return errors.Join(errs...)
}

func wipe(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	switch {
	case info.IsDir():
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		var errs []error
		for _, e := range entries {
			errs = append(errs, wipe(filepath.Join(path, e.Name())))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	case info.Mode().IsRegular():
		if err := overwrite(path, info.Size()); err != nil {
			return err
		}
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// overwrite fills a file's blocks with random bytes, to the end of the last, and waits until the disk has them.
func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrPermission) { // a file that its owner may not write
		if err = os.Chmod(path, 0o600); err == nil {
			f, err = os.OpenFile(path, os.O_WRONLY, 0)
		}
	}
	if err != nil {
		return err
	}
	whole := (size + wipeBlock - 1) / wipeBlock * wipeBlock
	_, err = io.CopyN(f, rand.Reader, whole)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// WipeFree fills the free space of the file system that holds dir with random bytes and gives it back, so that nothing is left of
// files that were removed before: earlier states of a database, its log. It is for a partition of the kiosk's own; on the file
// system of / it does nothing. done says that every free block was filled and is on the disk: ext4 keeps some back for root and a
// fiftieth for itself, and writes the blocks of its own lists late, which only root can change.
func WipeFree(dir string) (done bool, err error) {
	var own, root syscall.Stat_t
	if err := errors.Join(syscall.Stat(dir, &own), syscall.Stat("/", &root)); err != nil {
		return false, fmt.Errorf("wipe free space: %w", err)
	}
	if own.Dev == root.Dev {
		return false, nil
	}
	defer takeReserve(own.Dev)()
	f, err := os.CreateTemp(dir, ".free-*")
	if err != nil {
		return false, fmt.Errorf("wipe free space: %w", err)
	}
	err = fill(f)
	thawed := freeze(f)
	var left syscall.Statfs_t
	err = errors.Join(err, syscall.Statfs(dir, &left), f.Close(), os.Remove(f.Name()), syncFolder(dir))
	return err == nil && left.Bfree == 0 && thawed == nil, err
}

// fill writes random bytes until not a block is left. Near the end only small pieces fit; and what was removed a moment ago is free
// only once the file system has written that down, so it goes on until a whole round finds nothing.
func fill(f *os.File) error {
	for found := true; found; {
		found = false
		for size := int64(1 << 20); size >= 512; size /= 2 {
			n, err := io.Copy(f, readForever{size})
			if found = found || n > 0; err != nil && !errors.Is(err, syscall.ENOSPC) {
				return err
			}
			if err := f.Sync(); err != nil && !errors.Is(err, syscall.ENOSPC) {
				return err
			}
		}
	}
	return nil
}

// readForever gives random bytes in pieces of this size.
type readForever struct{ piece int64 }

func (r readForever) Read(b []byte) (int, error) { return rand.Read(b[:min(int64(len(b)), r.piece)]) }

// freeze brings everything that a file system still has in its journal to its place on the disk, and lets it go on (FIFREEZE and
// FITHAW, linux/fs.h). A list of blocks that is removed before it came to its place would leave there what was there before.
func freeze(f *os.File) error {
	const fifreeze, fithaw = 0xc0045877, 0xc0045878
	for _, request := range []uintptr{fifreeze, fithaw} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, 0); errno != 0 {
			return errno
		}
	}
	return nil
}

// takeReserve lets the blocks be written that ext4 keeps back for itself, where this process may ask for that, until the function it
// gives is called (Documentation/ABI/testing/sysfs-fs-ext4: reserved_clusters).
func takeReserve(dev uint64) (giveBack func()) {
	nothing := func() {}
	node, err := os.Readlink(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(dev), unix.Minor(dev)))
	if err != nil {
		return nothing
	}
	path := filepath.Join("/sys/fs/ext4", filepath.Base(node), "reserved_clusters")
	before, err := os.ReadFile(path)
	if err != nil || os.WriteFile(path, []byte("0"), 0o600) != nil {
		return nothing
	}
	return func() { _ = os.WriteFile(path, before, 0o600) } // it is of the mount, and gone with the next start
}
