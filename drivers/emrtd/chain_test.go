package emrtd

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// The historical bytes of cards that say what they take.
var (
	atrExtended = []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC8, 0x21, 0x53}
	atrShort    = []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC8, 0x21, 0x13}
)

// chainCard collects the pieces of a command and answers the whole.
type chainCard struct {
	handler
	t        testing.TB
	sm       *chipSide
	longest  int // data bytes of a command; longer ones are refused with 6700
	naked    bool
	got      []byte
	pieces   int
	commands int
	most     int // the reader's MaxCommand
}

func (c *chainCard) MaxCommand() int { return c.most }

func (c *chainCard) Transmit(_ context.Context, raw []byte) ([]byte, error) {
	c.commands++
	p, err := apdu.ParseCommand(raw)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(p.Data) > c.longest && (c.naked || c.sm == nil) {
		return []byte{0x67, 0}, nil
	}
	cmd, r := p, apdu.Response{SW: apdu.StatusOK}
	if c.sm != nil {
		cmd = c.sm.unprotect(c.t, p)
	}
	if len(p.Data) > c.longest {
		r.SW = apdu.StatusWrongLength
	} else {
		c.got = append(c.got, cmd.Data...)
		c.pieces++
		if cmd.CLA&chainBit == 0 && cmd.Ne > 0 {
			r.Data = []byte("answer")
		}
	}
	if c.sm != nil {
		r = c.sm.protect(c.t, r, false)
	}
	return r.Bytes(), nil
}

// Data of the length of a Diffie-Hellman key reach every card, whole or in pieces.
func TestLongCommands(t *testing.T) {
	data := bytes.Repeat([]byte{0xAB, 0xCD, 0xEF}, 90) // 270 bytes
	for name, c := range map[string]struct {
		most, longest int
		atr           []byte
		kind          *cardMemory
		naked         bool
		pieces        int
		restart       bool
	}{
		"extended":                        {most: 65535, longest: 65535, atr: atrExtended, pieces: 1},
		"nothing said, extended":          {most: 65535, longest: 65535, pieces: 1},
		"short reader":                    {most: 255, longest: 255, atr: atrExtended, pieces: 2},
		"short card":                      {most: 65535, longest: 255, atr: atrShort, pieces: 2},
		"nothing said, refused":           {most: 65535, longest: 255, kind: &cardMemory{}, pieces: 2},
		"refused and nothing remembered":  {most: 65535, longest: 255, pieces: 2},
		"known to refuse":                 {most: 65535, longest: 255, kind: &cardMemory{pieces: true}, pieces: 2},
		"EF.ATR/INFO says too little":     {most: 65535, longest: 260, kind: &cardMemory{extended: true, command: 260}, pieces: 2},
		"refused outside secure messages": {most: 65535, longest: 255, kind: &cardMemory{}, naked: true, restart: true},
	} {
		for _, alg := range []icao.Algorithm{"", icao.AES128, icao.TripleDES} {
			if c.naked && alg == "" {
				continue
			}
			card := &chainCard{handler: handler{max: 65536, atr: c.atr}, t: t, longest: c.longest, most: c.most, naked: c.naked}
			ch := &channel{card: card}
			if c.kind != nil {
				kind := *c.kind
				ch.kind = &kind
			}
			if alg != "" {
				term, side := pairOf(t, alg)
				ch.sm, card.sm = term, &side
			}
			r, err := ch.do(context.Background(), apdu.Command{INS: 0x86, Data: data, Ne: 256})
			if c.restart {
				if !errors.Is(err, errShorter) || !ch.kind.pieces {
					t.Errorf("%s %s: %v", name, alg, err)
				}
				continue
			}
			if err != nil || string(r.Data) != "answer" || !bytes.Equal(card.got, data) || card.pieces != c.pieces {
				t.Errorf("%s %s: %d bytes in %d pieces, %v %v", name, alg, len(card.got), card.pieces, r.SW, err)
			}
		}
	}
}

// A step of PACE has the chaining bit already: all its pieces have it.
func TestStepInPieces(t *testing.T) {
	for atr, want := range map[string]int{string(atrExtended): 1, string(atrShort): 2} {
		card := &handler{max: 65536, atr: []byte(atr)}
		var classes []byte
		card.answer = func(raw []byte) ([]byte, error) {
			classes = append(classes, raw[0])
			return []byte{0x90, 0}, nil
		}
		ch := &channel{card: longReader{card}}
		if _, err := ch.do(context.Background(), apdu.Command{CLA: chainBit, INS: 0x86, Data: make([]byte, 300), Ne: 256}); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(classes, bytes.Repeat([]byte{chainBit}, want)) {
			t.Errorf("classes %X, want %d pieces", classes, want)
		}
	}
}

// longReader carries commands of any length.
type longReader struct{ *handler }

func (longReader) MaxCommand() int { return 65535 }

// A chip that refuses a piece ends the chain with its status.
func TestChainRefused(t *testing.T) {
	card := &handler{atr: atrShort, answer: func([]byte) ([]byte, error) { return []byte{0x68, 0x84}, nil }}
	ch := &channel{card: card}
	r, err := ch.do(context.Background(), apdu.Command{INS: 0x86, Data: make([]byte, 600)})
	if err != nil || r.SW != 0x6884 || ch.apdus != 1 {
		t.Errorf("%v, %v after %d commands", r.SW, err, ch.apdus)
	}
}

// Answers in pieces are joined, within limits.
func TestAnswerInPieces(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string
		want    int
		code    kiosk.Code
	}{
		"two":              {[]string{"0102036102", "04059000"}, 5, ""},
		"many":             {[]string{"6103", "0102036101", "046100", "059000"}, 5, ""},
		"error at last":    {[]string{"016101", "6F00"}, 1, ""},
		"empty piece":      {[]string{"016101", "6101"}, 0, kiosk.CodeCardProtocol},
		"endless":          {[]string{"016101"}, 0, kiosk.CodeCardProtocol},
		"no status at all": {[]string{"016101", "90"}, 0, kiosk.CodeCardProtocol},
	} {
		n := 0
		card := &handler{answer: func(raw []byte) ([]byte, error) {
			if n > 0 && (raw[0] != 0 || raw[1] != 0xC0) {
				t.Errorf("%s: command %X", name, raw)
			}
			a := c.answers[min(n, len(c.answers)-1)]
			n++
			return unhex(t, a), nil
		}}
		ch := &channel{card: card}
		r, err := ch.do(context.Background(), apdu.Command{INS: 0x88, Data: challengeForTest, Ne: 256})
		if kiosk.CodeOf(err) != c.code || len(r.Data) != c.want || n > maxPieces+1 {
			t.Errorf("%s: %X %v after %d commands", name, r.Data, err, n)
		}
	}
}

// EF.ATR/INFO is asked for once, and only where it can be of use.
func TestATRInfo(t *testing.T) {
	full := lds.ATRInfo{MaxCommand: 1000, MaxResponse: 1500}.Marshal()
	for name, c := range map[string]struct {
		max   int
		atr   []byte
		known bool
		file  []byte
		asked bool
		want  cardMemory
	}{
		"extended":          {65536, atrExtended, false, full, true, cardMemory{extended: true, command: 991, answer: 1498}},
		"nothing said":      {65536, nil, false, full, true, cardMemory{extended: true, command: 991, answer: 1498}},
		"short reader":      {256, atrExtended, false, full, false, cardMemory{}},
		"short card":        {65536, atrShort, false, full, false, cardMemory{}},
		"known kind":        {65536, atrExtended, true, full, false, cardMemory{known: true}},
		"not there":         {65536, atrExtended, false, nil, true, cardMemory{}},
		"no such contents":  {65536, atrExtended, false, []byte{0x30, 0x80}, true, cardMemory{}},
		"lengths too short": {65536, atrExtended, false, lds.ATRInfo{MaxCommand: 12, MaxResponse: 100}.Marshal(), true, cardMemory{}},
	} {
		asked := false
		card := &handler{max: c.max, atr: c.atr, answer: func(raw []byte) ([]byte, error) {
			asked = true
			if c.file == nil {
				return []byte{0x6A, 0x82}, nil
			}
			if raw[1] == 0xA4 {
				return []byte{0x90, 0}, nil
			}
			return append(bytes.Clone(c.file), 0x62, 0x82), nil
		}}
		mem := cardMemory{known: c.known}
		c.want.known = c.known || c.asked
		f := &files{ch: &channel{card: card, kind: &mem}, mem: &mem, maxFile: defaultFile, maxAPDU: defaultAPDUs}
		raw, err := f.lengths(context.Background())
		if err != nil || asked != c.asked || mem != c.want || c.asked && c.file != nil && !bytes.Equal(raw, c.file) {
			t.Errorf("%s: asked %v, %+v, %v", name, asked, mem, err)
		}
	}
}
