package face

import (
	"math"

	"gocv.io/x/gocv"

	"motcua/kiosk"
)

// Facts are what is measured on one frame. Luma is 0..255.
type Facts struct {
	Faces     int     // prominent faces
	EyeDist   float64 // pixels between the eyes of the largest
	EyePart   float64 // the same as a part of the frame's shorter side
	OffX      float64 // distance of the face's middle from the frame's, as a part of its width
	Inside    float64 // from the frame's nearest edge to the face, in heights of the face; below 0 when it is cut off
	Yaw       float64 // the nose's way from the middle of the eyes, along the eyes, in eye distances; 0 is straight
	Pitch     float64 // how far down from eyes to mouth the nose stands; about 0.5 is straight
	Roll      float64 // degrees
	Luma      float64 // mean of the aligned face
	Contrast  float64 // its standard deviation
	Sharpness float64 // variance of its Laplacian at half size, where camera noise counts less
	FrameLuma float64 // mean of the whole frame
	EyesDark  float64 // part of the band across the eyes that is much darker than nose and cheeks
	Lower     float64 // how far the colour around mouth and chin is from that of the upper cheeks and forehead (Cb, Cr of BT.601)
	Pattern   float64 // how much the colour changes across mouth and chin
	Moved     float64 // how fast the face moved since the frame before, in eye distances a second; 0 when that is not known
}

// Gates are the limits a frame must keep to be used.
type Gates struct {
	MinEyeDist, MinEyePart, MaxEyePart float64
	MaxOffX, MinInside                 float64
	MaxYaw, MinPitch, MaxPitch         float64
	MaxRoll                            float64
	MinLuma, MaxLuma, MinContrast      float64
	MinSharpness                       float64
	MaxBacklight                       float64 // frame luma over face luma
	MaxEyesDark, MaxLower, MaxPattern  float64 // one real photograph in 150 or fewer is beyond each
	DarkLuma                           float64 // eyes are looked for dark glasses from this luma of the face on, also against the light
	MaxMoved                           float64
}

// DefaultGates are for a camera of at least 480 pixels on its shorter side. A face may stand high or low in the frame, as those of
// tall and of seated people do; it must only be in it whole.
func DefaultGates() Gates {
	return Gates{
		MinEyeDist: 36, MinEyePart: 0.08, MaxEyePart: 0.32,
		MaxOffX: 0.24, MinInside: 0,
		MaxYaw: 0.20, MinPitch: 0.25, MaxPitch: 0.80, MaxRoll: 20,
		MinLuma: 45, MaxLuma: 215, MinContrast: 14, MinSharpness: 130, MaxBacklight: 2.4,
		MaxEyesDark: 0.45, MaxLower: 34, MaxPattern: 21, DarkLuma: 30, MaxMoved: 2,
	}
}

// Hint names the first thing the person should change, most helpful first; HintNone means that the frame can be used.
func (g Gates) Hint(f Facts) kiosk.FaceHint {
	switch {
	case f.Faces == 0:
		return kiosk.HintNoFace
	case f.Faces > 1:
		return kiosk.HintManyFaces
	case !(f.EyeDist >= g.MinEyeDist && f.EyePart >= g.MinEyePart):
		return kiosk.HintTooFar
	case !(f.EyePart <= g.MaxEyePart):
		return kiosk.HintTooNear
	case !(math.Abs(f.OffX) <= g.MaxOffX && f.Inside >= g.MinInside):
		return kiosk.HintOffCentre
	case f.Luma >= g.DarkLuma && f.EyesDark > g.MaxEyesDark: // dark glasses darken a face enough to look like light from behind
		return kiosk.HintCovered
	case !(f.FrameLuma <= g.MaxBacklight*f.Luma):
		return kiosk.HintBacklight
	case !(f.Luma >= g.MinLuma && f.Contrast >= g.MinContrast):
		return kiosk.HintTooDark
	case !(f.Luma <= g.MaxLuma):
		return kiosk.HintTooBright
	case !(math.Abs(f.Yaw) <= g.MaxYaw && f.Pitch >= g.MinPitch && f.Pitch <= g.MaxPitch && math.Abs(f.Roll) <= g.MaxRoll):
		return kiosk.HintTurned
	case !(f.Moved <= g.MaxMoved):
		return kiosk.HintMoving
	case !(f.EyesDark <= g.MaxEyesDark && f.Lower <= g.MaxLower && f.Pattern <= g.MaxPattern):
		return kiosk.HintCovered
	case !(f.Sharpness >= g.MinSharpness):
		return kiosk.HintBlurred
	}
	return kiosk.HintNone
}

// measure gives the facts of a frame whose largest face is faces[0] and has been aligned.
func measure(frame *gocv.Mat, faces []Face, aligned *gocv.Mat) (Facts, error) {
	f := &faces[0]
	w, h := float64(frame.Cols()), float64(frame.Rows())
	out := Facts{Faces: prominent(faces), EyeDist: f.EyeDistance(), EyePart: f.EyeDistance() / min(w, h)}
	out.OffX = (f.X+f.W/2)/w - 0.5
	out.Inside = min(f.X, f.Y, w-f.X-f.W, h-f.Y-f.H) / f.H
	out.Yaw, out.Pitch, out.Roll = pose(f)
	pix, err := aligned.DataPtrUint8()
	if err != nil {
		return Facts{}, err
	}
	out.Luma, out.Contrast, out.Sharpness = texture(pix, aligned.Cols(), aligned.Rows())
	out.EyesDark, out.Lower, out.Pattern = covered(pix, aligned.Cols())
	whole, err := frame.DataPtrUint8()
	if err != nil {
		return Facts{}, err
	}
	out.FrameLuma = sampledLuma(whole, 37)
	return out, nil
}

// pose reads the head's turn from the landmarks, in the eyes' own axes.
func pose(f *Face) (yaw, pitch, roll float64) {
	l, r, n := f.Marks[LeftEye], f.Marks[RightEye], f.Marks[Nose]
	d := f.EyeDistance()
	ux, uy := (r.X-l.X)/d, (r.Y-l.Y)/d
	mx, my := (l.X+r.X)/2, (l.Y+r.Y)/2
	bx, by := (f.Marks[LeftMouth].X+f.Marks[RightMouth].X)/2, (f.Marks[LeftMouth].Y+f.Marks[RightMouth].Y)/2
	down := func(x, y float64) float64 { return -(x-mx)*uy + (y-my)*ux }
	yaw = ((n.X-mx)*ux + (n.Y-my)*uy) / d
	return yaw, down(n.X, n.Y) / down(bx, by), math.Atan2(uy, ux) * 180 / math.Pi
}

// luma is the brightness of a pixel of blue, green, red.
func luma(p []uint8) float64 {
	return 0.114*float64(p[0]) + 0.587*float64(p[1]) + 0.299*float64(p[2])
}

// texture gives mean, standard deviation and the variance of the Laplacian of a picture of w×h pixels, all at half size.
func texture(pix []uint8, w, h int) (mean, dev, sharp float64) {
	at := func(r, c int) float64 { return luma(pix[3*(r*w+c):]) }
	hw, hh := w/2, h/2
	y := make([]float64, hw*hh)
	for i := range y {
		r, c := 2*(i/hw), 2*(i%hw)
		y[i] = (at(r, c) + at(r, c+1) + at(r+1, c) + at(r+1, c+1)) / 4
	}
	w, h = hw, hh
	mean, dev = moments(y)
	lap := make([]float64, 0, w*h)
	for r := 1; r < h-1; r++ {
		for c := 1; c < w-1; c++ {
			i := r*w + c
			lap = append(lap, y[i-1]+y[i+1]+y[i-w]+y[i+w]-4*y[i])
		}
	}
	_, s := moments(lap)
	return mean, dev, s * s
}

func moments(v []float64) (mean, dev float64) {
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	var s, q float64
	for _, x := range v {
		s += x
		q += x * x
	}
	mean = s / float64(len(v))
	return mean, math.Sqrt(max(0, q/float64(len(v))-mean*mean))
}

// sampledLuma is the mean brightness of every step-th pixel.
func sampledLuma(pix []uint8, step int) float64 {
	var s float64
	n := 0
	for i := 0; i+3 <= len(pix); i += 3 * step {
		s += luma(pix[i : i+3])
		n++
	}
	return s / float64(max(n, 1))
}
