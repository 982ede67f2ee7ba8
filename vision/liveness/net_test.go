package liveness

import (
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/models"
	"motcua/vision/visiontest"
)

func TestSoftmax(t *testing.T) {
	for _, c := range []struct {
		in   []float32
		want [3]float64
	}{{[]float32{0, 0, 0}, [3]float64{1. / 3, 1. / 3, 1. / 3}}, {[]float32{1000, 0, -1000}, [3]float64{1, 0, 0}}, {[]float32{-900, -900, -900}, [3]float64{1. / 3, 1. / 3, 1. / 3}}} {
		got := softmax(c.in)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("%v gives %v", c.in, got)
			}
		}
	}
	if v := softmax([]float32{float32(math.NaN()), 0, 0}); !math.IsNaN(v[alive]) {
		t.Errorf("NaN became %v", v)
	}
}

// The class and the preparation of the input: both networks are sure of every person of the cast, and on the whole not of the
// same people's pictures on a telephone.
func TestNetworksKnowWhichIsLiving(t *testing.T) {
	k := newKit(t)
	var mean [2]float64
	for i, seed := range visiontest.Cast {
		p := visiontest.NewPerson(seed)
		person := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(p)}}
		photo := &visiontest.Attack{Species: visiontest.Phone, Picture: visiontest.FilmOf(p, 1), Seed: uint64(i)}
		a, b := k.once(t, person.Frame(clipStart)), k.once(t, photo.Frame(clipStart))
		for net := range a {
			mean[net] += b[net] / float64(len(visiontest.Cast))
			if !(a[net] > .9) {
				t.Errorf("cast %d, %s: %.3f", i, Networks[net].File, a[net])
			}
		}
	}
	for net, v := range mean {
		if !(v < .3) {
			t.Errorf("%s takes telephones for people: %.3f", Networks[net].File, v)
		}
	}
}

func (k *kit) once(t *testing.T, img image.Image) [2]float64 {
	t.Helper()
	m, err := vision.FromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	faces, err := k.eyes.Detect(&m)
	if err != nil || len(faces) == 0 {
		t.Fatalf("%d faces, %v", len(faces), err)
	}
	f := seen(&faces[0])
	p, err := k.nets.Real(&m, &f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A folder without the networks, or with other bytes under their names, gives a detector that decides nothing.
func TestMissingNetworksDecideNothing(t *testing.T) {
	from := shared(t, "data/models")
	for name, files := range map[string]map[string]int{
		"no files":       {},
		"one file":       {Networks[0].File: 0},
		"a flipped byte": {Networks[0].File: 0, Networks[1].File: 1},
	} {
		dir := t.TempDir()
		copyFile(t, from, dir, models.ManifestName, 0)
		for file, flip := range files {
			copyFile(t, from, dir, file, flip)
		}
		d, err := Open(dir)
		if kiosk.CodeOf(err) != kiosk.CodeModelMissing || d == nil {
			t.Fatalf("%s: %v", name, err)
		}
		w := d.Watch()
		m := drawn(t, 240, 320, func(x, y int) float64 { return float64(x) })
		for range MinFrames {
			if err := w.See(&m, faceIn(240, 320, 80)); err != nil {
				t.Error(err)
			}
		}
		if score, result, reason := w.Result(); !math.IsNaN(score) || result != kiosk.CheckNotSupported || reason == "" {
			t.Errorf("%s: %v %s %q", name, score, result, reason)
		}
		if first, second := d.Close(), d.Close(); first != nil || second != nil {
			t.Error("close")
		}
	}
}

// copyFile copies a file; flip says how many of its last bytes are changed.
func copyFile(t *testing.T, from, to, name string, flip int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(from, name))
	if err != nil {
		t.Skip(err)
	}
	for i := range flip {
		data[len(data)-1-i] ^= 1
	}
	if err := os.WriteFile(filepath.Join(to, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSee is what one good frame costs beside detection and recognition, with one and two threads.
func BenchmarkSee(b *testing.B) {
	k := newKit(b)
	s := standing(visiontest.Cast[0])
	m, err := vision.FromImage(s.Frame(clipStart))
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	faces, err := k.eyes.Detect(&m)
	if err != nil || len(faces) == 0 {
		b.Fatalf("%d faces, %v", len(faces), err)
	}
	f := seen(&faces[0])
	before := vision.Threads()
	defer vision.SetThreads(before)
	for _, threads := range []int{1, 2} {
		vision.SetThreads(threads)
		for name, nets := range map[string]*Nets{"networks and cues": k.nets, "cues": nil} {
			b.Run(name+map[int]string{1: ", one thread", 2: ", two threads"}[threads], func(b *testing.B) {
				w := &Watch{nets: nets}
				for b.Loop() {
					if len(w.views) == MinFrames {
						w.Reset()
					}
					if err := w.See(&m, f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("judging a capture", func(b *testing.B) {
		w := &Watch{nets: k.nets}
		for range MinFrames {
			if err := w.See(&m, f); err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			w.Result()
		}
	})
}
