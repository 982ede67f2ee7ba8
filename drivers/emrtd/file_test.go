package emrtd

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// fileCard is a plain card with one file and the habits of many.
type fileCard struct {
	data     []byte
	noSFI    bool
	notFound bool                         // with noSFI: 6A82
	maxRead  int                          // longer reads get 6700
	atEnd    apdu.Status                  // reading past the end: 9000 and 6282 with the rest, others without
	answer   func(r apdu.Response) []byte // nil: as is
	refuse   map[byte]apdu.Status         // by instruction
	selected bool
	reads    []int // Ne of every read
}

func (c *fileCard) card() *handler {
	return &handler{answer: func(raw []byte) ([]byte, error) {
		cmd, err := apdu.ParseCommand(raw)
		if err != nil {
			return nil, err
		}
		r := c.process(cmd)
		if c.answer != nil {
			return c.answer(r), nil
		}
		return r.Bytes(), nil
	}}
}

func (c *fileCard) process(cmd apdu.Command) apdu.Response {
	if sw, ok := c.refuse[cmd.INS]; ok {
		return apdu.Response{SW: sw}
	}
	switch cmd.INS {
	case 0xA4:
		c.selected = true
		return apdu.Response{SW: apdu.StatusOK}
	case 0xB0:
		if cmd.P1&0x80 != 0 {
			if c.noSFI && c.notFound {
				return apdu.Response{SW: apdu.StatusNotFound}
			}
			if c.noSFI {
				return apdu.Response{SW: apdu.StatusWrongP1P2}
			}
			c.selected = true
			return c.read(int(cmd.P2), cmd.Ne)
		}
		return c.read(int(cmd.P1)<<8|int(cmd.P2), cmd.Ne)
	case 0xB1:
		offset := 0
		for _, b := range cmd.Data[2:] {
			offset = offset<<8 | int(b)
		}
		r := c.read(offset, cmd.Ne-wrapping(cmd.Ne))
		if len(r.Data) > 0 {
			r.Data = tlv.Encode(0x53, r.Data)
		}
		return r
	}
	return apdu.Response{SW: apdu.StatusWrongINS}
}

func (c *fileCard) read(offset, ne int) apdu.Response {
	c.reads = append(c.reads, ne)
	switch {
	case !c.selected:
		return apdu.Response{SW: apdu.StatusNoEF}
	case c.maxRead > 0 && ne > c.maxRead:
		return apdu.Response{SW: apdu.StatusWrongLength}
	case offset >= len(c.data):
		return apdu.Response{SW: apdu.StatusWrongOffset}
	case offset+ne <= len(c.data):
		return apdu.Response{Data: c.data[offset : offset+ne], SW: apdu.StatusOK}
	case c.atEnd == apdu.StatusOK, c.atEnd == apdu.StatusEndOfFile:
		return apdu.Response{Data: c.data[offset:], SW: c.atEnd}
	case c.atEnd == 0x6C00:
		return apdu.Response{SW: 0x6C00 | apdu.Status(len(c.data)-offset)}
	}
	return apdu.Response{SW: c.atEnd}
}

// fileOf makes a file of a whole length n.
func fileOf(n int) []byte {
	body := make([]byte, n)
	for i := range body {
		body[i] = byte(i * 7)
	}
	for len(tlv.Encode(0x75, body)) > n {
		body = body[1:]
	}
	return tlv.Encode(0x75, body)
}

func readWith(t *testing.T, card *handler, mem *cardMemory, have []byte) ([]byte, error) {
	t.Helper()
	info, _ := lds.Info(kiosk.FileDG2)
	f := &files{ch: &channel{card: card}, mem: mem, maxFile: defaultFile, maxAPDU: defaultAPDUs}
	return f.read(context.Background(), info, have)
}

func TestReadFileHabits(t *testing.T) {
	for name, c := range map[string]*fileCard{
		"plain": {}, "no short identifiers": {noSFI: true}, "short identifiers not found": {noSFI: true, notFound: true}, "64 bytes at most": {maxRead: 64}, "150 at most": {maxRead: 150},
		"end 9000": {atEnd: apdu.StatusOK}, "end 6282": {atEnd: apdu.StatusEndOfFile}, "end 6Cxx": {atEnd: 0x6C00},
		"end 6700": {atEnd: apdu.StatusWrongLength}, "end 6B00": {atEnd: apdu.StatusWrongOffset},
		"odd habits at once": {noSFI: true, maxRead: 112, atEnd: apdu.StatusWrongOffset},
	} {
		for _, n := range []int{20, 90, 255, 256, 257, 1000, 32767, 32768, 33000, 65536} {
			if c.maxRead == 64 && n > 60000 {
				continue // beyond the limit of commands
			}
			card, mem := *c, &cardMemory{}
			if card.atEnd == 0 {
				card.atEnd = apdu.StatusEndOfFile
			}
			card.data = append(fileOf(n), bytes.Repeat([]byte{0xEE}, 9)...) // chips may have more room than the file
			got, err := readWith(t, card.card(), mem, nil)
			if err != nil || !bytes.Equal(got, card.data[:n]) {
				t.Fatalf("%s, %d bytes: got %d, %v", name, n, len(got), err)
			}
			if card.noSFI != mem.noSFI {
				t.Errorf("%s: memory of short identifiers: %v", name, mem.noSFI)
			}
		}
	}
}

// A second read of the same kind of card asks for no length that was refused before.
func TestReadLengthRemembered(t *testing.T) {
	card := &fileCard{data: fileOf(3000), maxRead: 120, atEnd: apdu.StatusEndOfFile}
	mem := &cardMemory{}
	if _, err := readWith(t, card.card(), mem, nil); err != nil {
		t.Fatal(err)
	}
	if mem.max != 112 {
		t.Errorf("remembered %d bytes", mem.max)
	}
	card.reads = nil
	if _, err := readWith(t, card.card(), mem, nil); err != nil {
		t.Fatal(err)
	}
	for _, ne := range card.reads {
		if ne > 112 {
			t.Errorf("asked for %d bytes again", ne)
		}
	}
}

// Resuming begins at the byte where the other read ended.
func TestReadFrom(t *testing.T) {
	card := &fileCard{data: fileOf(40000), atEnd: apdu.StatusEndOfFile}
	for _, n := range []int{8, 100, 32767, 32768, 39999, 40000} {
		card.reads = nil
		got, err := readWith(t, card.card(), &cardMemory{}, bytes.Clone(card.data[:n]))
		if err != nil || !bytes.Equal(got, card.data) {
			t.Fatalf("from %d: %d bytes, %v", n, len(got), err)
		}
		asked := 0
		for _, ne := range card.reads {
			asked += ne
		}
		if asked != len(card.data)-n {
			t.Errorf("from %d: asked for %d bytes", n, asked)
		}
	}
}

func TestReadFileRefuses(t *testing.T) {
	endless := append([]byte{0x75, 0x83, 0x01, 0, 0}, make([]byte, 70000)...)
	empty := func(apdu.Response) []byte { return []byte{0x90, 0} }
	for name, c := range map[string]struct {
		card fileCard
		want error
		code kiosk.Code
	}{
		"not there":           {fileCard{refuse: map[byte]apdu.Status{0xB0: apdu.StatusNotFound}}, errNoFile, ""},
		"denied":              {fileCard{refuse: map[byte]apdu.Status{0xB0: apdu.StatusSecurity}}, errDenied, ""},
		"not there by SELECT": {fileCard{noSFI: true, refuse: map[byte]apdu.Status{0xA4: apdu.StatusNotFound}}, errNoFile, ""},
		"denied by SELECT":    {fileCard{noSFI: true, refuse: map[byte]apdu.Status{0xA4: apdu.StatusNotSatisfied}}, errDenied, ""},
		"endless":             {fileCard{data: endless}, nil, kiosk.CodeCardProtocol},
		"header of 4 GB":      {fileCard{data: []byte{0x75, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0}}, nil, kiosk.CodeCardProtocol},
		"indefinite length":   {fileCard{data: append([]byte{0x75, 0x80}, make([]byte, 50)...)}, nil, kiosk.CodeCardProtocol},
		"shorter than it says": {
			fileCard{data: fileOf(500)[:400], atEnd: apdu.StatusEndOfFile}, nil, kiosk.CodeCardProtocol,
		},
		"nothing but 9000": {fileCard{answer: empty}, nil, kiosk.CodeCardProtocol},
		"more than asked": {fileCard{data: fileOf(500), answer: func(r apdu.Response) []byte {
			r.Data = append(bytes.Clone(r.Data), make([]byte, 300)...)
			return r.Bytes()
		}}, nil, kiosk.CodeCardProtocol},
		"one byte at a time, for ever": {fileCard{data: fileOf(60000), answer: func(r apdu.Response) []byte {
			if len(r.Data) > 0 {
				r.Data = r.Data[:1]
			}
			return r.Bytes()
		}}, nil, kiosk.CodeCardProtocol},
		"instruction unknown": {fileCard{refuse: map[byte]apdu.Status{0xB0: apdu.StatusWrongINS}}, nil, kiosk.CodeCardProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readWith(t, c.card.card(), &cardMemory{}, nil)
			if c.want != nil && !errors.Is(err, c.want) || c.code != "" && kiosk.CodeOf(err) != c.code {
				t.Errorf("got %v", err)
			}
			if n := len(c.card.reads); n > defaultAPDUs {
				t.Errorf("%d reads", n)
			}
		})
	}
}

// A session that a chip ends because of a read length is begun anew with less.
func TestNakedLengthShrinks(t *testing.T) {
	for sw, want := range map[apdu.Status]error{apdu.StatusWrongLength: errShorter, 0x6C10: errShorter, apdu.StatusSecurity: nil} {
		term, _ := pairOf(t, icao.AES128)
		card := &handler{answer: func([]byte) ([]byte, error) { return []byte{byte(sw >> 8), byte(sw)}, nil }}
		mem := &cardMemory{}
		info, _ := lds.Info(kiosk.FileDG2)
		f := &files{ch: &channel{card: card, sm: term}, mem: mem, maxFile: defaultFile, maxAPDU: defaultAPDUs}
		_, err := f.read(context.Background(), info, nil)
		if errors.Is(err, errShorter) != (want != nil) || (mem.max == 160) != (want != nil) {
			t.Errorf("%v: %v, remembered %d", sw, err, mem.max)
		}
		if kiosk.CodeOf(err) != kiosk.CodeCardProtocol {
			t.Errorf("%v: code %s", sw, kiosk.CodeOf(err))
		}
	}
}

func TestExtendedLengths(t *testing.T) {
	for atr, want := range map[string]bool{
		"3B85800180 73C82153":          true,
		"3B85800180 73C82113":          false,
		"3B8580010073C82153":           true,
		"3B8A80010031C173C8404090009E": true, // card service data before the capabilities
		"3B8980013180 73C821":          false,
		"":                             false,
		"3B":                           false,
		"3B8F":                         false,
		"3BFF":                         false,
		"3B8F8001804F0CA000000306030001000000006A": false, // a storage card as PC/SC names it
	} {
		raw := unhex(t, string(bytes.ReplaceAll([]byte(atr), []byte(" "), nil)))
		if got := extendedLengths(raw); got != want {
			t.Errorf("%s: %v", atr, got)
		}
	}
}

func FuzzExtendedLengths(f *testing.F) {
	f.Add([]byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC8, 0x21, 0x53})
	f.Fuzz(func(t *testing.T, atr []byte) {
		if h := historical(atr); len(h) > 15 {
			t.Fatalf("%d historical bytes", len(h))
		}
		extendedLengths(atr)
	})
}

func TestMemoriesBounded(t *testing.T) {
	var m memories
	for i := range 3 * maxMemories {
		m.put(kindOf("reader", []byte{byte(i >> 8), byte(i)}), cardMemory{max: i})
	}
	if len(m.m) > maxMemories {
		t.Errorf("%d kinds of cards remembered", len(m.m))
	}
	if got := m.get(kindOf("reader", []byte{2, 0xFF})); got.max != 0x2FF || !got.known {
		t.Errorf("last kind forgotten: %+v", got)
	}
}

// FuzzReadFile: whatever a card answers, reading ends within its limits and gives no more than the header says.
func FuzzReadFile(f *testing.F) {
	f.Add([]byte{0x75, 3, 1, 2, 3, 0x90, 0}, byte(7))
	f.Add([]byte{0x67, 0}, byte(2))
	f.Add([]byte{0x75, 0x82, 0xFF, 0xFF, 0x90, 0, 1, 2, 0x62, 0x82}, byte(6))
	f.Fuzz(func(t *testing.T, stream []byte, n byte) {
		calls := 0
		card := &handler{answer: func([]byte) ([]byte, error) {
			calls++
			k := min(int(n), len(stream))
			out := stream[:k]
			stream = append(stream[k:], out...)
			return out, nil
		}}
		got, err := readWith(t, card, &cardMemory{}, nil)
		if calls > defaultAPDUs+maxPieces+8 { // the last command may be answered in pieces
			t.Fatalf("%d commands", calls)
		}
		if err == nil {
			_, size, length, err := tlv.Header(got)
			if err != nil || size+length != len(got) || len(got) > defaultFile {
				t.Fatalf("%d bytes: %v", len(got), err)
			}
		}
	})
}
