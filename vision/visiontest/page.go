package visiontest

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
)

// pageWords are the words of generated pages. They make no sense together.
var pageWords = strings.Fields(`đơn đề nghị xác nhận thông tin về nơi ở hiện tại của hộ gia đình theo quy định tại thôn Thử Nghiệm xã Mẫu Đơn
	tôi xin cam đoan những lời khai trên là đúng sự thật và chịu trách nhiệm trước pháp luật người làm đơn ký ghi rõ họ tên ngày tháng năm
	giấy tờ kèm theo bản sao chứng thực số quyển Ủy ban nhân dân căn cứ Luật Hộ tịch hồ sơ nhận kết quả giải quyết phần ghi chú khác`)

// Generated pages are A4 at about 200 dots an inch: sharper than the cameras that look at them.
const (
	leafW, leafH = 1680, 2376
	leafMM       = 8 // pixels a millimetre
)

var inkBlack = color.RGBA{28, 28, 34, 255}

// Leaf is what stands on a generated page; the zero Leaf is a page of text alone.
type Leaf struct {
	Table, Photo, Stamp bool
	Blank               bool
}

// RandomLeaf chooses what stands on a page.
func RandomLeaf(r *rand.Rand) Leaf {
	return Leaf{Table: r.IntN(3) > 0, Photo: r.IntN(4) == 0, Stamp: r.IntN(2) == 0}
}

// Draw draws the page, straight and evenly lit.
func (l Leaf) Draw(r *rand.Rand) *image.RGBA {
	warm := uint8(r.IntN(10)) //nolint:gosec // below 10
	img := Flat(leafW, leafH, color.RGBA{251, 250 - warm/3, 248 - warm, 255})
	if l.Blank {
		return img
	}
	size := 38 + 10*r.Float64()
	left, right, y := 20*leafMM+r.IntN(8*leafMM), leafW-15*leafMM-r.IntN(8*leafMM), 24*leafMM+r.IntN(60)
	centre := func(text string, size float64) {
		write(img, (leafW-textWidth(text, size))/2, y, size, text, inkBlack)
		y += int(size * 1.7)
	}
	centre("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size)
	centre("Độc lập - Tự do - Hạnh phúc", size)
	y += int(size)
	centre("GIẤY ĐỀ NGHỊ", size*1.5)
	if l.Photo {
		photo(img, image.Rect(left, y, left+30*leafMM, y+40*leafMM), r)
		y += 40*leafMM + int(2*size)
	}
	y = paragraphs(img, r, left, right, y, size, 3+r.IntN(6))
	if l.Table {
		y = table(img, r, left, right, y, size)
	}
	y = paragraphs(img, r, left, right, y, size, 3+r.IntN(5))
	if l.Stamp && y < leafH-60*leafMM {
		bigStamp(img, leafW-55*leafMM, y+28*leafMM)
	}
	return img
}

// paragraphs writes lines of words, ragged at the right, and gives the place below them.
func paragraphs(img *image.RGBA, r *rand.Rand, left, right, y int, size float64, n int) int {
	for range n {
		if y > leafH-18*leafMM {
			return y
		}
		words, room := []string{}, right-left
		if r.IntN(4) == 0 {
			room = room * (3 + r.IntN(6)) / 10
		}
		for {
			next := append(words, pageWords[r.IntN(len(pageWords))])
			if textWidth(strings.Join(next, " "), size) > room {
				break
			}
			words = next
		}
		write(img, left, y, size, strings.Join(words, " "), inkBlack)
		y += int(size * 1.75)
	}
	return y + int(size*.6)
}

// table draws a table of words and gives the place below it.
func table(img *image.RGBA, r *rand.Rand, left, right, y int, size float64) int {
	rows, cols, h := 2+r.IntN(4), 2+r.IntN(3), int(size*1.9)
	for i := 0; i <= rows; i++ {
		for t := range 3 {
			rule(img, left, y+i*h+t, right-left, inkBlack)
		}
	}
	for j := 0; j <= cols; j++ {
		x := float64(left + (right-left)*j/cols)
		stroke(img, x, float64(y), x, float64(y+rows*h), 1.3, inkBlack)
	}
	for i := range rows {
		for j := range cols {
			text := pageWords[r.IntN(len(pageWords))] + " " + pageWords[r.IntN(len(pageWords))]
			write(img, left+(right-left)*j/cols+14, y+i*h+int(size*1.3), size*.85, text, inkBlack)
		}
	}
	return y + rows*h + int(size*1.9)
}

// photo draws a picture with shades and no paper in it: a sky, a hill, a round thing.
func photo(img *image.RGBA, at image.Rectangle, r *rand.Rand) {
	n := newNoise(r)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			u, v := float64(x-at.Min.X)/float64(at.Dx()), float64(y-at.Min.Y)/float64(at.Dy())
			c := rgb{.42, .55, .72}.times(1 - .3*v)
			c = c.mix(rgb{.25, .38, .18}.times(1+.4*n.rough(u*14, v*14)), step(.58, .64, v+.08*n.at(u*4, 1)))
			c = c.mix(rgb{.72, .52, .42}.times(1.1-.5*u), step(.27, .24, math.Hypot(u-.5, (v-.45)*1.3)))
			tint(img, x, y, color.RGBA{clip(255 * c.r), clip(255 * c.g), clip(255 * c.b), 255}, 1)
		}
	}
}

// bigStamp draws the round red stamp and a blue signature across it.
func bigStamp(img *image.RGBA, cx, cy int) {
	red, blue := color.RGBA{196, 40, 44, 255}, color.RGBA{38, 56, 150, 255}
	const radius = 17 * leafMM
	for dy := -radius - 8; dy <= radius+8; dy++ {
		for dx := -radius - 8; dx <= radius+8; dx++ {
			d := math.Hypot(float64(dx), float64(dy))
			a := step(6, 3, math.Abs(d-radius)) + step(3.5, 1.5, math.Abs(d-radius*.82))
			ang := math.Atan2(float64(dy), float64(dx))
			a += step(2, -2, d-(30+26*math.Cos(5*(ang+math.Pi/2))))
			a += step(.2, .5, math.Sin(28*ang)) * step(9, 6, math.Abs(d-radius*.91)) * .9
			tint(img, cx+dx, cy+dy, red, math.Min(1, a)*.85)
		}
	}
	px, py := float64(cx)-70, float64(cy)
	for i := 1; i < 240; i++ {
		t := float64(i) / 240
		x := float64(cx) - 70 + 380*t + 28*math.Sin(t*31)
		y := float64(cy) - 16 + 52*math.Sin(t*23)*(1-t*.7) - 40*t
		stroke(img, px, py, x, y, 2.4, blue)
		px, py = x, y
	}
}

// idCard draws a chip card, 85.6 by 54 mm with round corners: tinted, a picture, lines of print.
func idCard(r *rand.Rand) *image.RGBA {
	const mm = 12
	w, h := 856*mm/10, 540*mm/10
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	n := newNoise(r)
	base := rgb{.72 + .1*r.Float64(), .82, .80 + .1*r.Float64()}
	for y := range h {
		for x := range w {
			c := base.times(1 + .08*math.Sin(float64(x+y)*.02) + .05*n.rough(float64(x)*.02, float64(y)*.02))
			img.SetRGBA(x, y, color.RGBA{clip(255 * c.r), clip(255 * c.g), clip(255 * c.b), 255})
		}
	}
	photo(img, image.Rect(4*mm, 16*mm, 26*mm, 46*mm), r)
	write(img, 28*mm, 9*mm, 3.4*mm, "CĂN CƯỚC THỬ NGHIỆM", color.RGBA{170, 30, 40, 255})
	for i := range 5 {
		write(img, 30*mm, (18+6*i)*mm, 2.8*mm, pageWords[r.IntN(len(pageWords))]+" "+pageWords[r.IntN(len(pageWords))], inkBlack)
	}
	return img
}

// phone draws a telephone, face up: a black body, a lit screen with a picture of a page.
func phone(r *rand.Rand) *image.RGBA {
	const w, h, rim = 720, 1500, 26
	img := Flat(w, h, color.RGBA{18, 18, 20, 255})
	page := Leaf{Table: true}.Draw(r)
	for y := 3 * rim; y < h-3*rim; y++ {
		for x := rim; x < w-rim; x++ {
			c := pick(page, float64(x-rim)/float64(w-2*rim)*leafW, float64(y-3*rim)/float64(h-6*rim)*leafH)
			tint(img, x, y, color.RGBA{clip(250 * c.r), clip(252 * c.g), clip(255 * c.b), 255}, 1)
		}
	}
	return img
}
