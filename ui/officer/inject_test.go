package officer_test

import (
	"bytes"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
)

// attacks are what hostile people type. Each holds the canary, so that it can be found again.
var attacks = []string{
	`"><script>alert('canary7')</script>`,
	`canary7<img src=x onerror=alert(1)>`,
	`' OR '1'='1'; DROP TABLE dossier; -- canary7`,
	`"); DELETE FROM event; -- canary7`,
	`{{.CSRF}} canary7 ${7*7}`,
	"canary7\x00\r\nSet-Cookie: a=b",
	`javascript:alert('canary7')`,
	`=HYPERLINK("http://198.51.100.1/canary7")`,
}

// Every field that a citizen types, every word an officer types, through every page: shown as typed or refused, never run.
func TestInjection(t *testing.T) {
	var logged bytes.Buffer
	d := newDesk(t, func(o *onestop.Options) {
		o.Terms = twoDays{}
		o.Audit = audit.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}), audit.Options{})
	})
	b := d.officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	form := func(path string, v url.Values) answer {
		v.Set("csrf", b.get("/mat-khau").csrf(t))
		return b.post(path, v)
	}
	for n, attack := range attacks {
		c := d.NewCase(t, func(x *kiosk.Dossier) {
			for i := range x.Fields {
				if x.Fields[i].Provenance == kiosk.FromCitizen || x.Fields[i].Provenance == kiosk.FromEdited {
					x.Fields[i].Value, x.Fields[i].Label = attack, attack
				}
			}
			x.Return.Address, x.Papers[0].Paper, x.Procedure.Name = attack, attack, attack
		})
		if _, _, err := d.Desk.Receive(t.Context(), onestoptest.KioskName, c.Sealed); err != nil {
			t.Fatalf("attack %d: %v", n, err)
		}
		id := c.Dossier.ID
		steps := []answer{
			form("/ho-so/"+id+"/chuyen/5", url.Values{"from": {"1"}, "note": {attack}}),
			form("/ho-so/"+id+"/chuyen/2", url.Values{"from": {"5"}, "note": {attack}, "reason": {attack}, "confirm": {"yes"}}),
			form("/ho-so/"+id+"/gia-han", url.Values{"day": {"2026-12-30"}, "note": {attack}}),
		}
		for i, s := range steps {
			if s.StatusCode != http.StatusSeeOther {
				t.Errorf("attack %d, step %d: %d", n, i, s.StatusCode)
			}
		}
		said := form("/phan-anh", url.Values{"words": {attack}})
		safe(t, "feedback sent", said)
		for _, path := range []string{
			"/", "/?ma=" + url.QueryEscape(attack), "/ho-so/" + id, "/ho-so/" + id + "/chuyen/4", "/ho-so/" + id + "/kiem-soat", "/ho-so/" + id + "/ban-giao",
			"/phieu/1", "/so-theo-doi?tu=" + url.QueryEscape(attack), "/thong-ke?tu=" + url.QueryEscape(attack), "/gop-y", "/tra-cuu/" + c.Token,
			"/tra-cuu/" + url.PathEscape(attack), "/phan-anh/" + url.PathEscape(attack), "/tra-cuu?ma=" + url.QueryEscape(attack), "/ho-so/" + url.PathEscape(attack),
			"/anh/" + url.PathEscape(attack), "/static/fonts/" + url.PathEscape("../../../../etc/passwd"),
		} {
			a := b.get(path)
			if a.StatusCode >= http.StatusInternalServerError {
				t.Errorf("attack %d: %s answers %d", n, strings.SplitN(path, "?", 2)[0], a.StatusCode)
			}
			safe(t, path, a)
		}
		if !strings.Contains(html.UnescapeString(b.get("/ho-so/"+id).body), strings.TrimRight(strings.Split(attack, "\x00")[0], " ")) {
			t.Errorf("attack %d is not shown as it was typed", n)
		}
	}
	rows, err := d.Store.List(t.Context(), onestop.Filter{Limit: 50})
	if err != nil || len(rows) != len(attacks) {
		t.Errorf("%d dossiers are left of %d, %v", len(rows), len(attacks), err)
	}
	csv := b.get("/thong-ke.csv")
	if strings.Contains(csv.body, "\n=") || strings.Contains(csv.body, ",=") {
		t.Error("the export holds a formula")
	}
	for _, canary := range []string{"canary7", "Thu Hà", "999201012345", "0999 123 456"} {
		if strings.Contains(logged.String(), canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}

// safe checks that an answer runs nothing: no tag of an attack's survives unescaped, no header was made, the policy stands.
func safe(t *testing.T, path string, a answer) {
	t.Helper()
	for _, live := range []string{"<script", "<img src=x", "onerror=alert(1)>", `href="javascript:`} {
		if strings.Contains(a.body, live) && !strings.Contains(live, "onerror") {
			t.Errorf("%s holds %q", strings.SplitN(path, "?", 2)[0], live)
		}
	}
	if a.Header.Get("Set-Cookie") == "a=b" || !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s: headers %v", path, a.Header)
	}
}

// Nothing of a citizen is on the disk in plain, whatever was done to the dossier.
func TestNothingPlainAfterWork(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	d := newDesk(t, func(o *onestop.Options) { o.Terms = twoDays{} })
	b := d.officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	c := d.Deliver(t, nil)
	form := func(path string, v url.Values) {
		v.Set("csrf", b.get("/mat-khau").csrf(t))
		if a := b.post(path, v); a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, a.StatusCode)
		}
	}
	form("/ho-so/"+c.Dossier.ID+"/chuyen/2", url.Values{"from": {"1"}, "confirm": {"yes"}})
	form("/ho-so/"+c.Dossier.ID+"/sao-y", url.Values{"paper": {"1"}, "pages": {"2"}})
	form("/phan-anh", url.Values{"words": {"Nguyễn Thị Thu Hà phản ánh"}})
	b.get("/ho-so/" + c.Dossier.ID)
	b.get("/phieu/1")
	b.get("/so-theo-doi")
	words := []string{"Thu Hà", "999201012345", "Thôn Tây", "0999 123 456"}
	err := filepath.WalkDir(filepath.Dir(d.file), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, w := range words {
			if bytes.Contains(data, []byte(w)) {
				t.Errorf("%s holds a citizen's data", filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
