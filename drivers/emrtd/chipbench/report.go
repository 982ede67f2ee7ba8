package chipbench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Row is what was measured of one link: the median of several reads by total time.
type Row struct {
	Link  string        // "424 kbit/s, FSD 256"
	APDUs int           // command-response pairs
	Bytes int           // of files
	Total time.Duration // wall time of a read
	Wire  time.Duration // modelled time on the radio link
	Card  time.Duration // modelled time of the chip's computations
	Host  time.Duration // between kiosk and radio: pcscd, serial line; 0 when there is nothing between
	CPU   time.Duration // processor time of reader and simulated chip together
	Ours  time.Duration // the same without the simulated chip's; 0 where that cannot be told apart
}

// Rest is the total without wire, card and host link: our software, and the simulator's own computing.
func (r Row) Rest() time.Duration { return max(0, r.Total-r.Wire-r.Card-r.Host) }

// Ratio is total : (wire + card).
func (r Row) Ratio() float64 { return ratio(r.Total, r.Wire+r.Card) }

// LinkRatio is total : (wire + card + host link).
func (r Row) LinkRatio() float64 { return ratio(r.Total, r.Wire+r.Card+r.Host) }

func ratio(a, b time.Duration) float64 {
	if b <= 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// PerAPDU gives the rest for each command-response pair.
func (r Row) PerAPDU() time.Duration {
	if r.APDUs == 0 {
		return 0
	}
	return r.Rest() / time.Duration(r.APDUs)
}

// OursPerAPDU gives our processor time for each command-response pair; the keys that the protocols compute are in it.
func (r Row) OursPerAPDU() time.Duration {
	if r.APDUs == 0 {
		return 0
	}
	return r.Ours / time.Duration(r.APDUs)
}

// HostPerAPDU gives the host link's time for each command-response pair.
func (r Row) HostPerAPDU() time.Duration {
	if r.APDUs == 0 {
		return 0
	}
	return r.Host / time.Duration(r.APDUs)
}

// Median gives the row of the middle total; the zero Row of none.
func Median(rows []Row) Row {
	if len(rows) == 0 {
		return Row{}
	}
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b Row) int { return int(a.Total - b.Total) })
	return sorted[len(sorted)/2]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }
func micros(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d)/float64(time.Microsecond)) }

// Markdown writes the rows as a table.
func Markdown(w io.Writer, rows []Row) error {
	var b strings.Builder
	b.WriteString("| link | APDUs | bytes | total ms | wire ms | card ms | host link ms | rest ms | CPU ms, both sides | our CPU ms | total : (wire + card) | with host link | rest µs/APDU | our CPU µs/APDU | host link µs/APDU |\n")
	b.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %s | %s | %s | %s | %s | %s | %.3f | %.3f | %s | %s | %s |\n", r.Link, r.APDUs, r.Bytes, millis(r.Total), millis(r.Wire),
			millis(r.Card), millis(r.Host), millis(r.Rest()), millis(r.CPU), millis(r.Ours), r.Ratio(), r.LinkRatio(), micros(r.PerAPDU()), micros(r.OursPerAPDU()), micros(r.HostPerAPDU()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
