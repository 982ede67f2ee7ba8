package qr

import (
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gocv.io/x/gocv"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
	code "rsc.io/qr"

	"motcua/vision"
)

// The payload of a card of nobody: 999 is no province.
const payload = "999301012345|999123456|Nguyễn Thị Thử|15012001|Nữ|Số 12, Thôn Mẫu, Xã Giả Định, Tỉnh Thử Nghiệm|02032024"

// scene draws a code of the given module size, turned by angle, in the middle of a grey frame with noise.
func scene(t testing.TB, text string, module, angle float64) gocv.Mat {
	t.Helper()
	c, err := code.Encode(text, code.M)
	if err != nil {
		t.Fatal(err)
	}
	const w, h = 1280, 720
	frame := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, uint64(module*100)))
	for i := range frame.Pix {
		frame.Pix[i] = uint8(150 + r.IntN(20))
	}
	quiet := 4
	n := c.Size + 2*quiet
	symbol := image.NewRGBA(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			v := uint8(235)
			if c.Black(x-quiet, y-quiet) {
				v = 25
			}
			symbol.SetRGBA(x, y, color.RGBA{v, v, v, 255})
		}
	}
	sin, cos := math.Sincos(angle)
	half := float64(n) / 2
	m := f64.Aff3{
		module * cos, -module * sin, w/2 - module*(cos*half-sin*half),
		module * sin, module * cos, h/2 - module*(sin*half+cos*half),
	}
	draw.BiLinear.Transform(frame, m, symbol, symbol.Bounds(), draw.Src, nil)
	mat, err := vision.FromImage(frame)
	if err != nil {
		t.Fatal(err)
	}
	return mat
}

func TestCodeIsReadTurnedSmallAndLarge(t *testing.T) {
	for _, module := range []float64{1.8, 2.4, 3.5, 6, 10} {
		for _, degrees := range []float64{0, 17, 45, 90, 171, 270} {
			m := scene(t, payload, module, degrees*math.Pi/180)
			codes, err := Read(&m)
			_ = m.Close()
			if err != nil || len(codes) != 1 || string(codes[0].Payload) != payload {
				t.Errorf("modules of %.1f pixels, turned by %.0f degrees: %d codes, %v", module, degrees, len(codes), err)
				continue
			}
			var x, y int
			for _, p := range codes[0].Corners {
				x, y = x+p.X/4, y+p.Y/4
			}
			if abs(x-640) > 20 || abs(y-360) > 20 {
				t.Errorf("modules of %.1f pixels, turned by %.0f degrees: centre at %d, %d", module, degrees, x, y)
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }

// Bytes stand in a payload as printed: character sets are for package cccd to understand.
func TestPayloadIsGivenByteForByte(t *testing.T) {
	for name, text := range map[string]string{
		"windows-1258": "999301012345||Nguy\xea\u0303n Th\xfa|15012001|N\xfb|X\xe3|02032024",
		"byte order":   "\ufeff999301012345||A|15012001|Nam|B|02032024\r\n",
		"link":         "https://example.com/?x=1",
	} {
		m := scene(t, text, 5, 0)
		codes, err := Read(&m)
		_ = m.Close()
		if err != nil || len(codes) != 1 || string(codes[0].Payload) != text {
			t.Errorf("%s: %d codes, %v", name, len(codes), err)
		}
	}
}

func TestFramesWithoutCode(t *testing.T) {
	for name, m := range map[string]gocv.Mat{
		"flat":  gocv.NewMatWithSizeFromScalar(gocv.NewScalar(120, 120, 120, 0), 480, 640, gocv.MatTypeCV8UC3),
		"small": gocv.NewMatWithSizeFromScalar(gocv.NewScalar(9, 9, 9, 0), 16, 16, gocv.MatTypeCV8UC3),
		"large": gocv.NewMatWithSizeFromScalar(gocv.NewScalar(9, 9, 9, 0), 3000, 4000, gocv.MatTypeCV8UC3),
	} {
		codes, err := Read(&m)
		_ = m.Close()
		if err != nil || len(codes) != 0 {
			t.Errorf("%s: %d codes, %v", name, len(codes), err)
		}
	}
}

func TestWhatIsNoFrameIsRefused(t *testing.T) {
	empty := gocv.NewMat()
	grey := gocv.NewMatWithSize(50, 50, gocv.MatTypeCV8U)
	for name, m := range map[string]*gocv.Mat{"empty": &empty, "grey": &grey} {
		if _, err := Read(m); !errors.Is(err, vision.ErrPicture) {
			t.Errorf("%s: %v", name, err)
		}
		_ = m.Close()
	}
}

// A code may hold more than any card does; it is bounded by the standard and by us.
func TestLongPayload(t *testing.T) {
	text := strings.Repeat("x", 1200)
	m := scene(t, text, 4, 0)
	defer m.Close()
	codes, err := Read(&m)
	if err != nil || len(codes) != 1 || len(codes[0].Payload) != len(text) {
		t.Errorf("%d codes, %v", len(codes), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{0, 255, 0, 255}, uint8(2))
	f.Add([]byte(payload), uint8(9))
	f.Fuzz(func(t *testing.T, pix []byte, width uint8) {
		w := int(width)
		if w == 0 || len(pix) < 3*w || len(pix) > 1<<16 {
			return
		}
		h := len(pix) / (3 * w)
		m, err := gocv.NewMatFromBytes(h, w, gocv.MatTypeCV8UC3, pix[:3*w*h])
		if err != nil {
			return
		}
		defer m.Close()
		if _, err := Read(&m); err != nil && !errors.Is(err, vision.ErrPicture) {
			t.Error(err)
		}
	})
}

func BenchmarkReadCode(b *testing.B) {
	for _, c := range []struct {
		name   string
		module float64
	}{{"easy", 5}, {"hard", 1.8}} {
		m := scene(b, payload, c.module, .2)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if codes, _ := Read(&m); len(codes) != 1 {
					b.Fatal("not read")
				}
			}
		})
		_ = m.Close()
	}
}

// BenchmarkReadNoCode is a frame with much to look at and no code: the page of a paper.
func BenchmarkReadNoCode(b *testing.B) {
	m := scene(b, payload, 1, .3) // too small to be read
	defer m.Close()
	for b.Loop() {
		if codes, _ := Read(&m); len(codes) != 0 {
			b.Fatal("a code of one pixel a module was read")
		}
	}
}
