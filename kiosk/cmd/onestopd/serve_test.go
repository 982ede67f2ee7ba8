package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/dossier"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

const testPassword = "một mật khẩu đủ dài"

// holder is the fictional person of the simulated card.
var holder = emrtdtest.Person{
	Number: "999303012345", Name: "Lê Thị Thử Nghiệm", Birth: "01/02/2003", Sex: "Nữ", Issued: "10/05/2022", Nationality: "Việt Nam",
	Ethnicity: "Kinh", Origin: "Xã Mẫu, Tỉnh Mẫu", Residence: "Thôn Một, Xã Mẫu, Tỉnh Mẫu",
}

// office is an office's folder with the running command.
type office struct {
	t         *testing.T
	dir       string
	authority *emrtdtest.Authority
	intake    string
	officers  string
	stop      func() int
	log       *safeBuffer

	device *provision.Identity // of the kiosk that read last
	id     string              // of the dossier that was read for
	asked  dossier.Challenge   // what the chip was asked
}

// safeBuffer is written by the command and read by the test.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// do runs a command to its end.
func do(t *testing.T, in string, args ...string) string {
	t.Helper()
	var out, complaint bytes.Buffer
	if code := run(t.Context(), &console{in: strings.NewReader(in), out: &out, err: &complaint}, args); code != exitGood {
		t.Fatalf("onestopd %s: %d, %s", args[0], code, complaint.String())
	}
	return out.String()
}

// start makes an office that trusts a simulated issuer, and runs it on ports of its own.
func start(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: filepath.Join(t.TempDir(), "office")}
	do(t, "", "init", "-dir", o.dir, "-name", "UBND xã Thử Nghiệm", "-hotline", "0999 000 111")
	do(t, testPassword+"\n", "officer", "add", "-stdin", "-dir", o.dir, "-name", "Nguyễn Thị Lan", "-role", "receiver")
	var err error
	if o.authority, err = emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.authority.SaveTrust(filepath.Join(o.dir, "trust")); err != nil {
		t.Fatal(err)
	}
	o.config(func(text string) string {
		return regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(text, "127.0.0.1:0")
	})
	o.run()
	return o
}

func (o *office) config(change func(string) string) {
	o.t.Helper()
	file := filepath.Join(o.dir, configFile)
	text, err := os.ReadFile(file)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(change(string(text))), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) run() {
	o.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	o.log = &safeBuffer{}
	done := make(chan int, 1)
	go func() {
		code := run(ctx, &console{out: w, err: o.log}, []string{"-json", "-config", filepath.Join(o.dir, configFile)})
		_ = w.Close() // a pipe's Close never fails
		done <- code
	}()
	o.stop = sync.OnceValue(func() int { cancel(); return <-done })
	o.t.Cleanup(func() { o.stop() })
	var ready struct{ Intake, Officers string }
	if err := json.NewDecoder(r).Decode(&ready); err != nil || ready.Intake == "" {
		o.t.Fatalf("not ready: %v, %s", err, o.log)
	}
	o.intake, o.officers = ready.Intake, strings.TrimSuffix(ready.Officers, "/")
}

// read enrols a kiosk and reads the holder's simulated card with the real reader, with a fault when named.
func (o *office) read(name, fault string) *kiosk.ChipRead {
	o.t.Helper()
	dir := o.folder(name)
	do(o.t, "", "enrol", "-dir", o.dir, "-kiosk", name, "-out", dir)
	var err error
	if o.device, err = provision.LoadIdentity(dir); err != nil {
		o.t.Fatal(err)
	}
	o.id, o.asked = newID(), dossier.NewChallenge(time.Now(), nil)
	card, err := emrtdtest.Issue(holder, emrtdtest.Silhouette(120), o.authority)
	if err != nil {
		o.t.Fatal(err)
	}
	var opt emrtdtest.Options
	if fault != "" {
		f, err := emrtdtest.FaultByName(fault)
		if err != nil {
			o.t.Fatal(err)
		}
		if err := f.Apply(card, &opt); err != nil {
			o.t.Fatal(err)
		}
	}
	chip, err := emrtdtest.New(card, opt)
	if err != nil {
		o.t.Fatal(err)
	}
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chip)
	trust, err := pa.LoadStore(filepath.Join(o.dir, "trust"))
	if err != nil {
		o.t.Fatal(err)
	}
	got, err := emrtd.NewReader(slot, emrtd.Options{Trust: trust, Challenge: func() []byte { return o.asked.Derive(o.id, o.device.Certificate()) }}).Read(o.t.Context(), kiosk.CardKey{Kind: kiosk.KeyNumber, Value: holder.Number}, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

func (o *office) folder(name string) string { return filepath.Join(filepath.Dir(o.dir), name) }

func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// submit does what a kiosk does after the review, and gives the token.
func (o *office) submit(name string, chip *kiosk.ChipRead) (token string) {
	o.t.Helper()
	id := o.device
	bundle, err := provision.LoadOffice(o.folder(name))
	if err != nil {
		o.t.Fatal(err)
	}
	token, err = kiosk.NewToken(rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	d := aDossier(name, token, chip)
	d.ID = o.id
	pkg, err := dossier.Build(d, dossier.Signer{Device: id.Signer(), Software: "test", Challenge: &o.asked})
	if err != nil {
		o.t.Fatal(err)
	}
	sealer := seal.Sealer{Keys: bundle.SealKeys(nil, d.Created), Device: id.Signer()}
	sealed, err := sealer.Seal(d.ID, d.Created, kiosk.Link{}, pkg, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	sealed.TokenID = kiosk.TokenID(token)
	pool, err := bundle.Pool()
	if err != nil {
		o.t.Fatal(err)
	}
	client, err := backoffice.NewClient(backoffice.Options{URL: o.intake, Roots: pool, Certificate: id.TLS(), AckKey: bundle.AckKey})
	if err != nil {
		o.t.Fatal(err)
	}
	defer client.Close()
	ack, err := client.Submit(o.t.Context(), sealed)
	if err != nil || ack.Office != "UBND xã Thử Nghiệm" {
		o.t.Fatalf("submit: %+v, %v", ack, err)
	}
	return token
}

func aDossier(name, token string, chip *kiosk.ChipRead) *kiosk.Dossier {
	now := time.Now().UTC().Truncate(time.Microsecond)
	ok := func(n kiosk.CheckName) kiosk.Check { return kiosk.Check{Name: n, Result: kiosk.CheckSuccessful} }
	consent := func(p kiosk.Purpose) kiosk.Consent {
		return kiosk.Consent{Purpose: p, Text: "consent/1", SHA256: sha256.Sum256([]byte(p)), Given: true, At: now.Add(-time.Minute)}
	}
	return &kiosk.Dossier{
		Token: token, Kiosk: name, Created: now,
		Procedure: kiosk.ProcedureRef{Code: "1.001193", Name: "Đăng ký khai sinh", Catalogue: "test"},
		Fields:    kiosk.ChipFields(chip.Citizen), Return: kiosk.Return{Method: kiosk.ReturnCounter},
		Consents: []kiosk.Consent{consent(kiosk.PurposeChip), consent(kiosk.PurposeCamera)}, Chip: chip,
		Face: kiosk.FaceResult{
			Verdict: kiosk.Verified, Score: 0.7, Threshold: 0.4, Frames: 5, Model: "test",
			Best:   kiosk.Image{Data: emrtdtest.Silhouette(140), Type: "image/jpeg"},
			Checks: []kiosk.Check{ok(kiosk.CheckFaceMatch), ok(kiosk.CheckFaceQuality), ok(kiosk.CheckFaceAlone)},
		},
	}
}

// pages is an officer's browser.
type pages struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (o *office) logIn() *pages {
	o.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	p := &pages{o.t, o.officers, &http.Client{Jar: jar, Transport: &http.Transport{}}}
	o.t.Cleanup(p.client.CloseIdleConnections)
	form := p.get("/dang-nhap")
	p.post("/dang-nhap", url.Values{"csrf": {hidden(form, "csrf")}, "login": {"lan.nt"}, "password": {testPassword}})
	return p
}

func hidden(page, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

func (p *pages) get(path string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.base+path, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(r)
}

func (p *pages) post(path string, form url.Values) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r)
}

func (p *pages) do(r *http.Request) string {
	p.t.Helper()
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d, %v", r.URL.Path, res.StatusCode, err)
	}
	return html.UnescapeString(string(body))
}

var dossierLink = regexp.MustCompile(`href="(/ho-so/[0-9a-f-]{36})"`)

func wants(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
}

// A simulated card, read by the real reader, goes through the running command to the officer's screen, is received there,
// and the citizen finds the number.
func TestServe(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	o := start(t)
	token := o.submit("kiosk-01", o.read("kiosk-01", ""))
	p := o.logIn()
	in := p.get("/")
	wants(t, in, holder.Name, "Đã xác thực", "Đăng ký khai sinh", "kiosk-01")
	link := dossierLink.FindStringSubmatch(in)
	if link == nil {
		t.Fatal("no dossier in the inbox")
	}
	page := p.get(link[1])
	wants(t, page, holder.Name, holder.Number, "Mọi kiểm tra bắt buộc đều đạt", "Chip · DG13", "5/5 đạt", `alt="Ảnh trên chip"`)
	for _, m := range regexp.MustCompile(`<img src="(/anh/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(p.get(m[1]), "\xff\xd8") {
			t.Error("a picture is no JPEG")
		}
	}
	form := p.get(link[1] + "/chuyen/2")
	page = p.post(link[1]+"/chuyen/2", url.Values{"csrf": {hidden(form, "csrf")}, "from": {"1"}, "confirm": {"yes"}})
	number := regexp.MustCompile(`H00\.00-\d{8}-0000001`).FindString(page)
	if number == "" {
		t.Error("no official number")
	}
	wants(t, p.get("/tra-cuu/"+token), "Được tiếp nhận", number)

	p.client.CloseIdleConnections()
	if code := o.stop(); code != exitGood {
		t.Errorf("stopped with %d", code)
	}
	for _, secret := range []string{holder.Name, "Nghiệm", holder.Number, "Lan", token, testPassword} {
		if strings.Contains(o.log.String(), secret) {
			t.Errorf("the log holds %.3s…", secret)
		}
	}
	// what was received is there after a restart
	o.run()
	wants(t, o.logIn().get("/"), number)
	if code := o.stop(); code != exitGood {
		t.Errorf("stopped with %d", code)
	}
}

// What the chip does not prove is not called verified, and the reason is on the screen.
func TestServeDoubts(t *testing.T) {
	o := start(t)
	p := o.logIn()
	o.submit("kiosk-01", o.read("kiosk-01", "unknown-issuer"))
	wants(t, p.get(dossierLink.FindStringSubmatch(p.get("/"))[1]), "Chưa xác định", "Chưa có chứng thư gốc")

	forged := o.read("kiosk-02", "")
	dg2 := forged.Files[kiosk.FileDG2]
	dg2[len(dg2)-3] ^= 1
	o.submit("kiosk-02", forged)
	links := dossierLink.FindAllStringSubmatch(p.get("/"), -1)
	wants(t, p.get(links[len(links)-1][1]), "Không đạt", "mã băm không khớp EF.SOD", "Ki-ốt ghi: đạt")
}

func TestServePortInUse(t *testing.T) {
	o := start(t)
	second := filepath.Join(t.TempDir(), "second")
	do(t, "", "init", "-dir", second)
	taken := strings.TrimPrefix(o.intake, "https://")
	file := filepath.Join(second, configFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte("127.0.0.1:8443"), []byte(taken), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaint bytes.Buffer
	if code := run(t.Context(), &console{out: &out, err: &complaint}, []string{"-config", file}); code != exitFault {
		t.Errorf("exit code %d", code)
	}
	if s := complaint.String(); !strings.Contains(s, "port_in_use") || !strings.Contains(s, taken) || !strings.Contains(s, "[intake]") {
		t.Errorf("%s", s)
	}
}
