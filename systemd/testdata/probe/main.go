// Command probe tries, inside a unit's sandbox, what that unit must not do, and prints one line for each: what, and "allowed" or the
// reason it was denied. The boot test runs it in copies of the units; nobody else does.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "listen" {
		listen()
	}
	if len(os.Args) > 1 {
		return // started by itself, in a namespace
	}
	for _, try := range tries {
		if err := try.do(); err != nil {
			fmt.Printf("%s: %v\n", try.what, err)
		} else {
			fmt.Printf("%s: allowed\n", try.what)
		}
	}
}

var tries = []struct {
	what string
	do   func() error
}{
	{"write-state", func() error { return write(filepath.Join(os.Getenv("STATE_DIRECTORY"), "probe")) }}, // a control: kioskd may
	{"write-runtime", func() error { return write(filepath.Join(os.Getenv("RUNTIME_DIRECTORY"), "probe")) }},
	{"write-etc", func() error { return write("/etc/probe") }},
	{"write-usr", func() error { return write("/usr/bin/probe") }},
	{"write-root", func() error { return write("/probe") }},
	{"write-var-log", func() error { return write("/var/log/probe") }},
	{"read-shadow", func() error { return read("/etc/shadow") }},
	{"read-home", func() error { _, err := os.ReadDir("/home"); return err }},
	{"read-root-home", func() error { _, err := os.ReadDir("/root"); return err }},
	{"read-database", func() error { return read("/var/lib/kiosk/kiosk.db") }},
	{"read-page-token", func() error { return read("/run/kiosk/page") }},
	{"read-device-key", func() error { return read("/etc/kiosk/office/device.key") }},
	{"pid-1-environ", func() error { return read("/proc/1/environ") }},
	{"pid-1-signal", func() error { return unix.Kill(1, unix.SIGUSR1) }},
	{"ptrace", func() error { return unix.PtraceSeize(os.Getppid()) }},
	{"kmsg", func() error { return read1("/dev/kmsg") }},
	{"syslog", func() error { _, err := unix.Klogctl(3, make([]byte, 16)); return err }},
	{"fuse", func() error { return open("/dev/fuse") }},
	{"mem", func() error { return open("/dev/mem") }},
	{"mount", func() error { return unix.Mount("none", "/tmp", "tmpfs", 0, "") }},
	{"user-namespace", func() error {
		c := exec.Command("/proc/self/exe", "in-a-namespace")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER}
		return c.Run()
	}},
	{"chroot", func() error { return unix.Chroot("/") }},
	{"settimeofday", func() error { now := unix.NsecToTimeval(time.Now().UnixNano()); return unix.Settimeofday(&now) }},
	{"reboot", func() error { return unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_OFF) }},
	{"sethostname", func() error { return unix.Sethostname([]byte("probe")) }},
	{"setuid-0", func() error { return unix.Setuid(0) }},
	{"swapon", func() error { return call(unix.SYS_SWAPON, ptr("/probe"), 0) }},
	{"init-module", func() error { return unix.InitModule([]byte{0}, "") }},
	{"bpf", func() error { return call(unix.SYS_BPF, 0, 0) }},
	{"perf", func() error { return call(unix.SYS_PERF_EVENT_OPEN, 0, 0) }},
	{"personality", func() error { return call(unix.SYS_PERSONALITY, 0x0040000, 0) }},
	{"realtime", func() error {
		return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: 1, Priority: 1}, 0)
	}},
	{"sysctl", func() error { return write("/proc/sys/kernel/hostname") }},
	{"cgroup", func() error { return os.Mkdir("/sys/fs/cgroup/probe", 0o755) }},
	{"setuid-file", setuidFile},
	{"write-and-execute", func() error {
		m, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return err
		}
		return unix.Mprotect(m, unix.PROT_READ|unix.PROT_EXEC)
	}},
	{"exec-sh", func() error { return exec.Command("/bin/sh", "-c", ":").Run() }},
	{"packet-socket", func() error { return socket(unix.AF_PACKET, unix.SOCK_RAW) }},
	{"netlink", func() error { return socket(unix.AF_NETLINK, unix.SOCK_RAW) }},
	{"raw-socket", func() error { return socket(unix.AF_INET, unix.SOCK_RAW) }},
	{"machine-loopback", func() error { return dial("tcp", "127.0.0.1:7777") }}, // a listener of the test, outside every sandbox
	{"machine-network", func() error { return dial("tcp", "192.0.2.1:7777") }},  // the same, on the machine's own address
	{"page", func() error { return dial("tcp", "127.0.0.1:8080") }},
	{"pcscd", func() error { return dial("unix", "/run/pcscd/pcscd.comm") }},
	{"uplink", func() error { return dial("unix", "/run/kiosk-uplink/uplink.sock") }},
	{"dbus", func() error { return dial("unix", "/run/dbus/system_bus_socket") }},
}

// listen takes connections of those who can reach the machine's own addresses.
func listen() {
	l, err := net.Listen("tcp", "0.0.0.0:7777")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.Close()
	}
}

func write(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return bare(err)
	}
	return f.Close()
}

func read(path string) error {
	_, err := os.ReadFile(path)
	return bare(err)
}

func read1(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return bare(err)
	}
	defer func() { _ = f.Close() }()
	_, err = f.Read(make([]byte, 512))
	return bare(err)
}

func open(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return bare(err)
	}
	return f.Close()
}

// bare leaves out the path: what was tried is named already.
func bare(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

func dial(network, address string) error {
	c, err := net.DialTimeout(network, address, 2*time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err
}

func socket(family, kind int) error {
	fd, err := unix.Socket(family, kind, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	return err
}

func setuidFile() error {
	path := filepath.Join(os.Getenv("RUNTIME_DIRECTORY"), "setuid")
	if err := write(path); err != nil {
		return err
	}
	return bare(os.Chmod(path, 0o755|os.ModeSetuid))
}

func ptr(s string) uintptr {
	p, err := unix.BytePtrFromString(s)
	if err != nil {
		return 0
	}
	return uintptr(unsafe.Pointer(p))
}

func call(number, a, b uintptr) error {
	if _, _, e := unix.Syscall(number, a, b, 0); e != 0 {
		return e
	}
	return nil
}
