package session

// Effect is something to carry out. The list is closed.
type Effect int

// The effects.
const (
	FxReadChip  Effect = 1  // open and read the chip with the visit's key
	FxStopChip  Effect = 2  // give the read up
	FxLook      Effect = 3  // one face try
	FxStopLook  Effect = 4  // give the try up
	FxScan      Effect = 5  // take a picture of the paper
	FxStopScan  Effect = 6  // give it up
	FxSeal      Effect = 7  // build the dossier, seal it, put it into the outbox
	FxStatus    Effect = 8  // ask the office by token
	FxStopAsk   Effect = 9  // give it up
	FxWipe      Effect = 10 // zero the visit's data; answered by EvWiped
	FxBegin     Effect = 11 // a visit begins
	FxFillForm  Effect = 12 // fill the form from the chip
	FxForgetKey Effect = 13 // forget the number typed
	FxSay       Effect = 14 // speak the prompt of the new screen
	FxFile      Effect = 16 // the procedure looked at is the one to file; pages kept so far stay
	FxRestore   Effect = 17 // back to the procedure that was to be filed
	FxDropChip  Effect = 18 // wipe what was read of a chip that did not verify
	FxAwaitCard Effect = 19 // a card that was put back faster than the reader tells is there
	FxReady     Effect = 20 // ask whether a card can be read at all
	FxPrint     Effect = 30 // print the receipt; answered by EvPrinted or EvPrintFailed
	FxSlip      Effect = 32 // print the queue number; answered as FxPrint is
	FxGreet     Effect = 31 // speak the welcome to somebody who came near
	FxChime     Effect = 15 // the card is still on the reader
	FxDraw      Effect = 21 // draw a queue number
	FxSend      Effect = 22 // seal the feedback and keep it for the office
	FxScrub     Effect = 23 // zero the visit's data; the visit goes on without it
)
