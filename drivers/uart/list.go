package uart

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/uart"
	"periph.io/x/conn/v3/uart/uartreg"
)

// The kinds of device that can be a serial port: the machine's own, USB adapters, USB modems (CDC ACM).
var patterns = []string{"/dev/ttyAMA*", "/dev/ttyACM*", "/dev/ttyS[0-9]*", "/dev/ttyUSB*"}

// Ports gives the serial ports that are present, by device name, sorted. Nodes of /dev/ttyS* without hardware are left out.
// Terminals of programs (/dev/pts/*) can be opened but are not listed: most of them are somebody's shell.
func Ports() []string {
	var ports []string
	for _, p := range patterns {
		found, _ := filepath.Glob(p) // the patterns are well-formed
		ports = append(ports, slices.DeleteFunc(found, dummy)...)
	}
	slices.Sort(ports)
	return ports
}

// dummy reports whether a node of /dev/ttyS* has no hardware: its driver found no kind of UART (PORT_UNKNOWN, 0).
func dummy(port string) bool {
	kind, err := os.ReadFile("/sys/class/tty/" + filepath.Base(port) + "/type")
	return err == nil && strings.TrimSpace(string(kind)) == "0"
}

// Register puts the ports that are present into periph's uartreg, under their device name, with the short name and the links
// of /dev/serial/by-id as aliases; extra names others, such as a pseudo terminal. It may be called again after ports came or
// went: what is gone is taken out.
func Register(extra ...string) error {
	present := append(Ports(), extra...)
	known := map[string]bool{}
	for _, ref := range uartreg.All() {
		known[ref.Name] = true
		if strings.HasPrefix(ref.Name, "/dev/") && !slices.Contains(present, ref.Name) {
			if err := uartreg.Unregister(ref.Name); err != nil {
				return err
			}
		}
	}
	links := links()
	for _, port := range present {
		if known[port] {
			continue
		}
		aliases := append([]string{strings.TrimPrefix(port, "/dev/")}, links[port]...)
		if err := uartreg.Register(port, aliases, -1, func() (uart.PortCloser, error) { return Open(port) }); err != nil {
			return err
		}
	}
	return nil
}

// links gives the names that udev made for each port. Those with a colon are left out: uartreg does not take them.
func links() map[string][]string {
	byPort := map[string][]string{}
	found, _ := filepath.Glob("/dev/serial/by-id/*")
	pi, _ := filepath.Glob("/dev/serial[0-9]")
	for _, link := range append(found, pi...) {
		target, err := filepath.EvalSymlinks(link)
		name := filepath.Base(link)
		if _, number := strconv.Atoi(name); err != nil || strings.Contains(name, ":") || number == nil {
			continue
		}
		byPort[target] = append(byPort[target], name)
	}
	return byPort
}

// path gives the device of a name: "ttyUSB0" and the name of a link of /dev/serial/by-id stand for themselves under /dev.
func path(name string) string {
	if strings.HasPrefix(name, "/") || name == "" {
		return name
	}
	if link := "/dev/serial/by-id/" + name; !strings.Contains(name, "/") {
		if _, err := os.Lstat(link); err == nil {
			return link
		}
	}
	return "/dev/" + name
}
