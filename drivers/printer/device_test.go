package printer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"motcua/drivers/printer"
	"motcua/drivers/printer/printertest"
	"motcua/kiosk"
)

func receipt(token string) kiosk.Receipt {
	return kiosk.Receipt{
		Token: token, URL: "https://motcua.example/h/" + token, Procedure: "Đăng ký khai sinh", Office: "Phường Thí Điểm", Hotline: "1900 0000",
		Submitted: time.Date(2026, 11, 27, 14, 5, 0, 0, time.UTC), Return: kiosk.ReturnCounter, Papers: 1,
	}
}

// pictures keeps what was rendered once.
var pictures sync.Map

func picture(t testing.TB, token string, dots int) *printer.Bitmap {
	t.Helper()
	key := token + "/" + itoa(dots)
	if b, ok := pictures.Load(key); ok {
		return b.(*printer.Bitmap)
	}
	b, err := printer.Render(receipt(token), dots)
	if err != nil {
		t.Fatal(err)
	}
	pictures.Store(key, b)
	return b
}

// holds tells whether a paper shows a picture from its first row on, but for dots that were added to defuse it, and then nothing.
func holds(paper, want *printer.Bitmap) bool {
	if paper.Width != want.Width || paper.Height < want.Height {
		return false
	}
	white := make([]byte, want.Stride())
	for y := range paper.Height {
		row, same := paper.Bits[y*paper.Stride():(y+1)*paper.Stride()], white
		if y < want.Height {
			same = want.Bits[y*want.Stride() : (y+1)*want.Stride()]
		}
		if bytes.Equal(row, same) {
			continue
		}
		for x := range paper.Width {
			if want.Black(x, y) && !paper.Black(x, y) {
				return false
			}
			if paper.Black(x, y) && !want.Black(x, y) && !(want.Black(x-1, y) && !want.Black(x+1, y)) {
				return false
			}
		}
	}
	return true
}

// bench runs a driver and a printer in a bubble of time.
func bench(t *testing.T, o printertest.Options, f func(t *testing.T, p *printertest.Printer, d *printer.Device)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := printertest.New(o)
		d := printer.New(printer.Options{Open: p.Open, Name: "simulated", Dots: o.Dots})
		defer func() {
			for range 2 {
				if err := d.Halt(); err != nil {
					t.Error(err)
				}
			}
			p.Unplug()
			synctest.Wait()
		}()
		time.Sleep(time.Second) // it has been asked
		f(t, p, d)
	})
}

func TestPrintsWhatWasRendered(t *testing.T) {
	for _, dots := range []int{printer.Width80, printer.Width58} {
		bench(t, printertest.Options{Dots: dots, RowTime: time.Millisecond}, func(t *testing.T, p *printertest.Printer, d *printer.Device) {
			if err := d.Ready(); err != nil {
				t.Error(err)
			}
			want := picture(t, "AAAAA-BBBBB", dots)
			begun := time.Now()
			if err := d.Print(t.Context(), receipt("AAAAA-BBBBB")); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); took < time.Duration(want.Height)*time.Millisecond {
				t.Errorf("Print returned after %s, before the printer had printed its %d rows", took, want.Height)
			}
			papers := p.Papers()
			if len(papers) != 1 || !holds(papers[0], want) {
				t.Errorf("%d papers; the first does not show the receipt", len(papers))
			}
			if p.Accidents() != 0 || p.Uncut() != 0 {
				t.Errorf("%d accidental commands, %d rows not cut", p.Accidents(), p.Uncut())
			}
		})
	}
}

// Before a job: each state has its code, and nothing is sent to a printer that cannot print.
func TestCannotPrint(t *testing.T) {
	for name, c := range map[string]struct {
		do, undo func(p *printertest.Printer)
		want     kiosk.Code
	}{
		"no paper":   {func(p *printertest.Printer) { p.SetPaper(false) }, func(p *printertest.Printer) { p.SetPaper(true) }, kiosk.CodePrinterPaper},
		"open cover": {func(p *printertest.Printer) { p.OpenCover(true) }, func(p *printertest.Printer) { p.OpenCover(false) }, kiosk.CodePrinterCover},
		"unplugged":  {(*printertest.Printer).Unplug, (*printertest.Printer).Plug, kiosk.CodePrinterOffline},
		"low paper":  {func(p *printertest.Printer) { p.SetLow(true) }, func(p *printertest.Printer) { p.SetLow(false) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bench(t, printertest.Options{}, func(t *testing.T, p *printertest.Printer, d *printer.Device) {
				c.do(p)
				if err := d.Print(t.Context(), receipt("AAAAA-BBBBB")); kiosk.CodeOf(err) != c.want {
					t.Errorf("Print: %v, want %q", err, c.want)
				}
				if err := d.Ready(); kiosk.CodeOf(err) != c.want {
					t.Errorf("Ready at once: %v, want %q", err, c.want)
				}
				if err := d.Check(t.Context()); kiosk.CodeOf(err) != c.want {
					t.Errorf("Check: %v, want %q", err, c.want)
				}
				if c.want == "" {
					return
				}
				if len(p.Papers()) != 0 || p.Uncut() != 0 {
					t.Error("something was printed")
				}
				c.undo(p)
				time.Sleep(8 * time.Second) // seen, and settled
				if err := d.Ready(); err != nil {
					t.Errorf("Ready when it is mended: %v", err)
				}
				if err := d.Print(t.Context(), receipt("CCCCC-DDDDD")); err != nil {
					t.Errorf("Print when it is mended: %v", err)
				}
				if papers := p.Papers(); len(papers) != 1 || !holds(papers[0], picture(t, "CCCCC-DDDDD", printer.Width80)) {
					t.Errorf("%d papers", len(papers))
				}
			})
		})
	}
}

// In the middle of a job: the citizen is told in time, and the next one's paper shows the next one's receipt alone.
func TestReceiptsAreNeverMixed(t *testing.T) {
	const row = 2 * time.Millisecond
	for name, c := range map[string]struct {
		do, undo func(p *printertest.Printer)
		want     kiosk.Code
	}{
		"paper ends":    {func(p *printertest.Printer) { p.EndAfter(3) }, func(p *printertest.Printer) { p.SetPaper(true) }, kiosk.CodePrinterPaper},
		"cover opens":   {func(p *printertest.Printer) { p.OpenCover(true) }, func(p *printertest.Printer) { p.OpenCover(false) }, kiosk.CodePrinterCover},
		"cutter sticks": {func(p *printertest.Printer) { p.Jam(true) }, func(p *printertest.Printer) { p.Jam(false) }, kiosk.CodePrinterFault},
		"plug pulled":   {(*printertest.Printer).Unplug, (*printertest.Printer).Plug, kiosk.CodePrinterOffline},
	} {
		for _, after := range []time.Duration{0, 150 * row, 700 * row} {
			for _, o := range []printertest.Options{
				{RowTime: row, Buffer: 24 << 10}, {RowTime: row, Buffer: 24 << 10, NoClear: true}, {RowTime: row, Buffer: 4 << 10},
			} {
				t.Run(name, func(t *testing.T) {
					bench(t, o, func(t *testing.T, p *printertest.Printer, d *printer.Device) {
						timer := time.AfterFunc(after, func() { c.do(p) })
						defer timer.Stop()
						begun := time.Now()
						err := d.Print(t.Context(), receipt("AAAAA-BBBBB"))
						full := o.Buffer < 16<<10 && kiosk.CodeOf(err) == kiosk.CodePrinterOffline // it hears no questions any more
						if kiosk.CodeOf(err) != c.want && !full {
							t.Fatalf("Print: %v, want %q", err, c.want)
						}
						if took := time.Since(begun); took > 12*time.Second {
							t.Errorf("it took %s to tell", took)
						}
						c.undo(p)
						time.Sleep(10 * time.Second)
						p.Forget() // what was torn off
						if err := d.Print(t.Context(), receipt("CCCCC-DDDDD")); err != nil {
							t.Fatal(err)
						}
						papers := p.Papers()
						if len(papers) == 0 || !holds(papers[len(papers)-1], picture(t, "CCCCC-DDDDD", printer.Width80)) {
							t.Errorf("%d papers, and the last is not the next receipt alone", len(papers))
						}
						if p.Uncut() != 0 {
							t.Errorf("%d rows hang out of the printer", p.Uncut())
						}
					})
				})
			}
		}
	}
}

// Nobody waits any more: what was printed so far is cut off at the end of its band, soon.
func TestBrokenOff(t *testing.T) {
	bench(t, printertest.Options{RowTime: time.Millisecond}, func(t *testing.T, p *printertest.Printer, d *printer.Device) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := d.Print(ctx, receipt("AAAAA-BBBBB")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Print: %v", err)
		}
		time.Sleep(3 * time.Second)
		if err := d.Print(t.Context(), receipt("CCCCC-DDDDD")); err != nil {
			t.Error(err)
		}
		papers := p.Papers()
		if len(papers) != 2 || !holds(papers[1], picture(t, "CCCCC-DDDDD", printer.Width80)) || p.Uncut() != 0 {
			t.Errorf("%d papers, %d rows not cut", len(papers), p.Uncut())
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	bench(t, printertest.Options{}, func(t *testing.T, p *printertest.Printer, d *printer.Device) {
		var wg sync.WaitGroup
		for _, token := range []string{"AAAAA-BBBBB", "CCCCC-DDDDD", "EEEEE-FFFFF"} {
			wg.Go(func() {
				if err := d.Print(t.Context(), receipt(token)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, token := range []string{"AAAAA-BBBBB", "CCCCC-DDDDD", "EEEEE-FFFFF"} {
			want := picture(t, token, printer.Width80)
			if n := len(p.Papers()); n != 3 || !slices.ContainsFunc(p.Papers(), func(b *printer.Bitmap) bool { return holds(b, want) }) {
				t.Errorf("%d papers, none shows %s alone", n, token)
			}
		}
	})
}

// deaf takes everything and never answers, as a printer without a way back.
type deaf struct{}

func (d deaf) Read([]byte) (int, error)           { return 0, io.EOF }
func (d deaf) Write(b []byte) (int, error)        { return len(b), nil }
func (d deaf) Close() error                       { return nil }
func (d deaf) SetReadDeadline(t time.Time) error  { return nil }
func (d deaf) SetWriteDeadline(t time.Time) error { return nil }

func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := printer.New(printer.Options{Open: func() (printer.Port, error) { return deaf{}, nil }})
		begun := time.Now()
		if err := d.Print(t.Context(), receipt("AAAAA-BBBBB")); kiosk.CodeOf(err) != kiosk.CodePrinterOffline {
			t.Errorf("Print: %v", err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %s to tell", took)
		}
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
	})
}

// A printer that flickers is told of once it has settled, and not before.
func TestFlicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := printertest.New(printertest.Options{})
		var mu sync.Mutex
		var told []printer.Status
		d := printer.New(printer.Options{Open: p.Open, Changed: func(s printer.Status) {
			mu.Lock()
			told = append(told, s)
			mu.Unlock()
		}})
		time.Sleep(time.Second)
		for range 10 {
			p.OpenCover(true)
			time.Sleep(2 * time.Second)
			if err := d.Ready(); err != nil {
				t.Errorf("told after two seconds: %v", err)
			}
			p.OpenCover(false)
			time.Sleep(2 * time.Second)
		}
		p.OpenCover(true)
		time.Sleep(8 * time.Second)
		if err := d.Ready(); kiosk.CodeOf(err) != kiosk.CodePrinterCover {
			t.Errorf("not told after eight seconds: %v", err)
		}
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
		p.Unplug()
		synctest.Wait()
		if len(told) != 2 || !told[0].Answers || told[0].Cover || !told[1].Cover {
			t.Errorf("told %+v; want ready, then the cover", told)
		}
	})
}

// Through the kernel: a pseudo terminal has a character device's manners, and this is how a printer is opened on a kiosk.
func TestCharacterDevice(t *testing.T) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skip("no pseudo terminals here: ", err)
	}
	master := os.NewFile(uintptr(fd), "printer")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tio, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	tio.Iflag, tio.Oflag, tio.Lflag = 0, 0, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, tio); err != nil {
		t.Fatal(err)
	}
	path := "/dev/pts/" + itoa(n)
	keep, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0) // the terminal does not hang up between two hosts
	if err != nil {
		t.Fatal(err)
	}
	p := printertest.New(printertest.Options{})
	served := make(chan struct{})
	go func() { p.Serve(t.Context(), master); close(served) }()
	d := printer.New(printer.Options{Open: printer.OpenFile(path), Name: path})
	if err := d.Print(t.Context(), receipt("AAAAA-BBBBB")); err != nil {
		t.Error(err)
	}
	if papers := p.Papers(); len(papers) != 1 || !holds(papers[0], picture(t, "AAAAA-BBBBB", printer.Width80)) {
		t.Errorf("%d papers came through the device", len(papers))
	}
	keep.Close()
	master.Close()
	<-served
	if err := d.Print(t.Context(), receipt("AAAAA-BBBBB")); kiosk.CodeOf(err) != kiosk.CodePrinterOffline {
		t.Errorf("the device is gone: %v", err)
	}
	if err := d.Halt(); err != nil {
		t.Error(err)
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func TestFilesAreNoPrinters(t *testing.T) {
	path := t.TempDir() + "/lp0"
	for range 2 { // absent, then a plain file, which must not grow
		d := printer.New(printer.Options{Open: printer.OpenFile(path), Once: true})
		if err := d.Print(t.Context(), receipt("AAAAA-BBBBB")); kiosk.CodeOf(err) != kiosk.CodePrinterOffline {
			t.Errorf("Print: %v", err)
		}
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if i, err := os.Stat(path); err != nil || i.Size() != 0 {
		t.Errorf("the file grew: %v %v", i, err)
	}
}

// No picture holds what a printer would take for a command, and every dot that was black is.
func FuzzEncode(f *testing.F) {
	f.Add([]byte{0x10, 0x04, 0x01, 0x10, 0x05, 0x02, 0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8}, uint8(3))
	f.Add([]byte{0x10, 0x10, 0x04, 0x10}, uint8(1))
	seed := make([]byte, 4096)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(seed); i++ {
		seed[i] = []byte{0x10, 0x04, 0x05, 0x14, byte(r.Uint32())}[r.IntN(5)]
	}
	f.Add(seed, uint8(72))
	f.Fuzz(func(t *testing.T, bits []byte, stride uint8) {
		if stride == 0 || len(bits) < int(stride) {
			return
		}
		rows := len(bits) / int(stride)
		b := &printer.Bitmap{Width: 8 * int(stride), Height: rows, Bits: bits[:rows*int(stride)]}
		was := bytes.Clone(b.Bits)
		var sent []byte
		for _, band := range printer.Encode(b) {
			if !bytes.HasPrefix(band, []byte{0x1d, 'v', '0', 0, stride, 0}) || len(band) > 8+128*int(stride) {
				t.Fatalf("a band of %d bytes: % x", len(band), band[:8])
			}
			sent = append(sent, band[8:]...)
		}
		if !bytes.Equal(b.Bits, was) || len(sent) != len(was) {
			t.Fatal("the picture was changed, or not sent whole")
		}
		for i, c := range sent {
			if c&was[i] != was[i] {
				t.Fatal("a black dot is missing")
			}
			if i > 0 && sent[i-1] == 0x10 && (c == 0x04 || c == 0x05 || c == 0x14) {
				t.Fatalf("a command at %d", i)
			}
		}
	})
}
