package visiontest

import (
	"math"
	"math/rand/v2"
)

const noiseSide = 64 // a power of two

// noiseField is smooth noise that repeats every noiseSide units.
type noiseField struct {
	v [noiseSide * noiseSide]float32
}

func newNoise(r *rand.Rand) *noiseField {
	n := &noiseField{}
	for i := range n.v {
		n.v[i] = float32(r.Float64()*2 - 1)
	}
	return n
}

// at gives smooth noise in -1..1 with a grain of one unit.
func (n *noiseField) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	u, v := smooth(x-fx), smooth(y-fy)
	x0, y0 := int(fx)&(noiseSide-1), int(fy)&(noiseSide-1)
	x1, y1 := (x0+1)&(noiseSide-1), (y0+1)&(noiseSide-1)
	a := float64(n.v[y0*noiseSide+x0])*(1-u) + float64(n.v[y0*noiseSide+x1])*u
	b := float64(n.v[y1*noiseSide+x0])*(1-u) + float64(n.v[y1*noiseSide+x1])*u
	return a*(1-v) + b*v
}

// rough sums three octaves.
func (n *noiseField) rough(x, y float64) float64 {
	return (n.at(x, y) + .5*n.at(2*x+7, 2*y+3) + .25*n.at(4*x+1, 4*y+9)) / 1.75
}

func smooth(t float64) float64 { return t * t * (3 - 2*t) }

// step is 0 below lo, 1 above hi and smooth between; lo may be the greater one.
func step(lo, hi, x float64) float64 {
	t := (x - lo) / (hi - lo)
	return smooth(math.Min(math.Max(t, 0), 1))
}

// bump is a bell around (cx, cy).
func bump(x, y, cx, cy, sx, sy float64) float64 {
	dx, dy := (x-cx)/sx, (y-cy)/sy
	q := dx*dx + dy*dy
	if q > 16 {
		return 0
	}
	return math.Exp(-q / 2)
}

// grain is a table of Gaussian noise for camera noise, shared by all.
var grain = func() (g [1 << 16]float32) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range g {
		g[i] = float32(r.NormFloat64())
	}
	return g
}()
