package pn532test_test

import (
	"testing"
	"time"

	"motcua/drivers/pn532/pn532test"
)

// FuzzHost sends hostile bytes over the serial interface, and then hostile commands in good frames: the device never panics, and
// answers a host that behaves again.
func FuzzHost(f *testing.F) {
	f.Add([]byte{0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00}, []byte{0x00, 0x00})
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0x01, 0x09, 0xF6, 0xD4}, []byte{0x4A, 0x01, 0x00, 0xFF, 0x40, 0x01, 0x02})
	f.Add([]byte{0x00, 0xFF, 0x00, 0xFF}, []byte{0x12, 0x04, 0xFF, 0x4A, 0x01, 0x00, 0xFF, 0x42, 0xE0, 0x80, 0xFF, 0x42, 0xD0, 0x11, 0x0A})
	f.Add([]byte{0x00, 0xFF, 0xFF, 0x00}, []byte{0x4A, 0x01, 0x03, 0x00, 0xFF, 0x40, 0x41, 0x01, 0xFF, 0x44, 0x01, 0xFF, 0x52, 0x00})
	f.Add([]byte{}, []byte{0x12, 0x04, 0xFF, 0x4A, 0x01, 0x00, 0xFF, 0x42, 0xE0, 0x80, 0xFF, 0x42, 0x12, 0x01, 0xFF, 0x42, 0xA2, 0xFF, 0x42, 0xF2, 0x01, 0xFF, 0x42, 0xC2})
	f.Add([]byte{}, []byte{0x08, 0x63, 0x02, 0x00, 0x63, 0x03, 0x00, 0x63, 0x3D, 0x07, 0xFF, 0x32, 0x01, 0x01, 0xFF, 0x42, 0x26, 0xFF, 0x42, 0x93, 0x20, 0xFF, 0x42, 0x93, 0x70})
	f.Fuzz(func(t *testing.T, raw, commands []byte) {
		d, err := pn532test.New(pn532test.Options{Awake: true})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		l := line{t, d.Conn(), d}
		d.Insert(echo{}, pn532test.CardOptions{TypeB: len(raw)%2 == 1, FSC: 16 + len(raw)%64, WTX: len(commands) % 4})
		l.send(raw...)
		l.send(frame(0x32, 0x05, 0xFF, 0x01, 0x00)...) // a search ends
		for len(commands) > 0 {                        // each ends with FF
			var c []byte
			c, commands = cutCommand(commands)
			l.send(frame(c...)...)
			l.drain(2 * time.Millisecond)
		}
		l.send(make([]byte, 300)...) // ends a frame that was begun
		l.send(ack...)
		if err := l.Flush(); err != nil {
			t.Fatal(err)
		}
		l.drain(time.Millisecond)
	})
}

// cutCommand takes the bytes up to FF, at most 200.
func cutCommand(b []byte) (command, rest []byte) {
	for i, x := range b {
		if x == 0xFF {
			return b[:i], b[i+1:]
		}
		if i == 200 {
			return b[:i], b[i:]
		}
	}
	return b, nil
}

// drain reads whatever comes for a while.
func (l line) drain(d time.Duration) {
	l.t.Helper()
	if err := l.SetReadDeadline(time.Now().Add(d)); err != nil {
		l.t.Fatal(err)
	}
	buf := make([]byte, 512)
	for {
		if _, err := l.Read(buf); err != nil {
			break
		}
	}
	if err := l.SetReadDeadline(time.Time{}); err != nil {
		l.t.Fatal(err)
	}
}
