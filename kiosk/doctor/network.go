package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"motcua/kiosk"
)

// Way is the way to the office, to be tried step by step.
type Way struct {
	Machine Machine
	Office  string                                                   // the intake's URL
	Roots   *x509.CertPool                                           // what the office's server must be signed by
	Lookup  func(ctx context.Context, host string) ([]string, error) // nil: Dial takes names, and another process has the network
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Network checks the way to the office: a link, the office's name, a connection, and that the office itself answers. A log-in page
// of a hall's Wi-Fi, or a proxy, answers with a certificate that the office's authority never signed. A kiosk without a network
// serves citizens, so nothing here is more than a warning.
func Network(w Way) Check {
	return Check{Name: "network", Timeout: 20 * time.Second, Run: func(ctx context.Context) Finding {
		u, err := url.Parse(w.Office)
		if err != nil || u.Hostname() == "" {
			return Failed(Fault(kiosk.CodeKeyMissing), "office.json names no address", "enrol this kiosk again")
		}
		if w.Lookup == nil {
			w.Lookup = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
			return w.reach(ctx, u, "the uplink")
		}
		links := w.Machine.links()
		if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
			links = append(links, "lo")
		}
		if len(links) == 0 {
			return Warned(FaultLinkDown, "no network is connected", "look at the cable or the Wi-Fi; dossiers are kept meanwhile")
		}
		return w.reach(ctx, u, strings.Join(links, ", "))
	}}
}

func (w Way) reach(ctx context.Context, u *url.URL, links string) Finding {
	addrs, err := w.Lookup(ctx, u.Hostname())
	if err != nil || len(addrs) == 0 {
		return Warned(FaultDNS, links+" is up, but "+u.Hostname()+" is not found", "look at the router and its DNS")
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	conn, err := w.Dial(ctx, "tcp", net.JoinHostPort(addrs[0], port))
	if err != nil {
		return Warned(FaultUnreachable, fmt.Sprintf("%s is up, but %s port %s takes no connection", links, addrs[0], port), "ask who looks after the network: a firewall may refuse it")
	}
	defer func() { _ = conn.Close() }()
	return w.greet(ctx, conn, u.Hostname(), links)
}

// greet begins TLS and looks who answers. The kiosk shows no certificate of its own here.
func (w Way) greet(ctx context.Context, conn net.Conn, host, links string) Finding {
	const fix = "ask who looks after the network to let this machine out directly; nothing is sent until the office itself answers"
	var other *x509.Certificate
	c := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, //nolint:gosec // verified right below, to tell who answers
		VerifyConnection: func(s tls.ConnectionState) error {
			other = s.PeerCertificates[0]
			_, err := other.Verify(x509.VerifyOptions{Roots: w.Roots, DNSName: host, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
			return err
		},
	})
	switch err := c.HandshakeContext(ctx); {
	case err == nil:
		left := int(time.Until(other.NotAfter) / (24 * time.Hour))
		return Good("%s is up, the office answers, its certificate is valid for %d more days", links, left)
	case other != nil && expired(err):
		return Warned(FaultCertificate, "the office's server certificate is over, or the clock is wrong", "check the clock, then tell the office's administrator")
	case other != nil:
		return Warned(FaultPortal, "somebody else answers in the office's place: a log-in page or a proxy", fix)
	default:
		return Warned(FaultPortal, "what answers in the office's place does not speak TLS 1.3", fix)
	}
}

func expired(err error) bool {
	var e x509.CertificateInvalidError
	return errors.As(err, &e) && e.Reason == x509.Expired
}

// links names the network devices that are up, without the loopback.
func (m Machine) links() (up []string) {
	for _, f := range glob(m.sys("class", "net", "*", "operstate")) {
		name := filepath.Base(filepath.Dir(f))
		switch state := word(f); {
		case name == "lo":
		case state == "up", state == "unknown" && word(filepath.Join(filepath.Dir(f), "carrier")) == "1":
			up = append(up, name)
		}
	}
	return up
}
