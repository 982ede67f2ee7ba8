package visiontest

import (
	"image"
	"math"
	"math/rand/v2"
	"time"
)

// Cover is what hides a face, or the camera.
type Cover string

// The covers.
const (
	Mask       Cover = "mask"       // surgical, over nose and mouth
	Scarf      Cover = "scarf"      // a chequered krama up to the nose
	Sunglasses Cover = "sunglasses" // dark
	Brim       Cover = "brim"       // a hat's brim right before the camera: its upper half is black
)

// Hindered is what the camera sees of people in conditions in which a face cannot be compared. People must be Still.
type Hindered struct {
	Scene
	Cover   Cover   // of the first person
	Behind  float64 // light from behind, 0…1: the hall shines, the people are dark
	Flicker float64 // of strip lights, 0…1 of the brightness, at a pace that beats with the camera's
}

// Frame draws the picture at a time.
func (h *Hindered) Frame(at time.Time) *image.RGBA {
	var img *image.RGBA
	if h.Behind > 0 {
		img = h.against(at)
	} else {
		img = h.Scene.Frame(at)
	}
	if h.Cover != "" {
		h.hide(img)
	}
	if h.Flicker > 0 {
		t := float64(at.UnixMilli()%3_600_000) / 1000
		scale(img, 1-h.Flicker*(.5+.5*math.Sin(2*math.Pi*1.7*t)))
	}
	return img
}

// against draws people before a bright window.
func (h *Hindered) against(at time.Time) *image.RGBA {
	empty, lit := h.Scene, h.Scene
	empty.People, empty.Noise = nil, .01
	img := empty.Frame(at)
	white := rgb{1, .99, .95}
	for i := 0; i < len(img.Pix); i += 4 {
		c := rgb{float64(img.Pix[i]) / 255, float64(img.Pix[i+1]) / 255, float64(img.Pix[i+2]) / 255}.mix(white, .9*h.Behind)
		img.Pix[i], img.Pix[i+1], img.Pix[i+2] = clip(c.r*255), clip(c.g*255), clip(c.b*255)
	}
	light := Light{From: -.3, Above: .4, Main: .62 * (1 - h.Behind), Ambient: .38*(1-h.Behind) + .06, Warm: .1}
	for i := len(lit.People) - 1; i >= 0; i-- {
		lit.People[i].draw(img, light, 0)
	}
	addGrain(img, 2.5, rand.New(rand.NewPCG(9, uint64(at.UnixNano()))))
	return img
}

func scale(img *image.RGBA, k float64) {
	for i := 0; i < len(img.Pix); i += 4 {
		for c := range 3 {
			img.Pix[i+c] = clip(k * float64(img.Pix[i+c]))
		}
	}
}

// hide draws the cover.
func (h *Hindered) hide(img *image.RGBA) {
	b := img.Bounds()
	r := rand.New(rand.NewPCG(h.n, 77))
	if h.Cover == Brim {
		edge := .52 * float64(b.Dy())
		for y := range b.Dy() {
			for x := range b.Dx() {
				bow := edge + 26*math.Pow(2*float64(x)/float64(b.Dx())-1, 2)
				if a := step(bow+9, bow-9, float64(y)); a > 0 {
					v := (8 + 5*r.Float64()) / 255
					blend(img.Pix[y*img.Stride+4*x:y*img.Stride+4*x+4], v*a, v*a, v*a, a)
				}
			}
		}
		return
	}
	if len(h.People) == 0 {
		return
	}
	s := h.People[0]
	unit := s.Head * float64(b.Dy()) / headUnits
	cx, cy := s.X*float64(b.Dx()), s.Y*float64(b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			c, a := h.Cover.at(s.Person, (float64(x)+.5-cx)/unit, (float64(y)+.5-cy)/unit)
			if a <= 0 {
				continue
			}
			n := .015 * r.NormFloat64()
			blend(img.Pix[y*img.Stride+4*x:y*img.Stride+4*x+4], (c.r+n)*a, (c.g+n)*a, (c.b+n)*a, a)
		}
	}
}

// at gives colour and coverage at a place of the face, in units from the middle of the eyes.
func (c Cover) at(p *Person, x, y float64) (rgb, float64) {
	ax := math.Abs(x)
	round := 1 - .35*math.Pow(ax/p.headW, 2) // darker to the sides
	switch c {
	case Mask:
		top, bottom := p.noseLen*.55+.12*ax, p.chin+.05-.22*ax
		a := step(top-.02, top+.02, y) * step(bottom+.03, bottom-.03, y) * step(p.headW+.02, p.headW-.03, ax)
		fold := 1 - .06*math.Exp(-math.Pow(math.Mod(y*7, 1)-.5, 2)/.02)
		return rgb{.62, .78, .84}.times(round * fold), a
	case Scarf:
		top := p.noseLen*.7 + .05*ax
		a := step(top-.02, top+.02, y) * step(p.headW+.22, p.headW+.16, ax) * step(p.chin+.6, p.chin+.5, y)
		col := rgb{.92, .90, .88}
		if (int(math.Floor(x*6))+int(math.Floor(y*6)))&1 == 0 {
			col = rgb{.72, .12, .14}
		}
		return col.times(round), a
	case Sunglasses:
		dx, dy := (ax-p.eyeX)/.25, (y-.02)/.17
		r := math.Pow(math.Pow(math.Abs(dx), 3)+math.Pow(math.Abs(dy), 3), 1.0/3)
		bridge := step(.04, .02, math.Abs(y+.05)) * step(p.eyeX, p.eyeX-.05, ax)
		shine := .10 * step(.1, 0, math.Abs(dx*.6+dy*.4+.4))
		return rgb{.05 + shine, .05 + shine, .06 + shine}, max(step(1.03, .97, r), bridge)
	}
	return rgb{}, 0
}
