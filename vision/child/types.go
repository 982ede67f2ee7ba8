package child

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"

	"motcua/kiosk"
)

// The methods of calls.
const (
	methodReady   = "ready"   // of a part; body: part
	methodMatch   = "match"   // blob: the chip's photo; events: hints; result: a face result with the best frame as blob
	methodPreview = "preview" // body: part; events: a JPEG as blob each
	methodScan    = "scan"    // result: the page
	methodSpot    = "spot"    // result: body: a card's number
	methodShown   = "shown"   // blob: a picture of the chip; result: a JPEG, or nothing when it can be shown as it is
)

// The events without a call.
const (
	eventReady = "ready" // the child has its state and serves
	eventPong  = "pong"
	setPing    = "ping" // a state that the child answers with a pong
)

// fault is a kiosk.Error on the wire.
type fault struct {
	Code kiosk.Code `json:"code"`
	Op   string     `json:"op,omitempty"`
	Text string     `json:"text,omitempty"`
	Hint string     `json:"hint,omitempty"`
}

// faultOf makes an error ready to travel. Its text holds no personal data: the errors of vision never do.
func faultOf(err error) *fault {
	if err == nil {
		return nil
	}
	f := &fault{Code: kiosk.CodeOf(err), Text: err.Error()}
	var k *kiosk.Error
	switch {
	case errors.As(err, &k):
		f.Op, f.Hint = k.Op, k.Hint
		if k.Err != nil {
			f.Text = k.Err.Error()
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		f.Code = codeEnded
	}
	return f
}

// codeEnded is the code on the wire of a call that was cancelled. It never leaves this package.
const codeEnded kiosk.Code = "ended"

// err gives the error that travelled. A code that is not on the list is a defect.
func (f *fault) err() error {
	switch {
	case f == nil:
		return nil
	case f.Code == codeEnded:
		return context.Canceled
	case !slices.Contains(kiosk.Codes, f.Code):
		return kiosk.Errorf(kiosk.CodeInternal, "ask the vision process", "", "code not on the list")
	}
	cause := errors.New(f.Text)
	if flaw := kiosk.PaperFlaw(f.Text); slices.Contains(kiosk.PaperFlaws, flaw) {
		cause = flaw
	}
	return &kiosk.Error{Code: f.Code, Op: f.Op, Err: cause, Hint: f.Hint}
}

// picture is a kiosk.Image whose bytes travel as the blob.
type picture struct {
	Type   string `json:"type,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

func pictureOf(i kiosk.Image) picture { return picture{i.Type, i.Width, i.Height} }

func (p picture) image(data []byte) kiosk.Image {
	if len(data) == 0 {
		return kiosk.Image{}
	}
	return kiosk.Image{Data: data, Type: p.Type, Width: p.Width, Height: p.Height}
}

// spotted is a kiosk.CardKey on the wire.
type spotted struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// face is a kiosk.FaceResult on the wire. JSON knows no NaN: nil stands for it.
type face struct {
	Verdict   kiosk.Verdict     `json:"verdict"`
	Checks    []kiosk.Check     `json:"checks"`
	Score     *float64          `json:"score"`
	Threshold *float64          `json:"threshold"`
	Liveness  *float64          `json:"liveness"`
	Frames    int               `json:"frames"`
	Best      picture           `json:"best"`
	Model     string            `json:"model"`
	Pass      float64           `json:"liveness_pass"`
	Models    map[string]string `json:"models"`
	Hint      kiosk.FaceHint    `json:"hint"`
	Duration  time.Duration     `json:"duration"`
}

func faceOf(r kiosk.FaceResult) face {
	return face{
		r.Verdict, r.Checks, number(r.Score), number(r.Threshold), number(r.Liveness), r.Frames, pictureOf(r.Best), r.Model, r.LivenessPass, r.Models, r.Hint, r.Duration,
	}
}

func (f face) result(best []byte) kiosk.FaceResult {
	return kiosk.FaceResult{
		Verdict: f.Verdict, Checks: f.Checks, Score: float(f.Score), Threshold: float(f.Threshold), Liveness: float(f.Liveness),
		Frames: f.Frames, Best: f.Best.image(best), Model: f.Model, LivenessPass: f.Pass, Models: f.Models, Hint: f.Hint, Duration: f.Duration,
	}
}

func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func float(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}

// body makes the JSON of a value of ours.
func body(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // types of ours without NaN
	}
	return b
}
