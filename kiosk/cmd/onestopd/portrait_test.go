package main

import (
	"bytes"
	"errors"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"motcua/kiosk"
)

// specimen gives a real JPEG 2000 picture, when the shared test data is there.
func specimen(t *testing.T) []byte {
	t.Helper()
	if _, err := exec.LookPath(decoder); err != nil {
		t.Skip("no ", decoder, " here: apt install libopenjp2-tools")
	}
	shared := os.Getenv("KIOSK_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	data, err := os.ReadFile(filepath.Join(shared, "data", "chip", "specimens", "silver.jp2"))
	if err != nil {
		t.Skip("the shared test data is not here: ", err)
	}
	return data
}

func TestPortraitOfJPEG2000IsShownAsPNG(t *testing.T) {
	data := specimen(t)
	got, err := showPortrait(kiosk.Image{Data: data, Type: "image/jp2"})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := png.DecodeConfig(bytes.NewReader(got.Data))
	if err != nil || cfg.Width < 16 || cfg.Height < 16 || got.Type != "image/png" {
		t.Errorf("%d by %d %s: %v", cfg.Width, cfg.Height, got.Type, err)
	}
	// The bare code stream inside is what some chips hold.
	if i := bytes.Index(data, []byte{0xFF, 0x4F, 0xFF, 0x51}); i > 0 {
		if _, err := showPortrait(kiosk.Image{Data: data[i:]}); err != nil {
			t.Error("code stream: ", err)
		}
	}
}

func TestWhatIsNoPortraitIsRefused(t *testing.T) {
	data := specimen(t)
	for name, bad := range map[string][]byte{
		"nothing": {}, "jpeg": {0xFF, 0xD8, 0xFF, 0xE0}, "cut": data[:200],
		"too long": append(bytes.Clone(data), make([]byte, maxPortrait)...),
	} {
		if got, err := showPortrait(kiosk.Image{Data: bad}); err == nil {
			t.Errorf("%s: gave %v", name, got)
		}
	}
}

// A picture that says it is huge must end at the limits, not in the office's memory.
func TestBombIsContained(t *testing.T) {
	data := specimen(t)
	i := bytes.Index(data, []byte{0xFF, 0x4F, 0xFF, 0x51})
	if i < 0 {
		t.Fatal("no code stream in the specimen")
	}
	bomb := bytes.Clone(data[i:])
	copy(bomb[8:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 by 65536 pixels
	if _, err := showPortrait(kiosk.Image{Data: bomb}); err == nil {
		t.Error("the decoder gave a picture of 4 gigapixels")
	}
}

func TestOfficeWithoutDecoderSaysSo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := showPortrait(kiosk.Image{Data: []byte{0xFF, 0x4F, 0xFF, 0x51}})
	if !errors.Is(err, errNoDecoder) {
		t.Errorf("got %v, want %v", err, errNoDecoder)
	}
}
