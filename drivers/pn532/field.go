package pn532

import (
	"context"
	"fmt"
	"time"

	"motcua/drivers/tcl"
)

// The items of RFConfiguration (UM0701-02 §7.3.1).
const (
	rfField   = 0x01
	rfTimings = 0x02
	rfRetries = 0x04 // of a frame to the card
	rfPolls   = 0x05 // of a request
)

// The flags of SetParameters (UM0701-02 §7.2.9).
const (
	paramATR  = 0x04 // automatic ATR_RES
	paramRATS = 0x10 // InListPassiveTarget sends RATS
)

// atrTimeout is the code of the timeout of ATR_RES, which is not used: 102.4 ms, the chip's own default.
const atrTimeout = 0x0B

// run sends a command that answers with nothing of interest.
func (c *chip) run(ctx context.Context, command ...byte) error {
	_, err := c.do(ctx, replyWait, 4, command...)
	return err
}

// field switches the field.
func (c *chip) field(ctx context.Context, on bool) error {
	v := byte(0)
	if on {
		v = 1
	}
	if err := c.run(ctx, cmdRFConfiguration, rfField, v); err != nil {
		return fmt.Errorf("switch field: %w", err)
	}
	return nil
}

// maxTimeoutCode is the longest timeout InCommunicateThru can have: 100 µs · 2^15, 3.3 s.
const maxTimeoutCode = 16

// timeoutCode gives the first code whose time, 100 µs · 2^(code-1), is not below d.
func timeoutCode(d time.Duration) byte {
	code := byte(1)
	for t := 100 * time.Microsecond; t < d && code < maxTimeoutCode; t *= 2 {
		code++
	}
	return code
}

// codeTime gives the time of a timeout code.
func codeTime(code byte) time.Duration { return 100 * time.Microsecond << (code - 1) }

// The registers of the contactless interface that firmware sets only when it has activated the card itself (data sheet §8.6.23).
const (
	regTxMode      = 0x6302
	regRxMode      = 0x6303
	regRxThreshold = 0x6308
	regMifNFC      = 0x630C
	regModWidth    = 0x6314
)

// The analog settings for ISO/IEC 14443-4 at 212, 424 and 848 kbit/s: RxThreshold, ModWidth, MifNFC (UM0701-02 §7.3.1, item 0D).
var analog = map[tcl.Rate][3]byte{
	tcl.Rate106: {0x85, 0x26, 0x62}, // from item 0A
	tcl.Rate212: {0x85, 0x15, 0x8A},
	tcl.Rate424: {0x85, 0x08, 0xB2},
	tcl.Rate848: {0x85, 0x01, 0xDA},
}

// The bits of TxMode and RxMode that hold the speed.
const (
	speedShift = 4
	speedMask  = 0x70
)

// setRates changes the bit rates of the contactless interface. For type B the analog settings stay.
func (c *chip) setRates(ctx context.Context, toCard, fromCard tcl.Rate, typeB bool) error {
	to, ok1 := toCard.Divisor()
	from, ok2 := fromCard.Divisor()
	if !ok1 || !ok2 {
		return fmt.Errorf("bit rates %v and %v: %w", toCard, fromCard, statusParameter)
	}
	modes, err := c.do(ctx, replyWait, 2, cmdReadRegister, regTxMode>>8, regTxMode&0xFF, regRxMode>>8, regRxMode&0xFF)
	if err != nil {
		return err
	}
	if len(modes) != 2 {
		return fmt.Errorf("read registers: %w", errAnswer)
	}
	set := []struct {
		register uint16
		value    byte
	}{
		{regTxMode, modes[0]&^speedMask | to<<speedShift},
		{regRxMode, modes[1]&^speedMask | from<<speedShift},
		{regRxThreshold, analog[fromCard][0]}, {regModWidth, analog[toCard][1]}, {regMifNFC, analog[fromCard][2]},
	}
	if typeB {
		set = set[:2]
	}
	command := []byte{cmdWriteRegister}
	for _, s := range set {
		command = append(command, byte(s.register>>8), byte(s.register), s.value)
	}
	return c.run(ctx, command...)
}
