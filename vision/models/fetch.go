package models

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
)

const fetchTimeout = 10 * time.Minute // of one file

// Fetch brings the pinned models (detector and recogniser) into dir and writes its manifest. Files that are there and right
// are kept. A file gets its name only after its SHA-256 was found right, so an interrupted or forged download leaves nothing.
// Errors: model_missing.
func Fetch(ctx context.Context, dir string) error {
	return fetch(ctx, &http.Client{Timeout: fetchTimeout}, dir, Pinned())
}

func fetch(ctx context.Context, client *http.Client, dir string, m Manifest) error {
	const op = "fetch models"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return kiosk.Errorf(kiosk.CodeModelMissing, op, "choose a folder that can be written", "make folder: %w", err)
	}
	for _, e := range m.Models {
		if e.present(dir) {
			continue
		}
		if err := e.fetch(ctx, client, dir); err != nil {
			return kiosk.Errorf(kiosk.CodeModelMissing, op,
				"check the network, or copy the file from another machine into the folder", "%s: %w", e.File, err)
		}
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = writeFile(dir, ManifestName, bytes.NewReader(append(data, '\n')), nil)
	}
	if err != nil {
		return kiosk.Errorf(kiosk.CodeModelMissing, op, "choose a folder that can be written", "write manifest: %w", err)
	}
	return nil
}

// present reports whether the right bytes are already there.
func (e *Model) present(dir string) bool {
	_, _, err := (&Folder{Dir: dir, Manifest: Manifest{Models: []Model{*e}}}).Load(e.File)
	return err == nil
}

func (e *Model) fetch(ctx context.Context, client *http.Client, dir string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL, nil)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("download: the server answered %s", res.Status)
	}
	return writeFile(dir, e.File, io.LimitReader(res.Body, e.Size+1), func(n int64, sum []byte) error {
		if n != e.Size {
			return fmt.Errorf("downloaded %d bytes instead of %d", n, e.Size)
		}
		if hex.EncodeToString(sum) != e.SHA256 {
			return fmt.Errorf("the SHA-256 of the downloaded file is not the pinned one")
		}
		return nil
	})
}

// writeFile writes to a temporary name, lets ok judge size and SHA-256, syncs and renames.
func writeFile(dir, name string, from io.Reader, ok func(n int64, sum []byte) error) (err error) {
	f, err := os.CreateTemp(dir, ".part-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), from)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if ok != nil {
		if err := ok(n, h.Sum(nil)); err != nil {
			return err
		}
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}
