package paper

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"motcua/vision"
)

// MaxPages is the most that one PDF may have.
const MaxPages = 200

// ErrPages is the cause when pages cannot be bound.
var ErrPages = errors.New("pages that cannot be bound")

// WritePDF writes pages as one PDF 1.7 and gives the SHA-256 of what it wrote. Each page is its JPEG, unchanged, at its size on
// paper. The file keeps to PDF/A-2b as far as it goes here: no fonts, no transparency, no encryption, a file identifier, XMP
// metadata and sRGB as output intent (ISO 19005-2 §6.1.3, §6.2.3, §6.6). Equal pages give equal bytes: there are no dates.
func WritePDF(w io.Writer, pages []*Page) (sum [32]byte, err error) {
	if len(pages) == 0 || len(pages) > MaxPages {
		return sum, fmt.Errorf("write PDF: %w: %d", ErrPages, len(pages))
	}
	h := sha256.New()
	d := &pdf{w: io.MultiWriter(w, h)}
	d.write("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	d.front(len(pages))
	for i, p := range pages {
		if err := d.page(i, p); err != nil {
			return sum, err
		}
	}
	d.end(pages)
	if d.err != nil {
		return sum, fmt.Errorf("write PDF: %w", d.err)
	}
	return [32]byte(h.Sum(nil)), nil
}

// The numbers of the objects before the pages; each page then has three: page, contents, picture.
const (
	objCatalog = iota + 1
	objPages
	objMetadata
	objIntent
	objProfile
	objFirst
)

// pdf writes objects and remembers where they are.
type pdf struct {
	w   io.Writer
	n   int64
	at  []int64 // of object i+1
	err error
}

func (d *pdf) write(format string, args ...any) {
	if d.err == nil {
		var n int
		n, d.err = fmt.Fprintf(d.w, format, args...)
		d.n += int64(n)
	}
}

// object writes one object; they come in order.
func (d *pdf) object(format string, args ...any) {
	d.at = append(d.at, d.n)
	d.write("%d 0 obj\n", len(d.at))
	d.write(format, args...)
	d.write("\nendobj\n")
}

// stream writes a stream object; dict are its entries besides the length.
func (d *pdf) stream(dict string, data []byte) {
	d.at = append(d.at, d.n)
	d.write("%d 0 obj\n<< %s /Length %d >>\nstream\n", len(d.at), dict, len(data))
	if d.err == nil {
		var n int
		n, d.err = d.w.Write(data)
		d.n += int64(n)
	}
	d.write("\nendstream\nendobj\n")
}

// front writes what stands before the pages, in the order of the object numbers.
func (d *pdf) front(n int) {
	d.object("<< /Type /Catalog /Pages %d 0 R /Metadata %d 0 R /OutputIntents [ %d 0 R ] >>", objPages, objMetadata, objIntent)
	kids := make([]string, n)
	for i := range kids {
		kids[i] = fmt.Sprintf("%d 0 R", objFirst+3*i)
	}
	d.object("<< /Type /Pages /Count %d /Kids [ %s ] >>", n, strings.Join(kids, " "))
	d.stream("/Type /Metadata /Subtype /XML", []byte(xmp))
	d.object("<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB IEC61966-2.1) /Info (sRGB IEC61966-2.1) /DestOutputProfile %d 0 R >>", objProfile)
	d.stream("/N 3", srgbProfile())
}

// xmp is the metadata of a PDF/A-2b (ISO 19005-2 §6.6.4).
const xmp = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
	`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
	`<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">` +
	`<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description></rdf:RDF></x:xmpmeta>` +
	"\n<?xpacket end=\"w\"?>"

// page writes a page, its contents and its picture.
func (d *pdf) page(i int, p *Page) error {
	if p == nil || p.Width <= 0 || p.Height <= 0 {
		return fmt.Errorf("write PDF: %w: page %d has no size", ErrPages, i+1)
	}
	typ, w, h, err := vision.Header(p.Image.Data)
	if err != nil || typ != "image/jpeg" {
		return fmt.Errorf("write PDF: %w: page %d is no JPEG", ErrPages, i+1)
	}
	const points = 72 / mmPerInch
	pw, ph := p.Width*points, p.Height*points
	n := objFirst + 3*i
	d.object("<< /Type /Page /Parent %d 0 R /MediaBox [ 0 0 %.3f %.3f ] /Contents %d 0 R /Resources << /XObject << /P %d 0 R >> >> >>",
		objPages, pw, ph, n+1, n+2)
	d.stream("", fmt.Appendf(nil, "q %.3f 0 0 %.3f 0 0 cm /P Do Q", pw, ph))
	colours := "/DeviceRGB"
	if p.Grey {
		colours = "/DeviceGray"
	}
	d.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace %s /Filter /DCTDecode",
		w, h, colours), p.Image.Data)
	return nil
}

// end writes the cross-reference table and the trailer. The file's identifier is made of its pages.
func (d *pdf) end(pages []*Page) {
	start := d.n
	d.write("xref\n0 %d\n0000000000 65535 f \n", len(d.at)+1)
	for _, at := range d.at {
		d.write("%010d 00000 n \n", at)
	}
	var all bytes.Buffer
	for _, p := range pages {
		sum := sha256.Sum256(p.Image.Data)
		all.Write(sum[:])
	}
	id := sha256.Sum256(all.Bytes())
	d.write("trailer\n<< /Size %d /Root %d 0 R /ID [ <%X> <%X> ] >>\nstartxref\n%d\n%%%%EOF\n", len(d.at)+1, objCatalog, id[:16], id[:16], start)
}
