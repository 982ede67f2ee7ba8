package backofficetest

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
)

// scan makes bytes that an office has never seen.
func scan(n int) []byte {
	b := make([]byte, n)
	r := rand.NewPCG(rand.Uint64(), rand.Uint64())
	for i := range b {
		b[i] = byte(r.Uint64())
	}
	return b
}

// asked is a request with what it was answered.
type asked struct {
	status int
	header http.Header
	body   []byte
}

func (b *bench) ask(t testing.TB, method, path string, body []byte, header http.Header, certificates ...tls.Certificate) asked {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.server.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: b.server.Options.Roots, Certificates: certificates}, DisableCompression: true}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return asked{res.StatusCode, res.Header, answer}
}

func partPath(sum [32]byte) string { return backoffice.PathParts + hex.EncodeToString(sum[:]) }

// put sends a piece of a part by hand.
func (b *bench) put(t testing.TB, sum [32]byte, size, offset int, piece []byte) asked {
	t.Helper()
	return b.ask(t, http.MethodPut, partPath(sum), piece, http.Header{
		"Content-Type": {"application/octet-stream"}, backoffice.HeaderLength: {strconv.Itoa(size)}, backoffice.HeaderOffset: {strconv.Itoa(offset)},
	}, b.server.Options.Certificate)
}

func (b *bench) head(t testing.TB, sum [32]byte) asked {
	t.Helper()
	return b.ask(t, http.MethodHead, partPath(sum), nil, nil, b.server.Options.Certificate)
}

func readAll(t testing.TB, p kiosk.SealedPart) []byte {
	t.Helper()
	all, err := io.ReadAll(io.NewSectionReader(p.Data, 0, p.Size))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// parts: a dossier with pages of many sizes, twice: the second time nothing is sent again.
func parts(t *testing.T, b *bench) {
	s, token := b.sealed(t, scan(1), scan(1<<20), scan(2<<20+1), scan(5<<20))
	first := b.submit(t, s)
	for i, p := range s.Parts {
		if got := b.head(t, p.SHA256); got.status != 200 || got.header.Get(backoffice.HeaderOffset) != strconv.FormatInt(p.Size, 10) || got.header.Get(backoffice.HeaderDone) != "?1" {
			t.Errorf("part %d after the delivery: %d %v", i, got.status, got.header)
		}
	}
	if again := b.submit(t, s); !bytes.Equal(again.Signature, first.Signature) {
		t.Error("the second delivery has another acknowledgement")
	}
	if _, err := b.server.Client(t).Status(t.Context(), token); err != nil {
		t.Error(err)
	}
}

// resume: the office has a part of a part; the client goes on from there, also when the office has more than it said.
func resume(t *testing.T, b *bench) {
	s, _ := b.sealed(t, scan(300_000))
	p := s.Parts[0]
	all := readAll(t, p)
	if got := b.head(t, p.SHA256); got.status != 404 || got.header.Get(backoffice.HeaderOffset) != "0" {
		t.Errorf("before: %d %v", got.status, got.header)
	}
	if got := b.put(t, p.SHA256, len(all), 0, all[:100_000]); got.status != 204 || got.header.Get(backoffice.HeaderOffset) != "100000" || got.header.Get(backoffice.HeaderDone) != "?0" {
		t.Errorf("a piece: %d %v", got.status, got.header)
	}
	if got := b.put(t, p.SHA256, len(all), 0, all); got.status != 409 || got.header.Get(backoffice.HeaderOffset) != "100000" {
		t.Errorf("from the beginning again: %d %v", got.status, got.header)
	}
	if got := b.put(t, p.SHA256, len(all), 200_000, all[200_000:]); got.status != 409 || got.header.Get(backoffice.HeaderOffset) != "100000" {
		t.Errorf("with a gap: %d %v", got.status, got.header)
	}
	counting := &countingReader{ReaderAt: p.Data}
	s.Parts[0].Data = counting
	b.submit(t, s)
	if counting.n > int(p.Size)-100_000 {
		t.Errorf("%d bytes were read to send %d", counting.n, int(p.Size)-100_000)
	}
	if got := b.put(t, p.SHA256, len(all), 5, all[5:]); got.status != 201 {
		t.Errorf("a part that is here: %d", got.status)
	}
}

type countingReader struct {
	io.ReaderAt
	n int
}

func (c *countingReader) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, off)
	c.n += n
	return n, err
}

// missing: a dossier without its parts is not taken in, and is when they have come.
func missing(t *testing.T, b *bench) {
	s, token := b.sealed(t, scan(1000), scan(2000))
	c := b.server.Client(t)
	header := func(r *http.Request) {
		var sums string
		for i, p := range s.Parts {
			if i > 0 {
				sums += ","
			}
			sums += hex.EncodeToString(p.SHA256[:])
		}
		r.Header.Set(backoffice.HeaderParts, sums)
	}
	if answer, status := b.raw(t, s, header); status != 412 {
		t.Errorf("without parts: %d %s", status, answer)
	}
	if _, err := c.Status(t.Context(), token); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("it was taken in all the same: %v", err)
	}
	half := readAll(t, s.Parts[1])
	b.put(t, s.Parts[1].SHA256, len(half), 0, half[:500])
	b.put(t, s.Parts[0].SHA256, int(s.Parts[0].Size), 0, readAll(t, s.Parts[0]))
	if _, status := b.raw(t, s, header); status != 412 {
		t.Errorf("with half a part: %d", status)
	}
	b.submit(t, s)
	if _, status := b.raw(t, s, header); status != 200 {
		t.Errorf("after the delivery: %d", status)
	}
}

// foreignParts: what another kiosk has brought is not seen and not used.
func foreignParts(t *testing.T, b *bench) {
	body := scan(5000)
	sum := sha256.Sum256(body)
	if got := b.put(t, sum, len(body), 0, body); got.status != 201 {
		t.Fatalf("put: %d %s", got.status, got.body)
	}
	other := b.server.Issue(t, "kiosk-02", x509.ExtKeyUsageClientAuth)
	if got := b.ask(t, http.MethodHead, partPath(sum), nil, nil, other); got.status != 404 {
		t.Errorf("another kiosk sees it: %d", got.status)
	}
}

func badParts(t *testing.T, b *bench) {
	body := scan(5000)
	sum := sha256.Sum256(body)
	wrong := bytes.Clone(body)
	wrong[4000] ^= 1
	if got := b.put(t, sum, len(body), 0, wrong); got.status != 400 {
		t.Errorf("another hash: %d", got.status)
	}
	if got := b.head(t, sum); got.status != 404 {
		t.Errorf("the wrong part is kept: %d", got.status)
	}
	octets := []string{"application/octet-stream"}
	good := func(change func(http.Header)) http.Header {
		h := http.Header{"Content-Type": octets, backoffice.HeaderLength: {"5000"}, backoffice.HeaderOffset: {"0"}}
		change(h)
		return h
	}
	for name, c := range map[string]struct {
		path   string
		change func(http.Header)
		body   []byte
		want   int
	}{
		"not a hash":       {backoffice.PathParts + "zz", func(http.Header) {}, body, 400},
		"capital hash":     {backoffice.PathParts + "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789", func(http.Header) {}, body, 400},
		"up the tree":      {backoffice.PathParts + "..%2f..%2fetc%2fpasswd", func(http.Header) {}, body, 400},
		"no length":        {partPath(sum), func(h http.Header) { h.Del(backoffice.HeaderLength) }, body, 400},
		"no offset":        {partPath(sum), func(h http.Header) { h.Del(backoffice.HeaderOffset) }, body, 400},
		"negative offset":  {partPath(sum), func(h http.Header) { h.Set(backoffice.HeaderOffset, "-1") }, body, 400},
		"offset at end":    {partPath(sum), func(h http.Header) { h.Set(backoffice.HeaderOffset, "5000") }, body, 400},
		"empty part":       {partPath(sum), func(h http.Header) { h.Set(backoffice.HeaderLength, "0") }, body, 400},
		"more than length": {partPath(sum), func(h http.Header) { h.Set(backoffice.HeaderLength, "4999") }, body, 400},
		"huge":             {partPath(sum), func(h http.Header) { h.Set(backoffice.HeaderLength, "999999999") }, body, 413},
		"packed":           {partPath(sum), func(h http.Header) { h.Set("Content-Encoding", "zstd") }, body, 415},
		"as a form":        {partPath(sum), func(h http.Header) { h.Set("Content-Type", "text/plain") }, body, 415},
	} {
		if got := b.ask(t, http.MethodPut, c.path, c.body, good(c.change), b.server.Options.Certificate); got.status != c.want {
			t.Errorf("%s: %d, not %d", name, got.status, c.want)
		}
	}
	if got := b.ask(t, http.MethodHead, backoffice.PathParts+"zz", nil, nil, b.server.Options.Certificate); got.status != 400 {
		t.Errorf("head of what is no hash: %d", got.status)
	}
}
