package models

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"motcua/kiosk"
)

var weights = []byte("the weights of a network")

func entry(file string, data []byte) Model {
	sum := sha256.Sum256(data)
	return Model{File: file, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data)), Preprocess: &Preprocess{Size: 112, Scale: 1}}
}

// folder writes a manifest and files and gives the folder's name.
func folder(t *testing.T, m Manifest, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, ManifestName, data)
	for name, data := range files {
		write(t, dir, name, data)
	}
	return dir
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPinnedManifestIsComplete(t *testing.T) {
	m := Pinned()
	det, ok := m.Find(Detector)
	if !ok || det.URL == "" || det.Licence == "" {
		t.Errorf("the detector is not fully pinned: %+v", det)
	}
	rec, ok := m.Find(m.Recogniser)
	if !ok || rec.URL == "" || rec.Preprocess == nil || rec.Licence == "" {
		t.Errorf("the recogniser is not fully pinned: %+v", rec)
	}
	if len(m.Models) != 2 {
		t.Errorf("%d files would be fetched", len(m.Models))
	}
	for _, e := range m.Models {
		if !strings.HasPrefix(e.URL, "https://") {
			t.Errorf("%s comes over %s", e.File, e.URL)
		}
	}
}

func TestLoadGivesOnlyTheRightBytes(t *testing.T) {
	m := Manifest{Recogniser: "r.onnx", Models: []Model{entry("r.onnx", weights)}}
	for _, c := range []struct {
		name  string
		files map[string][]byte
		ok    bool
	}{
		{"right", map[string][]byte{"r.onnx": weights}, true},
		{"missing", nil, false},
		{"one bit flipped", map[string][]byte{"r.onnx": append([]byte{weights[0] ^ 1}, weights[1:]...)}, false},
		{"longer", map[string][]byte{"r.onnx": append(bytes.Clone(weights), 0)}, false},
		{"shorter", map[string][]byte{"r.onnx": weights[1:]}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Open(folder(t, m, c.files))
			if err != nil {
				t.Fatal(err)
			}
			data, _, err := f.Recogniser()
			if c.ok != (err == nil) || c.ok != bytes.Equal(data, weights) {
				t.Fatalf("%d bytes, %v", len(data), err)
			}
			if err != nil {
				wantMissing(t, err)
			}
		})
	}
}

// wantMissing checks that an error is model_missing and tells what to do.
func wantMissing(t *testing.T, err error) {
	t.Helper()
	var e *kiosk.Error
	if !errors.As(err, &e) || e.Code != kiosk.CodeModelMissing || e.Hint == "" {
		t.Errorf("want model_missing with a hint, got %v", err)
	}
}

func TestOpenRefusesBrokenManifests(t *testing.T) {
	good := entry("r.onnx", weights)
	change := func(f func(*Model)) Manifest {
		e := good
		f(&e)
		return Manifest{Models: []Model{e}}
	}
	for name, m := range map[string]Manifest{
		"no models":      {},
		"path":           change(func(e *Model) { e.File = "../r.onnx" }),
		"hidden":         change(func(e *Model) { e.File = ".r" }),
		"no hash":        change(func(e *Model) { e.SHA256 = "" }),
		"short hash":     change(func(e *Model) { e.SHA256 = e.SHA256[:62] }),
		"no size":        change(func(e *Model) { e.Size = 0 }),
		"huge":           change(func(e *Model) { e.Size = 1 << 40 }),
		"twice":          {Models: []Model{good, good}},
		"threshold of 0": change(func(e *Model) { e.Thresholds = map[string]map[string]float64{"x": {"1e-4": 0}} }),
		"threshold of 1": change(func(e *Model) { e.Thresholds = map[string]map[string]float64{"x": {"1e-4": 1}} }),
		"scale of 0":     change(func(e *Model) { e.Preprocess = &Preprocess{Size: 112} }),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(folder(t, m, nil))
			wantMissing(t, err)
		})
	}
	dir := t.TempDir()
	write(t, dir, ManifestName, []byte("{"))
	_, err := Open(dir)
	wantMissing(t, err)
	_, err = Open(filepath.Join(dir, "nowhere"))
	wantMissing(t, err)
}

func TestRecogniserMustBeNamedAndDescribed(t *testing.T) {
	files := map[string][]byte{"r.onnx": weights}
	bare := entry("r.onnx", weights)
	bare.Preprocess = nil
	for name, m := range map[string]Manifest{
		"none named":        {Models: []Model{entry("r.onnx", weights)}},
		"unknown name":      {Recogniser: "s.onnx", Models: []Model{entry("r.onnx", weights)}},
		"input not defined": {Recogniser: "r.onnx", Models: []Model{bare}},
	} {
		f, err := Open(folder(t, m, files))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = f.Recogniser()
		if err == nil {
			t.Errorf("%s: loaded", name)
			continue
		}
		wantMissing(t, err)
	}
}

func TestThresholdTakesTheRightPopulation(t *testing.T) {
	e := Model{File: "r", Thresholds: map[string]map[string]float64{
		"lfw": {"1e-4": .415}, "east_asian_identities (use as default)": {"1e-3": .406, "1e-4": .466},
	}}
	if v, err := e.Threshold("1e-4"); err != nil || v != .466 {
		t.Errorf("%v %v", v, err)
	}
	if v, err := e.Threshold("1e-3"); err != nil || v != .406 {
		t.Errorf("%v %v", v, err)
	}
	_, err := e.Threshold("1e-6")
	wantMissing(t, err)
	e.Thresholds = map[string]map[string]float64{"lfw": {"1e-4": .415}}
	_, err = e.Threshold("1e-4")
	wantMissing(t, err)
}

func TestKnownFilesBringTheirFacts(t *testing.T) {
	all := builtin()
	p, _ := all.Find("face_recognition_mobilefacenet_112.onnx")
	m := Manifest{Models: []Model{{File: "other_name.onnx", SHA256: p.SHA256, Size: p.Size}}}
	e, _ := m.Find("other_name.onnx")
	if e.Preprocess == nil || !e.Preprocess.RGB || e.Preprocess.Mean[0] != 123.675 {
		t.Errorf("preprocess is %+v", e.Preprocess)
	}
	if v, err := e.Threshold("1e-4"); err != nil || v != .466 {
		t.Errorf("threshold %v %v", v, err)
	}
}

func TestLocatePrefersTheGivenFolder(t *testing.T) {
	t.Setenv(EnvDir, "/from/environment")
	if d := Locate("/given"); d != "/given" {
		t.Error(d)
	}
	if d := Locate(""); d != "/from/environment" {
		t.Error(d)
	}
	t.Setenv(EnvDir, "")
	work := t.TempDir()
	write(t, work, "go.mod", []byte("module x\n"))
	t.Chdir(work)
	if d := Locate(""); d != "" {
		t.Error("found", d)
	}
	if err := os.MkdirAll(filepath.Join(work, "models"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(work, "models"), ManifestName, []byte("{}"))
	if d := Locate(""); filepath.Base(d) != "models" {
		t.Error("found", d)
	}
	build := filepath.Join(work, "build") // where the programs are, as a caller from elsewhere finds them
	if d := above(build); d != filepath.Join(work, "models") {
		t.Error("found", d)
	}
	if d := above(filepath.Join(t.TempDir(), "bin")); d != "" {
		t.Error("found", d)
	}
}

func TestFetchKeepsOnlyRightFiles(t *testing.T) {
	served := map[string][]byte{"/good.onnx": weights, "/forged.onnx": []byte("other weights of the net"), "/long.onnx": append(bytes.Clone(weights), 1)}
	hits := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		data, ok := served[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	}))
	defer srv.Close()
	manifest := func(path string) Manifest {
		e := entry("r.onnx", weights)
		e.URL = srv.URL + path
		return Manifest{Recogniser: "r.onnx", Models: []Model{e}}
	}
	for _, path := range []string{"/forged.onnx", "/long.onnx", "/absent.onnx"} {
		dir := t.TempDir()
		wantMissing(t, fetch(t.Context(), srv.Client(), dir, manifest(path)))
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s left %d files behind", path, len(left))
		}
	}
	dir := t.TempDir()
	for range 2 {
		if err := fetch(t.Context(), srv.Client(), dir, manifest("/good.onnx")); err != nil {
			t.Fatal(err)
		}
	}
	if hits != 4 {
		t.Errorf("%d requests; a file that is there must not be fetched again", hits)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if data, _, err := f.Recogniser(); err != nil || !bytes.Equal(data, weights) {
		t.Errorf("%v", err)
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	wantMissing(t, Fetch(ctx, dir))
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%d files left behind", len(left))
	}
}

func TestMeasuredListsThresholdsInOrder(t *testing.T) {
	m := Model{Thresholds: map[string]map[string]float64{"b": {"1e-4": .5, "1e-3": .4}, "a": {"1e-3": .6}}}
	got := m.Measured()
	want := []Measured{{"a", "1e-3", .6}, {"b", "1e-3", .4}, {"b", "1e-4", .5}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if (&Model{}).Measured() != nil {
		t.Error("thresholds out of nothing")
	}
}

// The thresholds were measured with faces described mirrored as well; without that they would be somebody else's.
func TestRecipeOfTheThresholdsIsKept(t *testing.T) {
	for _, e := range builtin().Models {
		if len(e.Thresholds) > 0 && (e.Preprocess == nil || !e.Preprocess.Flip) {
			t.Errorf("%s has thresholds, but not the recipe they were measured with", e.File)
		}
	}
}
