package onestoptest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/dossier"
	"motcua/kiosk/onestop"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

// Cheap is a password cost for tests.
var Cheap = onestop.Argon2{Time: 1, Memory: 64, Lanes: 1}

// Password is every test account's password.
const Password = "mật khẩu thử nghiệm"

// KioskName is the name of the test kiosk.
const KioskName = "kiosk-01"

// Office is a back office with real keys and a real store, and one enrolled kiosk. The chip's files are a toy: what [Chip]
// verifies is a text, because the office's own work begins where passive authentication ends.
type Office struct {
	Desk  *onestop.Desk
	Store onestop.Store
	Keys  *provision.OfficeKeys
	Kiosk *provision.Identity
	Clock *Clock
	Link  kiosk.Link // the place in the kiosk's chain that the next dossier is sealed with; zero for none

	opt onestop.Options
}

// Clock is a clock that tests move.
type Clock struct{ T time.Time }

// Now gives the time.
func (c *Clock) Now() time.Time { return c.T }

// New makes an office over a store, which stays the caller's. change may alter the options before the desk is made.
func New(t testing.TB, store onestop.Store, change func(*onestop.Options)) *Office {
	t.Helper()
	keys, err := provision.NewOfficeKeys("UBND xã Thử Nghiệm", "127.0.0.1", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	if keys.CA = authority(t); keys.CA != nil {
		keys.Server, err = keys.CA.IssueServer("127.0.0.1", "localhost")
	}
	if err != nil {
		t.Fatal(err)
	}
	o := &Office{Keys: keys, Kiosk: Enrol(t, keys.CA, KioskName), Clock: &Clock{At}}
	opt := onestop.Options{
		Office: "UBND xã Thử Nghiệm", Hotline: "0999 000 111", Store: store, Seal: keys.Seal, Ack: keys.Ack, Number: Numbering,
		Devices: keys.CA.Pool(), Chip: Chip(), Cost: Cheap, Now: o.Clock.Now,
		Issuer: provision.Issuer{
			Keys: keys, Name: "UBND xã Thử Nghiệm", Intake: "https://127.0.0.1:8443", Hotline: "0999 000 111", StatusURL: "http://127.0.0.1/tra-cuu/",
		},
	}
	if change != nil {
		change(&opt)
	}
	o.Store, o.opt = opt.Store, opt
	if o.Desk, err = onestop.NewDesk(opt); err != nil {
		t.Fatal(err)
	}
	return o
}

// Again makes another desk of the same office over the same store, as a second receiver is.
func (o *Office) Again(t testing.TB) *onestop.Desk {
	t.Helper()
	d, err := onestop.NewDesk(o.opt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Citizen is the holder of the toy chip.
var Citizen = kiosk.Citizen{
	Number: "999201012345", Name: "Nguyễn Thị Thu Hà", Birth: kiosk.Date{Year: 2001, Month: 3, Day: 8}, Sex: "Nữ",
	Nationality: "Việt Nam", Ethnicity: "Kinh", Origin: "Xã Thử Nghiệm, Tỉnh Mẫu", Residence: "Thôn Đông, Xã Thử Nghiệm, Tỉnh Mẫu",
	Expires: kiosk.Date{Year: 2041, Month: 3, Day: 8},
}

// toySOD is the security object that [Chip] takes for genuine.
const toySOD = "genuine security object"

// Chip verifies the toy chip: genuine when its SOD is toySOD and its DG2 is a JPEG, failed otherwise; without an anchor when
// the SOD is "unknown issuer".
func Chip() onestop.Chip {
	return onestop.Chip{
		PassiveAuth: func(sod []byte, groups map[kiosk.FileID][]byte, _ time.Time) ([]kiosk.Check, kiosk.Signer) {
			signer := kiosk.Signer{
				Subject: "CN=Demo Document Signer 01, O=Demo, C=VN", Issuer: "CN=Demo CSCA 01, O=Demo, C=VN", Country: "VN", Serial: "01a4",
				NotBefore: At.AddDate(-1, 0, 0), NotAfter: At.AddDate(9, 0, 0),
				Anchor: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			}
			checks := []kiosk.Check{
				{Name: kiosk.CheckSODSignature, Result: kiosk.CheckSuccessful}, {Name: kiosk.CheckSigner, Result: kiosk.CheckSuccessful},
				{Name: kiosk.CheckHashes, Result: kiosk.CheckSuccessful}, {Name: kiosk.CheckGroups, Result: kiosk.CheckSuccessful},
				{Name: kiosk.CheckIssuer, Result: kiosk.CheckSuccessful},
			}
			switch {
			case string(sod) == "unknown issuer":
				checks[1] = kiosk.Check{Name: kiosk.CheckSigner, Result: kiosk.CheckUndetermined, Reason: "issuer unknown"}
				signer.Anchor = ""
			case string(sod) != toySOD:
				checks[0] = kiosk.Check{Name: kiosk.CheckSODSignature, Result: kiosk.CheckFailed, Reason: "signature invalid"}
			case !bytes.HasPrefix(groups[kiosk.FileDG2], []byte{0xff, 0xd8}):
				checks[2] = kiosk.Check{Name: kiosk.CheckHashes, Result: kiosk.CheckFailed, Reason: "hash of DG2 differs"}
			}
			return checks, signer
		},
		Decode: func(groups map[kiosk.FileID][]byte) (kiosk.Citizen, error) {
			if len(groups[kiosk.FileDG1]) == 0 {
				return kiosk.Citizen{}, errors.New("no DG1")
			}
			return Citizen, nil
		},
		Photo: func(groups map[kiosk.FileID][]byte) (kiosk.Image, error) {
			return kiosk.Image{Data: groups[kiosk.FileDG2], Type: "image/jpeg"}, nil
		},
	}
}

// Case is a dossier in the citizen's hands: the open one, its token, and as sealed for delivery.
type Case struct {
	Dossier *kiosk.Dossier
	Token   string
	Sealed  kiosk.Sealed
}

// NewCase makes a complete dossier and seals it. change may spoil the dossier before it is signed.
func (o *Office) NewCase(t testing.TB, change func(*kiosk.Dossier)) Case {
	t.Helper()
	token, err := kiosk.NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &kiosk.Dossier{
		ID: UUID(), Token: token, Kiosk: KioskName, Created: o.Clock.T.Add(-2 * time.Minute),
		Procedure: kiosk.ProcedureRef{Code: "1.001193", Name: "Đăng ký khai sinh", Catalogue: "2026-10-10"},
		Fields: append(kiosk.ChipFields(Citizen),
			kiosk.Field{Key: "phone", Label: "Số điện thoại", Value: "0999 123 456", Provenance: kiosk.FromCitizen}),
		Return:   kiosk.Return{Method: kiosk.ReturnPost, Address: "Thôn Tây, Xã Thử Nghiệm, Tỉnh Mẫu"},
		Consents: consents(o.Clock.T.Add(-5 * time.Minute)), Chip: chipRead(), Face: faceResult(),
	}
	for i := range d.Fields {
		if d.Fields[i].Key == "residence" {
			d.Fields[i].Original, d.Fields[i].Value = d.Fields[i].Value, "Thôn Tây, Xã Thử Nghiệm, Tỉnh Mẫu"
			d.Fields[i].Provenance = kiosk.FromEdited
		}
	}
	page := Sheet(900, 1270)
	d.Papers = []kiosk.Document{{Paper: "Giấy chứng sinh", Page: kiosk.Image{Data: page, Type: "image/jpeg", Width: 900, Height: 1270}, SHA256: sha256.Sum256(page)}}
	if change != nil {
		change(d)
	}
	return Case{Dossier: d, Token: token, Sealed: o.Seal(t, d)}
}

// Seal builds, signs and seals a dossier as a kiosk does.
func (o *Office) Seal(t testing.TB, d *kiosk.Dossier) kiosk.Sealed {
	t.Helper()
	pkg, err := dossier.Build(d, dossier.Signer{Device: o.Kiosk.Signer(), Software: "test", Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	var pages [][]byte
	for i := range d.Papers {
		pages = append(pages, d.Papers[i].Page.Data)
	}
	return o.SealBytes(t, d, pkg, pages...)
}

// SealBytes seals any bytes as the dossier's package, with pages beside it.
func (o *Office) SealBytes(t testing.TB, d *kiosk.Dossier, pkg []byte, pages ...[]byte) kiosk.Sealed {
	t.Helper()
	list := make([]seal.Page, 0, len(pages))
	for _, p := range pages {
		list = append(list, bytes.NewReader(p))
	}
	s, err := seal.Sealer{Keys: o.Keys.PublicKeys(), Device: o.Kiosk.Signer()}.Seal(d.ID, d.Created, o.Link, pkg, list)
	if err != nil {
		t.Fatal(err)
	}
	s.TokenID = kiosk.TokenID(d.Token)
	return s
}

// Deliver makes a case and takes it in.
func (o *Office) Deliver(t testing.TB, change func(*kiosk.Dossier)) Case {
	t.Helper()
	c := o.NewCase(t, change)
	if _, _, err := o.Desk.Receive(t.Context(), c.Dossier.Kiosk, c.Sealed); err != nil {
		t.Fatal(err)
	}
	return c
}

// Officer adds a person with [Password].
func (o *Office) Officer(t testing.TB, name string, role onestop.Role) onestop.Account {
	t.Helper()
	a, err := onestop.NewAccount(t.Context(), o.Store, name, onestop.LoginFor(name), role, Password, Cheap)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func consents(at time.Time) []kiosk.Consent {
	return []kiosk.Consent{
		{Purpose: kiosk.PurposeChip, Text: "consent.chip/1", SHA256: sha256.Sum256([]byte("chip")), Given: true, At: at},
		{Purpose: kiosk.PurposeCamera, Text: "consent.camera/1", SHA256: sha256.Sum256([]byte("camera")), Given: true, At: at},
	}
}

func chipRead() *kiosk.ChipRead {
	ok := func(n kiosk.CheckName, reason string) kiosk.Check {
		return kiosk.Check{Name: n, Result: kiosk.CheckSuccessful, Reason: reason}
	}
	return &kiosk.ChipRead{
		Access: "PACE-CAN ECDH-GM-AES-128 brainpoolP256r1", Verdict: kiosk.Verified, APDUs: 210, Bytes: 19000, Duration: 3 * time.Second,
		Files: map[kiosk.FileID][]byte{
			kiosk.FileSOD: []byte(toySOD), kiosk.FileDG1: []byte("toy DG1"), kiosk.FileDG13: []byte("toy DG13"),
			kiosk.FileDG2: Portrait(240, 320, 200),
		},
		Checks: []kiosk.Check{
			ok(kiosk.CheckAccess, "PACE-CAN ECDH-GM-AES-128 brainpoolP256r1"), ok(kiosk.CheckSODSignature, ""), ok(kiosk.CheckSigner, ""),
			ok(kiosk.CheckHashes, ""), ok(kiosk.CheckGroups, ""), ok(kiosk.CheckCardAccess, "select by identifier"),
			ok(kiosk.CheckChipAuth, "ECDH-AES-128 brainpoolP256r1"),
			{Name: kiosk.CheckActiveAuth, Result: kiosk.CheckNotSupported, Reason: "no DG15"},
			ok(kiosk.CheckIssuer, ""), ok(kiosk.CheckEncoding, ""), ok(kiosk.CheckNumber, ""), ok(kiosk.CheckExpiry, ""),
		},
	}
}

func faceResult() kiosk.FaceResult {
	ok := func(n kiosk.CheckName) kiosk.Check { return kiosk.Check{Name: n, Result: kiosk.CheckSuccessful} }
	return kiosk.FaceResult{
		Verdict: kiosk.Verified, Score: 0.612, Threshold: 0.363, Frames: 7, Liveness: math.NaN(), Model: "0badc0de", Duration: 2 * time.Second,
		Best: kiosk.Image{Data: Portrait(480, 640, 185), Type: "image/jpeg", Width: 480, Height: 640},
		Checks: []kiosk.Check{
			ok(kiosk.CheckFaceMatch), ok(kiosk.CheckFaceQuality), ok(kiosk.CheckFaceAlone),
			{Name: kiosk.CheckFaceLiveness, Result: kiosk.CheckNotSupported, Reason: "no liveness detector is built in"},
			ok(kiosk.CheckFaceContinuity),
		},
	}
}

// drawn keeps what was drawn once: tests ask for the same pictures many times.
var drawn sync.Map

func once(key any, draw func() []byte) []byte {
	v, ok := drawn.Load(key)
	if !ok {
		v, _ = drawn.LoadOrStore(key, draw())
	}
	return bytes.Clone(v.([]byte))
}

// Portrait draws a head and shoulders: nobody's face.
func Portrait(w, h int, light uint8) []byte {
	return once([3]int{w, h, int(light)}, func() []byte { return portrait(w, h, light) })
}

func portrait(w, h int, light uint8) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	cx, cy := float64(w)/2, float64(h)*0.42
	for y := range h {
		for x := range w {
			dx, dy := (float64(x)-cx)/float64(w), (float64(y)-cy)/float64(h)
			c := color.RGBA{light, light + 12, light + 25, 255}
			sx, sy := dx/0.46, (float64(y)/float64(h)-1.02)/0.34
			switch {
			case dx*dx/0.045+dy*dy/0.052 < 1 && !(dy < -0.10 && dx*dx/0.05+dy*dy/0.05 > 0.35):
				c = color.RGBA{222, 184, 156, 255}
				if math.Abs(dy+0.03) < 0.014 && math.Abs(math.Abs(dx)-0.085) < 0.026 || math.Abs(dy-0.115) < 0.009 && math.Abs(dx) < 0.055 {
					c = color.RGBA{92, 60, 52, 255}
				}
			case dx*dx/0.062+(dy+0.03)*(dy+0.03)/0.066 < 1:
				c = color.RGBA{44, 38, 36, 255}
			case sx*sx+sy*sy < 1:
				c = color.RGBA{46, 82, 120, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return encode(img)
}

// Sheet draws a page with lines of grey where text would be.
func Sheet(w, h int) []byte { return once([2]int{w, h}, func() []byte { return sheet(w, h) }) }

func sheet(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{250, 249, 245, 255}
			row := y / (h / 40)
			inLine := y%(h/40) > h/120 && row > 4 && row < 34 && row%6 != 5
			if inLine && x > w/10 && x < w*9/10-(row*37%5)*w/12 && x%(w/18) > w/90 || row == 2 && x > w/4 && x < w*3/4 {
				c = color.RGBA{70, 72, 80, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return encode(img)
}

func encode(img image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 88}); err != nil {
		panic(err) // a buffer does not fail
	}
	return b.Bytes()
}
