package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"motcua/kiosk"
)

// meter shows on a terminal how far a read is; elsewhere, and with -json, it is silent.
type meter struct {
	w     io.Writer // nil when silent
	shown time.Time
}

// newMeter gives the meter of a console.
func newMeter(c *console) *meter {
	f, ok := c.err.(*os.File)
	if c.json || !ok {
		return &meter{}
	}
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return &meter{}
	}
	return &meter{w: f}
}

// The look of the meter.
const (
	barWidth  = 30
	redraw    = 50 * time.Millisecond
	clearLine = "\r\x1b[K"
)

// show draws the bar, at most every 50 ms.
func (m *meter) show(p kiosk.ChipProgress) {
	if m.w == nil || time.Since(m.shown) < redraw && p.Done != p.Total {
		return
	}
	m.shown = time.Now()
	m.say(barText(p))
}

// barText gives the bar: while the length of all files is not known yet, only what was read.
func barText(p kiosk.ChipProgress) string {
	switch {
	case p.File == "" && p.Done == 0:
		return "opening the chip"
	case p.Total <= 0:
		return fmt.Sprintf("[%s] %6d bytes         %s", strings.Repeat(".", barWidth), p.Done, p.File)
	}
	full := barWidth * min(max(p.Done, 0), p.Total) / p.Total
	return fmt.Sprintf("[%s%s] %6d of %6d  %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), p.Done, p.Total, p.File)
}

// say replaces the line by a text.
func (m *meter) say(text string) {
	if m.w != nil {
		fmt.Fprint(m.w, clearLine+text)
	}
}

// clear takes the line away.
func (m *meter) clear() { m.say("") }
