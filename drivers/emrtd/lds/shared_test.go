package lds

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedDir gives a folder of the data beside the repository, and skips the test when it is not there.
func sharedDir(tb testing.TB, name string) string {
	tb.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			tb.Fatal(err)
		}
		for !exists(filepath.Join(dir, "go.mod")) {
			if dir == filepath.Dir(dir) {
				tb.Fatal("no go.mod above the package")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared")
	}
	dir := filepath.Join(root, "data", "chip", name)
	if !exists(dir) {
		tb.Skipf("real documents are not in the repository: no %s beside it (KIOSK_SHARED says where)", filepath.Join("shared", "data", "chip", name))
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readFile(tb testing.TB, dir, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
