package main

import (
	"math"
	"math/rand/v2"

	"motcua/vision/ocrb"
)

// The shape of the network, as package ocrb has it.
const (
	w1, h1 = ocrb.CellW, ocrb.CellH
	w2, h2 = w1 / 2, h1 / 2
)

// newNet draws small numbers: He initialisation.
func newNet(r *rand.Rand) *ocrb.Net {
	n := &ocrb.Net{}
	draw := func(s []float32, fan int) {
		for i := range s {
			s[i] = float32(r.NormFloat64() * math.Sqrt(2/float64(fan)))
		}
	}
	for i := range n.W1 {
		draw(n.W1[i][:], 9)
	}
	for i := range n.W2 {
		for j := range n.W2[i] {
			draw(n.W2[i][j][:], 9*len(n.W2[i]))
		}
	}
	for i := range n.W3 {
		draw(n.W3[i][:], len(n.W3[i]))
	}
	for i := range n.W4 {
		draw(n.W4[i][:], len(n.W4[i]))
	}
	return n
}

// backward adds the gradient of one cell's cross entropy to g.
func backward(n, g *ocrb.Net, w *ocrb.Work, class int) {
	var dh [len(ocrb.Work{}.H)]float32
	for i, p := range w.Out {
		d := p
		if i == class {
			d--
		}
		g.B4[i] += d
		axpy(g.W4[i][:], d, w.H[:])
		axpy(dh[:], d, n.W4[i][:])
	}
	var dp2 [len(ocrb.Work{}.P2)]float32
	for i, h := range w.H {
		if h <= 0 {
			continue
		}
		g.B3[i] += dh[i]
		axpy(g.W3[i][:], dh[i], w.P2[:])
		axpy(dp2[:], dh[i], n.W3[i][:])
	}
	const half = w2 / 2 * (h2 / 2)
	dp1 := make([][w2 * h2]float32, len(n.W1))
	for c := range n.W2 {
		var d [w2 * h2]float32
		for i := range half {
			if at := c*half + i; w.P2[at] > 0 {
				d[w.Arg2[at]] += dp2[at]
			}
		}
		for _, v := range d {
			g.B2[c] += v
		}
		for k := range n.W2[c] {
			correlate(&g.W2[c][k], d[:], w.P1(k), w2, h2)
			spread(dp1[k][:], d[:], &n.W2[c][k], w2, h2)
		}
	}
	for c := range n.W1 {
		var d [w1 * h1]float32
		for i, v := range dp1[c] {
			if w.P1(c)[i] > 0 {
				d[w.Arg1[c][i]] += v
			}
		}
		for _, v := range d {
			g.B1[c] += v
		}
		correlate(&g.W1[c], d[:], w.In[:], w1, h1)
	}
}

func axpy(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}

// correlate adds to a kernel's gradient what d, the gradient at its output, says with in, its input.
func correlate(g *[9]float32, d, in []float32, w, h int) {
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			var s float32
			for y := max(0, -dy); y < min(h, h-dy); y++ {
				for x := max(0, -dx); x < min(w, w-dx); x++ {
					s += d[y*w+x] * in[(y+dy)*w+x+dx]
				}
			}
			g[(dy+1)*3+dx+1] += s
		}
	}
}

// spread adds to the gradient of a kernel's input what comes back from its output.
func spread(in, d []float32, k *[9]float32, w, h int) {
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			f := k[(dy+1)*3+dx+1]
			for y := max(0, -dy); y < min(h, h-dy); y++ {
				for x := max(0, -dx); x < min(w, w-dx); x++ {
					in[(y+dy)*w+x+dx] += f * d[y*w+x]
				}
			}
		}
	}
}

// numbers gives every number of a network, in order.
func numbers(n *ocrb.Net) (list []*float32) {
	n.Each(func(p *float32) { list = append(list, p) })
	return list
}

func add(a, b *ocrb.Net) {
	to, from := numbers(a), numbers(b)
	for i := range to {
		*to[i] += *from[i]
	}
}

// adam is the optimiser of Kingma and Ba (2015).
type adam struct {
	m, v []float64
	t    int
}

func newAdam(n *ocrb.Net) *adam {
	c := len(numbers(n))
	return &adam{m: make([]float64, c), v: make([]float64, c)}
}

func (a *adam) step(n, g *ocrb.Net, rate float64) {
	const b1, b2, eps = .9, .999, 1e-8
	a.t++
	c1, c2 := 1-math.Pow(b1, float64(a.t)), 1-math.Pow(b2, float64(a.t))
	to, from := numbers(n), numbers(g)
	for i := range to {
		d := float64(*from[i]) / batch
		a.m[i] = b1*a.m[i] + (1-b1)*d
		a.v[i] = b2*a.v[i] + (1-b2)*d*d
		*to[i] -= float32(rate * a.m[i] / c1 / (math.Sqrt(a.v[i]/c2) + eps))
	}
}
