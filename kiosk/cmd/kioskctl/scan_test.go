package main

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rsc.io/qr"

	"motcua/vision/visiontest"
)

// scan runs a command of scanning with -json and gives what it printed.
func scan(t *testing.T, args ...string) (map[string]any, exitCode, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), &console{in: strings.NewReader(""), out: &out, err: &errs}, append(args, "-json"))
	got := map[string]any{}
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%v: %q", err, out.String())
		}
	}
	return got, code, errs.String()
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestScanQR(t *testing.T) {
	const payload = "999301012345||Nguyễn Thị Thử|15012001|Nữ|Xã Giả Định|02032024"
	c, err := qr.Encode(payload, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	got, code, _ := scan(t, "scan", "qr", write(t, "code.png", c.PNG()))
	if code != exitGood || got["payload"] != payload {
		t.Errorf("exit %d, %v", code, got)
	}
	person := write(t, "person.jpg", visiontest.NewPerson(1).PortraitJPEG())
	if got, code, _ := scan(t, "scan", "qr", person); code != exitRefused || got["payload"] != nil {
		t.Errorf("a picture without a code: exit %d, %v", code, got)
	}
	if _, code, text := scan(t, "scan", "qr", write(t, "text.jpg", []byte("no picture"))); code != exitFault || !strings.Contains(text, "JPEG") {
		t.Errorf("no picture: exit %d, %s", code, text)
	}
	if _, code, _ := scan(t, "scan", "qr"); code != exitFault {
		t.Errorf("no file: exit %d", code)
	}
}

func TestScanMRZ(t *testing.T) {
	lines := []string{"IDVNM3010123457999301012345<<3", "0101155F4101157VNM<<<<<<<<<<<6", "NGUYEN<<THI<THU<<<<<<<<<<<<<<<"}
	card, err := visiontest.NewCard(visiontest.FontsOCRB, lines...)
	if err != nil {
		t.Skip("the OCR-B font is not here: apt install fonts-ocr-b: ", err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var file bytes.Buffer
	if err := jpeg.Encode(&file, visiontest.Photograph(r, card.Picture(r, .8), visiontest.Severities[0], 1280, 720, false), nil); err != nil {
		t.Fatal(err)
	}
	got, code, text := scan(t, "scan", "mrz", write(t, "card.jpg", file.Bytes()))
	read, _ := got["lines"].([]any)
	if len(read) != 3 || read[0] != lines[0] || read[1] != lines[1] || read[2] != lines[2] {
		t.Errorf("exit %d, %v %s", code, got, text)
	}
	if valid := got["valid"] == true; valid != (code == exitGood) || !valid && code != exitUndetermined {
		t.Errorf("valid %v with exit %d", got["valid"], code)
	}
	person := write(t, "person.jpg", visiontest.NewPerson(1).PortraitJPEG())
	if got, code, _ := scan(t, "scan", "mrz", person); code != exitRefused {
		t.Errorf("a picture without a zone: exit %d, %v", code, got)
	}
}
