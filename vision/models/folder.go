package models

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"motcua/kiosk"
)

// EnvDir is the environment variable that names the folder of models.
const EnvDir = "KIOSK_MODELS"

const hintFetch = "run make models, or set [models] dir in kiosk.toml (or KIOSK_MODELS) to a folder with MANIFEST.json and its files"

// Folder is a folder of models whose manifest has been read.
type Folder struct {
	Dir      string
	Manifest Manifest
}

// Locate gives the folder to use: dir when it is given, else $KIOSK_MODELS, else the first of "models" and
// "../shared/data/models" that is found beside the working directory or above it, up to a module's root, or in the same way beside
// this program, which may be called from anywhere. "" when there is none.
func Locate(dir string) string {
	if dir != "" {
		return dir
	}
	if env := os.Getenv(EnvDir); env != "" {
		return env
	}
	if at, err := os.Getwd(); err == nil {
		if d := above(at); d != "" {
			return d
		}
	}
	if exe, err := os.Executable(); err == nil {
		return above(filepath.Dir(exe))
	}
	return ""
}

// above looks for a folder of models beside at, then beside each folder above it.
func above(at string) string {
	for {
		for _, rel := range []string{"models", "../shared/data/models"} {
			d := filepath.Join(at, rel)
			if isFile(filepath.Join(d, ManifestName)) {
				return d
			}
		}
		up := filepath.Dir(at)
		if up == at || isFile(filepath.Join(at, "go.mod")) {
			return ""
		}
		at = up
	}
}

func isFile(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

// Open reads the manifest of the folder that [Locate] finds for dir. Errors: model_missing.
func Open(dir string) (*Folder, error) {
	const op = "open models"
	dir = Locate(dir)
	if dir == "" {
		return nil, kiosk.Errorf(kiosk.CodeModelMissing, op, hintFetch, "no folder of models")
	}
	data, err := readAll(filepath.Join(dir, ManifestName), maxManifest)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeModelMissing, op, hintFetch, "read manifest: %w", err)
	}
	m, err := parse(data)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeModelMissing, op, "repair or replace "+ManifestName, "%w", err)
	}
	return &Folder{Dir: dir, Manifest: m}, nil
}

// Load gives the bytes of a file, after size and SHA-256 have been compared with the manifest. Errors: model_missing.
func (f *Folder) Load(file string) ([]byte, Model, error) {
	const op = "load model"
	e, ok := f.Manifest.Find(file)
	if !ok {
		return nil, Model{}, kiosk.Errorf(kiosk.CodeModelMissing, op, hintFetch, "the manifest does not name %q", file)
	}
	data, err := readAll(filepath.Join(f.Dir, e.File), e.Size)
	if err != nil {
		return nil, Model{}, kiosk.Errorf(kiosk.CodeModelMissing, op, hintFetch, "read %s: %w", e.File, err)
	}
	sum := sha256.Sum256(data)
	if want, _ := hex.DecodeString(e.SHA256); !bytes.Equal(sum[:], want) {
		return nil, Model{}, kiosk.Errorf(kiosk.CodeModelMissing, op, "fetch the file again; it is damaged or another version",
			"%s: the SHA-256 of its %d bytes is not the manifest's", e.File, len(data))
	}
	return data, e, nil
}

// Recogniser loads the recogniser that the manifest names; it must say how its input is prepared. Errors: model_missing.
func (f *Folder) Recogniser() ([]byte, Model, error) {
	name := f.Manifest.Recogniser
	if name == "" {
		return nil, Model{}, kiosk.Errorf(kiosk.CodeModelMissing, "load recogniser", "add \"recogniser\" to "+ManifestName,
			"the manifest names no recogniser")
	}
	data, e, err := f.Load(name)
	if err != nil {
		return nil, Model{}, err
	}
	if e.Preprocess == nil {
		return nil, Model{}, kiosk.Errorf(kiosk.CodeModelMissing, "load recogniser",
			"add \"preprocess\" {size, rgb, mean, scale} to its entry in "+ManifestName, "%s: input preparation not known", e.File)
	}
	return data, e, nil
}

// readAll reads a file of at most limit bytes.
func readAll(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("longer than %d bytes", limit)
	}
	return data, nil
}
