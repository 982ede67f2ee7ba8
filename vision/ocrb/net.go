package ocrb

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The shape of the network. Input is one cell, zero mean and unit variance; two convolutions of 3 by 3, each followed by a
// rectifier and the largest of 2 by 2; one hidden layer; one output per character.
const (
	CellW, CellH = 20, 24 // pixels of a cell; the pitch of a line is [Pitch]
	Pitch        = 16     // pixels from character to character in a straightened line
	conv1, conv2 = 8, 16  // channels
	hidden       = 64
	pooledW      = CellW / 4
	pooledH      = CellH / 4
	flat         = conv2 * pooledW * pooledH
)

// Alphabet is the characters of a zone, in the network's order.
const Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

// classes is the number of characters.
const classes = len(Alphabet)

// Net is the network's numbers.
type Net struct {
	W1 [conv1][9]float32
	B1 [conv1]float32
	W2 [conv2][conv1][9]float32
	B2 [conv2]float32
	W3 [hidden][flat]float32
	B3 [hidden]float32
	W4 [classes][hidden]float32
	B4 [classes]float32
}

//go:embed weights.bin
var weights []byte

// errWeights means that the file beside this source is not the network.
var errWeights = errors.New("weights.bin is not the network of this package")

// LoadNet reads a network as [Net.Bytes] writes it.
func LoadNet(raw []byte) (*Net, error) {
	n := &Net{}
	if len(raw) != 2*n.count() {
		return nil, fmt.Errorf("%w: %d bytes", errWeights, len(raw))
	}
	n.Each(func(p *float32) {
		*p = half(binary.LittleEndian.Uint16(raw))
		raw = raw[2:]
	})
	return n, nil
}

// Bytes gives the network as half precision numbers (IEEE 754 binary16), little-endian.
func (n *Net) Bytes() []byte {
	out := make([]byte, 0, 2*n.count())
	n.Each(func(p *float32) { out = binary.LittleEndian.AppendUint16(out, toHalf(*p)) })
	return out
}

func (n *Net) count() (c int) {
	n.Each(func(*float32) { c++ })
	return c
}

// Each visits every number in the order of the file.
func (n *Net) Each(f func(*float32)) {
	all := func(s []float32) {
		for i := range s {
			f(&s[i])
		}
	}
	for i := range n.W1 {
		all(n.W1[i][:])
	}
	all(n.B1[:])
	for i := range n.W2 {
		for j := range n.W2[i] {
			all(n.W2[i][j][:])
		}
	}
	all(n.B2[:])
	for i := range n.W3 {
		all(n.W3[i][:])
	}
	all(n.B3[:])
	for i := range n.W4 {
		all(n.W4[i][:])
	}
	all(n.B4[:])
}

// half reads a binary16 number. Infinities and NaN do not occur in weights and become zero.
func half(h uint16) float32 {
	sign, exp, frac := float64(1), int(h>>10&31), float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	switch exp {
	case 0:
		return float32(sign * frac / 1024 * math.Pow(2, -14))
	case 31:
		return 0
	}
	return float32(sign * (1 + frac/1024) * math.Pow(2, float64(exp-15)))
}

// toHalf rounds to the nearest binary16 number, within its range.
func toHalf(v float32) uint16 {
	var sign uint16
	x := float64(v)
	if x < 0 {
		sign, x = 1<<15, -x
	}
	if !(x < 65504) { // also NaN
		x = 65504
	}
	if x < math.Pow(2, -14) {
		return sign | uint16(math.Round(x*math.Pow(2, 24)))
	}
	e := math.Floor(math.Log2(x))
	m := math.Round((x/math.Pow(2, e) - 1) * 1024)
	if m == 1024 {
		e, m = e+1, 0
	}
	return sign | uint16(e+15)<<10 | uint16(m)
}

// Work is the memory of one classification; it may be used again, by one goroutine.
type Work struct {
	In   [CellH * CellW]float32
	c1   [conv1][CellH * CellW]float32
	p1   [conv1][CellH / 2 * CellW / 2]float32
	c2   [conv2][CellH / 2 * CellW / 2]float32
	P2   [flat]float32
	H    [hidden]float32
	Out  [classes]float32 // probabilities
	Arg1 [conv1][CellH / 2 * CellW / 2]uint16
	Arg2 [flat]uint16
}

// P1 gives a channel after the first convolution, for learning.
func (w *Work) P1(c int) []float32 { return w.p1[c][:] }

// Normalise makes a cell zero mean and unit variance, so that light and contrast do not matter. Dark on light stays so.
func (w *Work) Normalise() {
	var s, q float64
	for _, v := range w.In {
		s += float64(v)
		q += float64(v) * float64(v)
	}
	n := float64(len(w.In))
	mean := s / n
	dev := math.Sqrt(max(q/n-mean*mean, 1))
	for i, v := range w.In {
		w.In[i] = float32((float64(v) - mean) / dev)
	}
}

// Classify runs the network over In, which is normalised, and leaves the probabilities in Out.
func (n *Net) Classify(w *Work) {
	for c := range n.W1 {
		fill(w.c1[c][:], n.B1[c])
		convolve(w.c1[c][:], w.In[:], &n.W1[c], CellW, CellH)
		pool(w.p1[c][:], w.Arg1[c][:], w.c1[c][:], CellW, CellH)
	}
	const half = pooledW * pooledH
	for c := range n.W2 {
		fill(w.c2[c][:], n.B2[c])
		for k := range n.W2[c] {
			convolve(w.c2[c][:], w.p1[k][:], &n.W2[c][k], CellW/2, CellH/2)
		}
		pool(w.P2[c*half:(c+1)*half], w.Arg2[c*half:(c+1)*half], w.c2[c][:], CellW/2, CellH/2)
	}
	for i := range n.W3 {
		w.H[i] = max(0, n.B3[i]+dot(n.W3[i][:], w.P2[:]))
	}
	var top float32 = -math.MaxFloat32
	for i := range n.W4 {
		w.Out[i] = n.B4[i] + dot(n.W4[i][:], w.H[:])
		top = max(top, w.Out[i])
	}
	var sum float32
	for i, v := range w.Out {
		w.Out[i] = float32(math.Exp(float64(v - top)))
		sum += w.Out[i]
	}
	for i := range w.Out {
		w.Out[i] /= sum
	}
}

func fill(s []float32, v float32) {
	for i := range s {
		s[i] = v
	}
}

func dot(a, b []float32) (s float32) {
	b = b[:len(a)]
	var s1 float32
	for i := 0; i+1 < len(a); i += 2 {
		s += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
	}
	return s + s1
}

// convolve adds the 3 by 3 convolution of in to out; outside the picture is zero.
func convolve(out, in []float32, k *[9]float32, w, h int) {
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			f := k[(dy+1)*3+dx+1]
			x0, x1 := max(0, -dx), min(w, w-dx)
			for y := max(0, -dy); y < min(h, h-dy); y++ {
				o := out[y*w+x0 : y*w+x1]
				i := in[(y+dy)*w+x0+dx : (y+dy)*w+x1+dx]
				i = i[:len(o)]
				for x := range o {
					o[x] += f * i[x]
				}
			}
		}
	}
}

// pool gives the largest of every 2 by 2, not below zero, and where it was.
func pool(out []float32, arg []uint16, in []float32, w, h int) {
	n := 0
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			best := y*w + x
			for _, at := range [3]int{best + 1, best + w, best + w + 1} {
				if in[at] > in[best] {
					best = at
				}
			}
			out[n], arg[n] = max(0, in[best]), uint16(best) //nolint:gosec // at most 480
			n++
		}
	}
}
