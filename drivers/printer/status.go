package printer

import (
	"motcua/kiosk"
)

// Status is how the printer is, as named facts.
type Status struct {
	Answers bool // it is there and answers
	Offline bool // it takes no data, for a reason of its own
	Cover   bool // the cover is open
	NoPaper bool
	Low     bool // the paper will end soon
	Cutter  bool // the cutter is stuck
	Fault   bool // another fault, such as a hot head
}

// The questions of DLE EOT n.
const (
	askPrinter = 1
	askOffline = 2
	askError   = 3
	askPaper   = 4
)

var questions = []byte{askPrinter, askOffline, askError, askPaper}

// isStatus tells whether a byte is an answer to DLE EOT: bits 0 and 7 are clear, 1 and 4 are set.
func isStatus(b byte) bool { return b&0x93 == 0x12 }

// isDone tells whether a byte is an answer to GS r: bits 4 and 7 are clear.
func isDone(b byte) bool { return b&0x90 == 0 }

// read adds the answer to one question (Epson reference, DLE EOT).
func (s *Status) read(question, b byte) {
	bit := func(n int) bool { return b&(1<<n) != 0 }
	switch question {
	case askPrinter:
		s.Offline = bit(3)
	case askOffline:
		s.Cover, s.NoPaper = bit(2), s.NoPaper || bit(5)
	case askError:
		s.Cutter, s.Fault = bit(3), s.Fault || bit(5) || bit(6)
	case askPaper:
		s.Low, s.NoPaper = bit(2) && bit(3), s.NoPaper || bit(5) && bit(6)
	}
}

// Err gives why nothing can be printed, nil when something can. Little paper is no error.
func (s Status) Err() error {
	const op = "print receipt"
	switch {
	case !s.Answers:
		return kiosk.Errorf(kiosk.CodePrinterOffline, op, "connect the printer, switch it on, and check [printer] device in kiosk.toml", "no answer")
	case s.Cover:
		return kiosk.Errorf(kiosk.CodePrinterCover, op, "close the printer's cover", "the cover is open")
	case s.NoPaper:
		return kiosk.Errorf(kiosk.CodePrinterPaper, op, "put a new roll into the printer", "no paper")
	case s.Cutter:
		return kiosk.Errorf(kiosk.CodePrinterFault, op, "switch the printer off, free the cutter, switch it on", "the cutter is stuck")
	case s.Fault:
		return kiosk.Errorf(kiosk.CodePrinterFault, op, "switch the printer off, let it cool, switch it on", "the printer tells a fault")
	case s.Offline:
		return kiosk.Errorf(kiosk.CodePrinterOffline, op, "press the printer's feed button; if that does not help, switch it off and on", "it is off line")
	}
	return nil
}
