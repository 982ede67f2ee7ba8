package printer

import (
	"image"
	"image/color"
	"io"

	"image/png"
)

// Bitmap is a picture of black dots on white paper. Rows are packed, the leftmost dot in the highest bit.
type Bitmap struct {
	Width, Height int
	Bits          []byte // Stride() bytes a row
}

// NewBitmap makes white paper.
func NewBitmap(width, height int) *Bitmap {
	b := &Bitmap{Width: width, Height: height}
	b.Bits = make([]byte, b.Stride()*height)
	return b
}

// Stride is the number of bytes of a row.
func (b *Bitmap) Stride() int { return (b.Width + 7) / 8 }

// Black tells whether a dot is black; what is outside is white.
func (b *Bitmap) Black(x, y int) bool {
	if x < 0 || y < 0 || x >= b.Width || y >= b.Height {
		return false
	}
	return b.Bits[y*b.Stride()+x/8]&(0x80>>(x%8)) != 0
}

// Set makes a dot black or white; outside nothing happens.
func (b *Bitmap) Set(x, y int, black bool) {
	if x < 0 || y < 0 || x >= b.Width || y >= b.Height {
		return
	}
	at, bit := y*b.Stride()+x/8, byte(0x80>>(x%8))
	if black {
		b.Bits[at] |= bit
	} else {
		b.Bits[at] &^= bit
	}
}

// fill makes a rectangle black or white.
func (b *Bitmap) fill(r image.Rectangle, black bool) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			b.Set(x, y, black)
		}
	}
}

// Image gives the picture with two colours.
func (b *Bitmap) Image() *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, b.Width, b.Height), color.Palette{color.White, color.Black})
	for y := range b.Height {
		for x := range b.Width {
			if b.Black(x, y) {
				m.Pix[y*m.Stride+x] = 1
			}
		}
	}
	return m
}

// WritePNG writes the picture as a PNG of one bit a dot.
func (b *Bitmap) WritePNG(w io.Writer) error { return png.Encode(w, b.Image()) }
