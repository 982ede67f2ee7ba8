package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/dossier"
	"motcua/kiosk/provision"
)

var updateVectors = flag.Bool("update-evidence", false, "make the evidence test vectors anew")

// vectorFolder holds the published vectors: genuine.mcdp, what to trust, and what must be refused.
const vectorFolder = "../../dossier/testdata/vectors"

// vector is a change of the genuine package and what a verifier must say to it.
type vector struct {
	Name    string          `json:"name"`
	Offset  int             `json:"offset"`           // of the byte that is changed
	XOR     byte            `json:"xor,omitempty"`    // what it is changed by
	Cut     bool            `json:"cut,omitempty"`    // the package ends before Offset instead
	Append  bool            `json:"append,omitempty"` // a zero byte follows instead
	Verdict kiosk.Verdict   `json:"verdict"`          //
	Link    kiosk.CheckName `json:"link"`             // the first that fails, "" for none
	SHA256  string          `json:"sha256,omitempty"` // of the package as changed
}

func (v vector) apply(pkg []byte) []byte {
	b := bytes.Clone(pkg)
	switch {
	case v.Cut:
		return b[:v.Offset]
	case v.Append:
		return append(b, 0)
	}
	b[v.Offset] ^= v.XOR
	return b
}

// makeVectors files a dossier of a person who does not exist, with a simulated card read by the real reader.
func makeVectors(t *testing.T, dir string) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	trust := filepath.Join(dir, "trust")
	check(os.RemoveAll(dir))
	check(os.MkdirAll(filepath.Join(trust, officeFolder), 0o755))
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	check(err)
	_, err = authority.SaveTrust(trust)
	check(err)
	keys, err := provision.NewOfficeKeys("UBND xã Thử Nghiệm", "localhost")
	check(err)
	office, err := json.Marshal(keys.Office("UBND xã Thử Nghiệm", "https://localhost:1", "0999 000 111", "https://localhost/"))
	check(err)
	check(os.WriteFile(filepath.Join(trust, officeFolder, "office.json"), office, 0o644))
	kiosk1, err := provision.GenerateIdentity("kiosk-01")
	check(err)
	csr, err := kiosk1.CSR()
	check(err)
	pem, err := provision.IssueDevice(keys.CA, csr, "kiosk-01")
	check(err)
	cert, err := provision.ParseCertificate(pem)
	check(err)
	check(kiosk1.SetCertificate(cert))

	person := emrtdtest.Person{
		Number: "999303012345", Name: "Lê Thị Thử Nghiệm", Birth: "01/02/2003", Sex: "Nữ", Issued: "10/05/2022", Nationality: "Việt Nam",
		Ethnicity: "Kinh", Origin: "Xã Mẫu, Tỉnh Mẫu", Residence: "Thôn Một, Xã Mẫu, Tỉnh Mẫu",
	}
	card, err := emrtdtest.IssueWith(person, emrtdtest.Silhouette(40), authority, emrtdtest.IssueOptions{})
	check(err)
	chip, err := emrtdtest.New(card, emrtdtest.Options{})
	check(err)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chip)
	anchors, err := pa.Load(trust)
	check(err)
	const id = "0f8fad5b-d9cb-469f-a165-70867728950e"
	now := time.Now().UTC().Truncate(time.Microsecond)
	asked := dossier.NewChallenge(now.Add(-time.Minute), dossier.NewNonce(keys.Ack, now.Add(-time.Hour)))
	reader := emrtd.NewReader(slot, emrtd.Options{Trust: anchors, Challenge: func() []byte { return asked.Derive(id, cert) }})
	read, err := reader.Read(t.Context(), kiosk.CardKey{Kind: kiosk.KeyNumber, Value: person.Number}, nil)
	check(err)
	token, err := kiosk.NewToken(rand.Reader)
	check(err)
	pkg, err := dossier.Build(vectorDossier(id, token, now, read), dossier.Signer{Device: kiosk1.Signer(), Software: "0.0.0", Challenge: &asked})
	check(err)
	check(os.WriteFile(filepath.Join(dir, "genuine.mcdp"), pkg, 0o644))
	writeVectors(t, dir, pkg)
}

func vectorDossier(id, token string, now time.Time, read *kiosk.ChipRead) *kiosk.Dossier {
	ok := func(n kiosk.CheckName) kiosk.Check { return kiosk.Check{Name: n, Result: kiosk.CheckSuccessful} }
	consent := func(p kiosk.Purpose) kiosk.Consent {
		text := "consent." + string(p) + "/1"
		return kiosk.Consent{Purpose: p, Text: text, SHA256: sha256.Sum256([]byte(text)), Given: true, At: now.Add(-2 * time.Minute)}
	}
	page := []byte("a page of paper, as good as any to hash\n")
	return &kiosk.Dossier{
		ID: id, Token: token, Kiosk: "kiosk-01", Created: now,
		Procedure: kiosk.ProcedureRef{Code: "1.001193", Name: "Đăng ký khai sinh", Catalogue: "2026-11"},
		Fields: append(kiosk.ChipFields(read.Citizen),
			kiosk.Field{Key: "phone", Label: "Số điện thoại", Value: "0999 123 456", Provenance: kiosk.FromCitizen}),
		Papers: []kiosk.Document{{Paper: "Giấy chứng sinh", Page: kiosk.Image{Data: page, Type: "text/plain"}, SHA256: sha256.Sum256(page)}},
		Return: kiosk.Return{Method: kiosk.ReturnCounter}, Consents: []kiosk.Consent{consent(kiosk.PurposeChip), consent(kiosk.PurposeCamera)},
		Chip: read,
		Face: kiosk.FaceResult{
			Verdict: kiosk.Verified, Score: 0.7, Threshold: 0.4, Frames: 5, Liveness: 0.9, LivenessPass: 0.5, Model: strings.Repeat("ab", 32),
			Models: map[string]string{"recogniser.onnx": strings.Repeat("ab", 32), "liveness.onnx": strings.Repeat("cd", 32)},
			Best:   kiosk.Image{Data: emrtdtest.Silhouette(40), Type: "image/jpeg"}, Duration: time.Second,
			Checks: []kiosk.Check{ok(kiosk.CheckFaceMatch), ok(kiosk.CheckFaceQuality), ok(kiosk.CheckFaceAlone), ok(kiosk.CheckFaceLiveness), ok(kiosk.CheckFaceContinuity)},
		},
	}
}

// writeVectors describes a change in every region of the package, with what the verifier says today: a person reads them before
// they are published.
func writeVectors(t *testing.T, dir string, pkg []byte) {
	t.Helper()
	at := func(text string) int {
		i := bytes.Index(pkg, []byte(text))
		if i < 0 {
			t.Fatalf("no %q in the package", text)
		}
		return i
	}
	manifest := 9
	end := manifest + int(pkg[5])<<24 + int(pkg[6])<<16 + int(pkg[7])<<8 + int(pkg[8])
	list := []vector{
		{Name: "magic", Offset: 0, XOR: 1}, {Name: "version", Offset: 4, XOR: 1}, {Name: "length of the manifest", Offset: 8, XOR: 1},
		{Name: "a bracket of the manifest", Offset: manifest, XOR: 1}, {Name: "dossier's id", Offset: at(`"id":"0f8`) + 6, XOR: 1},
		{Name: "citizen's name", Offset: at("Thử Nghiệm"), XOR: 4}, {Name: "score", Offset: at(`"score":"0.7`) + 11, XOR: 1},
		{Name: "challenge", Offset: at(`"challenge":"`) + 13, XOR: 1}, {Name: "catalogue version", Offset: at("2026-11\",\"code"), XOR: 1},
		{Name: "signature r", Offset: end, XOR: 1}, {Name: "signature s", Offset: end + 63, XOR: 1},
		{Name: "length of the certificate", Offset: end + 65, XOR: 1}, {Name: "certificate", Offset: end + 66 + 200, XOR: 1},
		{Name: "length of a part", Offset: len(pkg) - 45, XOR: 1}, {Name: "last byte of a page", Offset: len(pkg) - 1, XOR: 128},
		{Name: "cut in the header", Cut: true, Offset: 5}, {Name: "cut in the last page", Cut: true, Offset: len(pkg) - 1},
		{Name: "a byte follows", Append: true},
	}
	opts, err := evidenceTrust(filepath.Join(dir, "trust"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		b := list[i].apply(pkg)
		r := judgeEvidence(b, opts)
		list[i].Verdict, list[i].Link, list[i].SHA256 = r.Verdict, firstFailed(r.Checks), sum(b)
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vectors.json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func firstFailed(checks []kiosk.Check) kiosk.CheckName {
	for _, c := range checks {
		if c.Result == kiosk.CheckFailed {
			return c.Name
		}
	}
	return ""
}

// genuine gives the published package and what to check it with.
func genuine(t testing.TB) ([]byte, dossier.VerifyOptions) {
	t.Helper()
	pkg, err := os.ReadFile(filepath.Join(vectorFolder, "genuine.mcdp"))
	if err != nil {
		t.Fatal(err)
	}
	opts, err := evidenceTrust(filepath.Join(vectorFolder, "trust"))
	if err != nil {
		t.Fatal(err)
	}
	return pkg, opts
}

func TestEvidenceVectors(t *testing.T) {
	if *updateVectors {
		makeVectors(t, vectorFolder)
	}
	pkg, opts := genuine(t)
	if r := judgeEvidence(pkg, opts); r.Verdict != kiosk.Verified || r.ID == "" || r.Face == nil || len(r.Attested) == 0 {
		t.Fatalf("genuine: %+v", r)
	}
	raw, err := os.ReadFile(filepath.Join(vectorFolder, "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(raw, &list); err != nil || len(list) < 15 {
		t.Fatalf("%d vectors, %v", len(list), err)
	}
	for _, v := range list {
		b := v.apply(pkg)
		if r := judgeEvidence(b, opts); r.Verdict != v.Verdict || firstFailed(r.Checks) != v.Link || v.Verdict != kiosk.Refused || sum(b) != v.SHA256 {
			t.Errorf("%s: %s, %q, want %s, %q", v.Name, r.Verdict, firstFailed(r.Checks), v.Verdict, v.Link)
		}
	}
}

// TestEvidenceEveryByte flips one bit of every byte of real evidence, each of the eight bits in turn, or all eight of every byte
// when KIOSK_EVERY_BIT is set. The package is refused each time, by a link that is named.
func TestEvidenceEveryByte(t *testing.T) {
	pkg, opts := genuine(t)
	links := map[kiosk.CheckName]int{}
	for i := range pkg {
		for bit := range 8 {
			if bit != i%8 && os.Getenv("KIOSK_EVERY_BIT") == "" {
				continue
			}
			pkg[i] ^= 1 << bit
			r := judgeEvidence(pkg, opts)
			pkg[i] ^= 1 << bit
			link := firstFailed(r.Checks)
			if r.Verdict != kiosk.Refused || link == "" || r.ID != "" && link != dossier.LinkDevice && link != dossier.LinkSignature {
				t.Fatalf("byte %d bit %d: %s, %q", i, bit, r.Verdict, link)
			}
			links[link]++
		}
	}
	t.Logf("%d bytes: %v", len(pkg), links)
	for _, want := range []kiosk.CheckName{"container", "manifest", dossier.LinkDevice, dossier.LinkSignature, dossier.LinkParts} {
		if links[want] == 0 {
			t.Errorf("no flip broke %s", want)
		}
	}
}

// TestEvidenceTrust: what is not trusted is undetermined or refused, never verified, and no more than asked is told.
func TestEvidenceTrust(t *testing.T) {
	pkg, full := genuine(t)
	none, err := evidenceTrust("")
	if err != nil {
		t.Fatal(err)
	}
	other, noKey := t.TempDir(), full
	makeVectors(t, other)
	strange, err := evidenceTrust(filepath.Join(other, "trust"))
	if err != nil {
		t.Fatal(err)
	}
	country, officeOnly := full, full
	country.Devices, officeOnly.PassiveAuth, noKey.Office = strange.Devices, strange.PassiveAuth, nil
	for name, c := range map[string]struct {
		opts    dossier.VerifyOptions
		verdict kiosk.Verdict
		link    kiosk.CheckName
		result  kiosk.CheckResult
	}{
		"nothing":           {none, kiosk.Undetermined, dossier.LinkDevice, kiosk.CheckUndetermined},
		"another office":    {country, kiosk.Refused, dossier.LinkDevice, kiosk.CheckFailed},
		"another country":   {officeOnly, kiosk.Undetermined, kiosk.CheckSigner, kiosk.CheckUndetermined},
		"no key for nonces": {noKey, kiosk.Undetermined, dossier.LinkChallenge, kiosk.CheckUndetermined},
	} {
		r := judgeEvidence(pkg, c.opts)
		var got kiosk.Check
		for _, k := range r.Checks {
			if k.Name == c.link {
				got = k
			}
		}
		if r.Verdict != c.verdict || got.Result != c.result {
			t.Errorf("%s: %s, %+v", name, r.Verdict, got)
		}
	}
	var out bytes.Buffer
	judgeEvidence(pkg, full).print(&out)
	for _, personal := range []string{"Thử Nghiệm", "999303012345", "0999 123 456"} {
		if strings.Contains(out.String(), personal) {
			t.Errorf("the table tells %q", personal)
		}
	}
}

func BenchmarkEvidenceVerify(b *testing.B) {
	pkg, opts := genuine(b)
	for b.Loop() {
		if r := judgeEvidence(pkg, opts); r.Verdict != kiosk.Verified {
			b.Fatal(r.Verdict)
		}
	}
}

// TestEvidenceExport checks what an office hands out, in one file, with the pages that travelled beside the package.
func TestEvidenceExport(t *testing.T) {
	pkg, _ := genuine(t)
	name := filepath.Join(t.TempDir(), "export.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	none := func(int) ([]byte, error) { return nil, os.ErrNotExist } // its page is attached
	if err := errors.Join(dossier.WriteExport(f, pkg, none), f.Close()); err != nil {
		t.Fatal(err)
	}
	verify := func() (exitCode, string) {
		var out bytes.Buffer
		code := run(t.Context(), &console{out: &out, err: &out}, []string{"evidence", "verify", "-trust", filepath.Join(vectorFolder, "trust"), name})
		return code, out.String()
	}
	if code, out := verify(); code != exitGood || !strings.HasPrefix(out, "verified\n") {
		t.Errorf("export: %d %s", code, out)
	}
	if err := os.Truncate(name, 1000); err != nil {
		t.Fatal(err)
	}
	if code, out := verify(); code != exitFault {
		t.Errorf("half an export: %d %s", code, out)
	}
}
