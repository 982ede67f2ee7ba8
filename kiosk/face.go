package kiosk

import (
	"context"
	"log/slog"
	"time"
)

// FaceHint is what the citizen should change while the camera looks, from BSI TR-03121's guidance list. "" means hold still.
type FaceHint string

// The hints. Each has a sentence in the ui's texts.
const (
	HintNone      FaceHint = ""
	HintNoFace    FaceHint = "no_face"
	HintManyFaces FaceHint = "many_faces"
	HintTooFar    FaceHint = "too_far"
	HintTooNear   FaceHint = "too_near"
	HintTooDark   FaceHint = "too_dark"
	HintTooBright FaceHint = "too_bright"
	HintBlurred   FaceHint = "blurred"
	HintTurned    FaceHint = "turned"
	HintOffCentre FaceHint = "off_centre"
	HintBacklight FaceHint = "backlight"
	HintMoving    FaceHint = "moving"
	HintCovered   FaceHint = "covered" // mask, scarf, dark glasses, or something before the camera

	HintTurnLeft  FaceHint = "turn_left"  // turn the head to your own left: to prove that no picture is held there
	HintTurnRight FaceHint = "turn_right" // turn the head to your own right
	HintTurnBack  FaceHint = "turn_back"  // look straight again
)

// FaceHints is the closed list, in order.
var FaceHints = []FaceHint{
	HintNone, HintNoFace, HintManyFaces, HintTooFar, HintTooNear, HintTooDark, HintTooBright, HintBlurred, HintTurned, HintOffCentre,
	HintBacklight, HintMoving, HintCovered, HintTurnLeft, HintTurnRight, HintTurnBack,
}

// Turns reports whether the hint belongs to the turn of the head that is asked for, not to the quality of the picture.
func (h FaceHint) Turns() bool { return h == HintTurnLeft || h == HintTurnRight || h == HintTurnBack }

// FaceResult is one attempt to compare the person in front of the camera with the chip's photo.
// Verdict is Verified only when every check of the attempt succeeded; a score that is NaN or exactly at the threshold never is.
type FaceResult struct {
	Verdict      Verdict
	Checks       []Check
	Score        float64           // cosine similarity, -1..1; NaN when not computed
	Threshold    float64           // the score must be above it
	Frames       int               // frames that entered the score
	Best         Image             // the frame kept for the officer, JPEG; zero when no face was seen
	Liveness     float64           // graded score 0..1; NaN when not run
	LivenessPass float64           // the liveness score must be above it; 0 when not run
	Model        string            // SHA-256 of the recogniser's file, hexadecimal
	Models       map[string]string // SHA-256 of every model file that took part, hexadecimal, by file name
	Hint         FaceHint          // the last hint, when the attempt ended for quality
	Duration     time.Duration     // wall time of the attempt
}

// String redacts the picture, tells the verdict.
func (r FaceResult) String() string { return "face " + string(r.Verdict) }

// LogValue tells the verdict alone.
func (r FaceResult) LogValue() slog.Value { return slog.StringValue(r.String()) }

// FaceMatcher compares the person in front of the camera with a photo.
//
// Ready gives nil or an Error (model_missing, camera_missing) that sends every citizen to the officer. It waits for a part that is
// still being started, until ctx ends.
// Match watches until it has a decision, ctx ends (the result is then Undetermined with the last hint) or the camera fails
// (camera_missing, camera_fault). hint is called, from one goroutine, whenever the guidance changes. When all else is in order it
// may ask for a turn of the head; a result whose hint [FaceHint.Turns] is of one who was not seen to turn it.
type FaceMatcher interface {
	Ready(ctx context.Context) error
	Match(ctx context.Context, photo Image, hint func(FaceHint)) (FaceResult, error)
}

// Preview shows what the camera sees: frame is called with a JPEG per frame until ctx ends or frame returns an error.
// The camera is off whenever nobody previews, matches or scans.
type Preview interface {
	Preview(ctx context.Context, frame func(jpeg []byte) error) error
}
