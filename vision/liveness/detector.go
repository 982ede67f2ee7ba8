package liveness

import (
	"maps"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision/models"
)

// Detector makes watches. It may be used from several goroutines.
type Detector struct{ nets *Nets }

// Open loads the networks from the folder that models.Locate finds for dir. Errors: model_missing; the Detector is then still
// usable, and every judgement of its watches is not_supported.
func Open(dir string) (*Detector, error) {
	folder, err := models.Open(dir)
	if err != nil {
		return &Detector{}, err
	}
	return Load(folder)
}

// Load is [Open] for a folder that was opened.
func Load(folder *models.Folder) (*Detector, error) {
	nets, err := OpenNets(folder)
	return &Detector{nets}, err
}

// Close frees the networks. It may be called twice.
func (d *Detector) Close() error {
	if d.nets == nil {
		return nil
	}
	return d.nets.Close()
}

// Models gives the SHA-256 of the files in use, hexadecimal, by file name; none without networks.
func (d *Detector) Models() map[string]string {
	if d.nets == nil {
		return nil
	}
	return maps.Clone(d.nets.files)
}

// Watch begins to look at one capture.
func (d *Detector) Watch() *Watch { return &Watch{nets: d.nets} }

// SeeFace is [Watch.See] with plain numbers, as packages that do not know this one call it: box is x, y, width, height; marks
// are x and y of left eye, right eye, nose, left and right corner of the mouth.
func (w *Watch) SeeFace(m *gocv.Mat, box [4]float64, marks [5][2]float64) error {
	return w.See(m, FaceAt(box, marks))
}

// Result is [Judge] of the capture so far, in plain words.
func (w *Watch) Result() (score float64, result kiosk.CheckResult, reason string) {
	j := Judge(w.Cues())
	return j.Score, j.Result, j.Reason
}
