package pa

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/asn1"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// document is a fictional card's groups and the security object over them.
type document struct {
	groups map[kiosk.FileID][]byte
	object *SecurityObject
}

func newDocument(t testing.TB) *document {
	t.Helper()
	c, err := mrz.VietnameseCard("999301012345", "010201", "F", "410201", "NGUYEN", "THI THU")
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	d := &document{
		groups: map[kiosk.FileID][]byte{
			kiosk.FileDG1: lds.MarshalDG1(m), kiosk.FileDG13: (&lds.DG13{Number: "999301012345"}).Marshal(),
			kiosk.FileCOM: lds.COM{LDS: "0107", Unicode: "040000", Groups: []kiosk.FileID{"DG1", "DG13"}}.Marshal(),
		},
		object: &SecurityObject{Hash: crypto.SHA256, Hashes: map[int][]byte{}},
	}
	for id, n := range map[kiosk.FileID]int{kiosk.FileDG1: 1, kiosk.FileDG13: 13} {
		sum := sha256.Sum256(d.groups[id])
		d.object.Hashes[n] = sum[:]
	}
	return d
}

func sod(cms []byte) []byte { return tlv.Encode(tagSOD, cms) }

func trusting(t testing.TB, certs ...[]byte) *Store {
	t.Helper()
	s, err := NewStore(certs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerifyGood(t *testing.T) {
	s, d := newState(t), newDocument(t)
	r := Verify(sod(s.newMessage(t).build(t, d.object.Marshal())), d.groups, trusting(t, s.csca.build(t)), day)
	if r.Verdict() != kiosk.CheckSuccessful || len(r.Checks) != 5 || !r.Authentic(kiosk.FileDG13) || r.Signer.Country != "VN" ||
		r.Signer.Serial != "1267" || r.HashAlg != "SHA-256" || r.Revocation != "no list" || r.Signed.IsZero() {
		t.Errorf("%+v", r)
	}
}

// TestVerifySchemes signs with every algorithm there is.
func TestVerifySchemes(t *testing.T) {
	d := newDocument(t)
	for _, a := range []algorithm{
		{scheme: schemeECDSA, hash: crypto.SHA1}, {scheme: schemeECDSA, hash: crypto.SHA224}, {scheme: schemeECDSA, hash: crypto.SHA384},
		{scheme: schemeECDSA, hash: crypto.SHA512}, {scheme: schemeECDSAPlain, hash: crypto.SHA1},
		{scheme: schemeECDSAPlain, hash: crypto.SHA224}, {scheme: schemeECDSAPlain, hash: crypto.SHA256},
		{scheme: schemeECDSAPlain, hash: crypto.SHA384}, {scheme: schemeECDSAPlain, hash: crypto.SHA512}, {scheme: schemePKCS1, hash: crypto.SHA1}, {scheme: schemePKCS1, hash: crypto.SHA256},
		{scheme: schemePKCS1, hash: crypto.SHA512}, {scheme: schemePSS, hash: crypto.SHA256, mgf: crypto.SHA256, salt: 32},
		{scheme: schemePSS, hash: crypto.SHA384, mgf: crypto.SHA384, salt: 20},
	} {
		s := newState(t)
		if a.scheme == schemePKCS1 || a.scheme == schemePSS {
			s.ds.key = newRSASigner(t)
		}
		m := s.newMessage(t)
		m.alg, m.digest, m.hashes = a, a.hash, []crypto.Hash{a.hash, crypto.SHA256}
		r := Verify(sod(m.build(t, d.object.Marshal())), d.groups, trusting(t, s.csca.build(t)), day)
		if r.Verdict() != kiosk.CheckSuccessful {
			t.Errorf("%v %v: %v", a.scheme, a.hash, r.Checks)
		}
	}
}

// TestVerifyTolerates holds what real issuers do otherwise.
func TestVerifyTolerates(t *testing.T) {
	d := newDocument(t)
	for name, change := range map[string]func(*state, *message){
		"key identifier": func(_ *state, m *message) { m.keyID, m.signerVersion = []byte("ds"), 3 },
		"name turned round": func(_ *state, m *message) {
			m.issuer = dn(tlv.UTF8String, "CN", "CSCA", "OU", "Test", "O", "Demo", "C", "VN")
		},
		"name in other texts": func(_ *state, m *message) {
			m.issuer = dn(tlv.PrintableString, "C", "VN", "O", "Demo", "OU", "Test", "CN", "CSCA")
		},
		"no signing time": func(_ *state, m *message) { m.signed = time.Time{} },
		"another attribute": func(_ *state, m *message) {
			m.moreAttrs = attribute1(asn1.ObjectIdentifier{1, 2, 3}, tlv.AppendInt(nil, 1))
		},
		"rsaEncryption": func(s *state, m *message) {
			m.algID = tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidRSA), tlv.Encode(tlv.Null))
		},
		"its csca beside": func(s *state, m *message) { m.certificates = append(m.certificates, s.csca.build(t)) },
		"no key identifiers": func(s *state, m *message) {
			s.csca.ski, s.ds.aki = nil, nil
			m.certificates = [][]byte{s.ds.build(t)}
		},
		"csca's name in capitals": func(s *state, m *message) {
			s.csca.subject = dn(tlv.PrintableString, "C", "vn", "O", "DEMO", "OU", "TEST", "CN", "CSCA")
			s.csca.ski, s.ds.aki = nil, nil
			m.certificates = [][]byte{s.ds.build(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newState(t)
			if name == "rsaEncryption" {
				s.ds.key = newRSASigner(t)
			}
			m := s.newMessage(t)
			change(s, m)
			store := trusting(t, s.csca.build(t))
			if name == "its csca beside" { // the same bytes: signatures differ each time
				store = trusting(t, m.certificates[1])
			}
			r := Verify(sod(m.build(t, d.object.Marshal())), d.groups, store, day)
			if r.Verdict() != kiosk.CheckSuccessful {
				t.Errorf("%v", r.Checks)
			}
		})
	}
}

func TestVerifyBER(t *testing.T) {
	s, d := newState(t), newDocument(t)
	der := s.newMessage(t).build(t, d.object.Marshal())
	outer, err := tlv.ReadOne(der, tlv.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	ber := append(append([]byte{0x30, 0x80}, outer.Value...), 0, 0)
	r := Verify(sod(ber), d.groups, trusting(t, s.csca.build(t)), day)
	if r.Verdict() != kiosk.CheckSuccessful {
		t.Errorf("%v", r.Checks)
	}
}

// TestVerifyRefuses makes every way a security object can be wrong, and wants its reason.
func TestVerifyRefuses(t *testing.T) {
	const sig, chain = kiosk.CheckSODSignature, kiosk.CheckSigner
	other := newState(t)
	d := newDocument(t)
	for _, tt := range []struct {
		name   string
		change func(*state, *message)
		check  kiosk.CheckName
		reason string
	}{
		{"version", func(_ *state, m *message) { m.version = 1 }, sig, ReasonMalformed},
		{"signer version", func(_ *state, m *message) { m.signerVersion = 3 }, sig, ReasonMalformed},
		{"digest algorithm not listed", func(_ *state, m *message) { m.hashes = []crypto.Hash{crypto.SHA384} }, sig, ReasonMalformed},
		{"digest algorithm nobody uses", func(_ *state, m *message) { m.hashes = append(m.hashes, crypto.SHA512) }, sig, ReasonMalformed},
		{"content type", func(_ *state, m *message) { m.contentType = oidMasterList }, sig, ReasonContentType},
		{"content type attribute", func(_ *state, m *message) { m.attrType = oidMasterList }, sig, ReasonContentType},
		{"attribute twice", func(_ *state, m *message) {
			m.moreAttrs = attribute1(oidContentType, tlv.EncodeOID(oidSecurityObject))
		}, sig, ReasonMalformed},
		{"no signed attributes", func(_ *state, m *message) { m.noAttrs = true }, sig, ReasonMalformed},
		{"unsigned attributes", func(_ *state, m *message) { m.unsigned = tlv.Encode(0xA1) }, sig, ReasonMalformed},
		{"revocation lists", func(_ *state, m *message) { m.crls = tlv.Encode(0xA1) }, sig, ReasonMalformed},
		{"no certificate", func(_ *state, m *message) { m.certificates = nil }, sig, ReasonNoSigner},
		{"serial number", func(_ *state, m *message) { m.serial++ }, sig, ReasonIdentifier},
		{"issuer's name", func(_ *state, m *message) {
			m.issuer = dn(tlv.UTF8String, "C", "VN", "O", "Demo", "OU", "Test", "CN", "CSCB")
		}, sig, ReasonIdentifier},
		{"issuer's name in other case", func(_ *state, m *message) {
			m.issuer = dn(tlv.UTF8String, "C", "VN", "O", "demo", "OU", "Test", "CN", "CSCA")
		}, sig, ReasonIdentifier},
		{"key identifier", func(_ *state, m *message) { m.keyID, m.signerVersion = []byte("other"), 3 }, sig, ReasonIdentifier},
		{"signed by another", func(_ *state, m *message) { m.key = other.ds.key }, sig, ReasonSignature},
		{"algorithm with another hash", func(_ *state, m *message) {
			m.algID = algorithmID(t, algorithm{scheme: schemeECDSA, hash: crypto.SHA384})
		}, sig, ReasonSignature},
		{"algorithm of another key", func(_ *state, m *message) {
			m.algID = algorithmID(t, algorithm{scheme: schemePKCS1, hash: crypto.SHA256})
		}, sig, ReasonAlgorithm},
		{"unknown algorithm", func(_ *state, m *message) {
			m.algID = tlv.Encode(tlv.Sequence, tlv.EncodeOID(asn1.ObjectIdentifier{1, 3, 101, 112}))
		}, sig, ReasonAlgorithm},

		{"issuer unknown", func(s *state, m *message) {
			s.ds.issuer, s.ds.aki, s.ds.by = dn(tlv.UTF8String, "C", "VN", "CN", "X"), []byte("x"), other.csca.key
			m.issuer, m.certificates = s.ds.issuer, [][]byte{s.ds.build(t)}
		}, chain, ReasonIssuerUnknown},
		{"csca's name, a key the store does not have", func(s *state, m *message) {
			s.ds.aki, s.ds.by = []byte("next"), other.csca.key
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonIssuerUnknown},
		{"forged under the csca's key identifier", func(s *state, m *message) {
			s.ds.by = other.csca.key
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerSignature},
		{"algorithm stands twice, differently", func(s *state, m *message) {
			s.ds.innerAlg = algorithmID(t, algorithm{scheme: schemeECDSA, hash: crypto.SHA1})
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerSignature},
		{"signer is an authority", func(s *state, m *message) {
			s.ds.ca = true
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerUsage},
		{"signer may not sign", func(s *state, m *message) {
			s.ds.usage = 0x20
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerUsage},
		{"signer's certificate of version 1", func(s *state, m *message) {
			s.ds.version = 1
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerUsage},
		{"signer of master lists", func(s *state, m *message) {
			s.ds.purpose = oidListSigner
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerUsage},
		{"unknown certificate beside", func(_ *state, m *message) {
			m.certificates = append(m.certificates, other.ds.build(t))
		}, chain, ReasonExtraCertificate},
		{"signed before the signer was", func(_ *state, m *message) { m.signed = notBefore.AddDate(0, 0, -1) }, chain, ReasonSignerAtSigning},
		{"signer expired", func(s *state, m *message) {
			s.ds.to = day.AddDate(0, 0, -1)
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerExpired},
		{"signer of the future", func(s *state, m *message) {
			s.ds.from = day.AddDate(0, 0, 1)
			m.certificates = [][]byte{s.ds.build(t)}
		}, chain, ReasonSignerNotYet},
		{"issuer expired", func(s *state, _ *message) { s.csca.to = day.AddDate(0, 0, -1) }, chain, ReasonIssuerExpired},
		{"issuer of the future", func(s *state, _ *message) { s.csca.from = day.AddDate(0, 0, 1) }, chain, ReasonIssuerNotYet},
		{"issuer of another country", func(s *state, _ *message) {
			s.csca.subject = dn(tlv.UTF8String, "C", "XX", "O", "Demo", "OU", "Test", "CN", "CSCA")
			s.csca.issuer = s.csca.subject
		}, chain, ReasonCountries},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newState(t)
			m := s.newMessage(t)
			tt.change(s, m)
			r := Verify(sod(m.build(t, d.object.Marshal())), d.groups, trusting(t, s.csca.build(t)), day)
			want(t, r, tt.check, Reasons()[tt.reason], tt.reason)
			if r.Verdict() == kiosk.CheckSuccessful || r.Trusted() || r.Authentic(kiosk.FileDG1) {
				t.Error("passes nevertheless")
			}
		})
	}
}

func TestVerifyObject(t *testing.T) {
	s, d := newState(t), newDocument(t)
	store := trusting(t, s.csca.build(t))
	for name, change := range map[string]func(*SecurityObject){
		"version":     func(o *SecurityObject) { o.Version = 2 },
		"no groups":   func(o *SecurityObject) { clear(o.Hashes) },
		"group 17":    func(o *SecurityObject) { o.Hashes[17] = o.Hashes[1] },
		"short hash":  func(o *SecurityObject) { o.Hashes[1] = o.Hashes[1][:31] },
		"other hash":  func(o *SecurityObject) { o.Hash = crypto.SHA384 },
		"unknown one": func(o *SecurityObject) { o.Hash = crypto.MD5 },
	} {
		o := newDocument(t).object
		change(o)
		r := Verify(sod(s.newMessage(t).build(t, o.Marshal())), d.groups, store, day)
		if c, _ := r.Check(kiosk.CheckSODSignature); c.Result == kiosk.CheckSuccessful || r.Object != nil {
			t.Errorf("%s: %v", name, r.Checks)
		}
		want(t, r, kiosk.CheckHashes, kiosk.CheckAborted, ReasonNotReached)
	}
	o := newDocument(t).object
	o.Version, o.LDS, o.Unicode = 1, "0108", "040000"
	r := Verify(sod(s.newMessage(t).build(t, o.Marshal())), d.groups, store, day)
	if r.Verdict() != kiosk.CheckSuccessful || r.Object.LDS != "0108" || r.Object.Unicode != "040000" {
		t.Errorf("version 1: %v", r.Checks)
	}
}

func TestVerifyGroups(t *testing.T) {
	s := newState(t)
	store := trusting(t, s.csca.build(t))
	for _, tt := range []struct {
		name   string
		change func(*document)
		check  kiosk.CheckName
		result kiosk.CheckResult
		reason string
	}{
		{"DG13 changed", func(d *document) { d.groups[kiosk.FileDG13][20] ^= 1 }, kiosk.CheckHashes, kiosk.CheckFailed, "hash of DG13 differs"},
		{"DG13 longer", func(d *document) { d.groups[kiosk.FileDG13] = append(d.groups[kiosk.FileDG13], 0) }, kiosk.CheckHashes, kiosk.CheckFailed, "hash of DG13 differs"},
		{"DG15 added", func(d *document) { d.groups[kiosk.FileDG15] = []byte{0x6F, 0} }, kiosk.CheckHashes, kiosk.CheckFailed, "group DG15 not in security object"},
		{"EF.COM alone", func(d *document) { delete(d.groups, kiosk.FileDG1); delete(d.groups, kiosk.FileDG13) }, kiosk.CheckHashes, kiosk.CheckUndetermined, ReasonNoGroups},
		{"EF.COM names more", func(d *document) {
			d.groups[kiosk.FileCOM] = lds.COM{LDS: "0107", Unicode: "040000", Groups: []kiosk.FileID{"DG1", "DG13", "DG15"}}.Marshal()
		}, kiosk.CheckGroups, kiosk.CheckFailed, "EF.COM and security object differ: DG15"},
		{"EF.COM names less", func(d *document) {
			d.groups[kiosk.FileCOM] = lds.COM{LDS: "0107", Unicode: "040000", Groups: []kiosk.FileID{"DG1"}, Unknown: []byte{1}}.Marshal()
		}, kiosk.CheckGroups, kiosk.CheckFailed, "EF.COM and security object differ: DG13, unknown tags"},
		{"EF.COM broken", func(d *document) { d.groups[kiosk.FileCOM] = []byte{0x60} }, kiosk.CheckGroups, kiosk.CheckFailed, ReasonCOMMalformed},
		{"DG1 changed", func(d *document) { d.groups[kiosk.FileDG1][40] ^= 1 }, kiosk.CheckIssuer, kiosk.CheckAborted, ReasonDG1},
	} {
		d := newDocument(t)
		tt.change(d)
		r := Verify(sod(s.newMessage(t).build(t, d.object.Marshal())), d.groups, store, day)
		want(t, r, tt.check, tt.result, tt.reason)
	}
}

func TestVerifyIssuingState(t *testing.T) {
	for _, tt := range []struct {
		state  string
		result kiosk.CheckResult
		reason string
	}{
		{"VNM", kiosk.CheckSuccessful, ""}, {"D", kiosk.CheckFailed, ReasonStateDiffers},
		{"UTO", kiosk.CheckUndetermined, ReasonStateUnknown},
	} {
		s, d := newState(t), newDocument(t)
		m, err := mrz.Card{Code: "I", State: tt.state, Number: "1", Birth: "010201", Expiry: "410201", Surname: "A"}.Build()
		if err != nil {
			t.Fatal(err)
		}
		d.groups[kiosk.FileDG1] = lds.MarshalDG1(m)
		sum := sha256.Sum256(d.groups[kiosk.FileDG1])
		d.object.Hashes[1] = sum[:]
		raw := sod(s.newMessage(t).build(t, d.object.Marshal()))
		r := Verify(raw, d.groups, trusting(t, s.csca.build(t)), day)
		want(t, r, kiosk.CheckIssuer, tt.result, tt.reason)
		if r = Verify(raw, d.groups, nil, day); tt.reason == "" {
			want(t, r, kiosk.CheckIssuer, kiosk.CheckAborted, ReasonNotReached)
		}
	}
	for state, country := range map[string]string{"D": "DE", "GBD": "GB", "UNO": "UN", "EUE": "EU", "RKS": "KS", "AUT": "AT", "USA": "US"} {
		if c, ok := stateCountry(state); !ok || c != country {
			t.Errorf("%s: %s, %v", state, c, ok)
		}
	}
	for _, state := range []string{"", "XXX", "VN", "vnm", "704", "ZZZ"} {
		if c, ok := stateCountry(state); ok {
			t.Errorf("%q is %s", state, c)
		}
	}
}

func TestVerifyGarbage(t *testing.T) {
	for _, raw := range [][]byte{nil, {0x77}, {0x77, 0}, {0x30, 0}, bytes.Repeat([]byte{0x30, 0x80}, 100), {0x77, 2, 5, 0}} {
		r := Verify(raw, nil, nil, day)
		want(t, r, kiosk.CheckSODSignature, kiosk.CheckFailed, ReasonMalformed)
		if r.Verdict() != kiosk.CheckFailed {
			t.Errorf("%X: %v", raw, r.Verdict())
		}
		if _, r := VerifyCardSecurity(raw, nil, day); r.Verdict() != kiosk.CheckFailed {
			t.Errorf("%X as EF.CardSecurity: %v", raw, r.Verdict())
		}
	}
	if r := (Result{}); r.Verdict() != kiosk.CheckUndetermined || r.Trusted() {
		t.Error("no checks pass")
	}
}

// TestReasonsHaveResults wants a result for every reason, which the constants themselves are asked for.
func TestReasonsHaveResults(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "pa.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			constants++
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if _, known := Reasons()[text]; err != nil || !known {
				t.Errorf("%s has no result", spec.Names[0].Name)
			}
		}
		return true
	})
	if constants != len(Reasons()) {
		t.Errorf("%d constants, %d results", constants, len(Reasons()))
	}
	for reason, result := range Reasons() {
		if result == "" || result == kiosk.CheckSuccessful || reason == "" {
			t.Errorf("%q: %q", reason, result)
		}
	}
}

// FuzzVerify verifies whatever comes, and a good security object with one byte changed, which must not pass.
func FuzzVerify(f *testing.F) {
	s, d := newState(f), newDocument(f)
	store := trusting(f, s.csca.build(f))
	good := sod(s.newMessage(f).build(f, d.object.Marshal()))
	f.Add(good, uint16(0), byte(0))
	f.Add([]byte{0x77, 2, 0x30, 0x80}, uint16(40), byte(1))
	for _, opt := range oddities(f) {
		raw, err := authorityOf(f).SignSODWith(d.groups, opt)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, uint16(1), byte(2))
	}
	f.Fuzz(func(t *testing.T, raw []byte, at uint16, x byte) {
		Verify(raw, d.groups, store, day)
		VerifyCardSecurity(raw, store, day)
		bad := bytes.Clone(good)
		bad[int(at)%len(bad)] ^= x
		if r := Verify(bad, d.groups, store, day); x != 0 && r.Verdict() == kiosk.CheckSuccessful {
			t.Fatalf("accepted with byte %d changed by %02X", int(at)%len(bad), x)
		}
	})
}
