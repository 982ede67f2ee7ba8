package visiontest

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"time"

	code "rsc.io/qr"
)

// ShownCard is the front of a chip card with its QR code, as somebody holds it before the camera.
type ShownCard struct{ img *image.RGBA }

// The shown card's size in pixels, and of its code's modules.
const (
	shownW, shownH = 336, 212
	shownModule    = 3
)

// NewShownCard draws a card with a QR code of the payload. Error: a payload too long for a code of that size.
func NewShownCard(payload string) (*ShownCard, error) {
	c, err := code.Encode(payload, code.L)
	if err != nil {
		return nil, fmt.Errorf("draw card: %w", err)
	}
	side := (c.Size + 4) * shownModule
	if side > shownH {
		return nil, fmt.Errorf("draw card: a code of %d modules does not fit", c.Size)
	}
	img := image.NewRGBA(image.Rect(0, 0, shownW, shownH))
	for y := range shownH {
		for x := range shownW {
			w := 8 * math.Sin(.03*float64(x)+.05*float64(y))
			img.SetRGBA(x, y, color.RGBA{clip(196 + w), clip(222 + w), clip(214 + w), 255})
		}
	}
	at := image.Pt(shownW-side, (shownH-side)/2)
	draw.Draw(img, image.Rect(at.X, at.Y, at.X+side, at.Y+side), image.White, image.Point{}, draw.Src)
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				p := at.Add(image.Pt((x+2)*shownModule, (y+2)*shownModule))
				draw.Draw(img, image.Rect(p.X, p.Y, p.X+shownModule, p.Y+shownModule), image.NewUniform(color.RGBA{24, 24, 30, 255}), image.Point{}, draw.Src)
			}
		}
	}
	return &ShownCard{img}, nil
}

// draw puts the card into a frame, low in the middle, where a hand holds it; it sways.
func (c *ShownCard) draw(frame *image.RGBA, l Light, at time.Time) {
	t := float64(at.UnixMilli()%3_600_000) / 1000
	b := frame.Bounds()
	x := (b.Dx()-shownW)/2 + int(4*math.Sin(t*1.1))
	y := b.Dy() - shownH - 40 + int(3*math.Sin(t*1.7+1))
	dim := math.Min(1, l.Main+l.Ambient)
	for j := range shownH {
		for i := range shownW {
			p := image.Pt(x+i, y+j)
			if !p.In(b) {
				continue
			}
			s := c.img.RGBAAt(i, j)
			frame.SetRGBA(p.X, p.Y, color.RGBA{clip(float64(s.R) * dim), clip(float64(s.G) * dim), clip(float64(s.B) * dim), 255})
		}
	}
}
