package speaker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel's words for a headphone jack (linux/input-event-codes.h).
const (
	evSwitch        = 0x05
	switchHeadphone = 0x02
)

// eventSize is that of struct input_event: two longs of time, type, code, value (linux/input.h).
const eventSize = 2*strconv.IntSize/8 + 8

// The values of [voice] earphones that are no path.
const (
	earphonesJack   = "jack"
	earphonesAlways = "always"
)

// jackAgain is how long to wait before a jack that went away is looked for again.
const jackAgain = 10 * time.Second

// watchEarphones tells the output as the configuration wants it known: always earphones, never, or as the jack's switch says. A
// machine without such a switch has a loudspeaker.
func watchEarphones(ctx context.Context, how string, told func(Output)) {
	if how == earphonesAlways {
		told(Earphones)
		return
	}
	for ctx.Err() == nil {
		device := how
		if how == earphonesJack {
			device = findJack(os.DirFS("/sys/class/input"))
		}
		if !filepath.IsAbs(device) {
			return
		}
		_ = watchJack(ctx, device, told) // it was unplugged, or may not be read: then nobody hears private words
		told(Loudspeaker)
		t := time.NewTimer(jackAgain)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
	}
}

// findJack gives the input device with a headphone switch, from the kernel's list; "" for none.
func findJack(list fs.FS) string {
	names, err := fs.Glob(list, "event*")
	if err != nil {
		return ""
	}
	for _, n := range names {
		raw, err := fs.ReadFile(list, path.Join(n, "device/capabilities/sw"))
		if err != nil {
			continue
		}
		words := strings.Fields(string(raw)) // hexadecimal words, the lowest bits last
		if len(words) == 0 {
			continue
		}
		bits, err := strconv.ParseUint(words[len(words)-1], 16, 64)
		if err == nil && bits&(1<<switchHeadphone) != 0 {
			return "/dev/input/" + n
		}
	}
	return ""
}

// watchJack tells how a device's headphone switch stands, now and at every change, until ctx ends or the device goes.
func watchJack(ctx context.Context, device string, told func(Output)) error {
	f, err := os.OpenFile(device, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open jack: %w", err)
	}
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) }) // ends the reading
	defer stop()
	raw, err := f.SyscallConn()
	if err != nil {
		return fmt.Errorf("ask jack: %w", err)
	}
	var bits uint32
	var asked error
	const now = 2<<30 | 4<<16 | 'E'<<8 | 0x1b // EVIOCGSW(4)
	if err := raw.Control(func(fd uintptr) { bits, asked = unix.IoctlGetUint32(int(fd), now) }); err != nil || asked != nil {
		return fmt.Errorf("ask jack: %w", errors.Join(err, asked))
	}
	told(outputOf(bits&(1<<switchHeadphone) != 0))
	return readSwitch(f, told)
}

// readSwitch takes a device's events.
func readSwitch(r io.Reader, told func(Output)) error {
	var b [eventSize]byte
	for {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return fmt.Errorf("read jack: %w", err)
		}
		e := b[eventSize-8:]
		if binary.NativeEndian.Uint16(e) == evSwitch && binary.NativeEndian.Uint16(e[2:]) == switchHeadphone {
			told(outputOf(binary.NativeEndian.Uint32(e[4:]) != 0))
		}
	}
}

func outputOf(in bool) Output {
	if in {
		return Earphones
	}
	return Loudspeaker
}
