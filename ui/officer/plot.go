package officer

import (
	"fmt"

	"motcua/kiosk/onestop"
)

// plot is a bar chart that the template writes as SVG: geometry is computed here, colours are classes of the style sheet, and the
// numbers stand in the picture as text, so that nothing is told by colour alone.
type plot struct {
	Width, Height float64
	Label         string
	Bars          []bar
	Texts         []mark
	Lines         []float64 // y of the grid lines
}

type bar struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

type mark struct {
	X, Y   float64
	Anchor string
	Text   string
}

const (
	plotWidth  = 640.0
	rowHeight  = 26.0
	nameWidth  = 220.0
	countWidth = 60.0
)

// bucketPlot draws one stacked bar for each field: early, on time, late, pending.
func bucketPlot(list []onestop.Tally) plot {
	const most = 12
	if len(list) > most {
		list = list[:most]
	}
	p := plot{Width: plotWidth, Height: rowHeight*float64(len(list)) + 6, Label: "Hồ sơ theo lĩnh vực: trước hạn, đúng hạn, trễ hạn, đang giải quyết"}
	top := 1
	for _, t := range list {
		top = max(top, t.Received())
	}
	scale := (plotWidth - nameWidth - countWidth) / float64(top)
	for i, t := range list {
		y, x := rowHeight*float64(i)+4, nameWidth
		p.Texts = append(p.Texts, mark{nameWidth - 8, y + 14, "end", shorten(t.Name, 32)})
		for _, part := range []struct {
			n           int
			class, name string
		}{{t.Early, "early", "trước hạn"}, {t.On, "on", "đúng hạn"}, {t.Late, "late", "trễ hạn"}, {t.Pending, "pending", "đang giải quyết"}} {
			w := float64(part.n) * scale
			if part.n > 0 {
				p.Bars = append(p.Bars, bar{x, y, w, rowHeight - 8, part.class, fmt.Sprintf("%s: %d %s", t.Name, part.n, part.name)})
			}
			x += w
		}
		p.Texts = append(p.Texts, mark{x + 8, y + 14, "start", fmt.Sprint(t.Received())})
	}
	return p
}

// hourPlot draws how many dossiers come in each hour of the day.
func hourPlot(hours [24]int) plot {
	const height, base, first, last = 180.0, 150.0, 6, 20
	p := plot{Width: plotWidth, Height: height, Label: "Hồ sơ đến theo giờ trong ngày"}
	top := 1
	for _, n := range hours {
		top = max(top, n)
	}
	step := plotWidth / float64(last-first+1)
	for h := first; h <= last; h++ {
		x := step * float64(h-first)
		tall := float64(hours[h]) / float64(top) * (base - 24)
		p.Bars = append(p.Bars, bar{x + 4, base - tall, step - 8, tall, "on", fmt.Sprintf("%d giờ: %d hồ sơ", h, hours[h])})
		p.Texts = append(p.Texts, mark{x + step/2, base + 18, "middle", fmt.Sprintf("%dh", h)})
		if hours[h] > 0 {
			p.Texts = append(p.Texts, mark{x + step/2, base - tall - 6, "middle", fmt.Sprint(hours[h])})
		}
	}
	p.Lines = []float64{base}
	return p
}

func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
