package pa

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// realObjects are the security objects of issued documents. Indonesia's CSCA is in neither master list.
var realObjects = []struct {
	file, country, alg string
	groups             []int
	known              bool
}{
	{"AT_EF.SOD.bin", "AT", "ECDSA SHA-256, EC brainpoolP256r1", []int{1, 2, 3, 11, 12, 14}, true},
	{"DE_EF.SOD.bin", "DE", "ECDSA SHA-384, EC brainpoolP384r1", []int{1, 2, 3, 14}, true},
	{"FI_EF.SOD.bin", "FI", "ECDSA SHA-512, EC brainpoolP512r1", []int{1, 2, 3, 7, 14}, true},
	{"FR_EF.SOD.bin", "FR", "RSA PKCS1 SHA-256, RSA 2048", []int{1, 2, 3, 11, 12, 13, 14}, true},
	{"ID_EF.SOD.bin", "ID", "RSASSA-PSS SHA-256, RSA 2048", []int{1, 2, 3, 14, 15}, false},
	{"UK_EF.SOD.bin", "GB", "ECDSA SHA-256, EC P-256", []int{1, 2, 14}, true},
}

func TestRealSecurityObjects(t *testing.T) {
	dir, store := sharedDir(t, "security-objects"), masterLists(t)
	for _, o := range realObjects {
		t.Run(o.file, func(t *testing.T) {
			r := Verify(readFile(t, dir, o.file), nil, store, day)
			want(t, r, kiosk.CheckSODSignature, kiosk.CheckSuccessful, "")
			if o.known {
				want(t, r, kiosk.CheckSigner, kiosk.CheckSuccessful, "")
			} else {
				want(t, r, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonIssuerUnknown)
			}
			if r.Trusted() != o.known || (r.Signer.Anchor != "") != o.known {
				t.Errorf("trusted %v, anchor %q", r.Trusted(), r.Signer.Anchor)
			}
			if r.Signer.Country != o.country || r.SignatureAlg != o.alg || !slices.Equal(r.SODGroups, o.groups) {
				t.Errorf("country %s, algorithm %s, groups %v", r.Signer.Country, r.SignatureAlg, r.SODGroups)
			}
			verdict := kiosk.CheckUndetermined
			if o.known {
				verdict = kiosk.CheckSuccessful
			}
			if _, made := r.Check(kiosk.CheckHashes); made || r.Verdict() != verdict {
				t.Errorf("verdict %s, hashes checked: %v", r.Verdict(), made)
			}
		})
	}
}

func TestRealGroupsMatch(t *testing.T) {
	dir, store := sharedDir(t, "security-objects"), masterLists(t)
	for _, c := range []string{"AT", "DE"} {
		sod, dg14 := readFile(t, dir, c+"_EF.SOD.bin"), readFile(t, dir, c+"_DG14.bin")
		r := Verify(sod, map[kiosk.FileID][]byte{kiosk.FileDG14: dg14}, store, day)
		if !r.Authentic(kiosk.FileDG14) || r.Verdict() != kiosk.CheckSuccessful {
			t.Errorf("%s: DG14 is not authentic: %v", c, r.Checks)
		}
		dg14[len(dg14)-1] ^= 1
		r = Verify(sod, map[kiosk.FileID][]byte{kiosk.FileDG14: dg14}, store, day)
		want(t, r, kiosk.CheckHashes, kiosk.CheckFailed, "hash of DG14 differs")
		if r.Authentic(kiosk.FileDG14) || r.Verdict() != kiosk.CheckFailed {
			t.Errorf("%s: changed DG14 passes", c)
		}
	}
}

func TestRealWithoutAnchors(t *testing.T) {
	dir := sharedDir(t, "security-objects")
	for _, o := range realObjects {
		r := Verify(readFile(t, dir, o.file), nil, nil, day)
		want(t, r, kiosk.CheckSODSignature, kiosk.CheckSuccessful, "")
		want(t, r, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonIssuerUnknown)
	}
}

func TestRealOutOfTime(t *testing.T) {
	dir, store := sharedDir(t, "security-objects"), masterLists(t)
	sod := readFile(t, dir, "AT_EF.SOD.bin")
	r := Verify(sod, nil, store, time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC))
	want(t, r, kiosk.CheckSigner, kiosk.CheckFailed, ReasonSignerExpired)
	r = Verify(sod, nil, store, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	want(t, r, kiosk.CheckSigner, kiosk.CheckFailed, ReasonSignerNotYet)
}

func TestRealCardSecurity(t *testing.T) {
	dir, store := sharedDir(t, "security-objects"), masterLists(t)
	infos, r := VerifyCardSecurity(readFile(t, dir, "DE_EF.CardSecurity.bin"), store, day)
	if !r.Trusted() {
		t.Fatalf("not trusted: %v", r.Checks)
	}
	s, err := lds.ParseSecurityInfos(infos)
	if err != nil || len(s.PACE) == 0 || len(s.ChipAuthKeys) == 0 {
		t.Errorf("security infos: %v, %+v", err, s)
	}
}

// TestMasterLists holds the counts that were found with other tools.
func TestMasterLists(t *testing.T) {
	store := masterLists(t)
	counts := map[string]int{}
	for _, s := range store.Sources() {
		if s.Err != nil {
			t.Errorf("%s: %v", s.File, s.Err)
		}
		if s.Kind == "master list" {
			counts[s.File[:2]] = s.Certificates
			if !strings.HasPrefix(s.Note, "signer under ") || strings.Contains(s.Note, "could not be read") {
				t.Errorf("%s: %s", s.File, s.Note)
			}
		}
	}
	if counts["DE"] != 588 || counts["NL"] != 411 {
		t.Errorf("certificates: %v", counts)
	}
	vn := store.Anchors("VN")
	if len(vn) != 1 {
		t.Fatalf("%d vietnamese anchors", len(vn))
	}
	key, err := vn[0].Key()
	if err != nil || key.String() != "EC brainpoolP512r1" || vn[0].CheckSignature(key) != nil {
		t.Errorf("vietnamese csca: %v, %v", key, err)
	}
	if n := len(store.Countries()); n < 112 {
		t.Errorf("%d countries", n)
	}
}

// TestMasterListKeys reads every key of every listed certificate: named, standardised and explicit curves, RSA and RSASSA-PSS.
func TestMasterListKeys(t *testing.T) {
	store := masterLists(t)
	self := 0
	for _, a := range store.anchors {
		if _, err := a.Key(); err != nil {
			t.Errorf("%s: %v", a.Subject(), err)
		}
		if a.verified() {
			self++
		}
	}
	if self < 400 {
		t.Errorf("only %d of %d carry a good signature of their own", self, len(store.anchors))
	}
}

// TestMasterListAlgorithms compares what the certificates use with counts made by other tools.
func TestMasterListAlgorithms(t *testing.T) {
	dir := sharedDir(t, "masterlists")
	for file, want := range map[string]string{
		"DE_ML_2026-05-28-08-28-45.ml": "EC explicit=160 EC named=4 ECDSA SHA-1=11 ECDSA SHA-256=47 ECDSA SHA-384=58 ECDSA SHA-512=35 " +
			"RSA PKCS1 SHA-1=23 RSA PKCS1 SHA-256=268 RSA PKCS1 SHA-384=3 RSA PKCS1 SHA-512=18 RSASSA-PSS=125",
		"NL_ML_2026-07-22.ml": "EC explicit=111 EC named=3 ECDSA SHA-1=8 ECDSA SHA-256=34 ECDSA SHA-384=44 ECDSA SHA-512=28 " +
			"RSA PKCS1 SHA-1=18 RSA PKCS1 SHA-256=178 RSA PKCS1 SHA-384=3 RSA PKCS1 SHA-512=9 RSASSA-PSS=89",
	} {
		sd, err := parseSignedData(readFile(t, dir, file))
		if err != nil {
			t.Fatal(err)
		}
		listed, err := masterListCertificates(sd.content)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, o := range listed {
			c, err := ParseCertificate(o.Raw)
			if err != nil {
				t.Fatal(err)
			}
			count(t, c, counts)
		}
		var got []string
		for _, k := range slices.Sorted(maps.Keys(counts)) {
			got = append(got, fmt.Sprintf("%s=%d", k, counts[k]))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s:\ngot  %s\nwant %s", file, s, want)
		}
	}
}

func count(t *testing.T, c *Certificate, counts map[string]int) {
	t.Helper()
	a, err := signatureAlgorithm(c.innerAlg)
	if err != nil {
		t.Fatal(err)
	}
	if a.scheme == schemePSS {
		counts[a.scheme.String()]++
	} else {
		counts[fmt.Sprintf("%v %v", a.scheme, a.hash)]++
	}
	key, err := c.Key()
	if err != nil {
		t.Fatal(err)
	}
	if key.EC == nil {
		return
	}
	if bytes.Contains(c.spki, tlv.EncodeOID(key.EC.Curve().OID)) {
		counts["EC named"]++
	} else {
		counts["EC explicit"]++
	}
}

func TestMasterListTampered(t *testing.T) {
	dir := sharedDir(t, "masterlists")
	raw := readFile(t, dir, "NL_ML_2026-07-22.ml")
	for _, at := range []int{len(raw) / 2, len(raw) - 10} {
		bad := bytes.Clone(raw)
		bad[at] ^= 1
		s := emptyStore()
		if src := s.addMasterList("bad.ml", bad); src.Err == nil || s.Len() != 0 {
			t.Errorf("list changed at %d: %d anchors, %v", at, s.Len(), src.Err)
		}
	}
	s := emptyStore()
	if src := s.addMasterList("good.ml", raw); src.Err != nil || s.Len() == 0 || !strings.Contains(src.Note, "not checked") {
		t.Errorf("list without its root: %d anchors, %v, %s", s.Len(), src.Err, src.Note)
	}
}

func TestSpecimens(t *testing.T) {
	dir, store := sharedDir(t, "specimens"), masterLists(t)
	groups := map[kiosk.FileID][]byte{}
	for _, n := range []int{1, 2, 3, 14} {
		groups[kiosk.FileID(fmt.Sprintf("DG%d", n))] = readFile(t, dir, fmt.Sprintf("bsi2008/Datagroup%d.bin", n))
	}
	sod := readFile(t, dir, "bsi2008/EF_SOD.bin")
	r := Verify(sod, groups, store, day)
	want(t, r, kiosk.CheckSODSignature, kiosk.CheckSuccessful, "")
	want(t, r, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonIssuerUnknown)
	want(t, r, kiosk.CheckHashes, kiosk.CheckSuccessful, "")
	groups[kiosk.FileDG15] = readFile(t, dir, "bsi2008/Datagroup15.bin")
	groups[lds.FileDG4] = readFile(t, dir, "bsi2008/Datagroup4.bin")
	r = Verify(sod, groups, store, day)
	want(t, r, kiosk.CheckHashes, kiosk.CheckFailed, "group DG4, DG15 not in security object")
	if r.GroupOK[kiosk.FileDG15] || !r.GroupOK[kiosk.FileDG1] {
		t.Error("injected group passes, or a genuine one does not")
	}

	groups = map[kiosk.FileID][]byte{
		kiosk.FileDG1: readFile(t, dir, "loes2006/ef0101.bin"), kiosk.FileDG2: readFile(t, dir, "loes2006/ef0102.bin"),
		kiosk.FileDG15: readFile(t, dir, "loes2006/ef010F.bin"), kiosk.FileCOM: readFile(t, dir, "loes2006/ef011E.bin"),
	}
	r = Verify(readFile(t, dir, "loes2006/ef011D.bin"), groups, store, day)
	want(t, r, kiosk.CheckSODSignature, kiosk.CheckSuccessful, "")
	want(t, r, kiosk.CheckHashes, kiosk.CheckSuccessful, "")
	want(t, r, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonIssuerUnknown)
	want(t, r, kiosk.CheckGroups, kiosk.CheckSuccessful, "")
}

// judge says whether a security object is accepted, remembering what it found out about signers' certificates.
type judge struct {
	store   *Store
	content func(raw []byte) (*signedData, func(*Certificate) error)
	signers sync.Map
}

func (j *judge) accepts(raw []byte) bool {
	sd, verify := j.content(raw)
	if sd == nil {
		return false
	}
	c, err := sd.signerCertificate()
	if err != nil {
		return false
	}
	good, ok := j.signers.Load(string(c.Raw))
	if !ok {
		_, reason := j.store.issuer(c)
		good = reason == "" || j.store.Len() == 1 && reason == ReasonIssuerUnknown && bytes.Equal(c.Raw, j.store.anchors[0].Raw)
		j.signers.Store(string(c.Raw), good)
	}
	return good.(bool) && j.store.knows(sd.certificates, c) && verify(c) == nil
}

func sodContent(raw []byte) (*signedData, func(*Certificate) error) {
	var r Result
	sd, err := readSOD(raw, &r)
	if err != nil {
		return nil, nil
	}
	return sd, func(c *Certificate) error { return sd.verify(c, oidSecurityObject, r.Object.Hash) }
}

func cardSecurityContent(raw []byte) (*signedData, func(*Certificate) error) {
	sd, err := parseSignedData(raw)
	if err != nil {
		return nil, nil
	}
	return sd, func(c *Certificate) error { return sd.verify(c, oidSecurityInfos) }
}

// TestOneByteChanged changes bytes of every real security object: those outside what is signed in four ways, one in 64 of the rest
// in one way. With KIOSK_FULL=1 (about a minute) it tries all 255 other values outside, and every byte of the rest. None may be
// accepted. The one exception is the alias of the package comment.
func TestOneByteChanged(t *testing.T) {
	dir, store := sharedDir(t, "security-objects"), masterLists(t)
	files := []string{"DE_EF.CardSecurity.bin"}
	for _, o := range realObjects {
		files = append(files, o.file)
	}
	for _, f := range files {
		t.Run(f, func(t *testing.T) {
			raw := readFile(t, dir, f)
			j := &judge{store: store, content: sodContent}
			if strings.Contains(f, "CardSecurity") {
				j.content = cardSecurityContent
			}
			if strings.HasPrefix(f, "ID") { // its CSCA is not in the lists: take the signer itself for known
				j.store = signerOnly(t, raw)
			}
			if !j.accepts(raw) {
				t.Fatal("not accepted unchanged")
			}
			tried, accepted := j.tryAll(raw, signedParts(t, raw, j))
			t.Logf("%d changes of %d bytes", tried, len(raw))
			for _, a := range accepted {
				if !alias(raw, a.at, a.value) {
					t.Errorf("byte %d changed from %02X to %02X is accepted", a.at, raw[a.at], a.value)
				}
			}
		})
	}
}

// signerOnly makes a store that knows a security object's signer.
func signerOnly(t *testing.T, raw []byte) *Store {
	sd, _ := sodContent(raw)
	c, err := sd.signerCertificate()
	if err != nil {
		t.Fatal(err)
	}
	s := emptyStore()
	s.add(c, true)
	return s
}

type change struct {
	at    int
	value byte
}

// tryAll tries the changes on all processors.
func (j *judge) tryAll(raw []byte, signed []bool) (tried int, accepted []change) {
	stride, outside := 64, []byte{1, 6, 128, 255}
	if os.Getenv("KIOSK_FULL") != "" {
		stride, outside = 1, nil
		for x := 1; x < 256; x++ {
			outside = append(outside, byte(x))
		}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	try := func(at int, bad []byte, x byte) {
		bad[at] = raw[at] ^ x
		ok := j.accepts(bad)
		mu.Lock()
		defer mu.Unlock()
		if tried++; ok {
			accepted = append(accepted, change{at, bad[at]})
		}
	}
	for w := range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			bad := bytes.Clone(raw)
			for at := w; at < len(raw); at += runtime.GOMAXPROCS(0) {
				switch {
				case !signed[at]:
					for _, x := range outside {
						try(at, bad, x)
					}
				case at%stride == stride/2:
					try(at, bad, 1)
				}
				bad[at] = raw[at]
			}
		}()
	}
	wg.Wait()
	return tried, accepted
}

// signedParts marks the bytes under a signature and of the signatures themselves.
func signedParts(t *testing.T, raw []byte, j *judge) []bool {
	sd, _ := j.content(raw)
	marks := make([]bool, len(raw))
	mark := func(part []byte) {
		at := bytes.Index(raw, part)
		if at < 0 {
			t.Fatal("part not found")
		}
		for i := range part {
			marks[at+i] = true
		}
	}
	mark(sd.content)
	mark(sd.signer.signature)
	attrs, err := tlv.ReadOne(sd.signer.signedAttrs, tlv.Set)
	if err != nil {
		t.Fatal(err)
	}
	mark(attrs.Value)
	for _, c := range sd.certificates {
		mark(c.tbs[4:])
		mark(c.signature)
	}
	return marks
}

// alias reports whether a change turns the last arc of shaXXXWithRSAEncryption in the SignerInfo into that of rsaEncryption.
func alias(raw []byte, at int, value byte) bool {
	prefix := []byte{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01}
	return value == 1 && at >= len(prefix) && bytes.Equal(raw[at-len(prefix):at], prefix) && at == bytes.LastIndex(raw, prefix)+len(prefix)
}

func BenchmarkVerify(b *testing.B) {
	dir := sharedDir(b, "security-objects")
	store := masterLists(b)
	for _, o := range realObjects {
		sod := readFile(b, dir, o.file)
		b.Run(strings.TrimSuffix(o.file, ".bin"), func(b *testing.B) {
			for b.Loop() {
				if r := Verify(sod, nil, store, day); !r.Is(kiosk.CheckSODSignature) {
					b.Fatal(r.Checks)
				}
			}
		})
	}
}

func BenchmarkLoadStore(b *testing.B) {
	dir := sharedDir(b, "masterlists")
	for b.Loop() {
		if s, err := LoadStore(dir); err != nil || s.Len() < 400 {
			b.Fatal(err, filepath.Base(dir))
		}
	}
}
