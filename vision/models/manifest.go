package models

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"motcua/kiosk"
)

// Detector is the file of the face detector.
const Detector = "face_detection_yunet_2023mar.onnx"

// ManifestName is the manifest's file name in a folder of models.
const ManifestName = "MANIFEST.json"

// Limits on a folder of models.
const (
	maxManifest = 1 << 20   // bytes
	maxModel    = 256 << 20 // bytes
	maxModels   = 64
)

//go:embed pinned.json
var pinnedJSON []byte

// Preprocess is how a recogniser wants its aligned face.
type Preprocess struct {
	Size  int        `json:"size"`  // pixels a side
	RGB   bool       `json:"rgb"`   // red first, else blue first
	Mean  [3]float64 `json:"mean"`  // subtracted, in the network's order of colours
	Scale float64    `json:"scale"` // then multiplied
	Flip  bool       `json:"flip"`  // the face is also described mirrored, and both are added; its thresholds were measured so
}

// Model is one file of the manifest.
type Model struct {
	File       string                        `json:"file"`
	Task       string                        `json:"task"`
	Licence    string                        `json:"licence"`
	Upstream   string                        `json:"upstream"`
	URL        string                        `json:"url,omitempty"`
	SHA256     string                        `json:"sha256"`
	Size       int64                         `json:"size"`
	Preprocess *Preprocess                   `json:"preprocess,omitempty"`
	Thresholds map[string]map[string]float64 `json:"thresholds,omitempty"` // population → false accept rate → cosine
}

// Manifest says what a folder of models holds.
type Manifest struct {
	Note       string  `json:"note,omitempty"`
	Recogniser string  `json:"recogniser"`
	Models     []Model `json:"models"`
}

// Pinned gives the manifest of what [Fetch] brings.
func Pinned() Manifest {
	m := builtin()
	m.Models = slices.DeleteFunc(m.Models, func(e Model) bool { return e.URL == "" })
	return m
}

// builtin gives everything that is known here, also of files that have no address to fetch them from.
func builtin() Manifest {
	m, err := parse(pinnedJSON)
	if err != nil {
		panic("models: the built-in manifest: " + err.Error()) // a test reads it
	}
	return m
}

// parse reads a manifest. Keys that are not known are comments for people.
func parse(data []byte) (Manifest, error) {
	var m Manifest
	if len(data) > maxManifest {
		return m, fmt.Errorf("manifest of %d bytes", len(data))
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if len(m.Models) == 0 || len(m.Models) > maxModels {
		return m, fmt.Errorf("manifest names %d models", len(m.Models))
	}
	seen := map[string]bool{}
	for _, e := range m.Models {
		if err := e.check(); err != nil {
			return m, err
		}
		if seen[e.File] {
			return m, fmt.Errorf("manifest names %s twice", e.File)
		}
		seen[e.File] = true
	}
	return m, nil
}

func (e *Model) check() error {
	if e.File == "" || e.File != filepath.Base(e.File) || strings.HasPrefix(e.File, ".") {
		return fmt.Errorf("manifest: %q is not a file name", e.File)
	}
	if len(e.SHA256) != 64 || strings.Trim(e.SHA256, "0123456789abcdef") != "" {
		return fmt.Errorf("manifest: %s has no SHA-256", e.File)
	}
	if e.Size <= 0 || e.Size > maxModel {
		return fmt.Errorf("manifest: %s is of %d bytes", e.File, e.Size)
	}
	for _, byFAR := range e.Thresholds {
		for _, t := range byFAR {
			if math.IsNaN(t) || t <= 0 || t >= 1 {
				return fmt.Errorf("manifest: %s has a threshold of %v", e.File, t)
			}
		}
	}
	if p := e.Preprocess; p != nil && (p.Size < 32 || p.Size > 512 || p.Scale <= 0) {
		return fmt.Errorf("manifest: %s has an unusable preprocess", e.File)
	}
	return nil
}

// Find gives the entry of a file.
func (m *Manifest) Find(file string) (Model, bool) {
	for _, e := range m.Models {
		if e.File == file {
			return e.known(), true
		}
	}
	return Model{}, false
}

// known fills in what the built-in manifest knows of the same bytes.
func (e Model) known() Model {
	for _, p := range builtin().Models {
		if p.SHA256 != e.SHA256 {
			continue
		}
		if e.Preprocess == nil {
			e.Preprocess = p.Preprocess
		}
		if len(e.Thresholds) == 0 {
			e.Thresholds = p.Thresholds
		}
	}
	return e
}

// Measured is one threshold of a model.
type Measured struct {
	Population, FAR string
	Threshold       float64
}

// Measured gives all thresholds of the model, ordered by population and score.
func (e *Model) Measured() (out []Measured) {
	for population, byFAR := range e.Thresholds {
		for far, t := range byFAR {
			out = append(out, Measured{population, far, t})
		}
	}
	slices.SortFunc(out, func(a, b Measured) int {
		return cmp.Or(cmp.Compare(a.Population, b.Population), cmp.Compare(a.Threshold, b.Threshold))
	})
	return out
}

// Population is the group of people whose false accept rates set the default threshold. Thresholds from western press
// photographs accept several times as many impostors among East Asian faces, so they must not be used here.
const Population = "east_asian_identities"

// Threshold gives the score that belongs to a false accept rate ("1e-4") in [Population]; 0 and an Error model_missing when it
// was never measured for this file.
func (e *Model) Threshold(far string) (float64, error) {
	for name, byFAR := range e.Thresholds {
		if strings.HasPrefix(name, Population) && byFAR[far] > 0 {
			return byFAR[far], nil
		}
	}
	return 0, kiosk.Errorf(kiosk.CodeModelMissing, "choose threshold",
		"measure the recogniser with kioskctl face eval on local pictures and set the threshold in kiosk.toml",
		"%s has no threshold for %s at a false accept rate of %s", e.File, Population, far)
}
