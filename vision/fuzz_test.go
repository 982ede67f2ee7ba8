package vision

import (
	"bytes"
	"errors"
	"testing"

	"gocv.io/x/gocv"
)

// pictures gives small pictures of every kind that is read, whole, cut, and with headers that promise too much.
func pictures(tb testing.TB) (out [][]byte) {
	tb.Helper()
	m, err := FromImage(sample(40, 36))
	if err != nil {
		tb.Fatal(err)
	}
	defer m.Close()
	for _, k := range []struct {
		ext    gocv.FileExt
		params []int
	}{
		{gocv.JPEGFileExt, []int{gocv.IMWriteJpegQuality, 60}},
		{gocv.JPEGFileExt, []int{gocv.IMWriteJpegProgressive, 1}},
		{gocv.JPEGFileExt, []int{gocv.IMWriteJpegRstInterval, 1}},
		{".jp2", []int{272, 200}}, // IMWRITE_JPEG2000_COMPRESSION_X1000
		{".jp2", []int{272, 1000}},
		{gocv.PNGFileExt, []int{gocv.IMWritePngCompression, 9}},
	} {
		buf, err := gocv.IMEncodeWithParams(k.ext, m, k.params)
		if err != nil {
			tb.Fatal(err)
		}
		data := bytes.Clone(buf.GetBytes())
		buf.Close()
		out = append(out, data, data[:len(data)/2], data[:len(data)-3])
		if i := bytes.Index(data, []byte{0xFF, 0x4F, 0xFF, 0x51}); i > 0 {
			raw := bytes.Clone(data[i:])
			wide := bytes.Clone(raw)
			wide[8], wide[9] = 0x7F, 0xFF
			out = append(out, raw, wide)
		}
	}
	return out
}

// FuzzHeader feeds headers alone: whatever they say, the size is within the limits or the picture is refused.
func FuzzHeader(f *testing.F) {
	for _, p := range pictures(f) {
		f.Add(p)
	}
	f.Add([]byte("\xFF\xD8\xFF\xFF\xFF\xC2\x00\x0B\x08\xFF\xFF\xFF\xFF\x01\x11\x00\x01"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0DIHDR\xFF\xFF\xFF\xFF\x00\x00\x00\x10"))
	f.Add([]byte("\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x01jp2c\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"))
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, w, h, err := Header(data)
		if err != nil {
			if !errors.Is(err, ErrPicture) || kind != "" || w != 0 || h != 0 {
				t.Fatalf("%q %d×%d with %v", kind, w, h, err)
			}
			return
		}
		if w < MinSide || h < MinSide || w > MaxSide || h > MaxSide || w*h > MaxPixels || kind == "" {
			t.Fatalf("%q of %d×%d was let through", kind, w, h)
		}
	})
}

// FuzzDecodeKinds decodes changed pictures of every kind: an error, or a picture of the size that its header said.
func FuzzDecodeKinds(f *testing.F) {
	for _, p := range pictures(f) {
		f.Add(p, uint16(0), byte(0))
		f.Add(p, uint16(len(p)/3), byte(0x55))
	}
	f.Fuzz(func(t *testing.T, data []byte, at uint16, flip byte) {
		if len(data) > 1<<16 {
			return
		}
		data = bytes.Clone(data)
		if int(at) < len(data) {
			data[at] ^= flip
		}
		_, w, h, err := Header(data)
		if err != nil || w*h > 1_000_000 { // the limits allow more; a fuzz run should not wait for it
			return
		}
		m, err := Decode(data)
		if err != nil {
			if !errors.Is(err, ErrPicture) {
				t.Fatal(err)
			}
			return
		}
		defer m.Close()
		if !IsBGR(&m) || m.Rows()*m.Cols() > MaxPixels {
			t.Fatalf("decoded to %d×%d of type %v", m.Cols(), m.Rows(), m.Type())
		}
	})
}
