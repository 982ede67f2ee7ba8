package kiosk_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/png"
	"strings"
	"testing"

	"motcua/kiosk"
)

const drawn = "100,100 110,120 120,140 130,160;500,200 520,210 540,220 560,230 580,240"

func TestInk(t *testing.T) {
	ink, err := kiosk.ParseInk(drawn)
	if err != nil || len(ink) != 2 || ink[1][4] != (kiosk.Point{X: 580, Y: 240}) {
		t.Fatalf("%d strokes, %v", len(ink), err)
	}
	if s := fmt.Sprintf("%v %s", ink, ink); strings.Contains(s, "580") {
		t.Errorf("a signature is printed: %s", s)
	}
	d, err := ink.Document("Chữ ký")
	if err != nil || d.Paper != "Chữ ký" || d.SHA256 != sha256.Sum256(d.Page.Data) {
		t.Fatal(d.Paper, err)
	}
	img, err := png.Decode(bytes.NewReader(d.Page.Data))
	if err != nil || img.Bounds().Dx() != kiosk.InkWidth || img.Bounds().Dy() != kiosk.InkHeight {
		t.Fatal(err)
	}
	black := func(x, y int) bool { r, _, _, _ := img.At(x, y).RGBA(); return r == 0 }
	if !black(105, 110) || !black(550, 225) || black(300, 180) || black(0, 0) {
		t.Error("the strokes are not where they were drawn")
	}
}

func TestInkRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"empty": "", "a touch": "5,5", "no number": strings.Replace(drawn, "100", "x", 1), "outside": strings.Replace(drawn, "580", "1001", 1),
		"negative": strings.Replace(drawn, "240", "-1", 1), "endless": strings.Repeat("1,1 ", 2001), "long": strings.Repeat(" ", 20000) + drawn,
		"three numbers": strings.Replace(drawn, "100,100", "1,2,3", 1),
	} {
		if _, err := kiosk.ParseInk(s); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseInk(f *testing.F) {
	f.Add(drawn)
	f.Fuzz(func(t *testing.T, s string) {
		ink, err := kiosk.ParseInk(s)
		if err != nil {
			return
		}
		if _, err := ink.Document("x"); err != nil {
			t.Fatal(err)
		}
	})
}
