package visiontest

import (
	"bytes"
	"image"
	"sync"
	"testing"
	"time"
)

var someone = sync.OnceValue(func() Picture {
	img := NewPerson(Cast[0]).Portrait()
	return Picture{At: func(time.Time) *image.RGBA { return img }, X: .5, Y: .45, Head: .58}
})

func attackAt(sp Species, seed uint64, ms int) *image.RGBA {
	a := &Attack{Species: sp, Picture: someone(), Seed: seed}
	a.Frame(time.UnixMilli(0))
	return a.Frame(time.UnixMilli(int64(ms)))
}

// apart is the mean difference of two pictures, 0..255.
func apart(a, b *image.RGBA) float64 {
	sum := 0
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		sum += max(d, -d)
	}
	return float64(sum) / float64(len(a.Pix))
}

func TestAttacksAreDrawnByTheirSeed(t *testing.T) {
	for _, sp := range AttackSpecies {
		a, b := attackAt(sp, 1, 300), attackAt(sp, 1, 300)
		if !bytes.Equal(a.Pix, b.Pix) {
			t.Errorf("%s: the same seed gives other pictures", sp)
		}
		if a.Rect != image.Rect(0, 0, 480, 640) {
			t.Errorf("%s: size %v", sp, a.Rect)
		}
		if d := apart(a, attackAt(sp, 2, 300)); d < 3 {
			t.Errorf("%s: another seed differs by %.2f", sp, d)
		}
		if d := apart(a, attackAt(sp, 1, 900)); d < 1 {
			t.Errorf("%s: nothing moves in 0.6 s (%.2f)", sp, d)
		}
		if d := apart(a, hall(480, 640, Hall)); d < 8 {
			t.Errorf("%s: the hall is all there is to see (%.2f)", sp, d)
		}
	}
}

// A photograph on a telephone shows the same picture all the time; a film goes on.
func TestOnlyTheFilmGoesOn(t *testing.T) {
	calls := map[Species]int{}
	for _, sp := range AttackSpecies {
		film := FilmOf(NewPerson(Cast[1]), 1)
		a := &Attack{Species: sp, Picture: film, Seed: 1}
		a.Picture.At = func(at time.Time) *image.RGBA { calls[sp]++; return film.At(at) }
		for i := range 3 {
			a.Frame(time.UnixMilli(int64(200 * i)))
		}
		if n := calls[sp]; (n > 1) != (sp == Replay) {
			t.Errorf("%s asked for %d pictures", sp, n)
		}
	}
}

// In a film of a photograph the head moves and what is far from it stays.
func TestReframedMovesTheHeadAlone(t *testing.T) {
	photo := NewPerson(Cast[2]).Portrait()
	f := Reframed(Picture{At: func(time.Time) *image.RGBA { return photo }, X: .5, Y: .45, Head: .58}, 4, 480, 640)
	a, b := f.At(time.UnixMilli(0)), f.At(time.UnixMilli(700))
	if a.Rect != image.Rect(0, 0, 480, 640) || !(f.Head > .3 && f.Head < .9) {
		t.Fatalf("%v, head %.2f", a.Rect, f.Head)
	}
	part := func(img *image.RGBA, r image.Rectangle) *image.RGBA {
		out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
		for y := range r.Dy() {
			copy(out.Pix[y*out.Stride:(y+1)*out.Stride], img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y):])
		}
		return out
	}
	eyes := image.Rect(int(f.X*480)-100, int(f.Y*640)-40, int(f.X*480)+100, int(f.Y*640)+40)
	corner := image.Rect(0, 0, 50, 50)
	moved, still := apart(part(a, eyes), part(b, eyes)), apart(part(a, corner), part(b, corner))
	if moved < 2*still {
		t.Errorf("the eyes differ by %.2f, the corner by %.2f", moved, still)
	}
}
