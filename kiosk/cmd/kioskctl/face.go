package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/face"
)

// compareResult is what `kioskctl face compare -json` prints. Score is null when it was not computed.
type compareResult struct {
	Score     *float64     `json:"score"`
	Threshold float64      `json:"threshold"`
	Verdict   face.Outcome `json:"verdict"`
	Reason    string       `json:"reason,omitempty"`
	Model     string       `json:"model,omitempty"`
}

// openFaces loads the networks and says which threshold applies.
func openFaces(dir string, threshold float64) (*face.Engine, float64, error) {
	e, err := face.Open(dir)
	if err != nil {
		return nil, 0, err
	}
	if threshold != 0 {
		return e, threshold, nil
	}
	m := e.Model()
	if threshold, err = m.Threshold(face.DefaultFAR); err != nil {
		_ = e.Close()
		return nil, 0, err
	}
	return e, threshold, nil
}

// faceCompare is `kioskctl face compare A B`: the score of two pictures and what it means.
func faceCompare(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("face compare", "A B")
	dir := fs.String("models", "", "folder of models")
	threshold := fs.Float64("threshold", 0, "score that must be exceeded (default the manifest's)")
	operands, err := c.parse(fs, args, 2, 2)
	if err != nil {
		return c.usageExit(err)
	}
	if !(*threshold >= 0 && *threshold < 1) {
		return c.usageError("-threshold %v is not between 0 and 1", *threshold)
	}
	var pictures [2][]byte
	for i, name := range operands {
		if pictures[i], err = readPicture(name); err != nil {
			return c.fail(err)
		}
	}
	e, t, err := openFaces(*dir, *threshold)
	if err != nil {
		fmt.Fprintln(c.err, "kioskctl:", err)
		return c.reportCompare(exitUndetermined, compareResult{Verdict: face.Unavailable, Reason: string(kiosk.CodeOf(err))})
	}
	defer e.Close()
	r := e.Compare(pictures[0], pictures[1], t)
	out := compareResult{Threshold: t, Verdict: r.Outcome, Reason: r.Reason, Model: e.Model().File}
	if !math.IsNaN(r.Score) {
		out.Score = &r.Score
	}
	switch r.Outcome {
	case face.Match:
		return c.reportCompare(exitGood, out)
	case face.NoMatch:
		return c.reportCompare(exitRefused, out)
	default:
		return c.reportCompare(exitUndetermined, out)
	}
}

func (c *console) reportCompare(code exitCode, r compareResult) exitCode {
	return c.report(code, r, func(w io.Writer) {
		fmt.Fprint(w, r.Verdict)
		if r.Score != nil {
			fmt.Fprintf(w, " score %.3f threshold %.3f", *r.Score, r.Threshold)
		}
		if r.Reason != "" {
			fmt.Fprintf(w, " (%s)", r.Reason)
		}
		fmt.Fprintln(w)
	})
}

func readPicture(name string) ([]byte, error) {
	const op, hint = "read picture", "name a JPEG, JPEG 2000 or PNG file"
	f, err := os.Open(name)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, vision.MaxBytes+1))
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%w", err)
	}
	return data, nil
}
