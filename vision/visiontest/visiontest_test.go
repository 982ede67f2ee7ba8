package visiontest

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
	"time"

	"golang.org/x/image/font"
)

func TestThePictureOfASeedIsAlwaysTheSame(t *testing.T) {
	a, b := NewPerson(Cast[0]).PortraitJPEG(), NewPerson(Cast[0]).PortraitJPEG()
	if !bytes.Equal(a, b) {
		t.Error("two drawings of one seed differ")
	}
	if bytes.Equal(a, NewPerson(Cast[1]).PortraitJPEG()) {
		t.Error("two seeds give one picture")
	}
}

func TestPortraitIsAsOnAChip(t *testing.T) {
	data := NewPerson(Cast[2]).PortraitJPEG()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); 4*b.Dx() != 3*b.Dy() {
		t.Errorf("%v is not 3:4", b)
	}
	if len(data) < 6_000 || len(data) > 16_000 {
		t.Errorf("%d bytes", len(data))
	}
	r, g, b, _ := img.At(8, 8).RGBA()
	if r>>8 < 180 || r>>8 > 240 || absDiff(r, g) > 12<<8 || absDiff(g, b) > 12<<8 {
		t.Errorf("the background is %d %d %d, want light grey", r>>8, g>>8, b>>8)
	}
}

func absDiff(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// differ is the mean difference of two pictures of one size, a channel and pixel.
func differ(a, b *image.RGBA) float64 {
	s := 0.0
	for i := range a.Pix {
		s += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return s / float64(len(a.Pix))
}

func TestSceneMovesUnlessFrozen(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	s := Scene{People: []Standing{Centred(NewPerson(Cast[0]))}}
	a := s.Frame(at)
	b := s.Frame(at)
	if d := differ(a, b); d == 0 || d > 4 {
		t.Errorf("two frames of one moment differ by %v, want the camera's noise", d)
	}
	if d := differ(a, s.Frame(at.Add(time.Second))); d < 2 {
		t.Errorf("a second later the picture differs by %v", d)
	}
	if a.Rect.Dx() != 480 || a.Rect.Dy() != 640 {
		t.Errorf("%v", a.Rect)
	}
	s.Frozen = true
	if c, d := s.Frame(at), s.Frame(at.Add(time.Second)); differ(c, d) != 0 {
		t.Error("a frozen camera gave two pictures")
	}
}

func TestSceneFollowsLightAndFocus(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	frame := func(s Scene) *image.RGBA { return s.Frame(at) }
	mean := func(m *image.RGBA) float64 { return differ(m, image.NewRGBA(m.Rect)) }
	who := []Standing{Centred(NewPerson(Cast[3]))}
	bright, dark := frame(Scene{People: who}), frame(Scene{People: who, Light: Dim})
	if mean(dark) > .6*mean(bright) {
		t.Errorf("dim %v, bright %v", mean(dark), mean(bright))
	}
	edges := func(m *image.RGBA) (s float64) {
		for i := 4; i < len(m.Pix); i += 4 {
			s += math.Pow(float64(m.Pix[i])-float64(m.Pix[i-4]), 2)
		}
		return s
	}
	quiet := Scene{People: who, Noise: .01}
	soft := quiet
	soft.Blur = 6
	if edges(frame(soft)) > .6*edges(frame(quiet)) {
		t.Error("blur does not blur")
	}
	if differ(frame(Scene{}), bright) < 10 {
		t.Error("a person makes no difference to the hall")
	}
}

func TestDeskShowsWhatItIsTold(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	mean := func(d Desk) float64 {
		m := d.Frame(at)
		return differ(m, image.NewRGBA(m.Rect))
	}
	page, blank := mean(Desk{Sheet: Certificate()}), mean(Desk{})
	empty, dark := mean(Desk{Empty: true}), mean(Desk{Dark: true})
	if !(blank > page && page > empty && empty > dark) {
		t.Errorf("blank %v, page %v, empty %v, dark %v", blank, page, empty, dark)
	}
	d := Desk{Sheet: Certificate(), Frozen: true}
	if differ(d.Frame(at), d.Frame(at.Add(time.Second))) != 0 {
		t.Error("a frozen camera gave two pictures")
	}
}

// Every letter of Vietnamese must be drawn: the font has the base, the marks are ours.
func TestEveryVietnameseLetterIsDrawn(t *testing.T) {
	const all = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ" +
		"AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬBCDĐEÈÉẺẼẸÊỀẾỂỄỆGHIÌÍỈĨỊKLMNOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢPQRSTUÙÚỦŨỤƯỪỨỬỮỰVXYỲÝỶỸỴ"
	f := faceOf(24)
	seen := map[string]rune{}
	for _, r := range all {
		ls := letters(string(r))
		if len(ls) != 1 {
			t.Fatalf("%c falls into %d letters", r, len(ls))
		}
		if a, ok := f.GlyphAdvance(ls[0].base); !ok || a == 0 || missing(f, ls[0].base) {
			t.Errorf("%c: the font has no %c", r, ls[0].base)
		}
		img := Flat(60, 60, image.White.C)
		write(img, 16, 40, 24, string(r), color.RGBA{0, 0, 0, 255})
		if other, ok := seen[string(img.Pix)]; ok {
			t.Errorf("%c looks like %c", r, other)
		}
		seen[string(img.Pix)] = r
	}
}

// missing reports whether the font draws its "not there" box for r.
func missing(f font.Face, r rune) bool {
	a, _, _ := f.GlyphBounds(r)
	b, _, _ := f.GlyphBounds('\U000F0000')
	return a == b
}

func BenchmarkSceneFrame(b *testing.B) {
	s := Scene{People: []Standing{Centred(NewPerson(Cast[0]))}}
	at := time.UnixMilli(1_700_000_000_000)
	for i := range 80 { // the poses of one round
		s.Frame(at.Add(time.Duration(i) * 100 * time.Millisecond))
	}
	n := 0
	for b.Loop() {
		n++
		s.Frame(at.Add(time.Duration(n%80) * 100 * time.Millisecond))
	}
}

func BenchmarkPerson(b *testing.B) {
	for b.Loop() {
		NewPerson(Cast[0]).surface()
	}
}
