package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/paper"
)

// scanResult is what `kioskctl scan paper -json` prints. Found tells whether every picture shows a sheet; corners and quality are
// of the first picture that is not good, or of the first.
type scanResult struct {
	Found   bool           `json:"found"`
	Corners [][2]float64   `json:"corners"` // top left, top right, bottom right, bottom left of the page, in pixels; null without a sheet
	Quality *paper.Quality `json:"quality"`
	Pages   []scannedPage  `json:"pages"`
	SHA256  string         `json:"sha256,omitempty"` // of the file written
}

// scannedPage is one picture.
type scannedPage struct {
	File    string         `json:"file"`
	Found   bool           `json:"found"`
	Corners [][2]float64   `json:"corners"`
	Quality *paper.Quality `json:"quality"`
	Width   float64        `json:"width_mm,omitempty"`
	Height  float64        `json:"height_mm,omitempty"`
	Grey    bool           `json:"grey,omitempty"`
	Bytes   int            `json:"bytes,omitempty"`
	SHA256  string         `json:"sha256,omitempty"` // of the page's JPEG
}

// scanPaper is `kioskctl scan paper FILE... [-out FILE]`: finds, judges and straightens the pages on pictures.
func scanPaper(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("scan paper", "FILE...")
	out := fs.String("out", "", "write the straightened page (.jpg) or pages (.pdf) to this file")
	scale := fs.Float64("px-per-mm", 0, "the camera's pixels a millimetre of the page, when known")
	operands, err := c.parse(fs, args, 1, paper.MaxPages)
	if err != nil {
		return c.usageExit(err)
	}
	kind := strings.ToLower(filepath.Ext(*out))
	switch {
	case *out != "" && kind != ".jpg" && kind != ".jpeg" && kind != ".pdf":
		return c.usageError("-out %s ends neither in .jpg nor in .pdf", *out)
	case kind != ".pdf" && *out != "" && len(operands) > 1:
		return c.usageError("several pages need an -out that ends in .pdf")
	case !(*scale >= 0 && *scale < 1000):
		return c.usageError("-px-per-mm %v is no scale", *scale)
	}
	var r scanResult
	var pages []*paper.Page
	good := true
	for _, name := range operands {
		p, ok, err := scanOne(name, paper.Opts{PixelsPerMM: *scale})
		if err != nil {
			return c.fail(err)
		}
		good = good && ok
		r.add(name, p, ok)
		pages = append(pages, p)
	}
	if !good {
		return c.report(exitRefused, r, r.print)
	}
	if *out != "" {
		if r.SHA256, err = savePages(*out, kind, pages); err != nil {
			return c.fail(err)
		}
	}
	return c.report(exitGood, r, r.print)
}

// scanOne reads one picture; ok is false when it cannot be used.
func scanOne(name string, o paper.Opts) (p *paper.Page, ok bool, err error) {
	data, err := readPicture(name)
	if err != nil {
		return nil, false, err
	}
	m, err := vision.Decode(data)
	if err != nil {
		return nil, false, kiosk.Errorf(kiosk.CodeBadInput, "decode picture", "name a JPEG, JPEG 2000 or PNG file", "%w", err)
	}
	defer m.Close()
	p, err = paper.Read(&m, o)
	var flaw kiosk.PaperFlaw
	if errors.As(err, &flaw) {
		return p, false, nil
	}
	return p, err == nil, err
}

func (r *scanResult) add(name string, p *paper.Page, ok bool) {
	one := scannedPage{
		File: name, Found: p.Found.Corners != paper.Quad{}, Quality: &p.Quality,
		Width: p.Width, Height: p.Height, Grey: p.Grey, Bytes: len(p.Image.Data),
	}
	if one.Found {
		for _, q := range p.Found.Corners {
			one.Corners = append(one.Corners, [2]float64{tenth(q.X), tenth(q.Y)})
		}
	}
	if ok {
		one.SHA256 = hex.EncodeToString(p.SHA256[:])
	}
	if len(r.Pages) == 0 || !ok && r.Quality.Flaw == "" {
		r.Corners, r.Quality = one.Corners, one.Quality
	}
	r.Found = one.Found && (r.Found || len(r.Pages) == 0)
	r.Pages = append(r.Pages, one)
}

// tenth rounds to a tenth of a pixel.
func tenth(v float64) float64 { return float64(int(v*10+1000000.5)-1000000) / 10 }

func (r scanResult) print(w io.Writer) {
	for _, p := range r.Pages {
		q := p.Quality
		switch {
		case q.Flaw != "" && p.Found:
			fmt.Fprintf(w, "%s: refused (%s), corners %v\n", p.File, q.Flaw, p.Corners)
		case q.Flaw != "":
			fmt.Fprintf(w, "%s: refused (%s)\n", p.File, q.Flaw)
		default:
			fmt.Fprintf(w, "%s: page %s %.1f by %.1f mm, %.0f dpi, turned %d, %d bytes, SHA-256 %s\n",
				p.File, q.Format, p.Width, p.Height, q.DPI, 90*q.Turned, p.Bytes, p.SHA256)
		}
	}
	if r.SHA256 != "" {
		fmt.Fprintf(w, "written, SHA-256 %s\n", r.SHA256)
	}
}

// savePages writes a page or a PDF under a temporary name, then gives it its own.
func savePages(name, kind string, pages []*paper.Page) (sum string, err error) {
	var buf bytes.Buffer
	hash := pages[0].SHA256
	if kind == ".pdf" {
		hash, err = paper.WritePDF(&buf, pages)
	} else {
		_, err = buf.Write(pages[0].Image.Data)
	}
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".scan-*")
	if err == nil {
		_, err = f.Write(buf.Bytes())
		err = errors.Join(err, f.Sync(), f.Close())
		if err == nil {
			err = os.Rename(f.Name(), name)
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeBadInput, "save pages", "give a file that can be written with -out", "%w", err)
	}
	return hex.EncodeToString(hash[:]), nil
}
