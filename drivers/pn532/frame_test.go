package pn532

import (
	"bytes"
	"testing"
	"time"
)

func TestAppendFrame(t *testing.T) {
	// The examples of the manual: GetFirmwareVersion and SAMConfiguration.
	for _, c := range []struct{ command, want []byte }{
		{[]byte{0x02}, []byte{0, 0, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0}},
		{[]byte{0x14, 0x01}, []byte{0, 0, 0xFF, 0x03, 0xFD, 0xD4, 0x14, 0x01, 0x17, 0}},
		{[]byte{0x4A, 0x01, 0x00}, []byte{0, 0, 0xFF, 0x04, 0xFC, 0xD4, 0x4A, 0x01, 0x00, 0xE1, 0}},
	} {
		if got := appendFrame(nil, c.command); !bytes.Equal(got, c.want) {
			t.Errorf("%X, want %X", got, c.want)
		}
	}
	for _, n := range []int{1, 253, 254, 255, 256, 264} {
		f := appendFrame(nil, make([]byte, n))
		want := normalFrame + n
		if n > 254 {
			want = extendedFrame + n
		}
		if len(f) != want || len(f) != frameSize(n) {
			t.Errorf("%d bytes of data: frame of %d, frameSize says %d", n, len(f), frameSize(n))
		}
	}
}

func TestTimeoutCode(t *testing.T) {
	for d, want := range map[time.Duration]byte{
		0: 1, 100 * time.Microsecond: 1, 101 * time.Microsecond: 2, 25 * time.Millisecond: 9, 82 * time.Millisecond: 11, time.Hour: 16,
	} {
		if got := timeoutCode(d); got != want || want < 16 && codeTime(got) < d {
			t.Errorf("%v: code %d, %v", d, got, codeTime(got))
		}
	}
}

// FuzzParseFrame: never a panic, always progress, and what is taken as data is what a frame made of it holds.
func FuzzParseFrame(f *testing.F) {
	f.Add(reply(3, 0x32, 1, 6, 7))
	f.Add(reply(append([]byte{0x43}, make([]byte, 260)...)...))
	f.Add(ackFrame)
	f.Add(nackFrame)
	f.Add([]byte{0, 0, 0xFF, 1, 0xFF, 0x7F, 0x81, 0})
	f.Add(join([]byte{0x55, 0}, ackFrame, damagedAt(reply(3, 1), 7)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			f, used, ok := parseFrame(b)
			if used < 0 || used > len(b) || ok && used == 0 {
				t.Fatalf("%X: used %d", b, used)
			}
			if !ok {
				return
			}
			if f.kind == kindData {
				again, _, ok := parseFrame(reply(f.data...))
				if !ok || !bytes.Equal(again.data, f.data) {
					t.Fatalf("%X gives %X", b, f.data)
				}
			}
			b = b[used:]
		}
	})
}
