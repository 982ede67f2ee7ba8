package visiontest

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Chip portrait: the size and the light grey background of photos on identity cards.
const (
	portraitW, portraitH = 300, 400
	portraitBytes        = 15_000
)

// Portrait draws the person as on an identity card: straight, evenly lit, light background, 3:4.
func (p *Person) Portrait() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, portraitW, portraitH))
	for y := range portraitH {
		for x := range portraitW {
			d := math.Hypot(float64(x)/portraitW-.5, float64(y)/portraitH-.4)
			g := clip(222 - 22*d)
			img.SetRGBA(x, y, color.RGBA{g, g, clip(float64(g) + 2), 255})
		}
	}
	p.Draw(img, View{Light: Studio, X: .5, Y: .45, Head: .58})
	addGrain(img, 1.2, rand.New(rand.NewPCG(uint64(p.Seed), 3)))
	return img
}

// PortraitJPEG is the portrait as the chip holds it: a JPEG of at most about 15 KB.
func (p *Person) PortraitJPEG() []byte {
	img := p.Portrait()
	var buf bytes.Buffer
	for q := 92; ; q -= 4 {
		buf.Reset()
		if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: q}); err != nil {
			panic(err) // writing to memory a picture of a fixed size
		}
		if buf.Len() <= portraitBytes || q <= 40 {
			return buf.Bytes()
		}
	}
}

// PortraitJP2 is the portrait as chips of other makers hold it: a JPEG 2000 file of about 15 KB.
func (p *Person) PortraitJP2() []byte {
	m, err := vision.FromImage(p.Portrait())
	if err != nil {
		panic(err) // a picture of a fixed size
	}
	defer m.Close()
	const rate = portraitBytes * 1000 / (portraitW * portraitH * 3) // thousandths of the plain size
	buf, err := gocv.IMEncodeWithParams(".jp2", m, []int{jp2Rate, rate})
	if err != nil {
		panic(err) // writing to memory a picture of a fixed size
	}
	defer buf.Close()
	return bytes.Clone(buf.GetBytes())
}

// jp2Rate is OpenCV's IMWRITE_JPEG2000_COMPRESSION_X1000, which gocv does not name.
const jp2Rate = 272

// addGrain adds camera noise of the given standard deviation.
func addGrain(img *image.RGBA, dev float64, r *rand.Rand) {
	k := float32(dev)
	b := img.Bounds()
	for y := range b.Dy() {
		row := img.Pix[y*img.Stride : y*img.Stride+4*b.Dx()]
		at := int(r.Uint32() & 0xffff)
		for i := 0; i < len(row); i += 4 {
			base := grain[at&0xffff] * .7
			for c := range 3 {
				v := float32(row[i+c]) + k*(base+.7*grain[(at+c+1)&0xffff]) + .5
				row[i+c] = uint8(max(0, min(255, v)))
			}
			at += 4
		}
	}
}

// Flat gives a picture of one colour.
func Flat(w, h int, c color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return img
}
