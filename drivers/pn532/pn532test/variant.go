package pn532test

import (
	"fmt"
	"time"
)

// Variant is a kind of board, with the ways in which it differs from the genuine chip.
type Variant struct {
	Name string
	Text string // what is special, one sentence

	ic, version, revision byte          // GetFirmwareVersion
	noThru                bool          // InCommunicateThru is a syntax error
	maxBaud               byte          // highest code SetSerialBaudRate takes
	swallow               bool          // the first byte after a change of speed is lost
	ackDelay              time.Duration // before every acknowledgement
	piece                 int           // most response bytes in one InDataExchange
	noPSL                 bool          // InPSL answers "not acceptable"
	noRegisters           bool          // ReadRegister and WriteRegister are syntax errors
	noPreamble            bool          // answers begin with the start code, without the 00 before it
}

// Codes of SetSerialBaudRate (UM0701-02 §7.2.8).
var baudRates = [...]int{9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000}

const (
	baud115200 byte = 0x04
	baudMax    byte = 0x08
	dataPiece       = 262
)

var variants = []Variant{
	{Name: "genuine", Text: "firmware 1.6: frames of 64 bytes in its own ISO/IEC 14443-4"},
	{Name: "no-thru", Text: "InCommunicateThru is refused as a syntax error", noThru: true},
	{Name: "slow-uart", Text: "no speed above 115200 baud", maxBaud: baud115200},
	{Name: "no-921600", Text: "921600 baud and more are refused as a syntax error", maxBaud: 0x06},
	{Name: "swallow", Text: "the first byte after a change of speed is lost", swallow: true},
	{Name: "late-ack", Text: "every acknowledgement takes 40 ms instead of less than 15", ackDelay: 40 * time.Millisecond},
	{Name: "small-pieces", Text: "InDataExchange gives at most 240 bytes at once", piece: 240},
	{Name: "no-psl", Text: "bit rates cannot be raised by the firmware, registers cannot be written", noPSL: true, noRegisters: true},
	{Name: "no-preamble", Text: "frames to the host come without the preamble byte", noPreamble: true},
	{Name: "old", Text: "says it is firmware 1.5", revision: 0x05},
	{
		Name: "worst", Text: "refuses InCommunicateThru, 921600 baud and InPSL, answers late, swallows a byte after a change of speed",
		noThru: true, maxBaud: 0x06, swallow: true, ackDelay: 25 * time.Millisecond, noPSL: true, noRegisters: true,
	},
}

// Variants gives every variant, the genuine chip first.
func Variants() []Variant { return append([]Variant(nil), variants...) }

func variantByName(name string) (Variant, error) {
	if name == "" {
		name = variants[0].Name
	}
	for _, v := range variants {
		if v.Name == name {
			return v.complete(), nil
		}
	}
	return Variant{}, fmt.Errorf("no PN532 variant %q", name)
}

// complete fills what a variant leaves as the genuine chip has it: PN532, firmware 1.6.
func (v Variant) complete() Variant {
	v.ic, v.version = 0x32, 0x01
	if v.revision == 0 {
		v.revision = 0x06
	}
	if v.maxBaud == 0 {
		v.maxBaud = baudMax
	}
	if v.piece == 0 {
		v.piece = dataPiece
	}
	return v
}
