// Command agent is the first program of the small image that make image-test starts in QEMU: it stands where systemd and the kiosk
// stand in the true one, and uses the same package for slots, trials and updates. It is in no image that is flashed.
//
// It tells the console what happens, one line each, beginning with AGENT: which slot and release runs, which numbered records the
// data partition holds, each record that was made safe, how far an update is. A second disk holds an update file; its serial
// number is the file's length.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"motcua/kiosk/firmware"
)

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "agent: this is for make image-test")
		os.Exit(3)
	}
	if err := run(); err != nil {
		say("fault %v", err)
	}
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	select {}
}

func say(format string, args ...any) { fmt.Printf("AGENT "+format+"\n", args...) }

const (
	records = "/var/lib/kiosk/records" // a line for each, numbered
	sick    = "/usr/lib/kiosk/sick"    // in an image whose page never paints
)

func run() error {
	p := firmware.ImagePlaces()
	p.Disks = "/run/disks"
	if err := nameDisks(p.Disks); err != nil {
		return err
	}
	m, done, err := p.Open()
	if err != nil {
		return err
	}
	defer func() { _ = done() }() // what was written is synced
	n, err := load()
	if err != nil {
		return err
	}
	say("up slot %s serial %d records %d", m.Running, m.Release.Serial, n)
	restart, err := judge(p, m)
	if err != nil || restart {
		return err
	}
	go func() {
		say("fault %v", save(n))
	}()
	if err := install(p, m); err != nil {
		say("refused %s: %v", firmware.RefusalOf(err), err)
		select {} // the records go on until the power is cut
	}
	return nil
}

// nameDisks gives each partition the name that udev would give it.
func nameDisks(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	list, err := filepath.Glob("/sys/class/block/*/uevent")
	if err != nil {
		return err
	}
	for _, file := range list {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(raw)) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PARTNAME="); ok {
				if err := os.Symlink("/dev/"+filepath.Base(filepath.Dir(file)), filepath.Join(dir, name)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// load reads the records: they must be numbered without a gap. The last line may be one that was never said to be safe.
func load() (int, error) {
	f, err := os.Open(records)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		if s.Text() != fmt.Sprintf("record %06d", n) {
			return n, fmt.Errorf("record %d reads %q", n, s.Text())
		}
	}
	return n, nil
}

// save makes one record after the other safe, until that fails.
func save(n int) error {
	f, err := os.OpenFile(records, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	const length = len("record 000000\n")
	for ; ; n++ {
		if _, err := f.WriteAt(fmt.Appendf(nil, "record %06d\n", n), int64(n*length)); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		say("saved %d", n+1)
		<-time.After(300 * time.Millisecond)
	}
}

// judge does what kioskctl update commit does, with a page that was painted unless the image is sick.
func judge(p firmware.Places, m *firmware.Machine) (restart bool, err error) {
	now := firmware.Health{Painted: true}
	if _, err := os.Stat(sick); err == nil {
		now.Painted = false
	}
	trial := p.Trial()
	var before *firmware.Health
	if trial != nil {
		before = &trial.Before
	}
	reason := firmware.Judge(before, now)
	s, err := firmware.LoadState(m.State)
	if err != nil {
		return false, err
	}
	verdict, next, restart := firmware.Conclude(s, m.Running, trial, reason)
	if err := firmware.StoreState(m.State, next); err != nil {
		return false, err
	}
	if trial != nil {
		if err := p.SaveOutcome(firmware.Outcome{Verdict: verdict, Release: trial.Release, Reason: reason, At: time.Now()}); err != nil {
			return false, err
		}
	}
	say("verdict %s %s", verdict, reason)
	return restart, nil
}

// install takes the update on the second disk, when there is one; nil when it was armed.
func install(p firmware.Places, m *firmware.Machine) error {
	serial, err := os.ReadFile("/sys/block/vdb/serial")
	if err != nil {
		return fmt.Errorf("no update: %w", err)
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(serial)), 10, 64)
	if err != nil {
		return err
	}
	f, err := os.Open("/dev/vdb")
	if err != nil {
		return err
	}
	defer f.Close()
	last := ""
	_, err = m.Install(context.Background(), io.LimitReader(f, size), func(step string, done, total int64) {
		if now := fmt.Sprintf("%s %d", step, done*10/total*10); now != last {
			last = now
			say("%s", now)
		}
	}, func(h firmware.Header, slot firmware.Slot) error {
		return p.SaveTrial(firmware.Trial{Slot: slot, Release: h.Release, From: m.Release, At: time.Now(), Before: firmware.Health{Painted: true}})
	})
	if err == nil {
		say("armed")
	}
	return err
}
