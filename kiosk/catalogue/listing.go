package catalogue

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"rsc.io/qr"

	"motcua/kiosk"
)

//go:embed listing.html
var listingPage string

var listing = template.Must(template.New("listing").Funcs(template.FuncMap{"qr": qrSVG, "unknown": func() string { return Unknown }}).Parse(listingPage))

// Office is what a printed listing says of the office that posts it.
type Office struct {
	Name    string // "UBND phường …"
	Hotline string
}

// sheet is what the listing's template shows.
type sheet struct {
	Office  Office
	Version string
	Count   int
	Fields  []sheetField
}

type sheetField struct {
	Name       string
	Procedures []posted
}

// posted is a procedure with its five parts that must be posted: forms and papers, fees, charges, time, steps.
type posted struct {
	*kiosk.Procedure
	Forms   []string
	Fees    []line
	Charges []line
	Times   []line
	Lacks   bool // the record is silent about a statutory part
}

// line is one channel's value.
type line struct{ Channel, Text string }

// WriteListing writes the listing that an office posts: HTML that prints on A4, every procedure in force with its five statutory
// parts and a QR code, unknown parts said to be unknown. It needs nothing from a network. The same catalogue and office give the
// same bytes.
func (c *Catalogue) WriteListing(w io.Writer, office Office) error {
	s := sheet{Office: office, Version: c.version, Count: c.Count()}
	for _, name := range c.fields {
		f := sheetField{Name: name}
		for _, p := range c.InField(name) {
			f.Procedures = append(f.Procedures, post(p))
		}
		if f.Procedures != nil {
			s.Fields = append(s.Fields, f)
		}
	}
	return listing.Execute(w, s)
}

func post(p *kiosk.Procedure) posted {
	out := posted{Procedure: p, Lacks: p.Missing() != nil}
	for _, c := range p.Papers {
		out.Forms = append(out.Forms, fmt.Sprintf("%s (bản chính %d, bản sao %d)", c.Name, c.Original, c.Copy))
	}
	for _, w := range p.Ways {
		channel := ChannelNames[w.Channel]
		out.Fees = append(out.Fees, line{channel, feesOfKind(w.Fees, kiosk.FeeKindFee)})
		out.Charges = append(out.Charges, line{channel, feesOfKind(w.Fees, kiosk.FeeKindCharge)})
		out.Times = append(out.Times, line{channel, limitText(w)})
	}
	return out
}

// feesOfKind says what a way costs of one kind. Where the record does not say which kind an amount is, both places show it, with
// that remark: better twice than missed.
func feesOfKind(fees []kiosk.Fee, kind kiosk.FeeKind) string {
	var own, mixed []kiosk.Fee
	for _, f := range fees {
		switch f.Kind {
		case kind:
			own = append(own, f)
		case kiosk.FeeKindUnknown:
			mixed = append(mixed, f)
		}
	}
	switch {
	case own != nil:
		return FeeText(own)
	case mixed != nil && !slices.ContainsFunc(mixed, func(f kiosk.Fee) bool { return f.Amount != 0 || f.ProvinceDecides }):
		return FeeText(mixed)
	case mixed != nil:
		return FeeText(mixed) + " (phí và lệ phí ghi chung)"
	case fees != nil:
		return "không thu"
	}
	return Unknown
}

// limitText gives the statutory time and, where there is one, the committed time with its decision.
func limitText(w kiosk.Way) string {
	text := TimeText(w.Duration, w.Unit)
	if c := w.Committed; c != nil {
		text += fmt.Sprintf("; cam kết %s từ %s (%s)", TimeText(c.Duration, c.Unit), c.From, c.Decision)
	}
	return text
}

// quiet is the empty border the standard wants around a code, in modules (ISO/IEC 18004 §5.3.8).
const quiet = 4

// qrSVG draws a QR code as one path.
func qrSVG(text string) (template.HTML, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	side := c.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="QR" shape-rendering="crispEdges"><path d="`, side, side)
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil // made of numbers alone
}
