package printer

import "slices"

// The bytes that begin commands.
const (
	eot = 0x04
	enq = 0x05
	dle = 0x10
	dc4 = 0x14
	esc = 0x1b
	gs  = 0x1d
)

// Commands of the ESC/POS reference.
var (
	cmdInit    = []byte{esc, '@'}
	cmdCut     = []byte{gs, 'V', 66, 3}                             // function B: feed to the cutter and 3 units more, then cut
	cmdPrinted = []byte{gs, 'r', 1}                                 // answered after everything before it was printed
	cmdClear   = []byte{dle, dc4, 8, 1, 3, 20, 1, 6, 2, 8}          // function 8: throw away what was received and not printed
	cmdAsk     = func(n byte) []byte { return []byte{dle, eot, n} } // answered at once
)

// bandRows is how many rows one raster command carries: every printer's buffer holds that.
const bandRows = 128

// rasterHead is the length of a raster command before its rows.
const rasterHead = 8

// Encode gives the bytes that print a picture, one raster command (GS v 0) of at most 128 rows each. b is not changed.
func Encode(b *Bitmap) [][]byte {
	bits := slices.Clone(b.Bits)
	defuse(bits)
	stride := b.Stride()
	var bands [][]byte
	for y := 0; y < b.Height; y += bandRows {
		rows := min(bandRows, b.Height-y)
		band := make([]byte, 0, rasterHead+rows*stride)
		band = append(band, gs, 'v', '0', 0, byte(stride), byte(stride>>8), byte(rows), byte(rows>>8))
		bands = append(bands, append(band, bits[y*stride:(y+rows)*stride]...))
	}
	return bands
}

// defuse adds a dot wherever a picture's bytes would be taken for a real-time command (DLE EOT, DLE ENQ, DLE DC4): printers look
// for these in everything they receive. One dot of an eighth of a millimetre beside another is not seen.
func defuse(bits []byte) {
	for i := 0; i+1 < len(bits); i++ {
		if next := bits[i+1]; bits[i] == dle && (next == eot || next == enq || next == dc4) {
			bits[i] |= dle >> 1
		}
	}
}
