package dossier_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
	"motcua/kiosk/dossier"
)

var (
	created  = time.Date(2026, 11, 21, 8, 30, 0, 123456789, time.FixedZone("", 7*3600))
	received = created.Add(3 * time.Hour)
	holder   = kiosk.Citizen{
		Number: "999201012345", Name: "Nguyễn Thị Thử", NameMRZ: "NGUYEN THI THU", Birth: kiosk.Date{Year: 2001, Month: 2, Day: 3},
		Sex: "Nữ", Nationality: "Việt Nam", Residence: "Thôn Thử, Xã Thử Nghiệm",
	}
)

// device is a kiosk with a certificate of its office.
type device struct {
	signer dossier.Signer
	pool   *x509.CertPool
	nonce  *dossier.Nonce
	caKey  *ecdsa.PrivateKey
	ca     *x509.Certificate
}

func newDevice(t testing.TB, name string, usage x509.ExtKeyUsage) device {
	t.Helper()
	caKey, ca := certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	key, cert := certify(t, &x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{usage}}, ca, caKey)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return device{signer: dossier.Signer{Device: devicekey.Signer{Key: key, Certificate: cert.Raw}, Software: "0.1.0"}, pool: pool, caKey: caKey, ca: ca}
}

func certify(t testing.TB, c, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(7), created.AddDate(-1, 0, 0), created.AddDate(1, 0, 0)
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func textHash(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// newDossier is a complete visit.
func newDossier() *kiosk.Dossier {
	page := kiosk.Image{Data: bytes.Repeat([]byte("page"), 50), Type: "image/jpeg", Width: 40, Height: 50}
	return &kiosk.Dossier{
		ID: "0f8fad5b-d9cb-469f-a165-70867728950e", Token: "0123456789", Kiosk: "kiosk-01", Created: created,
		Procedure: kiosk.ProcedureRef{Code: "1.001193", Name: "Đăng ký khai sinh", Catalogue: "2026.11"},
		Fields: append(kiosk.ChipFields(holder),
			kiosk.Field{Key: "phone", Label: "Điện thoại", Value: "0900 000 000", Provenance: kiosk.FromCitizen}),
		Papers: []kiosk.Document{{Paper: "Giấy chứng sinh <bản chính> & tờ khai", Page: page, SHA256: sha256.Sum256(page.Data)}},
		Return: kiosk.Return{Method: kiosk.ReturnCounter},
		Consents: []kiosk.Consent{
			{Purpose: kiosk.PurposeChip, Text: "consent.chip/1", SHA256: textHash("a"), Given: true, At: created.Add(-time.Minute)},
			{Purpose: kiosk.PurposeCamera, Text: "consent.camera/1", SHA256: textHash("b"), Given: true, At: created.Add(-time.Minute)},
		},
		Chip: &kiosk.ChipRead{
			Access: "PACE-CAN ECDH-GM-AES-128 brainpoolP256r1", Verdict: kiosk.Verified,
			Files: map[kiosk.FileID][]byte{
				kiosk.FileCardAccess: []byte("card access"), kiosk.FileCOM: []byte("com"), kiosk.FileSOD: []byte("sod"),
				kiosk.FileDG1: []byte("dg1"), kiosk.FileDG2: bytes.Repeat([]byte("dg2"), 30), kiosk.FileDG13: []byte("dg13"), kiosk.FileDG14: []byte("dg14"),
			},
			Checks:    []kiosk.Check{{Name: kiosk.CheckAccess, Result: kiosk.CheckSuccessful}, {Name: kiosk.CheckActiveAuth, Result: kiosk.CheckNotSupported}},
			Signer:    kiosk.Signer{Subject: "CN=DS", Country: "VN", NotBefore: created.AddDate(-1, 0, 0), NotAfter: created.AddDate(9, 0, 0)},
			Challenge: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Signature: []byte("aa"), APDUs: 120, Bytes: 25000, Duration: 2500 * time.Millisecond,
		},
		Face: kiosk.FaceResult{
			Verdict: kiosk.Verified, Checks: []kiosk.Check{{Name: kiosk.CheckFaceMatch, Result: kiosk.CheckSuccessful}}, Score: 0.612345,
			Threshold: 0.4, Frames: 5, Best: kiosk.Image{Data: []byte("frame"), Type: "image/jpeg", Width: 4, Height: 5},
			Liveness: math.NaN(), Model: strings.Repeat("ab", 32), Models: map[string]string{"face.onnx": strings.Repeat("ab", 32)}, Duration: time.Second,
		},
	}
}

func build(t testing.TB, d *kiosk.Dossier, dev device) []byte {
	t.Helper()
	s := dev.signer
	if d.Chip != nil && len(d.Chip.Challenge) > 0 {
		cert, err := s.Device.Parse()
		if err != nil {
			t.Fatal(err)
		}
		if s.Challenge == nil {
			s.Challenge = &dossier.Challenge{At: d.Created.UTC().Truncate(time.Microsecond).Add(-30 * time.Second), Random: [16]byte{7}, Nonce: dev.nonce}
		}
		d.Chip.Challenge = s.Challenge.Derive(d.ID, cert)
	}
	pkg, err := dossier.Build(d, s)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

func open(t testing.TB, pkg []byte) *dossier.Package {
	t.Helper()
	p, err := dossier.Open(pkg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// office verifies as an office would, with a chip library that believes these files only.
func office(dev device) dossier.VerifyOptions {
	return dossier.VerifyOptions{
		Devices: dev.pool, Now: received,
		PassiveAuth: func(sod []byte, groups map[kiosk.FileID][]byte, _ time.Time) ([]kiosk.Check, kiosk.Signer) {
			result := kiosk.CheckSuccessful
			if string(sod) != "sod" || string(groups[kiosk.FileDG1]) != "dg1" {
				result = kiosk.CheckFailed
			}
			return []kiosk.Check{{Name: kiosk.CheckSODSignature, Result: result}}, kiosk.Signer{Country: "VN"}
		},
		Decode: func(groups map[kiosk.FileID][]byte) (kiosk.Citizen, error) {
			if string(groups[kiosk.FileDG1]) != "dg1" {
				return kiosk.Citizen{}, errors.New("not DG1")
			}
			return holder, nil
		},
		ActiveAuth: func(_ map[kiosk.FileID][]byte, challenge, signature []byte) error {
			if len(challenge) != 8 || string(signature) != "aa" {
				return errors.New("wrong")
			}
			return nil
		},
	}
}

func TestBuildOpenVerify(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	d := newDossier()
	p := open(t, build(t, d, dev))
	r := p.Verify(office(dev))
	if r.Verdict != kiosk.Verified || r.Citizen.Number != holder.Number || r.Signer.Country != "VN" {
		t.Errorf("verdict %s: %+v", r.Verdict, r.Checks)
	}
	for _, name := range []kiosk.CheckName{
		dossier.LinkDevice, dossier.LinkSignature, dossier.LinkParts, dossier.LinkTime, dossier.LinkChip, kiosk.CheckSODSignature,
		kiosk.CheckActiveAuth, dossier.LinkChallenge, dossier.LinkPapers, dossier.LinkFields, kiosk.CheckFaceMatch, dossier.LinkConsent,
	} {
		if c, ok := r.Check(name); !ok || c.Result != kiosk.CheckSuccessful {
			t.Errorf("link %s: %+v", name, c)
		}
	}
	want := newDossier()
	want.Token, want.Chip.Challenge = "", d.Chip.Challenge
	diff := cmp.Diff(want, p.Dossier(), cmpopts.EquateApproxTime(time.Microsecond), cmpopts.EquateNaNs(), cmpopts.EquateEmpty())
	if diff != "" {
		t.Errorf("dossier does not survive (-built +opened):\n%s", diff)
	}
	if p.Manifest.TokenID != kiosk.TokenID(d.Token) || p.Manifest.Software != "0.1.0" {
		t.Error("token id or software version is wrong")
	}
	if bytes.Contains(build(t, d, dev), []byte(d.Token)) {
		t.Error("the receipt token itself is in the package")
	}
}

// TestEveryByteCounts flips a bit of every byte: Open refuses, or Verify names a failed link of the package.
func TestEveryByteCounts(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	pkg := build(t, newDossier(), dev)
	links := make(map[string]int)
	for i := range pkg {
		forged := bytes.Clone(pkg)
		forged[i] ^= 1 << (i % 8)
		links[brokenLink(t, forged, dev, i)]++
	}
	t.Logf("%d bytes: %v", len(pkg), links)
	for _, want := range []string{"container", "manifest", string(dossier.LinkDevice), string(dossier.LinkSignature), string(dossier.LinkParts)} {
		if links[want] == 0 {
			t.Errorf("no flip broke the link %s", want)
		}
	}
	for _, n := range []int{0, 1, 5, 9, 100, len(pkg) / 2, len(pkg) - 1} {
		if got := brokenLink(t, pkg[:n], dev, n); got != "container" && got != "manifest" {
			t.Errorf("cut to %d bytes broke %s", n, got)
		}
	}
	if got := brokenLink(t, append(bytes.Clone(pkg), 0), dev, len(pkg)); got != "container" {
		t.Errorf("one byte more broke %s", got)
	}
}

func brokenLink(t *testing.T, pkg []byte, dev device, at int) string {
	t.Helper()
	p, err := dossier.Open(pkg)
	if err != nil {
		var e *kiosk.Error
		if !errors.As(err, &e) || e.Code != kiosk.CodeBadInput {
			t.Fatalf("byte %d: %v", at, err)
		}
		link, _, _ := strings.Cut(e.Err.Error(), ":")
		return link
	}
	r := p.Verify(office(dev))
	if r.Verdict != kiosk.Refused {
		t.Fatalf("byte %d: verdict %s, %+v", at, r.Verdict, r.Checks)
	}
	if r.Citizen != (kiosk.Citizen{}) {
		t.Fatalf("byte %d: a citizen is told from a forged package", at)
	}
	for _, c := range r.Checks {
		if c.Result == kiosk.CheckFailed {
			if c.Reason == "" {
				t.Fatalf("byte %d: link %s gives no reason", at, c.Name)
			}
			return string(c.Name)
		}
	}
	t.Fatalf("byte %d: refused without a failed link", at)
	return ""
}

// TestHighS: the other signature that verifies under plain ECDSA is refused.
func TestHighS(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	pkg := build(t, newDossier(), dev)
	n := int(pkg[5])<<24 | int(pkg[6])<<16 | int(pkg[7])<<8 | int(pkg[8])
	s := pkg[9+n+32 : 9+n+64]
	new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(s)).FillBytes(s)
	if got := brokenLink(t, pkg, dev, 0); got != string(dossier.LinkSignature) {
		t.Errorf("high s broke %s", got)
	}
}

// TestVerifyNamesTheLink changes one thing each of a genuine dossier; a kiosk that lies is caught where it can be.
func TestVerifyNamesTheLink(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	for name, c := range map[string]struct {
		change  func(*kiosk.Dossier)
		link    kiosk.CheckName
		verdict kiosk.Verdict
	}{
		"field not the chip's":     {func(d *kiosk.Dossier) { d.Fields[0].Value = "999201054321" }, dossier.LinkFields, kiosk.Refused},
		"field of the wrong group": {func(d *kiosk.Dossier) { d.Fields[0].Provenance = kiosk.FromDG13 }, dossier.LinkFields, kiosk.Refused},
		"typed field said to be the chip's": {func(d *kiosk.Dossier) {
			d.Fields[len(d.Fields)-1].Provenance = kiosk.FromDG13
		}, dossier.LinkFields, kiosk.Refused},
		"edited with another original": {func(d *kiosk.Dossier) {
			d.Fields[1].Provenance, d.Fields[1].Original = kiosk.FromEdited, "Trần Văn Khác"
		}, dossier.LinkFields, kiosk.Refused},
		"unknown provenance":     {func(d *kiosk.Dossier) { d.Fields[0].Provenance = "guess" }, dossier.LinkFields, kiosk.Refused},
		"forged chip file":       {func(d *kiosk.Dossier) { d.Chip.Files[kiosk.FileSOD] = []byte("else") }, kiosk.CheckSODSignature, kiosk.Refused},
		"no security object":     {func(d *kiosk.Dossier) { delete(d.Chip.Files, kiosk.FileSOD) }, kiosk.CheckSODSignature, kiosk.Undetermined},
		"chip refused":           {func(d *kiosk.Dossier) { d.Chip.Verdict = kiosk.Refused }, dossier.LinkChip, kiosk.Refused},
		"no DG2":                 {func(d *kiosk.Dossier) { delete(d.Chip.Files, kiosk.FileDG2) }, dossier.LinkChip, kiosk.Undetermined},
		"chip's answer is wrong": {func(d *kiosk.Dossier) { d.Chip.Signature = []byte("else") }, kiosk.CheckActiveAuth, kiosk.Refused},
		"chip undetermined":      {func(d *kiosk.Dossier) { d.Chip.Verdict = kiosk.Undetermined }, dossier.LinkChip, kiosk.Undetermined},
		"no chip": {func(d *kiosk.Dossier) {
			d.Chip = nil
			d.Fields = d.Fields[len(d.Fields)-1:]
		}, dossier.LinkChip, kiosk.Undetermined},
		"no chip but its fields": {func(d *kiosk.Dossier) { d.Chip = nil }, dossier.LinkFields, kiosk.Undetermined},
		"chip check failed but said verified": {func(d *kiosk.Dossier) {
			d.Chip.Checks[0].Result = kiosk.CheckFailed
		}, dossier.LinkChip, kiosk.Refused},
		"score at the threshold":   {func(d *kiosk.Dossier) { d.Face.Score = d.Face.Threshold }, kiosk.CheckFaceMatch, kiosk.Refused},
		"score is no number":       {func(d *kiosk.Dossier) { d.Face.Score = math.NaN() }, kiosk.CheckFaceMatch, kiosk.Refused},
		"threshold is no number":   {func(d *kiosk.Dossier) { d.Face.Threshold = math.NaN() }, kiosk.CheckFaceMatch, kiosk.Refused},
		"score above one":          {func(d *kiosk.Dossier) { d.Face.Score = 3 }, kiosk.CheckFaceMatch, kiosk.Refused},
		"no frame kept":            {func(d *kiosk.Dossier) { d.Face.Best = kiosk.Image{} }, kiosk.CheckFaceMatch, kiosk.Refused},
		"face refused":             {func(d *kiosk.Dossier) { d.Face.Verdict = kiosk.Refused }, kiosk.CheckFaceMatch, kiosk.Refused},
		"face undetermined":        {func(d *kiosk.Dossier) { d.Face.Verdict = kiosk.Undetermined }, kiosk.CheckFaceMatch, kiosk.Undetermined},
		"face never compared":      {func(d *kiosk.Dossier) { d.Face = kiosk.FaceResult{} }, kiosk.CheckFaceMatch, kiosk.Undetermined},
		"face zero verdict":        {func(d *kiosk.Dossier) { d.Face.Verdict = "" }, kiosk.CheckFaceMatch, kiosk.Undetermined},
		"no consent to the chip":   {func(d *kiosk.Dossier) { d.Consents[0].Given = false }, dossier.LinkConsent, kiosk.Refused},
		"no consent to the camera": {func(d *kiosk.Dossier) { d.Consents = d.Consents[:1] }, dossier.LinkConsent, kiosk.Refused},
		"consent taken back": {func(d *kiosk.Dossier) {
			d.Consents = append(d.Consents, kiosk.Consent{Purpose: kiosk.PurposeChip, Text: "t", SHA256: textHash("t"), At: created})
		}, dossier.LinkConsent, kiosk.Refused},
		"consent without its text":  {func(d *kiosk.Dossier) { d.Consents[0].SHA256 = [32]byte{} }, dossier.LinkConsent, kiosk.Refused},
		"consent after the dossier": {func(d *kiosk.Dossier) { d.Consents[0].At = created.Add(time.Hour) }, dossier.LinkConsent, kiosk.Refused},
		"made in the future":        {func(d *kiosk.Dossier) { d.Created = received.Add(time.Hour) }, dossier.LinkTime, kiosk.Undetermined},
		"made after the certificate": {func(d *kiosk.Dossier) {
			d.Created = created.AddDate(2, 0, 0)
		}, dossier.LinkDevice, kiosk.Refused},
	} {
		d := newDossier()
		c.change(d)
		r := open(t, build(t, d, dev)).Verify(office(dev))
		got, ok := r.Check(c.link)
		want := map[kiosk.Verdict]kiosk.CheckResult{kiosk.Refused: kiosk.CheckFailed, kiosk.Undetermined: kiosk.CheckUndetermined}[c.verdict]
		if !ok || got.Result != want || r.Verdict != c.verdict || got.Reason == "" && c.link != kiosk.CheckSODSignature {
			t.Errorf("%s: verdict %s, link %+v", name, r.Verdict, got)
		}
	}
}

func TestVerifyWithoutMeans(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	p := open(t, build(t, newDossier(), dev))
	for name, c := range map[string]struct {
		change  func(*dossier.VerifyOptions)
		link    kiosk.CheckName
		verdict kiosk.Verdict
	}{
		"no device authority":  {func(o *dossier.VerifyOptions) { o.Devices = nil }, dossier.LinkDevice, kiosk.Undetermined},
		"another office":       {func(o *dossier.VerifyOptions) { o.Devices = newDevice(t, "x", x509.ExtKeyUsageClientAuth).pool }, dossier.LinkDevice, kiosk.Refused},
		"no chip library":      {func(o *dossier.VerifyOptions) { o.PassiveAuth = nil }, kiosk.CheckSODSignature, kiosk.Undetermined},
		"no decoder":           {func(o *dossier.VerifyOptions) { o.Decode = nil }, dossier.LinkFields, kiosk.Undetermined},
		"no clock":             {func(o *dossier.VerifyOptions) { o.Now = time.Time{} }, dossier.LinkTime, kiosk.Undetermined},
		"silent chip library":  {func(o *dossier.VerifyOptions) { o.PassiveAuth = silent }, kiosk.CheckSODSignature, kiosk.Undetermined},
		"unknown trust anchor": {func(o *dossier.VerifyOptions) { o.PassiveAuth = noAnchor }, kiosk.CheckSigner, kiosk.Undetermined},
	} {
		o := office(dev)
		c.change(&o)
		r := p.Verify(o)
		if got, ok := r.Check(c.link); !ok || r.Verdict != c.verdict || got.Result == kiosk.CheckSuccessful {
			t.Errorf("%s: verdict %s, link %+v", name, r.Verdict, got)
		}
	}
	server := newDevice(t, "kiosk-01", x509.ExtKeyUsageServerAuth)
	if r := open(t, build(t, newDossier(), server)).Verify(office(server)); r.Verdict != kiosk.Refused {
		t.Errorf("a server's certificate signed a dossier: %s", r.Verdict)
	}
}

func silent([]byte, map[kiosk.FileID][]byte, time.Time) ([]kiosk.Check, kiosk.Signer) {
	return nil, kiosk.Signer{}
}

func noAnchor([]byte, map[kiosk.FileID][]byte, time.Time) ([]kiosk.Check, kiosk.Signer) {
	return []kiosk.Check{{Name: kiosk.CheckSigner, Result: kiosk.CheckUndetermined, Reason: "no anchor"}}, kiosk.Signer{}
}

func TestBuildRefuses(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	other := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	for name, c := range map[string]struct {
		change func(*kiosk.Dossier, *dossier.Signer)
		code   kiosk.Code
	}{
		"no id":               {func(d *kiosk.Dossier, _ *dossier.Signer) { d.ID = "" }, kiosk.CodeBadInput},
		"no token":            {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Token = "" }, kiosk.CodeBadInput},
		"token as shown":      {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Token = "01234-56789" }, kiosk.CodeBadInput},
		"no procedure":        {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Procedure.Code = "" }, kiosk.CodeBadInput},
		"paper not its hash":  {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Papers[0].SHA256[0]++ }, kiosk.CodeBadInput},
		"paper too large":     {func(d *kiosk.Dossier, _ *dossier.Signer) { setPage(d, make([]byte, dossier.MaxPart+1)) }, kiosk.CodeBadInput},
		"unknown chip file":   {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Chip.Files["DG17"] = []byte("x") }, kiosk.CodeBadInput},
		"chip file face.best": {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Chip.Files["face.best"] = []byte("x") }, kiosk.CodeBadInput},
		"infinite score":      {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Face.Score = math.Inf(1) }, kiosk.CodeBadInput},
		"not in UTF-8":        {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Fields[0].Value = "\xff" }, kiosk.CodeBadInput},
		"another kiosk":       {func(d *kiosk.Dossier, _ *dossier.Signer) { d.Kiosk = "kiosk-02" }, kiosk.CodeKeyMissing},
		"no key":              {func(_ *kiosk.Dossier, s *dossier.Signer) { s.Device.Key = nil }, kiosk.CodeKeyMissing},
		"another key":         {func(_ *kiosk.Dossier, s *dossier.Signer) { s.Device.Key = other.signer.Device.Key }, kiosk.CodeKeyMissing},
		"no certificate":      {func(_ *kiosk.Dossier, s *dossier.Signer) { s.Device.Certificate = nil }, kiosk.CodeKeyMissing},
	} {
		d, s := newDossier(), dev.signer
		c.change(d, &s)
		_, err := dossier.Build(d, s)
		if kiosk.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), holder.Number) || strings.Contains(err.Error(), holder.Name)) {
			t.Errorf("%s: personal data in the error", name)
		}
	}
}

func setPage(d *kiosk.Dossier, data []byte) {
	d.Papers[0].Page.Data, d.Papers[0].SHA256 = data, sha256.Sum256(data)
}

func TestMissing(t *testing.T) {
	p := &kiosk.Procedure{Papers: []kiosk.Paper{
		{Name: "Tờ khai", Original: 1}, {Name: "Giấy chứng sinh", Case: "Giấy tờ phải nộp", Copy: 1}, {Name: "Ghi chú"},
		{Name: "Thẻ căn cước", Case: "Giấy tờ phải xuất trình", Original: 1},
		{Name: "Văn bản ủy quyền", Case: "Trường hợp ủy quyền thực hiện thủ tục", Original: 1},
		{Name: "Bản vẽ", Case: "2) Đối với công trình theo tuyến", Original: 1},
	}}
	names := func(papers []kiosk.Paper) (n []string) {
		for _, p := range papers {
			n = append(n, p.Name)
		}
		return n
	}
	if got := names(dossier.Missing(p, nil)); !cmp.Equal(got, []string{"Tờ khai", "Giấy chứng sinh"}) {
		t.Errorf("nothing given: %v", got)
	}
	if got := dossier.Missing(p, []kiosk.Document{{Paper: "Giấy chứng sinh"}, {Paper: "Tờ khai"}}); len(got) != 0 {
		t.Errorf("all given: %v", names(got))
	}
	if got := dossier.Missing(&kiosk.Procedure{}, nil); got != nil {
		t.Errorf("a record that is silent: %v", got)
	}
}

func BenchmarkBuild2MB(b *testing.B) {
	dev := newDevice(b, "kiosk-01", x509.ExtKeyUsageClientAuth)
	d := newDossier()
	setPage(d, make([]byte, 2<<20))
	for b.Loop() {
		if _, err := dossier.Build(d, dev.signer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenVerify2MB(b *testing.B) {
	dev := newDevice(b, "kiosk-01", x509.ExtKeyUsageClientAuth)
	d := newDossier()
	setPage(d, make([]byte, 2<<20))
	pkg := build(b, d, dev)
	for b.Loop() {
		if r := open(b, pkg).Verify(office(dev)); r.Verdict != kiosk.Verified {
			b.Fatal(r.Verdict)
		}
	}
}

// The fuzz test inside the package starts from a full and from a bare package.
func init() {
	dossier.Sample = func(t testing.TB) [][]byte {
		dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
		bare := newDossier()
		bare.Chip, bare.Papers, bare.Fields, bare.Face = nil, nil, nil, kiosk.FaceResult{}
		return [][]byte{build(t, newDossier(), dev), build(t, bare, dev)}
	}
}

// TestChallenge: the chip's answer counts for one dossier, one kiosk and one visit only.
func TestChallenge(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	pub, office, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	asked := func(before time.Duration, nonce *dossier.Nonce) *dossier.Challenge {
		c := dossier.NewChallenge(created.Add(-before), nonce)
		return &c
	}
	bent := dossier.NewNonce(office, created.Add(-time.Hour))
	bent.Value[0]++
	for name, c := range map[string]struct {
		asked  *dossier.Challenge
		change func(*kiosk.Dossier)
		office ed25519.PublicKey
		want   kiosk.CheckResult
	}{
		"without a nonce":      {asked: asked(time.Minute/2, nil), want: kiosk.CheckSuccessful},
		"with a nonce":         {asked: asked(time.Minute/2, dossier.NewNonce(office, created.Add(-time.Hour))), office: pub, want: kiosk.CheckSuccessful},
		"a nonce of last week": {asked: asked(time.Minute/2, dossier.NewNonce(office, created.AddDate(0, 0, -8))), office: pub, want: kiosk.CheckUndetermined},
		"nonce, no office key": {asked: asked(time.Minute/2, dossier.NewNonce(office, created)), want: kiosk.CheckUndetermined},
		"a stranger's nonce":   {asked: asked(time.Minute/2, dossier.NewNonce(stranger, created)), office: pub, want: kiosk.CheckFailed},
		"changed nonce":        {asked: asked(time.Minute/2, bent), office: pub, want: kiosk.CheckFailed},
		"nonce of tomorrow":    {asked: asked(time.Minute/2, dossier.NewNonce(office, created.AddDate(0, 0, 1))), office: pub, want: kiosk.CheckUndetermined},
		"yesterday's read":     {asked: asked(24*time.Hour, nil), want: kiosk.CheckFailed},
		"read after sealing":   {asked: asked(-time.Minute, nil), want: kiosk.CheckFailed},
		"read before consent":  {asked: asked(2*time.Minute, nil), want: kiosk.CheckFailed},
		"not run":              {asked: nil, change: func(d *kiosk.Dossier) { d.Chip.Challenge, d.Chip.Signature = nil, nil }, want: kiosk.CheckNotSupported},
	} {
		d, dev := newDossier(), dev
		dev.signer.Challenge = c.asked
		if c.change != nil {
			c.change(d)
		}
		o := office2(dev, c.office)
		r := open(t, build(t, d, dev)).Verify(o)
		if got, _ := r.Check(dossier.LinkChallenge); got.Result != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// The answer of one dossier in another, or of another kiosk, and one that is bound to nothing.
	cert, err := dev.signer.Device.Parse()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		bind bool
		id   string
		want kiosk.CheckResult
	}{
		"another dossier's answer": {true, "0f8fad5b-d9cb-469f-a165-70867728950f", kiosk.CheckFailed},
		"bound to nothing":         {false, "0f8fad5b-d9cb-469f-a165-70867728950e", kiosk.CheckUndetermined},
	} {
		d, s := newDossier(), dev.signer
		a := asked(time.Minute/2, nil)
		d.Chip.Challenge = a.Derive(c.id, cert)
		if c.bind {
			s.Challenge = a
		}
		pkg, err := dossier.Build(d, s)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := open(t, pkg).Verify(office2(dev, nil)).Check(dossier.LinkChallenge); got.Result != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// office2 is office with a key for nonces.
func office2(dev device, key ed25519.PublicKey) dossier.VerifyOptions {
	o := office(dev)
	o.Office = key
	return o
}

// TestBeside: pages that travel beside the package are held by their hashes.
func TestBeside(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	dev.signer.Beside = true
	d := newDossier()
	pkg := build(t, d, dev)
	if bytes.Contains(pkg, d.Papers[0].Page.Data) {
		t.Error("the page is in the package")
	}
	p := open(t, pkg)
	if papers := p.Papers(); len(papers) != 1 || papers[0].SHA256 != d.Papers[0].SHA256 || papers[0].Page.Data != nil || papers[0].Paper != d.Papers[0].Paper {
		t.Errorf("papers %+v", papers)
	}
	page := bytes.Clone(d.Papers[0].Page.Data)
	for name, c := range map[string]struct {
		page    func(int) ([]byte, error)
		want    kiosk.CheckResult
		verdict kiosk.Verdict
	}{
		"not looked at":  {nil, kiosk.CheckNotSupported, kiosk.Verified},
		"the page":       {func(int) ([]byte, error) { return bytes.Clone(page), nil }, kiosk.CheckSuccessful, kiosk.Verified},
		"another page":   {func(int) ([]byte, error) { return append([]byte("x"), page...), nil }, kiosk.CheckFailed, kiosk.Refused},
		"page not there": {func(int) ([]byte, error) { return nil, errors.New("gone") }, kiosk.CheckUndetermined, kiosk.Undetermined},
	} {
		o := office(dev)
		o.Page = c.page
		r := p.Verify(o)
		if got, _ := r.Check(dossier.LinkPapers); got.Result != c.want || r.Verdict != c.verdict {
			t.Errorf("%s: %+v, verdict %s", name, got, r.Verdict)
		}
	}
}

// TestLiveness: a success of the liveness check needs its score above its threshold.
func TestLiveness(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	for score, want := range map[float64]kiosk.CheckResult{0.9: kiosk.CheckSuccessful, 0.5: kiosk.CheckFailed, 0.1: kiosk.CheckFailed} {
		d := newDossier()
		d.Face.Checks = append(d.Face.Checks, kiosk.Check{Name: kiosk.CheckFaceLiveness, Result: kiosk.CheckSuccessful})
		d.Face.Liveness, d.Face.LivenessPass = score, 0.5
		p := open(t, build(t, d, dev))
		if got, _ := p.Verify(office(dev)).Check(kiosk.CheckFaceMatch); got.Result != want {
			t.Errorf("score %v: %+v", score, got)
		}
		if f := p.Face(); f.LivenessPass != 0.5 || f.Models["face.onnx"] == "" {
			t.Errorf("face %+v", f)
		}
	}
}

// TestAttested: what only the kiosk could see is told apart from what was checked again.
func TestAttested(t *testing.T) {
	dev := newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	d := newDossier()
	d.Chip.Checks = append(d.Chip.Checks, kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckSuccessful, Reason: "ECDH"})
	r := open(t, build(t, d, dev)).Verify(office(dev))
	names := map[kiosk.CheckName]bool{}
	for _, c := range r.Attested {
		names[c.Name] = true
	}
	if !names[kiosk.CheckChipAuth] || !names[kiosk.CheckAccess] || names[kiosk.CheckActiveAuth] || names[kiosk.CheckFaceMatch] {
		t.Errorf("attested %+v", r.Attested)
	}
}
