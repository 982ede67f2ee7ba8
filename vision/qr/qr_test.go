package qr

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/vision"
)

// sharedCodes gives the folder of real-looking frames with codes, when it is there.
func sharedCodes(t testing.TB) string {
	t.Helper()
	shared := os.Getenv("KIOSK_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "data", "qr")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the shared frames with QR codes are not here: ", err)
	}
	return dir
}

type sample struct{ file, grade, payload string }

func samples(t testing.TB, dir string) (list []sample) {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil || len(tables) != 1 {
		t.Fatal("no table of payloads: ", err)
	}
	f, err := os.Open(tables[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if p := strings.SplitN(s.Text(), "\t", 3); len(p) == 3 && strings.HasSuffix(p[0], ".jpg") {
			list = append(list, sample{filepath.Join(dir, p[0]), p[1], p[2]})
		}
	}
	return list
}

// The frames of the three grades have modules of 4 to 6, 2.6 to 4 and 1.7 to 2.6 pixels.
func TestSharedFrames(t *testing.T) {
	want := map[string]int{"easy": 20, "medium": 20, "hard": 19}
	right, times := map[string]int{}, map[string][]time.Duration{}
	for _, s := range samples(t, sharedCodes(t)) {
		data, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := vision.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		codes, err := Read(&m)
		times[s.grade] = append(times[s.grade], time.Since(begun))
		_ = m.Close()
		if err != nil {
			t.Error(err)
		}
		for _, c := range codes {
			if string(c.Payload) != s.payload {
				t.Errorf("%s: read as something else", filepath.Base(s.file))
			}
		}
		if len(codes) == 1 && string(codes[0].Payload) == s.payload {
			right[s.grade]++
		} else {
			t.Logf("%s: %d codes", filepath.Base(s.file), len(codes))
		}
	}
	for grade, n := range want {
		slices.Sort(times[grade])
		t.Logf("%s: %d of %d, p50 %v", grade, right[grade], len(times[grade]), times[grade][len(times[grade])/2])
		if right[grade] < n {
			t.Errorf("%s: %d read, want at least %d", grade, right[grade], n)
		}
	}
}
