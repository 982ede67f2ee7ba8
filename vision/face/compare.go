package face

import (
	"errors"
	"fmt"
	"math"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Outcome is the result of comparing two pictures.
type Outcome string

// The outcomes of [Engine.Compare].
const (
	Match       Outcome = "match"        // score above the threshold
	NoMatch     Outcome = "no_match"     // score at or below it
	NoFace      Outcome = "no_face"      // a picture cannot be read or shows no face
	ManyFaces   Outcome = "many_faces"   // a picture shows more than one prominent face
	PoorQuality Outcome = "poor_quality" // a face is too small, dark, bright or blurred to decide
	Unavailable Outcome = "unavailable"  // no models
)

// Comparison is what comparing two pictures gave. Score is NaN when it was not computed.
type Comparison struct {
	Score     float64
	Threshold float64
	Outcome   Outcome
	Reason    string // which picture and why, empty for Match and NoMatch
}

// minPhotoEyes is the least distance of the eyes in a photo, in pixels; smaller faces are not decided on.
const minPhotoEyes = 18

// Compare compares the faces of two pictures. NaN is never a match, nor is a score at the threshold.
func (e *Engine) Compare(a, b []byte, threshold float64) Comparison {
	c := Comparison{Score: math.NaN(), Threshold: threshold}
	var es [2]Embedding
	for i, data := range [2][]byte{a, b} {
		emb, poor, err := e.still(data)
		if err != nil {
			c.Outcome, c.Reason = NoFace, fmt.Sprintf("picture %d: %v", i+1, err)
			if errors.Is(err, ErrManyFaces) {
				c.Outcome = ManyFaces
			}
			return c
		}
		if poor != "" && c.Outcome == "" {
			c.Outcome, c.Reason = PoorQuality, fmt.Sprintf("picture %d: %s", i+1, poor)
		}
		es[i] = emb
	}
	c.Score = es[0].Cosine(es[1])
	switch {
	case c.Outcome == PoorQuality:
	case math.IsNaN(c.Score) || !(threshold > 0 && threshold < 1):
		c.Outcome, c.Reason = PoorQuality, "no score"
	case c.Score > threshold:
		c.Outcome = Match
	default:
		c.Outcome = NoMatch
	}
	return c
}

// still describes the one face of a picture and says what is poor about it, "" when nothing is.
func (e *Engine) still(data []byte) (Embedding, string, error) {
	m, err := vision.Decode(data)
	if err != nil {
		return nil, "", err
	}
	defer m.Close()
	f, err := e.single(&m)
	if err != nil {
		return nil, "", err
	}
	aligned, err := e.Align(&m, f)
	if err != nil {
		return nil, "", err
	}
	defer aligned.Close()
	emb, _, err := e.Describe(&m, f)
	if err != nil {
		return nil, "", err
	}
	poor, err := poorStill(&m, f, &aligned)
	return emb, poor, err
}

func poorStill(m *gocv.Mat, f *Face, aligned *gocv.Mat) (string, error) {
	facts, err := measure(m, []Face{*f}, aligned)
	if err != nil {
		return "", err
	}
	g := DefaultGates()
	switch {
	case facts.EyeDist < minPhotoEyes:
		return "face too small", nil
	case facts.Luma < g.MinLuma/2 || facts.Contrast < g.MinContrast/2:
		return "too dark", nil
	case facts.Luma > 240:
		return "too bright", nil
	case facts.Sharpness < g.MinSharpness/4:
		return "blurred", nil
	}
	return "", nil
}

// Central gives the embedding of the face nearest to the middle of a picture, as the pictures of face data sets want it.
// Errors wrap [vision.ErrPicture] or [ErrNoFace].
func (e *Engine) Central(data []byte) (Embedding, error) {
	m, err := vision.Decode(data)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	f, err := e.middle(&m)
	if err != nil {
		return nil, err
	}
	emb, _, err := e.Describe(&m, f)
	return emb, err
}

// middle finds the face nearest to the middle of a picture.
func (e *Engine) middle(m *gocv.Mat) (*Face, error) {
	faces, err := e.Detect(m)
	if err != nil {
		return nil, err
	}
	if len(faces) == 0 {
		return nil, ErrNoFace
	}
	return central(faces, m.Cols(), m.Rows()), nil
}

// central is the face nearest to the middle of a picture of w×h pixels; there must be one.
func central(faces []Face, w, h int) *Face {
	best, near := 0, math.Inf(1)
	for i := range faces {
		f := &faces[i]
		if d := math.Hypot(f.X+f.W/2-float64(w)/2, f.Y+f.H/2-float64(h)/2); d < near {
			best, near = i, d
		}
	}
	return &faces[best]
}
