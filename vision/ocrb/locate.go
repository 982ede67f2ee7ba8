package ocrb

import (
	"encoding/binary"
	"image"
	"math"
	"slices"

	"gocv.io/x/gocv"
)

// blob is a dark patch that may be a character, in pixels of the frame.
type blob struct{ x, y, w, h float64 } // x, y: its middle

// look is one way of looking for blobs: at what scale, and how wide the surroundings are that a pixel is compared with.
type look struct {
	scale float64
	block int // pixels at that scale, odd
	blur  int // pixels, odd; 0 for none
}

// looks are tried in this order: most zones are found by the first.
var looks = []look{{1, 31, 3}, {2, 41, 5}, {.5, 25, 3}, {1, 61, 5}, {1, 21, 0}}

// Limits on blobs.
const (
	minBlob, maxBlob = 6, 70 // pixels of height, at the look's scale
	maxBlobs         = 6000  // of a frame; more is texture
	darker           = 9     // how much darker than its surroundings ink is
)

// blobs finds dark patches of the size of characters.
func (l look) blobs(grey *gocv.Mat) []blob {
	work := grey.Clone()
	defer func() { _ = work.Close() }()
	if l.scale != 1 {
		gocv.Resize(*grey, &work, image.Point{}, l.scale, l.scale, gocv.InterpolationCubic)
	}
	if l.blur > 0 {
		gocv.GaussianBlur(work, &work, image.Pt(l.blur, l.blur), 0, 0, gocv.BorderReplicate)
	}
	gocv.AdaptiveThreshold(work, &work, 255, gocv.AdaptiveThresholdMean, gocv.ThresholdBinaryInv, l.block, darker)
	labels, stats, centres := gocv.NewMat(), gocv.NewMat(), gocv.NewMat()
	defer labels.Close()
	defer stats.Close()
	defer centres.Close()
	n := gocv.ConnectedComponentsWithStats(work, &labels, &stats, &centres)
	raw := stats.ToBytes() // five 32 bit numbers each: left, top, width, height, area
	if len(raw) < 20*n {
		return nil
	}
	var list []blob
	for i := 1; i < n; i++ {
		var s [5]float64
		for k := range s {
			s[k] = float64(int32(binary.LittleEndian.Uint32(raw[20*i+4*k:]))) //nolint:gosec // OpenCV's int
		}
		w, h, area := s[2], s[3], s[4]
		if h < minBlob || h > maxBlob || w > 1.6*h || w < .1*h || area < .12*w*h {
			continue
		}
		list = append(list, blob{(s[0] + w/2) / l.scale, (s[1] + h/2) / l.scale, w / l.scale, h / l.scale})
	}
	if len(list) > maxBlobs {
		return nil
	}
	return list
}

// run is a row of blobs of even pitch: a line of text, or a part of one.
type run struct {
	blobs []blob // from left to right
	pitch float64
	a, b  float64 // y = a + b·x
}

// The least a line has: fewer blobs are no line of 30.
const (
	minChain = 5
	minRun   = 14
)

// runs joins blobs into lines.
func runs(list []blob) []run {
	slices.SortFunc(list, func(p, q blob) int { return cmp(p.x, q.x) })
	chains := chain(list)
	slices.SortFunc(chains, func(p, q []blob) int { return len(q) - len(p) })
	var out []run
	used := make([]bool, len(chains))
	for i, c := range chains {
		if used[i] {
			continue
		}
		used[i] = true
		r := newRun(c)
		for again := true; again; {
			again = false
			for j, d := range chains {
				if !used[j] && r.joins(d) {
					used[j], again = true, true
					r = newRun(append(slices.Clone(r.blobs), d...))
				}
			}
		}
		if len(r.blobs) >= minRun {
			out = append(out, r)
		}
	}
	return out
}

func cmp(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// chain links every blob to its nearest neighbour on the right of about the same height and level.
func chain(list []blob) [][]blob {
	next, prev := make([]int, len(list)), make([]int, len(list))
	for i := range list {
		next[i], prev[i] = -1, -1
	}
	for i, p := range list {
		best, at := math.Inf(1), -1
		for j := i + 1; j < len(list); j++ {
			q := list[j]
			h := max(p.h, q.h)
			dx, dy := q.x-p.x, math.Abs(q.y-p.y)
			if dx > 2.6*h {
				break
			}
			if dx < .35*h || min(p.h, q.h) < .5*h || dy > .22*h+.3*dx || dx+2*dy >= best {
				continue
			}
			best, at = dx+2*dy, j
		}
		if at >= 0 && (prev[at] < 0 || closer(list, i, prev[at], at)) {
			if prev[at] >= 0 {
				next[prev[at]] = -1
			}
			next[i], prev[at] = at, i
		}
	}
	var chains [][]blob
	for i := range list {
		if prev[i] >= 0 || next[i] < 0 {
			continue
		}
		var c []blob
		for j := i; j >= 0; j = next[j] {
			c = append(c, list[j])
		}
		if len(c) >= minChain {
			chains = append(chains, c)
		}
	}
	return chains
}

func closer(list []blob, a, b, to int) bool {
	d := func(i int) float64 { return list[to].x - list[i].x + 2*math.Abs(list[to].y-list[i].y) }
	return d(a) < d(b)
}

// newRun sorts the blobs and measures level and pitch.
func newRun(list []blob) run {
	slices.SortFunc(list, func(p, q blob) int { return cmp(p.x, q.x) })
	r := run{blobs: list}
	r.a, r.b = level(list)
	var gaps []float64
	for i := 1; i < len(list); i++ {
		gaps = append(gaps, math.Hypot(list[i].x-list[i-1].x, list[i].y-list[i-1].y))
	}
	slices.Sort(gaps)
	r.pitch = gaps[len(gaps)*2/5]
	return r
}

// level fits a line by least squares, twice, the second time without what stands off.
func level(list []blob) (a, b float64) {
	keep := list
	for range 2 {
		var sx, sy, sxx, sxy float64
		for _, p := range keep {
			sx, sy, sxx, sxy = sx+p.x, sy+p.y, sxx+p.x*p.x, sxy+p.x*p.y
		}
		n := float64(len(keep))
		if d := n*sxx - sx*sx; d > 0 {
			b = (n*sxy - sx*sy) / d
		}
		a = (sy - b*sx) / n
		var near []blob
		for _, p := range keep {
			if math.Abs(p.y-a-b*p.x) < .3*p.h {
				near = append(near, p)
			}
		}
		if len(near) < minChain {
			break
		}
		keep = near
	}
	return a, b
}

// joins reports whether a chain goes on where the line goes, not farther than five characters away.
func (r run) joins(c []blob) bool {
	first, last := r.blobs[0], r.blobs[len(r.blobs)-1]
	gap := max(c[0].x-last.x, first.x-c[len(c)-1].x)
	if gap > 6*r.pitch || gap < .4*r.pitch {
		return false
	}
	for _, p := range []blob{c[0], c[len(c)-1]} {
		if math.Abs(p.y-r.a-r.b*p.x) > .5*p.h {
			return false
		}
	}
	return true
}
