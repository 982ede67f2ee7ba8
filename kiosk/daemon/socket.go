package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/doctor"
)

// socketName is where kioskd answers the technician's tool, in the data folder. A socket in a folder passes borders between network
// namespaces, and the folder's owner alone may use it.
const socketName = "kioskd.sock"

// openSocket answers kioskctl. Without it the kiosk serves all the same: kioskctl then finds the devices in use.
func (d *Daemon) openSocket(ctx context.Context) {
	path := filepath.Join(d.opt.Config.Data.Dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was cut off; the database's lock says that it is over
		d.log.Fault(ctx, "socket", err)
		return
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		d.log.Event(ctx, audit.PartAbsent, audit.Word(audit.KeyPart, "socket"), audit.Code(err))
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /doctor", d.answerDoctor)
	d.web.serve(context.Background(), ln, mux)
}

// answerDoctor runs the checks that ?check= names, thoroughly.
func (d *Daemon) answerDoctor(w http.ResponseWriter, r *http.Request) {
	rep, err := d.Doctor(r.Context(), true, r.URL.Query()["check"]...)
	if err != nil {
		http.Error(w, "no such check", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(rep) // who asked may be gone
}

// asker asks the kioskd that has a data folder.
type asker struct{ http *http.Client }

// askTime bounds what kioskd may take for one check.
const askTime = 40 * time.Second

func askKiosk(dir string) asker {
	path := filepath.Join(dir, socketName)
	return asker{&http.Client{Timeout: askTime, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}}}
}

// runs tells whether a kioskd takes connections there.
func (a asker) runs(ctx context.Context) bool {
	conn, err := a.http.Transport.(*http.Transport).DialContext(ctx, "", "")
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was said
	return true
}

// maxAnswer limits what is read of a report.
const maxAnswer = 1 << 20

func (a asker) check(ctx context.Context, name string) (doctor.Finding, error) {
	const op, hint = "ask kioskd", "restart kioskd"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://kioskd/doctor?check="+url.QueryEscape(name), nil)
	if err != nil {
		return doctor.Finding{}, fmt.Errorf("ask kioskd: %w", err)
	}
	res, err := a.http.Do(req)
	if err != nil {
		return doctor.Finding{}, kiosk.Errorf(kiosk.CodeInternal, op, hint, "%w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var rep doctor.Report
	if res.StatusCode != http.StatusOK {
		return doctor.Finding{}, kiosk.Errorf(kiosk.CodeInternal, op, "use the tool of the same release", "it answers %s", res.Status)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&rep); err != nil || len(rep.Checks) != 1 {
		return doctor.Finding{}, kiosk.Errorf(kiosk.CodeInternal, op, "use the tool of the same release", "it answers something else: %w", err)
	}
	return rep.Checks[0], nil
}

// probes are the checks that kioskd makes for the tool.
func (a asker) probes() probes {
	of := func(i int) doctor.Check {
		name := held[i]
		return doctor.Check{Name: name, Asked: name == "card", Timeout: askTime, Run: func(ctx context.Context) doctor.Finding {
			f, err := a.check(ctx, name)
			if err != nil {
				return doctor.FromError(err)
			}
			return f
		}}
	}
	return probes{reader: of(0), card: of(1), face: of(2), paper: of(3), printer: of(4), panel: of(5), voice: of(6)}
}
