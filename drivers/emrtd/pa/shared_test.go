package pa

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
)

// day is when the real security objects are judged; all their signers are valid then.
var day = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)

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

var realStore = sync.OnceValues(func() (*Store, error) { return LoadStore(realDir) })

var realDir string // set before realStore is first called

func masterLists(tb testing.TB) *Store {
	tb.Helper()
	realDir = sharedDir(tb, "masterlists")
	s, err := realStore()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// want fails unless the check has the result and reason.
func want(t *testing.T, r Result, name kiosk.CheckName, result kiosk.CheckResult, reason string) {
	t.Helper()
	c, ok := r.Check(name)
	if !ok || c.Result != result || c.Reason != reason {
		t.Errorf("check %s: %q (%q), want %q (%q)", name, c.Result, c.Reason, result, reason)
	}
}
