package tcl

// maxHistorical is the most an ATR can carry (ISO/IEC 7816-3 §8.2.2).
const maxHistorical = 15

// ATR gives the answer to reset that a PC/SC reader makes of a contactless card (PC/SC part 3 §3.1.3.2.3.1): 3B, 8n with the
// number of historical bytes, 80 01 for T=0 and T=1, the historical bytes, and their check byte. Bytes beyond 15 are left out.
func ATR(historical []byte) []byte {
	h := historical[:min(len(historical), maxHistorical)]
	atr := append([]byte{0x3B, 0x80 | byte(len(h)), 0x80, 0x01}, h...)
	var check byte
	for _, b := range atr[1:] {
		check ^= b
	}
	return append(atr, check)
}
