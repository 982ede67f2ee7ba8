package emrtdtest

import (
	"io"
	"time"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// Options say how a chip behaves. The zero value is the profile's ordinary card: extended lengths, 6282 at the end of a file,
// SELECT MF refused once the application is selected, BAC accepted, no waiting.
type Options struct {
	ShortOnly     bool                    // extended length fields are refused with 6700
	MaxRead       int                     // READ BINARY for more bytes is refused with 6700; 0 no limit
	NoSFI         bool                    // READ BINARY with a short identifier is refused with 6A86
	StrictLe      bool                    // SELECT that asks for no data and MSE:Set AT are refused with 6700 when they have an Le field
	EndOfFile     EndOfFile               // what reading past the end gives
	SelectMF      SelectMF                // what SELECT MF gives
	CardAccess    FileAccess              // what reading EF.CardAccess gives
	NoBAC         bool                    // GET CHALLENGE and EXTERNAL AUTHENTICATE refused
	NoPACE        bool                    // PACE refused
	Open          bool                    // files readable without access control
	Tries         int                     // wrong passwords of PACE until it is blocked, with the warning 63Cx at MSE:Set AT; 0 no counter
	TryDelay      time.Duration           // wait after a wrong password, twice as long after each further one
	Pieces        Pieces                  // whether long answers to short commands come in pieces
	Clone         Clone                   // what a chip without the private keys does
	ActiveRefused bool                    // INTERNAL AUTHENTICATE is refused with 6985
	TearAt        kiosk.FileID            // the chip loses power, once, when this file is read…
	TearOffset    int                     // …beyond this offset
	TearCommand   int                     // …or with this command, counted from 1 since the chip was made
	TearBytes     int                     // …or when this many response bytes have come
	TearInto      string                  // variant of the card's files that answers after the tear
	Naked         Naked                   // an unprotected answer inside a session
	BadMAC        kiosk.FileID            // the first READ BINARY of this file is answered with a wrong MAC
	Endless       kiosk.FileID            // reading past this file's end gives zeros for ever
	OtherCAN      bool                    // the chip's CAN is not the one of the card's number
	Tried         int                     // wrong passwords of PACE before the chip was made
	FlipAt        kiosk.FileID            // one byte of this file differs from the one that was signed…
	FlipOffset    int                     // …at this offset, counted from the end when negative
	Variant       string                  // variant of the card's files to serve
	Replace       map[kiosk.FileID][]byte // files served instead of the card's; nil contents take the file away
	Latency       Latency                 // time model of link and chip
	ShortSecrets  bool                    // secrets of PACE and signatures begin with a zero byte, as one in 256 does by itself
	Random        io.Reader               // nil for crypto/rand
	Hooks         *Hooks                  // what a test changes on the way; nil for nothing
}

// EndOfFile says what READ BINARY gives when more bytes are wanted than the file has. Wanting "as many as there are" (Le 00)
// always gives 9000.
type EndOfFile int

// The behaviours seen at the end of a file.
const (
	EndWarning EndOfFile = 0 // the bytes there are, with 6282
	EndSilent  EndOfFile = 1 // the bytes there are, with 9000
	EndExact   EndOfFile = 2 // no bytes and 6Cxx with the number there is
)

// SelectMF says what SELECT of the master file gives.
type SelectMF int

// The behaviours seen at SELECT MF.
const (
	MFBeforeApplet SelectMF = 0 // 9000, but 6D00 once the application is selected
	MFNever        SelectMF = 1 // always 6D00
	MFAlways       SelectMF = 2 // always 9000
)

// FileAccess says whether EF.CardAccess can be read.
type FileAccess int

// The behaviours seen at EF.CardAccess.
const (
	AccessFree    FileAccess = 0 // readable by SELECT 011C and by SFI 1C, before and after SELECT of the application
	AccessRefused FileAccess = 1 // 6982 (seen on a card of 2023)
	AccessAbsent  FileAccess = 2 // 6A82
)

// Clone says what a chip does that was copied from another and so lacks the private keys.
type Clone int

// The ways of a clone.
const (
	CloneNone    Clone = 0 // not a clone: the chip has its keys
	CloneForges  Clone = 1 // answers with keys of its own
	CloneRefuses Clone = 2 // refuses chip and active authentication with 6A80, and leaves the proof out of PACE-CAM
)

// Naked is an answer without secure messaging inside a session, given once.
type Naked struct {
	At   kiosk.FileID // at the first READ BINARY of this file; "" never
	Data bool         // the file's plain bytes with 9000, as a manipulated reader would; otherwise SW alone
	SW   apdu.Status  // status word to answer
}

// Pieces says whether an answer that is too long for a short command comes in pieces, with 61xx and GET RESPONSE.
type Pieces int

// The behaviours of long answers.
const (
	PiecesIfShort Pieces = 0 // when the chip takes short lengths only
	PiecesAlways  Pieces = 1
	PiecesNever   Pieces = 2 // 6700
)
