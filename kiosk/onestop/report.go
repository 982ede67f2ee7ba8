package onestop

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"motcua/kiosk"
)

// Ratio is a share with its two numbers. It is told with fixed rounding: half away from zero, never to even.
type Ratio struct{ Part, Whole int }

// Percent gives the share in hundredths of a percent (2 decimals), 0 for an empty whole (the formula document of QĐ 766).
func (r Ratio) Percent() int {
	if r.Whole == 0 {
		return 0
	}
	return (r.Part*20_000/r.Whole + 1) / 2
}

// String gives "99,85" and "–" for an empty whole: 0 % of nothing would read as a failure.
func (r Ratio) String() string {
	if r.Whole == 0 {
		return "–"
	}
	p := r.Percent()
	return fmt.Sprintf("%d,%02d", p/100, p%100)
}

// OneDecimal gives "99,8", as reports of communes write it.
func (r Ratio) OneDecimal() string {
	if r.Whole == 0 {
		return "–"
	}
	p := (r.Part*2000/r.Whole + 1) / 2
	return fmt.Sprintf("%d,%d", p/10, p%10)
}

// Bucket says how a dossier stands to its time.
type Bucket int

// The buckets.
const (
	BucketEarly   Bucket = 0 // settled before the due day
	BucketOn      Bucket = 1 // settled on the due day, in time
	BucketLate    Bucket = 2 // settled too late, or asked for supplements more than once, or not settled although due
	BucketPending Bucket = 3 // not settled and not due
)

// ended gives when processing ended, by the formula's priority: finished, then returned, then stopped or refused. ok is false when
// it has not.
func (i Item) ended() (time.Time, bool) {
	for _, t := range []time.Time{i.Finished, i.Returned, i.Closed} {
		if !t.IsZero() {
			return t, true
		}
	}
	return time.Time{}, false
}

// BucketOf judges a dossier at the end of a period, by indicator 2.1 of the QĐ 766 set: the end of processing is compared with the
// promised instant, which supplements have moved; an open supplement counts at the time of its request; more than one supplement
// request is late; what is not settled is judged at the end of the period. A dossier without a promised instant is never late.
func BucketOf(i Item, end time.Time) Bucket {
	at, done := i.ended()
	if done && at.After(end) {
		done = false // it ended, but not in this period
	}
	if !done {
		at = end
		if !i.Paused.IsZero() && i.Paused.Before(end) {
			at = i.Paused
		}
	}
	switch {
	case i.Supplements > 1:
		return BucketLate
	case !i.Promised.IsZero() && at.After(i.Promised):
		return BucketLate
	case !done:
		return BucketPending
	case !i.Promised.IsZero() && at.Before(startOfDay(i.Promised)):
		return BucketEarly
	}
	return BucketOn
}

// Tally counts dossiers by bucket.
type Tally struct {
	Name                     string // of the field, officer, unit or channel
	Early, On, Late, Pending int
}

// Received is how many were taken in: ended early, on time or late, and those under way.
func (t Tally) Received() int { return t.Early + t.On + t.Late + t.Pending }

func (t *Tally) add(b Bucket) {
	switch b {
	case BucketEarly:
		t.Early++
	case BucketOn:
		t.On++
	case BucketLate:
		t.Late++
	case BucketPending:
		t.Pending++
	}
}

// OnTime is the share of early and on time among what is settled or late: what is neither due nor settled says nothing yet.
func (t Tally) OnTime() Ratio { return Ratio{t.Early + t.On, t.Early + t.On + t.Late} }

// Statistics are those of a period. Only real dossiers are in it.
type Statistics struct {
	From, To  time.Time
	All       Tally
	Done      int     // ended in the period
	LateDone  int     // of these, too late
	OnTime    Ratio   // indicator 2.1: on time among all accepted whose time is decided
	Channels  []Tally // 3.3: by channel; a dossier without one counts as direct
	Online    Ratio   // share of the online channel
	EResult   Ratio   // 4.1: settled ones with a result file that has a code
	Digitised Ratio   // 4.2: settled ones with files of both the components and the result
	Reused    Ratio   // 4.3: components taken from the store instead of being asked for again
	Fields    []Tally
	Officers  []Tally
	Units     []Tally // by who settles
	Receivers []Tally // by who took in
	Backlog   []Tally // open ones by field; Late: overdue now
	Hands     []Tally // open ones by officer
	Verified  Ratio   // electronically authenticated: evidence, or a named override
	Machine   Ratio   // of these, by the machines alone
	Rated     map[Moment]Satisfaction
	Hours     [24]int            // arrivals by hour of the day
	Medians   []Stay             // how long dossiers stayed in each state
	Letters   map[LetterKind]int // issued in the period; of apologies, drafts too
}

// Stay is how long dossiers stayed in a state.
type Stay struct {
	State    kiosk.DossierState
	N        int
	P50, P95 time.Duration
}

// DigitisedFull is the share of indicator 4.2 that earns full marks, in hundredths of a percent.
const DigitisedFull = 8000

// Statistics counts a period: from inclusive, to exclusive. Errors: ErrDenied, the store's.
func (d *Desk) Statistics(ctx context.Context, a Account, from, to time.Time) (*Statistics, error) {
	if !a.Role.May(PermReport) {
		return nil, ErrDenied
	}
	end := to
	if now := d.Now(); now.Before(end) {
		end = now // the period is not over
	}
	c := newCount(from, to, end)
	if err := d.opt.Store.Each(ctx, from, to, c.add); err != nil {
		return nil, err
	}
	r := c.finish()
	if err := d.stays(ctx, r); err != nil {
		return nil, err
	}
	rated, err := d.opt.Store.Ratings(ctx, from, to)
	if err != nil {
		return nil, err
	}
	r.Rated = map[Moment]Satisfaction{}
	for m, scores := range rated {
		r.Rated[m] = Satisfaction{scores}
	}
	return r, d.countLetters(ctx, r)
}

func (d *Desk) countLetters(ctx context.Context, r *Statistics) error {
	all, err := d.opt.Store.LettersBetween(ctx, r.From, r.To)
	r.Letters = map[LetterKind]int{}
	for _, l := range all {
		if l.Status != LetterWithdrawn {
			r.Letters[l.Kind]++
		}
	}
	return err
}

// count gathers a report from items.
type count struct {
	r   *Statistics
	end time.Time

	fields, officers, units, receivers, channels, backlog, hands tallies
}

// tallies are by name.
type tallies map[string]*Tally

func (t tallies) of(name string) *Tally {
	if t[name] == nil {
		t[name] = &Tally{Name: name}
	}
	return t[name]
}

// sorted gives them by size, then by name.
func (t tallies) sorted() []Tally {
	out := make([]Tally, 0, len(t))
	for _, v := range t {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Received(), a.Received()), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func newCount(from, to, end time.Time) *count {
	return &count{
		r: &Statistics{From: from, To: to}, end: end, fields: tallies{}, officers: tallies{}, units: tallies{}, receivers: tallies{},
		channels: tallies{}, backlog: tallies{}, hands: tallies{},
	}
}

func (c *count) add(i Item) error {
	b := BucketOf(i, c.end)
	officer := i.Officer.Name
	if officer == "" {
		officer = "(chưa phân công)"
	}
	field := cmp.Or(i.Field, "(chưa rõ lĩnh vực)")
	c.r.All.add(b)
	c.fields.of(field).add(b)
	c.officers.of(officer).add(b)
	c.units.of(i.Resolver).add(b)
	c.receivers.of(i.Receiver).add(b)
	c.channels.of(string(channelOr(i.Channel))).add(b)
	at, done := i.ended()
	done = done && !at.After(c.end)
	if !done {
		c.backlog.of(field).add(b)
		c.hands.of(officer).add(b)
	}
	c.indicators(i, done, b)
	return nil
}

func channelOr(ch kiosk.Channel) kiosk.Channel { return cmp.Or(ch, kiosk.ChannelDirect) }

func (c *count) indicators(i Item, done bool, b Bucket) {
	r := c.r
	r.Online.Whole++
	if i.Channel == kiosk.ChannelOnline {
		r.Online.Part++
	}
	r.Verified.Whole++
	r.Machine.Whole++
	if i.Evidence != [32]byte{} || i.Override.By != 0 && i.Override.Reason != "" {
		r.Verified.Part++
	}
	if i.Verdict == kiosk.Verified {
		r.Machine.Part++
	}
	r.Reused.Whole += i.Papers
	r.Reused.Part += min(i.Reused, i.Papers)
	if !done {
		return
	}
	r.Done++
	if b == BucketLate {
		r.LateDone++
	}
	if i.Finished.IsZero() {
		return // refused or stopped: there is no result
	}
	r.EResult.Whole++
	r.Digitised.Whole++
	if i.ResultCodes > 0 {
		r.EResult.Part++
	}
	if i.Papers > 0 && i.Results > 0 {
		r.Digitised.Part++
	}
}

func (c *count) finish() *Statistics {
	r := c.r
	r.OnTime = r.All.OnTime()
	r.Fields, r.Officers, r.Units, r.Receivers = c.fields.sorted(), c.officers.sorted(), c.units.sorted(), c.receivers.sorted()
	r.Channels, r.Backlog, r.Hands = c.channels.sorted(), c.backlog.sorted(), c.hands.sorted()
	return r
}

// stays reads from the moves how long dossiers stayed in each state, and when they arrive.
func (d *Desk) stays(ctx context.Context, r *Statistics) error {
	times := map[kiosk.DossierState][]time.Duration{}
	var last Event
	err := d.opt.Store.Moved(ctx, r.From, r.To, func(e Event) error {
		if e.From == 0 {
			r.Hours[e.At.In(Zone).Hour()]++
		} else if last.Dossier == e.Dossier {
			times[e.From] = append(times[e.From], e.At.Sub(last.At))
		}
		last = e
		return nil
	})
	for s := kiosk.StateRegistered; s <= kiosk.StateReturned; s++ {
		if t := times[s]; len(t) > 0 {
			slices.Sort(t)
			r.Medians = append(r.Medians, Stay{s, len(t), quantile(t, 50), quantile(t, 95)})
		}
	}
	return err
}

// quantile gives the nearest-rank quantile of sorted durations.
func quantile(t []time.Duration, percent int) time.Duration {
	return t[max((len(t)*percent+99)/100, 1)-1]
}
