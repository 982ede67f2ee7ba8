package visiontest

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"time"
)

// Sheet is a printed page. Its words are fictional.
type Sheet struct {
	Title string
	Lines []string
	Stamp bool // a round red stamp with a signature
}

// Certificate is the sheet that the demo's document camera sees.
func Certificate() Sheet {
	return Sheet{
		Title: "GIẤY XÁC NHẬN",
		Lines: []string{
			"Kính gửi: Ủy ban nhân dân xã Mẫu Đơn",
			"Tôi là chủ hộ tại thôn Thử Nghiệm, xã Mẫu Đơn.",
			"Tôi xác nhận các nội dung dưới đây là đúng sự thật:",
			"1. Chỗ ở hợp pháp đã được kê khai đầy đủ.",
			"2. Các thành viên trong hộ đều đã biết và đồng ý.",
			"3. Giấy tờ kèm theo gồm 01 bản sao và 01 bản chính.",
			"",
			"Tôi chịu trách nhiệm trước pháp luật về lời khai này.",
			"Đề nghị quý cơ quan xem xét, giải quyết theo quy định.",
		},
		Stamp: true,
	}
}

const pageW, pageH = 840, 1188 // A4, four pixels a millimetre

// Draw draws the page, straight and evenly lit.
func (s Sheet) Draw() *image.RGBA {
	img := Flat(pageW, pageH, color.RGBA{250, 249, 245, 255})
	black := color.RGBA{28, 28, 34, 255}
	centre := func(y int, size float64, text string) {
		write(img, (pageW-textWidth(text, size))/2, y, size, text, black)
	}
	if s.Title != "" {
		centre(110, 25, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
		centre(146, 25, "Độc lập - Tự do - Hạnh phúc")
		rule(img, pageW/2-130, 160, 260, black)
		centre(248, 38, s.Title)
	}
	y := 330
	for _, l := range s.Lines {
		write(img, 92, y, 25, l, black)
		y += 46
	}
	if s.Stamp {
		s.sign(img, y+60)
	}
	return img
}

func rule(img *image.RGBA, x, y, w int, c color.RGBA) {
	for i := range w {
		img.SetRGBA(x+i, y, c)
		img.SetRGBA(x+i, y+1, c)
	}
}

// sign draws the place for the signature: words, a round stamp, a scribble.
func (s Sheet) sign(img *image.RGBA, y int) {
	write(img, 545, y, 25, "NGƯỜI XÁC NHẬN", color.RGBA{28, 28, 34, 255})
	red, blue := color.RGBA{196, 40, 44, 255}, color.RGBA{38, 56, 150, 255}
	const cx, r = 585, 82.0
	cy := y + 130
	for dy := -90; dy <= 90; dy++ {
		for dx := -90; dx <= 90; dx++ {
			d := math.Hypot(float64(dx), float64(dy))
			a := step(2.6, 1.4, math.Abs(d-r)) + step(1.6, .6, math.Abs(d-r+14))
			ang := math.Atan2(float64(dy), float64(dx))
			star := 14 + 13*math.Cos(5*(ang+math.Pi/2))
			a += step(1.5, -1.5, d-star)
			tint(img, cx+dx, cy+dy, red, math.Min(1, a)*.8)
		}
	}
	for i := range 900 {
		t := float64(i) / 900
		x := 560 + 190*t + 14*math.Sin(t*31)
		yy := float64(cy) - 8 + 26*math.Sin(t*23)*(1-t*.7) - 20*t
		for d := range 9 {
			tint(img, int(x)+d%3-1, int(yy)+d/3-1, blue, .35)
		}
	}
}

// tint mixes a colour into a pixel.
func tint(img *image.RGBA, x, y int, c color.RGBA, a float64) {
	if a <= 0 || !image.Pt(x, y).In(img.Rect) {
		return
	}
	i := img.PixOffset(x, y)
	for k, v := range [3]uint8{c.R, c.G, c.B} {
		img.Pix[i+k] = clip(float64(img.Pix[i+k])*(1-a) + float64(v)*a)
	}
}

// Desk is what the document camera above its dark mat sees. The zero Sheet is a blank page. It may be used from one goroutine.
type Desk struct {
	Width, Height int // default 960×1280
	Sheet         Sheet
	Empty         bool    // no sheet on the mat
	Dark          bool    // no light, or the lens is covered
	Frozen        bool    // the same picture again and again
	Turn          float64 // radians the sheet lies askew
	Noise         float64 // standard deviation of the camera's noise; default 2

	base, last *image.RGBA
	n          uint64
}

// Frame draws the picture at a time; the sheet is drawn once, the noise anew, so no two frames are alike unless Frozen.
func (d *Desk) Frame(at time.Time) *image.RGBA {
	if d.Frozen && d.last != nil {
		return d.last
	}
	if d.Width == 0 || d.Height == 0 {
		d.Width, d.Height = 960, 1280
	}
	if d.Noise == 0 {
		d.Noise = 2
	}
	if d.base == nil {
		d.base = d.draw()
	}
	d.n++
	img := image.NewRGBA(d.base.Rect)
	copy(img.Pix, d.base.Pix)
	addGrain(img, d.Noise, rand.New(rand.NewPCG(d.n, uint64(at.UnixNano()))))
	d.last = img
	return img
}

func (d *Desk) draw() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, d.Width, d.Height))
	if d.Dark {
		return Flat(d.Width, d.Height, color.RGBA{4, 4, 5, 255})
	}
	var page *image.RGBA
	if !d.Empty {
		page = d.Sheet.Draw()
	}
	k := float64(pageH) / (float64(d.Height) * .90) // page pixels a picture pixel
	c, s := math.Cos(d.Turn)*k, math.Sin(d.Turn)*k
	for y := range d.Height {
		for x := range d.Width {
			fx, fy := float64(x)-float64(d.Width)/2, float64(y)-float64(d.Height)/2
			light := 1.02 - .14*math.Hypot(fx/float64(d.Width), fy/float64(d.Height)) + .05*fx/float64(d.Width)
			v := rgb{.15, .16, .18}
			if page != nil {
				u, w := fx*c+fy*s+pageW/2, -fx*s+fy*c+pageH/2
				out := max(-u, -w, u-pageW, w-pageH) / k // picture pixels outside the sheet
				v = v.times(1 - .45*step(12, 0, out))    // its shadow on the mat
				v = v.mix(pick(page, u, w), step(.8, -.8, out))
			}
			v = v.times(light)
			blend(img.Pix[y*img.Stride+4*x:y*img.Stride+4*x+4], v.r, v.g, v.b, 1)
		}
	}
	return img
}

// pick samples a picture between its pixels; outside it is like its border.
func pick(img *image.RGBA, u, v float64) rgb {
	u = min(max(u-.5, 0), float64(img.Rect.Dx())-1.01)
	v = min(max(v-.5, 0), float64(img.Rect.Dy())-1.01)
	iu, iv := int(u), int(v)
	fu, fv := u-float64(iu), v-float64(iv)
	at := func(dx, dy int) rgb {
		i := img.PixOffset(iu+dx, iv+dy)
		return rgb{float64(img.Pix[i]) / 255, float64(img.Pix[i+1]) / 255, float64(img.Pix[i+2]) / 255}
	}
	return at(0, 0).mix(at(1, 0), fu).mix(at(0, 1).mix(at(1, 1), fu), fv)
}
