package face

import (
	"math"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// area is a rectangle of the aligned face, in pixels of the template.
type area struct{ x0, y0, x1, y1 int }

// Where an aligned face shows what.
var (
	eyeBand    = area{22, 46, 90, 62}
	skinAreas  = []area{{30, 58, 44, 64}, {68, 58, 82, 64}, {44, 28, 68, 36}} // upper cheeks, forehead
	belowAreas = []area{{52, 58, 60, 68}, {34, 66, 78, 80}}                   // nose, and cheeks below glasses
	lowerAreas = []area{{44, 84, 68, 106}}
)

// darkOfSkin is how dark a pixel must be, as a part of the brightness of nose and cheeks, to count as dark.
const darkOfSkin = .35

// covered tells what may hide a face. A band across the eyes that is for the most part much darker than nose and cheeks is behind
// dark glasses (the landmarks on these are not exact, so no single place is asked); a mouth of another colour than the cheeks is
// behind a mask, one with a pattern behind a scarf. A black mask, or one of the skin's colour, is not told so; nor are closed
// eyes, which five landmarks do not show.
func covered(pix []uint8, size int) (eyesDark, lower, pattern float64) {
	below, _, _ := colourOf(pix, size, belowAreas)
	_, cb, cr := colourOf(pix, size, skinAreas)
	_, lb, lr := colourOf(pix, size, lowerAreas)
	return darkPart(pix, size, eyeBand, darkOfSkin*below), math.Hypot(cb-lb, cr-lr), patternOf(pix, size)
}

// darkPart is the part of an area's pixels that are darker than limit.
func darkPart(pix []uint8, size int, a area, limit float64) float64 {
	n, dark := 0, 0
	k := func(v int) int { return v * size / templateSize }
	for row := k(a.y0); row < k(a.y1); row++ {
		for col := k(a.x0); col < k(a.x1); col++ {
			n++
			if luma(pix[3*(row*size+col):]) < limit {
				dark++
			}
		}
	}
	return float64(dark) / float64(max(n, 1))
}

// patternOf gives how much the colour changes across mouth and chin, among squares of four pixels: a scarf has a pattern.
func patternOf(pix []uint8, size int) float64 {
	a := lowerAreas[0]
	var n, sb, sr, qb, qr float64
	for y := a.y0; y+4 <= a.y1; y += 4 {
		for x := a.x0; x+4 <= a.x1; x += 4 {
			_, cb, cr := colourOf(pix, size, []area{{x, y, x + 4, y + 4}})
			n, sb, sr, qb, qr = n+1, sb+cb, sr+cr, qb+cb*cb, qr+cr*cr
		}
	}
	return math.Sqrt(max(0, qb/n-sb/n*sb/n+qr/n-sr/n*sr/n))
}

// colourOf gives the mean brightness and colour difference (Y, Cb, Cr of ITU-R BT.601) of areas.
func colourOf(pix []uint8, size int, areas []area) (y, cb, cr float64) {
	n := 0.0
	var b, g, r float64
	k := func(v int) int { return v * size / templateSize }
	for _, a := range areas {
		for row := k(a.y0); row < k(a.y1); row++ {
			for col := k(a.x0); col < k(a.x1); col++ {
				p := pix[3*(row*size+col):]
				b, g, r, n = b+float64(p[0]), g+float64(p[1]), r+float64(p[2]), n+1
			}
		}
	}
	b, g, r = b/max(n, 1), g/max(n, 1), r/max(n, 1)
	y = 0.299*r + 0.587*g + 0.114*b
	return y, 0.564 * (b - y), 0.713 * (r - y)
}

// Settings of a frame without a face.
const (
	blackLuma  = 20   // below it a pixel shows nothing
	blackPart  = 0.35 // of the pixels, with the others lit: something is before the camera
	litLuma    = 60
	darkFrame  = 40
	whiteFrame = 235
)

// emptyHint tells what keeps a face from being found in a frame: darkness, glare, something before the camera, or nobody is
// there.
func emptyHint(m *gocv.Mat) kiosk.FaceHint {
	if !vision.IsBGR(m) {
		return kiosk.HintNoFace
	}
	pix, err := m.DataPtrUint8()
	if err != nil {
		return kiosk.HintNoFace
	}
	var black, n, lit float64
	for i := 0; i+3 <= len(pix); i += 3 * 37 {
		if v := luma(pix[i : i+3]); v < blackLuma {
			black++
		} else {
			lit += v
		}
		n++
	}
	switch mean := lit / max(n, 1); {
	case black/max(n, 1) >= blackPart && lit/max(n-black, 1) >= litLuma:
		return kiosk.HintCovered
	case mean < darkFrame:
		return kiosk.HintTooDark
	case mean > whiteFrame:
		return kiosk.HintTooBright
	}
	return kiosk.HintNoFace
}

// mover tells how fast a face moves from frame to frame.
type mover struct {
	at   time.Time
	x, y float64
}

// maxPause is the longest time between two frames that are compared.
const maxPause = 500 * time.Millisecond

// see gives the speed of a face in eye distances a second, 0 when it was not seen shortly before.
func (o *mover) see(f *Face, at time.Time) float64 {
	x, y := (f.Marks[LeftEye].X+f.Marks[RightEye].X)/2, (f.Marks[LeftEye].Y+f.Marks[RightEye].Y)/2
	dt := at.Sub(o.at)
	speed := 0.0
	if dt > 0 && dt <= maxPause {
		speed = math.Hypot(x-o.x, y-o.y) / f.EyeDistance() / dt.Seconds()
	}
	o.at, o.x, o.y = at, x, y
	return speed
}
