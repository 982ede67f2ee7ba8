package paper

import "math"

// Shapes: the longer side over the shorter.
const (
	aspectA      = math.Sqrt2    // ISO 216: A4, A5
	aspectLetter = 11 / 8.5      // ANSI Y14.1: Letter
	aspectCard   = 85.60 / 53.98 // ISO/IEC 7810: ID-1
	aspectPhone  = 1.72          // telephones are longer than that
	focalGuess   = 1.1           // of the longer side of the picture: about 49° of view
	focalLeast   = .7            // cameras see less than 71°
	focalMost    = 3.0           //
	wellTilted   = .06           // vanishing of the sides from which on the focal length is computed
)

// Aspect gives width over height of a flat rectangle from its picture, of w by h pixels.
//
// The homography from the unit square gives the rectangle's two axes as the camera sees them; their lengths' ratio is the
// aspect once the focal length is known, and both sides being orthogonal gives that, if the view is tilted enough. The
// picture's middle is taken for the principal point, pixels for square (Z. Zhang, L. He, Whiteboard scanning and image
// enhancement, MSR-TR-2003-39).
func Aspect(q Quad, w, h int) float64 {
	long := float64(max(w, h))
	var c [4]Point
	for i := range q {
		c[i] = Point{(q[i].X - float64(w)/2) / long, (q[i].Y - float64(h)/2) / long}
	}
	// Square to quad: (g, k) is the perspective part (P. Heckbert, 1989).
	d1, d2, s := c[1].minus(c[2]), c[3].minus(c[2]), c[0].minus(c[1]).plus(c[2]).minus(c[3])
	det := d1.cross(d2)
	if det == 0 {
		return math.NaN()
	}
	g, k := s.cross(d2)/det, d1.cross(s)/det
	a, b := c[1].minus(c[0]).plus(c[1].times(g)), c[3].minus(c[0]).plus(c[3].times(k))
	f := focalGuess
	if math.Abs(g) > wellTilted && math.Abs(k) > wellTilted {
		if f2 := -a.dot(b) / (g * k); f2 > focalLeast*focalLeast && f2 < focalMost*focalMost {
			f = math.Sqrt(f2)
		}
	}
	return math.Sqrt((a.dot(a) + g*g*f*f) / (b.dot(b) + k*k*f*f))
}
