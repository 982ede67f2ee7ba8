package uplink

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
)

// AllowFile is where the uplink's service finds the destinations it may dial.
const AllowFile = "/etc/kiosk-uplink/allow"

// The limits of a list of destinations.
const (
	maxAllow     = 8       // an office, perhaps a second one, and a proxy
	maxAllowFile = 4 << 10 // bytes
)

// ReadAllow reads a list of destinations: one host:port a line, lines that begin with # are remarks.
func ReadAllow(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the uplink's destinations: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxAllowFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the uplink's destinations: %w", err)
	}
	if len(text) > maxAllowFile {
		return nil, fmt.Errorf("read the uplink's destinations: more than %d bytes", maxAllowFile)
	}
	return parseAllow(string(text))
}

func parseAllow(text string) ([]string, error) {
	var list []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if host, port, err := net.SplitHostPort(line); err != nil || host == "" || port == "" || len(list) == maxAllow {
			return nil, fmt.Errorf("read the uplink's destinations: line %d is not host:port, or more than the %d that may be", len(list)+1, maxAllow)
		}
		list = append(list, line)
	}
	return list, nil
}

// Destination gives the host:port that an https address leads to.
func Destination(https string) (string, error) {
	u, err := url.Parse(https)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return "", fmt.Errorf("not an https address")
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}
