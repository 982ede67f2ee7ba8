package chipbench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The chart's measures, in SVG units.
const (
	chartLabel  = 310 // width of the names
	chartBars   = 560
	chartValue  = 130 // width of the totals
	chartRow    = 26
	chartBar    = 16
	chartTop    = 62
	chartBottom = 34
)

// parts are the shares of a bar, in order, with a colour that prints in grey as well.
var parts = []struct {
	name, colour string
	of           func(Row) time.Duration
}{
	{"wire", "#1f5fa8", func(r Row) time.Duration { return r.Wire }},
	{"card", "#7fb2e5", func(r Row) time.Duration { return r.Card }},
	{"host link", "#e0a030", func(r Row) time.Duration { return r.Host }},
	{"rest", "#a02c2c", Row.Rest},
}

// SVG draws the rows as bars split into wire, card, host link and rest.
func SVG(w io.Writer, rows []Row) error {
	var longest time.Duration
	for _, r := range rows {
		longest = max(longest, r.Total)
	}
	span, step := axis(longest)
	width, height := chartLabel+chartBars+chartValue, chartTop+chartRow*len(rows)+chartBottom
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	b.WriteString(`<text x="10" y="22" font-size="15" font-weight="bold">One read of a chip card: where the time goes</text>` + "\n")
	drawLegend(&b)
	drawAxis(&b, span, step, len(rows))
	for i, r := range rows {
		drawRow(&b, i, r, span)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// axis gives the length of the axis and the distance of its marks: at most ten, at round times.
func axis(longest time.Duration) (span, step time.Duration) {
	step = 10 * time.Millisecond
	for _, factor := range []time.Duration{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		step = 10 * time.Millisecond * factor
		if longest <= 10*step {
			break
		}
	}
	return max(step, (longest+step-1)/step*step), step
}

// at gives the position of a time.
func at(d, span time.Duration) float64 {
	return chartLabel + chartBars*float64(d)/float64(span)
}

func drawLegend(b *strings.Builder) {
	for i, p := range parts {
		x := chartLabel + 130*i
		fmt.Fprintf(b, `<rect x="%d" y="32" width="12" height="12" fill="%s"/><text x="%d" y="42">%s</text>`+"\n", x, p.colour, x+18, p.name)
	}
}

func drawAxis(b *strings.Builder, span, step time.Duration, rows int) {
	bottom := chartTop + chartRow*rows
	for t := time.Duration(0); t <= span; t += step {
		x := at(t, span)
		fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#dddddd"/><text x="%.1f" y="%d" text-anchor="middle" fill="#555555">%.2f s</text>`+"\n",
			x, chartTop-6, x, bottom, x, bottom+18, t.Seconds())
	}
}

// escape makes a text fit for SVG.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace

func drawRow(b *strings.Builder, i int, r Row, span time.Duration) {
	y := chartTop + chartRow*i
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", chartLabel-8, y+chartBar-3, escape(r.Link))
	var from time.Duration
	for _, p := range parts {
		d := p.of(r)
		if d <= 0 {
			continue
		}
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", at(from, span), y, at(from+d, span)-at(from, span), chartBar, p.colour)
		from += d
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%.2f s, × %.2f</text>`+"\n", at(r.Total, span)+6, y+chartBar-3, r.Total.Seconds(), r.LinkRatio())
}
