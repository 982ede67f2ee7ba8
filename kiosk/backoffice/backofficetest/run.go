package backofficetest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/bundle"
)

// Office is a receiver under test.
type Office struct {
	Receiver backoffice.Receiver
	AckKey   ed25519.PublicKey

	// Seal makes a delivery with pages that the office takes in from [Device]; nil: any bytes do.
	Seal func(t testing.TB, id, token string, pages ...[]byte) kiosk.Sealed
	// SealFeedback makes the body of feedback with that id and code; nil: any bytes do.
	SealFeedback func(t testing.TB, id, code string) []byte
	// Word gives a one-time word for a kiosk to enrol by; nil: this office certifies by hand, and enrolment is not asked for.
	Word func(t testing.TB, name string) string
	// SetBundle makes a bundle that kiosks may fetch; nil: this office gives none.
	SetBundle func(t testing.TB, kind bundle.Kind, body []byte)
	// Reopen ends the receiver as a crash would and gives another on the same data; nil: it keeps nothing.
	Reopen func(t testing.TB) backoffice.Receiver
}

// Run checks that a receiver behind [backoffice.Handler] keeps the intake protocol, and that every answer it gives is one that the
// OpenAPI document describes, and the other way round.
func Run(t *testing.T, newOffice func(t testing.TB) Office) {
	rec := newRecorder(t)
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			c.test(t, &bench{Office: o, server: Serve(t, rec.around(backoffice.Handler(o.Receiver)), o.AckKey)})
		})
	}
	rec.check(t)
}

// suite is what is asked of a receiver.
var suite = []struct {
	name string
	test func(*testing.T, *bench)
}{
	{"deliver", deliver}, {"replay", replay}, {"conflict", conflict}, {"at once", atOnce}, {"status", status},
	{"guesses", guesses}, {"requests", requests}, {"certificates", certificates}, {"reopen", reopen},
	{"parts", parts}, {"resume", resume}, {"missing parts", missing}, {"foreign parts", foreignParts}, {"bad parts", badParts},
	{"changes", changes}, {"heartbeat", heartbeat}, {"nonce", nonce}, {"ratings", ratings}, {"feedback", feedback}, {"bundles", bundles},
	{"enrolment", enrolment}, {"wrong words", wrongWords}, {"small questions", smallQuestions}, {"document", document},
}

// RunRemote asks the suite of a receiver that runs somewhere, as a kiosk that it has enrolled. What needs its authority or a look
// inside is skipped; guessing comes last, because an office holds the guesser up. It leaves dossiers there: use a training office.
func RunRemote(t *testing.T, o Office, options backoffice.Options) {
	turn := map[string]int{"ratings": 1, "wrong words": 1, "guesses": 2} // the ratings spend this kiosk's guesses
	for now := range 2 {
		for _, c := range suite {
			if turn[c.name] == now {
				t.Run(c.name, func(t *testing.T) { c.test(t, &bench{Office: o, server: Remote(options)}) })
			}
		}
	}
}

// bench is an office with a server around it.
type bench struct {
	Office
	server *Server
}

func (b *bench) sealed(t testing.TB, pages ...[]byte) (s kiosk.Sealed, token string) {
	t.Helper()
	s, token = NewSealed(t, []byte("sealed "+NewID()))
	if b.Seal != nil {
		created := s.Created
		s = b.Seal(t, s.ID, token, pages...)
		s.Created = created
		return s, token
	}
	for _, p := range pages {
		s.Parts = append(s.Parts, kiosk.SealedPart{SHA256: sha256.Sum256(p), Size: int64(len(p)), Data: bytes.NewReader(p)})
	}
	return s, token
}

func (b *bench) submit(t testing.TB, s kiosk.Sealed) kiosk.Acknowledgement {
	t.Helper()
	a, err := b.server.Client(t).Submit(t.Context(), s)
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	return a
}

func deliver(t *testing.T, b *bench) {
	s, _ := b.sealed(t)
	a := b.submit(t, s)
	if a.DossierID != s.ID || a.BodySHA256 != s.SHA256 || a.Office == "" || a.State != kiosk.StateRegistered || a.Number != "" {
		t.Errorf("acknowledgement does not fit: %+v", a)
	}
	if d := time.Since(a.ReceivedAt); d < -time.Minute || d > time.Minute {
		t.Errorf("received %v ago", d)
	}
	if err := b.server.Client(t).Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
}

func replay(t *testing.T, b *bench) {
	s, _ := b.sealed(t)
	first, firstStatus := b.raw(t, s, nil)
	again, againStatus := b.raw(t, s, nil)
	if firstStatus != http.StatusCreated || againStatus != http.StatusOK || !bytes.Equal(first, again) {
		t.Errorf("statuses %d %d, answers equal: %t", firstStatus, againStatus, bytes.Equal(first, again))
	}
}

func conflict(t *testing.T, b *bench) {
	s, _ := b.sealed(t)
	a := b.submit(t, s)
	other := s
	other.Body = append(bytes.Clone(s.Body), 'x')
	other.SHA256 = sha256.Sum256(other.Body)
	if _, err := b.server.Client(t).Submit(t.Context(), other); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("another body under the same id: %v", err)
	}
	if got := b.submit(t, s); !bytes.Equal(got.Signature, a.Signature) {
		t.Error("the conflict changed the acknowledgement")
	}
}

// atOnce delivers one dossier from several connections at a time: one is taken in, all hear the same.
func atOnce(t *testing.T, b *bench) {
	s, _ := b.sealed(t)
	var wg sync.WaitGroup
	signatures := make([][]byte, 6)
	for i := range signatures {
		c := b.server.Client(t)
		wg.Go(func() {
			a, err := c.Submit(t.Context(), s)
			if err != nil {
				t.Errorf("submit: %v", err)
			}
			signatures[i] = a.Signature
		})
	}
	wg.Wait()
	for _, got := range signatures[1:] {
		if !bytes.Equal(got, signatures[0]) {
			t.Error("acknowledgements differ")
		}
	}
}

func status(t *testing.T, b *bench) {
	s, token := b.sealed(t)
	c := b.server.Client(t)
	if _, err := c.Status(t.Context(), token); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("before the delivery: %v", err)
	}
	b.submit(t, s)
	got, err := c.Status(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != kiosk.StateRegistered || got.Number != "" || !got.Submitted.Equal(s.Created) || got.Updated.IsZero() || got.Office == "" {
		t.Errorf("status does not fit: %+v", got)
	}
}

// guesses tries tokens until the office has enough; a second kiosk is not held up by the first.
func guesses(t *testing.T, b *bench) {
	s, token := b.sealed(t)
	b.submit(t, s)
	c := b.server.Client(t)
	var err error
	n := 0
	for ; n < 100; n++ {
		if _, err = c.Status(t.Context(), "0000000000"); kiosk.CodeOf(err) != kiosk.CodeNotFound {
			break
		}
	}
	if kiosk.CodeOf(err) != kiosk.CodeOfficeOffline || n < 5 {
		t.Errorf("after %d guesses: %v", n, err)
	}
	other := b.server.Client(t, func(o *backoffice.Options) { o.Certificate = b.server.Issue(t, "kiosk-02", x509.ExtKeyUsageClientAuth) })
	if _, err := other.Status(t.Context(), token); err != nil {
		t.Errorf("another kiosk: %v", err)
	}
}

func requests(t *testing.T, b *bench) {
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"no key":          {func(r *http.Request) { r.Header.Del(backoffice.HeaderKey) }, 400},
		"key not a UUID":  {func(r *http.Request) { r.Header.Set(backoffice.HeaderKey, "../../etc/passwd") }, 400},
		"no hash":         {func(r *http.Request) { r.Header.Del(backoffice.HeaderSHA256) }, 400},
		"another hash":    {func(r *http.Request) { r.Header.Set(backoffice.HeaderSHA256, strings.Repeat("0", 64)) }, 400},
		"no token id":     {func(r *http.Request) { r.Header.Del(backoffice.HeaderTokenID) }, 400},
		"a bare token":    {func(r *http.Request) { r.Header.Set(backoffice.HeaderTokenID, "0123456789") }, 400},
		"parts cut":       {func(r *http.Request) { r.Header.Set(backoffice.HeaderParts, strings.Repeat("0", 63)) }, 400},
		"parts as words":  {func(r *http.Request) { r.Header.Set(backoffice.HeaderParts, "../../etc/passwd") }, 400},
		"packed":          {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415},
		"no time":         {func(r *http.Request) { r.Header.Del(backoffice.HeaderCreated) }, 400},
		"time as a word":  {func(r *http.Request) { r.Header.Set(backoffice.HeaderCreated, "yesterday") }, 400},
		"as a form":       {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
		"empty":           {func(r *http.Request) { setBody(r, nil) }, 400},
		"too large":       {func(r *http.Request) { setBody(r, make([]byte, backoffice.MaxBody+1)) }, 413},
		"too large, slow": {func(r *http.Request) { setBody(r, make([]byte, backoffice.MaxBody+1)); r.ContentLength = -1 }, 413},
		"put":             {func(r *http.Request) { r.Method = http.MethodPut }, 404},
		"another path":    {func(r *http.Request) { r.URL.Path = "/api/v1/dossiers/x" }, 404},
	} {
		s, _ := b.sealed(t)
		answer, got := b.raw(t, s, c.change)
		if got != c.want || !bytes.HasPrefix(answer, []byte(`{"code":"`)) {
			t.Errorf("%s: status %d, %d bytes", name, got, len(answer))
		}
	}
}

func setBody(r *http.Request, b []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	sum := sha256.Sum256(b)
	r.Header.Set(backoffice.HeaderSHA256, hex.EncodeToString(sum[:]))
}

// raw sends a delivery without the client, changed as asked.
func (b *bench) raw(t testing.TB, s kiosk.Sealed, change func(*http.Request)) (answer []byte, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+backoffice.PathDossiers, bytes.NewReader(s.Body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"Content-Type": {"application/octet-stream"}, backoffice.HeaderKey: {s.ID}, backoffice.HeaderTokenID: {s.TokenID},
		backoffice.HeaderSHA256: {hex.EncodeToString(s.SHA256[:])}, backoffice.HeaderCreated: {s.Created.UTC().Format("2006-01-02T15:04:05.000000Z")},
	}
	if change != nil {
		change(r)
	}
	return b.do(t, r, b.server.Options.Certificate)
}

func (b *bench) do(t testing.TB, r *http.Request, certificates ...tls.Certificate) (answer []byte, status int) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: b.server.Options.Roots, Certificates: certificates}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return answer, res.StatusCode
}

// certificates: nobody without one is listened to.
func certificates(t *testing.T, b *bench) {
	for _, route := range backoffice.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if path == backoffice.PathEnrol || path == backoffice.PathOpenAPI {
			continue
		}
		path = strings.NewReplacer("{sha256}", strings.Repeat("0", 64), "{kind}", "catalogue").Replace(path)
		r, err := http.NewRequestWithContext(t.Context(), method, b.server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := b.do(t, r); got != http.StatusUnauthorized {
			t.Errorf("%s without a certificate: %d", route, got)
		}
	}
	stranger := Serve(t, http.NotFoundHandler(), b.AckKey)
	c := b.server.Client(t, func(o *backoffice.Options) { o.Certificate = stranger.Options.Certificate })
	if err := c.Ping(t.Context()); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("another office's kiosk: %v", err)
	}
	c = b.server.Client(t, func(o *backoffice.Options) { o.Roots = stranger.Options.Roots })
	if err := c.Ping(t.Context()); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
		t.Errorf("another office's server: %v", err)
	}
}

// reopen: what was acknowledged survives.
func reopen(t *testing.T, b *bench) {
	if b.Reopen == nil {
		t.Skip("the receiver keeps nothing")
	}
	s, token := b.sealed(t)
	a := b.submit(t, s)
	r := b.Reopen(t)
	ctx := context.Background()
	got, again, err := r.Receive(ctx, Device, s)
	if err != nil || !again || !bytes.Equal(got.Signature, a.Signature) {
		t.Errorf("after reopening: replay %t, %v", again, err)
	}
	if _, err := r.StatusByToken(ctx, kiosk.TokenID(token)); err != nil {
		t.Errorf("status after reopening: %v", err)
	}
}
