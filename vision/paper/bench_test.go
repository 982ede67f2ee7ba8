package paper

import (
	"testing"

	"motcua/vision"
	"motcua/vision/visiontest"
)

// BenchmarkRead measures finding a page, and everything, on a frame of 1080 lines and on a still of 12 megapixels.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		w, h int
	}{{"1080p", 1920, 1080}, {"12MP", 4032, 3024}} {
		m, err := vision.FromImage(visiontest.DeskScene{Seed: 21, Ground: visiontest.GroundClutter, Width: c.w, Height: c.h}.Draw().Image)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("find/"+c.name, func(b *testing.B) {
			for b.Loop() {
				if _, ok, err := Find(&m); err != nil || !ok {
					b.Fatal(ok, err)
				}
			}
		})
		b.Run("all/"+c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Read(&m, Opts{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		m.Close()
	}
}
