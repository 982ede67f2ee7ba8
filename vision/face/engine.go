package face

import (
	"errors"
	"fmt"
	"image"
	"maps"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/models"
)

// DefaultFAR is the false accept rate whose threshold is used when the operator sets none.
const DefaultFAR = "1e-4"

// Engine holds the loaded networks. It may be used from several goroutines.
type Engine struct {
	det   *detector
	rec   *recogniser
	model models.Model
	files map[string]string       // SHA-256 of the model files, by name
	again func() (*Engine, error) // loads another of the same files
}

// Open loads detector and recogniser from the folder that models.Locate finds for dir. Errors: model_missing.
func Open(dir string) (*Engine, error) {
	folder, err := models.Open(dir)
	if err != nil {
		return nil, err
	}
	return Load(folder)
}

// Load loads detector and recogniser from a folder. Errors: model_missing.
func Load(folder *models.Folder) (*Engine, error) {
	const hint = "fetch the models again with make models"
	detData, detModel, err := folder.Load(models.Detector)
	if err != nil {
		return nil, err
	}
	recData, recModel, err := folder.Recogniser()
	if err != nil {
		return nil, err
	}
	det, err := newDetector(detData)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeModelMissing, "load face detector", hint, "%s: %w", detModel.File, err)
	}
	rec, err := newRecogniser(recData, *recModel.Preprocess)
	if err != nil {
		_ = det.net.Close()
		return nil, kiosk.Errorf(kiosk.CodeModelMissing, "load face recogniser", hint, "%s: %w", recModel.File, err)
	}
	files := map[string]string{detModel.File: detModel.SHA256, recModel.File: recModel.SHA256}
	return &Engine{det: det, rec: rec, model: recModel, files: files, again: func() (*Engine, error) { return Load(folder) }}, nil
}

// Close frees the networks. It may be called twice.
func (e *Engine) Close() error { return errors.Join(e.det.net.Close(), e.rec.net.Close()) }

// Model tells which recogniser is loaded.
func (e *Engine) Model() models.Model { return e.model }

// Models gives the SHA-256 of the files in use, hexadecimal, by file name.
func (e *Engine) Models() map[string]string { return maps.Clone(e.files) }

// Detect gives the faces of a picture, largest first.
func (e *Engine) Detect(m *gocv.Mat) ([]Face, error) { return e.det.detect(m) }

// Find gives where the largest face of a picture stands, for a preview that follows it; false when there is none.
func (e *Engine) Find(m *gocv.Mat) (image.Rectangle, bool) {
	faces, err := e.Detect(m)
	if err != nil || len(faces) == 0 {
		return image.Rectangle{}, false
	}
	f := &faces[0]
	return image.Rect(int(f.X), int(f.Y), int(f.X+f.W), int(f.Y+f.H)), true
}

// Align gives the face cut out as the recogniser wants it; the caller closes it.
func (e *Engine) Align(m *gocv.Mat, f *Face) (gocv.Mat, error) { return align(m, f, e.rec.pre.Size) }

// Embed gives the embedding of an aligned face and its length before normalising.
func (e *Engine) Embed(aligned *gocv.Mat) (Embedding, float64, error) { return e.rec.embed(aligned) }

// Describe looks at one face of a picture again, closer, and gives its embedding and the embedding's length before normalising.
// It is what photos, frames that enter a score, and thresholds are measured with.
func (e *Engine) Describe(m *gocv.Mat, f *Face) (Embedding, float64, error) {
	aligned, err := e.Align(m, e.det.refined(m, f))
	if err != nil {
		return nil, 0, err
	}
	defer aligned.Close()
	emb, norm, err := e.Embed(&aligned)
	if err != nil {
		return nil, 0, fmt.Errorf("describe face: %w", err)
	}
	return emb, norm, nil
}

// Errors of looking at a photo.
var (
	ErrNoFace    = errors.New("no face in the picture")
	ErrManyFaces = errors.New("more than one face in the picture")
)

// Photo gives the embedding of the one face in a picture file (JPEG, JPEG 2000, PNG).
// Errors: photo_unreadable, wrapping [vision.ErrPicture], [ErrNoFace] or [ErrManyFaces].
func (e *Engine) Photo(data []byte) (Embedding, error) {
	const op, hint = "read photo", "let the officer compare the photo"
	m, err := vision.Decode(data)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodePhotoUnreadable, op, hint, "%w", err)
	}
	defer m.Close()
	f, err := e.single(&m)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodePhotoUnreadable, op, hint, "%w", err)
	}
	emb, _, err := e.Describe(&m, f)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodePhotoUnreadable, op, hint, "%w", err)
	}
	return emb, nil
}

// single gives the one face of a photo. Faces far smaller than the largest (a print in the background) do not count.
func (e *Engine) single(m *gocv.Mat) (*Face, error) {
	faces, err := e.Detect(m)
	if err != nil {
		return nil, err
	}
	switch n := prominent(faces); {
	case n == 0:
		return nil, ErrNoFace
	case n > 1:
		return nil, ErrManyFaces
	}
	return &faces[0], nil
}

// secondFace is how wide another face must be, as a part of the largest one's width, to count as a second person before the
// camera. Smaller ones are people passing far behind.
const secondFace = 1.0 / 3

// prominent counts the faces that matter; faces are sorted, largest first.
func prominent(faces []Face) int {
	n := 0
	for i := range faces {
		if faces[i].W >= secondFace*faces[0].W {
			n++
		}
	}
	return n
}
