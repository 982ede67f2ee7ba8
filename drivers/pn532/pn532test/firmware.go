package pn532test

import (
	"context"
	"time"
)

// Command codes (UM0701-02 §7).
const (
	cmdDiagnose          byte = 0x00
	cmdFirmwareVersion   byte = 0x02
	cmdGeneralStatus     byte = 0x04
	cmdReadRegister      byte = 0x06
	cmdWriteRegister     byte = 0x08
	cmdSerialBaudRate    byte = 0x10
	cmdSetParameters     byte = 0x12
	cmdSAMConfiguration  byte = 0x14
	cmdPowerDown         byte = 0x16
	cmdRFConfiguration   byte = 0x32
	cmdDataExchange      byte = 0x40
	cmdCommunicateThru   byte = 0x42
	cmdDeselect          byte = 0x44
	cmdListPassiveTarget byte = 0x4A
	cmdPSL               byte = 0x4E
	cmdRelease           byte = 0x52
	cmdSelect            byte = 0x54
)

// Flags of SetParameters (§7.2.9).
const (
	flagAutomaticRATS byte = 0x10
	flagsAtStart      byte = 0x14
)

// Registers of the contactless interface unit that the radio follows (data sheet §8.6.23).
const (
	regTxMode     uint16 = 0x6302
	regRxMode     uint16 = 0x6303
	regBitFraming uint16 = 0x633D
	modeCRC       byte   = 0x80
	modeTypeB     byte   = 0x03
)

// firmware is what the chip's processor remembers. The command in work alone uses it.
type firmware struct {
	configured  bool // SAMConfiguration was done
	sleepy      bool // PowerDown was answered; sleep follows
	flags       byte
	retryLimit  byte // code of the answer timeout of InCommunicateThru and InDataExchange (§7.3.1 item 02)
	retries     byte // of InDataExchange and InCommunicateThru with a target that is not ISO/IEC 14443-4 (item 04)
	activations byte // attempts of InListPassiveTarget after the first; FF for ever (item 05)
	lastError   byte
	registers   map[uint16]byte
	target      *target // nil: none
}

// reset is the state after power-up.
func (f *firmware) reset() {
	*f = firmware{flags: flagsAtStart, retryLimit: 0x0A, activations: 0xFF, registers: map[uint16]byte{}}
}

// execute runs a command and gives the answer from the response code on; nil is a syntax error (§6.2.1.5).
func (d *Device) execute(ctx context.Context, payload []byte) []byte {
	if len(payload) == 0 {
		return nil
	}
	code, args := payload[0], payload[1:]
	var out []byte
	var ok bool
	if code >= cmdRFConfiguration {
		out, ok = d.initiator(ctx, code, args)
	} else {
		out, ok = d.system(ctx, code, args)
	}
	if !ok {
		return nil
	}
	return append([]byte{code + 1}, out...)
}

// system runs the commands of §7.2.
func (d *Device) system(ctx context.Context, code byte, args []byte) ([]byte, bool) {
	switch code {
	case cmdDiagnose:
		return d.diagnose(ctx, args)
	case cmdFirmwareVersion:
		return []byte{d.variant.ic, d.variant.version, d.variant.revision, 0x07}, len(args) == 0
	case cmdGeneralStatus:
		return d.generalStatus(), len(args) == 0
	case cmdReadRegister:
		return d.readRegister(args)
	case cmdWriteRegister:
		return nil, d.writeRegister(args)
	case cmdSerialBaudRate:
		return nil, d.baudRate(args)
	case cmdSetParameters:
		if len(args) == 1 && args[0]&0x88 == 0 {
			d.fw.flags = args[0]
			return nil, true
		}
	case cmdSAMConfiguration:
		return nil, d.samConfiguration(args)
	case cmdPowerDown:
		return d.powerDown(args)
	}
	return nil, false
}

// diagnose is §7.2.1. The communication line test gives everything back; memory and antenna are always well.
func (d *Device) diagnose(ctx context.Context, args []byte) ([]byte, bool) {
	if len(args) == 0 {
		return nil, false
	}
	switch test := args[0]; {
	case test == 0x00 && len(args) <= dataPiece+1:
		return args, true
	case test == 0x01 && len(args) == 1, test == 0x02 && len(args) == 1: // ROM, RAM
		return []byte{0x00}, true
	case test == 0x04 && len(args) == 2: // polling for FeliCa targets: none of 128 answers
		return []byte{0x80}, true
	case test == 0x06 && len(args) == 1:
		return []byte{d.attention(ctx)}, true
	case test == 0x07 && len(args) == 2: // antenna
		return []byte{0x00}, true
	}
	return nil, false
}

// generalStatus is §7.2.3: last error, field of another device, targets with bit rates and type, SAM.
func (d *Device) generalStatus() []byte {
	out := []byte{d.fw.lastError, 0x00}
	if t := d.fw.target; t != nil {
		r := d.radio()
		out = append(out, 1, t.number, byte(r.rxRate), byte(r.txRate), 0x00)
	} else {
		out = append(out, 0)
	}
	return append(out, 0x00)
}

func (d *Device) readRegister(args []byte) ([]byte, bool) {
	if len(args) == 0 || len(args)%2 != 0 || d.variant.noRegisters {
		return nil, false
	}
	var out []byte
	for i := 0; i < len(args); i += 2 {
		out = append(out, d.fw.registers[uint16(args[i])<<8|uint16(args[i+1])])
	}
	return out, true
}

func (d *Device) writeRegister(args []byte) bool {
	if len(args) == 0 || len(args)%3 != 0 || d.variant.noRegisters {
		return false
	}
	for i := 0; i < len(args); i += 3 {
		d.fw.registers[uint16(args[i])<<8|uint16(args[i+1])] = args[i+2]
	}
	return true
}

// baudRate is §7.2.8: the new speed holds once the host has acknowledged the answer.
func (d *Device) baudRate(args []byte) bool {
	if len(args) != 1 || args[0] > d.variant.maxBaud {
		return false
	}
	d.link.mu.Lock()
	line, ok := d.link.out.(interface{ setBaud(baud int, swallow bool) })
	d.link.mu.Unlock()
	if !ok {
		return false // only the serial interface has a speed to set
	}
	baud := baudRates[args[0]]
	d.whenAcknowledged(func() { line.setBaud(baud, d.variant.swallow) })
	return true
}

// samConfiguration is §7.2.10: mode, timeout in steps of 50 ms, use of the interrupt line.
func (d *Device) samConfiguration(args []byte) bool {
	if len(args) < 1 || len(args) > 3 || args[0] < 1 || args[0] > 4 {
		return false
	}
	irq := len(args) < 3 || args[2] == 1
	d.fw.configured = args[0] == 1
	d.irq.enable(irq)
	return true
}

// powerDown is §7.2.11. The field goes off.
func (d *Device) powerDown(args []byte) ([]byte, bool) {
	if len(args) < 1 || len(args) > 2 {
		return nil, false
	}
	d.field.power(false)
	d.fw.target, d.fw.sleepy = nil, true
	return []byte{statusOK}, true
}

// radio gives the contactless interface unit as the registers set it.
func (d *Device) radio() radio {
	tx, rx := d.fw.registers[regTxMode], d.fw.registers[regRxMode]
	return radio{
		txRate: int(tx>>4) & 3, rxRate: int(rx>>4) & 3,
		txB: tx&modeTypeB == modeTypeB, rxB: rx&modeTypeB == modeTypeB,
		txCRC: tx&modeCRC != 0, rxCRC: rx&modeCRC != 0,
	}
}

// setRadio writes the registers.
func (d *Device) setRadio(r radio) {
	mode := func(rate int, typeB, crc bool) byte {
		m := byte(rate) << 4
		if typeB {
			m |= modeTypeB
		}
		if crc {
			m |= modeCRC
		}
		return m
	}
	d.fw.registers[regTxMode] = mode(r.txRate, r.txB, r.txCRC)
	d.fw.registers[regRxMode] = mode(r.rxRate, r.rxB, r.rxCRC)
}

// limit gives the timeout of a code of RFConfiguration item 02: 100 µs doubled, 0 none.
func limit(code byte) time.Duration {
	if code == 0 || code > 0x10 {
		return time.Hour
	}
	return 100 * time.Microsecond << (code - 1)
}
