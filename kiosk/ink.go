package kiosk

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"
)

// The field a signature is drawn in, in points, and the bounds of what may be drawn.
const (
	InkWidth  = 1000
	InkHeight = 400

	maxInk    = 12 << 10 // bytes as text
	maxPoints = 2000
	minPoints = 8 // fewer are a touch by accident
	penRadius = 4
)

// Point is a place in the field of a signature.
type Point struct{ X, Y int }

// Ink is a signature drawn with a finger: strokes of points. It is personal and redacts itself.
type Ink [][]Point

// String redacts.
func (Ink) String() string { return redacted }

// ParseInk reads "x,y x,y;x,y …": strokes parted by semicolons, points by spaces, all within the field. Error: bad_input.
func ParseInk(s string) (Ink, error) {
	var ink Ink
	n := 0
	if len(s) > maxInk {
		return nil, badInk()
	}
	for stroke := range strings.SplitSeq(s, ";") {
		var points []Point
		for p := range strings.FieldsSeq(stroke) {
			x, y, ok := strings.Cut(p, ",")
			px, errX := strconv.Atoi(x)
			py, errY := strconv.Atoi(y)
			if n++; !ok || errX != nil || errY != nil || px < 0 || px > InkWidth || py < 0 || py > InkHeight || n > maxPoints {
				return nil, badInk()
			}
			points = append(points, Point{px, py})
		}
		if points != nil {
			ink = append(ink, points)
		}
	}
	if n < minPoints {
		return nil, badInk()
	}
	return ink, nil
}

// badInk tells nothing of what was drawn.
func badInk() error { return Errorf(CodeBadInput, "read signature", "", "not a drawn signature") }

// Document draws the signature black on white, as a page of a dossier.
func (k Ink) Document(name string) (Document, error) {
	img := image.NewPaletted(image.Rect(0, 0, InkWidth, InkHeight), color.Palette{color.White, color.Black})
	for _, stroke := range k {
		for i, p := range stroke {
			line(img, stroke[max(0, i-1)], p)
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return Document{}, Errorf(CodeInternal, "draw signature", "", "%w", err)
	}
	page := Image{Data: buf.Bytes(), Type: "image/png", Width: InkWidth, Height: InkHeight}
	return Document{Paper: name, Page: page, SHA256: sha256.Sum256(page.Data)}, nil
}

// line draws with a round pen from a to b.
func line(img *image.Paletted, a, b Point) {
	steps := max(abs(b.X-a.X), abs(b.Y-a.Y), 1)
	for i := 0; i <= steps; i++ {
		dot(img, a.X+(b.X-a.X)*i/steps, a.Y+(b.Y-a.Y)*i/steps)
	}
}

func dot(img *image.Paletted, x, y int) {
	for dy := -penRadius; dy <= penRadius; dy++ {
		for dx := -penRadius; dx <= penRadius; dx++ {
			if p := image.Pt(x+dx, y+dy); dx*dx+dy*dy <= penRadius*penRadius && p.In(img.Rect) {
				img.SetColorIndex(p.X, p.Y, 1)
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }
