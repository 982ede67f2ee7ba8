package ocrb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/vision"
)

// The shared frames: rendered cards, three grades.
func TestSharedFrames(t *testing.T) {
	shared := os.Getenv("KIOSK_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "data", "mrz")
	table, err := os.ReadFile(filepath.Join(dir, "meta.tsv"))
	if err != nil {
		t.Skip("the shared frames with zones are not here: ", err)
	}
	lines, exact := 0, 0
	for i, row := range strings.Split(strings.TrimSpace(string(table)), "\n") {
		f := strings.Split(row, "\t")
		if i == 0 || len(f) < 5 {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			t.Fatal(err)
		}
		m, err := vision.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		z, err := Read(t.Context(), &m)
		_ = m.Close()
		lines += 3
		if err != nil {
			t.Errorf("%s: %v", f[0], err)
			continue
		}
		for k := range 3 {
			if z.Lines[k] == f[2+k] {
				exact++
			} else {
				t.Logf("%s: line %d is not exact", f[0], k+1)
			}
		}
		if z.Valid && (z.Lines[0] != f[2] || z.Lines[1] != f[3]) {
			t.Errorf("%s: accepted with something wrong", f[0])
		}
		if !z.Valid {
			t.Errorf("%s: the check digits do not hold", f[0])
		}
	}
	if exact < lines*95/100 {
		t.Errorf("%d of %d lines exact", exact, lines)
	}
}
