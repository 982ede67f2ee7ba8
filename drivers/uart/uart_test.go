package uart_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
	"periph.io/x/conn/v3/uart/uartreg"

	motcuart "motcua/drivers/uart"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTx writes and reads through the kernel; the answer trickles in and is still complete.
func TestTx(t *testing.T) {
	p := openPTY(t)
	_, c := p.connect(t)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	echoed := make(chan error, 1)
	go func() {
		got := make([]byte, len(every))
		if _, err := io.ReadFull(p, got); err != nil {
			echoed <- err
			return
		}
		for i := range got { // one byte at a time
			if _, err := p.Write(got[i : i+1]); err != nil {
				echoed <- err
				return
			}
		}
		echoed <- nil
	}()
	got := make([]byte, len(every))
	if err := c.Tx(every, got); err != nil {
		t.Fatal(err)
	}
	if err := <-echoed; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, every) {
		t.Errorf("the bytes changed on the way: %X", got)
	}
}

// TestReadWhatIsThere gives one byte when one is there, though more were asked for.
func TestReadWhatIsThere(t *testing.T) {
	p := openPTY(t)
	_, c := p.connect(t)
	if _, err := p.Write([]byte{0x55}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	if n, err := c.Read(buf); n != 1 || err != nil || buf[0] != 0x55 {
		t.Errorf("read gives %d bytes, %v", n, err)
	}
}

// TestDeadline ends a read with nothing there, and the port works on.
func TestDeadline(t *testing.T) {
	p := openPTY(t)
	_, c := p.connect(t)
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.Tx(nil, make([]byte, 3)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nothing received: %v", err)
	}
	if d := time.Since(began); d < 15*time.Millisecond || d > time.Second {
		t.Errorf("a deadline of 20 ms took %v", d)
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if err := c.Tx(nil, got); err != nil || !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("after the deadline: %X, %v", got, err)
	}
}

// TestCancel ends a blocked read from another goroutine, three ways.
func TestCancel(t *testing.T) {
	for name, test := range map[string]struct {
		stop func(*motcuart.Port, *motcuart.Conn) error
		want error
	}{
		"deadline": {func(_ *motcuart.Port, c *motcuart.Conn) error { return c.SetReadDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		"halt":     {func(p *motcuart.Port, _ *motcuart.Conn) error { return p.Halt() }, os.ErrDeadlineExceeded},
		"close":    {func(p *motcuart.Port, _ *motcuart.Conn) error { return p.Close() }, os.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			port, c := openPTY(t).connect(t)
			blocked := make(chan error, 1)
			go func() {
				_, err := c.Read(make([]byte, 1))
				blocked <- err
			}()
			select {
			case err := <-blocked:
				t.Fatalf("read without bytes: %v", err)
			case <-time.After(30 * time.Millisecond):
			}
			if err := test.stop(port, c); err != nil {
				t.Fatal(err)
			}
			if err := <-blocked; !errors.Is(err, test.want) {
				t.Errorf("the read ended with %v, want %v", err, test.want)
			}
		})
	}
}

// TestSpeed sets common and odd speeds and formats and looks at what the kernel holds.
func TestSpeed(t *testing.T) {
	p := openPTY(t)
	port, c := p.connect(t)
	for _, baud := range []uint32{9600, 115200, 250000, 460800, 921600, 1288000} {
		if err := c.SetSpeed(physic.Frequency(baud) * physic.Hertz); err != nil {
			t.Fatalf("%d baud: %v", baud, err)
		}
		if got := p.termios(t).Ospeed; got != baud || c.Speed() != physic.Frequency(baud)*physic.Hertz {
			t.Errorf("%d baud: kernel holds %d, Speed gives %s", baud, got, c.Speed())
		}
	}
	again, err := port.Connect(38400*physic.Hertz, uart.Two, uart.Odd, uart.RTSCTS, 7)
	if err != nil {
		t.Fatal(err)
	}
	if again != c { // an interface holding the same pointer
		t.Error("connecting again gives another connection")
	}
	// A pseudo terminal forces 8 bits without parity, so of the format only stop bits and flow control can be seen here.
	set := p.termios(t)
	if set.Cflag&unix.CSTOPB == 0 || set.Cflag&unix.CRTSCTS == 0 || set.Ospeed != 38400 {
		t.Errorf("flags %o, speed %d", set.Cflag, set.Ospeed)
	}
	if set.Lflag != 0 || set.Oflag != 0 || set.Iflag&^(unix.IGNBRK|unix.INPCK) != 0 {
		t.Errorf("not a raw line: local %o, output %o, input %o", set.Lflag, set.Oflag, set.Iflag)
	}
}

// TestLimitSpeed caps what a driver asks for.
func TestLimitSpeed(t *testing.T) {
	p := openPTY(t)
	port, c := p.connect(t)
	if err := port.LimitSpeed(57600 * physic.Hertz); err != nil {
		t.Fatal(err)
	}
	if connect(t, port); c.Speed() != 57600*physic.Hertz {
		t.Errorf("connected at %s", c.Speed())
	}
	if err := c.SetSpeed(921600 * physic.Hertz); err != nil || c.Speed() != 57600*physic.Hertz {
		t.Errorf("set to %s, %v", c.Speed(), err)
	}
	if err := port.LimitSpeed(0); !errors.Is(err, motcuart.ErrSetting) {
		t.Errorf("a limit of 0: %v", err)
	}
}

// TestBadSettings refuses what a port cannot do.
func TestBadSettings(t *testing.T) {
	port, _ := openPTY(t).connect(t)
	for name, test := range map[string]struct {
		f      physic.Frequency
		stop   uart.Stop
		parity uart.Parity
		flow   uart.Flow
		bits   int
	}{
		"no speed":       {0, uart.One, uart.NoParity, uart.NoFlow, 8},
		"too fast":       {10 * physic.GigaHertz, uart.One, uart.NoParity, uart.NoFlow, 8},
		"nine bits":      {physic.KiloHertz, uart.One, uart.NoParity, uart.NoFlow, 9},
		"half stop bit":  {physic.KiloHertz, uart.OneHalf, uart.NoParity, uart.NoFlow, 8},
		"unknown parity": {physic.KiloHertz, uart.One, 'X', uart.NoFlow, 8},
		"unknown flow":   {physic.KiloHertz, uart.One, uart.NoParity, 1, 8},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := port.Connect(test.f, test.stop, test.parity, test.flow, test.bits); !errors.Is(err, motcuart.ErrSetting) {
				t.Errorf("accepted: %v", err)
			}
		})
	}
}

// TestExclusive refuses a second opener until the first closes.
func TestExclusive(t *testing.T) {
	p := openPTY(t)
	port, _ := p.connect(t)
	second, err := motcuart.Open(p.slave)
	var e *motcuart.Error
	if !errors.Is(err, motcuart.ErrBusy) || !errors.As(err, &e) || e.Hint == "" {
		t.Fatalf("opened twice: %v, %v", second, err)
	}
	if err := errors.Join(port.Close(), port.Close()); err != nil {
		t.Fatal(err)
	}
	if second, err = motcuart.Open(p.slave); err != nil {
		t.Fatalf("after the first closed: %v", err)
	}
	_ = second.Close()
}

// TestUnplug hangs the port up in the middle of a read, as pulling an adapter does; the device that comes back is opened by
// connecting again. The port is named by a link, as by udev, so that another pseudo terminal can take the name.
func TestUnplug(t *testing.T) {
	first, second := openPTY(t), openPTY(t)
	link := filepath.Join(t.TempDir(), "reader")
	if err := os.Symlink(first.slave, link); err != nil {
		t.Fatal(err)
	}
	port, err := motcuart.Open(link)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	c := connect(t, port)
	blocked := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		blocked <- err
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-blocked; !errors.Is(err, motcuart.ErrUnplugged) || !errors.Is(err, syscall.ENODEV) {
		t.Errorf("the read ended with %v", err)
	}
	if _, err := c.Write([]byte{1}); !errors.Is(err, motcuart.ErrUnplugged) {
		t.Errorf("the write gives %v", err)
	}
	if err := c.Flush(); !errors.Is(err, motcuart.ErrUnplugged) {
		t.Errorf("the flush gives %v", err)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if _, err := port.Connect(9600*physic.Hertz, uart.One, uart.NoParity, uart.NoFlow, 8); !errors.Is(err, motcuart.ErrNotExist) {
		t.Errorf("connecting without the device: %v", err)
	}
	if err := os.Symlink(second.slave, link); err != nil {
		t.Fatal(err)
	}
	c = connect(t, port)
	if _, err := second.Write([]byte{7}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 1)
	if err := c.Tx([]byte{1}, got); err != nil || got[0] != 7 {
		t.Errorf("plugged in again: %X, %v", got, err)
	}
}

// TestLater opens a port when it is connected, and says so when it is not there.
func TestLater(t *testing.T) {
	p := openPTY(t)
	absent := motcuart.Later(filepath.Join(t.TempDir(), "ttyUSB0"))
	if _, err := absent.Connect(9600*physic.Hertz, uart.One, uart.NoParity, uart.NoFlow, 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("connecting an absent port: %v", err)
	}
	port := motcuart.Later(p.slave)
	defer port.Close()
	if err := port.Halt(); err != nil {
		t.Error(err)
	}
	if c := connect(t, port); c.Speed() != 115200*physic.Hertz {
		t.Errorf("connected at %s", c.Speed())
	}
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := port.Connect(9600*physic.Hertz, uart.One, uart.NoParity, uart.NoFlow, 8); !errors.Is(err, os.ErrClosed) {
		t.Errorf("connecting a closed port: %v", err)
	}
}

// TestFlush throws away what came before.
func TestFlush(t *testing.T) {
	p := openPTY(t)
	_, c := p.connect(t)
	if _, err := p.Write([]byte("noise")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil { // the rest is there as well now
		t.Fatal(n, err)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte{0xAA}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 8)
	if n, err := c.Read(got); n != 1 || got[0] != 0xAA || err != nil {
		t.Errorf("after the flush: %X, %v", got[:n], err)
	}
}

// TestFullBuffer fails a write that nobody takes, instead of blocking for ever.
func TestFullBuffer(t *testing.T) {
	p := openPTY(t)
	_, c := p.connect(t)
	began := time.Now()
	_, err := c.Write(make([]byte, 64<<10))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("64 KiB that nobody reads: %v", err)
	}
	if d := time.Since(began); d > 15*time.Second {
		t.Errorf("it took %v", d)
	}
}

// TestConcurrent reads and writes at once, with deadlines set from elsewhere.
func TestConcurrent(t *testing.T) {
	p := openPTY(t)
	_, c := p.connect(t)
	const n = 64 << 10
	data := bytes.Repeat([]byte("0123456789ABCDEF"), n/16)
	var wg sync.WaitGroup
	var echoed, got bytes.Buffer
	wg.Add(3)
	go func() { defer wg.Done(); _, _ = io.Copy(p, io.TeeReader(io.LimitReader(p, n), &echoed)) }()
	go func() {
		defer wg.Done()
		for i := 0; i < n; i += 256 {
			if _, err := c.Write(data[i : i+256]); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	go func() {
		defer wg.Done()
		if _, err := io.CopyN(&got, c, n); err != nil {
			t.Error(err)
		}
	}()
	for range 50 {
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if !bytes.Equal(got.Bytes(), data) || !bytes.Equal(echoed.Bytes(), data) {
		t.Errorf("%d bytes sent, %d at the other end, %d back", n, echoed.Len(), got.Len())
	}
}

// TestOpenErrors names the kind of failure and what to do.
func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		name string
		want error
	}{
		"absent":       {filepath.Join(dir, "ttyUSB7"), motcuart.ErrNotExist},
		"short name":   {"ttyNONE99", motcuart.ErrNotExist},
		"empty":        {"", motcuart.ErrNotExist},
		"regular file": {file, motcuart.ErrNotPort},
		"folder":       {dir, motcuart.ErrNotPort},
		"other device": {"/dev/null", motcuart.ErrNotPort},
	}
	if u, err := user.Current(); err == nil && u.Uid != "0" {
		locked := filepath.Join(dir, "locked")
		if err := os.WriteFile(locked, nil, 0); err != nil {
			t.Fatal(err)
		}
		tests["permission"] = struct {
			name string
			want error
		}{locked, motcuart.ErrPermission}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := motcuart.Open(test.name)
			var e *motcuart.Error
			if !errors.Is(err, test.want) || !errors.As(err, &e) {
				t.Fatalf("%v, want %v", err, test.want)
			}
			if e.Hint == "" || !strings.Contains(e.Error(), test.name) {
				t.Errorf("error %q, hint %q", e, e.Hint)
			}
		})
	}
}

// TestRegister finds the port by name in periph's registry, and takes it out once it is not named any more.
func TestRegister(t *testing.T) {
	p := openPTY(t)
	if err := errors.Join(motcuart.Register(p.slave), motcuart.Register(p.slave)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{p.slave, strings.TrimPrefix(p.slave, "/dev/")} {
		port, err := uartreg.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if port.String() != p.slave {
			t.Errorf("%s opens %s", name, port)
		}
		_ = port.Close()
	}
	if err := motcuart.Register(); err != nil {
		t.Fatal(err)
	}
	if _, err := uartreg.Open(p.slave); err == nil {
		t.Error("still registered")
	}
}

// BenchmarkTx exchanges a frame of the size of a data block through the kernel's terminal.
func BenchmarkTx(b *testing.B) {
	p := openPTY(b)
	_, c := p.connect(b)
	const size = 264
	go func() {
		buf := make([]byte, size)
		for {
			if _, err := io.ReadFull(p, buf); err != nil {
				return
			}
			if _, err := p.Write(buf); err != nil {
				return
			}
		}
	}()
	w, r := make([]byte, size), make([]byte, size)
	b.SetBytes(2 * size)
	for b.Loop() {
		if err := c.Tx(w, r); err != nil {
			b.Fatal(err)
		}
	}
	_ = p.Close()
}
