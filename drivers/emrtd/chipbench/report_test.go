package chipbench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

var sample = []Row{
	{Link: "424 kbit/s, FSD 256", APDUs: 20, Bytes: 20000, Total: 1100 * time.Millisecond, Wire: 500 * time.Millisecond, Card: 500 * time.Millisecond, CPU: 30 * time.Millisecond, Ours: 10 * time.Millisecond},
	{Link: "PN532 <HSU> & 115200", APDUs: 20, Bytes: 20000, Total: 3050 * time.Millisecond, Wire: 500 * time.Millisecond, Card: 500 * time.Millisecond, Host: 2 * time.Second},
}

func TestRow(t *testing.T) {
	a, b := sample[0], sample[1]
	if a.Rest() != 100*time.Millisecond || a.Ratio() != 1.1 || a.PerAPDU() != 5*time.Millisecond || a.OursPerAPDU() != 500*time.Microsecond || a.HostPerAPDU() != 0 {
		t.Errorf("rest %v, ratio %v, %v an APDU", a.Rest(), a.Ratio(), a.PerAPDU())
	}
	if b.Rest() != 50*time.Millisecond || b.LinkRatio() < 1.016 || b.LinkRatio() > 1.017 || b.HostPerAPDU() != 100*time.Millisecond {
		t.Errorf("rest %v, ratio %v, %v an APDU", b.Rest(), b.LinkRatio(), b.HostPerAPDU())
	}
	var none Row
	if none.Ratio() != 0 || none.PerAPDU() != 0 || none.OursPerAPDU() != 0 || none.HostPerAPDU() != 0 {
		t.Error("the zero row divides by nothing")
	}
	if got := Median([]Row{{Total: 3}, {Total: 1}, {Total: 2}}); got.Total != 2 {
		t.Errorf("median %d", got.Total)
	}
	if got := Median(nil); got != (Row{}) {
		t.Errorf("median of none %v", got)
	}
}

func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, sample); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	want := "| 424 kbit/s, FSD 256 | 20 | 20000 | 1100.0 | 500.0 | 500.0 | 0.0 | 100.0 | 30.0 | 10.0 | 1.100 | 1.100 | 5000 | 500 | 0 |"
	if len(lines) != 4 || lines[2] != want {
		t.Errorf("%s", b.String())
	}
	for _, l := range lines {
		if strings.Count(l, "|") != strings.Count(want, "|") {
			t.Errorf("columns of %q", l)
		}
	}
}

// TestSVG draws well-formed XML, twice the same.
func TestSVG(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(SVG(&a, sample), SVG(&b, sample)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two drawings differ")
	}
	bars := strings.Count(a.String(), `height="16"`)
	d := xml.NewDecoder(&a)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if bars != 7 {
		t.Errorf("%d bars, want 3 and 4", bars)
	}
	if err := SVG(io.Discard, nil); err != nil {
		t.Error(err)
	}
	for longest, want := range map[time.Duration][2]time.Duration{
		0: {10 * time.Millisecond, 10 * time.Millisecond}, 95 * time.Millisecond: {100 * time.Millisecond, 10 * time.Millisecond},
		3050 * time.Millisecond: {3500 * time.Millisecond, 500 * time.Millisecond}, time.Minute: {time.Minute, 10 * time.Second},
	} {
		if span, step := axis(longest); span != want[0] || step != want[1] {
			t.Errorf("%v: axis to %v by %v", longest, span, step)
		}
	}
}
