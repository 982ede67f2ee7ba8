package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"motcua/kiosk"
	"motcua/kiosk/firmware"
)

// updateNow is what the update's status prints.
type updateNow struct {
	Slot    firmware.Slot         `json:"slot"`
	Release firmware.Release      `json:"release"`
	First   firmware.Slot         `json:"first"`
	Left    map[firmware.Slot]int `json:"left"`
	Trial   *firmware.Trial       `json:"trial"`
	Last    *firmware.Outcome     `json:"last"`
}

// withMachine opens the image's machine for one command.
func (c *console) withMachine(do func(firmware.Places, *firmware.Machine) exitCode) exitCode {
	p := firmware.ImagePlaces()
	m, done, err := p.Open()
	if err != nil {
		return c.fail(err)
	}
	defer func() { _ = done() }() // what was written is synced
	return do(p, m)
}

// updateInstall writes an update into the other slot and starts it.
func updateInstall(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("update", "FILE")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	restart := fs.Bool("restart", true, "start the new image when it is written")
	stick := fs.Bool("stick", false, "FILE is the device of a stick, which holds kiosk.update")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	return c.withMachine(func(p firmware.Places, m *firmware.Machine) exitCode {
		f, err := openUpdate(operands[0], *stick)
		if err != nil {
			return c.fail(badInput(err))
		}
		defer f.Close()
		h, err := m.Install(ctx, f, c.progress(), func(h firmware.Header, slot firmware.Slot) error {
			return p.SaveTrial(firmware.Trial{Slot: slot, Release: h.Release, From: m.Release, At: time.Now().UTC(), Before: measure(ctx, *path)})
		})
		if err != nil {
			c.fail(err)
			if firmware.RefusalOf(err) != "" {
				return exitRefused
			}
			return exitFault
		}
		code := c.report(exitGood, map[string]any{"release": h.Release, "slot": m.Running.Other()}, func(w io.Writer) {
			fmt.Fprintf(w, "%s is in slot %s, on trial from the next start\n", h.Release, m.Running.Other())
		})
		if *restart {
			return c.restart(ctx, code)
		}
		return code
	})
}

// updateName is the update's file on a stick.
const updateName = "kiosk.update"

// openUpdate opens an update file; one on a stick is reached through a mount that nobody else sees and that ends with the file.
func openUpdate(path string, stick bool) (*os.File, error) {
	if !stick {
		return os.Open(path)
	}
	dir, err := os.MkdirTemp("", "kiosk-stick-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(dir) }() // empty; /tmp is in memory
	for _, kind := range []string{"vfat", "exfat", "ext4"} {
		if err = unix.Mount(path, dir, kind, unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the stick cannot be read: %w", err)
	}
	f, err := os.Open(filepath.Join(dir, updateName))
	return f, errors.Join(err, unix.Unmount(dir, unix.MNT_DETACH))
}

// progress tells how far an update is, each time another tenth is done.
func (c *console) progress() firmware.Progress {
	last := ""
	return func(step string, done, total int64) {
		now := fmt.Sprintf("%s %d%%", step, done*10/total*10)
		if now != last {
			last = now
			fmt.Fprintln(c.err, "update:", now)
		}
	}
}

func (c *console) restart(ctx context.Context, code exitCode) exitCode {
	if err := exec.CommandContext(ctx, "systemctl", "--no-block", "reboot").Run(); err != nil {
		return c.fail(kiosk.Errorf(kiosk.CodeInternal, "start the machine anew", "switch it off and on", "%w", err))
	}
	return code
}

// updateCheck says whether this machine takes an update file, and writes nothing.
func updateCheck(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("update check", "FILE")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	return c.withMachine(func(_ firmware.Places, m *firmware.Machine) exitCode {
		f, err := os.Open(operands[0])
		if err != nil {
			return c.fail(badInput(err))
		}
		defer f.Close()
		h, err := m.Check(bufio.NewReader(f))
		if err != nil {
			c.fail(err)
			return exitRefused
		}
		return c.report(exitGood, h, func(w io.Writer) { fmt.Fprintf(w, "%s would replace %s\n", h.Release, m.Release) })
	})
}

// updateStatus says what runs, what is on trial, and what came of the last update.
func updateStatus(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("update status", "")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	return c.withMachine(func(p firmware.Places, m *firmware.Machine) exitCode {
		s, err := firmware.LoadState(m.State)
		if err != nil {
			return c.fail(err)
		}
		now := updateNow{m.Running, m.Release, s.First, s.Left, p.Trial(), p.Outcome()}
		return c.report(exitGood, now, func(w io.Writer) {
			fmt.Fprintf(w, "%s runs in slot %s; tries left: a %d, b %d\n", m.Release, m.Running, s.Left[firmware.A], s.Left[firmware.B])
			if now.Trial != nil {
				fmt.Fprintf(w, "on trial: %s in slot %s\n", now.Trial.Release, now.Trial.Slot)
			}
			if now.Last != nil {
				fmt.Fprintf(w, "last update: %s: %s %s\n", now.Last.Release, now.Last.Verdict, now.Last.Reason)
			}
		})
	})
}

// updateRollback goes back to the image before.
func updateRollback(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("update rollback", "")
	restart := fs.Bool("restart", true, "start the other image")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	return c.withMachine(func(p firmware.Places, m *firmware.Machine) exitCode {
		s, err := firmware.LoadState(m.State)
		if err != nil {
			return c.fail(err)
		}
		n, ok := s.Bad(m.Running)
		if !ok {
			c.fail(kiosk.Errorf(kiosk.CodeBundle, "go back to the image before", "flash the machine anew", "the other slot holds no image that can be started"))
			return exitRefused
		}
		if err := p.SaveOutcome(firmware.Outcome{Verdict: firmware.RolledBack, Release: m.Release, Reason: "asked", At: time.Now().UTC()}); err != nil {
			return c.fail(err)
		}
		if err := firmware.StoreState(m.State, n); err != nil {
			return c.fail(err)
		}
		code := c.report(exitGood, map[string]any{"slot": m.Running.Other()}, func(w io.Writer) { fmt.Fprintf(w, "slot %s is started next\n", m.Running.Other()) })
		if *restart {
			return c.restart(ctx, code)
		}
		return code
	})
}
