package printer

import "time"

// settled is how long a change must last before it counts: a printer that is switched on, or a cover that is touched, flickers.
const settled = 3 * time.Second

// debounce tells what is from what is seen. The first sight counts at once.
type debounce struct {
	known    bool
	is, seen Status
	since    time.Time // when seen began
}

// see takes a sight and tells whether what is has changed.
func (d *debounce) see(now time.Time, s Status) bool {
	if !d.known {
		return d.set(s)
	}
	if s != d.seen {
		d.seen, d.since = s, now
	}
	if d.seen == d.is || now.Sub(d.since) < settled {
		return false
	}
	return d.set(d.seen)
}

// set makes a sight count at once: a receipt could not be printed, or was.
func (d *debounce) set(s Status) bool {
	changed := !d.known || s != d.is
	d.known, d.is, d.seen = true, s, s
	return changed
}
