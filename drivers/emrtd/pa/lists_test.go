package pa

import (
	"bytes"
	"encoding/asn1"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// TestMasterListSigner takes a list whose signer is installed, and one whose signer is under an installed anchor.
func TestMasterListSigner(t *testing.T) {
	publisher, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: day.AddDate(-2, 0, 0), Name: "Publisher", Country: "DE"})
	if err != nil {
		t.Fatal(err)
	}
	a, d := authorityOf(t), newDocument(t)
	signer, err := publisher.IssueSigner(emrtdtest.SignerOptions{ListSigner: true})
	if err != nil {
		t.Fatal(err)
	}
	list, err := publisher.MasterList([][]byte{a.CSCA, publisher.CSCA}, emrtdtest.SODOptions{Signer: signer, SigningTime: day.AddDate(0, -1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := a.SignSOD(d.groups)
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string][]byte{
		"signer installed": {"l.ml": list, "signer.cer": signer.Certificate}, "csca installed": {"l.ml": list, "csca.cer": publisher.CSCA}, "signer not checked": {"l.ml": list},
	} {
		s, src := load(t, files)
		if src["l.ml"].Err != nil || src["l.ml"].Certificates != 2 || src["l.ml"].Until.IsZero() || !s.Date().Equal(day.AddDate(0, -1, 0)) && name != "signer installed" && name != "csca installed" {
			t.Errorf("%s: %+v", name, src["l.ml"])
		}
		if r := Verify(raw, d.groups, s, day); r.Verdict() != kiosk.CheckSuccessful {
			t.Errorf("%s: %v", name, r.Checks)
		}
	}
	bad := bytes.Clone(list)
	bad[bytes.Index(bad, a.CSCA)+200] ^= 1
	if s, src := load(t, map[string][]byte{"l.ml": bad, "csca.cer": publisher.CSCA}); src["l.ml"].Err == nil || s.Len() != 1 {
		t.Errorf("changed list: %+v", src["l.ml"])
	}
}

// TestLinkCertificates shows that a link certificate is no anchor, alone or beside the old one, and that the next CSCA is.
func TestLinkCertificates(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	next, link, err := a.Renew(emrtdtest.AuthorityOptions{NotBefore: day.AddDate(-1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := next.SignSOD(d.groups)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		files map[string][]byte
		good  bool
	}{
		"link alone": {map[string][]byte{"link.cer": link}, false}, "link and old": {map[string][]byte{"link.cer": link, "old.cer": a.CSCA}, false},
		"next": {map[string][]byte{"next.cer": next.CSCA}, true}, "all": {map[string][]byte{"link.cer": link, "old.cer": a.CSCA, "next.cer": next.CSCA}, true},
	} {
		s, _ := load(t, tt.files)
		if r := Verify(raw, d.groups, s, day); r.Trusted() != tt.good {
			t.Errorf("%s: %v", name, r.Checks)
		}
	}
}

// TestRevocationLists takes only lists that are the whole answer, now.
func TestRevocationLists(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	raw, err := a.SignSOD(d.groups)
	if err != nil {
		t.Fatal(err)
	}
	critical := func(id ...int) []emrtdtest.Extension {
		return []emrtdtest.Extension{{ID: asn1.ObjectIdentifier(id), Critical: true, Value: tlv.AppendInt(nil, 1)}}
	}
	for name, tt := range map[string]struct {
		opt    emrtdtest.RevocationOptions
		usable bool
		reason string
	}{
		"nobody":              {emrtdtest.RevocationOptions{}, true, ""},
		"the signer":          {emrtdtest.RevocationOptions{Revoked: [][]byte{a.Signer}}, true, ReasonSignerRevoked},
		"the csca":            {emrtdtest.RevocationOptions{Revoked: [][]byte{a.CSCA}}, true, ReasonIssuerRevoked},
		"no next update":      {emrtdtest.RevocationOptions{NoNext: true}, true, ""},
		"of tomorrow":         {emrtdtest.RevocationOptions{ThisUpdate: day.AddDate(0, 0, 1)}, true, ReasonListOld},
		"out of date":         {emrtdtest.RevocationOptions{NextUpdate: day.AddDate(0, 0, -1)}, true, ReasonListOld},
		"a delta":             {emrtdtest.RevocationOptions{Revoked: [][]byte{a.Signer}, Extensions: critical(2, 5, 29, 27)}, false, ""},
		"of a part":           {emrtdtest.RevocationOptions{Extensions: critical(2, 5, 29, 28)}, false, ""},
		"unknown extension":   {emrtdtest.RevocationOptions{Extensions: []emrtdtest.Extension{{ID: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}}}, true, ""},
		"entry of another's":  {emrtdtest.RevocationOptions{Edit: foreignEntry}, false, ""},
		"an entry not a pair": {emrtdtest.RevocationOptions{Edit: func([][]byte) [][]byte { return [][]byte{tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 1))} }}, false, ""},
	} {
		if tt.opt.ThisUpdate.IsZero() {
			tt.opt.ThisUpdate = day.AddDate(0, -1, 0)
		}
		if tt.opt.NextUpdate.IsZero() {
			tt.opt.NextUpdate = day.AddDate(0, 1, 0)
		}
		list, err := a.RevocationList(tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		s, src := load(t, map[string][]byte{"csca.cer": a.CSCA, "x.crl": list})
		if (src["x.crl"].Err == nil) != tt.usable {
			t.Errorf("%s: %v", name, src["x.crl"].Err)
		}
		r := Verify(raw, d.groups, s, day)
		result := kiosk.CheckSuccessful
		if tt.reason != "" {
			result = Reasons()[tt.reason]
		}
		want(t, r, kiosk.CheckSigner, result, tt.reason)
	}
}

// foreignEntry is one of an indirect list: the certificate is another issuer's.
func foreignEntry([][]byte) [][]byte {
	extension := tlv.Encode(tlv.Sequence, tlv.EncodeOID(asn1.ObjectIdentifier{2, 5, 29, 29}), tlv.Encode(tlv.Boolean, []byte{0xFF}), tlv.Encode(tlv.OctetString, tlv.Encode(tlv.Sequence)))
	return [][]byte{tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 5), utc(day), tlv.Encode(tlv.Sequence, extension))}
}

func TestLoad(t *testing.T) {
	a := authorityOf(t)
	list, err := a.MasterList([][]byte{a.CSCA}, emrtdtest.SODOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dir := files(t, map[string][]byte{"l.ml": list, "c.cer": a.CSCA, "bad.ml": {0x30, 0}, "note.txt": nil})
	for name, anchors := range map[string]int{"": 1, "l.ml": 1, "c.cer": 1} {
		if s, err := Load(filepath.Join(dir, name)); err != nil || s.Len() != anchors {
			t.Errorf("%q: %v, %d anchors", name, err, s.Len())
		}
	}
	for _, name := range []string{"bad.ml", "note.txt"} {
		if _, err := Load(filepath.Join(dir, name)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(filepath.Join(dir, "nowhere")); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("nowhere: %v", err)
	}
}

// TestLoadBounds refuses a folder beyond all measure, and leaves out a file that is.
func TestLoadBounds(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.cer", "b.ml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, name), maxFile+1); err != nil { // a hole: no disk is used
			t.Fatal(err)
		}
	}
	s, err := LoadStore(dir)
	if err != nil || s.Len() != 0 || len(s.Sources()) != 2 || !strings.Contains(s.Sources()[0].Err.Error(), "too large") {
		t.Errorf("%v, %+v", err, s.Sources())
	}
	if err := os.Truncate(filepath.Join(dir, "a.cer"), maxTotal); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadStore(dir); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("%v", err)
	}
}

func TestProblems(t *testing.T) {
	a := authorityOf(t)
	list, err := a.RevocationList(emrtdtest.RevocationOptions{ThisUpdate: day.AddDate(0, -2, 0), NextUpdate: day.AddDate(0, -1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := load(t, map[string][]byte{"csca.cer": a.CSCA, "x.crl": list, "y.cer": {0x30}})
	got := strings.Join(s.Problems(day), "\n")
	if !strings.Contains(got, "x.crl: revocation list ended on 2026-07-01") || !strings.Contains(got, "y.cer: read certificate") || strings.Contains(got, "anchors") {
		t.Error(got)
	}
	if got := s.Problems(day.AddDate(0, -1, -1)); len(got) != 1 {
		t.Error(got)
	}
	if got := (*Store)(nil).Problems(day); len(got) != 1 || got[0] != "no trust anchors" {
		t.Error(got)
	}
}

// TestIndonesia proves what is said of the Indonesian document: its signer names an issuer, and a key, that no certificate of
// either master list has, and no key there, link certificates' included, verifies its signature.
func TestIndonesia(t *testing.T) {
	sd, _ := sodContent(readFile(t, sharedDir(t, "security-objects"), "ID_EF.SOD.bin"))
	signer, err := sd.signerCertificate()
	if err != nil {
		t.Fatal(err)
	}
	alg, err := signatureAlgorithm(signer.innerAlg)
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	dir := sharedDir(t, "masterlists")
	for _, name := range []string{"DE_ML_2026-05-28-08-28-45.ml", "NL_ML_2026-07-22.ml"} {
		list, err := parseSignedData(readFile(t, dir, name))
		if err != nil {
			t.Fatal(err)
		}
		listed, err := masterListCertificates(list.content)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range listed {
			c := mustParse(t, o.Raw)
			if bytes.Equal(c.SubjectKeyID, signer.AuthorityKeyID) || bytes.Equal(c.keyID(), signer.AuthorityKeyID) || c.subject.key() == signer.issuer.key() {
				t.Errorf("%s may be the issuer", c)
			}
			key, err := c.Key()
			if err != nil {
				t.Fatal(err)
			}
			for _, hash := range hashes { // the algorithm stated, and every other one for good measure
				other := alg
				other.hash, other.mgf, other.salt = hash.hash, hash.hash, hash.hash.Size()
				for _, a := range []algorithm{alg, other, {scheme: schemePKCS1, hash: hash.hash}, {scheme: schemeECDSA, hash: hash.hash}, {scheme: schemeECDSAPlain, hash: hash.hash}} {
					if a.verify(key, signer.tbs, signer.signature) == nil {
						t.Errorf("%s is the issuer", c)
					}
				}
			}
			tried[c.Fingerprint()] = true
		}
	}
	t.Logf("%d certificates tried", len(tried))
	if len(tried) < 600 {
		t.Error("too few certificates")
	}
}

func FuzzCRL(f *testing.F) {
	a := authorityOf(f)
	list, err := a.RevocationList(emrtdtest.RevocationOptions{Revoked: [][]byte{a.Signer}, ThisUpdate: day, NextUpdate: day.AddDate(0, 1, 0)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	f.Add(list[:40])
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := parseCRL(raw)
		if err == nil && (l.thisUpdate.IsZero() || l.serials == nil) {
			t.Fatal("an empty list, and no error")
		}
		if err == nil && !bytes.Equal(raw, list) && l.check(mustKey(t, a.CSCA)) == nil && !bytes.Contains(list, l.tbs) {
			t.Fatal("a changed list verifies")
		}
	})
}

func mustKey(t *testing.T, raw []byte) *PublicKey {
	t.Helper()
	key, err := mustParse(t, raw).Key()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func FuzzMasterList(f *testing.F) {
	a := authorityOf(f)
	list, err := a.MasterList([][]byte{a.CSCA}, emrtdtest.SODOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := emptyStore()
		if src := s.addMasterList("l.ml", raw); src.Err != nil && s.Len() != 0 {
			t.Fatal("anchors of a list that was refused")
		}
	})
}

func FuzzName(f *testing.F) {
	f.Add(cscaName, dsName)
	f.Add(dn(tlv.BMPString, "C", "VN", "O", "\x00a"), dn(tlv.TeletexString, "C", "vn", "O", "\xE9"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, errX := readName(a)
		y, errY := readName(b)
		if errX != nil || errY != nil {
			return
		}
		if !x.matches(x) || x.key() == "" && len(x.parts) > 0 {
			t.Fatal("a name does not match itself")
		}
		if x.matches(y) && x.key() != y.key() {
			t.Fatal("matching names are filed apart")
		}
		_ = x.String() + x.country()
	})
}

func readName(raw []byte) (name, error) {
	o, err := tlv.ReadOne(raw, tlv.Sequence)
	if err != nil {
		return name{}, err
	}
	return parseName(o)
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"240101000000Z", "20500101000000Z", "2401010000Z", "20500101000000.5Z", "240101000000+0700"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, short bool) {
		tag := tlv.GeneralizedTime
		if short {
			tag = tlv.UTCTime
		}
		got, err := parseTime(tlv.Object{Tag: tag, Value: []byte(s)})
		if err == nil && short && (got.Before(time.Date(1949, 12, 30, 0, 0, 0, 0, time.UTC)) || got.After(time.Date(2050, 1, 2, 0, 0, 0, 0, time.UTC))) {
			t.Fatalf("%q is %v", s, got)
		}
	})
}
