package backoffice_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/backoffice/backofficetest"
	"motcua/kiosk/bundle"
)

func TestMemoryKeepsTheProtocol(t *testing.T) {
	backofficetest.Run(t, func(t testing.TB) backofficetest.Office {
		m := backofficetest.NewMemory(t)
		ca := backofficetest.Serve(t, http.NotFoundHandler(), m.AckKey())
		return backofficetest.Office{
			Receiver: m, AckKey: m.AckKey(), Reopen: func(testing.TB) backoffice.Receiver { return m },
			Word: func(_ testing.TB, name string) string {
				m.Certify("AAAAA-AAAAA", name, ca.IssueFor)
				return "AAAAA-AAAAA"
			},
			SetBundle: func(_ testing.TB, kind bundle.Kind, body []byte) { m.SetBundle(kind, body) },
		}
	})
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func TestHostileServers(t *testing.T) {
	key := newKey(t)
	for _, h := range backofficetest.Hostiles(t, key) {
		t.Run(h.Name, func(t *testing.T) {
			followed := false
			s := backofficetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				followed = followed || r.URL.Path == "/elsewhere"
				h.Answer(w, r)
			}), public(key))
			c := s.Client(t)
			sealed, token := backofficetest.NewSealed(t, []byte("body"))
			ack, err := c.Submit(t.Context(), sealed)
			if kiosk.CodeOf(err) != h.Submit || ack.Signature != nil {
				t.Errorf("Submit: %v", err)
			}
			var later interface{ RetryAfter() time.Duration }
			if h.After > 0 && (!errors.As(err, &later) || later.RetryAfter() != h.After) {
				t.Errorf("RetryAfter is not %v: %v", h.After, err)
			}
			if h.After == 0 && errors.As(err, &later) {
				t.Errorf("RetryAfter out of nothing: %v", later.RetryAfter())
			}
			_, statusErr := c.Status(t.Context(), token)
			if kiosk.CodeOf(statusErr) != h.Status {
				t.Errorf("Status: %v", statusErr)
			}
			for _, text := range []string{err.Error(), statusErr.Error()} {
				if strings.Contains(text, token) || strings.Contains(text, sealed.TokenID) || strings.Contains(text, "Nguyen Van A") || strings.Contains(text, "Wi-Fi") {
					t.Errorf("the error repeats what it must not: %s", text)
				}
			}
			if followed {
				t.Error("a redirect was followed")
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	key := newKey(t)
	s := backofficetest.Serve(t, http.NotFoundHandler(), public(key))
	sealed, _ := backofficetest.NewSealed(t, []byte("body"))
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, c := range map[string]struct {
		url  string
		want kiosk.Code
	}{
		"nobody listens":     {"https://" + closed.Addr().String(), kiosk.CodeOfficeOffline},
		"no such host":       {"https://office.invalid", kiosk.CodeOfficeOffline},
		"does not speak TLS": {strings.Replace(plain.URL, "http:", "https:", 1), kiosk.CodeOfficeUntrusted},
	} {
		client := s.Client(t, func(o *backoffice.Options) { o.URL = c.url })
		if _, err := client.Submit(t.Context(), sealed); kiosk.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimeoutIsOffline(t *testing.T) {
	key := newKey(t)
	release := make(chan struct{})
	s := backofficetest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}), public(key))
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	sealed, _ := backofficetest.NewSealed(t, []byte("body"))
	if _, err := s.Client(t).Submit(ctx, sealed); kiosk.CodeOf(err) != kiosk.CodeOfficeOffline {
		t.Errorf("timeout: %v", err)
	}
}

func TestServerWithAnotherName(t *testing.T) {
	m := backofficetest.NewMemory(t)
	s := backofficetest.Serve(t, backoffice.Handler(m), m.AckKey())
	c := s.Client(t, func(o *backoffice.Options) { o.URL = strings.Replace(o.URL, "127.0.0.1", "localhost", 1) })
	if err := c.Ping(t.Context()); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
		t.Errorf("certificate for another host: %v", err)
	}
	// A kiosk's certificate is no server's, though the same authority issued both.
	s.TLS.Certificates[0] = s.Issue(t, "kiosk-09", x509.ExtKeyUsageClientAuth)
	if err := s.Client(t).Ping(t.Context()); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
		t.Errorf("a kiosk that plays the office: %v", err)
	}
}

func TestSubmitRefusesBeforeSending(t *testing.T) {
	asked := false
	s := backofficetest.Serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }), public(newKey(t)))
	good, _ := backofficetest.NewSealed(t, []byte("body"))
	for name, change := range map[string]func(*kiosk.Sealed){
		"id":    func(s *kiosk.Sealed) { s.ID = "x" },
		"token": func(s *kiosk.Sealed) { s.TokenID = "0123456789" },
		"hash":  func(s *kiosk.Sealed) { s.SHA256[0]++ },
		"empty": func(s *kiosk.Sealed) { s.Body = nil },
		"large": func(s *kiosk.Sealed) { s.Body = make([]byte, backoffice.MaxBody+1) },
	} {
		bad := good
		change(&bad)
		if _, err := s.Client(t).Submit(t.Context(), bad); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked {
		t.Error("something was sent")
	}
}

func TestNewClientRefuses(t *testing.T) {
	s := backofficetest.Serve(t, http.NotFoundHandler(), public(newKey(t)))
	for name, c := range map[string]struct {
		change func(*backoffice.Options)
		code   kiosk.Code
	}{
		"http":           {func(o *backoffice.Options) { o.URL = "http://h" }, kiosk.CodeConfigInvalid},
		"no host":        {func(o *backoffice.Options) { o.URL = "https://" }, kiosk.CodeConfigInvalid},
		"no roots":       {func(o *backoffice.Options) { o.Roots = nil }, kiosk.CodeKeyMissing},
		"no certificate": {func(o *backoffice.Options) { o.Certificate.Certificate = nil }, kiosk.CodeKeyMissing},
		"no key":         {func(o *backoffice.Options) { o.AckKey = nil }, kiosk.CodeKeyMissing},
	} {
		o := s.Options
		c.change(&o)
		if _, err := backoffice.NewClient(o); kiosk.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReceiverErrors(t *testing.T) {
	m := backofficetest.NewMemory(t)
	c := backofficetest.Serve(t, backoffice.Handler(m), m.AckKey()).Client(t)
	sealed, _ := backofficetest.NewSealed(t, []byte("body"))
	for cause, want := range map[kiosk.Code]kiosk.Code{
		kiosk.CodeBadInput: kiosk.CodeOfficeRefused, kiosk.CodeStoreFull: kiosk.CodeOfficeOffline, kiosk.CodeStoreCorrupt: kiosk.CodeOfficeOffline,
		kiosk.CodeUnavailable: kiosk.CodeOfficeOffline, kiosk.CodeInternal: kiosk.CodeOfficeOffline,
	} {
		m.Fail(&kiosk.Error{Code: cause})
		if _, err := c.Submit(t.Context(), sealed); kiosk.CodeOf(err) != want {
			t.Errorf("%s: %v", cause, err)
		}
	}
	m.Fail(fmt.Errorf("wrapped: %w", backoffice.ErrConflict))
	if _, err := c.Submit(t.Context(), sealed); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("conflict: %v", err)
	}
	m.Fail(nil)
	if _, err := c.Submit(t.Context(), sealed); err != nil {
		t.Error(err)
	}
}

func BenchmarkSubmit2MB(b *testing.B) {
	m := backofficetest.NewMemory(b)
	c := backofficetest.Serve(b, backoffice.Handler(m), m.AckKey()).Client(b)
	body := make([]byte, 2<<20)
	for b.Loop() {
		sealed, _ := backofficetest.NewSealed(b, body)
		if _, err := c.Submit(b.Context(), sealed); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLostAnswer: the office has the dossier, the kiosk does not know; delivering again gives the one acknowledgement.
func TestLostAnswer(t *testing.T) {
	m := backofficetest.NewMemory(t)
	c := backofficetest.Serve(t, backoffice.Handler(m), m.AckKey()).Client(t)
	sealed, _ := backofficetest.NewSealed(t, []byte("body"))
	m.LoseAnswers(2)
	for range 2 {
		if _, err := c.Submit(t.Context(), sealed); kiosk.CodeOf(err) != kiosk.CodeOfficeOffline {
			t.Errorf("lost answer: %v", err)
		}
	}
	ack, err := c.Submit(t.Context(), sealed)
	if err != nil || ack.DossierID != sealed.ID {
		t.Errorf("third delivery: %v", err)
	}
	if taken := m.Taken(); len(taken) != 1 || string(taken[sealed.ID]) != "body" {
		t.Errorf("the office has %d dossiers", len(taken))
	}
}
