package backofficetest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/bundle"
)

// changes: a kiosk hears of its own dossiers, in order, from where it was.
func changes(t *testing.T, b *bench) {
	c := b.server.Client(t)
	start := int64(0)
	for {
		list, cursor, err := c.Changes(t.Context(), start)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		start = cursor
	}
	var ids []string
	for range 3 {
		s, _ := b.sealed(t)
		b.submit(t, s)
		ids = append(ids, s.ID)
	}
	list, cursor, err := c.Changes(t.Context(), start)
	if err != nil || len(list) != 3 {
		t.Fatalf("changes %+v: %v", list, err)
	}
	for i, ch := range list {
		if ch.DossierID != ids[i] || ch.State != kiosk.StateRegistered || ch.Number != "" || ch.At.IsZero() {
			t.Errorf("change %d: %+v", i, ch)
		}
	}
	if rest, _, err := c.Changes(t.Context(), list[0].Cursor); err != nil || len(rest) != 2 || rest[0].DossierID != ids[1] {
		t.Errorf("after the first: %+v %v", rest, err)
	}
	if rest, same, err := c.Changes(t.Context(), cursor); err != nil || len(rest) != 0 || same != cursor {
		t.Errorf("after the last: %+v %v", rest, err)
	}
	other := b.server.Client(t, func(o *backoffice.Options) { o.Certificate = b.server.Issue(t, "kiosk-02", x509.ExtKeyUsageClientAuth) })
	if list, _, err := other.Changes(t.Context(), 0); err != nil || len(list) != 0 {
		t.Errorf("another kiosk hears %+v: %v", list, err)
	}
	if got := b.ask(t, http.MethodGet, backoffice.PathChanges+"?after=-1", nil, nil, b.server.Options.Certificate); got.status != 400 {
		t.Errorf("a cursor that is none: %d", got.status)
	}
}

func heartbeat(t *testing.T, b *bench) {
	c := b.server.Client(t)
	good := backoffice.Heartbeat{Version: "1", At: time.Now(), Unsent: 2, OldestAge: 90, Checks: map[string]string{"disk": "ok", "clock": "warn"}, DaysLeft: 80}
	if err := c.Heartbeat(t.Context(), good); err != nil {
		t.Error(err)
	}
	bad := good
	bad.Checks = map[string]string{"disk": "<b>"}
	if err := c.Heartbeat(t.Context(), bad); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("a result that is none: %v", err)
	}
	bad.Checks = map[string]string{strings.Repeat("x", 9000): "ok"}
	if err := c.Heartbeat(t.Context(), bad); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("too long: %v", err)
	}
}

func ratings(t *testing.T, b *bench) {
	s, _ := b.sealed(t)
	c := b.server.Client(t)
	if err := c.Rate(t.Context(), backoffice.Rating{TokenID: s.TokenID, Score: 4}); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("before the delivery: %v", err)
	}
	b.submit(t, s)
	for range 2 { // a lost answer makes the kiosk send it again
		if err := c.Rate(t.Context(), backoffice.Rating{TokenID: s.TokenID, Score: 4}); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []backoffice.Rating{{TokenID: s.TokenID, Score: 0}, {TokenID: s.TokenID, Score: 6}, {TokenID: "x", Score: 3}} {
		if err := c.Rate(t.Context(), bad); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for range 100 {
		if got := b.json(t, backoffice.PathRatings, `{"token_id":"`+strings.Repeat("0", 64)+`","score":1}`); got.status == 429 {
			return
		}
	}
	t.Error("guessing tokens by rating is never held up")
}

func (b *bench) json(t testing.TB, path, body string) asked {
	t.Helper()
	return b.ask(t, http.MethodPost, path, []byte(body), http.Header{"Content-Type": {"application/json"}}, b.server.Options.Certificate)
}

func feedback(t *testing.T, b *bench) {
	s, token := NewSealed(t, []byte("sealed feedback"))
	if b.SealFeedback != nil {
		s.Body = b.SealFeedback(t, s.ID, token)
		s.SHA256 = sum(s.Body)
	}
	c := b.server.Client(t)
	for range 2 {
		if err := c.Feedback(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	large := s
	large.Body = make([]byte, backoffice.MaxFeedback+1)
	large.SHA256 = sum(large.Body)
	if err := c.Feedback(t.Context(), large); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("too large: %v", err)
	}
	s.SHA256[0]++
	if err := c.Feedback(t.Context(), s); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("another hash: %v", err)
	}
	if got := b.json(t, backoffice.PathFeedback, `{}`); got.status != 415 {
		t.Errorf("as JSON: %d", got.status)
	}
}

// nonce: a fresh value each time, of the present.
func nonce(t *testing.T, b *bench) {
	c := b.server.Client(t)
	first, err := c.Nonce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Nonce(t.Context())
	if err != nil || bytes.Equal(first.Value, second.Value) || second.At.Before(first.At) {
		t.Errorf("%v after %v: %v", second, first, err)
	}
}

func bundles(t *testing.T, b *bench) {
	c := b.server.Client(t)
	if b.SetBundle == nil {
		t.Skip("the office gives no bundles")
	}
	if _, err := c.Bundle(t.Context(), bundle.KindRota, ""); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("a bundle that is not there: %v", err)
	}
	if got := b.ask(t, http.MethodGet, backoffice.PathBundles+"..%2fsecret", nil, nil, b.server.Options.Certificate); got.status != 404 {
		t.Errorf("a kind that is none: %d", got.status)
	}
	b.SetBundle(t, bundle.KindCalendar, []byte(`{"days":[]}`))
	data, err := c.Bundle(t.Context(), bundle.KindCalendar, "")
	if err != nil {
		t.Fatalf("bundle: %v", err)
	}
	first, err := bundle.Open(data, bundle.KindCalendar, []ed25519.PublicKey{b.AckKey})
	if err != nil || string(first.Payload) != `{"days":[]}` {
		t.Fatalf("bundle: %v", err)
	}
	if same, err := c.Bundle(t.Context(), bundle.KindCalendar, bundle.ETag(data)); err != nil || same != nil {
		t.Errorf("unchanged: %v %v", same, err)
	}
	b.SetBundle(t, bundle.KindCalendar, []byte(`{"days":["2026-11-24"]}`))
	if next, err := c.Bundle(t.Context(), bundle.KindCalendar, bundle.ETag(data)); err != nil || next == nil || bytes.Equal(next, data) {
		t.Errorf("changed: %v", err)
	}
	if _, err := bundle.Open(data, bundle.KindCalendar, []ed25519.PublicKey{make([]byte, 32)}); bundle.RefusalOf(err) != bundle.Unsigned {
		t.Errorf("signed by another office: %v", err)
	}
}

// NewRequest makes a key and a certificate request of a kiosk.
func NewRequest(t testing.TB, name string) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

// certified reads an enrolment's answer: a certificate for the key that names the kiosk.
func certified(t testing.TB, e backoffice.Enrolled, key *ecdsa.PrivateKey, name string) tls.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(e.Certificate))
	if block == nil {
		t.Fatal("no certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if cert.Subject.CommonName != name || !key.PublicKey.Equal(cert.PublicKey) || !json.Valid(e.Office) {
		t.Errorf("certificate is for %q, not %q", cert.Subject.CommonName, name)
	}
	return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
}

// enrolment: a word certifies one kiosk once, under the name the office decided; a certificate renews itself.
func enrolment(t *testing.T, b *bench) {
	if b.Word == nil {
		t.Skip("the office certifies by hand")
	}
	word := b.Word(t, "kiosk-07")
	enrol := func(word string, csr []byte) (backoffice.Enrolled, error) {
		return backoffice.Enrol(t.Context(), backoffice.Options{URL: b.server.URL, Roots: b.server.Options.Roots}, word, csr)
	}
	if _, err := enrol(word, []byte("not a request")); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("a request that is none: %v", err)
	}
	key, csr := NewRequest(t, "kiosk-99")
	e, err := enrol(word, csr)
	if err != nil {
		t.Fatalf("enrol: %v", err)
	}
	certified(t, e, key, "kiosk-07")
	if _, err := enrol(word, csr); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("the word twice: %v", err)
	}
	fresh, csr := NewRequest(t, "kiosk-99")
	again, err := b.server.Client(t).Renew(t.Context(), csr)
	if err != nil {
		t.Fatalf("renew: %v", err)
	}
	certified(t, again, fresh, Device)
	if _, err := b.server.Client(t).Renew(t.Context(), []byte("x")); kiosk.CodeOf(err) != kiosk.CodeOfficeRefused {
		t.Errorf("a renewal that is none: %v", err)
	}
	stranger := Serve(t, http.NotFoundHandler(), b.AckKey)
	if _, err := backoffice.Enrol(t.Context(), backoffice.Options{URL: b.server.URL, Roots: stranger.Options.Roots}, word, csr); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
		t.Errorf("an office that is not ours: %v", err)
	}
}

// wrongWords: guessing is held up.
func wrongWords(t *testing.T, b *bench) {
	_, csr := NewRequest(t, "kiosk-07")
	body, err := json.Marshal(map[string]string{"word": "00000-00000", "csr": string(csr)})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		got := b.ask(t, http.MethodPost, backoffice.PathEnrol, body, http.Header{"Content-Type": {"application/json"}})
		switch got.status {
		case 404, 503:
			continue
		case 429:
			return
		}
		t.Fatalf("guess %d: %d %s", n, got.status, got.body)
	}
	t.Error("guessing words is never held up")
}

// smallQuestions: each JSON question is refused when it is too large, of another type, or not what it should be.
func smallQuestions(t *testing.T, b *bench) {
	for _, path := range []string{
		backoffice.PathStatus, backoffice.PathHeartbeat, backoffice.PathRatings, backoffice.PathRenew, backoffice.PathEnrol,
	} {
		for name, c := range map[string]struct {
			body string
			want int
		}{
			"not JSON": {"x", 400}, "unknown key": {`{"admin":true}`, 400}, "two values": {"{}{}", 400}, "large": {`{"csr":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
		} {
			if got := b.json(t, path, c.body); got.status != c.want {
				t.Errorf("%s, %s: %d, not %d", path, name, got.status, c.want)
			}
		}
		if got := b.ask(t, http.MethodPost, path, []byte("{}"), http.Header{"Content-Type": {"text/plain"}}, b.server.Options.Certificate); got.status != 415 {
			t.Errorf("%s as text: %d", path, got.status)
		}
	}
}

// document: the office serves the document that describes it, to anybody.
func document(t *testing.T, b *bench) {
	got := b.ask(t, http.MethodGet, backoffice.PathOpenAPI, nil, nil)
	if got.status != 200 || !bytes.Equal(got.body, backoffice.OpenAPI()) {
		t.Errorf("document: %d", got.status)
	}
	spec := readSpec(t)
	var described []string
	for path, item := range spec.Paths {
		for method := range item.operations {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	served := backoffice.Routes()
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described %v\nserved    %v", described, served)
	}
}
