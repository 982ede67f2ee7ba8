package visiontest

import (
	"image"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Standing is a person in front of the camera.
type Standing struct {
	Person *Person
	X, Y   float64 // where the middle of the eyes stands, as parts of the picture
	Head   float64 // height of the head as a part of the picture's height
	Yaw    float64 // radians the head is turned, on top of its small movements
	Still  bool    // does not move at all
}

// Centred is the usual place of one person who looks into the kiosk's camera.
func Centred(p *Person) Standing { return Standing{Person: p, X: .5, Y: .44, Head: .46} }

// Beside gives two people in one picture.
func Beside(a, b *Person) []Standing {
	return []Standing{
		{Person: a, X: .34, Y: .44, Head: .38}, {Person: b, X: .76, Y: .46, Head: .36},
	}
}

// Scene is what a live camera in a hall sees. Its zero People is the empty hall. It may be used from one goroutine.
type Scene struct {
	Width, Height int // default 480×640
	People        []Standing
	Light         Light      // default [Hall]
	Noise         float64    // standard deviation of the camera's noise, 0..255; default 2.5
	Blur          int        // radius of a defocused lens, pixels
	Frozen        bool       // the same picture again and again, as a broken driver gives
	Card          *ShownCard // held before the camera; nil for none

	last *image.RGBA
	n    uint64
}

// Frame draws the picture at a time. People move a little, as people do who stand still; no two frames are alike unless Frozen.
func (s *Scene) Frame(at time.Time) *image.RGBA {
	if s.Frozen && s.last != nil {
		return s.last
	}
	if s.Width == 0 || s.Height == 0 {
		s.Width, s.Height = 480, 640
	}
	if s.Light == (Light{}) {
		s.Light = Hall
	}
	if s.Noise == 0 {
		s.Noise = 2.5
	}
	s.n++
	img := hall(s.Width, s.Height, s.Light)
	t := float64(at.UnixMilli()%3_600_000) / 1000
	for i := len(s.People) - 1; i >= 0; i-- {
		s.People[i].draw(img, s.Light, t)
	}
	if s.Card != nil {
		s.Card.draw(img, s.Light, at)
	}
	if s.Blur > 0 {
		soften(img, s.Blur)
	}
	addGrain(img, s.Noise, rand.New(rand.NewPCG(s.n, uint64(at.UnixNano()))))
	s.last = img
	return img
}

// draw puts the person's layer, slightly moved, into the picture.
func (s *Standing) draw(img *image.RGBA, l Light, t float64) {
	b := img.Bounds()
	unit := s.Head * float64(b.Dy()) / headUnits
	ph := float64(s.Person.Seed%97) * .7
	yaw, pitch, roll, dx, dy := s.Yaw, 0.0, 0.0, 0.0, 0.0
	if !s.Still {
		yaw += .045*math.Sin(t*.9+ph) + .025*math.Sin(t*1.7+2*ph)
		pitch = .03 * math.Sin(t*.7+ph)
		roll = .02 * math.Sin(t*.53+ph)
		dx, dy = .035*math.Sin(t*.8+ph), .022*math.Sin(t*1.3+ph)
	}
	lay := s.Person.layer(pose{quantum(yaw), quantum(pitch), l, int(unit + .5)})
	x, y := s.X*float64(b.Dx())+dx*unit, s.Y*float64(b.Dy())+dy*unit
	lay.put(img, x, y, roll, unit/float64(lay.unit)*(1+.006*math.Sin(t*.4)))
}

// quantum rounds an angle to the poses that are kept drawn.
func quantum(rad float64) int { return int(math.Round(rad / poseStep)) }

const (
	poseStep  = .03 // radians
	maxLayers = 16  // kept for a person: about 2 MB each
)

// pose is what a kept layer depends on.
type pose struct {
	yaw, pitch int // of poseStep
	light      Light
	unit       int // pixels a unit
}

// layer is a person drawn without background; colours are premultiplied.
type layer struct {
	img    *image.RGBA
	unit   int
	ox, oy float64 // where the middle of the eyes stands
}

func (p *Person) layer(at pose) *layer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.kept[at]; l != nil {
		return l
	}
	if p.kept == nil || len(p.kept) >= maxLayers {
		p.kept = map[pose]*layer{}
	}
	l := p.drawLayer(at)
	p.kept[at] = l
	return l
}

// drawLayer draws one sample a pixel: outlines are soft by themselves, and putting the layer down smooths it once more.
func (p *Person) drawLayer(at pose) *layer {
	u := float64(at.unit)
	w, h := int(5.2*u), int(5.2*u)
	l := &layer{img: image.NewRGBA(image.Rect(0, 0, w, h)), unit: at.unit, ox: float64(w) / 2, oy: 1.6 * u}
	s, f := newSun(float64(at.yaw)*poseStep, float64(at.pitch)*poseStep, at.light), p.surface()
	for y := range h {
		row := l.img.Pix[y*l.img.Stride:]
		for x := range w {
			c, a := p.point(s, f, (float64(x)+.5-l.ox)/u, (float64(y)+.5-l.oy)/u)
			if a > 0 {
				px := row[4*x : 4*x+4]
				px[0], px[1], px[2], px[3] = clip(c.r*a*255), clip(c.g*a*255), clip(c.b*a*255), clip(a*255)
			}
		}
	}
	return l
}

// put blends the layer into dst, turned by roll and scaled by k, with the middle of the eyes at (x, y).
func (l *layer) put(dst *image.RGBA, x, y, roll, k float64) {
	b := dst.Bounds()
	w, h := l.img.Bounds().Dx(), l.img.Bounds().Dy()
	c, s := math.Cos(roll)/k, math.Sin(roll)/k
	for py := range b.Dy() {
		row := dst.Pix[py*dst.Stride:]
		fy := float64(py) + .5 - y
		for px := range b.Dx() {
			fx := float64(px) + .5 - x
			u, v := fx*c+fy*s+l.ox-.5, -fx*s+fy*c+l.oy-.5
			iu, iv := int(u), int(v)
			if u < 0 || v < 0 || iu >= w-1 || iv >= h-1 {
				continue
			}
			mix(row[4*px:4*px+4], l.img.Pix[iv*l.img.Stride+4*iu:], l.img.Stride, int32((u-float64(iu))*256), int32((v-float64(iv))*256))
		}
	}
}

// mix blends the bilinear sample of src, premultiplied, over px; u and v are parts of 256.
func mix(px, src []uint8, stride int, u, v int32) {
	if src[3] == 0 && src[7] == 0 && src[stride+3] == 0 {
		return
	}
	w00, w10, w01, w11 := (256-u)*(256-v), u*(256-v), (256-u)*v, u*v
	a := (int32(src[3])*w00 + int32(src[7])*w10 + int32(src[stride+3])*w01 + int32(src[stride+7])*w11) >> 16
	for i := range 3 {
		c := (int32(src[i])*w00 + int32(src[4+i])*w10 + int32(src[stride+i])*w01 + int32(src[stride+4+i])*w11) >> 16
		px[i] = uint8(min(255, c+int32(px[i])*(255-a)/255))
	}
}

var halls struct {
	sync.Mutex
	m map[hallKey]*image.RGBA
}

type hallKey struct {
	w, h int
	l    Light
}

// hall gives a copy of the background: a commune hall out of focus.
func hall(w, h int, l Light) *image.RGBA {
	halls.Lock()
	defer halls.Unlock()
	k := hallKey{w, h, l}
	bg := halls.m[k]
	if bg == nil {
		if halls.m == nil || len(halls.m) > 16 {
			halls.m = map[hallKey]*image.RGBA{}
		}
		bg = drawHall(w, h, l)
		halls.m[k] = bg
	}
	out := image.NewRGBA(bg.Rect)
	copy(out.Pix, bg.Pix)
	return out
}

func drawHall(w, h int, l Light) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	k := math.Min(1.08, l.Main+l.Ambient)
	for y := range h {
		for x := range w {
			c := hallAt(float64(x)/float64(w), float64(y)/float64(h)).times(k)
			blend(img.Pix[y*img.Stride+4*x:y*img.Stride+4*x+4], c.r, c.g, c.b, 1)
		}
	}
	return img
}

// hallAt paints wall, window, counter, a notice board and a plant with soft edges.
func hallAt(x, y float64) rgb {
	c := rgb{.80, .78, .70}.mix(rgb{.66, .65, .60}, y*.8)
	box := func(x0, y0, x1, y1, soft float64) float64 {
		return step(x0-soft, x0+soft, x) * step(x1+soft, x1-soft, x) * step(y0-soft, y0+soft, y) * step(y1+soft, y1-soft, y)
	}
	c = c.mix(rgb{.93, .96, .98}, .9*box(.03, .06, .27, .42, .02))
	c = c.mix(rgb{.60, .58, .54}, .5*box(.145, .06, .155, .42, .01))
	c = c.mix(rgb{.52, .60, .56}, .7*box(.70, .10, .96, .33, .015))
	for i := range 6 {
		fx, fy := .735+.075*float64(i%3), .145+.09*float64(i/3)
		c = c.mix(rgb{.90, .89, .84}, .8*box(fx, fy, fx+.055, fy+.065, .009))
	}
	c = c.mix(rgb{.50, .36, .25}, .85*box(-.1, .60, 1.1, 1.1, .02))
	c = c.mix(rgb{.62, .47, .34}, .8*box(-.1, .585, 1.1, .615, .008))
	for _, l := range [5][3]float64{{.90, .53, .05}, {.95, .49, .06}, {.99, .54, .05}, {.93, .57, .05}, {.97, .58, .05}} {
		leaf := step(1.3, .5, math.Hypot((x-l[0])/l[2], (y-l[1])/l[2]/.9))
		c = c.mix(rgb{.30, .44, .30}, .5*leaf)
	}
	return c
}

// soften blurs twice with a box of the given radius, in both directions.
func soften(img *image.RGBA, radius int) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	line := make([]uint8, max(w, h))
	for range 2 {
		for c := range 3 {
			for y := range h {
				slide(img.Pix[y*img.Stride+c:], line, w, 4, radius)
			}
			for x := range w {
				slide(img.Pix[4*x+c:], line, h, img.Stride, radius)
			}
		}
	}
}

// slide replaces n values, step apart, by the means of their neighbours.
func slide(px, line []uint8, n, step, radius int) {
	for i := range n {
		line[i] = px[i*step]
	}
	sum, size := 0, 2*radius+1
	for i := -radius; i <= radius; i++ {
		sum += int(line[min(max(i, 0), n-1)])
	}
	for i := range n {
		px[i*step] = uint8(sum / size)
		sum += int(line[min(i+radius+1, n-1)]) - int(line[max(i-radius, 0)])
	}
}
