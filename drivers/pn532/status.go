package pn532

import "fmt"

// status is the first byte of an answer that concerns a card (UM0701-02 §7.1, table 13), NAD and MI bits taken off.
type status byte

// The codes a decision is made on.
const (
	statusOK          status = 0x00
	statusTimeout     status = 0x01
	statusCRC         status = 0x02
	statusParity      status = 0x03
	statusBitCount    status = 0x04
	statusFraming     status = 0x05
	statusCollision   status = 0x06
	statusBuffer      status = 0x07
	statusRFOverflow  status = 0x09
	statusNoField     status = 0x0A
	statusProtocol    status = 0x0B
	statusHot         status = 0x0D
	statusOverflow    status = 0x0E
	statusParameter   status = 0x10
	statusFormat      status = 0x13
	statusNotAllowed  status = 0x26
	statusContext     status = 0x27
	statusReleased    status = 0x29
	statusExchanged   status = 0x2A
	statusDisappeared status = 0x2B
	statusOverCurrent status = 0x2D
)

// statusMask and moreBit are the parts of a status byte: bit 6 says that more of the card's answer waits.
const (
	statusMask = 0x3F
	moreBit    = 0x40
)

var statusTexts = map[status]string{
	statusTimeout: "the card did not answer", statusCRC: "wrong checksum from the card", statusParity: "wrong parity from the card",
	statusBitCount: "wrong bit count", statusFraming: "wrong framing from the card", statusCollision: "bit collision",
	statusBuffer: "buffer too small", statusRFOverflow: "radio buffer overflow", statusNoField: "field was not switched on in time",
	statusProtocol: "the card broke the protocol", statusHot: "chip too hot, antenna switched off", statusOverflow: "internal buffer overflow",
	statusParameter: "parameter out of range", statusFormat: "wrong format from the card", statusNotAllowed: "not allowed in this configuration",
	statusContext: "not acceptable in this context", statusReleased: "released", statusExchanged: "another card",
	statusDisappeared: "the card disappeared", statusOverCurrent: "over-current",
}

// Error gives "status 01: the card did not answer".
func (s status) Error() string {
	text := statusTexts[s]
	if text == "" {
		text = "unknown"
	}
	return fmt.Sprintf("status %02X: %s", byte(s), text)
}

// err gives nil for status 00.
func (s status) err() error {
	if s == statusOK {
		return nil
	}
	return s
}

// damaged reports whether the status says that a frame from the card arrived damaged.
func (s status) damaged() bool {
	switch s {
	case statusCRC, statusParity, statusBitCount, statusFraming, statusCollision, statusProtocol, statusFormat:
		return true
	}
	return false
}

// limits reports whether the status says that the chip cannot do what the software path asks for.
func (s status) limits() bool {
	switch s {
	case statusBuffer, statusRFOverflow, statusOverflow, statusParameter, statusNotAllowed, statusContext:
		return true
	}
	return false
}
