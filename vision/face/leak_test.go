//go:build matprofile

package face

import (
	"bytes"
	"context"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision/visiontest"
)

// Run with go test -tags matprofile ./vision/face -run Leak: no Mat may be left after attempts of every kind.
func TestNoMatLeaks(t *testing.T) {
	engine(t)
	two := &visiontest.Scene{People: visiontest.Beside(folks()[0], folks()[1])}
	one := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	photo := photoOf(0)
	before := gocv.MatProfile.Count()
	for _, feed := range []*reel{
		scenes(30, func(int) *visiontest.Scene { return one }),
		scenes(4, func(int) *visiontest.Scene { return one }),
		scenes(4, func(int) *visiontest.Scene { return two }),
		scenes(2, func(int) *visiontest.Scene { return &visiontest.Scene{} }),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		feed.stop = cancel
		for _, p := range []kiosk.Image{photo, {Data: []byte("no picture")}} {
			_, _ = NewMatcher(engine(t), nil, feed, Opts{}).Match(ctx, p, nil)
		}
		cancel()
	}
	if n := gocv.MatProfile.Count(); n != before {
		var b bytes.Buffer
		_ = gocv.MatProfile.WriteTo(&b, 1)
		t.Errorf("%d Mats before, %d after\n%s", before, n, b.String())
	}
}
