// Command kinit is the first program of the image: it makes the verified root and the data partition, and gives way to systemd.
//
// It is alone in the initramfs, with the modules the disk needs: static, no shell. The kernel's command line says what to start:
//
//	kiosk.slot=a kiosk.disk=GUID kiosk.root=HASH kiosk.salt=SALT kiosk.blocks=N
//
// A root that does not verify costs the slot its tries, and the machine starts again in the other one. What it prints goes to the
// console; nothing of it is personal.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"motcua/kiosk/firmware"
)

// newRoot is where the slot's root is mounted before it becomes /.
const newRoot = "/root"

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "kinit: this is the first program of a kiosk's image, not one to run by hand")
		os.Exit(3)
	}
	say("start")
	if err := run(); err != nil {
		say("%v", err)
	}
	// Only a failure comes back: the next start takes another try or the other slot.
	pause(3 * time.Second)
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	select {} // the first program must not end
}

func say(format string, args ...any) { fmt.Printf("kinit: "+format+"\n", args...) }

// order is what the boot loader asks for on the kernel's command line.
type order struct {
	slot       firmware.Slot
	disk       firmware.GUID
	root, salt string // hexadecimal
	blocks     int64  // of 4096 bytes in the root, its hash tree follows
}

func parseOrder(line string) (order, error) {
	values := map[string]string{}
	for word := range strings.FieldsSeq(line) {
		if key, value, ok := strings.Cut(word, "="); ok {
			values[key] = value
		}
	}
	o := order{
		slot: firmware.Slot(values["kiosk.slot"]), disk: firmware.GUID(strings.ToLower(values["kiosk.disk"])),
		root: values["kiosk.root"], salt: values["kiosk.salt"],
	}
	n, err := strconv.ParseInt(values["kiosk.blocks"], 10, 64)
	if err != nil || n < 1 || !o.slot.Known() || len(o.root) != 64 || len(o.salt) == 0 || o.disk == "" {
		return order{}, errors.New("the kernel's command line does not say which slot to start")
	}
	o.blocks = n
	return o, nil
}

func run() error {
	for _, m := range []mount{
		{"proc", "/proc", "proc", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		{"sysfs", "/sys", "sysfs", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		{"devtmpfs", "/dev", "devtmpfs", "mode=0755", unix.MS_NOSUID},
	} {
		if err := m.make(); err != nil {
			return err
		}
	}
	loadModules("/modules")
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	o, err := parseOrder(string(line))
	if err != nil {
		return err
	}
	d, err := findDisk(o.disk, 60*time.Second)
	if err != nil {
		return err
	}
	say("slot %s on %s", o.slot, d.path)
	if err := openRoot(d, o); err != nil {
		return errors.Join(err, giveUp(d, o.slot))
	}
	if err := openData(d); err != nil {
		say("data: %v", err) // the system starts without: it says so on its screen, and keeps what is on the disk
	}
	say("root")
	return switchRoot()
}

// giveUp takes the slot's tries when there is another one to start.
func giveUp(d disk, slot firmware.Slot) error {
	f, err := d.open(firmware.NameState)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := firmware.LoadState(f)
	if err != nil {
		return err
	}
	if n, ok := s.Bad(slot); ok {
		say("slot %s is given up", slot)
		return firmware.StoreState(f, n)
	}
	return errors.New("there is no other slot to start")
}

// pause waits. The first program has nothing that could ask it to stop.
func pause(d time.Duration) { <-time.After(d) }
