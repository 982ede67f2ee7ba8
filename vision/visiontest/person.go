package visiontest

import (
	"math"
	"math/rand/v2"
	"sync"
)

// rgb is a colour, linear enough for our purpose, 0..1.
type rgb struct{ r, g, b float64 }

func (c rgb) times(k float64) rgb { return rgb{c.r * k, c.g * k, c.b * k} }

func (c rgb) mix(o rgb, k float64) rgb {
	return rgb{c.r + (o.r-c.r)*k, c.g + (o.g-c.g)*k, c.b + (o.b-c.b)*k}
}

// Person is somebody who does not exist. It may be drawn from several goroutines.
type Person struct {
	Seed   int64
	Female bool
	Age    int // looks like, years

	headW, chin, crown         float64 // half width at the eyes; y of chin; -y of crown
	jawP, jawQ                 float64 // squareness and taper of the jaw
	depth                      float64
	eyeX, eyeW, eyeH, eyeTilt  float64
	eyeLow, socket, lidCrease  float64
	iris                       float64
	irisColour                 rgb
	browY, browTilt, browArch  float64
	browThick, browLen, browIn float64
	browRidge                  float64
	noseLen, noseW, noseH      float64
	noseBridge, noseTip        float64
	mouthY, mouthW             float64
	lipUp, lipLow, mouthCurve  float64
	cheekbone, cheekFat        float64
	chinBump, philtrum         float64
	skin, lips                 rgb
	blush                      float64
	hair                       rgb
	hairLine, hairVol, hairPar float64 // y of the hair line (negative), volume, place of the parting
	hairTemple                 float64
	hairLong                   bool
	fringe                     float64
	glasses                    float64 // 0 none
	glassesW, glassesH         float64
	glassesColour              rgb
	beard, moustache, stubble  float64
	wrinkles, bags             float64
	freckles                   float64
	moles                      [3][3]float64 // x, y, radius
	asym                       float64
	ears                       float64
	shirt                      rgb
	collar                     int
	noise                      *noiseField

	once sync.Once
	surf *surface
	mu   sync.Mutex
	kept map[pose]*layer
}

// NewPerson makes the person of a seed.
func NewPerson(seed int64) *Person {
	r := rand.New(rand.NewPCG(uint64(seed), 0x6d6f74637561))
	// Extremes are likelier than the middle, so that people differ more.
	in := func(lo, hi float64) float64 { return lo + (hi-lo)*(.5-.5*math.Cos(math.Pi*r.Float64())) }
	p := &Person{Seed: seed, Female: r.IntN(2) == 0, Age: 20 + r.IntN(56), noise: newNoise(r)}
	old := math.Max(0, float64(p.Age-40)/36)
	p.shape(in)
	p.features(in, old)
	p.colours(r, in, old)
	p.hairAndExtras(r, in, old)
	return p
}

// Twin makes another person with the face of a seed: the identical twin, who has another haircut, another shirt, and no moles.
func Twin(seed int64) *Person {
	p, r := NewPerson(seed), rand.New(rand.NewPCG(uint64(seed), 0x7717))
	p.moles = [3][3]float64{}
	p.hairPar, p.hairVol = -p.hairPar, p.hairVol*(.85+.3*r.Float64())
	p.shirt, p.collar = rgb{.30 + .4*r.Float64(), .34, .44}, (p.collar+1)%3
	return p
}

func (p *Person) shape(in func(lo, hi float64) float64) {
	p.headW, p.chin, p.crown, p.depth = in(.64, .90), in(.98, 1.28), in(1.02, 1.2), in(.7, .95)
	p.jawP, p.jawQ = in(1.9, 4.2), in(1.5, 2.5)
	if p.Female {
		p.jawP, p.jawQ = in(1.8, 3.0), in(1.4, 2.0)
	}
	p.cheekbone, p.cheekFat, p.chinBump = in(0, .08), in(0, .08), in(.01, .09)
	p.asym, p.ears = in(-.03, .03), in(.7, 1.25)
}

func (p *Person) features(in func(lo, hi float64) float64, old float64) {
	p.eyeX, p.eyeW, p.eyeH, p.eyeTilt = in(.26, .39), in(.115, .19), in(.036, .095), in(-.12, .26)
	p.eyeLow, p.socket, p.lidCrease = in(.5, .9), in(.02, .12), in(0, .075)
	p.iris = in(.062, .08)
	p.browY, p.browTilt, p.browArch = in(-.16, -.32), in(-.25, .35), in(0, .07)
	p.browThick, p.browLen, p.browIn = in(.022, .075), in(.30, .44), in(.05, .17)
	p.browRidge = in(0, .09)
	p.noseLen, p.noseW, p.noseH = in(.33, .50), in(.11, .22), in(.09, .24)
	p.noseBridge, p.noseTip = in(.02, .12), in(.04, .085)
	p.mouthY, p.mouthW = in(.62, .80), in(.20, .35)
	p.lipUp, p.lipLow, p.mouthCurve = in(.022, .085), in(.035, .11), in(-.012, .06)
	p.mouthY = math.Min(math.Max(p.mouthY, p.noseLen+.20), p.chin-.30)
	p.philtrum = in(0, 1)
	if p.Female {
		p.browThick, p.browRidge = in(.015, .05), in(0, .03)
	}
	p.wrinkles, p.bags = old*in(.4, 1), in(0, .5)+old*in(0, .5)
}

func (p *Person) colours(r *rand.Rand, in func(lo, hi float64) float64, old float64) {
	light, dark := rgb{.93, .78, .66}, rgb{.60, .43, .32}
	p.skin = light.mix(dark, in(0, 1))
	p.skin.g *= in(.965, 1.0)
	p.skin.b *= in(.95, 1.07)
	p.blush = in(0, .5)
	p.lips = p.skin.mix(rgb{.68, .30, .30}, in(.25, .6))
	if p.Female {
		p.lips = p.skin.mix(rgb{.72, .20, .24}, in(.4, .85))
	}
	p.irisColour = rgb{.20, .12, .07}.times(in(.5, 1.5))
	p.hair = rgb{.07, .06, .06}.mix(rgb{.30, .18, .11}, in(0, 1)*in(0, 1))
	grey := old * in(.2, 1.3)
	p.hair = p.hair.mix(rgb{.72, .72, .72}, math.Min(grey, .92))
	shirts := []rgb{{.86, .88, .9}, {.25, .35, .55}, {.5, .16, .18}, {.2, .4, .32}, {.75, .68, .55}, {.35, .3, .42}, {.16, .18, .22}, {.72, .5, .55}}
	p.shirt, p.collar = shirts[r.IntN(len(shirts))], r.IntN(3)
}

func (p *Person) hairAndExtras(r *rand.Rand, in func(lo, hi float64) float64, old float64) {
	p.hairLine, p.hairVol, p.hairPar = in(-.78, -.50), in(.05, .17), in(-.5, .5)
	p.hairTemple = in(.55, 1.05)
	if p.Female {
		p.hairLong = r.IntN(4) > 0
		p.fringe = math.Max(0, in(-.5, .8))
		p.hairVol += .03
	} else {
		p.hairLine -= old * in(0, .22) // receding
		p.fringe = math.Max(0, in(-.8, .5))
		if r.IntN(5) == 0 {
			p.beard = in(.3, .9)
		}
		if r.IntN(4) == 0 {
			p.moustache = in(.4, 1)
		}
		p.stubble = in(0, .5)
	}
	if r.IntN(3) == 0 {
		p.glasses, p.glassesW, p.glassesH = in(.6, 1), in(.21, .27), in(.12, .20)
		p.glassesColour = []rgb{{.08, .08, .09}, {.35, .22, .14}, {.6, .58, .55}, {.3, .08, .1}}[r.IntN(4)]
	}
	if r.IntN(4) == 0 {
		p.freckles = in(.2, .6)
	}
	for i := range p.moles {
		if r.IntN(3) == 0 {
			p.moles[i] = [3]float64{in(-.5, .5), in(-.4, .95), in(.012, .028)}
		}
	}
}
