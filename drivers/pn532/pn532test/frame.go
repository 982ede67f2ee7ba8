package pn532test

// Frame identifiers of the host link (UM0701-02 §6.2.1).
const (
	fromHost   byte = 0xD4
	fromDevice byte = 0xD5
)

// maxLength is the largest LEN of an extended information frame: TFI and 264 bytes of packet data.
const maxLength = 265

var (
	ackFrame   = []byte{0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00}
	errorFrame = []byte{0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00} // syntax error at application level
)

// infoFrame encodes an information frame from the device: a normal one up to LEN 255, an extended one beyond.
func infoFrame(data []byte) []byte {
	n := len(data) + 1
	f := []byte{0x00, 0x00, 0xFF}
	if n <= 255 {
		f = append(f, byte(n), -byte(n))
	} else {
		hi, lo := byte(n>>8), byte(n)
		f = append(f, 0xFF, 0xFF, hi, lo, -(hi + lo))
	}
	f = append(f, fromDevice)
	sum := fromDevice
	for _, b := range data {
		sum += b
	}
	f = append(f, data...)
	return append(f, -sum, 0x00)
}

// kind is what the parser found.
type kind int

const (
	kindNone    kind = 0
	kindCommand kind = 1 // an information frame with TFI D4
	kindACK     kind = 2
	kindNACK    kind = 3
)

// parser finds frames in the bytes from the host. Anything before a start code is skipped; a frame whose length or data checksum
// is wrong is dropped without a word, so that the host runs into its acknowledgement timeout (UM0701-02 §6.2.2).
type parser struct {
	state  parserState
	header [5]byte // after the start code
	n      int     // bytes of header or body so far
	want   int
	body   [maxLength + 1]byte // TFI, data, DCS
}

type parserState int

const (
	huntZero parserState = 0 // waiting for the 00 of the start code
	huntFF   parserState = 1 // waiting for its FF
	inHeader parserState = 2 // LEN LCS, or FF FF LENM LENL LCS
	inBody   parserState = 3
)

// feed takes one byte. payload is what follows TFI of a command; it is valid until the next call.
func (p *parser) feed(b byte) (k kind, payload []byte) {
	switch p.state {
	case huntZero:
		if b == 0x00 {
			p.state = huntFF
		}
	case huntFF:
		switch b {
		case 0xFF:
			p.state, p.n = inHeader, 0
		case 0x00:
		default:
			p.state = huntZero
		}
	case inHeader:
		p.header[p.n] = b
		p.n++
		return p.head(), nil
	case inBody:
		p.body[p.n] = b
		p.n++
		if p.n == p.want {
			return p.finish()
		}
	}
	return kindNone, nil
}

// head looks at the header when it is complete.
func (p *parser) head() kind {
	h := p.header
	switch {
	case p.n < 2, p.n < 5 && h[0] == 0xFF && h[1] == 0xFF:
	case h[0] == 0x00 && h[1] == 0xFF:
		p.state = huntZero
		return kindACK
	case h[0] == 0xFF && h[1] == 0x00:
		p.state = huntZero
		return kindNACK
	case h[0] == 0xFF && h[1] == 0xFF:
		p.start(int(h[2])<<8|int(h[3]), h[2]+h[3]+h[4] == 0)
	default:
		p.start(int(h[0]), h[0]+h[1] == 0)
	}
	return kindNone
}

// start begins the body of a frame of that length, or drops the frame.
func (p *parser) start(length int, good bool) {
	if !good || length < 1 || length > maxLength {
		p.state = huntZero
		return
	}
	p.state, p.n, p.want = inBody, 0, length+1
}

func (p *parser) finish() (kind, []byte) {
	p.state = huntZero
	var sum byte
	for _, b := range p.body[:p.want] {
		sum += b
	}
	if sum != 0 || p.body[0] != fromHost {
		return kindNone, nil
	}
	return kindCommand, p.body[1 : p.want-1]
}
