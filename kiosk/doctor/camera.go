package doctor

import (
	"context"
	"fmt"
	"time"
)

// Sight is what a camera showed while it was looked through.
type Sight struct {
	Frames   int
	Distinct int     // how many of them differ: a living camera's noise makes every one its own
	Mean     float64 // brightness of the last, 0 black to 255 white
	Clipped  float64 // part of its pixels that are nearly white, 0 to 1
}

// Brightness outside which a picture is of no use.
const (
	darkMean    = 25.0
	brightMean  = 230.0
	clippedMost = 0.5
)

// Camera looks through a camera. kind is that of the configuration; look takes the pictures, which are kept nowhere.
func Camera(name, kind string, look func(context.Context) (Sight, error)) Check {
	return Check{Name: name, Timeout: 20 * time.Second, Run: func(ctx context.Context) Finding {
		if kind == "none" {
			return Missing("no camera is configured", "")
		}
		s, err := look(ctx)
		if err != nil {
			return FromError(err)
		}
		return s.judge()
	}}
}

func (s Sight) judge() Finding {
	text := fmt.Sprintf("%d pictures, brightness %.0f of 255", s.Frames, s.Mean)
	switch {
	case s.Frames == 0:
		return Failed(FaultNoFrames, "the camera gives no picture", "unplug the camera, wait five seconds, plug it in again")
	case s.Distinct == 1:
		return Failed(FaultFrozen, text+", all the same", "unplug the camera, wait five seconds, plug it in again")
	case s.Mean < darkMean:
		return Warned(FaultDark, text, "switch a light on, clean the lens, look what covers it")
	case s.Mean > brightMean || s.Clipped > clippedMost:
		return Warned(FaultBright, text, "keep the sun off, turn the kiosk away from the window")
	}
	return Good("%s", text)
}
