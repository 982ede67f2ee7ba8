//go:build matprofile

package liveness

import (
	"testing"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Run with go test -tags matprofile ./vision/liveness -run Leak: no Mat may be left after captures good and bad.
func TestNoMatLeaks(t *testing.T) {
	k := newKit(t)
	m, err := vision.FromImage(standing(7).Frame(clipStart))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	before := gocv.MatProfile.Count()
	w := &Watch{nets: k.nets}
	for range MinFrames {
		if err := w.See(&m, faceIn(480, 640, 160)); err != nil {
			t.Fatal(err)
		}
		_ = w.See(&m, Face{})
	}
	w.Result()
	closed := &Watch{nets: &Nets{nets: []*vision.Net{{}, {}}}}
	if closed.See(&m, faceIn(480, 640, 160)) == nil {
		t.Error("networks that are closed gave an answer")
	}
	if n := gocv.MatProfile.Count(); n != before {
		t.Errorf("%d Mats are left", n-before)
	}
}
