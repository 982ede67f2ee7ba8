package visiontest

import (
	"image"
	"math"
	"math/rand/v2"
	"time"
)

// Reframed makes a film of a photograph of somebody, as a camera before which that person stands would give it: the head moves
// a little while what is behind it stays. X, Y and Head say where the head stands in the photograph; the frame is filled, of
// the usual size. What a single photograph cannot give (depth, expression) is missing in it.
func Reframed(photo Picture, seed uint64, width, height int) Picture {
	r := rand.New(rand.NewPCG(seed, 0x4ef4a3ed))
	still := photo.At(time.Time{})
	b := still.Bounds()
	k := math.Max(float64(width)/float64(b.Dx()), float64(height)/float64(b.Dy()))
	ox := clampTo(photo.X*float64(b.Dx())*k-float64(width)/2, float64(b.Dx())*k-float64(width))
	oy := clampTo(photo.Y*float64(b.Dy())*k-.45*float64(height), float64(b.Dy())*k-float64(height))
	f := &film{
		still: still, k: k, ox: ox, oy: oy, w: width, h: height, seed: seed, phase: r.Float64() * 9, amp: 2 + 4*r.Float64(), noise: 1.5 + 2*r.Float64(),
		gain: .85 + .3*r.Float64(), hx: photo.X*float64(b.Dx())*k - ox, hy: photo.Y*float64(b.Dy())*k - oy, head: photo.Head * float64(b.Dy()) * k,
	}
	return Picture{At: f.at, X: f.hx / float64(width), Y: f.hy / float64(height), Head: f.head / float64(height)}
}

type film struct {
	still        *image.RGBA
	k, ox, oy    float64 // scale, and what is cut off
	w, h         int
	seed         uint64
	phase, amp   float64
	noise, gain  float64
	hx, hy, head float64 // where the head stands, pixels
	n            uint64
}

func (f *film) at(at time.Time) *image.RGBA {
	t := float64(at.UnixMilli()%3_600_000) / 1000
	dx, dy := f.amp*math.Sin(1.9*t+f.phase), .6*f.amp*math.Sin(1.3*t+2*f.phase)
	img := image.NewRGBA(image.Rect(0, 0, f.w, f.h))
	sw, sh := float64(f.still.Bounds().Dx()), float64(f.still.Bounds().Dy())
	for y := range f.h {
		row := img.Pix[y*img.Stride:]
		for x := range f.w {
			// The head moves as a whole; between it and the surroundings the picture gives way.
			d := math.Hypot((float64(x)-f.hx)/(.45*f.head), (float64(y)-f.hy-.06*f.head)/(.6*f.head))
			m := step(1.55, 1, d)
			if float64(y) > f.hy+.5*f.head { // the shoulders follow a little
				m = math.Max(m, .5*step(2.4, 1, math.Abs(float64(x)-f.hx)/(.5*f.head)))
			}
			c := sampleAt(f.still, (float64(x)-m*dx+f.ox+.5)/f.k/sw, (float64(y)-m*dy+f.oy+.5)/f.k/sh)
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = clip(c.r*255*f.gain), clip(c.g*255*f.gain), clip(c.b*255*f.gain), 255
		}
	}
	f.n++
	addGrain(img, f.noise, rand.New(rand.NewPCG(f.seed, f.n)))
	return img
}
