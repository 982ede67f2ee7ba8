package liveness

import (
	"image"
	"math"
	"math/cmplx"
	"slices"

	"gocv.io/x/gocv"
)

// spectrumSide is the side of the square in the middle of the face whose spectrum is taken, at the frame's own resolution: the
// pattern that a screen's or a printer's raster makes with the camera's is fine, and resizing would wipe it out.
const spectrumSide = 128

// spectrum is the mean power over frames. Skin has power that falls off smoothly with frequency; a raster stands out of its
// surroundings as a peak.
type spectrum struct {
	power []float64 // spectrumSide × spectrumSide
	n     int
}

// add takes the spectrum of one frame; a frame that does not hold the square is left out.
func (s *spectrum) add(m *gocv.Mat, f *Face) error {
	const n = spectrumSide
	x, y := int(f.Marks[2].X)-n/2, int(f.Marks[2].Y)-n/2
	x, y = min(max(x, 0), m.Cols()-n), min(max(y, 0), m.Rows()-n)
	if x < 0 || y < 0 || f.W < n*2/3 {
		return nil
	}
	p, err := brightness(m, image.Rect(x, y, x+n, y+n))
	if err != nil {
		return err
	}
	if s.power == nil {
		s.power = make([]float64, n*n)
	}
	for i, c := range transform(windowed(&p)) {
		s.power[i] += cmplx.Abs(c) * cmplx.Abs(c)
	}
	s.n++
	return nil
}

// windowed takes off the mean and fades the sides out (Hann), so that the square's own edges make no lines in the spectrum.
func windowed(p *plane) []complex128 {
	mean := 0.0
	for _, v := range p.v {
		mean += float64(v) / float64(len(p.v))
	}
	out := make([]complex128, len(p.v))
	for y := range p.h {
		for x := range p.w {
			out[y*p.w+x] = complex((float64(p.v[y*p.w+x])-mean)*float64(hann[x]*hann[y]), 0)
		}
	}
	return out
}

var hann = func() (w [spectrumSide]float64) {
	for i := range w {
		w[i] = .5 - .5*math.Cos(2*math.Pi*(float64(i)+.5)/spectrumSide)
	}
	return w
}()

// transform is the two-dimensional Fourier transform of a square, in place.
func transform(v []complex128) []complex128 {
	const n = spectrumSide
	col := make([]complex128, n)
	for y := range n {
		fft(v[y*n : y*n+n])
	}
	for x := range n {
		for y := range n {
			col[y] = v[y*n+x]
		}
		fft(col)
		for y := range n {
			v[y*n+x] = col[y]
		}
	}
	return v
}

var twiddle = func() (w [spectrumSide / 2]complex128) {
	for i := range w {
		s, c := math.Sincos(-2 * math.Pi * float64(i) / spectrumSide)
		w[i] = complex(c, s)
	}
	return w
}()

// fft is the transform of Cooley and Tukey of spectrumSide values, in place.
func fft(v []complex128) {
	const n = spectrumSide
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			v[i], v[j] = v[j], v[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		for from := 0; from < n; from += size {
			for k := range size / 2 {
				a, b := v[from+k], v[from+k+size/2]*twiddle[k*(n/size)]
				v[from+k], v[from+k+size/2] = a+b, a-b
			}
		}
	}
}

// Frequencies looked at, in cycles a pixel. Below, eyes and mouth are strong; above, cameras have patterns of their own.
const (
	lowestPitch  = .07
	highestPitch = .46
	aroundPeak   = 5 // bins
)

// peak is how far the strongest raster stands out: the logarithm (base ten) of its power over the median of its surroundings.
// Noise alone gives about 0.6 over five frames. NaN without a frame.
func (s *spectrum) peak() float64 {
	const n = spectrumSide
	if s.n == 0 {
		return math.NaN()
	}
	best := 0.0
	for ky := range n/2 + 1 { // the other half says the same
		for kx := range n {
			fx, fy := signed(kx), signed(ky)
			if r := math.Hypot(float64(fx), float64(fy)) / n; r < lowestPitch || r > highestPitch || blocky(fx) && blocky(fy) {
				continue
			}
			if s.summit(kx, ky) {
				best = max(best, s.power[ky*n+kx]/s.near(kx, ky))
			}
		}
	}
	return math.Log10(max(best, 1))
}

// summit reports whether a bin is the highest among its eight neighbours; only these are compared with their surroundings.
func (s *spectrum) summit(kx, ky int) bool {
	const n = spectrumSide
	p := s.power[ky*n+kx]
	for dy := n - 1; dy <= n+1; dy++ {
		for dx := n - 1; dx <= n+1; dx++ {
			if s.power[((ky+dy)%n)*n+(kx+dx)%n] > p {
				return false
			}
		}
	}
	return true
}

func signed(k int) int {
	if k > spectrumSide/2 {
		return k - spectrumSide
	}
	return k
}

// blocky reports whether a frequency is one of a JPEG's blocks of eight pixels, as cameras on USB send.
func blocky(f int) bool {
	m := ((f % (spectrumSide / 8)) + spectrumSide/8) % (spectrumSide / 8)
	return m <= 1 || m >= spectrumSide/8-1
}

// near is the median power in a ring of bins around one.
func (s *spectrum) near(kx, ky int) float64 {
	const n = spectrumSide
	var v [8 * aroundPeak]float64
	i := 0
	for dy := -aroundPeak; dy <= aroundPeak; dy++ {
		for dx := -aroundPeak; dx <= aroundPeak; dx++ {
			if max(dx, -dx, dy, -dy) == aroundPeak {
				v[i] = s.power[((ky+dy+n)%n)*n+(kx+dx+n)%n]
				i++
			}
		}
	}
	slices.Sort(v[:i])
	return v[i/2] + 1e-9
}
