package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// startListening runs `kioskctl card simulate -listen pty -json` with the flags given, until the script ends.
func startListening(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: listen VAR [flags...]")
	}
	cmd := exec.Command("kioskctl", append([]string{"card", "simulate", "-json", "-listen", "pty"}, args[1:]...)...)
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { ts.Check(interrupted(cmd)) })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	ts.Check(err)
	var event listening
	ts.Check(json.Unmarshal(line, &event))
	if event.Event != "listening" || event.Path == "" {
		ts.Fatalf("first event %s", line)
	}
	ts.Setenv(args[0], event.Path)
}

// interrupted ends a command as a person would and wants it to end well.
func interrupted(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	return cmd.Wait()
}

// openDeadPort makes a pseudo terminal that takes every byte and answers none.
func openDeadPort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: deadport VAR")
	}
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	ts.Check(err)
	master := os.NewFile(uintptr(fd), "ptmx")
	ts.Defer(func() { _ = master.Close() })
	ts.Check(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	ts.Check(err)
	go func() {
		buf := make([]byte, 256)
		for {
			if _, err := master.Read(buf); err != nil {
				return
			}
		}
	}()
	ts.Setenv(args[0], fmt.Sprintf("/dev/pts/%d", n))
}
