package pcsc

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// storagePrefix begins the historical bytes of a card that only stores: category 80, application identifier of the PC/SC workgroup
// (PC/SC part 3 §3.1.3.2.3.2). Standard and card name follow.
var storagePrefix = []byte{0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06}

// storageNames are card names of PC/SC part 3 supplement (NN NN) that a technician will meet.
var storageNames = map[uint16]string{
	0x0001: "MIFARE Classic 1K", 0x0002: "MIFARE Classic 4K", 0x0003: "MIFARE Ultralight", 0x0026: "MIFARE Mini",
	0x0036: "MIFARE Plus 2K", 0x0037: "MIFARE Plus 4K", 0x003A: "MIFARE Ultralight C", 0x003B: "FeliCa", 0x003D: "MIFARE Ultralight EV1",
	0xF004: "Topaz", 0xF011: "FeliCa", 0xF012: "FeliCa",
}

// storageCard tells by its ATR a card that only stores, as tickets and access cards do. The reader makes this ATR up: 3B 8F 80 01 and
// the historical bytes.
func storageCard(atr []byte) (name string, ok bool) {
	const header = 4
	if len(atr) < header+len(storagePrefix)+3 || atr[0] != 0x3B || atr[1]&0xF0 != 0x80 || !bytes.HasPrefix(atr[header:], storagePrefix) {
		return "", false
	}
	nn := binary.BigEndian.Uint16(atr[header+len(storagePrefix)+1:])
	if name, ok = storageNames[nn]; !ok {
		name = "storage"
	}
	return name, true
}

// foreign refuses a card that is no chip ID card by its ATR alone; nothing is sent to it.
func foreign(atr []byte) error {
	name, ok := storageCard(atr)
	if !ok {
		return nil
	}
	return &kiosk.Error{
		Code: kiosk.CodeCardUnsupported, Op: "connect card", Hint: hintForeign,
		Err: fmt.Errorf("not a chip ID card: a %s card: %w", name, apdu.ErrReader),
	}
}
