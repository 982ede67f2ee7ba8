package pa

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// files writes a trust directory.
func files(t *testing.T, all map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range all {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, all map[string][]byte) (*Store, map[string]Source) {
	t.Helper()
	s, err := LoadStore(files(t, all))
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Source{}
	for _, src := range s.Sources() {
		by[src.File] = src
	}
	return s, by
}

func TestLoadStore(t *testing.T) {
	a, b := newState(t), newState(t)
	link := b.csca // the next key under the last name, signed with the last key
	link.by = a.csca.key
	linkOther := a.ds
	linkOther.ca, linkOther.usage = true, 0x06
	listSigner := a.ds
	listSigner.purpose = oidListSigner
	pemFile := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.csca.build(t)})
	s, src := load(t, map[string][]byte{
		"a.cer": a.csca.build(t), "b.pem": append([]byte("# text\n"), pemFile...), "link.cer": link.build(t), "other.der": linkOther.build(t),
		"ds.crt": a.ds.build(t), "list.cer": listSigner.build(t), "broken.cer": {0x30, 1}, "empty.pem": []byte("-----BEGIN X-----\n"), "README": []byte("text"),
	})
	if s.Len() != 2 || len(src) != 8 || src["broken.cer"].Err == nil || src["empty.pem"].Err == nil || s.Date().IsZero() {
		t.Errorf("%d anchors, %+v", s.Len(), src)
	}
	for file, note := range map[string]string{
		"link.cer": "(a link certificate)", "other.der": "link certificate,", "ds.crt": "document signer", "list.cer": "not a certification authority", "a.cer": "",
	} {
		if !strings.Contains(src[file].Note, note) || (src[file].Anchors == 0) != (note != "") {
			t.Errorf("%s: %+v", file, src[file])
		}
	}

	d := newDocument(t)
	next := newState(t) // a document under the key that only the link certificate vouches for
	next.ds.by, next.csca = link.key, link
	only, _ := load(t, map[string][]byte{"a.cer": a.csca.build(t), "link.cer": link.build(t)})
	only.add(mustParse(t, link.build(t)), false) // as a master list would bring it
	r := Verify(sod(next.newMessage(t).build(t, d.object.Marshal())), d.groups, only, day)
	if r.Trusted() {
		t.Error("a link certificate closes the chain")
	}
	r = Verify(sod(a.newMessage(t).build(t, d.object.Marshal())), d.groups, s, day)
	if !r.Trusted() {
		t.Errorf("installed anchor: %v", r.Checks)
	}
}

// TestSignerInStore verifies a security object that leaves its signer's certificate out, as some states do.
func TestSignerInStore(t *testing.T) {
	s, other, d := newState(t), newState(t), newDocument(t)
	m := s.newMessage(t)
	ds := m.certificates[0]
	m.certificates = nil
	raw := sod(m.build(t, d.object.Marshal()))
	store, _ := load(t, map[string][]byte{"csca.cer": s.csca.build(t), "ds.cer": ds})
	if r := Verify(raw, d.groups, store, day); r.Verdict() != kiosk.CheckSuccessful {
		t.Errorf("%v", r.Checks)
	}
	store, _ = load(t, map[string][]byte{"csca.cer": s.csca.build(t)})
	want(t, Verify(raw, d.groups, store, day), kiosk.CheckSODSignature, kiosk.CheckUndetermined, ReasonNoSigner)
	store, _ = load(t, map[string][]byte{"csca.cer": other.csca.build(t), "ds.cer": ds})
	if r := Verify(raw, d.groups, store, day); r.Trusted() || !r.Is(kiosk.CheckSODSignature) {
		t.Errorf("a signer is trusted for lying in the directory: %v", r.Checks)
	}
}

func mustParse(t *testing.T, raw []byte) *Certificate {
	t.Helper()
	c, err := ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadStoreFails(t *testing.T) {
	_, err := LoadStore(filepath.Join(t.TempDir(), "none"))
	if kiosk.CodeOf(err) != kiosk.CodeKeyMissing || !strings.Contains(err.Error(), "trust directory") {
		t.Errorf("got %v", err)
	}
	var none *Store
	if none.Len() != 0 || none.Sources() != nil || none.Countries() != nil || none.Anchors("VN") != nil || !none.Date().IsZero() {
		t.Error("no store is not empty")
	}
	s := newState(t)
	if _, err := NewStore(s.ds.build(t)); err == nil {
		t.Error("a document signer is trusted as an anchor")
	}
	if _, err := NewStore([]byte{0x30}); err == nil {
		t.Error("garbage is trusted as an anchor")
	}
}

func TestMasterListMade(t *testing.T) {
	root, listed := newState(t), newState(t)
	root.ds.purpose = oidListSigner
	m := root.newMessage(t)
	m.contentType = oidMasterList
	content := tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 0), tlv.Encode(tlv.Set, listed.csca.build(t), tlv.Encode(tlv.Sequence)))
	good := m.build(t, content)
	s, src := load(t, map[string][]byte{"l.ml": good, "root.cer": root.csca.build(t)})
	if s.Len() != 2 || !strings.Contains(src["l.ml"].Note, "signer under") || !strings.Contains(src["l.ml"].Note, "1 certificates could not") {
		t.Errorf("%d anchors, %+v", s.Len(), src["l.ml"])
	}
	if s, src := load(t, map[string][]byte{"l.ml": good}); s.Len() != 1 || !strings.Contains(src["l.ml"].Note, "not checked") {
		t.Errorf("without its root: %d anchors, %+v", s.Len(), src["l.ml"])
	}
	if s, src := load(t, map[string][]byte{"l.ml": good, "root.cer": listed.csca.build(t)}); s.Len() != 1 || src["l.ml"].Err == nil {
		t.Errorf("under another root of its country: %d anchors, %+v", s.Len(), src["l.ml"])
	}
	root.ds.purpose = nil
	m.certificates = [][]byte{root.ds.build(t)}
	if s, src := load(t, map[string][]byte{"l.ml": m.build(t, content)}); s.Len() != 0 || src["l.ml"].Err == nil {
		t.Errorf("signed by a document signer: %d anchors", s.Len())
	}
}

// revocationList builds a CRL.
func revocationList(t *testing.T, by cert, next time.Time, serials ...int) []byte {
	t.Helper()
	var entries [][]byte
	for _, n := range serials {
		entries = append(entries, tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, n), utc(notBefore)))
	}
	tbs := tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 1), algorithmID(t, by.alg), by.subject, utc(notBefore), utc(next),
		tlv.Encode(tlv.Sequence, entries...))
	return tlv.Encode(tlv.Sequence, tbs, algorithmID(t, by.alg), tlv.EncodeBits(by.key.sign(t, by.alg, tbs)))
}

func TestRevocation(t *testing.T) {
	s, other, d := newState(t), newState(t), newDocument(t)
	raw := sod(s.newMessage(t).build(t, d.object.Marshal()))
	csca := s.csca.build(t)
	later, earlier := day.AddDate(0, 1, 0), day.AddDate(0, -1, 0)
	for _, tt := range []struct {
		name, reason, state string
		list                []byte
	}{
		{"nobody revoked", "", "good", revocationList(t, s.csca, later)},
		{"another revoked", "", "good", revocationList(t, s.csca, later, 1000)},
		{"list out of date", ReasonListOld, "list out of date", revocationList(t, s.csca, earlier)},
		{"signer revoked", ReasonSignerRevoked, "revoked", revocationList(t, s.csca, later, 1000, 4711)},
		{"signer revoked in an old list", ReasonSignerRevoked, "revoked", revocationList(t, s.csca, earlier, 4711)},
		{"issuer revoked", ReasonIssuerRevoked, "revoked", revocationList(t, s.csca, later, 1)},
		{"list of another", "", "no list", revocationList(t, other.csca, later, 4711)},
		{"garbage", "", "no list", []byte{0x30, 0}},
	} {
		store, src := load(t, map[string][]byte{"csca.cer": csca, "x.crl": pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: tt.list})})
		r := Verify(raw, d.groups, store, day)
		result := kiosk.CheckSuccessful
		if tt.reason != "" {
			result = Reasons()[tt.reason]
		}
		want(t, r, kiosk.CheckSigner, result, tt.reason)
		if r.Revocation != tt.state || (src["x.crl"].Err != nil) != (tt.state == "no list") {
			t.Errorf("%s: %s, %v", tt.name, r.Revocation, src["x.crl"].Err)
		}
	}
}

func FuzzCertificate(f *testing.F) {
	s := newState(f)
	f.Add(s.csca.build(f))
	f.Add(s.ds.build(f))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCertificate(raw)
		if err != nil {
			return
		}
		_ = c.String() + c.Issuer() + c.Country() + c.Fingerprint()
		if key, err := c.Key(); err == nil {
			_ = c.CheckSignature(key)
		}
	})
}

func FuzzStoreFiles(f *testing.F) {
	s := newState(f)
	f.Add(s.csca.build(f))
	s.ds.purpose = oidListSigner
	m := s.newMessage(f)
	m.contentType = oidMasterList
	f.Add(m.build(f, tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 0), tlv.Encode(tlv.Set, s.csca.build(f)))))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		st := emptyStore()
		for _, src := range []Source{st.addCertificates("a", raw), st.addMasterList("b", raw), st.addCRL("c", raw)} {
			if src.Err == nil && src.Certificates == 0 && src.Kind == "certificate" {
				t.Fatal("nothing in it, and no error")
			}
		}
	})
}
