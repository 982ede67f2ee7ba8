// Package apdu holds ISO 7816-4 command and response APDUs, status words as errors, and the ports between a reader and a protocol.
//
// A [Slot] is a place where a card can be put; connecting it gives a [Card], which transmits raw APDUs. PC/SC readers, PN532
// readers and the simulated chip are slots; drivers/emrtd speaks to a Card and never knows which.
//
// Sources: ISO/IEC 7816-4:2020 §5.2 (command-response pairs), §5.6 (status bytes), §12.1.1 (short and extended lengths).
package apdu

import (
	"context"
	"errors"
	"fmt"
)

// Errors that slots and cards return, possibly wrapped.
var (
	ErrNoReader = errors.New("no card reader")           // the slot itself is not there
	ErrNoCard   = errors.New("no card in the field")     // Connect without a card
	ErrCardLost = errors.New("card left the field")      // the card went during a session; the Card is dead from then on
	ErrReader   = errors.New("card reader fault")        // the reader answers with faults
	ErrTimeout  = errors.New("card did not answer")      // present, but no answer in time
	ErrLength   = errors.New("apdu longer than allowed") // the reader or card cannot take that length
)

// Card is a powered card. Transmit sends one command APDU and gives the response APDU (data, SW1, SW2). A Card is used by one
// goroutine at a time. Errors: ErrCardLost, ErrReader, ErrTimeout, ErrLength, ctx's.
type Card interface {
	Transmit(ctx context.Context, command []byte) (response []byte, err error)
	ATR() []byte      // answer to reset; names the card type for remembered read lengths
	MaxResponse() int // largest Ne the reader can carry: 256 (short APDUs only) to 65536
	MaxCommand() int  // largest Nc the reader can carry: 255 to 65535
	Close() error     // powers down; may be called twice
}

// Slot is a place where a card can be put. Wait blocks until a card is there (present true) or gone, or ctx ends; a missing
// reader counts as no card. Connect powers the card: ErrNoCard, ErrNoReader, ErrReader.
type Slot interface {
	fmt.Stringer
	Wait(ctx context.Context, present bool) error
	Connect(ctx context.Context) (Card, error)
}

// Command is a command APDU. Ne is the number of data bytes wanted: 0 none, up to 256 short, up to 65536 extended.
type Command struct {
	CLA, INS, P1, P2 byte
	Data             []byte // at most 65535 bytes
	Ne               int
}

// Extended reports whether the command needs extended length fields.
func (c Command) Extended() bool { return len(c.Data) > 255 || c.Ne > 256 }

// Bytes encodes the command (ISO/IEC 7816-4 §5.2, cases 1 to 4, short where possible).
func (c Command) Bytes() ([]byte, error) {
	if len(c.Data) > 65535 || c.Ne < 0 || c.Ne > 65536 {
		return nil, fmt.Errorf("encode command: %d data bytes, Ne %d: %w", len(c.Data), c.Ne, ErrLength)
	}
	b := make([]byte, 0, 4+3+len(c.Data)+3)
	b = append(b, c.CLA, c.INS, c.P1, c.P2)
	if c.Extended() {
		return c.appendExtended(b), nil
	}
	if len(c.Data) > 0 {
		b = append(b, byte(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Ne > 0 {
		b = append(b, byte(c.Ne)) // 256 is coded 00
	}
	return b, nil
}

func (c Command) appendExtended(b []byte) []byte {
	b = append(b, 0)
	if len(c.Data) > 0 {
		b = append(b, byte(len(c.Data)>>8), byte(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Ne > 0 {
		b = append(b, byte(c.Ne>>8), byte(c.Ne)) // 65536 is coded 0000
	}
	return b
}

// ParseCommand decodes a command APDU. Data aliases b.
func ParseCommand(b []byte) (Command, error) {
	if len(b) < 4 {
		return Command{}, fmt.Errorf("parse command: %d bytes, want at least 4", len(b))
	}
	c := Command{CLA: b[0], INS: b[1], P1: b[2], P2: b[3]}
	body := b[4:]
	switch {
	case len(body) == 0:
		return c, nil
	case len(body) == 1:
		c.Ne = short(body[0])
		return c, nil
	case body[0] != 0:
		return parseShort(c, body)
	case len(body) >= 3:
		return parseExtended(c, body[1:])
	}
	return Command{}, errors.New("parse command: length fields do not fit the bytes")
}

func short(le byte) int {
	if le == 0 {
		return 256
	}
	return int(le)
}

func parseShort(c Command, body []byte) (Command, error) {
	nc := int(body[0])
	switch len(body) {
	case 1 + nc:
	case 2 + nc:
		c.Ne = short(body[1+nc])
	default:
		return Command{}, errors.New("parse command: length fields do not fit the bytes")
	}
	c.Data = body[1 : 1+nc]
	return c, nil
}

func parseExtended(c Command, body []byte) (Command, error) {
	n := int(body[0])<<8 | int(body[1])
	if len(body) == 2 { // case 2E
		c.Ne = long(n)
		return c, nil
	}
	switch {
	case n == 0:
	case len(body) == 2+n:
		c.Data = body[2:]
		return c, nil
	case len(body) == 4+n:
		c.Data = body[2 : 2+n]
		c.Ne = long(int(body[2+n])<<8 | int(body[3+n]))
		return c, nil
	}
	return Command{}, errors.New("parse command: length fields do not fit the bytes")
}

func long(n int) int {
	if n == 0 {
		return 65536
	}
	return n
}

// Response is a response APDU.
type Response struct {
	Data []byte
	SW   Status
}

// ParseResponse splits raw into data and status word. Data aliases raw.
func ParseResponse(raw []byte) (Response, error) {
	if len(raw) < 2 {
		return Response{}, fmt.Errorf("parse response: %d bytes, want at least 2", len(raw))
	}
	n := len(raw) - 2
	return Response{Data: raw[:n:n], SW: Status(raw[n])<<8 | Status(raw[n+1])}, nil
}

// Bytes encodes the response.
func (r Response) Bytes() []byte {
	b := make([]byte, 0, len(r.Data)+2)
	b = append(b, r.Data...)
	return append(b, byte(r.SW>>8), byte(r.SW))
}

// Do sends c and gives the response. A status other than 9000 is not an error here: the caller decides.
func Do(ctx context.Context, card Card, c Command) (Response, error) {
	raw, err := c.Bytes()
	if err != nil {
		return Response{}, err
	}
	out, err := card.Transmit(ctx, raw)
	if err != nil {
		return Response{}, err
	}
	return ParseResponse(out)
}
