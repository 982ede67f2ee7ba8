package paper

import (
	"context"
	"crypto/sha256"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/camera"
	"motcua/vision/visiontest"
)

// table makes a document camera that sees a desk; fps is its pace.
func table(d *visiontest.Desk, fps int) *camera.Hub {
	return camera.NewHub(camera.NewImages("table", fps, func(_ context.Context, at time.Time) (image.Image, error) {
		return d.Frame(at), nil
	}, nil), camera.Opts{Frozen: 600 * time.Millisecond})
}

func TestScanStraightensThePage(t *testing.T) {
	hub := table(&visiontest.Desk{Sheet: visiontest.Certificate(), Turn: .03}, 30)
	page, err := NewScanner(hub).Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	img := page.Image
	typ, w, h, err := vision.Header(img.Data)
	if err != nil || typ != img.Type || typ != "image/jpeg" || w != 1654 || h != 2339 || img.Width != w || img.Height != h {
		t.Errorf("%v: %s %d×%d %v", img, typ, w, h, err)
	}
	if page.Grey || page.Quality.Format != "A4" || page.Quality.Turned != 0 || page.SHA256 != sha256.Sum256(img.Data) || len(img.Data) > MaxPageBytes {
		t.Errorf("%+v, %d bytes", page.Quality, len(img.Data))
	}
	if hub.On() {
		t.Error("the camera is still on")
	}
	m, err := vision.Decode(img.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	// The stamp is where the sheet has it, and still red; the paper is white, also in the corners.
	r, err := rasterOf(&m)
	if err != nil {
		t.Fatal(err)
	}
	const k = 1654.0 / 840
	red := 0
	for a := range 360 {
		c := r.at(Point{(585 + 82*math.Cos(float64(a))) * k, (330 + 9*46 + 60 + 130 + 82*math.Sin(float64(a))) * k})
		if c[2] > 120 && c[2] > 1.7*c[1] && c[2] > 1.7*c[0] {
			red++
		}
	}
	if red < 300 {
		t.Errorf("the stamp's ring is red at %d of 360 places", red)
	}
	for _, p := range []Point{{20, 20}, {1630, 20}, {1630, 2310}, {20, 2310}} {
		if c := r.at(p); min(c[0], c[1], c[2]) < 235 {
			t.Errorf("the paper at %v is %v", p, c)
		}
	}
}

func TestScanRefusesWhatIsNoPage(t *testing.T) {
	for _, c := range []struct {
		name string
		desk visiontest.Desk
		code kiosk.Code
		why  error
	}{
		{"dark", visiontest.Desk{Dark: true}, kiosk.CodePaperUnreadable, kiosk.PaperDark},
		{"empty mat", visiontest.Desk{Empty: true}, kiosk.CodePaperUnreadable, kiosk.PaperMissing},
		{"blank sheet", visiontest.Desk{}, kiosk.CodePaperUnreadable, kiosk.PaperBlank},
		{"frozen", visiontest.Desk{Frozen: true, Sheet: visiontest.Certificate()}, kiosk.CodeCameraFault, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.desk.Width, c.desk.Height = 720, 960
			page, err := NewScanner(table(&c.desk, 30)).Scan(t.Context())
			if c.name == "frozen" && err == nil { // it was taken before the hub saw that nothing moves
				return
			}
			var k *kiosk.Error
			if kiosk.CodeOf(err) != c.code || !page.IsZero() || (c.why != nil && !errors.Is(err, c.why)) || !errors.As(err, &k) || k.Hint == "" {
				t.Errorf("%v, %v", page, err)
			}
		})
	}
}

// A sheet put down while the scanner looks is still taken.
func TestScanWaitsForTheSheet(t *testing.T) {
	n := 0
	empty := &visiontest.Desk{Width: 720, Height: 960, Empty: true}
	full := &visiontest.Desk{Width: 720, Height: 960, Sheet: visiontest.Certificate()}
	hub := camera.NewHub(camera.NewImages("table", 30, func(_ context.Context, at time.Time) (image.Image, error) {
		if n++; n < 8 {
			return empty.Frame(at), nil
		}
		return full.Frame(at), nil
	}, nil), camera.Opts{})
	if page, err := NewScanner(hub).Scan(t.Context()); err != nil || page.IsZero() {
		t.Errorf("%v, %v", page, err)
	}
}

func TestScanHandsCameraErrorsOn(t *testing.T) {
	gone := kiosk.Errorf(kiosk.CodeCameraMissing, "find camera", "plug it in", "unplugged")
	hub := camera.NewHub(camera.NewImages("gone", 30, nil, func() error { return gone }), camera.Opts{})
	s := NewScannerWith(hub, Opts{PixelsPerMM: 4})
	if err := s.Ready(t.Context()); !errors.Is(err, gone) {
		t.Errorf("Ready gave %v", err)
	}
	if _, err := s.Scan(t.Context()); !errors.Is(err, gone) {
		t.Errorf("Scan gave %v", err)
	}
}

func TestScanEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	hub := table(&visiontest.Desk{Sheet: visiontest.Certificate()}, 1)
	if _, err := NewScanner(hub).Scan(ctx); !errors.Is(err, context.DeadlineExceeded) || hub.On() {
		t.Errorf("Scan gave %v", err)
	}
}

func TestReadNamesWhatAWholePictureIs(t *testing.T) {
	for name, c := range map[string]struct {
		img  image.Image
		want error
	}{
		"white": {visiontest.Flat(320, 240, color.White), kiosk.PaperBright},
		"grey":  {visiontest.Flat(320, 240, color.Gray{120}), kiosk.PaperMissing},
		"black": {visiontest.Flat(320, 240, color.Black), kiosk.PaperDark},
		"tiny":  {visiontest.Flat(16, 16, color.Gray{120}), kiosk.PaperMissing},
		"thin":  {visiontest.Flat(2000, 16, color.Gray{120}), kiosk.PaperMissing},
	} {
		m, err := vision.FromImage(c.img)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := Read(&m, Opts{}); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		m.Close()
	}
}

// No picture, however odd, ends the process or is taken for a page.
func TestReadSurvivesPatterns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, f := range map[string]func(x, y int) uint8{
		"noise":   func(_, _ int) uint8 { return uint8(r.IntN(256)) }, //nolint:gosec // a byte
		"stripes": func(x, _ int) uint8 { return uint8(x / 7 % 2 * 255) },
		"checks":  func(x, y int) uint8 { return uint8((x/20 + y/20) % 2 * 255) },
		"ramp":    func(x, y int) uint8 { return uint8((x + y) / 4) },
		"half":    func(x, _ int) uint8 { return uint8(x / 200 % 2 * 255) },
		"dots":    func(x, y int) uint8 { return uint8(x % 9 * y % 9 / 8 * 255) },
	} {
		for _, size := range []image.Point{{400, 300}, {16, 16}, {1200, 16}, {17, 900}} {
			img := image.NewRGBA(image.Rectangle{Max: size})
			for i := range img.Pix {
				img.Pix[i] = f(i/4%size.X, i/4/size.X)
			}
			m, err := vision.FromImage(img)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Read(&m, Opts{})
			var flaw kiosk.PaperFlaw
			if !errors.As(err, &flaw) {
				t.Errorf("%s of %v: %v", name, size, err)
			}
			m.Close()
		}
	}
}

// Even a page of pure noise fits; an ordinary one keeps the best quality.
func TestEveryPageFits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	noise := image.NewRGBA(image.Rect(0, 0, 1654, 2339))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(r.IntN(256)) //nolint:gosec // a byte
	}
	for name, img := range map[string]image.Image{"noise": noise, "white": visiontest.Flat(1654, 2339, color.White), "form": visiontest.Certificate().Draw()} {
		m, err := vision.FromImage(img)
		if err != nil {
			t.Fatal(err)
		}
		var p Page
		if err := p.encode(&m); err != nil || len(p.Image.Data) > MaxPageBytes || len(p.Image.Data) < 1000 || p.Grey != (name == "white") {
			t.Errorf("%s: %d bytes, grey %v, %v", name, len(p.Image.Data), p.Grey, err)
		}
		m.Close()
	}
}

// A chip card held so near that it is as big as a page is still a card: its corners are round.
func TestCardAsBigAsAPage(t *testing.T) {
	for seed := range uint64(3) {
		for _, g := range []visiontest.Ground{visiontest.GroundMat, visiontest.GroundWood} {
			s := visiontest.DeskScene{Seed: seed, Ground: g, Lying: visiontest.LyingCard, Near: true}
			if o := look(s); o.err != nil || o.flaw != kiosk.PaperCard {
				t.Errorf("%s, seed %d: %q %v %+v", g, seed, o.flaw, o.err, o.page.Quality)
			}
		}
	}
}

// With the camera's scale known, A5 is told from A4.
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		aspect, long float64
		name         string
		w, h         int
	}{
		{.707, 0, "A4", 1654, 2339}, {1.42, 0, "A4", 2339, 1654}, {.70, 300, "A4", 1654, 2339}, {.71, 208, "A5", 1165, 1654},
		{.775, 0, "Letter", 1700, 2200}, {.775, 281, "Letter", 1700, 2200}, {.85, 0, "", 1988, 2339}, {.707, 150, "", 835, 1181},
	} {
		f := formatOf(c.aspect, c.long)
		if p := f.pixels(DPI); f.Name != c.name || p.X != c.w || p.Y != c.h {
			t.Errorf("aspect %v, %v mm: %v %v", c.aspect, c.long, f, p)
		}
	}
}

// A page seen at an angle has its true shape.
func TestAspectOfATiltedPage(t *testing.T) {
	for seed := range uint64(6) {
		s := visiontest.DeskScene{Seed: seed, Ground: visiontest.GroundMat, Width: 320, Height: 240}
		p := s.Draw()
		var q Quad
		for i, c := range p.Corners {
			q[i] = Point{c[0], c[1]}
		}
		if a := Aspect(q, 320, 240); math.Abs(a/(210/297.0)-1) > .03 {
			t.Errorf("seed %d: %v", seed, a)
		}
	}
}

func TestReduceFindsCoveredCorners(t *testing.T) {
	want := Quad{{10, 20}, {210, 10}, {220, 300}, {15, 310}}
	hull := []Point{want[0].to(want[1], .1), want[1], want[2].to(want[1], .04), want[2].to(want[3], .05), want[3], want[0].to(want[3], .1)}
	if got, ok := reduce(hull); !ok || Jaccard(got, want) < .999 {
		t.Errorf("%v %v", got, ok)
	}
}

func TestJaccard(t *testing.T) {
	a := Quad{{0, 0}, {10, 0}, {10, 10}, {0, 10}}
	b := Quad{{5, 0}, {15, 0}, {15, 10}, {5, 10}}
	for _, c := range []struct {
		b    Quad
		want float64
	}{{a, 1}, {b, 1.0 / 3}, {Quad{{20, 0}, {30, 0}, {30, 10}, {20, 10}}, 0}} {
		if got := Jaccard(a, c.b); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v: %v, want %v", c.b, got, c.want)
		}
	}
}
