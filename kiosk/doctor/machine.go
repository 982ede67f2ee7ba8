package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Disk checks the free space for a folder: below minMB no dossier is taken in, below four times that somebody should look.
func Disk(dir string, minMB int) Check {
	return Check{Name: "disk", Run: func(context.Context) Finding {
		var s syscall.Statfs_t
		if err := syscall.Statfs(existing(dir), &s); err != nil {
			return Failed(FaultDiskUnreadable, "the free space cannot be read: "+err.Error(), "check that "+dir+" can be made and read")
		}
		return space(int64(s.Bavail)*int64(s.Bsize)>>20, int64(minMB), dir) //nolint:unconvert // the field's type differs by platform
	}}
}

func space(free, wanted int64, dir string) Finding {
	text := fmt.Sprintf("%d MB free for %s, %d MB are the least", free, dir, wanted)
	switch {
	case free < wanted:
		return Failed(FaultDiskFull, text, "free some space: no dossier is taken in until then")
	case free < 4*wanted:
		return Warned(FaultDiskLow, text, "free some space soon")
	}
	return Good("%s", text)
}

// existing gives dir or its nearest parent that exists.
func existing(dir string) string {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
	}
}

// cause gives the bare reason of a file error: "permission denied".
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// maxManifest limits what is read of a manifest.
const maxManifest = 1 << 20

// manifest is the part of MANIFEST.json that says which files must be there.
type manifest struct {
	Recogniser string `json:"recogniser"`
	Models     []struct {
		File   string `json:"file"`
		SHA256 string `json:"sha256"`
	} `json:"models"`
}

// Models checks the model files in dir against MANIFEST.json there. Without models every citizen goes to the officer.
func Models(dir string) Check {
	const fix = "run \"make models\", or name the folder with MANIFEST.json in kiosk.toml, [models] dir"
	return Check{Name: "models", Timeout: time.Minute, Run: func(ctx context.Context) Finding {
		m, err := readManifest(filepath.Join(dir, "MANIFEST.json"))
		if err != nil {
			return Failed(FaultModels, "no usable MANIFEST.json in "+dir+": "+cause(err), fix)
		}
		missing := 0
		for _, file := range m.Models {
			if ctx.Err() != nil {
				return Failed(FaultModels, "the files could not all be read in time", "check the disk")
			}
			sum, err := sumOf(filepath.Join(dir, filepath.Base(file.File)))
			switch {
			case err != nil && file.File == m.Recogniser:
				return Failed(FaultModels, "the recogniser "+file.File+" is not there", fix)
			case err != nil:
				missing++
			case sum != file.SHA256:
				return Failed(FaultModels, file.File+" is not the file the manifest names: its SHA-256 differs", "get the file again")
			}
		}
		if missing > 0 {
			return Warned(FaultModels, fmt.Sprintf("%d of %d files of the manifest are not in %s", missing, len(m.Models), dir), fix)
		}
		return Good("%d files as the manifest says in %s", len(m.Models), dir)
	}}
}

func readManifest(path string) (manifest, error) {
	var m manifest
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxManifest)).Decode(&m); err != nil {
		return m, err
	}
	if len(m.Models) == 0 {
		return m, fmt.Errorf("it names no file")
	}
	return m, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
