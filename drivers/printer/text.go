package printer

import (
	_ "embed"
	"image"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

//go:embed font/NotoSans-Regular.ttf
var regularTTF []byte

//go:embed font/NotoSans-Bold.ttf
var boldTTF []byte

// style is a weight and a size of letters.
type style struct {
	bold bool
	size int // dots of one em; 8 dots are a millimetre
}

// ink is how much of a dot a letter must cover for the dot to be black, of 255. Thermal dots spread a little.
const ink = 118

// fonts holds the faces in use. A face is not safe for several goroutines.
type fonts struct {
	mu    sync.Mutex
	faces map[style]font.Face
}

var theFonts = fonts{faces: map[style]font.Face{}}

var parsed = [2]func() *opentype.Font{
	sync.OnceValue(func() *opentype.Font { return mustParse(regularTTF) }),
	sync.OnceValue(func() *opentype.Font { return mustParse(boldTTF) }),
}

func mustParse(data []byte) *opentype.Font {
	f, err := opentype.Parse(data)
	if err != nil {
		panic(err) // the font is part of the program, and every test uses it
	}
	return f
}

func (f *fonts) face(s style) font.Face {
	if face := f.faces[s]; face != nil {
		return face
	}
	which := parsed[0]
	if s.bold {
		which = parsed[1]
	}
	face, err := opentype.NewFace(which(), &opentype.FaceOptions{Size: float64(s.size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err) // likewise: no size of ours is refused
	}
	f.faces[s] = face
	return face
}

// height is that of a line: ascent and descent of the font, in which every Vietnamese letter with its marks stays.
func (s style) height() int { return (s.size*1362 + 999) / 1000 }

// ascent is from the top of the line to the base line.
func (s style) ascent() int { return (s.size*1069 + 999) / 1000 }

// width gives how many dots a text is wide.
func (s style) width(text string) int {
	theFonts.mu.Lock()
	defer theFonts.mu.Unlock()
	return font.MeasureString(theFonts.face(s), text).Ceil()
}

// draw writes one line with its top left corner at x, y.
func (s style) draw(b *Bitmap, x, y int, text string, black bool) {
	theFonts.mu.Lock()
	defer theFonts.mu.Unlock()
	face := theFonts.face(s)
	dot := fixed.P(x, y+s.ascent())
	for i, r := range text {
		if i > 0 {
			before := []rune(text[:i])
			dot.X += face.Kern(before[len(before)-1], r)
		}
		dr, mask, at, advance, ok := face.Glyph(dot, r)
		if !ok {
			continue // the font has no such letter, not even its box
		}
		stamp(b, dr, mask, at, black)
		dot.X += advance
	}
}

func stamp(b *Bitmap, dr image.Rectangle, mask image.Image, at image.Point, black bool) {
	for y := dr.Min.Y; y < dr.Max.Y; y++ {
		for x := dr.Min.X; x < dr.Max.X; x++ {
			_, _, _, a := mask.At(at.X+x-dr.Min.X, at.Y+y-dr.Min.Y).RGBA()
			if a>>8 >= ink {
				b.Set(x, y, black)
			}
		}
	}
}

// wrap breaks a text into lines no wider than width, at spaces where it can. What does not fit into the most lines ends in "…".
func (s style) wrap(text string, width, most int) []string {
	words := strings.Fields(text)
	var lines []string
	for len(words) > 0 && len(lines) < most {
		line := words[0]
		words = words[1:]
		for s.width(line) > width { // a word wider than the paper
			cut := s.fitting(line, width)
			if cut == len(line) { // one letter
				break
			}
			words = append([]string{line[cut:]}, words...)
			line = line[:cut]
		}
		for len(words) > 0 && s.width(line+" "+words[0]) <= width {
			line, words = line+" "+words[0], words[1:]
		}
		lines = append(lines, line)
	}
	if len(words) > 0 && len(lines) > 0 {
		last := lines[len(lines)-1]
		for s.width(last+"…") > width && last != "" {
			if at := strings.LastIndexByte(last, ' '); at > 0 {
				last = last[:at]
			} else {
				r := []rune(last)
				last = string(r[:len(r)-1])
			}
			last = strings.TrimRight(last, " ,.;:-–")
		}
		lines[len(lines)-1] = last + "…"
	}
	return lines
}

// fitting gives how many bytes of a word fit, at least one letter.
func (s style) fitting(word string, width int) int {
	best := 0
	for i := range word {
		if i > 0 && s.width(word[:i]) > width {
			break
		}
		best = i
	}
	if best == 0 {
		best = len(string([]rune(word)[:1]))
	}
	return best
}
