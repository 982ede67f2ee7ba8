package emrtd

import "sync"

// ladder are the read lengths tried when a card refuses a longer one, in plain bytes. 223 is what AES secure messaging leaves of
// a short response; the rest are lengths other readers were seen to settle on.
var ladder = []int{2048, 1024, 480, 223, 160, 112, 64}

// smallestRead is the last length tried.
const smallestRead = 64

// cardMemory is what was learnt about one kind of card.
type cardMemory struct {
	max   int  // longest READ BINARY that worked or was not refused, 0 while nothing was refused
	noSFI bool // READ BINARY with a short file identifier is refused
}

// shrink goes one step down from the length refused; false when there is no smaller one.
func (m *cardMemory) shrink(refused int) bool {
	for _, n := range ladder {
		if n < refused {
			m.max = n
			return true
		}
	}
	return false
}

// memories remembers by ATR, so that the second card of a kind is read at full speed at once.
type memories struct {
	mu sync.Mutex
	m  map[string]cardMemory
}

// maxMemories bounds the memory: more kinds of cards than exist.
const maxMemories = 256

func (m *memories) get(atr []byte) cardMemory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.m[string(atr)]
}

func (m *memories) put(atr []byte, c cardMemory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil || len(m.m) >= maxMemories {
		m.m = make(map[string]cardMemory)
	}
	m.m[string(atr)] = c
}

// extendedLengths reports whether an ATR's historical bytes say that the card takes extended length fields: card capabilities,
// compact TLV 7x, third byte, bit 7 (ISO/IEC 7816-4 §12.1.1.9).
func extendedLengths(atr []byte) bool {
	h := historical(atr)
	if len(h) == 0 || h[0] != 0x80 && h[0] != 0x00 {
		return false
	}
	for h = h[1:]; len(h) > 0; {
		tag, n := h[0]>>4, int(h[0]&15)
		if len(h) < 1+n {
			return false
		}
		if tag == 7 && n == 3 {
			return h[3]&0x40 != 0
		}
		h = h[1+n:]
	}
	return false
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
