package pn532

import "bytes"

// kind is what a frame is (UM0701-02 §6.2.1).
type kind byte

// The kinds of frame. A broken one has a start code and then a checksum, length or identifier that does not fit.
const (
	kindData   kind = 1 // from the chip, TFI D5
	kindACK    kind = 2
	kindNACK   kind = 3
	kindError  kind = 4 // the chip did not understand the command
	kindBroken kind = 5
)

// frame is a frame from the chip. data begins with the response code.
type frame struct {
	kind kind
	data []byte
}

// The bytes of frames.
const (
	toChip    = 0xD4
	fromChip  = 0xD5
	errorTFI  = 0x7F
	maxNormal = 255 // largest LEN of a normal frame, identifier included
	maxLength = 265 // and of an extended one
)

var (
	ackFrame  = []byte{0, 0, 0xFF, 0, 0xFF, 0}
	nackFrame = []byte{0, 0, 0xFF, 0xFF, 0, 0}
	startCode = []byte{0, 0xFF}
)

// The sizes of a frame around its data: preamble, start code, LEN, LCS, TFI, DCS, postamble; three more in an extended one.
const (
	normalFrame   = 8
	extendedFrame = normalFrame + 3
	ackSize       = 6
	maxFrame      = extendedFrame - 1 + maxLength
)

// frameSize gives the size of a frame with n bytes of data after TFI.
func frameSize(n int) int {
	if n+1 > maxNormal {
		return extendedFrame + n
	}
	return normalFrame + n
}

// appendFrame appends a frame to the chip holding command, code and parameters, to b.
func appendFrame(b, command []byte) []byte {
	n := len(command) + 1
	b = append(b, 0, 0, 0xFF)
	if n > maxNormal {
		hi, lo := byte(n>>8), byte(n)
		b = append(b, 0xFF, 0xFF, hi, lo, -(hi + lo))
	} else {
		b = append(b, byte(n), -byte(n))
	}
	b = append(b, toChip)
	sum := byte(toChip)
	for _, c := range command {
		sum += c
	}
	b = append(b, command...)
	return append(b, -sum, 0)
}

// parseFrame finds the first frame in b, up to its postamble. used says how many bytes are done with, garbage before the frame included; ok is false when
// more bytes are needed. data aliases b.
func parseFrame(b []byte) (f frame, used int, ok bool) {
	at := bytes.Index(b, startCode)
	if at < 0 {
		keep := 0
		if len(b) > 0 && b[len(b)-1] == 0 {
			keep = 1 // may be the first half of a start code
		}
		return frame{}, len(b) - keep, false
	}
	body := b[at+2:]
	if len(body) < 2 {
		return frame{}, at, false
	}
	head, n := 2, int(body[0])
	switch {
	case body[0] == 0 && body[1] == 0xFF:
		return frame{kind: kindACK}, at + 4, true
	case body[0] == 0xFF && body[1] == 0:
		return frame{kind: kindNACK}, at + 4, true
	case body[0] == 0xFF && body[1] == 0xFF:
		if len(body) < 5 {
			return frame{}, at, false
		}
		head, n = 5, int(body[2])<<8|int(body[3])
		if body[2]+body[3]+body[4] != 0 {
			n = 0
		}
	case body[0]+body[1] != 0:
		n = 0
	}
	if n == 0 || n > maxLength {
		return frame{kind: kindBroken}, at + 2, true
	}
	end := head + n + 1
	if len(body) <= end {
		return frame{}, at, false
	}
	if body[end] != 0 { // a byte was lost or added: the checksum does not show a zero that was
		return frame{kind: kindBroken}, at + 2 + end, true
	}
	return checked(body[head:end]), at + 2 + end + 1, true
}

// checked gives the frame whose TFI, data and checksum are b.
func checked(b []byte) frame {
	var sum byte
	for _, c := range b {
		sum += c
	}
	n := len(b) - 1
	switch {
	case sum != 0:
	case n == 1 && b[0] == errorTFI:
		return frame{kind: kindError}
	case n >= 2 && b[0] == fromChip:
		return frame{kind: kindData, data: b[1:n:n]}
	}
	return frame{kind: kindBroken}
}
