package onestop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
)

// ServerOptions put a desk on the network.
type ServerOptions struct {
	Desk     *Desk
	Intake   string          // address of the kiosks' intake, "127.0.0.1:0" for any port
	TLS      tls.Certificate // of the intake
	Clients  *x509.CertPool  // who certifies kiosks
	Revoked  []string        // names of kiosks that are no longer let in
	Officers string          // address of the officers' pages
	Pages    http.Handler    // package ui/officer
	PagesTLS *tls.Certificate
	Version  string        // told in the start event
	Sweep    time.Duration // how often deadlines are looked at, 0: never
	Target   Target        // the national system that is told what happened, nil: none
	Sync     time.Duration // how often
}

// Server is the running back office: the intake and the officers' pages, each on its own listener.
type Server struct {
	opt     ServerOptions
	started time.Time

	intake   *http.Server
	officers *http.Server
	inLn     net.Listener
	offLn    net.Listener

	wait  sync.WaitGroup
	halt  context.CancelFunc // of the sweep
	errs  chan error
	close sync.Once
	cerr  error
}

// Limits of a request. An upload of 13 MB, the most a body may have, on a slow line gets five minutes.
const (
	headerTimeout = 10 * time.Second
	uploadTimeout = 5 * time.Minute
	pageTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 10 * time.Second
	maxHeader     = 16 << 10
)

// NewServer checks the options. Plain HTTP for officers is allowed on the loopback interface only. Error: config_invalid.
func NewServer(o ServerOptions) (*Server, error) {
	if o.Desk == nil || o.Pages == nil || o.Clients == nil {
		return nil, kiosk.Errorf(kiosk.CodeInternal, "open office", "", "desk, pages or client authority is missing")
	}
	if o.PagesTLS == nil && !loopback(o.Officers) {
		return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "open office",
			"set [officers] certificate and key, or listen on 127.0.0.1",
			"officers' pages on %s would go over the network without TLS", o.Officers)
	}
	return &Server{opt: o, errs: make(chan error, 2)}, nil
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Open listens and serves. Error: port_in_use, config_invalid.
func (s *Server) Open(ctx context.Context) error {
	s.started = time.Now()
	var err error
	if s.inLn, err = listen(ctx, "intake", s.opt.Intake); err != nil {
		return err
	}
	if s.offLn, err = listen(ctx, "officers", s.opt.Officers); err != nil {
		return errors.Join(err, s.inLn.Close())
	}
	quiet := log.New(transport{s.opt.Desk.log}, "", 0)
	s.intake = &http.Server{
		Handler: backoffice.Handler(s.opt.Desk), TLSConfig: s.intakeTLS(), ErrorLog: quiet,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: uploadTimeout, WriteTimeout: uploadTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
	s.officers = &http.Server{
		Handler: s.opt.Pages, ErrorLog: quiet,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: pageTimeout, WriteTimeout: pageTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
	if s.opt.PagesTLS != nil {
		s.officers.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*s.opt.PagesTLS}}
	}
	s.serve(s.intake, s.inLn, true)
	s.serve(s.officers, s.offLn, s.opt.PagesTLS != nil)
	sweep, halt := context.WithCancel(context.WithoutCancel(ctx))
	s.halt = halt
	if s.opt.Sweep > 0 {
		s.wait.Go(func() { s.opt.Desk.SweepEvery(sweep, s.opt.Sweep) })
	}
	if s.opt.Target != nil && s.opt.Sync > 0 {
		s.wait.Go(func() { s.opt.Desk.SyncEvery(sweep, s.opt.Target, s.opt.Sync) })
	}
	s.opt.Desk.log.Event(ctx, audit.OfficeStart, append(version(s.opt.Version), audit.MS(time.Since(s.started)))...)
	return nil
}

// intakeTLS also refuses the certificates of kiosks that are no longer let in: stolen, or taken out of service.
func (s *Server) intakeTLS() *tls.Config {
	c := backoffice.ServerTLS(s.opt.TLS, s.opt.Clients)
	c.VerifyConnection = func(cs tls.ConnectionState) error {
		if len(cs.PeerCertificates) > 0 && slices.Contains(s.opt.Revoked, cs.PeerCertificates[0].Subject.CommonName) {
			return errors.New("kiosk is no longer let in")
		}
		return nil
	}
	return c
}

func version(v string) []slog.Attr {
	if v == "" {
		return nil
	}
	return []slog.Attr{audit.Word(audit.KeyVersion, v)}
}

func listen(ctx context.Context, what, addr string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, kiosk.Errorf(kiosk.CodePortInUse, "listen for "+what,
			"stop the other program, or set another address under ["+what+"] in onestop.toml", "%s is taken", addr)
	case err != nil:
		return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "listen for "+what,
			"set ["+what+"] listen in onestop.toml to an address of this machine", "%s: %w", addr, err)
	}
	return ln, nil
}

func (s *Server) serve(h *http.Server, ln net.Listener, secure bool) {
	s.wait.Go(func() {
		var err error
		if secure {
			err = h.ServeTLS(ln, "", "")
		} else {
			err = h.Serve(ln)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.errs <- fmt.Errorf("serve: %w", err)
		}
	})
}

// transport takes net/http's own words, which may hold addresses and names, and logs only that there were some.
type transport struct{ log *audit.Log }

func (t transport) Write(p []byte) (int, error) {
	t.log.Event(context.Background(), audit.RequestRefused, audit.Word(audit.KeyReason, "transport"))
	return len(p), nil
}

// Failed tells when a listener stopped by itself.
func (s *Server) Failed() <-chan error { return s.errs }

// IntakeAddr gives the intake's address with the port in use.
func (s *Server) IntakeAddr() string { return s.inLn.Addr().String() }

// OfficersAddr gives the pages' address with the port in use.
func (s *Server) OfficersAddr() string { return s.offLn.Addr().String() }

// Close lets running requests end, for a time, and stops. It may be called twice, also on a server that never opened.
// The desk's store stays open: it belongs to the caller.
func (s *Server) Close() error {
	s.close.Do(func() { s.cerr = s.stop() })
	return s.cerr
}

func (s *Server) stop() error {
	if s.officers == nil {
		return nil
	}
	begun := time.Now()
	s.halt()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := errors.Join(shutdown(ctx, s.intake), shutdown(ctx, s.officers))
	s.wait.Wait()
	s.opt.Desk.log.Event(ctx, audit.OfficeStop, audit.Word(audit.KeyReason, "asked"), audit.MS(time.Since(begun)))
	return err
}

// shutdown ends a server in order, and what does not end by then without.
func shutdown(ctx context.Context, h *http.Server) error {
	err := h.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return h.Close()
	}
	return err
}
