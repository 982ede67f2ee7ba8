package face

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Curve is one line of a DET chart.
type Curve struct {
	Name   string
	Points []Operating
}

// Curves gives the lines of a report: single pictures, under the condition, and taken together.
func (r *Report) Curves() []Curve {
	out := []Curve{{"single picture", r.curve}}
	if r.Condition != nil {
		out = append(out, Curve{"against " + r.Condition.Name + " (" + r.Condition.Text + ")", r.Condition.curve})
	}
	if r.Fusion != nil {
		out = append(out, Curve{fmt.Sprintf("up to %d pictures together", r.Fusion.Images), r.Fusion.Fused.curve})
	}
	return out
}

// The chart's measures, in SVG units.
const (
	detLeft, detTop, detRight, detBottom = 74.0, 52.0, 24.0, 56.0
	detSide                              = 480.0
)

// The rates on both axes: a DET chart has normal deviates, so that the curve of normally distributed scores is straight
// (Martin et al.: The DET curve in assessment of detection task performance, 1997).
var detTicks = []float64{.0001, .001, .01, .02, .05, .1, .2, .4}

const detLowest, detHighest = .00002, .5

var detColours = []string{"#1f5fa8", "#a02c2c", "#2e7d32", "#e0a030"}

// deviate is the inverse of the normal distribution.
func deviate(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// onAxis is where a rate stands on an axis, 0…1.
func onAxis(rate float64) float64 {
	rate = min(max(rate, detLowest), detHighest)
	lo, hi := deviate(detLowest), deviate(detHighest)
	return (deviate(rate) - lo) / (hi - lo)
}

// DET draws curves of false rejects over false accepts as SVG. The same curves give the same bytes.
func DET(w io.Writer, title string, curves []Curve) error {
	var b strings.Builder
	width, height := detLeft+detSide+detRight, detTop+detSide+detBottom+18*float64(len(curves))
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="10" y="24" font-size="15" font-weight="bold">%s</text>`+"\n", escapeXML(title))
	detAxes(&b)
	for i, c := range curves {
		colour := detColours[i%len(detColours)]
		detCurve(&b, c.Points, colour)
		y := detTop + detSide + detBottom + 18*float64(i)
		fmt.Fprintf(&b, `<line x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f" stroke="%s" stroke-width="2"/>`+"\n", detLeft, y-4, detLeft+30, y-4, colour)
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f">%s</text>`+"\n", detLeft+38, y, escapeXML(c.Name))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func detAxes(b *strings.Builder) {
	for _, t := range detTicks {
		x, y := detLeft+detSide*onAxis(t), detTop+detSide*(1-onAxis(t))
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1fM%.1f %.1fH%.1f" stroke="#d8d8d8" fill="none"/>`+"\n", x, detTop, detTop+detSide, detLeft, y, detLeft+detSide)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x, detTop+detSide+17, percent(t))
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", detLeft-6, y+4, percent(t))
	}
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#404040"/>`+"\n", detLeft, detTop, detSide, detSide)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">false accepts</text>`+"\n", detLeft+detSide/2, detTop+detSide+34)
	fmt.Fprintf(b, `<text transform="translate(18 %.1f) rotate(-90)" text-anchor="middle">false rejects</text>`+"\n", detTop+detSide/2)
}

func detCurve(b *strings.Builder, points []Operating, colour string) {
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, colour)
	for i, p := range points {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(b, "%.1f,%.1f", detLeft+detSide*onAxis(p.FAR), detTop+detSide*(1-onAxis(p.FRR)))
	}
	b.WriteString(`"/>` + "\n")
}

func percent(rate float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", 100*rate), "0"), ".") + " %"
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escapeXML(s string) string { return xmlEscapes.Replace(s) }
