package main

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"motcua/vision/ocrb"
	"motcua/vision/visiontest"
)

// The size of rendered characters, in pixels.
const (
	pitch  = 48
	inkW   = 3 * pitch
	inkH   = 2 * pitch
	middle = inkH / 2 // the line through the middle of capitals
)

// press renders characters.
type press struct {
	inks [][]float32 // by character: a picture of pitch by inkH, ink 0..1
}

func newPress(dir string) (*press, error) {
	f, err := visiontest.NewOCRB(dir, pitch)
	if err != nil {
		return nil, fmt.Errorf("install fonts-ocr-b: %w", err)
	}
	p := &press{}
	for _, c := range ocrb.Alphabet {
		img := image.NewAlpha(image.Rect(0, 0, pitch, inkH))
		f.Draw(img, image.Opaque, c, 0, middle)
		ink, any := make([]float32, pitch*inkH), false
		for i, a := range img.Pix {
			ink[i] = float32(a) / 255
			any = any || a > 128
		}
		if !any {
			return nil, fmt.Errorf("the font draws nothing for %q", c)
		}
		p.inks = append(p.inks, ink)
	}
	return p, nil
}

// cell draws one cell as a camera might see it and gives its class.
func (p *press) cell(r *rand.Rand, out *[ocrb.CellW * ocrb.CellH]float32) int {
	inks := p.inks
	class := r.IntN(len(inks))
	if r.IntN(8) == 0 { // what is told apart least easily, and fillers, which are most of a zone
		const hard = "0OQD1I8B5S2Z<"
		class = index(hard[r.IntN(len(hard))])
	}
	left, right := r.IntN(len(inks)), r.IntN(len(inks))
	ink := func(x, y float64) float32 { // in rendered pixels, the cell's character in the middle third
		ix, iy := int(math.Floor(x)), int(math.Floor(y))
		if iy < 0 || iy >= inkH || ix < 0 || ix >= inkW {
			return 0
		}
		src := inks[[3]int{left, class, right}[ix/pitch]]
		return src[iy*pitch+ix%pitch]
	}
	photograph(r, ink, out)
	return class
}

func index(c byte) int {
	for i := range len(ocrb.Alphabet) {
		if ocrb.Alphabet[i] == c {
			return i
		}
	}
	return 0
}

// photograph samples ink through a lens of random resolution, blur, noise and light into a cell.
func photograph(r *rand.Rand, ink func(x, y float64) float32, out *[ocrb.CellW * ocrb.CellH]float32) {
	native := 9 + 27*r.Float64()*r.Float64() // camera pixels a character
	weight := .75 + .5*r.Float64()           // thin or heavy print
	const side = 2.2                         // characters seen each way
	n := int(math.Ceil(side * native))
	sin, cos := math.Sincos(r.NormFloat64() * .03)
	size := 1 + r.NormFloat64()*.06 // documents differ in the size of their print
	sx, sy, shear := size*(1+r.NormFloat64()*.03), size*(1+r.NormFloat64()*.05), r.NormFloat64()*.04
	ox, oy := r.NormFloat64()*.045, r.NormFloat64()*.05
	px, py := r.Float64(), r.Float64() // phase of the camera's pixels
	seen := make([]float32, n*n)
	const sub = 3
	for y := range n {
		for x := range n {
			var s float32
			for j := range sub {
				for i := range sub {
					u := (float64(x)+px+(float64(i)+.5)/sub)/native - side/2
					v := (float64(y)+py+(float64(j)+.5)/sub)/native - side/2
					u, v = (u*cos-v*sin)*sx+v*shear+ox, (u*sin+v*cos)*sy+oy
					s += ink((u+1.5)*pitch, v*pitch+middle)
				}
			}
			seen[y*n+x] = float32(math.Min(1, weight*float64(s)/(sub*sub)))
		}
	}
	blur(seen, n, 1.3*r.Float64())
	light(r, seen, n)
	for y := range ocrb.CellH {
		for x := range ocrb.CellW {
			u := ((float64(x)-float64(ocrb.CellW-1)/2)/ocrb.Pitch+side/2)*native - px - .5
			v := ((float64(y)-float64(ocrb.CellH-1)/2)/ocrb.Pitch+side/2)*native - py - .5
			out[y*ocrb.CellW+x] = bilinear(seen, n, u, v)
		}
	}
}

// light turns ink into brightness: paper with a gradient and faint lines, dark ink, noise.
func light(r *rand.Rand, seen []float32, n int) {
	paper := 110 + 130*r.Float64()
	depth := (paper - 10) * (.35 + .6*r.Float64())
	gx, gy := r.NormFloat64()*25/float64(n), r.NormFloat64()*25/float64(n)
	noise := 22 * r.Float64() * r.Float64() * math.Min(1, depth/90)
	a, b, c := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()*float64(n)/2 // a line of the background print
	strength := 0.
	if r.IntN(3) == 0 {
		strength = .25 * depth * r.Float64()
	}
	norm := math.Hypot(a, b)
	for i := range seen {
		x, y := float64(i%n), float64(i/n)
		v := paper + gx*(x-float64(n)/2) + gy*(y-float64(n)/2) - depth*float64(seen[i]) + noise*r.NormFloat64()
		if d := math.Abs(a*(x-float64(n)/2)+b*(y-float64(n)/2)+c) / norm; d < 1 {
			v -= strength * (1 - d)
		}
		seen[i] = float32(math.Max(0, math.Min(255, v)))
	}
}

// blur is a Gaussian of the given deviation in pixels.
func blur(img []float32, n int, dev float64) {
	if dev < .15 {
		return
	}
	radius := int(math.Ceil(2.5 * dev))
	k := make([]float32, 2*radius+1)
	var sum float32
	for i := range k {
		d := float64(i - radius)
		k[i] = float32(math.Exp(-d * d / (2 * dev * dev)))
		sum += k[i]
	}
	tmp := make([]float32, len(img))
	pass := func(dst, src []float32, step, stride int) {
		for a := range n {
			for b := range n {
				var s float32
				for i, f := range k {
					s += f * src[a*stride+min(max(b+i-radius, 0), n-1)*step]
				}
				dst[a*stride+b*step] = s / sum
			}
		}
	}
	pass(tmp, img, 1, n)
	pass(img, tmp, n, 1)
}

func bilinear(img []float32, n int, u, v float64) float32 {
	u, v = math.Max(0, math.Min(float64(n)-1.001, u)), math.Max(0, math.Min(float64(n)-1.001, v))
	x, y := int(u), int(v)
	fx, fy := float32(u-float64(x)), float32(v-float64(y))
	at := y*n + x
	return (img[at]*(1-fx)+img[at+1]*fx)*(1-fy) + (img[at+n]*(1-fx)+img[at+n+1]*fx)*fy
}
