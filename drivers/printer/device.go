package printer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"motcua/drivers"
	"motcua/kiosk"
)

// Times of the printer.
const (
	jobLimit   = 12 * time.Second       // for one receipt, whatever happens
	writeLimit = 3 * time.Second        // for one band: its 16 mm take a slow printer half a second
	askLimit   = 600 * time.Millisecond // for the answer to a status question
	quietTime  = 30 * time.Millisecond  // of nothing, then nothing old is on its way any more
	lookEvery  = 2 * time.Second        // how often the printer is asked how it is
)

// Options of a [Device].
type Options struct {
	Open    func() (Port, error) // opens the printer; see [OpenFile]
	Name    string               // as the technician knows it: its path
	Dots    int                  // Width80 or Width58; 0: Width80
	Changed func(Status)         // told, in turn, when the printer is in another state, after that has lasted; may be nil
	Once    bool                 // do not look after the printer: for one check
}

// Device is a printer that is looked after. Made by [New], ended by Halt. It implements [kiosk.Printer].
type Device struct {
	opts Options
	turn chan struct{} // held by whoever talks to the printer
	stop context.CancelFunc
	live sync.WaitGroup

	port Port // nil: not open; under turn
	torn int  // bytes that the last raster command may still expect; under turn
	owed bool // the printer is to throw away what it holds, as soon as it hears that; under turn
	done int  // answers to GS r in this job; under turn

	mu sync.Mutex
	is debounce
}

var (
	_ kiosk.Printer  = (*Device)(nil)
	_ drivers.Driver = (*Device)(nil)
)

// New makes a device and begins to look after the printer, which may come and go.
func New(o Options) *Device {
	if o.Dots == 0 {
		o.Dots = Width80
	}
	ctx, stop := context.WithCancel(context.Background())
	d := &Device{opts: o, turn: make(chan struct{}, 1), stop: stop}
	if !o.Once {
		d.live.Go(func() { d.watch(ctx) })
	}
	return d
}

// String names the printer.
func (d *Device) String() string { return "receipt printer " + d.opts.Name }

// Print implements [kiosk.Printer].
func (d *Device) Print(ctx context.Context, r kiosk.Receipt) error {
	b, err := Render(r, d.opts.Dots)
	if err != nil {
		return err
	}
	return d.PrintBitmap(ctx, b)
}

// PrintSlip implements [kiosk.Printer].
func (d *Device) PrintSlip(ctx context.Context, s kiosk.Slip) error {
	return d.PrintBitmap(ctx, RenderSlip(s, d.opts.Dots))
}

// PrintBitmap prints and cuts any picture, such as a test page. Errors as in [kiosk.Printer].
func (d *Device) PrintBitmap(ctx context.Context, b *Bitmap) error {
	ctx, cancel := context.WithTimeout(ctx, jobLimit)
	defer cancel()
	if err := d.take(ctx); err != nil {
		return err
	}
	defer d.give()
	s, err := d.job(ctx, Encode(b))
	if d.known(s) && d.opts.Changed != nil {
		d.opts.Changed(s)
	}
	return err
}

func (d *Device) take(ctx context.Context) error {
	select {
	case d.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return kiosk.Errorf(kiosk.CodePrinterOffline, "print receipt", "", "another job runs: %w", ctx.Err())
	}
}

func (d *Device) give() { <-d.turn }

// known makes a state count at once.
func (d *Device) known(s Status) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.is.set(s)
}

// Status gives the state that counts now, and whether the printer was asked at all.
func (d *Device) Status() (s Status, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.is.is, d.is.known
}

// Ready implements [kiosk.Printer].
func (d *Device) Ready() error {
	s, known := d.Status()
	if !known {
		return kiosk.Errorf(kiosk.CodePrinterOffline, "print receipt", "wait a moment", "it is being opened")
	}
	return s.Err()
}

// Check asks the printer now. A printer that another process holds says so.
func (d *Device) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 4*askLimit)
	defer cancel()
	if err := d.take(ctx); err != nil {
		return err
	}
	defer d.give()
	if err := d.open(); err != nil {
		return err
	}
	s := d.ask()
	d.known(s)
	return s.Err()
}

// job prints bands and cuts. What it gives of the printer's state is the latest. No more than one band is on its way beside the
// one being printed: a printer whose buffer is full hears no questions any more.
func (d *Device) job(ctx context.Context, bands [][]byte) (Status, error) {
	if err := d.open(); err != nil {
		return Status{}, err
	}
	s := d.ask()
	if err := s.Err(); err != nil {
		return s, err
	}
	if err := d.begin(); err != nil {
		return d.lost(err)
	}
	for i, band := range append(bands, cmdCut) {
		if ctx.Err() != nil {
			return s, d.broken(ctx)
		}
		err := d.write(band)
		if err == nil {
			err = d.write(cmdPrinted)
		}
		if err != nil {
			return d.lost(err)
		}
		wanted := i
		if i == len(bands) {
			wanted = i + 1
		}
		if s, err = d.printed(ctx, wanted, s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// printed waits until so many commands were printed. s is the state known before.
func (d *Device) printed(ctx context.Context, wanted int, s Status) (Status, error) {
	for d.done < wanted {
		_, done, err := d.next(askLimit/2, isDone)
		switch {
		case err != nil:
			return d.lost(err)
		case done:
			continue
		}
		switch s = d.question(); {
		case d.done >= wanted:
		case s.Err() != nil:
			return s, d.forget(s)
		case errors.Is(ctx.Err(), context.Canceled):
			return s, d.broken(ctx)
		case ctx.Err() != nil:
			s.Answers, d.torn = false, max(d.torn, 1)
			return s, kiosk.Errorf(kiosk.CodePrinterOffline, "print receipt", "look whether paper comes out of the printer", "it did not tell that the receipt was printed")
		}
	}
	return s, nil
}

// begin ends what an earlier job has left: the rest of its picture is filled with white, and cut off from what comes.
func (d *Device) begin() error {
	if d.torn > 0 {
		rest := append(make([]byte, d.torn), cmdInit...)
		if err := d.write(append(rest, cmdCut...)); err != nil {
			return err
		}
		d.torn = 0
	}
	return d.write(cmdInit)
}

// broken ends a job that nobody waits for any more: what is printed so far is cut off.
func (d *Device) broken(ctx context.Context) error {
	err := d.write(cmdCut)
	return kiosk.Errorf(kiosk.CodePrinterOffline, "print receipt", "", "the job was broken off: %w", errors.Join(ctx.Err(), err))
}

// forget has a printer that stopped throw away what it has not printed: the next roll of paper must not begin with the end of
// somebody's receipt.
func (d *Device) forget(s Status) error {
	d.torn, d.owed = max(d.torn, 1), true // something of it may be on the paper: it is cut off before the next receipt
	if s.Answers {
		d.clear()
	}
	return s.Err()
}

// clear pays what is owed. A printer that knows no such command prints the rest, and cuts it off before the next receipt.
func (d *Device) clear() {
	if d.write(cmdClear) == nil {
		d.owed = false
	}
}

// lost closes a port that fails. A device that was pulled out comes back as a new one.
func (d *Device) lost(err error) (Status, error) {
	d.close()
	d.torn, d.owed = max(d.torn, 1), true
	return Status{}, kiosk.Errorf(kiosk.CodePrinterOffline, "print receipt", "connect the printer and switch it on", "%w", err)
}

func (d *Device) open() error {
	if d.port != nil {
		return nil
	}
	p, err := d.opts.Open()
	if err != nil {
		hint := "connect the printer, switch it on, and check [printer] device in kiosk.toml"
		if errors.Is(err, syscall.EBUSY) {
			hint = "another process holds the printer: kioskd does while it runs"
		}
		return kiosk.Errorf(kiosk.CodePrinterOffline, "open printer", hint, "%w", err)
	}
	d.port = p
	return nil
}

func (d *Device) close() {
	if d.port != nil {
		_ = d.port.Close() // it fails already
		d.port = nil
	}
}

// write sends bytes within writeLimit, and keeps count of a raster command that was not sent whole.
func (d *Device) write(b []byte) error {
	if d.port == nil {
		return os.ErrClosed
	}
	if err := d.port.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	n, err := d.port.Write(b)
	if err != nil && len(b) > rasterHead && b[0] == gs && b[1] == 'v' {
		d.torn = len(b) - min(n, len(b)-1)
	}
	return err
}

// next reads until a byte of that kind comes, and counts the answers to GS r among all that come. Nothing within the limit is no
// error.
func (d *Device) next(limit time.Duration, kind func(byte) bool) (byte, bool, error) {
	if d.port == nil {
		return 0, false, os.ErrClosed
	}
	until := time.Now().Add(limit)
	if err := d.port.SetReadDeadline(until); err != nil {
		return 0, false, fmt.Errorf("set a deadline: %w", err)
	}
	var b [1]byte
	for {
		n, err := d.port.Read(b[:])
		if n == 1 && isDone(b[0]) {
			d.done++
		}
		switch {
		case n == 1 && kind(b[0]):
			return b[0], true, nil
		case n == 1:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return 0, false, nil
		case err != nil && !errors.Is(err, io.EOF):
			return 0, false, err
		case !pause(until): // the USB driver reads nothing as an end: there may be more
			return 0, false, nil
		}
	}
}

// pause waits a moment, unless that is past a time.
func pause(until time.Time) bool {
	const moment = 10 * time.Millisecond
	if time.Now().Add(moment).After(until) {
		return false
	}
	t := time.NewTimer(moment)
	defer t.Stop()
	<-t.C
	return true
}

// ask asks the printer how it is, after dropping what it answered to others. One that does not answer, or whose port fails, is
// not there.
func (d *Device) ask() Status {
	if _, _, err := d.next(quietTime, func(byte) bool { return false }); err != nil {
		d.close()
		return Status{}
	}
	s := d.question()
	if s.Answers && d.owed {
		d.clear()
	}
	d.done = 0
	return s
}

// question asks everything once.
func (d *Device) question() (s Status) {
	for _, q := range questions {
		err := d.write(cmdAsk(q))
		var b byte
		var ok bool
		if err == nil {
			b, ok, err = d.next(askLimit, isStatus)
		}
		if err != nil {
			d.close()
		}
		if err != nil || !ok {
			return Status{}
		}
		s.read(q, b)
	}
	s.Answers = true
	return s
}

// watch asks the printer how it is, again and again, whenever nobody prints.
func (d *Device) watch(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		d.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (d *Device) look(ctx context.Context) {
	if d.take(ctx) != nil {
		return
	}
	defer d.give()
	var s Status
	if d.open() == nil {
		s = d.ask()
	}
	d.mu.Lock()
	changed := d.is.see(time.Now(), s)
	d.mu.Unlock()
	if changed && d.opts.Changed != nil {
		d.opts.Changed(s)
	}
}

// Halt stops looking after the printer and closes it. It may be called twice.
func (d *Device) Halt() error {
	d.stop()
	d.live.Wait()
	d.turn <- struct{}{}
	defer d.give()
	d.close()
	return nil
}
