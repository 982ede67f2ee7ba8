package daemon_test

import (
	"errors"
	"html"
	"image"
	_ "image/jpeg" // photos are decoded
	_ "image/png"  // the same
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/ui"
)

// The scenarios of the acceptance list about faces, from the card to what the citizen sees and hears. Those of pictures held
// before the camera and of the dark hall stand in visit_test.go.

// place puts a person's card on the reader and types its number.
func (h *hall) place(key string, stand error) {
	h.t.Helper()
	h.toCard()
	if err := errors.Join(stand, h.world.Put(key, "")); err != nil {
		h.t.Fatal(err)
	}
	h.page.see("card_number")
}

// told waits until the page shows a hint and the voice has said it.
func (h *hall) told(hint kiosk.FaceHint) {
	h.t.Helper()
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Logf("heard %v", h.heard.keys())
		}
	})
	until(h.t, "the page says "+string(hint), func() bool { return strings.Contains(h.page.get("/"), ui.HintText(hint)) })
	until(h.t, "the voice says "+string(hint), func() bool { return slices.Contains(h.heard.keys(), "hint_"+string(hint)) })
}

var photoRef = regexp.MustCompile(`<img src="([^"]+)" alt="(Ảnh trên chip|Ảnh chụp tại ki-ốt)"`)

// Scenario 29: an identical twin with the other's card. The match succeeds by design; the officer sees both photos.
func TestTwinIsLeftToTheOfficersEyes(t *testing.T) {
	needModels(t)
	h := open(t)
	h.toCard()
	h.arrive("mau", "")
	if err := h.world.StandTwin("mau"); err != nil {
		t.Fatal(err)
	}
	h.page.do("who", "number", "number", numbers["mau"])
	h.fromWho()
	h.submit()
	until(t, "the dossier is delivered", func() bool { return h.unsent() == 0 })
	o := h.logIn()
	o.openOnly(t)
	photos := map[string]image.Point{}
	for _, m := range photoRef.FindAllStringSubmatch(o.body, -1) {
		img, _, err := image.Decode(strings.NewReader(o.get(html.UnescapeString(m[1]))))
		if err != nil {
			t.Fatalf("%s: %v", m[2], err)
		}
		photos[m[2]] = img.Bounds().Size()
	}
	if len(photos) != 2 || photos["Ảnh trên chip"] == photos["Ảnh chụp tại ki-ốt"] {
		t.Errorf("the officer sees %v, want the chip's photo and the kiosk's", photos)
	}
}

// Scenario 30: a bright window behind. The reason is shown and said; when the blind is down, the same try goes on.
func TestSunBehind(t *testing.T) {
	needModels(t)
	h := open(t)
	h.world.SetLight(sim.LightBehind)
	h.place("duy", h.world.Stand("duy"))
	h.page.do("face_look", "number", "number", numbers["duy"])
	h.told(kiosk.HintBacklight)
	h.world.SetLight(sim.LightGood)
	h.page.see("who")
}

// Scenario 31: nobody must bend, climb or touch the camera, and nobody is asked to.
func TestSeatedAndTallVisitors(t *testing.T) {
	needModels(t)
	for who, height := range map[string]sim.Height{"cu": sim.HeightSeated, "mau": sim.HeightTall} {
		t.Run(string(height), func(t *testing.T) {
			h := open(t)
			h.place(who, h.world.StandAs(who, height, ""))
			h.page.do("who", "number", "number", numbers[who])
			for _, k := range h.heard.keys() {
				if h, is := strings.CutPrefix(k, "hint_"); is && !kiosk.FaceHint(h).Turns() {
					t.Errorf("the visitor heard %s", k)
				}
			}
		})
	}
}

// Scenario 32: whoever wears a mask is asked to take it off. Who does, goes on; who does not, goes to the officer, with no word of
// blame, and no picture stays.
func TestMaskedVisitor(t *testing.T) {
	needModels(t)
	t.Run("takes it off", func(t *testing.T) {
		h := open(t)
		h.place("thu", h.world.StandAs("thu", sim.HeightUsual, "mask"))
		h.page.do("face_look", "number", "number", numbers["thu"])
		h.told(kiosk.HintCovered)
		if err := h.world.Stand("thu"); err != nil {
			t.Fatal(err)
		}
		h.page.see("who")
	})
	t.Run("refuses", func(t *testing.T) {
		temp := t.TempDir()
		t.Setenv("TMPDIR", temp)
		h := open(t)
		h.place("duy", h.world.StandAs("duy", sim.HeightUsual, "sunglasses"))
		h.page.do("face_look", "number", "number", numbers["duy"])
		h.told(kiosk.HintCovered)
		h.page.do("officer", "officer")
		if said := h.heard.keys(); said[len(said)-1] != "officer" {
			t.Errorf("the voice said %v", said)
		}
		h.page.do("attract", "finish")
		if n := h.unsent(); n != 0 {
			t.Errorf("%d dossiers wait", n)
		}
		h.canaries("duy", temp)
	})
}

// Scenario 33, in short times (the true ones are in vision/camera and vision/face): unplugged while it looks and plugged in again,
// the same try goes on without a touch; not there at all, the citizen is told and at last sent to the officer.
func TestCameraUnpluggedWhileItLooks(t *testing.T) {
	needModels(t)
	t.Run("comes back", func(t *testing.T) {
		h := open(t)
		h.place("thu", nil) // nobody stands there yet: it goes on looking
		h.page.do("face_look", "number", "number", numbers["thu"])
		h.told(kiosk.HintNoFace)
		h.world.PlugCamera(false)
		pause(2 * time.Second)
		if err := h.world.Stand("thu"); err != nil {
			t.Fatal(err)
		}
		h.world.PlugCamera(true)
		h.page.see("who")
		if said := h.heard.keys(); slices.Contains(said, "look_again") {
			t.Errorf("the try was given up: %v", said)
		}
	})
	t.Run("stays away", func(t *testing.T) {
		h := open(t)
		h.place("thu", h.world.Stand("thu"))
		h.world.PlugCamera(false)
		h.page.do("face_retry", "number", "number", numbers["thu"])
		if fact, _ := ui.CodeText(kiosk.CodeCameraMissing); !strings.Contains(h.page.body, fact) {
			t.Error("the page does not say that the camera is missing")
		}
		h.page.do("face_retry", "retry")
		h.page.do("officer", "retry")
		if !strings.Contains(h.logs.String(), "code=camera_missing") {
			t.Error("the log does not tell what is missing")
		}
	})
}

// Scenario 34: a camera that gives one picture for ever is broken, and nobody hears that they were taken for a picture.
func TestFrozenCameraIsNobodysFault(t *testing.T) {
	needModels(t)
	h := open(t)
	h.place("mau", h.world.Stand("mau"))
	h.world.Freeze(true)
	h.page.do("face_retry", "number", "number", numbers["mau"])
	if fact, _ := ui.CodeText(kiosk.CodeCameraFault); !strings.Contains(h.page.body, fact) || !strings.Contains(h.logs.String(), "code=camera_fault") {
		t.Error("the page or the log does not tell the camera's fault")
	}
	h.world.Freeze(false)
	h.page.do("who", "retry")
}
