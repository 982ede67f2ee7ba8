package lds

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"motcua/drivers/emrtd/tlv"
)

// The limits on a picture of a chip. A decoder is given nothing beyond them: a few bytes may declare gigabytes.
const (
	maxImageSide   = 8192
	maxImagePixels = 24_000_000 // 72 MB decoded
	maxImageBytes  = 4 << 20
	maxImageTiles  = 1024 // of a JPEG 2000 code stream
	maxImageScans  = 64   // of a progressive JPEG: each is a pass over all pixels
	maxImageBoxes  = 256  // of a JPEG 2000 file
)

// The media types of chip pictures. A JPEG 2000 code stream without boxes has the type of the file.
const (
	mediaJPEG = "image/jpeg"
	mediaJP2  = "image/jp2"
	mediaPNG  = "image/png" // allowed by ISO/IEC 39794-5, not by ICAO
)

// picture is what the header of an encoded picture says. Nothing is decoded.
type picture struct {
	media         string
	width, height int
}

// mediaType looks at the first bytes, for the declared type is wrong on many documents.
func mediaType(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xD8, 0xFF}):
		return mediaJPEG, true
	case bytes.HasPrefix(b, []byte("\x00\x00\x00\x0cjP  \r\n\x87\n")):
		return mediaJP2, true
	case bytes.HasPrefix(b, []byte{0xFF, 0x4F, 0xFF, 0x51}): // code stream without boxes
		return mediaJP2, true
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return mediaPNG, true
	}
	return "", false
}

// readPicture reads the header of a picture: kind, width and height. A picture outside the limits is [ErrImage], one of another
// kind [ErrUnsupported].
func readPicture(b []byte) (p picture, err error) {
	media, ok := mediaType(b)
	switch {
	case len(b) == 0:
		return picture{}, fmt.Errorf("facial image of 0 bytes: %w", ErrImage)
	case !ok:
		return picture{}, fmt.Errorf("facial image is neither JPEG nor JPEG 2000: %w", ErrUnsupported)
	case len(b) > maxImageBytes:
		return picture{}, fmt.Errorf("facial image of %d bytes: %w", len(b), ErrImage)
	}
	p.media = media
	switch {
	case media == mediaJPEG:
		p.width, p.height, err = jpegSize(b)
	case media == mediaPNG:
		p.width, p.height, err = pngSize(b)
	case b[0] == 0xFF:
		p.width, p.height, err = codestreamSize(b)
	default:
		p.width, p.height, err = jp2Size(b)
	}
	if err != nil {
		return picture{}, err
	}
	if p.width < 1 || p.height < 1 || p.width > maxImageSide || p.height > maxImageSide || p.width*p.height > maxImagePixels {
		return picture{}, fmt.Errorf("facial image of %d by %d: %w", p.width, p.height, ErrImage)
	}
	return p, nil
}

// jpegSize walks the segments (ITU-T T.81 §B.1.1): one frame header, at most maxImageScans scans.
func jpegSize(b []byte) (w, h int, err error) {
	scans := 0
	for i := 2; i+1 < len(b); {
		if b[i] != 0xFF {
			return 0, 0, fmt.Errorf("jpeg marker: %w", ErrImage)
		}
		m := b[i+1]
		switch {
		case m == 0xFF: // fill byte
			i++
			continue
		case m == 0x01 || m >= 0xD0 && m <= 0xD8: // no length follows
			i += 2
			continue
		case m == 0xD9:
			return jpegDone(w, h, scans)
		case i+4 > len(b):
			return jpegDone(w, h, scans)
		}
		n := int(binary.BigEndian.Uint16(b[i+2:]))
		if n < 2 || i+2+n > len(b) {
			return 0, 0, fmt.Errorf("jpeg segment: %w", tlv.ErrTruncated)
		}
		segment := b[i+4 : i+2+n]
		i += 2 + n
		switch {
		case isFrame(m):
			if w != 0 {
				return 0, 0, fmt.Errorf("jpeg with two frames: %w", ErrImage)
			}
			if w, h, err = jpegFrame(segment); err != nil {
				return 0, 0, err
			}
		case m == 0xDA:
			if scans++; scans > maxImageScans || w == 0 {
				return 0, 0, fmt.Errorf("jpeg scan %d: %w", scans, ErrImage)
			}
			i = jpegEntropy(b, i)
		}
	}
	return jpegDone(w, h, scans)
}

// isFrame tells the start of frame markers from DHT, JPG and DAC, which stand among them.
func isFrame(m byte) bool { return m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC }

func jpegDone(w, h, scans int) (int, int, error) {
	if w == 0 || scans == 0 {
		return 0, 0, fmt.Errorf("jpeg without frame or scan: %w", ErrImage)
	}
	return w, h, nil
}

// jpegFrame reads a frame header (T.81 §B.2.2). A height of 0 would come later in DNL; no document has that.
func jpegFrame(s []byte) (w, h int, err error) {
	if len(s) < 6 || len(s) < 6+3*int(s[5]) {
		return 0, 0, fmt.Errorf("jpeg frame header: %w", tlv.ErrTruncated)
	}
	h, w = int(binary.BigEndian.Uint16(s[1:])), int(binary.BigEndian.Uint16(s[3:]))
	if s[0] != 8 && s[0] != 12 || s[5] < 1 || s[5] > 4 || w == 0 || h == 0 {
		return 0, 0, fmt.Errorf("jpeg frame header: %w", ErrImage)
	}
	return w, h, nil
}

// jpegEntropy gives where the entropy-coded data that begin at i end: at the next marker that is neither stuffing nor a restart.
func jpegEntropy(b []byte, i int) int {
	for {
		n := bytes.IndexByte(b[i:], 0xFF)
		if n < 0 || i+n+1 >= len(b) {
			return len(b)
		}
		if i += n; b[i+1] != 0 && (b[i+1] < 0xD0 || b[i+1] > 0xD7) {
			return i
		}
		i += 2
	}
}

// codestreamSize reads SIZ (ITU-T T.800 §A.5.1), which follows SOC.
func codestreamSize(b []byte) (w, h int, err error) {
	const fixed = 42 // SOC, SIZ with its length, capabilities, eight sizes and the number of components
	if len(b) < fixed || !bytes.HasPrefix(b, []byte{0xFF, 0x4F, 0xFF, 0x51}) {
		return 0, 0, fmt.Errorf("jpeg 2000 size: %w", tlv.ErrTruncated)
	}
	var v [8]uint64
	for i := range v {
		v[i] = uint64(binary.BigEndian.Uint32(b[8+4*i:]))
	}
	x, y, xo, yo, xt, yt, xto, yto := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	n := int(binary.BigEndian.Uint16(b[40:]))
	switch {
	case n < 1 || n > 4 || int(binary.BigEndian.Uint16(b[4:])) != 38+3*n || len(b) < fixed+3*n:
		return 0, 0, fmt.Errorf("jpeg 2000 components: %w", ErrImage)
	case x > math.MaxInt32 || y > math.MaxInt32 || xo >= x || yo >= y:
		return 0, 0, fmt.Errorf("jpeg 2000 size: %w", ErrImage)
	case xt == 0 || yt == 0 || xto > xo || yto > yo || xto+xt <= xo || yto+yt <= yo:
		return 0, 0, fmt.Errorf("jpeg 2000 tiles: %w", ErrImage)
	case x > 2*maxImageSide || y > 2*maxImageSide || ((x-xto+xt-1)/xt)*((y-yto+yt-1)/yt) > maxImageTiles:
		return 0, 0, fmt.Errorf("jpeg 2000 size or tiles: %w", ErrImage)
	}
	for i := range n {
		if c := b[fixed+3*i:]; c[0]&0x7F > 15 || c[1] == 0 || c[2] == 0 {
			return 0, 0, fmt.Errorf("jpeg 2000 component %d: %w", i+1, ErrImage)
		}
	}
	return int(x - xo), int(y - yo), nil
}

// jp2Size walks the boxes (T.800 §I.4): the image header and every code stream must agree.
func jp2Size(b []byte) (w, h int, err error) {
	streams := 0
	hw, hh := 0, 0
	err = boxes(b, 0, func(kind string, contents []byte) error {
		switch kind {
		case "ihdr":
			if len(contents) < 14 || hw != 0 {
				return fmt.Errorf("jpeg 2000 image header: %w", ErrImage)
			}
			y, x := binary.BigEndian.Uint32(contents), binary.BigEndian.Uint32(contents[4:])
			if x == 0 || y == 0 || x > maxImageSide || y > maxImageSide {
				return fmt.Errorf("jpeg 2000 image header: %w", ErrImage)
			}
			hw, hh = int(x), int(y)
		case "jp2c":
			if streams++; streams > 1 {
				return fmt.Errorf("jpeg 2000 with %d code streams: %w", streams, ErrImage)
			}
			var err error
			w, h, err = codestreamSize(contents)
			return err
		}
		return nil
	})
	switch {
	case err != nil:
		return 0, 0, err
	case streams == 0 || hw == 0:
		return 0, 0, fmt.Errorf("jpeg 2000 without image header or code stream: %w", ErrImage)
	case hw != w || hh != h:
		return 0, 0, fmt.Errorf("jpeg 2000 image header and code stream differ: %w", ErrImage)
	}
	return w, h, nil
}

// boxes visits the boxes of b, and those inside the header super box.
func boxes(b []byte, depth int, visit func(kind string, contents []byte) error) error {
	for count := 0; len(b) >= 8; count++ {
		if count >= maxImageBoxes || depth > 2 {
			return fmt.Errorf("jpeg 2000 boxes: %w", ErrImage)
		}
		size, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		switch {
		case size == 0: // to the end
			size = uint64(len(b))
		case size == 1 && len(b) >= 16:
			size, head = binary.BigEndian.Uint64(b[8:]), 16
		}
		if size < head || size > uint64(len(b)) {
			return fmt.Errorf("jpeg 2000 box: %w", tlv.ErrTruncated)
		}
		kind, contents := string(b[4:8]), b[head:size]
		if err := visit(kind, contents); err != nil {
			return err
		}
		if kind == "jp2h" {
			if err := boxes(contents, depth+1, visit); err != nil {
				return err
			}
		}
		b = b[size:]
	}
	return nil
}

// pngSize reads IHDR (ISO/IEC 15948 §11.2.2).
func pngSize(b []byte) (w, h int, err error) {
	if len(b) < 29 || string(b[12:16]) != "IHDR" || binary.BigEndian.Uint32(b[8:]) != 13 {
		return 0, 0, fmt.Errorf("png header: %w", tlv.ErrTruncated)
	}
	x, y := binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:])
	if x > maxImageSide || y > maxImageSide {
		return 0, 0, fmt.Errorf("png size: %w", ErrImage)
	}
	return int(x), int(y), nil
}
