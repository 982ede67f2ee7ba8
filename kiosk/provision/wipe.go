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
// system of / it does nothing and says so by false.
func WipeFree(dir string) (done bool, err error) {
	var own, root syscall.Stat_t
	if err := errors.Join(syscall.Stat(dir, &own), syscall.Stat("/", &root)); err != nil {
		return false, fmt.Errorf("wipe free space: %w", err)
	}
	if own.Dev == root.Dev {
		return false, nil
	}
	f, err := os.CreateTemp(dir, ".free-*")
	if err != nil {
		return false, fmt.Errorf("wipe free space: %w", err)
	}
	_, err = io.Copy(f, rand.Reader)
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	}
	return err == nil, errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()), syncFolder(dir))
}
