package printer

import (
	"image"

	"rsc.io/qr"

	"motcua/kiosk"
)

// page is a receipt being set: blocks from top to bottom.
type page struct {
	width  int
	margin int
	y      int
	blocks []func(b *Bitmap)
}

func (p *page) inner() int { return p.width - 2*p.margin }

// space leaves some dots white.
func (p *page) space(dots int) { p.y += dots }

// put reserves height dots for a block that is drawn later, when the page's length is known.
func (p *page) put(height int, draw func(b *Bitmap, y int)) {
	y := p.y
	p.blocks = append(p.blocks, func(b *Bitmap) { draw(b, y) })
	p.y += height
}

// centred sets a text in the middle, in at most so many lines.
func (p *page) centred(s style, text string, most int) {
	for _, line := range s.wrap(text, p.inner(), most) {
		p.put(s.height(), func(b *Bitmap, y int) { s.draw(b, (p.width-s.width(line))/2, y, line, true) })
	}
}

// left sets a text from the left edge, its later lines as far in as the first's indent.
func (p *page) left(s style, lead, text string, most int) {
	in := 0
	if lead != "" {
		in = s.width(lead + " ")
	}
	for i, line := range s.wrap(text, p.inner()-in, most) {
		p.put(s.height(), func(b *Bitmap, y int) {
			if i == 0 {
				s.draw(b, p.margin, y, lead, true)
			}
			s.draw(b, p.margin+in, y, line, true)
		})
	}
}

// pair sets a name at the left edge and its value at the right one; on lines of their own where they do not fit on one.
func (p *page) pair(name, value style, label, text string) {
	height := max(name.height(), value.height())
	if name.width(label)+value.width(text)+name.size <= p.inner() {
		p.put(height, func(b *Bitmap, y int) {
			name.draw(b, p.margin, y+value.ascent()-name.ascent(), label, true)
			value.draw(b, p.width-p.margin-value.width(text), y, text, true)
		})
		return
	}
	p.left(name, "", label, 2)
	for _, line := range value.wrap(text, p.inner(), 3) {
		p.put(value.height(), func(b *Bitmap, y int) { value.draw(b, p.width-p.margin-value.width(line), y, line, true) })
	}
}

// rule draws a line across.
func (p *page) rule() {
	p.space(10)
	p.put(2, func(b *Bitmap, y int) { b.fill(image.Rect(p.margin, y, p.width-p.margin, y+2), true) })
	p.space(10)
}

// banner sets white on black.
func (p *page) banner(s style, text string) {
	const pad = 8
	for i, lines := 0, s.wrap(text, p.inner()-4*pad, 2); i < len(lines); i++ {
		line, last := lines[i], i == len(lines)-1
		height := s.height() + pad
		if last {
			height += pad
		}
		p.put(height, func(b *Bitmap, y int) {
			b.fill(image.Rect(p.margin, y, p.width-p.margin, y+height), true)
			s.draw(b, (p.width-s.width(line))/2, y+pad, line, false)
		})
	}
}

// The border around a code that the standard wants, in modules (ISO/IEC 18004 §5.3.8), and the widest module, in dots: 1 mm.
const (
	quiet     = 4
	maxModule = 8
)

// maxURL bounds what a code may hold.
const maxURL = 300

// code sets a QR code, as large as the paper allows.
func (p *page) code(text string) error {
	if text == "" || len(text) > maxURL {
		return kiosk.Errorf(kiosk.CodeInternal, "draw QR code", "", "an address of %d bytes", len(text))
	}
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeInternal, "draw QR code", "", "%w", err)
	}
	module := min(maxModule, p.width/(c.Size+2*quiet))
	if module < 3 { // 0.4 mm is what telephones still read
		return kiosk.Errorf(kiosk.CodeInternal, "draw QR code", "shorten the office's address", "a code of %d modules does not fit", c.Size)
	}
	side := module * c.Size
	p.space(quiet * module)
	p.put(side, func(b *Bitmap, y int) {
		left := (p.width - side) / 2 &^ 7 // whole bytes: the picture then holds no accidental commands
		for my := range c.Size {
			for mx := range c.Size {
				if c.Black(mx, my) {
					b.fill(image.Rect(left+mx*module, y+my*module, left+(mx+1)*module, y+(my+1)*module), true)
				}
			}
		}
	})
	p.space(quiet * module)
	return nil
}

// bitmap draws everything.
func (p *page) bitmap() *Bitmap {
	b := NewBitmap(p.width, p.y)
	for _, draw := range p.blocks {
		draw(b)
	}
	return b
}
