package liveness

import "math"

// Motion between two frames.
const (
	leastMove = .6  // pixels of the overview that the face must have moved for the comparison to say something
	leastDiff = 7.0 // difference of brightness between the two hypotheses that makes a pixel a vote
	leastVote = 40  // pixels
)

// together counts how the surroundings of a face moved between two overviews: votes are pixels at which the two hypotheses
// (moved with the face, stayed) differ clearly; moved are those for which the first fits better. Before a fixed camera the
// background of a living head stays; around the face on a sheet or screen held in the hand everything moves along.
//
// Head and hair move with the face: only places beside and above them are asked.
func together(a, b *plane, fa, fb Face) (moved, votes int) {
	ca, cb := fa.middle(), fb.middle()
	dx, dy := cb.X-ca.X, cb.Y-ca.Y
	if d := math.Hypot(dx, dy); d < leastMove || d > fb.W/2 || a.w != b.w || a.h != b.h {
		return 0, 0
	}
	x0, x1 := int(fb.X-1.1*fb.W), int(fb.X+2.1*fb.W)
	y0, y1 := int(fb.Y-.95*fb.H), int(fb.Y+.55*fb.H)
	for y := max(1, y0); y < min(b.h-1, y1); y++ {
		for x := max(1, x0); x < min(b.w-1, x1); x++ {
			if headLike(float64(x), float64(y), &fb) {
				continue
			}
			now, stay, along := b.v[y*b.w+x], a.v[y*a.w+x], a.at(float64(x)-dx, float64(y)-dy)
			if d := stay - along; d < leastDiff && d > -leastDiff {
				continue
			}
			votes++
			if abs(now-along) < abs(now-stay) {
				moved++
			}
		}
	}
	return moved, votes
}

func abs(v float32) float32 { return max(v, -v) }

// headLike reports whether a place may belong to head or hair.
func headLike(x, y float64, f *Face) bool {
	dx, dy := (x-f.X-f.W/2)/f.W, (y-f.Y-f.H/2)/f.H
	return math.Abs(dx) < .80 && dy > -.95
}

// bandRows are the rows that the face is divided into to look for running bands.
const bandRows = 56

// rows are the mean logarithms of the brightness in rows of the face, for three columns of it, and of the frame's two margins.
type rows struct {
	face   [3][bandRows]float64
	margin [2][bandRows]float64
}

// rowsOf reads the rows of a frame. The face's go along with it, the margins' stand still.
func rowsOf(p *plane, f Face) rows {
	var r rows
	c := f.middle()
	for i := range bandRows {
		y := c.Y + f.H*(1.5*float64(i)/bandRows-.75)
		for s := range 3 {
			x := c.X + f.W*(float64(s)*.3-.42)
			r.face[s][i] = meanLog(p, x, x+.24*f.W, y)
		}
		y = float64(p.h) * (float64(i) + .5) / bandRows
		r.margin[0][i] = meanLog(p, 1, .07*float64(p.w), y)
		r.margin[1][i] = meanLog(p, .93*float64(p.w), float64(p.w)-2, y)
	}
	return r
}

func meanLog(p *plane, x0, x1, y float64) float64 {
	sum, n := 0.0, 0
	for x := x0; x < x1; x += 2 {
		sum += math.Log(float64(p.at(x, y)) + 8)
		n++
	}
	return sum / float64(max(n, 1))
}

// bands is the depth of bright and dark bands that run over the face, as a part of its brightness, beyond what runs over the
// margins of the frame. Bands are alike in all columns, what moves in a face is not; lamps on mains current make bands too,
// but over the whole frame. NaN with fewer than four frames.
func bands(all []rows) float64 {
	if len(all) < 4 {
		return math.NaN()
	}
	var face [3][][bandRows]float64
	var margin [2][][bandRows]float64
	for _, r := range all {
		for s := range face {
			face[s] = append(face[s], r.face[s])
		}
		for s := range margin {
			margin[s] = append(margin[s], r.margin[s])
		}
	}
	in := max(0, min(common(face[0], face[1]), common(face[1], face[2]), common(face[0], face[2])))
	out := max(0, common(margin[0], margin[1]))
	return max(0, math.Sqrt(in)-math.Sqrt(out))
}

// common is the covariance, over frames and rows, of what changes in two columns.
func common(a, b [][bandRows]float64) float64 {
	da, db := changes(a), changes(b)
	sum := 0.0
	for t := range da {
		for i := range bandRows {
			sum += da[t][i] * db[t][i]
		}
	}
	return sum / float64(len(da)*bandRows)
}

// changes takes off each row's mean over time and each frame's mean over rows, which is only exposure.
func changes(v [][bandRows]float64) [][bandRows]float64 {
	out := make([][bandRows]float64, len(v))
	var mean [bandRows]float64
	for i := range bandRows {
		for t := range v {
			mean[i] += v[t][i] / float64(len(v))
		}
	}
	for t := range v {
		m := 0.0
		for i := range bandRows {
			out[t][i] = v[t][i] - mean[i]
			m += out[t][i] / bandRows
		}
		for i := range bandRows {
			out[t][i] -= m
		}
	}
	return out
}
