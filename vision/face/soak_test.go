package face

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"motcua/vision"
	"motcua/vision/camera"
	"motcua/vision/visiontest"
)

// TestSoak runs frames through a shared camera and the detector, each tenth also through the second look and the recogniser, with
// a preview beside it. The
// resident set must stay within 5 %. KIOSK_SOAK says how many frames (20000 in make soak-vision); with the build tag matprofile it
// also proves that no Mat is left.
func TestSoak(t *testing.T) {
	frames := 400
	if n, err := strconv.Atoi(os.Getenv("KIOSK_SOAK")); err == nil && n > 0 {
		frames = n
	} else if testing.Short() {
		t.Skip("a minute of computing")
	}
	e := engine(t)
	was := vision.Threads()
	vision.SetThreads(1)
	defer vision.SetThreads(was)
	var kept []gocv.Mat // drawn once: drawing is not what is tested
	for i := range 6 {
		st := visiontest.Standing{Person: folks()[i%len(folks())], X: .4 + .04*float64(i), Y: .45, Head: .5, Still: true}
		m, err := vision.FromImage((&visiontest.Scene{Width: 144, Height: 192, People: []visiontest.Standing{st}}).Frame(fixed))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		kept = append(kept, m)
	}
	n := 0
	hub := camera.NewHub(camera.NewGenerated("soak", 60, func(context.Context, time.Time) (gocv.Mat, error) {
		m := kept[n%len(kept)].Clone()
		m.SetUCharAt(0, 0, uint8(n)) // no two frames in a row are alike
		m.SetUCharAt(0, 3, uint8(n>>8))
		n++
		return m, nil
	}, nil), camera.Opts{})
	before := mats()
	preview, stop := context.WithCancel(t.Context())
	shown := make(chan error, 1)
	go func() { shown <- hub.Preview(preview, func([]byte) error { return nil }) }()

	warm, seen, faces := 0, 0, 0
	err := hub.Watch(t.Context(), func(f *vision.Frame) error {
		found, err := e.Detect(&f.Mat)
		if err != nil {
			return err
		}
		if len(found) == 1 {
			faces++
		}
		if len(found) == 1 && seen%10 == 0 {
			if _, _, err := e.Describe(&f.Mat, &found[0]); err != nil {
				return err
			}
		}
		if seen++; seen == frames/5 {
			warm = resident(t)
		}
		if seen == frames {
			return errDone
		}
		return nil
	})
	after := resident(t)
	stop()
	if perr := <-shown; !errors.Is(err, errDone) || !errors.Is(perr, context.Canceled) || hub.On() {
		t.Fatalf("Watch gave %v, Preview %v, on %v", err, perr, hub.On())
	}
	if faces != seen {
		t.Errorf("%d faces in %d frames", faces, seen)
	}
	if left := mats(); left != before {
		t.Errorf("%d Mats before, %d after", before, left)
	}
	// A small run is over before the allocators have settled.
	if limit := 1.05; frames >= 5000 && float64(after) > limit*float64(warm) {
		t.Errorf("resident set %d KB after %d frames, %d KB after %d", warm, frames/5, after, frames)
	} else if float64(after) > 1.25*float64(warm) {
		t.Errorf("resident set %d KB after %d frames, %d KB after %d", warm, frames/5, after, frames)
	}
	t.Logf("%d frames: resident set %.1f MB after a fifth, %.1f MB at the end (%+.1f %%); Mats %d before, %d after",
		seen, float64(warm)/1024, float64(after)/1024, 100*(float64(after)/float64(warm)-1), before, mats())
}

// resident is the resident set in KB after garbage was given back.
func resident(t *testing.T) int {
	debug.FreeOSMemory()
	return statusKB(t, "VmRSS:")
}
