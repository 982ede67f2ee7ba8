package visiontest

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// FontsOCRB is where Debian's package fonts-ocr-b puts the fonts of machine-readable zones.
const FontsOCRB = "/usr/share/fonts/opentype/ocr-b"

// OCRB is the font of machine-readable zones at one size.
type OCRB struct {
	faces []font.Face
	Pitch int // pixels from character to character
}

// ocrbStyles are the cuts that are used: plain, then sharp for characters whose plain outline the rasteriser does not know
// (CFF operator flex1: 8 and <).
var ocrbStyles = []string{"OCRB.otf", "OCRBS.otf"}

// NewOCRB loads the font from a folder, see [FontsOCRB].
func NewOCRB(dir string, pitch int) (*OCRB, error) {
	o := &OCRB{Pitch: pitch}
	for _, name := range ocrbStyles {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		face, err := ocrbFace(raw, pitch)
		if err != nil {
			return nil, fmt.Errorf("read font %s: %w", name, err)
		}
		o.faces = append(o.faces, face)
	}
	return o, nil
}

func ocrbFace(raw []byte, pitch int) (font.Face, error) {
	f, err := opentype.Parse(raw)
	if err != nil {
		return nil, err
	}
	probe, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 100, DPI: 72})
	if err != nil {
		return nil, err
	}
	bounds, _, ok := probe.GlyphBounds('H')
	height := float64(bounds.Max.Y-bounds.Min.Y) / 64
	if !ok || height <= 0 {
		return nil, errors.New("no capitals")
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: 100 * capital * float64(pitch) / height, DPI: 72, Hinting: font.HintingNone})
}

// capital is the height of capitals against the pitch: 2.4 mm of 2.54 (ISO 1073-2, size I, at ten characters an inch).
const capital = 2.4 / 2.54

// Draw draws one character; x is the left of its cell, middle the line through the middle of capitals.
func (o *OCRB) Draw(dst draw.Image, src image.Image, c rune, x, middle int) {
	for _, face := range o.faces {
		bounds, _, ok := face.GlyphBounds('H')
		if !ok {
			continue
		}
		advance, _ := face.GlyphAdvance('0')
		dot := fixed.Point26_6{X: fixed.I(x) + (fixed.I(o.Pitch)-advance)/2, Y: fixed.I(middle) - (bounds.Min.Y+bounds.Max.Y)/2}
		r, mask, at, _, ok := face.Glyph(dot, c)
		if ok && !r.Empty() {
			draw.DrawMask(dst, r, src, image.Point{}, mask, at, draw.Over)
			return
		}
	}
}

// Severity is how hard a picture of a card is to read.
type Severity struct {
	Name           string
	MinW, MaxW     float64 // the card's width, as a share of the frame's
	Tilt           float64 // radians of turning out of and in the plane, at most
	Blur           float64 // deviation in pixels, at most
	Noise          float64 // deviation in levels, at most
	MinInk, MaxInk float64 // contrast of the print, 0..1
	Shade          float64 // fall of light across the frame, 0..1
}

// Severities are three ways of holding a card to a camera of 1280 by 720 pixels: close and calm; at arm's length, turned; far,
// turned, in poor light.
var Severities = []Severity{
	{"easy", .62, .85, .10, .7, 4, .7, .9, .2},
	{"medium", .45, .62, .22, 1.0, 8, .55, .85, .4},
	{"hard", .36, .45, .28, 1.2, 12, .45, .75, .55},
}

// Card is the back of a card with a machine-readable zone.
type Card struct {
	Lines []string // three of 30 characters, or two of 44
	font  *OCRB
}

// The size of a card's picture before it is photographed: 85.6 by 54 mm (ISO/IEC 7810 ID-1).
const (
	cardMM     = 18 // pixels a millimetre
	cardW      = 856 * cardMM / 10
	cardH      = 540 * cardMM / 10
	zonePitch  = 254 * cardMM / 100 // 2.54 mm from character to character (Doc 9303-3 §4.4)
	zoneLines  = 635 * cardMM / 100 // 6.35 mm from line to line
	zoneBottom = 8 * cardMM         // of the last line's middle above the edge
)

// NewCard makes a card; dir holds the fonts of OCR-B, see [FontsOCRB].
func NewCard(dir string, lines ...string) (*Card, error) {
	f, err := NewOCRB(dir, zonePitch)
	if err != nil {
		return nil, err
	}
	return &Card{Lines: lines, font: f}, nil
}

// Picture draws the card as printed: light, with the faint lines of security print, the zone at the bottom. ink is the contrast.
func (c *Card) Picture(r *rand.Rand, ink float64) *image.RGBA {
	tint := [3]float64{205 + 40*r.Float64(), 205 + 40*r.Float64(), 205 + 40*r.Float64()}
	img := image.NewRGBA(image.Rect(0, 0, cardW, cardH))
	phase, freq := r.Float64()*6, .01+.02*r.Float64()
	for y := range cardH {
		for x := range cardW {
			w := 6 * math.Sin(phase+freq*float64(x)+2*math.Sin(.006*float64(y)+.003*float64(x)))
			img.SetRGBA(x, y, color.RGBA{clip(tint[0] + w), clip(tint[1] + w), clip(tint[2] + w), 255})
		}
	}
	for range 40 {
		faint(img, r)
	}
	print := image.NewUniform(color.NRGBA{20, 20, 24, uint8(255 * ink)})
	for i, line := range c.Lines {
		y := cardH - zoneBottom - (len(c.Lines)-1-i)*zoneLines
		x := (cardW - len(line)*zonePitch) / 2
		for k, ch := range line {
			c.font.Draw(img, print, ch, x+k*zonePitch, y)
		}
	}
	return img
}

// faint draws one thin line of security print.
func faint(img *image.RGBA, r *rand.Rand) {
	x0, y0, x1, y1 := r.Float64()*cardW, r.Float64()*cardH, r.Float64()*cardW, r.Float64()*cardH
	n := int(math.Hypot(x1-x0, y1-y0))
	shade := [3]float64{.9 + .1*r.Float64(), .9 + .1*r.Float64(), .9 + .1*r.Float64()}
	for i := range n {
		t := float64(i) / float64(n)
		at := img.PixOffset(int(x0+t*(x1-x0)), int(y0+t*(y1-y0)))
		for k := range 3 {
			img.Pix[at+k] = clip(float64(img.Pix[at+k]) * shade[k])
		}
	}
}

// Photograph takes the picture of a flat thing as a camera sees it: turned, small, blurred, noisy, in uneven light, before a
// background with edges of its own. upside turns it by half a turn.
func Photograph(r *rand.Rand, flat *image.RGBA, s Severity, w, h int, upside bool) *image.RGBA {
	fw, fh := float64(flat.Rect.Dx()), float64(flat.Rect.Dy())
	width := float64(w) * (s.MinW + (s.MaxW-s.MinW)*r.Float64())
	tilt := func() float64 { return s.Tilt * (2*r.Float64() - 1) }
	ax, ay, az := tilt(), tilt(), tilt()*.8
	if upside {
		az += math.Pi
	}
	room := (1 - width/float64(w)) / 2
	cx, cy := float64(w)*(.5+room*(2*r.Float64()-1)*.7), float64(h)*(.5+.08*(2*r.Float64()-1))
	back := look(ax, ay, az, width/fw, cx, cy, 1.6*float64(w))
	out := background(r, w, h)
	dark := 1 - s.Shade*r.Float64()*.5
	sx, sy := math.Sincos(2 * math.Pi * r.Float64())
	for y := range h {
		for x := range w {
			at := out.PixOffset(x, y)
			light := dark * (1 - s.Shade*(.5+.5*(sx*(2*float64(x)/float64(w)-1)+sy*(2*float64(y)/float64(h)-1))/math.Sqrt2))
			if u, v := back(float64(x), float64(y)); math.Abs(u) < fw/2-1 && math.Abs(v) < fh/2-1 {
				cover(flat, u+fw/2, v+fh/2, fw/width, out.Pix[at:at+3])
			}
			for k := range 3 {
				out.Pix[at+k] = clip(float64(out.Pix[at+k]) * light)
			}
		}
	}
	defocus(out, s.Blur*(.3+.7*r.Float64()))
	addGrain(out, s.Noise*(.3+.7*r.Float64()), r)
	return out
}

// look gives, for a pixel, the place on the flat thing, its middle being the origin, that a pinhole camera sees there.
func look(ax, ay, az, scale, cx, cy, focal float64) func(x, y float64) (u, v float64) {
	sx, kx := math.Sincos(ax)
	sy, ky := math.Sincos(ay)
	sz, kz := math.Sincos(az)
	// Columns of the rotation Rx·Ry·Rz for the flat thing's two axes.
	a := [3]float64{ky * kz, kx*sz + sx*sy*kz, sx*sz - kx*sy*kz}
	b := [3]float64{-ky * sz, kx*kz - sx*sy*sz, sx*kz + kx*sy*sz}
	d := focal / scale // distance at which the scale is as wished
	return func(x, y float64) (float64, float64) {
		// focal·(u·a + v·b).xy = (x−cx, y−cy)·(d + (u·a + v·b).z)
		px, py := (x-cx)/focal, (y-cy)/focal
		m00, m01, m10, m11 := a[0]-px*a[2], b[0]-px*b[2], a[1]-py*a[2], b[1]-py*b[2]
		det := m00*m11 - m01*m10
		return (px*d*m11 - py*d*m01) / det, (m00*py*d - m10*px*d) / det
	}
}

// cover gives the mean of the flat thing's pixels that one pixel of the camera covers.
func cover(flat *image.RGBA, u, v, size float64, out []uint8) {
	n := min(max(int(size+.5), 1), 5)
	var sum [3]int
	for j := range n {
		for i := range n {
			x := min(max(int(u+(float64(i)+.5)/float64(n)*size-size/2), 0), flat.Rect.Dx()-1)
			y := min(max(int(v+(float64(j)+.5)/float64(n)*size-size/2), 0), flat.Rect.Dy()-1)
			at := flat.PixOffset(x, y)
			for k := range 3 {
				sum[k] += int(flat.Pix[at+k])
			}
		}
	}
	for k := range 3 {
		out[k] = uint8(sum[k] / (n * n)) //nolint:gosec // a mean of bytes
	}
}

// background draws a desk or a jacket: a colour, patches, stripes.
func background(r *rand.Rand, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	base := [3]float64{40 + 150*r.Float64(), 40 + 150*r.Float64(), 40 + 150*r.Float64()}
	period, angle := 8+40*r.Float64(), math.Pi*r.Float64()
	stripes := 14 * r.Float64()
	sin, cos := math.Sincos(angle)
	for y := range h {
		for x := range w {
			s := stripes * math.Sin((float64(x)*cos+float64(y)*sin)/period*2*math.Pi)
			img.SetRGBA(x, y, color.RGBA{clip(base[0] + s), clip(base[1] + s), clip(base[2] + s), 255})
		}
	}
	for range 12 {
		x, y, pw, ph := r.IntN(w), r.IntN(h), 10+r.IntN(w/4), 10+r.IntN(h/4)
		c := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255} //nolint:gosec // bytes
		for yy := y; yy < min(y+ph, h); yy++ {
			for xx := x; xx < min(x+pw, w); xx++ {
				img.SetRGBA(xx, yy, c)
			}
		}
	}
	return img
}

// defocus blurs with a Gaussian of the given deviation, by rows and columns.
func defocus(img *image.RGBA, dev float64) {
	if dev < .2 {
		return
	}
	radius := int(math.Ceil(2.5 * dev))
	k := make([]float64, 2*radius+1)
	var sum float64
	for i := range k {
		d := float64(i - radius)
		k[i] = math.Exp(-d * d / (2 * dev * dev))
		sum += k[i]
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	line := make([]float64, 3*max(w, h))
	pass := func(n, lines, step, stride int) {
		for l := range lines {
			for i := range n {
				for c := range 3 {
					var s float64
					for j, f := range k {
						s += f * float64(img.Pix[l*stride+min(max(i+j-radius, 0), n-1)*step+c])
					}
					line[3*i+c] = s / sum
				}
			}
			for i := range n {
				for c := range 3 {
					img.Pix[l*stride+i*step+c] = clip(line[3*i+c])
				}
			}
		}
	}
	pass(w, h, 4, img.Stride)
	pass(h, w, img.Stride, 4)
}
