package ui

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// quiet is the empty border the standard wants around a code, in modules (ISO/IEC 18004 §5.3.8).
const quiet = 4

// qrSVG draws a QR code as one SVG path, dark on white in every theme.
func (p *pages) qr(text string) (template.HTML, error) {
	label, err := p.t.get("done.qr")
	if err != nil {
		return "", err
	}
	return draw(text, label)
}

// QR draws a QR code as one SVG path, for the other pages of this project.
func QR(text string) (template.HTML, error) { return draw(text, "Mã QR") }

func draw(text, label string) (template.HTML, error) {
	if text == "" {
		return "", nil
	}
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	side := c.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges">`,
		side, side, template.HTMLEscapeString(label))
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, side, side)
	for y := range c.Size {
		for x := 0; x < c.Size; {
			run := 0
			for x+run < c.Size && c.Black(x+run, y) {
				run++
			}
			if run == 0 {
				x++
				continue
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
			x += run
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil //nolint:gosec // digits and an escaped label
}
