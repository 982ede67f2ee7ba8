package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

type mount struct {
	from, to, kind, options string
	flags                   uintptr
}

func (m mount) make() error {
	if err := os.MkdirAll(m.to, 0o755); err != nil && !os.IsExist(err) {
		if _, serr := os.Stat(m.to); serr != nil { // on a read-only root it must be there
			return err
		}
	}
	if err := unix.Mount(m.from, m.to, m.kind, m.flags, m.options); err != nil {
		return fmt.Errorf("mount %s: %w", m.to, err)
	}
	return nil
}

// bind shows from at to.
func bind(from, to string) error {
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("show %s: %w", to, err)
	}
	return nil
}

// switchRoot makes newRoot the root, frees what the initramfs holds, and runs systemd.
func switchRoot() error {
	for _, dir := range []string{"/proc", "/sys", "/dev"} {
		if err := unix.Mount(dir, filepath.Join(newRoot, dir), "", unix.MS_MOVE, ""); err != nil {
			return fmt.Errorf("move %s: %w", dir, err)
		}
	}
	for _, old := range []string{"/modules", "/init"} {
		_ = os.RemoveAll(old) // memory given back, nothing more
	}
	if err := os.Chdir(newRoot); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move the root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	return unix.Exec("/sbin/init", []string{"/sbin/init"}, []string{"PATH=/usr/sbin:/usr/bin", "TERM=linux"})
}
