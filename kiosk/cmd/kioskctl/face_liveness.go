package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/face"
	"motcua/vision/liveness"
)

// The verdicts of `kioskctl face liveness`.
const (
	livenessLive        = "live"
	livenessAttack      = "attack"
	livenessUndecided   = "undetermined"
	livenessNoFace      = "no_face"
	livenessManyFaces   = "many_faces"
	livenessUnavailable = "unavailable"
)

// livenessResult is one file of what `kioskctl face liveness -json` prints. Score is null when it was not computed.
type livenessResult struct {
	File    string   `json:"file"`
	Score   *float64 `json:"score"`
	Verdict string   `json:"verdict"`
	Reason  string   `json:"reason,omitempty"`
}

// maxLivenessFiles bounds one command line.
const maxLivenessFiles = 10_000

// faceLiveness is `kioskctl face liveness FILE...`: what the liveness layers say of single pictures. The layers that need motion
// say nothing here, so the kiosk's own decision over a capture may differ.
func faceLiveness(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("face liveness", "FILE...")
	dir := fs.String("models", "", "folder of models")
	files, err := c.parse(fs, args, 1, maxLivenessFiles)
	if err != nil {
		return c.usageExit(err)
	}
	l := &livenessLook{}
	defer l.close()
	if err := l.open(*dir); err != nil {
		fmt.Fprintln(c.err, "kioskctl:", err)
	}
	code, list := exitGood, make([]livenessResult, 0, len(files))
	for _, name := range files {
		if err := ctx.Err(); err != nil {
			return c.fail(err)
		}
		data, err := readPicture(name)
		if err != nil {
			return c.fail(err)
		}
		r := l.look(name, data)
		list, code = append(list, r), worse(code, livenessExit(r.Verdict))
	}
	return c.report(code, list, func(w io.Writer) {
		for _, r := range list {
			r.print(w)
		}
	})
}

func livenessExit(verdict string) exitCode {
	switch verdict {
	case livenessLive:
		return exitGood
	case livenessAttack:
		return exitRefused
	}
	return exitUndetermined
}

// worse gives what counts for all files: an attack before what could not be decided before what is good.
func worse(a, b exitCode) exitCode {
	if a == exitRefused || b == exitRefused {
		return exitRefused
	}
	return max(a, b)
}

func (r livenessResult) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s", r.File, r.Verdict)
	if r.Score != nil {
		fmt.Fprintf(w, " score %.3f", *r.Score)
	}
	if r.Reason != "" {
		fmt.Fprintf(w, " (%s)", r.Reason)
	}
	fmt.Fprintln(w)
}

// livenessLook holds the networks of one run of the command.
type livenessLook struct {
	eyes *face.Engine
	live *liveness.Detector
	err  error // why they are not there
}

func (l *livenessLook) open(dir string) error {
	if l.eyes, l.err = face.Open(dir); l.err != nil {
		return l.err
	}
	l.live, l.err = liveness.Open(dir)
	return l.err
}

func (l *livenessLook) close() {
	if l.eyes != nil {
		_ = l.eyes.Close() // the command ends
	}
	if l.live != nil {
		_ = l.live.Close() // the command ends
	}
}

// look judges one picture.
func (l *livenessLook) look(name string, data []byte) livenessResult {
	r := livenessResult{File: name, Verdict: livenessUnavailable}
	if l.err != nil {
		r.Reason = string(kiosk.CodeOf(l.err))
		return r
	}
	m, err := vision.Decode(data)
	if err != nil {
		r.Verdict, r.Reason = livenessNoFace, err.Error()
		return r
	}
	defer m.Close()
	faces, err := l.eyes.Detect(&m)
	switch {
	case err != nil:
		r.Reason = err.Error()
		return r
	case len(faces) == 0:
		r.Verdict, r.Reason = livenessNoFace, "no face in the picture"
		return r
	case len(faces) > 1 && faces[1].W >= faces[0].W/3:
		r.Verdict, r.Reason = livenessManyFaces, "more than one face in the picture"
		return r
	}
	f := &faces[0]
	at := liveness.Face{X: f.X, Y: f.Y, W: f.W, H: f.H}
	for i := range f.Marks {
		at.Marks[i] = liveness.Point(f.Marks[i])
	}
	w := l.live.Watch()
	if err := w.See(&m, at); err != nil {
		r.Verdict, r.Reason = livenessUndecided, err.Error()
		return r
	}
	j := liveness.JudgeStill(w.Cues())
	if r.Reason = j.Reason; !math.IsNaN(j.Score) {
		r.Score = &j.Score
	}
	switch j.Result {
	case kiosk.CheckSuccessful:
		r.Verdict = livenessLive
	case kiosk.CheckFailed:
		r.Verdict = livenessAttack
	default:
		r.Verdict = livenessUndecided
	}
	return r
}
