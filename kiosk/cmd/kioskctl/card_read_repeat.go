package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"motcua/drivers/emrtd"
	"motcua/kiosk"
)

// figures are those of several reads of one card. A nil *figures is that of a single read.
type figures struct {
	Reads    int                   `json:"reads"`
	Failed   map[kiosk.Code]int    `json:"failed,omitempty"`   // reads that ended with an error, by code
	Verdicts map[kiosk.Verdict]int `json:"verdicts,omitempty"` //
	Min      int64                 `json:"ms_min"`             // of the reads that ended with a verdict
	P50      int64                 `json:"ms_p50"`
	P95      int64                 `json:"ms_p95"`
	Max      int64                 `json:"ms_max"`
	Access   int64                 `json:"ms_access_p50"` // until the chip was open
}

// reading is one read's result and times.
type reading struct {
	read   *kiosk.ChipRead
	err    error
	access time.Duration
}

// readOnce reads the card and shows how far it is.
func readOnce(ctx context.Context, c *console, reader *emrtd.Reader, key kiosk.CardKey) (r reading) {
	m, began := newMeter(c), time.Now()
	defer m.clear()
	r.read, r.err = reader.Read(ctx, key, func(p kiosk.ChipProgress) {
		if r.access == 0 && p.File != "" {
			r.access = time.Since(began)
		}
		m.show(p)
	})
	return r
}

// readTimes reads the card n times. It gives the last read that ended with a verdict, and figures when n is more than one; an error
// when no read ended with a verdict.
func readTimes(ctx context.Context, c *console, reader *emrtd.Reader, key kiosk.CardKey, n int) (*kiosk.ChipRead, *figures, error) {
	if n == 1 {
		r := readOnce(ctx, c, reader, key)
		return r.read, nil, r.err
	}
	var all []reading
	for range n {
		r := readOnce(ctx, c, reader, key)
		all = append(all, r)
		if ctx.Err() != nil {
			break
		}
	}
	var last *kiosk.ChipRead
	for _, r := range all {
		if r.read != nil {
			last = r.read
		}
	}
	if last == nil {
		return nil, nil, all[len(all)-1].err
	}
	return last, sumUp(all), nil
}

func sumUp(all []reading) *figures {
	f := &figures{Reads: len(all), Failed: map[kiosk.Code]int{}, Verdicts: map[kiosk.Verdict]int{}}
	var total, access []int64
	for _, r := range all {
		if r.err != nil {
			f.Failed[kiosk.CodeOf(r.err)]++
			continue
		}
		f.Verdicts[r.read.Verdict]++
		total = append(total, r.read.Duration.Milliseconds())
		access = append(access, r.access.Milliseconds())
	}
	f.Min, f.P50, f.P95, f.Max = quantile(total, 0), quantile(total, 50), quantile(total, 95), quantile(total, 100)
	f.Access = quantile(access, 50)
	return f
}

// quantile gives the smallest value that percent of all do not exceed (nearest rank).
func quantile(values []int64, percent int) int64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// exit makes the exit code of several reads: the worst of all.
func (f *figures) exit(code exitCode) exitCode {
	switch {
	case f == nil:
		return code
	case len(f.Failed) > 0:
		return exitFault
	case f.Verdicts[kiosk.Refused] > 0:
		return exitRefused
	case f.Verdicts[kiosk.Verified] == f.Reads:
		return exitGood
	}
	return exitUndetermined
}

func (f *figures) print(w io.Writer) {
	if f == nil {
		return
	}
	fmt.Fprintf(w, "%d reads: p50 %d ms, p95 %d ms (from %d to %d ms), chip open after %d ms\n", f.Reads, f.P50, f.P95, f.Min, f.Max, f.Access)
	for _, v := range []kiosk.Verdict{kiosk.Verified, kiosk.Refused, kiosk.Undetermined} {
		if n := f.Verdicts[v]; n > 0 {
			fmt.Fprintf(w, "  %-18s %d\n", v, n)
		}
	}
	for _, code := range kiosk.Codes {
		if n := f.Failed[code]; n > 0 {
			fmt.Fprintf(w, "  %-18s %d\n", code, n)
		}
	}
}
