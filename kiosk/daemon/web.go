package daemon

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"motcua/kiosk"
	"motcua/ui"
	"motcua/ui/dock"
	"motcua/ui/technician"
)

// web is the listeners: the citizen's page, and the dock in a simulated kiosk. Both are on the loopback interface.
type web struct {
	page, dock net.Listener
	token      string // of the citizen's page, see PageURL
	servers    []*http.Server
	cancel     context.CancelFunc
	wait       sync.WaitGroup
	failed     chan error
}

// Limits of a request. There is no write limit: the event stream and the camera preview go on.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 3 * time.Second
	maxHeader     = 16 << 10
)

func (d *Daemon) openWeb(ctx context.Context) error {
	token, err := pageToken(d.opt.Runtime)
	if err != nil {
		return err
	}
	workshop, err := technician.New(d.technicianPages())
	if err != nil {
		return err
	}
	page, err := ui.New(d.runner, ui.Options{
		Beside: map[string]http.Handler{technician.Path: workshop},
		Token:  token, PxPerMM: d.opt.Config.UI.PxPerMM, Story: d.opt.Story, Packs: d.opt.Config.UI.Languages, Tone: d.opt.Config.UI.Tone,
	})
	if err != nil {
		return err
	}
	d.web.failed = make(chan error, 2)
	base, cancel := context.WithCancel(context.Background())
	d.web.cancel = cancel
	if d.web.page, err = listen(ctx, "http.listen", d.opt.Config.HTTP.Listen); err != nil {
		return err
	}
	d.web.token = token
	if err := d.tellPage(); err != nil {
		return err
	}
	d.web.serve(base, d.web.page, page)
	if d.opt.Sim == nil || d.opt.Dock == "" {
		return nil
	}
	if d.web.dock, err = listen(ctx, "the dock", d.opt.Dock); err != nil {
		return err
	}
	buttons, err := dock.New(dock.Options{World: d.opt.Sim, Photo: d.opt.Photos, Kiosk: d.PageURL(), Officer: d.opt.Officer})
	if err != nil {
		return err
	}
	d.web.serve(base, d.web.dock, buttons)
	return nil
}

func listen(ctx context.Context, what, addr string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, kiosk.Errorf(kiosk.CodePortInUse, "open the page", "stop the other program, or set another address for "+what,
			"%s is taken", addr)
	case err != nil:
		return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "open the page", "set "+what+" to a loopback address of this machine", "%w", err)
	}
	return ln, nil
}

func (w *web) serve(base context.Context, ln net.Listener, h http.Handler) {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog:    log.New(io.Discard, "", 0), // its words may hold what a client sent
	}
	w.servers = append(w.servers, s)
	w.wait.Go(func() {
		if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			w.failed <- err
		}
	})
}

// begin lets streams end, so that the visit can be wiped while pages still get their last answer.
func (w *web) begin() {
	if w.cancel != nil {
		w.cancel()
	}
}

func (w *web) stop() error {
	w.begin()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	for _, s := range w.servers {
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.Close()
		}
		errs = append(errs, err)
	}
	w.wait.Wait()
	return errors.Join(errs...)
}

// PageAddr is where the citizen's page is served, with the port in use.
func (d *Daemon) PageAddr() string { return d.web.page.Addr().String() }

// DockAddr is where the dock is served, "" for none.
func (d *Daemon) DockAddr() string {
	if d.web.dock == nil {
		return ""
	}
	return d.web.dock.Addr().String()
}

// Failed tells when a listener stopped by itself.
func (d *Daemon) Failed() <-chan error { return d.web.failed }
