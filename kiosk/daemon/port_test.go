package daemon_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestNoPortIsOpen starts a kiosk as its processes, looks at every socket that one of them listens on, and knocks from every address of
// this machine: nothing but the loopback answers.
func TestNoPortIsOpen(t *testing.T) {
	h := open(t)
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	h.kiosk = nil
	p, err := h.demo.StartKiosk(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}()
	var family []int
	until(t, "the vision process and the uplink run", func() bool { family = descendants(t, p.PID()); return len(family) >= 3 })
	ours := socketsOf(family)
	open := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		for _, s := range listening(t, table) {
			if ours[s.inode] {
				open[s.port] = true
				if !s.loopback {
					t.Errorf("%s port %s is open to others", table, s.port)
				}
			}
		}
	}
	if len(open) != 2 {
		t.Errorf("%d ports are open, want the page's and the dock's", len(open))
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip, _, err := net.ParseCIDR(a.String())
		if err != nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		for port := range open {
			if c, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), port), time.Second); err == nil {
				_ = c.Close()
				t.Errorf("port %s answers at an address that is not the loopback's", port)
			}
		}
	}
}

// descendants gives a process and those it started.
func descendants(t *testing.T, root int) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	family := []int{root}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(raw), ") ") // proc_pid_stat(5): state, ppid, …
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(root) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				family = append(family, pid)
			}
		}
	}
	return family
}

// socketsOf gives the inodes of the processes' sockets.
func socketsOf(family []int) map[string]bool {
	inodes := map[string]bool{}
	for _, pid := range family {
		links, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
		for _, l := range links {
			to, _ := os.Readlink(l) // it may have been closed
			if inode, ok := strings.CutPrefix(to, "socket:["); ok {
				inodes[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	return inodes
}

type socket struct {
	port, inode string
	loopback    bool
}

// listening reads proc_net(5): sockets that wait for whoever comes, which are TCP's in state 0A and UDP's without a peer (07).
func listening(t *testing.T, table string) (list []socket) {
	t.Helper()
	f, err := os.Open("/proc/net/" + table)
	if err != nil {
		return nil // without IPv6
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		col := strings.Fields(s.Text())
		if len(col) < 10 || col[3] != "0A" && col[3] != "07" {
			continue
		}
		address, hex, _ := strings.Cut(col[1], ":")
		port, err := strconv.ParseUint(hex, 16, 16)
		if err != nil {
			continue
		}
		loopback := strings.HasSuffix(address, "7F") && len(address) == 8 || address == "00000000000000000000000001000000"
		list = append(list, socket{strconv.FormatUint(port, 10), col[9], loopback})
	}
	return list
}
