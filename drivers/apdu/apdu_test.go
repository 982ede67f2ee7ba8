package apdu

import (
	"bytes"
	"errors"
	"testing"
)

// The seven cases of ISO/IEC 7816-4 §5.2, and the edges of their length fields.
func TestCommandCases(t *testing.T) {
	data := bytes.Repeat([]byte{0xAB}, 300)
	for name, c := range map[string]struct {
		command Command
		head    []byte // the beginning of the encoding
		size    int
	}{
		"1":                 {Command{CLA: 0, INS: 0x84}, []byte{0, 0x84, 0, 0}, 4},
		"2 short":           {Command{INS: 0x84, Ne: 8}, []byte{0, 0x84, 0, 0, 8}, 5},
		"2 short, 256":      {Command{INS: 0xB0, Ne: 256}, []byte{0, 0xB0, 0, 0, 0}, 5},
		"2 extended":        {Command{INS: 0xB0, Ne: 257}, []byte{0, 0xB0, 0, 0, 0, 1, 1}, 7},
		"2 extended, 65536": {Command{INS: 0xB0, Ne: 65536}, []byte{0, 0xB0, 0, 0, 0, 0, 0}, 7},
		"3 short":           {Command{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{1, 0x1C}}, []byte{0, 0xA4, 2, 0x0C, 2, 1, 0x1C}, 7},
		"3 short, 255":      {Command{INS: 0xA4, Data: data[:255]}, []byte{0, 0xA4, 0, 0, 255, 0xAB}, 260},
		"3 extended":        {Command{INS: 0xA4, Data: data[:256]}, []byte{0, 0xA4, 0, 0, 0, 1, 0, 0xAB}, 263},
		"4 short":           {Command{INS: 0x86, Data: data[:2], Ne: 256}, []byte{0, 0x86, 0, 0, 2, 0xAB, 0xAB, 0}, 8},
		"4 extended":        {Command{INS: 0x86, Data: data, Ne: 256}, []byte{0, 0x86, 0, 0, 0, 1, 0x2C}, 309},
	} {
		raw, err := c.command.Bytes()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(raw) != c.size || !bytes.HasPrefix(raw, c.head) {
			t.Errorf("%s: %d bytes %X, want %d beginning %X", name, len(raw), raw[:min(len(raw), 10)], c.size, c.head)
		}
		same(t, name, raw, c.command)
	}
}

func same(t *testing.T, name string, raw []byte, want Command) {
	t.Helper()
	got, err := ParseCommand(raw)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if got.CLA != want.CLA || got.INS != want.INS || got.P1 != want.P1 || got.P2 != want.P2 || got.Ne != want.Ne || !bytes.Equal(got.Data, want.Data) {
		t.Errorf("%s: parsed as %+v", name, got)
	}
}

func TestCommandTooLong(t *testing.T) {
	for _, c := range []Command{{Data: make([]byte, 65536)}, {Ne: 65537}, {Ne: -1}} {
		if _, err := c.Bytes(); !errors.Is(err, ErrLength) {
			t.Errorf("%d data bytes, Ne %d: %v", len(c.Data), c.Ne, err)
		}
	}
}

func TestParseCommandRefuses(t *testing.T) {
	for _, raw := range [][]byte{
		nil, {0, 0xA4, 0}, {0, 0xA4, 0, 0, 2, 1}, {0, 0xA4, 0, 0, 1, 2, 3, 4}, {0, 0xA4, 0, 0, 0, 1}, {0, 0xA4, 0, 0, 0, 0, 5, 1}, {0, 0xA4, 0, 0, 0, 0, 0, 0},
	} {
		if c, err := ParseCommand(raw); err == nil {
			t.Errorf("%X was parsed as %+v", raw, c)
		}
	}
}

func TestResponse(t *testing.T) {
	r, err := ParseResponse([]byte{1, 2, 0x62, 0x82})
	if err != nil || r.SW != StatusEndOfFile || !bytes.Equal(r.Data, []byte{1, 2}) || !bytes.Equal(r.Bytes(), []byte{1, 2, 0x62, 0x82}) {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := ParseResponse([]byte{0x90}); err == nil {
		t.Error("half a status word was taken")
	}
}

func TestStatus(t *testing.T) {
	if StatusOK.Err() != nil || !errors.Is(StatusNotFound.Err(), StatusNotFound) || StatusNotFound.Error() != "status 6A82" {
		t.Error("statuses as errors")
	}
	for s, want := range map[Status]int{0x6C10: 16, 0x6C00: 256} {
		if n, ok := s.ExactLength(); !ok || n != want {
			t.Errorf("%v proposes %d", s, n)
		}
	}
	if _, ok := StatusWrongLength.ExactLength(); ok {
		t.Error("6700 proposes a length")
	}
}

// FuzzParseCommand: what parses encodes to a command that parses to the same.
func FuzzParseCommand(f *testing.F) {
	for _, s := range [][]byte{{0, 0x84, 0, 0}, {0, 0x84, 0, 0, 8}, {0, 0xA4, 2, 0x0C, 2, 1, 0x1C}, {0, 0xB0, 0, 0, 0, 1, 1}, {0, 0x86, 0, 0, 0, 0, 1, 7, 1, 0}} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCommand(raw)
		if err != nil {
			return
		}
		again, err := c.Bytes()
		if err != nil {
			t.Fatalf("%X parses as %+v, which cannot be encoded: %v", raw, c, err)
		}
		same(t, "again", again, c)
	})
}
