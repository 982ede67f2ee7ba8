package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"motcua/kiosk"
)

// The decoder of JPEG 2000 (package libopenjp2-tools) and what it may use up: a hostile picture costs a process, not the office.
const (
	decoder       = "opj_decompress"
	decodeTime    = 10 * time.Second
	decodeMemory  = 512 << 20 // bytes of address space
	decodeFile    = 64 << 20  // bytes written
	maxPortrait   = 1 << 20   // bytes of a chip's photo
	maxShownBytes = 16 << 20  // bytes of the PNG
)

// errNoDecoder means that the tool is not installed.
var errNoDecoder = errors.New("no decoder for JPEG 2000: install libopenjp2-tools and util-linux")

// showPortrait makes a PNG of a chip's photo in JPEG 2000, in a process of its own with limits on time, memory and output. The
// picture is in a private folder for as long as that takes.
func showPortrait(img kiosk.Image) (kiosk.Image, error) {
	suffix := suffixOf(img.Data)
	if suffix == "" || len(img.Data) > maxPortrait {
		return kiosk.Image{}, fmt.Errorf("show portrait: %d bytes are no JPEG 2000 picture of a chip", len(img.Data))
	}
	limit, errLimit := exec.LookPath("prlimit")
	tool, errTool := exec.LookPath(decoder)
	if err := errors.Join(errLimit, errTool); err != nil {
		return kiosk.Image{}, fmt.Errorf("%w: %w", errNoDecoder, err)
	}
	dir, err := os.MkdirTemp("", "portrait-")
	if err != nil {
		return kiosk.Image{}, fmt.Errorf("show portrait: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears what is left
	in, out := filepath.Join(dir, "in"+suffix), filepath.Join(dir, "out.png")
	if err := os.WriteFile(in, img.Data, 0o600); err != nil {
		return kiosk.Image{}, fmt.Errorf("show portrait: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), decodeTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, limit, //nolint:gosec // fixed arguments, files of our own
		fmt.Sprintf("--as=%d", decodeMemory), fmt.Sprintf("--fsize=%d", decodeFile), fmt.Sprintf("--cpu=%d", int(decodeTime.Seconds())), "--core=0",
		tool, "-quiet", "-i", in, "-o", out)
	cmd.Env = []string{"LC_ALL=C"}
	if err := cmd.Run(); err != nil {
		return kiosk.Image{}, fmt.Errorf("show portrait: decoder: %w", err)
	}
	return readPortrait(out)
}

func readPortrait(file string) (kiosk.Image, error) {
	st, err := os.Stat(file)
	if err != nil {
		return kiosk.Image{}, fmt.Errorf("show portrait: decoder wrote nothing: %w", err)
	}
	if st.Size() > maxShownBytes {
		return kiosk.Image{}, fmt.Errorf("show portrait: decoder wrote %d bytes", st.Size())
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return kiosk.Image{}, fmt.Errorf("show portrait: %w", err)
	}
	return kiosk.Image{Data: data, Type: "image/png"}, nil
}

// suffixOf tells a JPEG 2000 file from a bare code stream, as the decoder wants it in the file's name; "" for neither.
func suffixOf(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x00\x00\x00\x0cjP  \r\n\x87\n")):
		return ".jp2"
	case bytes.HasPrefix(data, []byte{0xFF, 0x4F, 0xFF, 0x51}):
		return ".j2k"
	}
	return ""
}
