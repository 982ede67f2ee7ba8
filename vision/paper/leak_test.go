//go:build matprofile

package paper

import (
	"bytes"
	"image/color"
	"testing"

	"gocv.io/x/gocv"

	"motcua/vision"
	"motcua/vision/visiontest"
)

// Run with go test -tags matprofile ./vision/paper -run Leak: no Mat may be left after pictures of every kind.
func TestNoMatLeaks(t *testing.T) {
	before := gocv.MatProfile.Count()
	all := []visiontest.DeskScene{{Seed: 1, Ground: visiontest.GroundWood}, {Seed: 2, Ground: visiontest.GroundMat, Quarters: 1}}
	for _, f := range faults() {
		f.scene.Seed, f.scene.Ground = 3, visiontest.GroundClutter
		all = append(all, f.scene)
	}
	for _, s := range all {
		look(s)
	}
	for _, c := range []color.Color{color.White, color.Black, color.Gray{100}} {
		m, err := vision.FromImage(visiontest.Flat(100, 80, c))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = Read(&m, Opts{})
		_ = m.Close()
	}
	if n := gocv.MatProfile.Count(); n != before {
		var b bytes.Buffer
		_ = gocv.MatProfile.WriteTo(&b, 1)
		t.Errorf("%d Mats before, %d after\n%s", before, n, b.String())
	}
}
