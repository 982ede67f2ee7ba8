package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"motcua/vision/models"
	"motcua/vision/visiontest"
)

// modelFolder gives the true networks, or skips the test when they are not there.
func modelFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(os.Getenv("KIOSK_SHARED"), "data", "models")
	if os.Getenv("KIOSK_SHARED") == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data", "models")
	}
	if _, err := os.Stat(filepath.Join(dir, models.ManifestName)); err != nil {
		t.Skip("needs the shared data (data/models), or KIOSK_SHARED")
	}
	return dir
}

// said runs a command with -json and gives its exit code and object.
func said(t *testing.T, args ...string) (exitCode, map[string]any) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), &console{in: &bytes.Buffer{}, out: &out, err: &errs}, append(args, "-json"))
	var obj map[string]any
	if err := json.Unmarshal(out.Bytes(), &obj); err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, out.String(), errs.String())
	}
	return code, obj
}

func TestFaceCommandsOnThePeopleOfTheDemo(t *testing.T) {
	dir, work := modelFolder(t), t.TempDir()
	for i, name := range []string{"a.jpg", "b.jpg"} {
		if err := os.WriteFile(filepath.Join(work, name), visiontest.NewPerson(visiontest.Cast[i]).PortraitJPEG(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := filepath.Join(work, "pairs.tsv")
	if err := os.WriteFile(list, []byte("a.jpg\ta.jpg\t1\na.jpg\tb.jpg\t0\nb.jpg\tb.jpg\t1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, b := filepath.Join(work, "a.jpg"), filepath.Join(work, "b.jpg")
	for _, c := range []struct {
		a, b    string
		code    exitCode
		verdict string
	}{
		{a, a, exitGood, "match"}, {a, b, exitRefused, "no_match"}, {a, list, exitUndetermined, "no_face"},
	} {
		code, obj := said(t, "face", "compare", "-models", dir, c.a, c.b)
		if code != c.code || obj["verdict"] != c.verdict || obj["threshold"] != .466 {
			t.Errorf("exit %d, %v", code, obj)
		}
		if _, is := obj["score"].(float64); is != (c.verdict != "no_face") {
			t.Errorf("%s with the score %v", c.verdict, obj["score"])
		}
	}
	code, obj := said(t, "face", "eval", "-models", dir, "-pairs", list, "-root", work)
	if code != exitGood || obj["pairs"] != 3.0 || obj["genuine"] != 2.0 || obj["impostor"] != 1.0 || obj["eer"] != 0.0 || obj["failed_to_acquire"] != 0.0 {
		t.Errorf("exit %d, %v", code, obj)
	}
	for _, key := range []string{"tar_at_far", "threshold_at_far"} {
		m, _ := obj[key].(map[string]any)
		for _, far := range []string{"0.01", "0.001", "0.0001"} {
			if _, ok := m[far].(float64); !ok {
				t.Errorf("%s has no %s: %v", key, far, m)
			}
		}
	}
}

func TestFaceEvalWritesChartAndPage(t *testing.T) {
	dir, work := modelFolder(t), t.TempDir()
	var list bytes.Buffer
	for i := range 2 {
		name := string(rune('A'+i)) + "_0001.jpg"
		if err := os.WriteFile(filepath.Join(work, name), visiontest.NewPerson(visiontest.Cast[i]).PortraitJPEG(), 0o600); err != nil {
			t.Fatal(err)
		}
		list.WriteString(name + "\t" + name + "\t1\n")
	}
	list.WriteString("A_0001.jpg\tB_0001.jpg\t0\n")
	pairs, svg, md := filepath.Join(work, "pairs.tsv"), filepath.Join(work, "det.svg"), filepath.Join(work, "det.md")
	if err := os.WriteFile(pairs, list.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"face", "eval", "-models", dir, "-pairs", pairs, "-root", work, "-condition", "dg2", "-svg", svg, "-md", md}
	code, obj := said(t, args...)
	if code != exitGood || obj["failed_to_detect"] != 0.0 || obj["flip"] != true {
		t.Errorf("exit %d, %v", code, obj)
	}
	if c, _ := obj["condition"].(map[string]any); c["name"] != "dg2" || c["genuine"] != 2.0 {
		t.Errorf("condition %v", obj["condition"])
	}
	chart, err := os.ReadFile(svg)
	if err != nil || !bytes.HasPrefix(chart, []byte("<svg ")) {
		t.Errorf("chart %v", err)
	}
	page, err := os.ReadFile(md)
	if err != nil || !bytes.Contains(page, []byte("](det.svg)")) || !bytes.Contains(page, []byte("| 1e-4 | 0.466 |")) {
		t.Errorf("page %v\n%s", err, page)
	}
	if code, obj := said(t, append(args[:len(args)-2:len(args)-2], "-flip=false", "-md", filepath.Join(work, "none", "x.md"))...); code != exitFault || obj["error"] == nil {
		t.Errorf("a page in a folder that does not exist: exit %d, %v", code, obj)
	}
}
