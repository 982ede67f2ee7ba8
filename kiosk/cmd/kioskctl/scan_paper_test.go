package main

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"motcua/vision/visiontest"
)

// scannedScenes are the pictures that the command "papers" of scripts makes.
var scannedScenes = map[string]visiontest.DeskScene{
	"page.jpg":    {Seed: 11, Ground: visiontest.GroundWood, Leaf: &visiontest.Leaf{Table: true, Stamp: true}},
	"blank.jpg":   {Seed: 12, Ground: visiontest.GroundMat, Lying: visiontest.LyingBlank},
	"card.jpg":    {Seed: 13, Ground: visiontest.GroundMat, Lying: visiontest.LyingCard},
	"nothing.jpg": {Seed: 14, Ground: visiontest.GroundLight, Lying: visiontest.LyingNothing},
}

func drawScene(dir, name string) error {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, scannedScenes[name].Draw().Image, &jpeg.Options{Quality: 92}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), buf.Bytes(), 0o600)
}

// drawPapers is the command "papers" of scripts.
func drawPapers(ts *testscript.TestScript, _ bool, _ []string) {
	for name := range scannedScenes {
		ts.Check(drawScene(ts.Getenv("WORK"), name))
	}
}

// What stands under "corners" is where the page was drawn.
func TestScanPaperGivesTheCornersDrawn(t *testing.T) {
	dir := t.TempDir()
	if err := drawScene(dir, "page.jpg"); err != nil {
		t.Fatal(err)
	}
	code, obj := said(t, "scan", "paper", filepath.Join(dir, "page.jpg"))
	raw, err := json.Marshal(obj["corners"])
	if code != exitGood || err != nil {
		t.Fatalf("exit %d, %v, %v", code, obj, err)
	}
	var got [4][2]float64
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	for i, want := range scannedScenes["page.jpg"].Draw().Corners {
		for k := range want {
			if d := got[i][k] - want[k]; d < -1.5 || d > 1.5 {
				t.Errorf("corner %d is %v, drawn %v", i, got[i], want)
			}
		}
	}
}
