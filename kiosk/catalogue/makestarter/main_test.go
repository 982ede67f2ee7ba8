package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk"
)

// facts finds the record file beside the module; the test is skipped without it.
func facts(t *testing.T) string {
	t.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		dir, err := filepath.Abs("../../../..")
		if err != nil {
			t.Fatal(err)
		}
		root = filepath.Join(dir, "shared")
	}
	path := filepath.Join(root, "data", "catalogue", "catalogue.json")
	if _, err := os.Stat(path); err != nil {
		t.Skip("development data is not here")
	}
	return path
}

// The committed starter is what the facts and the words give now: nobody edited it by hand, nobody forgot to make it again.
func TestStarterIsUpToDate(t *testing.T) {
	from := facts(t)
	dir := t.TempDir()
	for _, name := range []string{"words.txt", "synonyms.txt", "elsewhere.txt"} {
		copyFile(t, filepath.Join("..", name), filepath.Join(dir, name))
	}
	if err := run(from, dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "starter.json"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../starter.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("starter.json is not what makestarter makes: run it")
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWords(t *testing.T) {
	all := map[string]*kiosk.Procedure{"1.000001": {Code: "1.000001"}}
	rows, err := lines(file(t, "# comment\n\n1.000001 | Ngắn | một; hai ;\n"), "|", 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := addWords(rows, all); err != nil {
		t.Fatal(err)
	}
	if p := all["1.000001"]; p.Short != "Ngắn" || strings.Join(p.Aliases, ",") != "một,hai" {
		t.Errorf("got %+v", p)
	}
	if err := addWords([][]string{{"1.000002", "Ngắn", "một"}}, all); err == nil {
		t.Error("words for a procedure that is not there are accepted")
	}
	if _, err := lines(file(t, "1.000001 | Ngắn\n"), "|", 3); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a line with too few parts: %v", err)
	}
}

func TestElsewhere(t *testing.T) {
	all, err := elsewhere(file(t, "Ly hôn | Tòa án khu vực | Tòa án huyện | | ly hôn; ly dị\n"))
	if err != nil || len(all) != 1 || all[0].Unit != "Tòa án khu vực" || all[0].Was != "Tòa án huyện" || len(all[0].Phrases) != 2 {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := elsewhere(file(t, "Ly hôn | Tòa án\n")); err == nil {
		t.Error("a line with too few parts is accepted")
	}
}

func TestSynonyms(t *testing.T) {
	syn, red, err := synonyms(file(t, "kết hôn = cưới; lấy vợ\n1.000001 -> 1.000002\n"))
	if err != nil || syn["cưới"] != "kết hôn" || syn["lấy vợ"] != "kết hôn" || red["1.000001"] != "1.000002" {
		t.Errorf("%v %v %v", syn, red, err)
	}
	for _, bad := range []string{"kết hôn\n", "a = x\nb = x\n"} {
		if _, _, err := synonyms(file(t, bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// Rows of one channel and time are one way; a row in another currency is that of a mission abroad.
func TestWays(t *testing.T) {
	path := file(t, `{"generated": "2026-11-21", "records": [{"code": "1.000001", "name": "a", "core": true, "channels": [
		{"channel": "direct", "duration": 1, "unit": "working_day", "fees": [{"amount": 2000, "currency": "VND", "per": "trang"}]},
		{"channel": "direct", "duration": 1, "unit": "working_day", "fees": [{"amount": 2000, "currency": "VND", "per": "trang"}, {"amount": 0, "currency": "VND", "province_decides": true}]},
		{"channel": "direct", "duration": null, "unit": null, "fees": [{"amount": 10, "currency": "USD", "per": "bản"}]},
		{"channel": "postal", "duration": 3, "unit": "day", "fees": null}]}, {"code": "1.000002", "core": false}, {"code": "1.000003", "core": false}]}`)
	all, date, err := procedures(path, map[string]bool{"1.000003": true})
	if err != nil || date != "2026-11-21" || len(all) != 2 || all["1.000003"] == nil {
		t.Fatalf("%v %s %v", all, date, err)
	}
	ways := all["1.000001"].Ways
	if len(ways) != 2 || len(ways[0].Fees) != 2 || !ways[0].Fees[1].ProvinceDecides || ways[1].Fees != nil || ways[1].Unit != kiosk.UnitDay {
		t.Errorf("ways %+v", ways)
	}
}
