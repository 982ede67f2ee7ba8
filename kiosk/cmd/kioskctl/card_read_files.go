package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"motcua/kiosk"
)

// knownFiles are the names under which saveFiles may have written before.
var knownFiles = []kiosk.FileID{
	kiosk.FileCardAccess, kiosk.FileCardSecurity, kiosk.FileATRInfo, kiosk.FileCOM, kiosk.FileSOD, kiosk.FileDG1, kiosk.FileDG2,
	kiosk.FileDG11, kiosk.FileDG12, kiosk.FileDG13, kiosk.FileDG14, kiosk.FileDG15,
}

// fileName gives the name of a chip's file on disk.
func fileName(id kiosk.FileID) string { return strings.ReplaceAll(string(id), "/", "-") + ".bin" }

// saveFiles writes the raw files, readable by the caller alone. They appear together or not at all, and files of an earlier read go, so
// that a folder never holds those of two cards.
func saveFiles(dir string, files map[kiosk.FileID][]byte) error {
	if dir == "" {
		return nil
	}
	if err := replaceFiles(dir, files); err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "save files", "give a folder that can be written with -out", "%w", err)
	}
	return nil
}

func replaceFiles(dir string, files map[kiosk.FileID][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(dir, ".read-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // empty when all went well
	for id, data := range files {
		if err := os.WriteFile(filepath.Join(fresh, fileName(id)), data, 0o600); err != nil {
			return err
		}
	}
	for _, id := range knownFiles {
		if err := os.Remove(filepath.Join(dir, fileName(id))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a file of an earlier read: %w", err)
		}
	}
	for id := range files {
		if err := os.Rename(filepath.Join(fresh, fileName(id)), filepath.Join(dir, fileName(id))); err != nil {
			return err
		}
	}
	return nil
}
