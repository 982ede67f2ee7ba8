package visiontest

import (
	"math"
	"time"
)

// Hold is how somebody holds a picture before the camera.
type Hold struct {
	Turn float64 // radians about an upright axis; more than 0 turns what it shows to the picture's right, as a head's Yaw does
	Lean float64 // radians the axis leans
	Bend float64 // its width over the radius it is bent to about that axis, towards the camera in the middle; 0 is flat
}

// slant tells which place of a held object is seen where, along the line across its axis.
type slant struct {
	c, s    float64   // of the axis
	half    int       // pixels from the middle to either end
	place   []float64 // across, by pixels from -half; NaN: nothing is there
	stretch []float64 // how much smaller things are drawn there
}

// slant prepares a hold; nil when the object is simply held upright.
func (m *material) slant(h Hold) *slant {
	if m.screen {
		h.Bend = 0
	}
	if h.Turn == 0 && h.Bend == 0 {
		return nil
	}
	reach := 1.6 * math.Hypot(m.w/2, m.h/2)
	far := 3 * m.h // from the camera, in the units of the object's pixels: about 70 cm of a sheet 23 cm high
	t := &slant{c: math.Cos(h.Lean), s: math.Sin(h.Lean), half: int(reach)}
	t.place, t.stretch = make([]float64, 2*t.half+1), make([]float64, 2*t.half+1)
	near := make([]float64, len(t.place))
	for i := range t.place {
		t.place[i], near[i] = math.NaN(), math.Inf(1)
	}
	r := math.Inf(1)
	if h.Bend > 0 {
		r = m.w / h.Bend
	}
	ct, st := math.Cos(h.Turn), math.Sin(h.Turn)
	for p := -reach; p <= reach; p += .25 {
		x, z := p, 0.0
		if h.Bend > 0 {
			a := p / r
			if math.Abs(a) > math.Pi/2 {
				continue
			}
			x, z = r*math.Sin(a), r*(1-math.Cos(a))
		}
		x, z = x*ct-z*st, x*st+z*ct
		k := far / (far + z)
		if i := int(math.Round(x*k)) + t.half; i >= 0 && i < len(t.place) && z < near[i] {
			t.place[i], t.stretch[i], near[i] = p, k, z
		}
	}
	return t
}

// back gives the place of the object that is seen at a place of the picture, both from the middle; false where there is none.
func (t *slant) back(x, y float64) (px, py float64, ok bool) {
	a, b := x*t.c+y*t.s, -x*t.s+y*t.c
	i := int(math.Round(a)) + t.half
	if i < 0 || i >= len(t.place) || math.IsNaN(t.place[i]) {
		return 0, 0, false
	}
	p, q := t.place[i]+(a-math.Round(a))/t.stretch[i], b/t.stretch[i]
	return p*t.c - q*t.s, p*t.s + q*t.c, true
}

// Neck turns a head, or a sheet, as people do who are asked to: after a while, at a pace, and not further than is comfortable.
type Neck struct {
	Wait  time.Duration // until they begin
	Pace  float64       // radians a second
	Reach float64       // radians

	yaw    float64
	last   time.Time
	asked  float64
	change time.Time
}

// Yaw gives the turn at a time, radians, when ask is wanted: -1 the picture's left, 0 straight, 1 the picture's right. Times must
// not go back.
func (n *Neck) Yaw(at time.Time, ask float64) float64 {
	if n.last.IsZero() {
		n.last = at
	}
	if ask != n.asked {
		n.asked, n.change = ask, at
	}
	step := n.Pace * at.Sub(n.last).Seconds()
	n.last = at
	if at.Sub(n.change) >= n.Wait {
		n.yaw += math.Max(-step, math.Min(step, n.asked*n.Reach-n.yaw))
	}
	return n.yaw
}
