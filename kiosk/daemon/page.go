package daemon

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/provision"
)

// PageFile is the file of the runtime folder with the page's address and the boot's token, one line. It is the daemon's alone;
// systemd hands it to the browser's unit as a credential. It lies in memory and goes with the boot, not with the daemon, so a
// browser that is open goes on when the daemon was started again.
const PageFile = "page"

// maxPageFile bounds what is read of it.
const maxPageFile = 1 << 10

// pageToken gives the boot's token: the one in dir from an earlier start, or a new one (128 random bits or more). With dir ""
// it is new at every start. A file that is not ours is replaced: the browser is then told anew.
func pageToken(dir string) (string, error) {
	fresh := rand.Text()
	if dir == "" {
		return fresh, nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, PageFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fresh, nil
	case err != nil:
		return "", kiosk.Errorf(kiosk.CodeConfigInvalid, "read the page's token", "let kioskd alone own its runtime folder", "%w", err)
	case len(raw) > maxPageFile:
		return fresh, nil
	}
	u, err := url.Parse(strings.TrimSpace(string(raw)))
	if err != nil || len(u.Query().Get("k")) < len(fresh) {
		return fresh, nil
	}
	return u.Query().Get("k"), nil
}

// tellPage writes the page's address where the browser's unit gets it.
func (d *Daemon) tellPage() error {
	if d.opt.Runtime == "" {
		return nil
	}
	if err := provision.WriteFile(filepath.Join(d.opt.Runtime, PageFile), []byte(d.PageURL()+"\n"), 0o600); err != nil {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, "tell the page's address", "let kioskd alone own its runtime folder", "%w", err)
	}
	return nil
}

// PageURL is the address a browser begins at: with the boot's token, which the page takes for a cookie. It is a secret of this
// machine: for the browser's launcher, and in a demo for the person who tries it.
func (d *Daemon) PageURL() string { return "http://" + d.PageAddr() + "/?k=" + d.web.token }
