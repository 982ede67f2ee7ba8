package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/kiosk/daemon"
	"motcua/kiosk/store"
	"motcua/ui"
)

// drawn is a signature as the page posts it.
const drawn = "100,100 110,120 120,140 130,160;500,200 520,210 540,220 560,230 580,240"

// birth is the procedure these visits file.
const birth = "1.001193"

var numbers = map[string]string{"thu": "999301012345", "mau": "999072054321", "cu": "999150000789", "duy": "999096076543", "hoa": "999185011223"}

// toCard goes from the start to the reader.
func (h *hall) toCard() {
	h.t.Helper()
	h.page.do("home", "start")
	h.page.do("consent", "submit")
	h.page.do("proc_search", "agree", "chip", "on", "camera", "on")
	h.page.do("proc_search", "search", "q", "lam giay khai sinh cho con")
	if !strings.Contains(h.page.body, birth) {
		h.t.Error("the search did not find the registration of a birth")
	}
	h.page.do("proc_detail", "pick", "code", birth)
	h.page.do("for_whom", "proceed")
	h.page.do("card_place", "for", "who", "self")
}

// arrive puts a person before the camera and the card on the reader.
func (h *hall) arrive(key, fault string) {
	h.t.Helper()
	if err := h.world.Stand(key); err != nil {
		h.t.Fatal(err)
	}
	if err := h.world.Put(key, fault); err != nil {
		h.t.Fatal(err)
	}
	h.page.see("card_number")
}

// toReview answers everything up to the review.
func (h *hall) toReview(key string) {
	h.t.Helper()
	h.toCard()
	h.arrive(key, "")
	h.page.do("who", "number", "number", numbers[key])
	h.fromWho()
}

// fromWho answers everything from the question who one is up to the review.
func (h *hall) fromWho() {
	h.t.Helper()
	h.page.do("form", "yes")
	h.page.do("form", "answer")
	h.page.do("form", "answer", "value", "0912345678")
	h.page.do("form", "answer", "value", "Số 99, Thôn Khác, Xã Giả Định")
	h.page.do("scan_list", "answer", "value", "Khai sinh cho con đầu lòng")
	h.page.do("scan_aim", "paper", "index", "0")
	h.page.do("scan_view", "take")
	h.page.do("scan_list", "keep")
	h.page.do("deliver", "next")
	h.page.do("review", "return", "method", "counter")
}

var tokenForm = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b`)

// submit confirms and gives the receipt's token.
func (h *hall) submit() string {
	h.t.Helper()
	h.page.do("sign", "confirm")
	h.page.do("done", "sign", "tick", "on", "ink", drawn)
	token := tokenForm.FindString(h.page.body)
	if token == "" {
		h.t.Fatal("no token on the receipt")
	}
	return token
}

func (h *hall) unsent() int {
	s, err := store.Attach(h.t.Context(), filepath.Join(h.demo.Dir, "kiosk", "data", "kiosk.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	rows, err := s.OutboxRows(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	n := 0
	for _, r := range rows {
		if len(r.Sealed.Body) > 0 || r.State != kiosk.OutboxAcknowledged {
			n++
		}
	}
	return n
}

func TestVisit(t *testing.T) {
	needModels(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	h := open(t)
	h.toReview("thu")
	if !strings.Contains(h.page.body, "0912345678") && !strings.Contains(h.page.body, "0912 345 678") {
		t.Error("the review does not show the telephone")
	}
	token := h.submit()
	h.canaries("thu", temp) // sealed, and not yet delivered or only just
	h.page.do("rate", "finish")
	h.page.do("attract", "rate", "score", "4")
	h.world.Reset()
	until(t, "the card is away", func() bool { return strings.Contains(h.logs.String(), "msg=card.removed") }) // a tap in that very moment is stale
	until(t, "the dossier is delivered", func() bool { return h.unsent() == 0 })

	o := h.logIn()
	o.openOnly(t)
	for _, want := range []string{"Nguyễn Thị Thử", "999301012345", "Số 99, Thôn Khác, Xã Giả Định", "Số 12, Thôn Mẫu", "0912345678"} {
		if !strings.Contains(o.body, want) {
			t.Errorf("the officer does not see %q", want)
		}
	}
	number := o.accept(t)

	h.page.do("home", "start")
	h.page.do("status_ask", "status")
	h.page.do("status_show", "token", "token", strings.ToLower(strings.ReplaceAll(token, "-", " ")))
	if !strings.Contains(h.page.body, number) || !strings.Contains(h.page.body, "Đã tiếp nhận") {
		t.Errorf("the citizen does not learn the number and the state")
	}
	h.canaries("thu", temp)
}

// canaries looks for the citizen in everything that stays on the kiosk.
func (h *hall) canaries(key string, temp string) {
	h.t.Helper()
	p, err := h.world.Person(key)
	if err != nil {
		h.t.Fatal(err)
	}
	secrets := [][]byte{[]byte(p.Name), []byte(p.Number), []byte(strings.ToUpper(p.Name)), []byte("0912345678"), []byte("Thôn Khác"), p.Card.Files[kiosk.FileDG1][5:40]}
	photo := p.Card.Files[kiosk.FileDG2]
	secrets = append(secrets, photo[len(photo)/2:len(photo)/2+32], []byte("\xff\xd8\xff\xe0"))
	look := func(name string, b []byte) {
		for i, s := range secrets {
			if bytes.Contains(b, s) {
				h.t.Errorf("canary %d is in %s", i, name)
			}
		}
	}
	look("the logs", []byte(h.logs.String()))
	for _, root := range []string{filepath.Join(h.demo.Dir, "kiosk", "data"), temp} {
		err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || e.Type() == fs.ModeSocket { // a socket keeps nothing
				return err
			}
			b, err := os.ReadFile(path)
			look(path, b)
			return err
		})
		if err != nil {
			h.t.Error(err)
		}
	}
}

func TestWrongNumberIsAskedAgain(t *testing.T) {
	h := open(t)
	h.toCard()
	h.arrive("thu", "")
	h.page.do("card_problem", "number", "number", "999301012346")
	h.page.do("card_number", "retry")
	h.page.do("card_number", "number", "number", "12345")
	if !strings.Contains(h.page.body, "12345") {
		t.Error("what was typed is lost")
	}
}

func TestAnotherPersonsFaceGoesToTheOfficer(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toCard()
	h.arrive("thu", "")
	if err := h.world.Stand("mau"); err != nil {
		t.Fatal(err)
	}
	h.page.do("face_retry", "number", "number", numbers["thu"])
	h.page.do("face_retry", "retry")
	h.page.do("officer", "retry")
	h.page.do("attract", "finish")
	if h.unsent() != 0 {
		t.Error("a dossier of another person was stored")
	}
}

func TestTwoFacesAreNotOne(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toCard()
	h.arrive("thu", "")
	if err := h.world.Stand("thu", "duy"); err != nil {
		t.Fatal(err)
	}
	h.page.do("face_retry", "number", "number", numbers["thu"])
}

func TestCameraThatComesAndGoes(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toCard()
	h.arrive("duy", "")
	h.world.PlugCamera(false)
	h.page.do("face_retry", "number", "number", numbers["duy"])
	h.world.PlugCamera(true)
	h.world.Freeze(true)
	h.page.do("face_retry", "retry")
	if !strings.Contains(h.logs.String(), "code=camera_fault") {
		t.Error("a frozen camera is not told apart")
	}
	h.world.Freeze(false)
	h.page.do("who", "retry")
}

func TestDocumentsThatDoNotVerifyGoToTheOfficer(t *testing.T) {
	for _, fault := range []string{"forged-dg2", "unknown-issuer", "clone", "expired", "flipped-byte", "card-access-downgrade"} {
		t.Run(fault, func(t *testing.T) {
			h := open(t)
			h.toCard()
			h.arrive("thu", fault)
			h.page.do("officer", "number", "number", numbers["thu"])
			if h.unsent() != 0 {
				t.Error("a dossier was stored")
			}
		})
	}
}

func TestTornCardReadsOn(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toCard()
	h.arrive("thu", "tear")
	h.page.do("card_problem", "number", "number", numbers["thu"])
	if err := h.world.Put("thu", ""); err != nil {
		t.Fatal(err)
	}
	h.page.see("who")
}

func TestAnotherCardAfterATearIsRefused(t *testing.T) {
	h := open(t)
	h.toCard()
	h.arrive("thu", "tear")
	h.page.do("card_problem", "number", "number", numbers["thu"])
	h.world.Take()
	if err := h.world.Put("mau", ""); err != nil {
		t.Fatal(err)
	}
	h.page.see("card_problem")
}

func TestConsentRefusedReadsNothing(t *testing.T) {
	h := open(t)
	h.page.do("home", "start")
	h.page.do("consent", "submit")
	h.page.do("consent", "agree", "chip", "on")
	h.page.do("officer", "decline")
	h.page.do("attract", "finish")
	if strings.Contains(h.logs.String(), "chip.read") {
		t.Error("a chip was read without consent")
	}
}

func TestOfficeDownForTheSubmission(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toReview("cu")
	h.world.CutNetwork(true)
	h.submit()
	h.page.do("rate", "finish")
	h.page.do("attract", "skip")
	if h.unsent() != 1 {
		t.Error("the dossier does not wait")
	}
	h.world.CutNetwork(false)
	until(t, "the dossier is delivered", func() bool { return h.unsent() == 0 })
	h.logIn().openOnly(t)
}

func TestWithoutModelsEverybodyGoesToTheOfficer(t *testing.T) {
	h := open(t)
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KIOSK_MODELS", t.TempDir())
	h.openKiosk()
	h.toCard()
	h.arrive("thu", "")
	h.page.do("officer", "number", "number", numbers["thu"])
}

func TestWithoutAReaderEverybodyGoesToTheOfficer(t *testing.T) {
	h := open(t)
	h.world.PlugReader(false)
	h.page.do("home", "start")
	h.page.do("consent", "submit")
	h.page.do("proc_search", "agree", "chip", "on", "camera", "on")
	h.page.do("proc_detail", "pick", "code", birth)
	h.page.do("for_whom", "proceed")
	h.page.do("officer", "for", "who", "self")
}

// TestCardShownToTheCamera opens the chip with the number that the camera reads from the card's code: nobody types.
func TestCardShownToTheCamera(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toCard()
	if err := errors.Join(h.world.Stand("thu"), h.world.Show("thu")); err != nil {
		t.Fatal(err)
	}
	until(t, "the kiosk has the number", func() bool { return strings.Contains(h.page.get("/"), "Đã có số thẻ") })
	if err := errors.Join(h.world.Show(""), h.world.Put("thu", "")); err != nil {
		t.Fatal(err)
	}
	h.page.see("who")
}

// TestPictureInsteadOfThePerson holds a print and a replayed video of the card's holder before the camera: neither is verified, the
// citizen is told to try again and at last sent to the officer, never told to be somebody else.
func TestPictureInsteadOfThePerson(t *testing.T) {
	needModels(t)
	for _, kind := range []string{"print", "replay"} {
		t.Run(kind, func(t *testing.T) {
			h := open(t)
			h.toCard()
			if err := errors.Join(h.world.Imitate("thu", kind), h.world.Put("thu", "")); err != nil {
				t.Fatal(err)
			}
			h.page.see("card_number")
			h.page.do("face_retry", "number", "number", numbers["thu"])
			h.page.do("face_retry", "retry")
			h.page.do("officer", "retry")
			if n := h.unsent(); n != 0 {
				t.Errorf("%d dossiers wait", n)
			}
		})
	}
}

// TestCutOutIsNotVerified holds a print of the holder before the camera that is cut out along the head and turned as the kiosk asks:
// what the other layers let through most of the time does not become a turning head.
func TestCutOutIsNotVerified(t *testing.T) {
	needModels(t)
	for _, who := range []string{"thu", "mau"} {
		t.Run(who, func(t *testing.T) {
			h := open(t)
			h.place(who, h.world.Imitate(who, "cut-out print"))
			h.page.do("face_look", "number", "number", numbers[who])
			for h.page.settle("face_look", "face_turn") == "face_retry" {
				h.page.do("face_look", "retry")
			}
			asked := slices.Contains(h.heard.keys(), "hint_turn_left") || slices.Contains(h.heard.keys(), "hint_turn_right")
			if now := h.page.attribute("screen"); now != "officer" {
				t.Errorf("a cut-out print came to %s", now)
			}
			if fact, _ := ui.CodeText(kiosk.CodeFaceUnturned); asked && !strings.Contains(h.page.body, fact) {
				t.Error("the citizen is not told why the officer is needed")
			}
			if n := h.unsent(); n != 0 {
				t.Errorf("%d dossiers wait", n)
			}
			t.Logf("asked to turn: %v", asked)
		})
	}
}

// TestWhoDoesNotTurnGoesToTheOfficer has the right person stand there who does not turn the head: two chances, then the officer; or
// at once, for who says so. Nobody is told to be somebody else, and nothing is stored.
func TestWhoDoesNotTurnGoesToTheOfficer(t *testing.T) {
	needModels(t)
	h := open(t)
	h.place("mau", h.world.StandStiff("mau"))
	h.page.do("face_turn", "number", "number", numbers["mau"])
	if now := h.page.settle("face_look", "face_turn"); now != "officer" {
		t.Fatalf("came to %s", now)
	}
	fact, act := ui.CodeText(kiosk.CodeFaceUnturned)
	if !strings.Contains(h.page.body, fact) || !strings.Contains(h.page.body, act) {
		t.Error("the page does not say what was missed and what to do")
	}
	turns := 0
	for _, k := range h.heard.keys() {
		if k == "hint_turn_left" || k == "hint_turn_right" {
			turns++
		}
	}
	if turns != 2 || !strings.Contains(h.logs.String(), "verdict=undetermined") {
		t.Errorf("%d turns were asked for; heard %v", turns, h.heard.keys())
	}
	h.page.do("attract", "finish")
	until(t, "the card was seen", func() bool { return strings.Contains(h.logs.String(), "msg=visit.wiped") })
	h.world.Reset()
	until(t, "the reader has seen the card go", func() bool { return !strings.Contains(h.page.get("/"), "badge warn take") })
	h.place("mau", h.world.StandStiff("mau"))
	h.page.do("face_turn", "number", "number", numbers["mau"])
	h.page.do("officer", "officer")
	if n := h.unsent(); n != 0 {
		t.Errorf("%d dossiers wait", n)
	}
}

// TestDarkHall tells the citizen what to change, and goes on when it is changed.
func TestDarkHall(t *testing.T) {
	needModels(t)
	h := open(t)
	h.world.SetLight(sim.LightDark)
	h.toCard()
	h.arrive("thu", "")
	h.page.do("face_look", "number", "number", numbers["thu"])
	until(t, "the page says that it is dark", func() bool { return strings.Contains(h.page.get("/"), ui.HintText(kiosk.HintTooDark)) })
	h.world.SetLight(sim.LightGood)
	h.page.see("who")
}

// TestVisionProcessThatDies is killed while it looks: that costs one try, never the visit.
func TestVisionProcessThatDies(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toCard()
	if err := h.world.Put("thu", ""); err != nil {
		t.Fatal(err)
	}
	h.page.see("card_number")
	h.page.do("face_look", "number", "number", numbers["thu"]) // nobody stands there yet: it goes on looking
	killVision(t)
	h.page.see("face_retry")
	if err := h.world.Stand("thu"); err != nil {
		t.Fatal(err)
	}
	h.page.do("who", "retry")
}

// killVision kills the vision process of this test's kiosk.
func killVision(t *testing.T) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, file := range lines {
		raw, err := os.ReadFile(file)
		if err != nil || string(raw) != filepath.Join(bin, "kioskd")+"\x00"+daemon.VisionCommand+"\x00" {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed++
	}
	if killed != 1 {
		t.Fatalf("%d vision processes run", killed)
	}
}

// TestPowerCut kills the kiosk, a process here, between the citizen's confirmation and the office's acknowledgement.
func TestPowerCut(t *testing.T) {
	needModels(t)
	h := open(t)
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	h.kiosk = nil
	ctx := context.Background()
	p, err := h.demo.StartKiosk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.page = enter(t, h.demo.PageURL())
	dock := newBrowser(t, "http://"+h.demo.Dock)
	h.toCard()
	dock.press("arrive", "hoa")
	h.page.see("card_number")
	h.page.do("who", "number", "number", numbers["hoa"])
	if got := h.page.get("/img/chip"); !strings.HasPrefix(got, "\xff\xd8\xff") { // this chip's photo is JPEG 2000
		t.Errorf("the page got %d bytes that are no JPEG as the chip's portrait", len(got))
	}
	h.page.do("form", "yes")
	h.page.do("form", "answer")
	h.page.do("form", "answer", "value", "0912345678")
	h.page.do("form", "answer", "value", "Khóm 2, Phường Thí Điểm")
	h.page.do("scan_list", "answer", "value", "")
	h.page.do("deliver", "next")
	h.page.do("review", "return", "method", "electronic")
	dock.press("cut")
	h.submit()
	p.Kill()
	if n := h.unsent(); n != 1 {
		t.Fatalf("%d dossiers wait after the power cut", n)
	}
	p, err = h.demo.StartKiosk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the dossier is delivered", func() bool { return h.unsent() == 0 })
	if err := p.Stop(); err != nil {
		t.Errorf("stop the kiosk: %v", err)
	}
	h.logIn().openOnly(t)
}
