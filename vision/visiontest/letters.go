package visiontest

import (
	"image"
	"image/color"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// The Go font has no letters with Vietnamese tone marks and no horn; write draws those marks itself.

var typeface = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // a font that is part of the program
	}
	return f
})

var faces sync.Map // size → font.Face

func faceOf(size float64) font.Face {
	if f, ok := faces.Load(size); ok {
		return f.(font.Face)
	}
	f, err := opentype.NewFace(typeface(), &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		panic(err) // sizes are ours
	}
	faces.Store(size, f)
	return f
}

// Combining marks of Vietnamese.
const (
	grave, acute, circumflex = '\u0300', '\u0301', '\u0302'
	tilde, breve, hook       = '\u0303', '\u0306', '\u0309'
	horn, dotBelow           = '\u031b', '\u0323'
)

// letter is a base letter that the font has, and the marks to draw on it.
type letter struct {
	base  rune
	marks []rune
}

func letters(text string) []letter {
	var out []letter
	for _, r := range norm.NFD.String(text) {
		n := len(out)
		switch r {
		case circumflex, breve: // the font has these
			if n > 0 {
				if c := []rune(norm.NFC.String(string([]rune{out[n-1].base, r}))); len(c) == 1 {
					out[n-1].base = c[0]
				}
			}
		case grave, acute, tilde, hook, horn, dotBelow:
			if n > 0 {
				out[n-1].marks = append(out[n-1].marks, r)
			}
		default:
			out = append(out, letter{base: r})
		}
	}
	return out
}

// pen is held by whoever writes: the face of a font is for one goroutine at a time.
var pen sync.Mutex

func textWidth(text string, size float64) int {
	pen.Lock()
	defer pen.Unlock()
	var w fixed.Int26_6
	for _, l := range letters(text) {
		a, _ := faceOf(size).GlyphAdvance(l.base)
		w += a
	}
	return w.Ceil()
}

// write writes one line with its base line at y.
func write(img *image.RGBA, x, y int, size float64, text string, c color.RGBA) {
	pen.Lock()
	defer pen.Unlock()
	f := faceOf(size)
	d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}
	for _, l := range letters(text) {
		b, adv, _ := f.GlyphBounds(l.base)
		at := d.Dot
		d.DrawString(string(l.base))
		for _, m := range l.marks {
			left, right := fl(at.X+b.Min.X), fl(at.X+b.Max.X)
			drawMark(img, m, (left+right)/2, right, fl(at.Y+b.Min.Y), fl(at.Y+b.Max.Y), size, c)
		}
		d.Dot.X = at.X + adv
	}
}

func fl(v fixed.Int26_6) float64 { return float64(v) / 64 }

// drawMark draws a tone mark over (or a dot under) a letter whose box is known.
func drawMark(img *image.RGBA, m rune, cx, right, top, bottom, size float64, c color.RGBA) {
	u := size / 24
	line := func(x0, y0, x1, y1 float64) { stroke(img, x0, y0, x1, y1, 1.05*u, c) }
	y := top - 2.2*u
	switch m {
	case acute:
		line(cx-1*u, y, cx+2.4*u, y-3.6*u)
	case grave:
		line(cx+1*u, y, cx-2.4*u, y-3.6*u)
	case hook:
		line(cx-1.2*u, y-4*u, cx+1.2*u, y-4.2*u)
		line(cx+1.2*u, y-4.2*u, cx+1.2*u, y-2.4*u)
		line(cx+1.2*u, y-2.4*u, cx, y-.6*u)
	case tilde:
		line(cx-3.2*u, y-.6*u, cx-1.2*u, y-2.4*u)
		line(cx-1.2*u, y-2.4*u, cx+1.2*u, y-.8*u)
		line(cx+1.2*u, y-.8*u, cx+3.2*u, y-2.6*u)
	case horn:
		line(right-1.2*u, top+2*u, right+1.6*u, top+.8*u)
		line(right+1.6*u, top+.8*u, right+1.8*u, top-1.6*u)
	case dotBelow:
		line(cx, bottom+3.4*u, cx, bottom+3.9*u)
	}
}

// stroke draws a line with round ends of the given radius.
func stroke(img *image.RGBA, x0, y0, x1, y1, r float64, c color.RGBA) {
	dx, dy := x1-x0, y1-y0
	n := dx*dx + dy*dy
	for y := int(math.Min(y0, y1) - r - 1); y <= int(math.Max(y0, y1)+r+1); y++ {
		for x := int(math.Min(x0, x1) - r - 1); x <= int(math.Max(x0, x1)+r+1); x++ {
			px, py := float64(x)+.5-x0, float64(y)+.5-y0
			t := math.Min(1, math.Max(0, (px*dx+py*dy)/math.Max(n, 1e-9)))
			d := math.Hypot(px-t*dx, py-t*dy)
			tint(img, x, y, c, step(r+.5, r-.5, d))
		}
	}
}
