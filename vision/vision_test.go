package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"gocv.io/x/gocv"

	"motcua/kiosk"
)

// sample is a small picture with known colours.
func sample(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(3 * x), uint8(5 * y), 90, 255})
		}
	}
	return img
}

func jpegOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, sample(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// encoded gives the sample through OpenCV's encoder.
func encoded(t *testing.T, ext gocv.FileExt, w, h int) []byte {
	t.Helper()
	m, err := FromImage(sample(w, h))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	buf, err := gocv.IMEncode(ext, m)
	if err != nil {
		t.Fatal(err)
	}
	defer buf.Close()
	return bytes.Clone(buf.GetBytes())
}

func TestDecodeReadsTheKindsThatChipsHold(t *testing.T) {
	jp2 := encoded(t, ".jp2", 48, 64)
	raw := jp2[bytes.Index(jp2, []byte{0xFF, 0x4F, 0xFF, 0x51}):]
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"jpeg", "image/jpeg", jpegOf(t, 48, 64)},
		{"jpeg 2000 file", "image/jp2", jp2},
		{"jpeg 2000 code stream", "image/jp2", raw},
		{"png", "image/png", encoded(t, gocv.PNGFileExt, 48, 64)},
	} {
		t.Run(c.name, func(t *testing.T) {
			typ, w, h, err := Header(c.data)
			if err != nil || typ != c.want || w != 48 || h != 64 {
				t.Fatalf("Header = %s %d %d %v", typ, w, h, err)
			}
			m, err := Decode(c.data)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			v := m.GetVecbAt(40, 20) // blue, green, red
			for i, want := range [3]int{90, 200, 60} {
				if d := int(v[i]) - want; d < -14 || d > 14 {
					t.Errorf("channel %d is %d, want about %d", i, v[i], want)
				}
			}
		})
	}
}

func TestHeaderRefusesBombsAndScraps(t *testing.T) {
	pngOf := func(w, h int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, sample(20, 20)); err != nil {
			t.Fatal(err)
		}
		d := b.Bytes()
		binary.BigEndian.PutUint32(d[16:], uint32(w))
		binary.BigEndian.PutUint32(d[20:], uint32(h))
		return d
	}
	big := jpegOf(t, 20, 20)
	sof := bytes.Index(big, []byte{0xFF, 0xC0})
	binary.BigEndian.PutUint16(big[sof+5:], 60000)
	binary.BigEndian.PutUint16(big[sof+7:], 60000)
	jp2 := encoded(t, ".jp2", 48, 64)
	siz := bytes.Index(jp2, []byte{0xFF, 0x4F, 0xFF, 0x51})
	edit := func(at int, v uint32) []byte {
		d := bytes.Clone(jp2)
		binary.BigEndian.PutUint32(d[siz+at:], v)
		return d
	}
	tiny := edit(24, 1)
	binary.BigEndian.PutUint32(tiny[siz+28:], 1)
	for name, data := range map[string][]byte{
		"empty":                   nil,
		"text":                    []byte("hello"),
		"jpeg start only":         {0xFF, 0xD8, 0xFF},
		"jpeg without frame":      {0xFF, 0xD8, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0},
		"jpeg of 3.6 gigapixels":  big,
		"jpeg of a length of one": {0xFF, 0xD8, 0xFF, 0xE0, 0, 1, 0xFF, 0xC0},
		"png of 8192 by 8192":     pngOf(8192, 8192),
		"png of 2^31":             pngOf(1<<31, 10),
		"png of nothing":          pngOf(0, 0),
		"jp2 wide":                edit(8, 1<<30),
		"jp2 tiles of one pixel":  tiny,
		"jp2 tiles of none":       edit(24, 0),
		"jp2 offset beyond":       edit(16, 100),
		"jp2 cut":                 jp2[:siz+20],
		"jp2 boxes of length 3":   append(bytes.Clone(jp2[:12]), 0, 0, 0, 3, 'j', 'p', '2', 'c'),
		"too many bytes":          append(bytes.Clone(jpegOf(t, 20, 20)), make([]byte, MaxBytes)...),
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, _, err := Header(data); !errors.Is(err, ErrPicture) {
				t.Errorf("Header gave %v", err)
			}
			if m, err := Decode(data); !errors.Is(err, ErrPicture) {
				m.Close()
				t.Errorf("Decode gave %v", err)
			}
		})
	}
}

// Cut pictures must end in an error or in a picture, never in the end of the process.
func TestDecodeSurvivesCutPictures(t *testing.T) {
	for _, whole := range [][]byte{jpegOf(t, 48, 64), encoded(t, ".jp2", 48, 64), encoded(t, gocv.PNGFileExt, 48, 64)} {
		for n := 0; n < len(whole); n += 1 + len(whole)/60 {
			if m, err := Decode(whole[:n]); err == nil {
				if !IsBGR(&m) {
					t.Fatalf("cut at %d: not a colour picture", n)
				}
				m.Close()
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, sample(20, 20), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x08jp2c"))
	f.Add([]byte{0xFF, 0x4F, 0xFF, 0x51})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		defer m.Close()
		if !IsBGR(&m) || m.Rows()*m.Cols() > MaxPixels {
			t.Fatal("decoded to something that is no picture of ours")
		}
	})
}

func TestEncodeJPEGKeepsSizeAndColours(t *testing.T) {
	m, err := FromImage(sample(60, 40))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	img, err := EncodeJPEG(&m, 95)
	if err != nil || img.Type != "image/jpeg" || img.Width != 60 || img.Height != 40 {
		t.Fatalf("%v %v", img, err)
	}
	if _, w, h, err := Header(img.Data); err != nil || w != 60 || h != 40 {
		t.Errorf("Header of the result: %d %d %v", w, h, err)
	}
	var zero gocv.Mat
	if _, err := EncodeJPEG(&zero, 90); err == nil {
		t.Error("a Mat that was never made was encoded")
	}
}

func TestFromImageIsTheSameForEveryKindOfPicture(t *testing.T) {
	src := sample(20, 30)
	ycc := image.NewNRGBA(src.Rect)
	copy(ycc.Pix, src.Pix)
	a, err := FromImage(src)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := FromImage(ycc)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if !bytes.Equal(a.ToBytes(), b.ToBytes()) {
		t.Error("RGBA and NRGBA differ")
	}
	if v := a.GetVecbAt(2, 7); v[0] != 90 || v[1] != 10 || v[2] != 21 {
		t.Errorf("pixel is %v, want blue 90, green 10, red 21", v)
	}
	if _, err := FromImage(image.NewRGBA(image.Rect(0, 0, 4, 4))); !errors.Is(err, ErrPicture) {
		t.Errorf("a picture of 4 pixels gave %v", err)
	}
}

func TestFitNeverEnlarges(t *testing.T) {
	m, err := FromImage(sample(80, 40))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	small, f, err := Fit(&m, 40, 40)
	if err != nil || small.Cols() != 40 || small.Rows() != 20 || f != .5 {
		t.Fatalf("%d×%d factor %v: %v", small.Cols(), small.Rows(), f, err)
	}
	small.Close()
	same, f, err := Fit(&m, 500, 500)
	if err != nil || same.Cols() != 80 || f != 1 {
		t.Fatalf("%d factor %v: %v", same.Cols(), f, err)
	}
	same.Close()
}

// A network that is none, or does not fit, is an error and not the end of the process.
func TestLoadNetReturnsErrors(t *testing.T) {
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("not a network"), "zeros": make([]byte, 4096)} {
		if n, err := LoadNet(data, [4]int{1, 3, 32, 32}); err == nil {
			n.Close()
			t.Errorf("%s: loaded", name)
		}
	}
}

func TestThreadsCanBeSet(t *testing.T) {
	was := Threads()
	defer SetThreads(was)
	SetThreads(1)
	if n := Threads(); n != 1 {
		t.Errorf("%d threads after setting 1", n)
	}
	SetThreads(2)
	if n := Threads(); n != 2 {
		t.Errorf("%d threads after setting 2", n)
	}
}

func TestShownConvertsOnlyWhatBrowsersDoNotShow(t *testing.T) {
	jp2 := encoded(t, ".jp2", 48, 64)
	got, err := Shown(kiosk.Image{Data: jp2, Type: "image/jp2"})
	if err != nil || got.Type != "image/jpeg" || got.Width != 48 || got.Height != 64 {
		t.Errorf("JPEG 2000: %v, %v", got, err)
	}
	if got, err := Shown(kiosk.Image{Data: jpegOf(t, 48, 64)}); err != nil || !got.IsZero() {
		t.Errorf("JPEG: %v, %v", got, err)
	}
	if _, err := Shown(kiosk.Image{Data: jp2[:100]}); !errors.Is(err, ErrPicture) {
		t.Errorf("a cut picture: %v", err)
	}
}
