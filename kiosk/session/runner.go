package session

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// Runner runs visits, one after the other: it owns the State and the Visit, feeds Next, and carries effects out. All methods
// may be called from any goroutine.
type Runner struct {
	ports Ports
	info  KioskInfo
	boot  string

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup  // device goroutines of the visit
	ops    *sync.WaitGroup // of these, the ones that may still hold what a scrub zeroes
	live   sync.WaitGroup  // goroutines of the Runner itself
	logs   chan logged

	mu        sync.Mutex
	state     State
	visit     Visit
	filed     *kiosk.Procedure // what will be filed, while another is looked at
	draft     *kiosk.Dossier   // named once, so that a second try is the same dossier
	sealed    *kiosk.Sealed    // sealed once, likewise
	sealing   bool
	number    uint64 // which visit
	lang      string // language of the page the last touch was on: the voice follows it
	op        uint64 // which device operation, or timer, is current
	opCancel  context.CancelFunc
	previews  map[uint64]context.CancelFunc
	previewed uint64
	entered   time.Time // the screen
	clock     clock
	endedOn   string // the screen on which the visit ended
	timings   Timings
	deadline  time.Time
	timer     *time.Timer
	greeted   time.Time           // when somebody who came near was last greeted
	lit       map[kiosk.Lamp]bool // the lamps that are on
	timers    uint64              // counts them, so that one that was replaced is known
	rev       uint64
	turn      uint64
	renewal   *Renewal  // waits for the end of the visit
	seen      uint64    // the turn before, when no hand made this one: what a finger may have been on its way to
	moved     time.Time // when it did
	painted   time.Time // when a page last reported; zero when none did
	paints    uint64    // how often
	silent    bool      // it stopped reporting, and that was logged
	looked    time.Time // when the loop that looks at outbox, office and clock last came round
	outbox    kiosk.OutboxStats
	online    bool
	subs      map[chan struct{}]struct{}
	closed    bool
}

type logged struct {
	event audit.Event
	attrs []slog.Attr
}

// New starts a Runner in Attract. boot is random per start of the daemon.
func New(ports Ports, info KioskInfo, boot string) *Runner {
	ctx, cancel := context.WithCancel(context.Background())
	info.Catalogue, info.Places, info.Spots = ports.Catalogue, ports.Places, ports.Spotter != nil
	r := &Runner{
		ports: ports, info: info, boot: boot, ctx: ctx, cancel: cancel, ops: new(sync.WaitGroup), logs: make(chan logged, 256),
		previews: map[uint64]context.CancelFunc{}, subs: map[chan struct{}]struct{}{}, lit: map[kiosk.Lamp]bool{}, entered: time.Now(), looked: time.Now(), rev: 1, turn: 1,
	}
	r.state.Places = ports.Places != nil
	r.live.Go(r.writeLog)
	if ports.Reader != nil {
		r.live.Go(r.watchCard)
	}
	if ports.Panel != nil {
		r.live.Go(r.watchPresence)
	}
	r.live.Go(r.watchOutbox)
	return r
}

// Close ends the visit without ceremony, wipes it, and waits for every goroutine. It may be called twice.
func (r *Runner) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	r.cancel()
	r.work.Wait()
	r.mu.Lock()
	r.forget()
	close(r.logs)
	r.mu.Unlock()
	r.live.Wait()
}

// View calls f with what the page shows. The view is valid only inside f, which must be quick and must not call the Runner.
func (r *Runner) View(f func(*View)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&View{
		Boot: r.boot, Rev: r.rev, Turn: r.turn, State: r.state, Visit: &r.visit, Deadline: r.deadline, Now: time.Now(),
		Kiosk: r.info, Outbox: r.outbox, Online: r.online,
	})
}

// Subscribe gives a channel that is signalled after every change worth painting; signals coalesce.
func (r *Runner) Subscribe() (changed <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	r.mu.Lock()
	r.subs[c] = struct{}{}
	r.mu.Unlock()
	return c, func() {
		r.mu.Lock()
		delete(r.subs, c)
		r.mu.Unlock()
	}
}

// Painted notes that a browser is there and paints.
func (r *Runner) Painted(uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.painted.IsZero() || r.silent {
		r.log(audit.PageOpened)
	}
	r.painted, r.silent = time.Now(), false
	r.paints++
}

// Paints gives how often a page was painted: the keeper of the browser starts one anew whose page no longer is.
func (r *Runner) Paints() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paints
}

// PageSilence gives how long a page that was painted has not been; 0 when none ever was.
func (r *Runner) PageSilence() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.painted.IsZero() {
		return 0
	}
	return time.Since(r.painted)
}

// silentAfter is how long a page that reported before may stay silent: it reports every three seconds.
const silentAfter = 10 * time.Second

// lookAtPage logs a page that fell silent: a white screen, or a browser that is gone. The lock is held.
func (r *Runner) lookAtPage() {
	if age := time.Since(r.painted); !r.painted.IsZero() && !r.silent && age > silentAfter {
		r.log(audit.PageSilent, audit.Int(audit.KeyAge, int64(age/time.Second)))
		r.silent = true
	}
}

// Lively reports whether the Runner serves: it takes the lock that everything takes, its loop comes round, and a wipe that a
// device holds up does not last. When it gives false the watchdog restarts the daemon, which wipes memory more thoroughly than anything.
func (r *Runner) Lively() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	stuck := r.state.Screen == Wiping && time.Since(r.entered) > 2*Delays[Wiping]
	return !r.closed && !stuck && time.Since(r.looked) < 6*outboxEvery
}

// dispatch feeds one event to Next. The lock is held.
func (r *Runner) dispatch(e Event) {
	if r.closed {
		return
	}
	before := r.state
	after, effects := Next(before, e)
	r.state = after
	if after != before {
		r.turned(before, isTouch(e.Kind))
	}
	timed := e.Kind == EvTimeout // a screen that stays waits anew
	if after != before || (!e.Stale && (isTouch(e.Kind) || timed)) {
		r.restart(before != after || (e.Kind != EvTouch && !timed))
	}
	for _, fx := range effects {
		r.carryOut(fx)
	}
	r.renew()
}

// keepsTyped are the screens that show again what was typed when it led to nothing: no such token, no room on the disk.
var keepsTyped = map[Screen]bool{StatusWait: true, StatusAsk: true, Feedback: true, FeedbackSend: true}

// turned notes a changed state. What was shown is stale now, and its previews end, unless a device changed only what stands beside: a touch
// on its way is still meant for this screen.
func (r *Runner) turned(before State, byHand bool) {
	shown := func(s State) [3]int { return [...]int{int(s.Screen), int(s.Overlay), s.Step} }
	if byHand || shown(before) != shown(r.state) {
		r.seen, r.moved = 0, time.Now()
		if !byHand {
			r.seen = r.turn
		}
		r.turn++
	}
	r.changed()
	r.light()
	if r.state.Screen == before.Screen {
		return
	}
	r.log(audit.SessionScreen, audit.Word(audit.KeyFrom, before.Screen.String()),
		audit.Word(audit.KeyTo, r.state.Screen.String()), audit.MS(time.Since(r.entered)))
	if r.state.Screen == Wiping {
		r.endedOn = before.Screen.String()
	}
	now := time.Now()
	r.left(before.Screen, r.state.Screen, now.Sub(r.entered), now)
	r.entered = now
	if !keepsTyped[r.state.Screen] {
		r.visit.Invalid, r.visit.Typed = "", ""
	}
	for _, cancel := range r.previews {
		cancel()
	}
	r.spot()
}

// changed signals every page. The lock is held.
func (r *Runner) changed() {
	r.rev++
	for c := range r.subs {
		select {
		case c <- struct{}{}:
		default: // already signalled
		}
	}
}

// restart sets the screen's timer anew. A key press repaints nothing.
func (r *Runner) restart(paint bool) {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	r.timers++
	r.deadline = time.Time{}
	d := Delay(r.state)
	if d > 0 {
		r.deadline = time.Now().Add(d)
		n := r.timers
		r.timer = time.AfterFunc(d, func() { r.timeout(n) })
	}
	if paint {
		r.changed()
	}
}

// timeout is the timer's goroutine; a timer replaced meanwhile is stale.
func (r *Runner) timeout(n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dispatch(Event{Kind: EvTimeout, Stale: r.timers != n})
}

// log hands an event to the log's goroutine, so that no disk is waited for under the lock. The lock is held.
func (r *Runner) log(e audit.Event, attrs ...slog.Attr) {
	if r.closed {
		return
	}
	select {
	case r.logs <- logged{e, attrs}:
	default: // a full queue means a dead disk, which the outbox reports
	}
}

func (r *Runner) writeLog() {
	for l := range r.logs {
		r.ports.Log.Event(context.Background(), l.event, l.attrs...)
	}
}

func (r *Runner) watchCard() {
	for present := range r.ports.Reader.Watch(r.ctx) {
		r.mu.Lock()
		e, name := EvCardOut, audit.CardRemoved
		if present {
			e, name = EvCardIn, audit.CardInserted
		}
		if present != r.state.Card {
			r.log(name)
			r.dispatch(Event{Kind: e})
		}
		r.mu.Unlock()
	}
}

// backAfter is how long after a torn read the reader must have said nothing for the card to count as lying there again: a
// card lifted and put back faster than the reader reports is back, and nobody should have to lift it once more.
const backAfter = time.Second

// awaitBack reads on when the card of a torn read was put back at once. The lock is held.
func (r *Runner) awaitBack() {
	turn := r.turn
	time.AfterFunc(backAfter, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.turn == turn && r.state.Screen == CardProblem && r.state.Card {
			r.dispatch(Event{Kind: EvCardIn})
		}
	})
}

// outboxEvery is how often the outbox and the office are looked at, for the status line and for closing intake.
const outboxEvery = 5 * time.Second

func (r *Runner) watchOutbox() {
	tick := time.NewTicker(outboxEvery)
	defer tick.Stop()
	for {
		r.lookAtOutbox()
		select {
		case <-tick.C:
		case <-r.ctx.Done():
			return
		}
	}
}

func (r *Runner) lookAtOutbox() {
	ctx, cancel := context.WithTimeout(r.ctx, outboxEvery)
	defer cancel()
	stats, err := r.ports.Outbox.Stats(ctx)
	if err == nil {
		err = r.ports.Outbox.Ready()
	}
	if err == nil && r.ports.Clock != nil {
		err = r.ports.Clock()
	}
	online := r.ports.Office.Ping(ctx) == nil
	if r.ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looked = time.Now()
	r.lookAtPage()
	if online != r.online {
		r.logOnline(online)
	}
	if online != r.online || stats.Unsent != r.outbox.Unsent || stats.Quarantine != r.outbox.Quarantine {
		r.online, r.outbox = online, stats
		r.changed()
	}
	if code := kiosk.CodeOf(err); code != r.state.Closed {
		r.dispatch(Event{Kind: EvClosed, Code: code})
	}
}

func (r *Runner) logOnline(online bool) {
	if online {
		r.log(audit.OfficeOnline)
		return
	}
	r.log(audit.OfficeOffline, audit.Word(audit.KeyCode, kiosk.CodeOfficeOffline))
}

// Preview shows what a camera sees, "face" or "paper", to the page, as long as the screen that may show it is shown.
func (r *Runner) Preview(ctx context.Context, which string, frame func(jpeg []byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	camera := r.previewable(which)
	if camera == nil || r.closed {
		r.mu.Unlock()
		return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "preview", Hint: "the screen shown has no such picture"}
	}
	r.previewed++
	id := r.previewed
	r.previews[id] = cancel
	r.work.Add(1)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.previews, id)
		r.mu.Unlock()
		r.work.Done()
	}()
	stop := context.AfterFunc(r.ctx, cancel)
	defer stop()
	return camera.Preview(ctx, frame)
}

func (r *Runner) previewable(which string) kiosk.Preview {
	switch {
	case which == "face" && (r.state.Screen == FaceLook || r.state.Screen == FaceTurn):
		return r.ports.Faces
	case which == "paper" && r.state.Screen == ScanAim:
		return r.ports.Papers
	}
	return nil
}
