package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"motcua/kiosk/firmware"
)

const (
	mapped  = "/dev/mapper/kiosk-data"
	dataDir = newRoot + "/data"
)

// shared is what outlives a start and is the same for both slots: folders of the data partition and where they are shown. All
// else below /var is in memory.
var shared = []struct{ from, to string }{
	{"kiosk", "/var/lib/kiosk"},
	{"private", "/var/lib/private"}, // of services with a user made for them
	{"update", "/var/lib/kiosk-update"},
	{"systemd", "/var/lib/systemd"}, // the clock's floor, the random seed
	{"journal", "/var/log/journal"},
	{"etc", "/etc/kiosk"},
	{"uplink", "/etc/kiosk-uplink"},
}

// inRoot runs a program of the verified root.
func inRoot(input []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin", "DM_DISABLE_UDEV=1"} // there is no udev yet to wait for
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: newRoot}
	cmd.Dir = "/"
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return out, nil
}

// openData makes /var, unlocks the data partition, made anew when the machine was just flashed, and shows its folders.
func openData(d disk) error {
	if err := (mount{"tmpfs", newRoot + "/run", "tmpfs", "mode=0755", unix.MS_NOSUID | unix.MS_NODEV}).make(); err != nil {
		return err
	}
	if err := (mount{"tmpfs", newRoot + "/var", "tmpfs", "mode=0755", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC}).make(); err != nil {
		return err
	}
	for _, dir := range []string{"/proc", "/sys", "/dev"} {
		if err := bind(dir, filepath.Join(newRoot, dir)); err != nil {
			return err
		}
	}
	defer func() {
		for _, dir := range []string{"/dev", "/sys", "/proc"} {
			_ = unix.Unmount(filepath.Join(newRoot, dir), unix.MNT_DETACH) // they are moved there in a moment
		}
	}()
	if err := unlock(d); err != nil {
		return err
	}
	return show()
}

func unlock(d disk) error {
	f, err := d.open(firmware.NameState)
	if err != nil {
		return err
	}
	defer f.Close()
	state, err := firmware.LoadState(f)
	if err != nil {
		return err
	}
	if state.Data == firmware.DataNew {
		if err := format(&d, f); err != nil {
			return err
		}
		state.Data = firmware.DataReady
		if err := firmware.StoreState(f, state); err != nil {
			return err
		}
		return mountData()
	}
	key, err := readKey(f)
	if err != nil {
		return err
	}
	if err := cryptOpen(d, key); err != nil {
		return err
	}
	// It mends what it can by itself; what it cannot is left as it is, and the journal is replayed by the mount.
	if _, err := inRoot(nil, "/usr/sbin/e2fsck", "-p", mapped); err != nil {
		say("data: %v", err)
	}
	return mountData()
}

// format makes the data partition: it may be cut at any point and begins anew, until the state says that it is ready.
func format(d *disk, state *os.File) error {
	if err := d.grow(); err != nil {
		return err
	}
	key, err := makeKey(state)
	if err != nil {
		return err
	}
	device, err := d.partition(firmware.NameData)
	if err != nil {
		return err
	}
	say("data partition: encrypt")
	cipher := "aes-xts-plain64"
	if runtime.GOARCH == "arm64" && !hasAES() {
		cipher = "xchacha20,aes-adiantum-plain64" // for processors without instructions for AES
	}
	// The key is random, so the derivation need not be slow.
	if _, err := inRoot(key, "/usr/sbin/cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--cipher", cipher,
		"--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", "-", device); err != nil {
		return err
	}
	if err := cryptOpen(*d, key); err != nil {
		return err
	}
	if _, err := inRoot(nil, "/usr/sbin/mkfs.ext4", "-q", "-F", "-L", firmware.NameData, "-m", "1", mapped); err != nil {
		return err
	}
	unix.Sync()
	return nil
}

func cryptOpen(d disk, key []byte) error {
	device, err := d.partition(firmware.NameData)
	if err != nil {
		return err
	}
	_, err = inRoot(key, "/usr/sbin/cryptsetup", "open", "--type", "luks2", "--key-file", "-", device, filepath.Base(mapped))
	return err
}

func mountData() error {
	if err := (mount{mapped, dataDir, "ext4", "errors=remount-ro", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME}).make(); err != nil {
		return err
	}
	return os.Chmod(dataDir, 0o700) // its folders are shown where they belong
}

func hasAES() bool {
	info, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && bytes.Contains(info, []byte(" aes "))
}

// show makes the shared folders and shows them in their places.
func show() error {
	var errs []error
	for _, s := range shared {
		from, to := filepath.Join(dataDir, s.from), newRoot+s.to
		errs = append(errs, os.MkdirAll(from, 0o755))
		if _, err := os.Stat(to); err != nil {
			errs = append(errs, os.MkdirAll(to, 0o755))
		}
		errs = append(errs, bind(from, to))
	}
	return errors.Join(append(errs, showMachineID())...)
}

// showMachineID gives the machine an identifier of its own, made once.
func showMachineID() error {
	path := filepath.Join(dataDir, "machine-id")
	if info, err := os.Stat(path); err != nil || info.Size() != 33 {
		var id [16]byte
		_, _ = rand.Read(id[:]) // never fails (crypto/rand)
		if err := os.WriteFile(path+".new", []byte(hex.EncodeToString(id[:])+"\n"), 0o444); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return bind(path, newRoot+"/etc/machine-id")
}
