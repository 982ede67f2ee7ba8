package outbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// The model explores every order in which a kiosk, a network and an office can act on a few dossiers, and every way each act
// can go wrong. The kiosk's acts are the outbox's own code (Put, takeOver, take, attempt, finish, Release, Accept) over a store
// whose rows change by kiosk.OutboxRow's methods, as the database's do. Only what lies outside is modelled: when a process
// dies, whether a write reached the disk, what the network does with a message, what the office answers, what the clock says.
//
// Each act is run once for every sequence of answers to the questions it asks ([dice]); what it leaves is a state, and each
// state is visited once. Attempts and times are folded ("not due", "due", "lease ended"), so the set of states is finite.

// The clock of the model: rows are due at noon, postponed ones a minute later, leases end at six minutes past.
var (
	noon     = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	postpone = noon.Add(time.Minute)
	expiry   = noon.Add(6 * time.Minute)
	later    = noon.Add(time.Hour)
)

// dice answers the questions of one run: a given beginning, then always 0; wide remembers how many answers each had.
type dice struct {
	given, wide []int
	at          int
}

func (d *dice) choose(n int) int {
	if d.at == len(d.given) {
		d.given = append(d.given, 0)
	}
	if d.at == len(d.wide) {
		d.wide = append(d.wide, n)
	}
	c := d.given[d.at]
	d.at++
	return c
}

// next is the following sequence of answers, false after the last.
func (d *dice) next() bool {
	for i := d.at - 1; i >= 0; i-- {
		if d.given[i]+1 < d.wide[i] {
			d.given, d.wide, d.at = append(slices.Clone(d.given[:i]), d.given[i]+1), slices.Clone(d.wide[:i]), 0
			return true
		}
	}
	return false
}

// died is what a store or office raises when the process ends in it.
type died struct{}

// flight is a delivery under way in the living process; done when its result waits to be settled.
type flight struct {
	row  kiosk.OutboxRow
	done *outcome
}

// world is one state of everything.
type world struct {
	alive   bool
	rows    []kiosk.OutboxRow // on the kiosk's disk
	shown   int               // receipts that citizens hold: dossiers 0 … shown-1, bit by bit
	begun   int               // visits that reached the outbox
	flights []flight
	letters []kiosk.Sealed // requests the network holds back, to be delivered later or never
	most    int            // of them
	taken   []kiosk.Sealed // what the office has, under the key it came with
}

func (w *world) clone() *world {
	c := *w
	c.rows, c.flights = slices.Clone(w.rows), slices.Clone(w.flights)
	c.letters, c.taken = slices.Clone(w.letters), slices.Clone(w.taken)
	return &c
}

// key names a state, what does not matter left out.
func (w *world) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%t %b %d;", w.alive, w.shown, w.begun)
	for _, r := range w.rows {
		fmt.Fprintf(&b, "%s %d %t;", short(r.ID), r.State, r.Due.After(noon))
	}
	var flights []string
	for _, f := range w.flights {
		// A lease's name matters only by whether the row still bears it.
		holds := slices.ContainsFunc(w.rows, func(r kiosk.OutboxRow) bool { return r.ID == f.row.ID && r.Owner == f.row.Owner })
		name := fmt.Sprintf("f%s %t", short(f.row.ID), holds)
		if f.done != nil {
			name += "=" + string(kiosk.CodeOf(f.done.err))
		}
		flights = append(flights, name)
	}
	slices.Sort(flights)
	b.WriteString(strings.Join(flights, ";"))
	for _, s := range w.letters {
		fmt.Fprintf(&b, "l%s;", short(s.ID))
	}
	for _, s := range w.taken {
		fmt.Fprintf(&b, "t%s;", short(s.ID))
	}
	return b.String()
}

func short(id string) string { return id[len(id)-2:] }

// receive is the office: it takes a dossier in once per key.
func (w *world) receive(s kiosk.Sealed) {
	if !slices.ContainsFunc(w.taken, func(t kiosk.Sealed) bool { return t.ID == s.ID }) {
		w.taken = append(w.taken, s)
	}
}

func (w *world) has(id string) bool {
	return slices.ContainsFunc(w.taken, func(t kiosk.Sealed) bool { return t.ID == id })
}

func modelDossier(n int) kiosk.Sealed {
	body := []byte{byte(n)}
	return kiosk.Sealed{ID: fmt.Sprintf("0f8fad5b-d9cb-469f-a165-%012d", n), TokenID: kiosk.TokenID(strconv.Itoa(n)), Created: noon, Body: body, SHA256: sha256.Sum256(body)}
}

func genuine(s kiosk.Sealed) kiosk.Acknowledgement {
	return kiosk.Acknowledgement{DossierID: s.ID, BodySHA256: s.SHA256, ReceivedAt: noon, State: kiosk.StateRegistered, Signature: []byte{1}}
}

// modelStore is a disk that may fail or take the process with it at every write.
type modelStore struct {
	*world
	*dice
	calm bool // nothing goes wrong
}

// write asks what becomes of a write and carries it out.
func (m *modelStore) write(commit func()) error {
	what := 0
	if !m.calm {
		what = m.choose(5)
	}
	switch what {
	case 1:
		panic(died{}) // before it was durable
	case 2:
		commit()
		panic(died{})
	case 3:
		return kiosk.Errorf(kiosk.CodeStoreFull, "write", "", "no room")
	case 4: // durable, but the process is told otherwise
		commit()
		return kiosk.Errorf(kiosk.CodeInternal, "write", "", "input/output error")
	}
	commit()
	return nil
}

// set writes a row, folded.
func (m *modelStore) set(i int, r kiosk.OutboxRow) {
	r.Attempts, r.LastError = 0, ""
	if r.Due.After(noon) {
		r.Due = postpone
	} else {
		r.Due = time.Time{}
	}
	if r.State == kiosk.OutboxLeased {
		r.Lease = expiry
	}
	m.rows[i] = r
}

func (m *modelStore) index(id string) int {
	return slices.IndexFunc(m.rows, func(r kiosk.OutboxRow) bool { return r.ID == id })
}

func (m *modelStore) PutOutbox(_ context.Context, s kiosk.Sealed) error {
	if m.index(s.ID) >= 0 {
		return nil
	}
	return m.write(func() { m.rows = append(m.rows, kiosk.NewOutboxRow(s)) })
}

// LeaseNext asks the clock: nothing that was postponed is due yet, or everything is and every lease has ended.
func (m *modelStore) LeaseNext(_ context.Context, _ string, _, _ time.Time) (kiosk.OutboxRow, error) {
	now := later
	if !m.calm && m.choose(2) == 1 {
		now = noon
	}
	for i, r := range m.rows {
		if r.Deliverable(now) {
			r = r.Leased(m.freeOwner(), expiry)
			err := m.write(func() { m.set(i, r) })
			return r, err
		}
	}
	return kiosk.OutboxRow{}, kiosk.Errorf(kiosk.CodeNotFound, "lease", "", "nothing is due")
}

// freeOwner names a lease apart from all that are remembered anywhere: names are folded as times are.
func (m *modelStore) freeOwner() string {
	for n := 1; ; n++ {
		name := strconv.Itoa(n)
		if !slices.ContainsFunc(m.rows, func(r kiosk.OutboxRow) bool { return r.Owner == name }) &&
			!slices.ContainsFunc(m.flights, func(f flight) bool { return f.row.Owner == name }) {
			return name
		}
	}
}

func (m *modelStore) change(id string, next func(kiosk.OutboxRow) (kiosk.OutboxRow, bool)) (bool, error) {
	i := m.index(id)
	if i < 0 {
		return false, nil
	}
	r, ok := next(m.rows[i])
	if !ok {
		return false, nil
	}
	return true, m.write(func() { m.set(i, r) })
}

func (m *modelStore) Postpone(_ context.Context, id, owner string, due time.Time, code kiosk.Code, count bool) (bool, error) {
	if !due.IsZero() {
		due = postpone
	}
	return m.change(id, func(r kiosk.OutboxRow) (kiosk.OutboxRow, bool) { return r.Postponed(owner, due, code, count) })
}

func (m *modelStore) Quarantine(_ context.Context, id, owner string, code kiosk.Code) (bool, error) {
	return m.change(id, func(r kiosk.OutboxRow) (kiosk.OutboxRow, bool) { return r.Quarantined(owner, code) })
}

func (m *modelStore) Acknowledge(_ context.Context, a kiosk.Acknowledgement, _ kiosk.Deletion) error {
	i := m.index(a.DossierID)
	if i < 0 {
		return kiosk.Errorf(kiosk.CodeNotFound, "acknowledge", "", "no such row")
	}
	r, changed, err := m.rows[i].Acknowledged(a)
	if err != nil || !changed {
		return err
	}
	return m.write(func() { m.set(i, r) })
}

func (m *modelStore) Release(_ context.Context, id string, _ time.Time) (bool, error) {
	return m.change(id, func(r kiosk.OutboxRow) (kiosk.OutboxRow, bool) { return r.Released(noon) })
}

func (m *modelStore) Recover(context.Context, time.Time) (int, error) {
	n := 0
	err := m.write(func() {
		for i, r := range m.rows {
			if r, ok := r.Recovered(noon); ok {
				m.set(i, r)
				n++
			}
		}
	})
	return n, err
}

func (m *modelStore) NextLink(context.Context) (kiosk.Link, error) { return kiosk.Link{}, nil }

func (m *modelStore) NextDue(context.Context) (time.Time, bool, error) { return noon, true, nil }

func (m *modelStore) OutboxRows(context.Context) ([]kiosk.OutboxRow, error) { return m.rows, nil }

func (m *modelStore) OutboxStats(context.Context, time.Time) (kiosk.OutboxStats, error) {
	return kiosk.OutboxStats{}, nil
}
func (m *modelStore) Ready() error { return nil }

// modelOffice is the client with the network and the office behind it.
type modelOffice struct {
	*modelStore
	rule rules
}

// Submit asks where the request goes and what comes back. An acknowledgement that is not the office's the client turns into
// office_untrusted (package kiosk/backoffice, its table); here it comes with the forged paper all the same.
func (m *modelOffice) Submit(_ context.Context, s kiosk.Sealed) (kiosk.Acknowledgement, error) {
	s = m.rule.sent(s)
	if m.calm {
		m.receive(s)
		return genuine(s), nil
	}
	switch m.choose(4) {
	case 0:
		m.receive(s)
	case 1: // lost on the way
	case 2: // held back: it arrives later, or never
		m.hold(s)
	case 3: // doubled
		m.receive(s)
		m.hold(s)
	}
	if m.choose(2) == 1 {
		panic(died{})
	}
	answers := []error{
		failure(kiosk.CodeOfficeOffline), failure(kiosk.CodeOfficeUntrusted), failure(kiosk.CodeOfficeRefused), failure(kiosk.CodeInternal), nil,
	}
	if !m.has(s.ID) { // a genuine acknowledgement exists only of what was taken in, now or ever
		answers = answers[:4]
	}
	if err := answers[m.choose(len(answers))]; err != nil {
		return genuine(s), err
	}
	return genuine(s), nil
}

func (m *modelOffice) hold(s kiosk.Sealed) {
	if len(m.letters) < m.most {
		m.letters = append(m.letters, s)
		slices.SortFunc(m.letters, func(a, b kiosk.Sealed) int { return strings.Compare(a.ID, b.ID) })
	}
}

func (m *modelOffice) Status(context.Context, string) (kiosk.Status, error) {
	return kiosk.Status{}, failure(kiosk.CodeNotFound)
}
func (m *modelOffice) Ping(context.Context) error { return nil }

func failure(code kiosk.Code) error { return &kiosk.Error{Code: code, Op: "model"} }

// rules are what a control changes to plant a defect; the zero value is the real thing.
type rules struct {
	decide  func(error) action
	sending func(kiosk.Sealed) kiosk.Sealed
	hasty   bool // the receipt is shown whatever Put says
}

func (r rules) sent(s kiosk.Sealed) kiosk.Sealed {
	if r.sending == nil {
		return s
	}
	return r.sending(s)
}

// act is something one of the three may do in a state; nil run means it cannot.
type act struct {
	name string
	run  func(*process)
}

// process is the kiosk's code at work in a world.
type process struct {
	*modelStore
	box  *Outbox
	rule rules
}

func newProcess(w *world, d *dice, rule rules, calm bool) *process {
	m := &modelStore{w, d, calm}
	box := New(Options{Store: m, Office: &modelOffice{m, rule}, Log: audit.Discard(), Jitter: func() float64 { return 0.5 }, Parallel: 2})
	if rule.decide != nil {
		box.decide = rule.decide
	}
	return &process{m, box, rule}
}

// die leaves what is on the disk.
func (w *world) die() { w.alive, w.flights = false, nil }

// acts lists what can happen next.
func (w *world) acts(dossiers, wide int) (list []act) {
	ctx := context.Background()
	for i := range w.letters {
		list = append(list, act{"the network delivers late", func(p *process) {
			p.receive(p.letters[i])
			if p.choose(2) == 0 {
				p.letters = slices.Delete(p.letters, i, i+1)
			}
		}}, act{"the network loses", func(p *process) { p.letters = slices.Delete(p.letters, i, i+1) }})
	}
	if !w.alive {
		return append(list, act{"start", func(p *process) {
			if _, err := p.box.store.Recover(ctx, noon); err == nil {
				p.alive = true
			}
		}})
	}
	list = append(list, act{"the power is cut", func(p *process) { p.die() }}, act{"stop", func(p *process) {
		stopped, cancel := context.WithCancel(ctx)
		cancel()
		for _, f := range p.flights {
			if f.done == nil {
				f.done = &outcome{row: f.row, err: failure(kiosk.CodeOfficeOffline)}
			}
			p.box.finish(stopped, *f.done)
		}
		p.die()
	}})
	if w.begun < dossiers {
		list = append(list, act{"a citizen confirms", func(p *process) { p.visit(w.begun) }})
	}
	for n := range w.begun {
		if w.shown>>n&1 == 0 {
			list = append(list, act{"the visit tries again", func(p *process) { p.visit(n) }})
		}
	}
	if len(w.flights) < wide {
		list = append(list, act{"a delivery begins", func(p *process) {
			if row, pause := p.box.take(ctx); pause.d == 0 {
				p.flights = append(p.flights, flight{row: row})
			}
		}})
	}
	for i, f := range w.flights {
		if f.done == nil {
			list = append(list, act{"an answer comes", func(p *process) {
				o := p.box.attempt(ctx, f.row)
				p.flights[i].done = &o
			}})
		} else {
			list = append(list, act{"a result is settled", func(p *process) {
				p.flights = slices.Delete(p.flights, i, i+1)
				p.box.finish(ctx, *f.done)
			}})
		}
	}
	for _, r := range w.rows {
		if r.State == kiosk.OutboxQuarantined {
			list = append(list, act{"the technician releases", func(p *process) { _ = p.box.Release(ctx, r.ID) }})
		}
		if r.State != kiosk.OutboxAcknowledged {
			list = append(list, act{"a stick carries the dossier", func(p *process) { p.receive(r.Sealed) }})
			if w.has(r.ID) {
				list = append(list, act{"a stick carries the receipt back", func(p *process) { _ = p.box.Accept(ctx, genuine(r.Sealed)) }})
			}
		}
	}
	return list
}

// visit puts a dossier and shows the receipt when Put returned without an error.
func (p *process) visit(n int) {
	p.begun = max(p.begun, n+1)
	err := p.box.Put(context.Background(), modelDossier(n))
	if err == nil || p.rule.hasty {
		p.shown |= 1 << n
	}
}

// run carries an act out; the process may die of it.
func (p *process) run(a act) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(died); !ok {
				panic(r)
			}
			p.die()
		}
	}()
	a.run(p)
}

// wrong tells what may not be in a state, "" when nothing is.
func (w *world) wrong() string {
	for n := range w.begun {
		d := modelDossier(n)
		i := slices.IndexFunc(w.rows, func(r kiosk.OutboxRow) bool { return r.ID == d.ID })
		if i < 0 {
			if w.shown>>n&1 == 1 {
				return fmt.Sprintf("the citizen holds receipt %d and the dossier is gone", n)
			}
			continue
		}
		switch r := w.rows[i]; {
		case r.State == kiosk.OutboxAcknowledged && !w.has(d.ID):
			return fmt.Sprintf("dossier %d is purged and the office does not have it", n)
		case r.State != kiosk.OutboxAcknowledged && string(r.Body) != string(d.Body):
			return fmt.Sprintf("dossier %d has lost its body", n)
		}
		same := 0
		for _, t := range w.taken {
			if t.SHA256 == d.SHA256 {
				same++
			}
		}
		if same > 1 {
			return fmt.Sprintf("the office has dossier %d twice", n)
		}
	}
	return ""
}

// stuck tells what keeps a state from delivering everything, oldest first, once nothing goes wrong any more.
func (w *world) stuck(rule rules) string {
	ctx := context.Background()
	w = w.clone()
	before := len(w.taken)
	p := newProcess(w, &dice{}, rule, true)
	if !w.alive {
		if _, err := p.Recover(ctx, noon); err != nil {
			return err.Error()
		}
	}
	for len(w.flights) > 0 { // what was under way is settled with whatever it had
		f := w.flights[0]
		w.flights = w.flights[1:]
		if f.done == nil {
			o := p.box.attempt(ctx, f.row)
			f.done = &o
		}
		p.box.finish(ctx, *f.done)
	}
	for _, r := range w.rows {
		if r.State == kiosk.OutboxQuarantined {
			_ = p.box.Release(ctx, r.ID)
		}
	}
	settled := len(w.taken)
	for range len(w.rows) + 1 {
		if row, pause := p.box.take(ctx); pause.d == 0 {
			p.box.finish(ctx, p.box.attempt(ctx, row))
		}
	}
	for _, r := range w.rows {
		if r.State != kiosk.OutboxAcknowledged || !w.has(r.ID) {
			return fmt.Sprintf("dossier %s is %s for ever", short(r.ID), r.State)
		}
	}
	if !slices.IsSortedFunc(w.taken[settled:], func(a, b kiosk.Sealed) int {
		return p.index(a.ID) - p.index(b.ID)
	}) {
		return fmt.Sprintf("not the oldest first after %d", before)
	}
	return w.wrong()
}

// explore visits every state there is. It gives how many states and acts, and the way to the first wrong state.
func explore(dossiers, wide, letters int, rule rules) (states, steps int, trouble []string) {
	type visited struct {
		w    *world
		from string
		by   string
	}
	first := &world{most: letters}
	seen := map[string]visited{first.key(): {w: first}}
	for queue := []string{first.key()}; len(queue) > 0; queue = queue[1:] {
		at := seen[queue[0]]
		seen[queue[0]] = visited{nil, at.from, at.by} // what was walked through is not kept
		for _, a := range at.w.acts(dossiers, wide) {
			for d := (&dice{}); ; {
				w := at.w.clone()
				newProcess(w, d, rule, false).run(a)
				steps++
				key := w.key()
				if _, known := seen[key]; !known {
					seen[key] = visited{w, queue[0], fmt.Sprint(a.name, d.given)}
					why := w.wrong()
					if why == "" {
						why = w.stuck(rule)
					}
					if why != "" {
						for k := key; k != ""; k = seen[k].from {
							trouble = append(trouble, seen[k].by+" → "+k)
						}
						slices.Reverse(trouble)
						return len(seen), steps, append(trouble, why)
					}
					queue = append(queue, key)
				}
				if !d.next() {
					break
				}
			}
		}
	}
	return len(seen), steps, nil
}

// TestModel visits every state of a few dossiers, deliveries at a time, and requests held back by the network; MODEL=full adds
// the largest. In each, nothing promised is lost, nothing purged that the office has not, nothing there twice; and from each,
// once nothing goes wrong any more, everything arrives, the oldest first.
func TestModel(t *testing.T) {
	bounds := [][3]int{{1, 2, 2}, {2, 1, 0}}
	if os.Getenv("MODEL") == "full" {
		bounds = append(bounds, [3]int{2, 1, 1}, [3]int{2, 2, 0}, [3]int{2, 2, 1})
	}
	for _, b := range bounds {
		states, steps, trouble := explore(b[0], b[1], b[2], rules{})
		t.Logf("%d dossiers, %d at a time, %d held back: %d states, %d steps", b[0], b[1], b[2], states, steps)
		for _, line := range trouble {
			t.Error(line)
		}
		if states < 100 {
			t.Errorf("only %d states: the model does not move", states)
		}
	}
}

// TestModelControl plants defects: the model must find each.
func TestModelControl(t *testing.T) {
	attempt := 0
	for name, c := range map[string]struct {
		rule rules
		want string
	}{
		"any paper purges": {rules{decide: func(err error) action {
			if kiosk.CodeOf(err) == kiosk.CodeOfficeUntrusted {
				return purge
			}
			return decide(err)
		}}, "for ever"},
		"the receipt comes first": {rules{hasty: true}, "the dossier is gone"},
		"a fresh key for each try": {rules{sending: func(s kiosk.Sealed) kiosk.Sealed {
			attempt++
			s.ID = fmt.Sprintf("%s%012d", s.ID[:24], 90+attempt%10)
			return s
		}}, ""},
	} {
		_, _, trouble := explore(1, 1, 1, c.rule)
		if len(trouble) == 0 || !strings.Contains(trouble[len(trouble)-1], c.want) {
			t.Errorf("%s: the model finds %v", name, trouble)
		}
	}
}
