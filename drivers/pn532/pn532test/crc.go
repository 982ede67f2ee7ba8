package pn532test

// crcA is CRC_A of ISO/IEC 14443-3 §6.2.4, crcB is CRC_B of §7.2: both reflected CCITT, sent with the low byte first.
func crcA(data []byte) uint16 { return crc(0x6363, data) }
func crcB(data []byte) uint16 { return ^crc(0xFFFF, data) }

func crc(start uint16, data []byte) uint16 {
	c := start
	for _, b := range data {
		x := b ^ byte(c)
		x ^= x << 4
		c = c>>8 ^ uint16(x)<<8 ^ uint16(x)<<3 ^ uint16(x)>>4
	}
	return c
}

// withCRC gives data with its checksum.
func withCRC(data []byte, typeB bool) []byte {
	c := crcA(data)
	if typeB {
		c = crcB(data)
	}
	out := make([]byte, 0, len(data)+2)
	return append(append(out, data...), byte(c), byte(c>>8))
}

// cutCRC takes the checksum off; false when it is wrong or absent.
func cutCRC(frame []byte, typeB bool) ([]byte, bool) {
	n := len(frame) - 2
	if n < 1 {
		return nil, false
	}
	c := crcA(frame[:n])
	if typeB {
		c = crcB(frame[:n])
	}
	return frame[:n], frame[n] == byte(c) && frame[n+1] == byte(c>>8)
}
