package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"gocv.io/x/gocv"

	"motcua/kiosk"
)

// Limits on pictures from outside.
const (
	MaxBytes  = 16 << 20   // of an encoded picture
	MaxPixels = 24_000_000 // of a decoded one: 72 MB
	MaxSide   = 8192       // pixels
	MinSide   = 16         // pixels; nothing useful is smaller
	maxTiles  = 1024       // of a JPEG 2000 code stream
)

// ErrPicture is the cause when bytes are no picture of a kind and size that is read here.
var ErrPicture = errors.New("not a readable picture")

func checkSize(w, h int) error {
	if w < MinSide || h < MinSide || w > MaxSide || h > MaxSide || w*h > MaxPixels {
		return fmt.Errorf("%w: %d by %d pixels", ErrPicture, w, h)
	}
	return nil
}

// Header gives media type and size of a JPEG, JPEG 2000 (file or code stream) or PNG picture without decoding it.
// Sizes outside the limits are [ErrPicture].
func Header(data []byte) (mediaType string, w, h int, err error) {
	if len(data) > MaxBytes {
		return "", 0, 0, fmt.Errorf("%w: %d bytes", ErrPicture, len(data))
	}
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xD8, 0xFF}):
		mediaType = "image/jpeg"
		w, h, err = jpegSize(data)
	case bytes.HasPrefix(data, []byte{0xFF, 0x4F, 0xFF, 0x51}):
		mediaType = "image/jp2"
		w, h, err = codestreamSize(data)
	case bytes.HasPrefix(data, []byte("\x00\x00\x00\x0cjP  \r\n\x87\n")):
		mediaType = "image/jp2"
		w, h, err = jp2Size(data)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		mediaType = "image/png"
		w, h, err = pngSize(data)
	default:
		return "", 0, 0, fmt.Errorf("%w: neither JPEG, JPEG 2000 nor PNG", ErrPicture)
	}
	if err == nil {
		err = checkSize(w, h)
	}
	if err != nil {
		return "", 0, 0, err
	}
	return mediaType, w, h, nil
}

// jpegSize walks the markers to the first frame header (T.81 §B.2.2).
func jpegSize(d []byte) (int, int, error) {
	for i := 2; i+4 <= len(d); {
		if d[i] != 0xFF {
			return 0, 0, fmt.Errorf("%w: JPEG marker expected", ErrPicture)
		}
		m := d[i+1]
		if m == 0xFF { // fill byte
			i++
			continue
		}
		if m == 0x01 || (m >= 0xD0 && m <= 0xD8) { // no length follows
			i += 2
			continue
		}
		n := int(binary.BigEndian.Uint16(d[i+2:]))
		if n < 2 || m == 0xD9 || m == 0xDA {
			break
		}
		if m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC {
			if n < 8 || i+9 > len(d) {
				break
			}
			return int(binary.BigEndian.Uint16(d[i+7:])), int(binary.BigEndian.Uint16(d[i+5:])), nil
		}
		i += 2 + n
	}
	return 0, 0, fmt.Errorf("%w: JPEG without a frame header", ErrPicture)
}

// codestreamSize reads the SIZ marker segment (T.800 §A.5.1), which stands first.
func codestreamSize(d []byte) (int, int, error) {
	if len(d) < 42 || !bytes.HasPrefix(d, []byte{0xFF, 0x4F, 0xFF, 0x51}) {
		return 0, 0, fmt.Errorf("%w: JPEG 2000 without a size", ErrPicture)
	}
	u := func(at int) int { return int(binary.BigEndian.Uint32(d[at:])) }
	xsiz, ysiz, xo, yo, xt, yt := u(8), u(12), u(16), u(20), u(24), u(28)
	comps := int(binary.BigEndian.Uint16(d[40:]))
	w, h := xsiz-xo, ysiz-yo
	if xsiz > 2*MaxSide || ysiz > 2*MaxSide || w <= 0 || h <= 0 || xt <= 0 || yt <= 0 || comps < 1 || comps > 4 {
		return 0, 0, fmt.Errorf("%w: JPEG 2000 size out of bounds", ErrPicture)
	}
	if ((xsiz+xt-1)/xt)*((ysiz+yt-1)/yt) > maxTiles {
		return 0, 0, fmt.Errorf("%w: JPEG 2000 with too many tiles", ErrPicture)
	}
	return w, h, nil
}

// jp2Size walks the boxes to the code stream (T.800 §I.4); every code stream in the file must be in bounds.
func jp2Size(d []byte) (int, int, error) {
	w, h, seen := 0, 0, 0
	for len(d) >= 8 {
		n, head := int(binary.BigEndian.Uint32(d)), 8
		switch {
		case n == 0:
			n = len(d)
		case n == 1 && len(d) >= 16:
			big := binary.BigEndian.Uint64(d[8:])
			if big > MaxBytes {
				return 0, 0, fmt.Errorf("%w: JPEG 2000 box too long", ErrPicture)
			}
			n, head = int(big), 16
		}
		if n < head {
			break
		}
		n = min(n, len(d)) // a cut file still has its size
		if string(d[4:8]) == "jp2c" {
			cw, ch, err := codestreamSize(d[head:n])
			if err != nil {
				return 0, 0, err
			}
			if err := checkSize(cw, ch); err != nil {
				return 0, 0, err
			}
			w, h, seen = max(w, cw), max(h, ch), seen+1
		}
		d = d[n:]
	}
	if seen == 0 {
		return 0, 0, fmt.Errorf("%w: JPEG 2000 without a code stream", ErrPicture)
	}
	return w, h, nil
}

// pngSize reads the IHDR chunk, which stands first (ISO/IEC 15948 §11.2.1).
func pngSize(d []byte) (int, int, error) {
	if len(d) < 24 || string(d[12:16]) != "IHDR" {
		return 0, 0, fmt.Errorf("%w: PNG without a header", ErrPicture)
	}
	w, h := binary.BigEndian.Uint32(d[16:]), binary.BigEndian.Uint32(d[20:])
	if w > MaxSide || h > MaxSide {
		return 0, 0, fmt.Errorf("%w: PNG size out of bounds", ErrPicture)
	}
	return int(w), int(h), nil
}

// Decode decodes a picture after its header has been checked; the caller closes the Mat, which [IsBGR]. Rotation notes of
// cameras (EXIF) are not followed. Errors wrap [ErrPicture].
func Decode(data []byte) (gocv.Mat, error) {
	if _, _, _, err := Header(data); err != nil {
		return gocv.Mat{}, err
	}
	m := gocv.NewMat()
	if err := decodeInto(data, &m); err != nil {
		_ = m.Close()
		return gocv.Mat{}, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	if !IsBGR(&m) {
		_ = m.Close()
		return gocv.Mat{}, fmt.Errorf("%w: not of 8 bit colours", ErrPicture)
	}
	return m, nil
}

// Shown gives a picture of the chip as browsers show it: JPEG and PNG as they are (zero then), JPEG 2000 as a JPEG.
// Errors wrap [ErrPicture].
func Shown(img kiosk.Image) (kiosk.Image, error) {
	mediaType, _, _, err := Header(img.Data)
	if err != nil || mediaType != "image/jp2" {
		return kiosk.Image{}, err
	}
	m, err := Decode(img.Data)
	if err != nil {
		return kiosk.Image{}, err
	}
	defer m.Close()
	return EncodeJPEG(&m, shownQuality)
}

// shownQuality is of a portrait made for a page: the officer's decision rests on the chip's own bytes.
const shownQuality = 92

// EncodeJPEG gives m as a JPEG picture of the quality 1..100.
func EncodeJPEG(m *gocv.Mat, quality int) (kiosk.Image, error) {
	if !IsBGR(m) {
		return kiosk.Image{}, fmt.Errorf("encode picture: %w", ErrPicture)
	}
	buf, err := gocv.IMEncodeWithParams(gocv.JPEGFileExt, *m, []int{gocv.IMWriteJpegQuality, min(max(quality, 1), 100)})
	if err != nil {
		return kiosk.Image{}, fmt.Errorf("encode picture: %w", err)
	}
	defer buf.Close()
	return kiosk.Image{Data: bytes.Clone(buf.GetBytes()), Type: "image/jpeg", Width: m.Cols(), Height: m.Rows()}, nil
}
