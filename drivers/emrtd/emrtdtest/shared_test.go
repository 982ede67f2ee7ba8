package emrtdtest

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// person is the fictional holder of the tests.
func person() Person {
	return Person{
		Number: "999304012345", Name: "NGUYỄN THỊ THU", Birth: "01/02/2004", Sex: "Nữ", Issued: "05/03/2024",
		Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Hư Cấu, Tỉnh Không Có",
		Residence: "Thôn Một, Xã Hư Cấu, Tỉnh Không Có", Parents: [2]string{"NGUYỄN VĂN CHA", "TRẦN THỊ MẸ"},
	}
}

// issued makes an authority and a card once for all tests of the package.
func issued(t testing.TB) (*Card, *Authority) {
	t.Helper()
	a, err := NewAuthority(AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Issue(person(), Silhouette(90), a)
	if err != nil {
		t.Fatal(err)
	}
	return c, a
}

// powered makes a chip with power.
func powered(t testing.TB, card *Card, opt Options) *Chip {
	t.Helper()
	c, err := New(card, opt)
	if err != nil {
		t.Fatal(err)
	}
	c.PowerOn()
	return c
}

// sharedFile finds a file of the shared data folder beside the module; the test is skipped where there is none.
func sharedFile(t testing.TB, name ...string) string {
	t.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
			if dir == filepath.Dir(dir) {
				t.Fatal("no go.mod above the package")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared")
	}
	file := filepath.Join(append([]string{root, "data"}, name...)...)
	if _, err := os.Stat(file); err != nil {
		t.Skip("the shared data folder is not beside the module: this test needs its vectors")
	}
	return file
}

// vector reads the values of a worked example.
func vector(t testing.TB, name string) func(key string) []byte {
	t.Helper()
	raw, err := os.ReadFile(sharedFile(t, "chip", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Values map[string]string `json:"values"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return func(key string) []byte {
		b, err := hex.DecodeString(v.Values[key])
		if err != nil || len(b) == 0 {
			t.Fatalf("vector %s: bad value %s", name, key)
		}
		return b
	}
}
