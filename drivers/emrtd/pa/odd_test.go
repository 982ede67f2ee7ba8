package pa

import (
	"bytes"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// testAuthority is a state whose names have several free texts, as states' names do.
var testAuthority = sync.OnceValues(func() (*emrtdtest.Authority, error) {
	return emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: day.AddDate(-2, 0, 0), Name: "Simulated CSCA"})
})

func authorityOf(t testing.TB) *emrtdtest.Authority {
	t.Helper()
	a, err := testAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// rename rewrites every text of a name: its string type and its letters.
func rename(t testing.TB, raw []byte, retype map[tlv.Tag]tlv.Tag, style func(string) string) []byte {
	t.Helper()
	o, err := tlv.ReadOne(raw, tlv.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	n, err := parseName(o)
	if err != nil {
		t.Fatal(err)
	}
	var sets [][]byte
	for _, p := range n.parts {
		tag, text := p.tag, []byte(style(p.text()))
		if to, ok := retype[tag]; ok && freeText(p.id) {
			tag = to
		}
		if tag == tlv.BMPString {
			var wide []byte
			for _, b := range text {
				wide = append(wide, 0, b)
			}
			text = wide
		}
		sets = append(sets, tlv.Encode(tlv.Set, tlv.Encode(tlv.Sequence, tlv.EncodeOID(p.id), tlv.Encode(tag, text))))
	}
	return tlv.Encode(tlv.Sequence, sets...)
}

func same(s string) string { return s }

// turned reverses the parts of a name.
func turned(t testing.TB, raw []byte) []byte {
	t.Helper()
	o, err := tlv.ReadOne(raw, tlv.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := o.Children()
	if err != nil {
		t.Fatal(err)
	}
	var sets [][]byte
	for _, p := range parts {
		sets = append([][]byte{p.Raw}, sets...)
	}
	return tlv.Encode(tlv.Sequence, sets...)
}

// identified changes issuer and serial number of the signer's identifier.
func identified(t testing.TB, change func(issuer, serial []byte) (a, b []byte)) func(*emrtdtest.SignerInfo) {
	return func(s *emrtdtest.SignerInfo) {
		o, err := tlv.ReadOne(s.Identifier, tlv.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := o.Children()
		if err != nil {
			t.Fatal(err)
		}
		a, b := change(parts[0].Raw, parts[1].Raw)
		s.Identifier = tlv.Encode(tlv.Sequence, a, b)
	}
}

// oddities are departures of real issuers; each object is accepted, and with any byte changed it is not.
func oddities(t testing.TB) map[string]emrtdtest.SODOptions {
	issuer := func(change func([]byte) []byte) emrtdtest.SODOptions {
		return emrtdtest.SODOptions{EditInfo: identified(t, func(i, s []byte) ([]byte, []byte) { return change(i), s })}
	}
	pss := emrtdtest.Algorithm{Scheme: emrtdtest.SchemePSS, Hash: crypto.SHA256, Salt: 20}
	return map[string]emrtdtest.SODOptions{
		"usual":                      {},
		"key identifier":             {KeyID: true},
		"explicit curve":             {Curve: "brainpoolP384r1", Explicit: true},
		"explicit P-521, SHA-512":    {Curve: "P-521", Explicit: true, Algorithm: emrtdtest.Algorithm{Hash: crypto.SHA512}},
		"salt shorter than the hash": {Algorithm: pss},
		"dsa":                        {Algorithm: emrtdtest.Algorithm{Scheme: emrtdtest.SchemeDSA}},
		"sha-1 groups":               {GroupHash: crypto.SHA1},
		"several hashes":             {GroupHash: crypto.SHA384, DigestHash: crypto.SHA512},
		"issuer turned round":        issuer(func(i []byte) []byte { return turned(t, i) }),
		"issuer in utf-8": issuer(func(i []byte) []byte {
			return rename(t, i, map[tlv.Tag]tlv.Tag{tlv.PrintableString: tlv.UTF8String}, same)
		}),
		"issuer in two-byte letters": issuer(func(i []byte) []byte {
			return rename(t, i, map[tlv.Tag]tlv.Tag{tlv.PrintableString: tlv.BMPString}, same)
		}),
		"issuer in capitals": issuer(func(i []byte) []byte { return rename(t, i, nil, strings.ToUpper) }),
		"issuer in small utf-8": issuer(func(i []byte) []byte {
			return rename(t, i, map[tlv.Tag]tlv.Tag{tlv.PrintableString: tlv.UTF8String}, strings.ToLower)
		}),
		"the signer for its issuer":   {EditInfo: identified(t, func(_, s []byte) ([]byte, []byte) { return emrtdtestSubject(t), s }), Certificate: subjectOf(t)},
		"negative serial number":      {Certificate: emrtdtest.SignerOptions{Serial: []byte{0x9A, 1, 2, 3}}},
		"serial number without sign":  {Certificate: emrtdtest.SignerOptions{Serial: []byte{0, 0x9A, 1, 2}}, EditInfo: identified(t, func(i, _ []byte) ([]byte, []byte) { return i, tlv.Encode(tlv.Integer, []byte{0x9A, 1, 2}) })},
		"no authority key identifier": {Certificate: emrtdtest.SignerOptions{Edit: func(c *emrtdtest.TBS) { c.Drop(emrtdtest.OIDAuthorityKeyID) }}},
		"no subject key identifier":   {KeyID: true, Certificate: emrtdtest.SignerOptions{Edit: func(c *emrtdtest.TBS) { c.Drop(emrtdtest.OIDSubjectKeyID) }}},
		"generalised time":            {Certificate: emrtdtest.SignerOptions{Edit: func(c *emrtdtest.TBS) { c.Validity = generalised() }}},
		"critical policies":           {Certificate: emrtdtest.SignerOptions{Edit: func(c *emrtdtest.TBS) { c.Set(asn1.ObjectIdentifier{2, 5, 29, 32}, true, tlv.Encode(tlv.Sequence)) }}},
		"attributes not in order":     {SigningTime: day.AddDate(0, -1, 0), EditInfo: func(s *emrtdtest.SignerInfo) { s.Unordered = true }},
		"algorithm protection":        {EditInfo: protect(t, emrtdtest.Algorithm{})},
		"sha-1 listed and not used": {EditSigned: func(s *emrtdtest.SignedData) {
			s.Digests = tlv.Encode(tlv.Set, emrtdtest.HashIdentifier(crypto.SHA1), emrtdtest.HashIdentifier(crypto.SHA256))
		}},
		"key's algorithm for the signature's": {Explicit: true, EditInfo: func(s *emrtdtest.SignerInfo) {
			s.Algorithm = tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidEC))
		}},
		"curve beside the signature's algorithm": {EditInfo: func(s *emrtdtest.SignerInfo) {
			s.Algorithm = tlv.Encode(tlv.Sequence, tlv.EncodeOID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}), tlv.EncodeOID(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}))
		}},
		"lds 1.8":                    {LDS: "0108"},
		"hash with a NULL parameter": {EditInfo: func(s *emrtdtest.SignerInfo) { s.Digest = nullHash }, EditSigned: func(s *emrtdtest.SignedData) { s.Digests = tlv.Encode(tlv.Set, nullHash) }},
	}
}

var nullHash = tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidSHA256), tlv.Encode(tlv.Null))

// protect adds the signed attribute CMSAlgorithmProtection.
func protect(t testing.TB, a emrtdtest.Algorithm) func(*emrtdtest.SignerInfo) {
	id, err := a.Identifier()
	if err != nil {
		t.Fatal(err)
	}
	o, err := tlv.ReadOne(id, tlv.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	return func(s *emrtdtest.SignerInfo) {
		s.Attributes = append(s.Attributes, emrtdtest.Attribute{ID: oidProtection, Value: tlv.Encode(tlv.Sequence, s.Digest, tlv.Encode(0xA1, o.Value))})
	}
}

func generalised() []byte {
	stamp := func(t time.Time) []byte { return tlv.Encode(tlv.GeneralizedTime, []byte(t.Format("20060102150405Z"))) }
	return tlv.Encode(tlv.Sequence, stamp(day.AddDate(-1, 0, 0)), stamp(day.AddDate(5, 0, 0)))
}

var signerName = pkix.Name{Country: []string{"VN"}, Organization: []string{"Simulated issuer"}, CommonName: "Some Signer"}

func emrtdtestSubject(t testing.TB) []byte {
	t.Helper()
	raw, err := emrtdtest.EncodeName(signerName)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func subjectOf(t testing.TB) emrtdtest.SignerOptions {
	subject := emrtdtestSubject(t)
	return emrtdtest.SignerOptions{Edit: func(c *emrtdtest.TBS) { c.Subject = subject }}
}

// TestOddities accepts every oddity, and with any byte changed in some ways none of them.
func TestOddities(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	for name, opt := range oddities(t) {
		t.Run(name, func(t *testing.T) {
			raw, err := a.SignSODWith(d.groups, opt)
			if err != nil {
				t.Fatal(err)
			}
			store := trusting(t, a.CSCA)
			if r := Verify(raw, d.groups, store, day); r.Verdict() != kiosk.CheckSuccessful {
				t.Fatalf("%v", r.Checks)
			}
			j := &judge{store: store, content: sodContent}
			tried, accepted := j.tryAll(raw, signedParts(t, raw, j))
			for _, c := range accepted {
				t.Errorf("byte %d changed from %02X to %02X is accepted", c.at, raw[c.at], c.value)
			}
			if tried < 500 {
				t.Errorf("only %d changes", tried)
			}
		})
	}
}

// TestAliasClosed shows the one alias of the package comment, and that algorithm protection closes it.
func TestAliasClosed(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	store := trusting(t, a.CSCA)
	for _, protected := range []bool{false, true} {
		opt := emrtdtest.SODOptions{Algorithm: emrtdtest.Algorithm{Scheme: emrtdtest.SchemePKCS1}}
		if protected {
			opt.EditInfo = protect(t, opt.Algorithm)
		}
		raw, err := a.SignSODWith(d.groups, opt)
		if err != nil {
			t.Fatal(err)
		}
		if r := Verify(raw, d.groups, store, day); r.Verdict() != kiosk.CheckSuccessful {
			t.Fatalf("unchanged: %v", r.Checks)
		}
		id, err := opt.Algorithm.Identifier()
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(raw)
		bad[bytes.LastIndex(bad, id)+len(id)-3] = 1 // rsaEncryption for sha256WithRSAEncryption; NULL follows
		r := Verify(bad, d.groups, store, day)
		if good := r.Verdict() == kiosk.CheckSuccessful; good == protected {
			t.Errorf("protected %v: %v", protected, r.Checks)
		}
	}
}

// TestPSSOddities signs with salts and masks that crypto/rsa does not take.
func TestPSSOddities(t *testing.T) {
	key := newRSASigner(t).rsa
	k, err := parseKey(signer{rsa: key}.spki())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hash, mask crypto.Hash
		salt       int
	}{
		{crypto.SHA256, crypto.SHA256, 0}, {crypto.SHA256, crypto.SHA1, 20}, {crypto.SHA512, crypto.SHA256, 64}, {crypto.SHA1, crypto.SHA1, 20},
		{crypto.SHA384, crypto.SHA384, 222 - 48 - 14}, {crypto.SHA224, crypto.SHA512, 7},
	} {
		h := c.hash.New()
		h.Write([]byte("message"))
		sig := signPSS(t, key, c.hash, c.mask, c.salt, h.Sum(nil))
		a := algorithm{scheme: schemePSS, hash: c.hash, mgf: c.mask, salt: c.salt}
		if err := a.verify(k, []byte("message"), sig); err != nil {
			t.Errorf("%v %v %d: %v", c.hash, c.mask, c.salt, err)
		}
		for name, other := range map[string]algorithm{
			"salt": {scheme: schemePSS, hash: c.hash, salt: c.salt + 1, mgf: c.mask}, "mask": {scheme: schemePSS, hash: c.hash, salt: c.salt, mgf: crypto.SHA512_256},
		} {
			if other.verify(k, []byte("message"), sig) == nil {
				t.Errorf("%v %v %d: accepted with another %s", c.hash, c.mask, c.salt, name)
			}
		}
		for _, at := range []int{0, 1, len(sig) / 2, len(sig) - 1} {
			bad := bytes.Clone(sig)
			bad[at] ^= 1
			if a.verify(k, []byte("message"), bad) == nil {
				t.Errorf("accepted with byte %d changed", at)
			}
		}
	}
}

// TestProfile refuses certificates that are not a document signer's, or whose extensions nobody understands.
func TestProfile(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	for _, tt := range []struct {
		name, reason string
		edit         func(*emrtdtest.TBS)
	}{
		{"unknown critical extension", ReasonCritical, func(c *emrtdtest.TBS) { c.Set(asn1.ObjectIdentifier{1, 2, 3, 4}, true, []byte{5, 0}) }},
		{"unknown extension", "", func(c *emrtdtest.TBS) { c.Set(asn1.ObjectIdentifier{1, 2, 3, 4}, false, []byte{5, 0}) }},
		{"no key usage", ReasonSignerUsage, func(c *emrtdtest.TBS) { c.Drop(emrtdtest.OIDKeyUsage) }},
		{"issuer renamed", ReasonIssuerName, func(c *emrtdtest.TBS) { c.Issuer = emrtdtestSubject(t) }},
	} {
		raw, err := a.SignSODWith(d.groups, emrtdtest.SODOptions{Certificate: emrtdtest.SignerOptions{Edit: tt.edit}})
		if err != nil {
			t.Fatal(err)
		}
		r := Verify(raw, d.groups, trusting(t, a.CSCA), day)
		result := kiosk.CheckSuccessful
		if tt.reason != "" {
			result = Reasons()[tt.reason]
		}
		want(t, r, kiosk.CheckSigner, result, tt.reason)
	}
}

// TestSteps has the partial checks in order, each with its section.
func TestSteps(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	raw, err := a.SignSODWith(d.groups, emrtdtest.SODOptions{SigningTime: day.AddDate(0, -1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	r := Verify(raw, d.groups, trusting(t, a.CSCA), day)
	var names []string
	for _, s := range r.Steps {
		if s.Section == "" || s.Result != kiosk.CheckSuccessful && s.Name != StepRevocation {
			t.Errorf("%+v", s)
		}
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "sod_digest sod_signature signer_signature signer_profile signer_validity issuer_validity signing_time "+
		"signer_revocation group_hashes com_sod issuing_state" {
		t.Errorf("steps %s", got)
	}
	if r.Integrity[kiosk.FileDG1] != Identical || fmt.Sprint(r.Integrity) != "map[DG1:identical DG13:identical]" {
		t.Errorf("integrity %v", r.Integrity)
	}
	delete(d.groups, kiosk.FileDG13)
	if r = Verify(raw, d.groups, trusting(t, a.CSCA), day); r.Integrity[kiosk.FileDG13] != NotRead {
		t.Errorf("integrity %v", r.Integrity)
	}
}
