package face

import (
	"fmt"
	"os"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"motcua/vision"
	"motcua/vision/models"
	"motcua/vision/visiontest"
)

// BenchmarkFrame measures the stages of one frame of 480×640 with one and two threads.
func BenchmarkFrame(b *testing.B) {
	e := engine(b)
	scene := visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	m, err := vision.FromImage(scene.Frame(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	faces, err := e.Detect(&m)
	if err != nil || len(faces) != 1 {
		b.Fatal(len(faces), err)
	}
	aligned, err := e.Align(&m, &faces[0])
	if err != nil {
		b.Fatal(err)
	}
	defer aligned.Close()
	was := vision.Threads()
	defer vision.SetThreads(was)
	for _, n := range []int{1, 2} {
		vision.SetThreads(n)
		b.Run(fmt.Sprintf("detect/threads=%d", n), func(b *testing.B) {
			each(b, func() error { _, err := e.Detect(&m); return err })
		})
		b.Run(fmt.Sprintf("align/threads=%d", n), func(b *testing.B) {
			each(b, func() error {
				a, err := e.Align(&m, &faces[0])
				vision.CloseAll([]gocv.Mat{a})
				return err
			})
		})
		b.Run(fmt.Sprintf("measure/threads=%d", n), func(b *testing.B) {
			each(b, func() error { _, err := measure(&m, faces, &aligned); return err })
		})
		b.Run(fmt.Sprintf("embed/threads=%d", n), func(b *testing.B) {
			each(b, func() error { _, _, err := e.Embed(&aligned); return err })
		})
	}
}

// each runs a stage and reports milliseconds.
func each(b *testing.B, stage func() error) {
	for b.Loop() {
		if err := stage(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
}

// BenchmarkLoad measures how long the networks take to be ready.
func BenchmarkLoad(b *testing.B) {
	engine(b)
	dir := os.Getenv(models.EnvDir)
	if dir == "" {
		dir = shared(b, "data/models")
	}
	each(b, func() error {
		e, err := Open(dir)
		if err != nil {
			return err
		}
		return e.Close()
	})
}
