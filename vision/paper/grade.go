package paper

import (
	"image"
	"math"
	"slices"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// Limits of the grades. Lengths on the page are in millimetres of an A4 page unless the camera's scale is known.
const (
	darkMean    = 14.0  // mean brightness of the whole picture that is a covered lens
	brightMean  = 251.0 // and one that is overexposed
	darkPaper   = 62.0  // brightness of the paper below which print drowns in noise
	leastDPI    = 50.0  // dots an inch of the camera on the page; below, small print cannot be read
	leastShare  = .10   // of the picture, for a page
	mostBlur    = .72   // millimetres of deviation of the print's edges
	mostGlare   = .006  // share of the page that is one saturated patch
	leastInk    = .0007 // share of the page that is print
	leastCover  = .0018 // share of the page that is one patch over its edge
	leastGap    = .03   // share of a side that is not seen, where something lies over it
	probeLong   = 1000  // pixels of the page's picture that is measured
	smallLong   = 420   // and of the one for patches
	inkPart     = .74   // of the paper's brightness: darker is print
	saturated   = 253
	leastVeil   = 9   // cells with washed-out print that a mirrored lamp leaves around it
	veilLow     = 150 // brightness of the darkest in such a cell
	veilHigh    = 232 //
	notPaper    = .62 // of the paper's brightness
	cardSnap    = .05 // how near a shape must be to a card's
	cardShare   = .22 // of the picture: a sheet of that shape that is bigger is no card
	focusSample = 13  // pixels of the window in which an edge's contrast is taken
)

// Quality is what was measured on a picture of a page.
type Quality struct {
	Flaw   kiosk.PaperFlaw `json:"flaw,omitempty"` // the first reason not to use it, "" when there is none
	Score  float64         `json:"score"`          // of the outline, 0..1
	Format string          `json:"format,omitempty"`
	Aspect float64         `json:"aspect,omitempty"` // width over height
	DPI    float64         `json:"dpi,omitempty"`    // of the camera on the page
	Light  float64         `json:"light,omitempty"`  // brightness of the paper, 0..255
	Blur   float64         `json:"blur_mm,omitempty"`
	Ink    float64         `json:"ink"`     // share of the page that is print
	Glare  float64         `json:"glare"`   // share of the biggest saturated patch
	Cover  float64         `json:"covered"` // share of the biggest patch over the page's edge
	Turn   Turn            `json:"-"`
	Turned int             `json:"turned"` // quarters clockwise that the page was turned
}

// exposure refuses a picture that is black or white as a whole.
func exposure(m *gocv.Mat) kiosk.PaperFlaw {
	mean := m.Mean()
	v := .114*mean.Val1 + .587*mean.Val2 + .299*mean.Val3
	switch {
	case v < darkMean:
		return kiosk.PaperDark
	case v > brightMean:
		return kiosk.PaperBright
	}
	return ""
}

// shape refuses what the outline alone tells is no page. round tells whether the thing's corners are.
func shape(f *Found, aspect, share float64, round bool) kiosk.PaperFlaw {
	a := max(aspect, 1/aspect)
	switch {
	case f.Cut:
		return kiosk.PaperCut
	case math.Abs(a/aspectCard-1) < cardSnap && (share < cardShare || round):
		return kiosk.PaperCard
	case a > aspectPhone && (share < .5 || round):
		return kiosk.PaperScreen
	case a > aspectPhone || a < 1.1:
		return kiosk.PaperNotAPage
	}
	return ""
}

// Places at a corner, as parts of the shorter side: on a chip card, whose corners are round with 3.18 of 53.98 mm, the first
// shows the table and the second the card.
const (
	cornerTip, cornerIn = .007, .055
	roundLong           = 800 // pixels of the straightened thing
	roundStep           = 24  // levels between them
)

// rounded reports whether at least three corners of a thing are round. Small things are too coarse to tell.
func rounded(m *gocv.Mat, q Quad, aspect float64) (bool, error) {
	w, h := roundLong, int(roundLong/max(aspect, .2))
	if aspect < 1 {
		w, h = int(roundLong*max(aspect, .2)), roundLong
	}
	flat, err := flatten(m, q, image.Pt(w, h))
	if err != nil {
		return false, err
	}
	defer flat.Close()
	r, err := rasterOf(&flat)
	if err != nil {
		return false, err
	}
	n, short := 0, float64(min(w, h))
	for _, c := range [4][4]float64{{0, 0, 1, 1}, {1, 0, -1, 1}, {1, 1, -1, -1}, {0, 1, 1, -1}} {
		at := func(d float64) Point {
			return Point{c[0]*float64(w) + c[2]*d*short, c[1]*float64(h) + c[3]*d*short}
		}
		a, b, diff := r.at(at(cornerTip)), r.at(at(cornerIn)), 0.0
		for k := range a {
			diff = max(diff, math.Abs(a[k]-b[k]))
		}
		if diff > roundStep {
			n++
		}
	}
	return n >= 3, nil
}

// measure fills in what the straightened page shows. page is native: not enlarged.
func (q *Quality) measure(page *gocv.Mat, f *Found, mm float64) error {
	r, err := rasterOf(page)
	if err != nil {
		return err
	}
	l := paperLight(&r)
	q.Light, _ = l.level()
	if q.Blur, err = blur(page); err != nil {
		return err
	}
	q.Blur *= mm
	q.Ink = ink(&r, &l)
	small, _, err := vision.Fit(page, smallLong, smallLong)
	if err != nil {
		return err
	}
	defer small.Close()
	s, err := rasterOf(&small)
	if err != nil {
		return err
	}
	if r.veiled() >= leastVeil {
		q.Glare = largest(s.glare(), s.w, s.h, 3, false)
	}
	if f.Gap > leastGap {
		q.Cover = largest(s.foreign(&l), s.w, s.h, 5, true)
	}
	return nil
}

// judge gives the first flaw.
func (q *Quality) judge(share float64) kiosk.PaperFlaw {
	switch {
	case q.Light < darkPaper:
		return kiosk.PaperDark
	case q.DPI < leastDPI || share < leastShare:
		return kiosk.PaperSmall
	case q.Cover > leastCover:
		return kiosk.PaperCovered
	case q.Glare > mostGlare:
		return kiosk.PaperGlare
	case q.Ink < leastInk:
		return kiosk.PaperBlank
	case q.Blur > mostBlur:
		return kiosk.PaperBlurred
	}
	return ""
}

// blur gives the deviation, in pixels, of the blur on the sharpest print: an edge blurred with a Gaussian of deviation s and
// contrast c rises by at most c/(s·√2π) a pixel.
func blur(page *gocv.Mat) (float64, error) {
	grey, gx, gy := gocv.NewMat(), gocv.NewMat(), gocv.NewMat()
	hi, lo := gocv.NewMat(), gocv.NewMat()
	defer vision.CloseAll([]gocv.Mat{grey, gx, gy, hi, lo})
	gocv.CvtColor(*page, &grey, gocv.ColorBGRToGray)
	gocv.Sobel(grey, &gx, gocv.MatTypeCV16S, 1, 0, 3, 1, 0, gocv.BorderReplicate)
	gocv.Sobel(grey, &gy, gocv.MatTypeCV16S, 0, 1, 3, 1, 0, gocv.BorderReplicate)
	kernel := gocv.GetStructuringElement(gocv.MorphRect, image.Pt(focusSample, focusSample))
	defer kernel.Close()
	gocv.Dilate(grey, &hi, kernel)
	gocv.Erode(grey, &lo, kernel)
	x, err1 := gx.DataPtrInt16()
	y, err2 := gy.DataPtrInt16()
	h, err3 := hi.DataPtrUint8()
	l, err4 := lo.DataPtrUint8()
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return 0, err
		}
	}
	return sharpest(x, y, h, l, grey.Cols(), grey.Rows()), nil
}

func sharpest(x, y []int16, hi, lo []byte, w, h int) float64 {
	var hist [256]int
	each := func(f func(i int)) {
		for r := h / 30; r < h-h/30; r++ {
			for c := w / 30; c < w-w/30; c++ {
				f(r*w + c)
			}
		}
	}
	n := 0
	each(func(i int) { hist[hi[i]-lo[i]]++; n++ })
	top, sum := 255, 0
	for ; top > 0; top-- {
		if sum += hist[top]; sum*100 >= n {
			break
		}
	}
	least := max(14, top/2)
	var steep []float64
	each(func(i int) {
		if c := int(hi[i]) - int(lo[i]); c >= least {
			if g := math.Hypot(float64(x[i]), float64(y[i])) / 8; g > .04*float64(c) {
				steep = append(steep, g/float64(c))
			}
		}
	})
	if len(steep) < 40 {
		return 0
	}
	slices.Sort(steep)
	return 1 / (steep[len(steep)*92/100] * math.Sqrt(2*math.Pi))
}

// ink is the share of the page, without its rim, that is clearly darker than its paper, or coloured.
func ink(r *raster, l *light) float64 {
	row := make([][3]float64, r.w)
	n, dark := 0, 0
	for y := r.h / 25; y < r.h-r.h/25; y++ {
		l.row(y, r.w, r.h, row)
		for x := r.w / 25; x < r.w-r.w/25; x++ {
			n++
			i := 3 * (y*r.w + x)
			v := min(float64(r.pix[i])/row[x][0], float64(r.pix[i+1])/row[x][1], float64(r.pix[i+2])/row[x][2])
			if v < inkPart {
				dark++
			}
		}
	}
	return float64(dark) / float64(max(n, 1))
}

// glare marks saturated pixels.
func (r *raster) glare() []byte {
	mask := make([]byte, r.w*r.h)
	for i := range mask {
		if min(r.pix[3*i], r.pix[3*i+1], r.pix[3*i+2]) >= saturated {
			mask[i] = 255
		}
	}
	return mask
}

// veiled counts the cells in which the paper is saturated and the print is washed out, but still there. Around a mirrored lamp
// there are many; paper that is merely well lit keeps its print black.
func (r *raster) veiled() (n int) {
	const side = 26
	for y := r.h / 40; y+side < r.h-r.h/40; y += side {
		for x := r.w / 40; x+side < r.w-r.w/40; x += side {
			var hist [256]int
			for v := y; v < y+side; v++ {
				for u := x; u < x+side; u++ {
					hist[r.pix[3*(v*r.w+u)+1]]++
				}
			}
			part := func(share int) (v int) {
				for sum := hist[0]; sum*100 < share*side*side; sum += hist[v] {
					v++
				}
				return v
			}
			if dark := part(3); part(70) >= saturated && dark > veilLow && dark < veilHigh {
				n++
			}
		}
	}
	return n
}

// foreign marks pixels that are not paper: much darker than it, or of the colour of skin.
func (r *raster) foreign(l *light) []byte {
	mask := make([]byte, r.w*r.h)
	row := make([][3]float64, r.w)
	for y := range r.h {
		l.row(y, r.w, r.h, row)
		for x := range r.w {
			i := y*r.w + x
			b, g, d := float64(r.pix[3*i])/row[x][0], float64(r.pix[3*i+1])/row[x][1], float64(r.pix[3*i+2])/row[x][2]
			skin := d > .2 && d > g && g > b && (d-b)/d > .16 && (d-b)/d < .75 && (d-g)/d > .06 && (d-g)/d < .5
			if skin || luma([3]float64{b, g, d}) < notPaper {
				mask[i] = 255
			}
		}
	}
	return mask
}

// largest gives the share of the biggest patch of a mask after things narrower than open pixels are gone; rim asks for
// patches that touch the page's edge.
func largest(pix []byte, w, h, open int, rim bool) float64 {
	mask := gocv.NewMatWithSize(h, w, gocv.MatTypeCV8U)
	defer mask.Close()
	room, err := mask.DataPtrUint8()
	if err != nil || len(room) != len(pix) {
		return 0
	}
	copy(room, pix)
	kernel := gocv.GetStructuringElement(gocv.MorphEllipse, image.Pt(open, open))
	defer kernel.Close()
	clean, labels, stats, centres := gocv.NewMat(), gocv.NewMat(), gocv.NewMat(), gocv.NewMat()
	defer vision.CloseAll([]gocv.Mat{clean, labels, stats, centres})
	gocv.MorphologyEx(mask, &clean, gocv.MorphOpen, kernel)
	n := gocv.ConnectedComponentsWithStats(clean, &labels, &stats, &centres)
	best := 0
	for i := 1; i < n; i++ {
		x, y, cw, ch := int(stats.GetIntAt(i, 0)), int(stats.GetIntAt(i, 1)), int(stats.GetIntAt(i, 2)), int(stats.GetIntAt(i, 3))
		const near = 4
		if rim && x > near && y > near && x+cw < w-near && y+ch < h-near {
			continue
		}
		if rim && min(cw, ch) < 2*open { // a strip along the edge: the shadow of a copier, or the edge not quite met
			continue
		}
		best = max(best, int(stats.GetIntAt(i, 4)))
	}
	return float64(best) / float64(w*h)
}
