package paper

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// MaxPageBytes is the most that a stored page may have; a PDF of such pages has at most 300 KB a page.
const MaxPageBytes = 292_000

// The JPEG qualities between which the best that fits is searched.
const (
	bestQuality  = 88
	worstQuality = 20
)

// Opts are the properties of a document camera.
type Opts struct {
	PixelsPerMM float64 // of the picture at the board; 0 when not known: then a page of the shape of A4 is taken for A4
}

// Page is a straightened page.
type Page struct {
	Image         kiosk.Image // a JPEG of [DPI]
	SHA256        [32]byte    // of Image.Data
	Width, Height float64     // millimetres
	Grey          bool        // there was no colour on it
	Found         Found       // where it was; the corners are in the order of the upright page
	Quality       Quality
}

// Read finds the page in a picture, judges it, straightens it and encodes it. A picture that cannot be used gives a
// [kiosk.PaperFlaw] and what was measured until then.
func Read(m *gocv.Mat, o Opts) (*Page, error) {
	if !vision.IsBGR(m) {
		return nil, fmt.Errorf("read page: %w", vision.ErrPicture)
	}
	p := &Page{}
	if flaw := exposure(m); flaw != "" {
		return p.refuse(flaw)
	}
	f, ok, err := Find(m)
	if err != nil {
		return p, err
	}
	p.Found, p.Quality.Score = f, f.Score
	if !ok {
		return p.refuse(kiosk.PaperMissing)
	}
	aspect := Aspect(f.Corners, m.Cols(), m.Rows())
	share := f.Corners.area() / float64(m.Cols()*m.Rows())
	format, long := p.size(aspect, o)
	round, err := rounded(m, f.Corners, aspect)
	if err != nil {
		return p, err
	}
	if flaw := shape(&f, aspect, share, round); flaw != "" {
		return p.refuse(flaw)
	}
	if err := p.measure(m, format, long); err != nil {
		return p, err
	}
	if flaw := p.Quality.judge(share); flaw != "" {
		return p.refuse(flaw)
	}
	return p, p.finish(m, format)
}

func (p *Page) refuse(flaw kiosk.PaperFlaw) (*Page, error) {
	p.Quality.Flaw = flaw
	return p, flaw
}

// size chooses the page's format; long is its longer side in pixels of the picture.
func (p *Page) size(aspect float64, o Opts) (f Format, long float64) {
	l := p.Found.Corners.sides()
	long = max((l[0]+l[2])/2, (l[1]+l[3])/2)
	mm := 0.0
	if o.PixelsPerMM > 0 {
		mm = long / o.PixelsPerMM
	}
	f = formatOf(aspect, mm)
	p.Quality.Aspect, p.Quality.Format = aspect, f.Name
	p.Quality.DPI = long / max(f.Width, f.Height) * mmPerInch
	return f, long
}

// measure looks at the page at the camera's own resolution.
func (p *Page) measure(m *gocv.Mat, f Format, long float64) error {
	k := min(long, probeLong) / max(f.Width, f.Height) // pixels a millimetre
	native, err := flatten(m, p.Found.Corners, image.Pt(max(int(f.Width*k), vision.MinSide), max(int(f.Height*k), vision.MinSide)))
	if err != nil {
		return err
	}
	defer native.Close()
	return p.Quality.measure(&native, &p.Found, 1/k)
}

// finish makes the page's picture.
func (p *Page) finish(m *gocv.Mat, f Format) error {
	flat, err := flatten(m, p.Found.Corners, f.pixels(DPI))
	if err != nil {
		return err
	}
	defer flat.Close()
	clean := gocv.NewMat()
	defer clean.Close()
	gocv.BilateralFilter(flat, &clean, 5, 22, 2)
	if err := evenOut(&clean); err != nil {
		return err
	}
	if p.Quality.Turn, err = orient(&clean); err != nil {
		return err
	}
	p.Width, p.Height = f.Width, f.Height
	if err := p.turn(&clean); err != nil {
		return err
	}
	return p.encode(&clean)
}

// evenOut divides a page by its light, in place.
func evenOut(m *gocv.Mat) error {
	r, err := rasterOf(m)
	if err != nil {
		return err
	}
	l := paperLight(&r)
	l.even(&r)
	r.trim(rim)
	pix, err := m.DataPtrUint8()
	if err != nil {
		return err
	}
	copy(pix, r.pix)
	return nil
}

// rim is what is painted over along the page's edges, in pixels: half a millimetre, where the table may show.
const rim = 4

// trim lets the outermost n pixels be as their neighbours inside.
func (r *raster) trim(n int) {
	line := 3 * r.w
	for y := range r.h {
		from := min(max(y, n), r.h-1-n)
		copy(r.pix[y*line:(y+1)*line], r.pix[from*line:(from+1)*line])
		row := r.pix[y*line : (y+1)*line]
		for x := range n {
			copy(row[3*x:3*x+3], row[3*n:])
			copy(row[line-3*x-3:line-3*x], row[line-3*n-3:])
		}
	}
}

// turn turns the page upright.
func (p *Page) turn(m *gocv.Mat) error {
	n := p.Quality.Turn.Quarters % 4
	p.Quality.Turned = n
	if n == 0 {
		return nil
	}
	turned := gocv.NewMat()
	gocv.Rotate(*m, &turned, []gocv.RotateFlag{gocv.Rotate90Clockwise, gocv.Rotate180Clockwise, gocv.Rotate90CounterClockwise}[n-1])
	_ = m.Close()
	*m = turned
	p.Found.Corners = p.Found.Corners.turned(4 - n)
	if n%2 == 1 {
		p.Width, p.Height = p.Height, p.Width
	}
	return nil
}

// colourful is the share of pixels of some colour from which on a page is stored in colour.
const colourful = .0004

// encode searches the best quality that fits.
func (p *Page) encode(m *gocv.Mat) error {
	r, err := rasterOf(m)
	if err != nil {
		return err
	}
	p.Grey = r.colour() < colourful
	pic := *m
	if p.Grey {
		grey := gocv.NewMat()
		defer grey.Close()
		gocv.CvtColor(*m, &grey, gocv.ColorBGRToGray)
		pic = grey
	}
	data, err := fitJPEG(&pic, MaxPageBytes)
	if err != nil {
		return err
	}
	p.Image = kiosk.Image{Data: data, Type: "image/jpeg", Width: m.Cols(), Height: m.Rows()}
	p.SHA256 = sha256.Sum256(data)
	return nil
}

// colour is the share of pixels with a clear colour.
func (r *raster) colour() float64 {
	n := 0
	for i := 0; i < len(r.pix); i += 3 {
		b, g, d := r.pix[i], r.pix[i+1], r.pix[i+2]
		if max(b, g, d)-min(b, g, d) > 60 {
			n++
		}
	}
	return float64(n) / float64(len(r.pix)/3)
}

// softened smooths a picture that is too busy at the least quality, more and more, until it fits.
func softened(m *gocv.Mat, most int, encode func(*gocv.Mat, int) ([]byte, error)) ([]byte, error) {
	soft := gocv.NewMat()
	defer soft.Close()
	for _, side := range []int{3, 7, 15, 31} {
		gocv.GaussianBlur(*m, &soft, image.Pt(side, side), 0, 0, gocv.BorderReplicate)
		data, err := encode(&soft, worstQuality)
		if err != nil || len(data) <= most {
			return data, err
		}
	}
	return nil, fmt.Errorf("encode page: more than %d bytes", most)
}

// fitJPEG encodes at the best quality that gives at most most bytes.
func fitJPEG(m *gocv.Mat, most int) ([]byte, error) {
	encode := func(m *gocv.Mat, quality int) ([]byte, error) {
		buf, err := gocv.IMEncodeWithParams(gocv.JPEGFileExt, *m, []int{gocv.IMWriteJpegQuality, quality})
		if err != nil {
			return nil, fmt.Errorf("encode page: %w", err)
		}
		defer buf.Close()
		return bytes.Clone(buf.GetBytes()), nil
	}
	data, err := encode(m, bestQuality)
	if err != nil || len(data) <= most {
		return data, err
	}
	lo, hi := worstQuality, bestQuality // lo fits, or is the last resort
	best, err := encode(m, lo)
	if err != nil {
		return nil, err
	}
	if len(best) > most {
		return softened(m, most, encode)
	}
	for hi-lo > 3 {
		q := (lo + hi) / 2
		if data, err = encode(m, q); err != nil {
			return nil, err
		}
		if len(data) <= most {
			lo, best = q, data
		} else {
			hi = q
		}
	}
	return best, nil
}
