package emrtd

import (
	"slices"
	"sync"
)

// ladder are the read lengths tried when a card refuses a longer one with a protected answer, in plain bytes. 231 and 223 are
// what secure messaging with 3DES and AES leaves of a short response; the rest are lengths at which cards and readers were seen
// to stop. Every step costs one command, once per kind of card.
var ladder = []int{2048, 1024, 480, 256, 255, 231, 224, 223, 192, 160, 128, 112, 96, 64}

// steps are the lengths tried when a session ended because of a length: every step costs a session.
var steps = []int{223, 160, 112, 64}

// smallestRead is the last length that is remembered.
const smallestRead = 64

// cardMemory is what was learnt about one kind of card in one reader.
type cardMemory struct {
	known     bool // a card of this kind was read before, or asked for EF.ATR/INFO
	max       int  // longest READ BINARY that worked or was not refused, 0 while nothing was refused
	sfi       bool // READ BINARY with a short file identifier has worked
	noSFI     bool // it is refused
	strictEnd bool // reading past the end of a file is refused: the header is read first
	pieces    bool // commands with extended lengths are refused, command chaining is used
	extended  bool // EF.ATR/INFO says that extended lengths are taken
	command   int  // longest command data by EF.ATR/INFO, 0 for not stated
	answer    int  // longest response data by EF.ATR/INFO, 0 for not stated
}

// shrink goes one step down from the length refused; false when there is no smaller one.
func (m *cardMemory) shrink(refused int) bool { return m.down(ladder, refused) }

// drop is shrink after a session has ended because of the length.
func (m *cardMemory) drop(refused int) bool { return m.down(steps, refused) }

func (m *cardMemory) down(lengths []int, refused int) bool {
	i := slices.IndexFunc(lengths, func(n int) bool { return n < refused })
	if i >= 0 {
		m.max = lengths[i]
	}
	return i >= 0
}

// memories remembers by reader and ATR, so that the second card of a kind is read at full speed at once.
type memories struct {
	mu sync.Mutex
	m  map[string]cardMemory
}

// maxMemories bounds the memory: more kinds of cards than exist.
const maxMemories = 256

// kindOf names a kind of card in a reader.
func kindOf(reader string, atr []byte) string { return reader + "\x00" + string(atr) }

func (m *memories) get(kind string) cardMemory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m[kind]
}

func (m *memories) put(kind string, c cardMemory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil || len(m.m) >= maxMemories {
		m.m = make(map[string]cardMemory)
	}
	c.known = true
	m.m[kind] = c
}

// The bits of the third byte of the card capabilities (ISO/IEC 7816-4 §12.1.1.9).
const (
	capabilityChaining = 0x80
	capabilityExtended = 0x40
	capabilityATRInfo  = 0x20 // lengths stand in EF.ATR/INFO
)

// extendedLengths reports whether an ATR's historical bytes say that the card takes extended length fields.
func extendedLengths(atr []byte) bool {
	c, _ := capabilities(atr)
	return c&capabilityExtended != 0
}

// capabilities gives the third byte of the card capabilities, compact TLV 7x; ok is false when the ATR does not state them.
func capabilities(atr []byte) (c byte, ok bool) {
	h := historical(atr)
	if len(h) == 0 || h[0] != 0x80 && h[0] != 0x00 {
		return 0, false
	}
	for h = h[1:]; len(h) > 0; {
		tag, n := h[0]>>4, int(h[0]&15)
		if len(h) < 1+n {
			return 0, false
		}
		if tag == 7 && n == 3 {
			return h[3], true
		}
		h = h[1+n:]
	}
	return 0, false
}

// historical gives the historical bytes of an ATR (ISO/IEC 7816-3 §8.2).
func historical(atr []byte) []byte {
	if len(atr) < 2 {
		return nil
	}
	n, y, i := int(atr[1]&15), atr[1]>>4, 2
	for {
		td := i
		for bit := range 4 {
			if y>>bit&1 == 1 {
				td = i
				i++
			}
		}
		if y&8 == 0 {
			break
		}
		if td >= len(atr) {
			return nil
		}
		y = atr[td] >> 4
	}
	if i+n > len(atr) {
		return nil
	}
	return atr[i : i+n]
}
