package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"sync"

	"motcua/kiosk"
)

// The stories' pictures are drawn: nobody's face is in the program.

// drawn keeps pictures once they are drawn: a page of twelve papers asks for each of them many times.
var drawn sync.Map

// once gives the picture of that name, drawing it the first time. Every caller gets bytes of its own.
func once(name string, draw func() kiosk.Image) kiosk.Image {
	kept, ok := drawn.Load(name)
	if !ok {
		kept, _ = drawn.LoadOrStore(name, draw())
	}
	img, ok := kept.(kiosk.Image)
	if !ok {
		return kiosk.Image{}
	}
	img.Data = bytes.Clone(img.Data)
	return img
}

// storyFace is a head and shoulders; n shifts it a little, so that frames differ.
func storyFace(w, h, n int) kiosk.Image {
	n %= 8
	return once(fmt.Sprint("face ", w, h, n), func() kiosk.Image { return drawFace(w, h, n) })
}

// storySheet is a typed page on a dark table.
func storySheet(n int) kiosk.Image {
	n %= 8
	return once(fmt.Sprint("sheet ", n), func() kiosk.Image { return drawSheet(n) })
}

func drawFace(w, h, n int) kiosk.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	fw, fh := float64(w), float64(h)
	fill(img, 0, 0, fw, fh, rect, color.RGBA{0xc9, 0xd8, 0xe4, 0xff})
	cx, dy := fw*.5+float64(n)*2, fh*.02
	fill(img, cx, fh*1.02, fw*.46, fh*.34, ellipse, color.RGBA{0x24, 0x4a, 0x6b, 0xff})
	fill(img, cx, fh*.66, fw*.13, fh*.14, ellipse, color.RGBA{0xc9, 0x95, 0x73, 0xff})
	fill(img, cx, fh*.36+dy, fw*.285, fh*.30, ellipse, color.RGBA{0x22, 0x1d, 0x1b, 0xff})
	fill(img, cx, fh*.43+dy, fw*.23, fh*.255, ellipse, color.RGBA{0xe3, 0xb0, 0x8c, 0xff})
	fill(img, cx-fw*.03, fh*.235+dy, fw*.22, fh*.10, ellipse, color.RGBA{0x22, 0x1d, 0x1b, 0xff})
	for _, s := range []float64{-1, 1} {
		fill(img, cx+s*fw*.085, fh*.415+dy, fw*.032, fh*.012, ellipse, color.RGBA{0x2a, 0x20, 0x1c, 0xff})
		fill(img, cx+s*fw*.085, fh*.375+dy, fw*.05, fh*.008, ellipse, color.RGBA{0x3a, 0x2b, 0x24, 0xff})
	}
	fill(img, cx, fh*.49+dy, fw*.022, fh*.02, ellipse, color.RGBA{0xd0, 0x98, 0x76, 0xff})
	fill(img, cx, fh*.575+dy, fw*.07, fh*.013, ellipse, color.RGBA{0xb0, 0x60, 0x58, 0xff})
	return encode(img)
}

func drawSheet(n int) kiosk.Image {
	const w, h = 630, 891
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	fill(img, 0, 0, w, h, rect, color.RGBA{0x4b, 0x53, 0x5c, 0xff})
	fill(img, 40, 36, w-40, h-36, rect, color.RGBA{0xfb, 0xfa, 0xf6, 0xff})
	ink := color.RGBA{0x33, 0x38, 0x40, 0xff}
	fill(img, 190, 90, 440, 102, rect, ink)
	fill(img, 230, 118, 400, 126, rect, ink)
	fill(img, 150, 176, 480, 194, rect, ink)
	for i := range 17 {
		right := 560.0 - float64((i*53+n*7)%110)
		fill(img, 84, 240+float64(i)*30, right, 248+float64(i)*30, rect, color.RGBA{0x6c, 0x73, 0x7c, 0xff})
	}
	fill(img, 450, 790, 46, 46, ellipse, color.RGBA{0xc6, 0x3a, 0x3a, 0xff})
	fill(img, 450, 790, 39, 39, ellipse, color.RGBA{0xfb, 0xfa, 0xf6, 0xff})
	return encode(img)
}

// A shape tells whether a point lies in it; rect takes corners, ellipse a centre and radii.
type shape func(x, y, a, b, c, d float64) bool

func rect(x, y, a, b, c, d float64) bool { return x >= a && x < c && y >= b && y < d }
func ellipse(x, y, a, b, c, d float64) bool {
	x, y = (x-a)/c, (y-b)/d
	return x*x+y*y <= 1
}

func fill(img *image.RGBA, a, b, c, d float64, in shape, col color.RGBA) {
	area := image.Rect(int(min(a, a-c)), int(min(b, b-d)), int(max(c, a+c))+1, int(max(d, b+d))+1).Intersect(img.Rect)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if in(float64(x)+.5, float64(y)+.5, a, b, c, d) {
				img.SetRGBA(x, y, col)
			}
		}
	}
}

func encode(img image.Image) kiosk.Image {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 82}); err != nil {
		panic(err) // an RGBA into memory cannot fail
	}
	return kiosk.Image{Data: buf.Bytes(), Type: "image/jpeg", Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
}
