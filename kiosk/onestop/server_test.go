package onestop_test

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/backoffice/backofficetest"
	"motcua/kiosk/bundle"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/seal"
)

// The desk keeps the intake protocol, over real TLS and through a restart on the same database.
func TestConformance(t *testing.T) {
	backofficetest.Run(t, func(t testing.TB) backofficetest.Office {
		path := filepath.Join(t.TempDir(), "onestop.db")
		open := func(change func(*onestop.Options)) (*onestoptest.Office, *sqlite.DB) {
			store, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			return onestoptest.New(t, store, change), store
		}
		var keys onestop.Options
		bundles := t.TempDir()
		o, store := open(func(opt *onestop.Options) { opt.Now, opt.Bundles = time.Now, bundles; keys = *opt })
		return backofficetest.Office{
			Receiver: o.Desk, AckKey: keys.Ack.Public().(ed25519.PublicKey),
			Seal: func(t testing.TB, id, token string, pages ...[]byte) kiosk.Sealed {
				c := o.NewCase(t, func(d *kiosk.Dossier) { d.ID, d.Token, d.Papers = id, token, nil })
				if len(pages) == 0 {
					return c.Sealed
				}
				return o.SealBytes(t, c.Dossier, []byte("a package that officers cannot read is taken in all the same"), pages...)
			},
			SealFeedback: func(t testing.TB, id, code string) []byte {
				plain, err := json.Marshal(kiosk.Feedback{Code: code, Kiosk: onestoptest.KioskName, At: time.Now(), Text: "Quầy số 2 chờ lâu."})
				if err != nil {
					t.Fatal(err)
				}
				body, err := seal.SealFile(o.Keys.PublicKeys()[0], onestoptest.KioskName, id, plain)
				if err != nil {
					t.Fatal(err)
				}
				return body
			},
			Word: func(t testing.TB, name string) string {
				word, _, err := o.Desk.NewEnrolment(t.Context(), name)
				if err != nil {
					t.Fatal(err)
				}
				return word
			},
			SetBundle: func(t testing.TB, kind bundle.Kind, body []byte) {
				if err := os.WriteFile(filepath.Join(bundles, string(kind)+".json"), body, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			Reopen: func(t testing.TB) backoffice.Receiver {
				if err := store.Close(); err != nil {
					t.Fatal(err)
				}
				again, _ := open(func(opt *onestop.Options) {
					opt.Now, opt.Seal, opt.Ack, opt.Devices = time.Now, keys.Seal, keys.Ack, keys.Devices
				})
				return again.Desk
			},
		}
	})
}

// serve runs a whole server in-process.
func serve(t *testing.T, o *onestoptest.Office, revoked ...string) *onestop.Server {
	t.Helper()
	s, err := onestop.NewServer(onestop.ServerOptions{
		Desk: o.Desk, Intake: "127.0.0.1:0", TLS: o.Keys.Server, Clients: o.Keys.CA.Pool(), Officers: "127.0.0.1:0", Revoked: revoked,
		Pages: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "trang") }), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// A kiosk delivers through the real client, and the officers' listener answers on its own address.
func TestServer(t *testing.T) {
	o := newOffice(t, func(opt *onestop.Options) { opt.Now = time.Now })
	s := serve(t, o)
	office := o.Keys.Office("UBND xã Thử Nghiệm", "https://"+s.IntakeAddr(), "0999 000 111", "http://"+s.OfficersAddr()+"/tra-cuu/")
	pool, err := office.Pool()
	if err != nil {
		t.Fatal(err)
	}
	client, err := backoffice.NewClient(backoffice.Options{URL: office.Intake, Roots: pool, Certificate: o.Kiosk.TLS(), AckKey: office.AckKey})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	o.Clock.T = time.Now()
	c := o.NewCase(t, nil)
	if _, err := client.Submit(t.Context(), c.Sealed); err != nil {
		t.Fatal(err)
	}
	st, err := client.Status(t.Context(), c.Token)
	if err != nil || st.State != kiosk.StateRegistered || st.Procedure != "Đăng ký khai sinh" {
		t.Errorf("status %+v, %v", st, err)
	}
	res, err := http.Get("http://" + s.OfficersAddr() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != "trang" {
		t.Errorf("%q, %v", b, err)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// A kiosk that is no longer let in learns so; the others go on.
func TestServerRevoked(t *testing.T) {
	for revoked, want := range map[string]kiosk.Code{onestoptest.KioskName: kiosk.CodeOfficeRefused, "kiosk-99": ""} {
		o := newOffice(t, func(opt *onestop.Options) { opt.Now = time.Now })
		s := serve(t, o, revoked)
		client, err := backoffice.NewClient(backoffice.Options{
			URL: "https://" + s.IntakeAddr(), Roots: o.Keys.CA.Pool(), Certificate: o.Kiosk.TLS(), AckKey: o.Keys.Ack.Public().(ed25519.PublicKey),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Ping(t.Context()); kiosk.CodeOf(err) != want {
			t.Errorf("%s is revoked: %v", revoked, err)
		}
		client.Close()
	}
}

func TestServerRefuses(t *testing.T) {
	o := newOffice(t, nil)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	options := func() onestop.ServerOptions {
		return onestop.ServerOptions{
			Desk: o.Desk, Intake: "127.0.0.1:0", TLS: o.Keys.Server, Clients: o.Keys.CA.Pool(), Officers: "127.0.0.1:0",
			Pages: http.NotFoundHandler(),
		}
	}
	for name, tt := range map[string]struct {
		change func(*onestop.ServerOptions)
		want   kiosk.Code
		text   string
	}{
		"intake's port in use":   {func(p *onestop.ServerOptions) { p.Intake = taken.Addr().String() }, kiosk.CodePortInUse, "[intake]"},
		"officers' port in use":  {func(p *onestop.ServerOptions) { p.Officers = taken.Addr().String() }, kiosk.CodePortInUse, "[officers]"},
		"no address":             {func(p *onestop.ServerOptions) { p.Intake = "nonsense" }, kiosk.CodeConfigInvalid, "[intake]"},
		"officers without TLS":   {func(p *onestop.ServerOptions) { p.Officers = "0.0.0.0:0" }, kiosk.CodeConfigInvalid, "without TLS"},
		"every address, no host": {func(p *onestop.ServerOptions) { p.Officers = ":0" }, kiosk.CodeConfigInvalid, "without TLS"},
	} {
		p := options()
		tt.change(&p)
		s, err := onestop.NewServer(p)
		if err == nil {
			err = s.Open(t.Context())
			if cerr := s.Close(); cerr != nil {
				t.Errorf("%s: close: %v", name, cerr)
			}
		}
		if kiosk.CodeOf(err) != tt.want || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfig(t *testing.T) {
	c, err := onestop.ParseConfig(onestop.SampleConfig("UBND xã Thử Nghiệm", "0999 000 111"), "/etc/motcua")
	if err != nil {
		t.Fatal(err)
	}
	want := onestop.DefaultConfig()
	want.Office, want.Hotline = "UBND xã Thử Nghiệm", "0999 000 111"
	if d := cmp.Diff(want, c, cmpopts.IgnoreUnexported(onestop.Config{})); d != "" {
		t.Errorf("the sample and the defaults differ:\n%s", d)
	}
	if got := c.Path(c.Data); got != "/etc/motcua/onestop.db" {
		t.Errorf("path %s", got)
	}
	head := "office = \"x\"\nhotline = \"1\"\n"
	for name, tt := range map[string]struct{ text, want string }{
		"unknown key":        {head + "ofice = 1", `"ofice"`},
		"unknown in a table": {head + "[intake]\nport = 1", `"intake.port"`},
		"wrong type":         {head + "[intake]\nlisten = 8443", "string"},
		"not TOML":           {head + "a = = b", "line 3"},
		"no office":          {"hotline = \"1\"", "office"},
		"no hotline":         {"office = \"x\"", "hotline"},
		"level":              {head + "log_level = \"loud\"", "log_level"},
		"half a certificate": {head + "[officers]\ncertificate = \"a.crt\"", "certificate and key"},
		"pattern":            {head + "[number]\npattern = \"{seq}\"", "[number]"},
		"check":              {head + "[number]\ncheck = '[0-9]+'", "does not match"},
		"not an expression":  {head + "[number]\ncheck = '('", "regular expression"},
	} {
		if _, err := onestop.ParseConfig(tt.text, "."); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := onestop.LoadConfig(filepath.Join(t.TempDir(), "none.toml")); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Errorf("no file: %v", err)
	}
}
