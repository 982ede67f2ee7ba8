package seal_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
	"motcua/kiosk/seal"
)

const (
	testID   = "0f8fad5b-d9cb-469f-a165-70867728950e"
	otherID  = "0f8fad5b-d9cb-469f-a165-70867728950f"
	testName = "kiosk-01.xa-thu"
)

var (
	made = time.Date(2026, 11, 21, 8, 30, 0, 123456000, time.UTC)
	link = kiosk.Link{Sequence: 7, Previous: [32]byte{1, 2, 3}}
)

func newKey(t testing.TB) seal.PrivateKey {
	t.Helper()
	k, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// newDevice is a kiosk's key with a certificate of its own authority.
func newDevice(t testing.TB, name string) (devicekey.Signer, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: made.AddDate(-1, 0, 0), NotAfter: made.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	return devicekey.Signer{Key: key, Certificate: der}, pool
}

func newSealer(t testing.TB, keys ...seal.PrivateKey) seal.Sealer {
	t.Helper()
	device, _ := newDevice(t, testName)
	s := seal.Sealer{Device: device}
	for _, k := range keys {
		s.Keys = append(s.Keys, k.Public())
	}
	return s
}

func sealed(t testing.TB, s seal.Sealer, plain []byte, pages ...[]byte) kiosk.Sealed {
	t.Helper()
	var list []seal.Page
	for _, p := range pages {
		list = append(list, bytes.NewReader(p))
	}
	d, err := s.Seal(testID, made, link, plain, list)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// contents reads a part as sealed.
func contents(t testing.TB, p kiosk.SealedPart) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(p.Data, 0, p.Size+1))
	if err != nil || int64(len(b)) != p.Size {
		t.Fatalf("part of %d bytes gives %d: %v", p.Size, len(b), err)
	}
	return b
}

// TestSealOpen: sizes at and around the chunk's.
func TestSealOpen(t *testing.T) {
	k := newKey(t)
	s := newSealer(t, k)
	sizes := []int{0, 1, 65535, 65536, 65537, 131072, 200_000}
	var pages [][]byte
	for _, n := range sizes {
		pages = append(pages, random(n))
	}
	plain := random(30_000)
	kept := bytes.Clone(plain)
	d := sealed(t, s, plain, pages...)
	if !bytes.Equal(plain, kept) {
		t.Error("Seal changed its plaintext")
	}
	if d.ID != testID || d.Link != link || !d.Created.Equal(made) || d.SHA256 != sha256.Sum256(d.Body) || len(d.Parts) != len(sizes) {
		t.Errorf("sealed %+v", d.Link)
	}
	o, err := seal.Ring{newKey(t), k}.Open(d.Body)
	if err != nil {
		t.Fatal(err)
	}
	if h := o.Header; h.ID != testID || h.Kiosk != testName || h.Link != link || !h.Created.Equal(made) || o.Key != k.Public().ID() {
		t.Errorf("header %+v", h)
	}
	if !bytes.Equal(o.Plaintext, plain) {
		t.Error("contents differ")
	}
	for i, p := range d.Parts {
		b := contents(t, p)
		if want := seal.SealedSize(int64(sizes[i])); p.Size != want || sha256.Sum256(b) != p.SHA256 || o.Header.Parts[i].SHA256 != p.SHA256 {
			t.Errorf("part %d has %d bytes, want %d, or another hash", i, p.Size, want)
		}
		got, err := o.ReadPart(i, bytes.NewReader(b))
		if err != nil || !bytes.Equal(got, pages[i]) {
			t.Errorf("part %d of %d bytes: %v", i, sizes[i], err)
		}
	}
}

// TestReadAt reads a part in pieces of every awkward size, forwards and backwards: always the same bytes.
func TestReadAt(t *testing.T) {
	d := sealed(t, newSealer(t, newKey(t)), nil, random(150_000))
	p := d.Parts[0]
	whole := contents(t, p)
	for _, step := range []int64{1009, 23, 65552, 70_000} {
		for off := p.Size - 1; off >= 0; off -= step {
			b := make([]byte, step)
			n, err := p.Data.ReadAt(b, off)
			if err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(b[:n], whole[off:min(off+step, p.Size)]) {
				t.Fatalf("at %d: %d bytes, %v", off, n, err)
			}
		}
	}
	if _, err := p.Data.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("reads before the begin")
	}
	d.Wipe()
	if _, err := p.Data.ReadAt(make([]byte, 1), 0); err == nil || d.Body != nil {
		t.Error("a wiped part still reads")
	}
}

// TestWipedPage: a page that is wiped before it is stored gives other bytes, which its hash tells; it never gives the page again.
func TestWipedPage(t *testing.T) {
	page := random(100_000)
	p := sealed(t, newSealer(t, newKey(t)), nil, page).Parts[0]
	clear(page)
	if sha256.Sum256(contents(t, p)) == p.SHA256 {
		t.Error("a wiped page still has its hash")
	}
}

func TestSealHidesAndDiffers(t *testing.T) {
	s := newSealer(t, newKey(t))
	plain := []byte(strings.Repeat("NGUYEN THI THU 999201012345 ", 20))
	a, b := sealed(t, s, plain, plain), sealed(t, s, plain, plain)
	for _, out := range [][]byte{a.Body, contents(t, a.Parts[0])} {
		if bytes.Contains(out, plain[:14]) {
			t.Error("plaintext shows")
		}
	}
	if bytes.Equal(a.Body, b.Body) || a.Parts[0].SHA256 == b.Parts[0].SHA256 {
		t.Error("sealing twice gave the same")
	}
}

// TestEveryByteCounts flips a bit of every byte of the envelope, cuts at every length and adds a byte.
func TestEveryByteCounts(t *testing.T) {
	k := newKey(t)
	ring := seal.Ring{k}
	body := sealed(t, newSealer(t, k, newKey(t)), []byte("xin chào"), []byte("trang"))
	for i := range body.Body {
		forged := bytes.Clone(body.Body)
		forged[i] ^= 1 << (i % 8)
		if _, err := ring.Open(forged); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
	}
	for i := range body.Body {
		if _, err := ring.Open(body.Body[:i]); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
	}
	if _, err := ring.Open(append(bytes.Clone(body.Body), 0)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("one byte more: %v", err)
	}
}

// TestSignedByAnother: who replaces certificate and signature by its own cannot pass the contents off as its own.
func TestSignedByAnother(t *testing.T) {
	k := newKey(t)
	a := sealed(t, newSealer(t, k), []byte("a"))
	thief := newSealer(t, k)
	thief.Device, _ = newDevice(t, testName)
	h, err := seal.Peek(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(a.Body, h.Certificate)
	cert := thief.Device.Certificate
	forged := append(bytes.Clone(a.Body[:i-2]), byte(len(cert)>>8), byte(len(cert)))
	forged = append(append(forged, cert...), a.Body[i+len(h.Certificate):len(a.Body)-64]...)
	signature, err := thief.Device.Sign("motcua/seal/2", forged)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (seal.Ring{k}).Open(append(forged, signature...)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("another's signature over the same contents: %v", err)
	}
}

func TestCheckOrigin(t *testing.T) {
	device, pool := newDevice(t, testName)
	s := seal.Sealer{Keys: []seal.PublicKey{newKey(t).Public()}, Device: device}
	d := sealed(t, s, []byte("x"))
	if err := seal.CheckOrigin(d.Body, pool); err != nil {
		t.Fatal(err)
	}
	_, other := newDevice(t, testName)
	late, err := s.Seal(testID, made.AddDate(2, 0, 0), link, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(d.Body)
	flipped[len(flipped)-70] ^= 1
	for name, err := range map[string]error{
		"another office":         seal.CheckOrigin(d.Body, other),
		"certificate had ended":  seal.CheckOrigin(late.Body, pool),
		"ciphertext changed":     seal.CheckOrigin(flipped, pool),
		"cut behind the header":  seal.CheckOrigin(d.Body[:len(d.Body)-80], pool),
		"not an envelope at all": seal.CheckOrigin([]byte("x"), pool),
	} {
		if kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPartForged: a part that is cut, continued, flipped, or whose chunks change places does not open.
func TestPartForged(t *testing.T) {
	k := newKey(t)
	const chunk = 65552
	d := sealed(t, newSealer(t, k), nil, random(3*65536), random(3*65536))
	again := sealed(t, newSealer(t, k), nil, random(3*65536))
	o, err := seal.Ring{k}.Open(d.Body)
	if err != nil {
		t.Fatal(err)
	}
	good := contents(t, d.Parts[0])
	if _, err := o.ReadPart(0, bytes.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	head, c := good[:23], [][]byte{good[23 : 23+chunk], good[23+chunk : 23+2*chunk], good[23+2*chunk:]}
	forged := map[string][]byte{
		"nothing": nil, "header alone": head, "first chunk alone": join(head, c[0]), "without the last chunk": join(head, c[0], c[1]),
		"without the first chunk": join(head, c[1], c[2]), "chunks swapped": join(head, c[1], c[0], c[2]),
		"a chunk twice": join(head, c[0], c[0], c[2]), "a chunk added": join(good, c[2]), "a byte added": append(bytes.Clone(good), 0),
		"a byte less": good[:len(good)-1], "last chunk first": join(head, c[2], c[1], c[0]),
		"another page": contents(t, d.Parts[1]), "page of another dossier": contents(t, again.Parts[0]),
		"another page under this header": join(head, contents(t, d.Parts[1])[23:]),
	}
	for i := 0; i < len(good); i += 997 {
		b := bytes.Clone(good)
		b[i] ^= 1 << (i % 8)
		forged[fmt.Sprintf("byte %d", i)] = b
	}
	for name, b := range forged {
		if got, err := o.ReadPart(0, bytes.NewReader(b)); kiosk.CodeOf(err) != kiosk.CodeBadInput || got != nil {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	for _, n := range []int{-1, 2} {
		if _, err := o.ReadPart(n, bytes.NewReader(good)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("part %d: %v", n, err)
		}
	}
	o.Wipe()
	if _, err := o.ReadPart(0, bytes.NewReader(good)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("wiped: %v", err)
	}
}

// TestKeysAndRecovery: whoever holds one of the keys opens; who holds none is told which key is missing.
func TestKeysAndRecovery(t *testing.T) {
	office, recovery, old := newKey(t), newKey(t), newKey(t)
	d := sealed(t, newSealer(t, office, recovery), []byte("x"), []byte("page"))
	for name, ring := range map[string]seal.Ring{
		"office": {office}, "recovery": {recovery}, "after a rotation": {newKey(t), old, office},
	} {
		o, err := ring.Open(d.Body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if page, err := o.ReadPart(0, bytes.NewReader(contents(t, d.Parts[0]))); err != nil || string(page) != "page" {
			t.Errorf("%s: page %v", name, err)
		}
	}
	for name, ring := range map[string]seal.Ring{"empty": {}, "zero": {{}}, "others": {old, newKey(t)}} {
		if _, err := ring.Open(d.Body); kiosk.CodeOf(err) != kiosk.CodeKeyMissing || !strings.Contains(err.Error(), office.Public().ID().String()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := fmt.Sprintf("%v %#v", seal.Ring{office}, seal.Ring{office}); s != "1 private keys 1 private keys" {
		t.Errorf("a ring prints as %q", s)
	}
}

func TestSealRefuses(t *testing.T) {
	good := newSealer(t, newKey(t))
	upper, _ := newDevice(t, "Kiosk")
	long, _ := newDevice(t, strings.Repeat("k", 65))
	other, _ := newDevice(t, testName)
	page := []seal.Page{bytes.NewReader([]byte("x"))}
	for name, c := range map[string]struct {
		change func(*seal.Sealer)
		id     string
		plain  []byte
		pages  []seal.Page
		code   kiosk.Code
	}{
		"capital name":           {func(s *seal.Sealer) { s.Device = upper }, testID, nil, nil, kiosk.CodeBadInput},
		"long name":              {func(s *seal.Sealer) { s.Device = long }, testID, nil, nil, kiosk.CodeBadInput},
		"empty id":               {nil, "", nil, nil, kiosk.CodeBadInput},
		"capital id":             {nil, strings.ToUpper(testID), nil, nil, kiosk.CodeBadInput},
		"capital id with a page": {nil, strings.ToUpper(testID), nil, page, kiosk.CodeBadInput},
		"id not a uuid":          {nil, strings.Repeat("0", 36), nil, nil, kiosk.CodeBadInput},
		"too large":              {nil, testID, make([]byte, seal.MaxPlaintext+1), nil, kiosk.CodeBadInput},
		"page too large":         {nil, testID, nil, []seal.Page{hugePage{seal.MaxPart + 1}}, kiosk.CodeBadInput},
		"pages too large":        {nil, testID, nil, []seal.Page{hugePage{16 << 20}, hugePage{16 << 20}, hugePage{16 << 20}, hugePage{16 << 20}, hugePage{1}}, kiosk.CodeBadInput},
		"too many pages":         {nil, testID, nil, make([]seal.Page, seal.MaxParts+1), kiosk.CodeBadInput},
		"page that is cut short": {nil, testID, nil, []seal.Page{hugePage{100}}, kiosk.CodeBadInput},
		"no key":                 {func(s *seal.Sealer) { s.Keys = nil }, testID, nil, nil, kiosk.CodeKeyMissing},
		"zero key":               {func(s *seal.Sealer) { s.Keys = []seal.PublicKey{{}} }, testID, nil, nil, kiosk.CodeKeyMissing},
		"five keys":              {func(s *seal.Sealer) { s.Keys = make([]seal.PublicKey, 5) }, testID, nil, nil, kiosk.CodeKeyMissing},
		"no certificate":         {func(s *seal.Sealer) { s.Device.Certificate = nil }, testID, nil, nil, kiosk.CodeKeyMissing},
		"another's certificate":  {func(s *seal.Sealer) { s.Device.Certificate = other.Certificate }, testID, nil, nil, kiosk.CodeKeyMissing},
	} {
		s := good
		if c.change != nil {
			c.change(&s)
		}
		if _, err := s.Seal(c.id, made, link, c.plain, c.pages); kiosk.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := good.Seal(testID, time.Unix(-1, 0), link, nil, nil); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("before 1970: %v", err)
	}
}

// hugePage says it has many bytes and has none.
type hugePage struct{ size int64 }

func (p hugePage) Size() int64                       { return p.size }
func (p hugePage) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// zeroPage has many bytes of zero, in no memory.
type zeroPage struct{ hugePage }

func (p zeroPage) ReadAt(b []byte, off int64) (int, error) {
	n := int(min(int64(len(b)), p.size-off))
	clear(b[:n])
	return n, nil
}

// TestBoundedMemory seals and opens 50 MB of pages; what is allocated does not grow with them.
func TestBoundedMemory(t *testing.T) {
	k := newKey(t)
	var pages []seal.Page
	for range 5 {
		pages = append(pages, zeroPage{hugePage{10 << 20}})
	}
	s := newSealer(t, k)
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			d, err := s.Seal(testID, made, link, []byte("x"), pages)
			if err != nil {
				b.Fatal(err)
			}
			o, err := seal.Ring{k}.Open(d.Body)
			if err != nil {
				b.Fatal(err)
			}
			var total int64
			for i, p := range d.Parts {
				r, err := o.Part(i, io.NewSectionReader(p.Data, 0, p.Size))
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, r)
				if err != nil {
					b.Fatal(err)
				}
				total += n
			}
			if total != 50<<20 {
				b.Fatalf("%d bytes come back", total)
			}
		}
	})
	got := result.AllocedBytesPerOp()
	t.Logf("50 MB sealed and opened: %d KB allocated, %v", got>>10, time.Duration(result.NsPerOp()))
	if got > 4<<20 {
		t.Errorf("%d bytes are allocated for 50 MB of pages", got)
	}
}

func TestKeys(t *testing.T) {
	k := newKey(t)
	raw, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.ParsePrivate(raw)
	if err != nil || again.Public().ID() != k.Public().ID() {
		t.Fatalf("private key does not survive: %v", err)
	}
	text, err := k.Public().MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var pub seal.PublicKey
	if err := pub.UnmarshalText(text); err != nil || pub.ID() != k.Public().ID() {
		t.Fatalf("public key does not survive: %v", err)
	}
	s := newSealer(t)
	s.Keys = []seal.PublicKey{pub}
	if o, err := (seal.Ring{again}).Open(sealed(t, s, []byte("x")).Body); err != nil || string(o.Plaintext) != "x" {
		t.Errorf("read keys do not fit together: %v", err)
	}
	for _, bad := range []string{"", "!", string(text[:100]), string(text) + "AAAA"} {
		if err := pub.UnmarshalText([]byte(bad)); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
			t.Errorf("bad key text of %d bytes: %v", len(bad), err)
		}
	}
	if _, err := seal.ParsePrivate(raw[:31]); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("short private key: %v", err)
	}
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%#v", k), fmt.Sprintf("%+v", struct{ K seal.PrivateKey }{k})} {
		if strings.Contains(s, fmt.Sprintf("%x", raw)) || strings.Contains(s, fmt.Sprint(raw)) {
			t.Error("a private key prints itself")
		}
	}
}

// TestAnnouncements: a kiosk takes the newest key that the office signed and whose time has come.
func TestAnnouncements(t *testing.T) {
	pub, office, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	first, second, future, foreign := newKey(t).Public(), newKey(t).Public(), newKey(t).Public(), newKey(t).Public()
	recovery := newKey(t).Public()
	list := []seal.Announcement{
		seal.Announce(office, made.AddDate(0, 0, -1), second, recovery), seal.Announce(office, made.AddDate(0, -6, 0), first),
		seal.Announce(office, made.AddDate(0, 0, 1), future), seal.Announce(stranger, made.Add(-time.Hour), foreign),
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	list = nil
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	if keys := seal.Newest(list, pub, made); len(keys) != 2 || keys[0].ID() != second.ID() || keys[1].ID() != recovery.ID() {
		t.Errorf("newest of all: %d keys", len(keys))
	}
	if keys := seal.Newest(list[1:2], pub, made); len(keys) != 1 || keys[0].ID() != first.ID() {
		t.Error("the only one is not taken")
	}
	changed := list[0]
	changed.From = changed.From.Add(time.Microsecond)
	empty := seal.Announce(office, made)
	for name, bad := range map[string][]seal.Announcement{
		"none": nil, "not yet": list[2:3], "a stranger's": list[3:], "another time": {changed}, "no key": {empty}, "zero": {{}},
		"zero key": {seal.Announce(office, made, seal.PublicKey{})},
	} {
		if keys := seal.Newest(bad, pub, made); keys != nil {
			t.Errorf("%s: %d keys", name, len(keys))
		}
	}
	if err := changed.Verify(pub); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
		t.Errorf("another time: %v", err)
	}
}

func TestDeletion(t *testing.T) {
	device, _ := newDevice(t, testName)
	cert, err := device.Parse()
	if err != nil {
		t.Fatal(err)
	}
	ack := kiosk.Acknowledgement{DossierID: testID, BodySHA256: [32]byte{9}, Signature: random(64)}
	d, err := seal.SignDeletion(device, ack, made)
	if err != nil || d.Kiosk != testName || !d.DeletedAt.Equal(made) {
		t.Fatalf("%+v, %v", d, err)
	}
	if err := seal.VerifyDeletion(cert, ack, d); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*kiosk.Deletion, *kiosk.Acknowledgement){
		"another dossier":         func(d *kiosk.Deletion, _ *kiosk.Acknowledgement) { d.DossierID = otherID },
		"another body":            func(d *kiosk.Deletion, _ *kiosk.Acknowledgement) { d.BodySHA256[0]++ },
		"another time":            func(d *kiosk.Deletion, _ *kiosk.Acknowledgement) { d.DeletedAt = made.Add(time.Second) },
		"another kiosk":           func(d *kiosk.Deletion, _ *kiosk.Acknowledgement) { d.Kiosk = "kiosk-02" },
		"no signature":            func(d *kiosk.Deletion, _ *kiosk.Acknowledgement) { d.Signature = nil },
		"another acknowledgement": func(_ *kiosk.Deletion, a *kiosk.Acknowledgement) { a.Signature = random(64) },
		"acknowledges another":    func(_ *kiosk.Deletion, a *kiosk.Acknowledgement) { a.DossierID = otherID },
	} {
		d, a := d, ack
		change(&d, &a)
		if err := seal.VerifyDeletion(cert, a, d); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := seal.SignDeletion(devicekey.Signer{}, ack, made); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("no key: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	k := newKey(f)
	d := sealed(f, newSealer(f, k), []byte("x"), []byte("page"))
	f.Add(d.Body)
	f.Add(d.Body[:100])
	f.Add([]byte("MCSE\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := seal.Peek(b); err == nil && !seal.ValidName(h.Kiosk) {
			t.Error("a header with a bad name")
		}
		if _, err := (seal.Ring{k}).Open(b); err == nil && !bytes.Equal(b, d.Body) {
			t.Error("opened what was never sealed")
		}
	})
}

func FuzzPart(f *testing.F) {
	k := newKey(f)
	d := sealed(f, newSealer(f, k), nil, random(70_000))
	good := contents(f, d.Parts[0])
	o, err := seal.Ring{k}.Open(d.Body)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:65575])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := o.ReadPart(0, bytes.NewReader(b)); err == nil && !bytes.Equal(b, good) {
			t.Error("opened what was never sealed")
		}
	})
}

func BenchmarkSeal2MB(b *testing.B) {
	s := newSealer(b, newKey(b))
	page := make([]byte, 2<<20)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		sealed(b, s, page[:40_000], page)
	}
}

func BenchmarkOpen2MB(b *testing.B) {
	k := newKey(b)
	d := sealed(b, newSealer(b, k), make([]byte, 40_000), make([]byte, 2<<20))
	page := contents(b, d.Parts[0])
	b.SetBytes(2 << 20)
	for b.Loop() {
		o, err := seal.Ring{k}.Open(d.Body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := o.ReadPart(0, bytes.NewReader(page)); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFile: what the office keeps for itself opens with its own key alone, and every byte counts.
func TestFile(t *testing.T) {
	k := newKey(t)
	ring := seal.Ring{newKey(t), k}
	f, err := seal.SealFile(k.Public(), "office", testID, []byte("kết quả"))
	if err != nil {
		t.Fatal(err)
	}
	if id, name, got, err := ring.OpenFile(f); err != nil || id != testID || name != "office" || string(got) != "kết quả" {
		t.Fatalf("%q, %q, %v", id, name, err)
	}
	for i := range f {
		forged := bytes.Clone(f)
		forged[i] ^= 1 << (i % 8)
		if _, _, _, err := ring.OpenFile(forged); err == nil {
			t.Fatalf("byte %d flipped: opened", i)
		}
		if _, _, _, err := ring.OpenFile(f[:i]); err == nil {
			t.Fatalf("cut to %d bytes: opened", i)
		}
	}
	if _, _, _, err := (seal.Ring{newKey(t)}).OpenFile(f); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("another's key: %v", err)
	}
	if _, _, _, err := ring.OpenFile(append(bytes.Clone(f), 0)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Error("one byte more: opened")
	}
	for name, c := range map[string]struct {
		pub  seal.PublicKey
		name string
		id   string
		code kiosk.Code
	}{
		"no key": {seal.PublicKey{}, "office", testID, kiosk.CodeKeyMissing}, "no name": {k.Public(), "", testID, kiosk.CodeBadInput},
		"no id": {k.Public(), "office", "x", kiosk.CodeBadInput},
	} {
		if _, err := seal.SealFile(c.pub, c.name, c.id, nil); kiosk.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
