package apdu

import "fmt"

// Status is a status word SW1-SW2 (ISO/IEC 7816-4 §5.6). Any but 9000 can be used as an error.
type Status uint16

// The status words this project decides on.
const (
	StatusOK           Status = 0x9000
	StatusEndOfFile    Status = 0x6282 // end of file reached before Ne bytes
	StatusAuthFailed   Status = 0x6300 // verification failed: a wrong password in PACE
	StatusWrongLength  Status = 0x6700
	StatusSMMissing    Status = 0x6987 // expected secure messaging objects missing
	StatusSMIncorrect  Status = 0x6988 // secure messaging objects incorrect
	StatusSecurity     Status = 0x6982 // security status not satisfied
	StatusNotSatisfied Status = 0x6985 // conditions of use not satisfied
	StatusNoEF         Status = 0x6986 // command not allowed, no current EF
	StatusWrongData    Status = 0x6A80
	StatusNotFound     Status = 0x6A82
	StatusWrongP1P2    Status = 0x6A86
	StatusNoReference  Status = 0x6A88
	StatusWrongOffset  Status = 0x6B00
	StatusWrongINS     Status = 0x6D00
	StatusWrongCLA     Status = 0x6E00
	StatusUnknown      Status = 0x6F00
)

// OK reports whether the command succeeded.
func (s Status) OK() bool { return s == StatusOK }

// Error gives "status 6A82".
func (s Status) Error() string { return fmt.Sprintf("status %04X", uint16(s)) }

// Err gives nil for 9000 and s otherwise.
func (s Status) Err() error {
	if s.OK() {
		return nil
	}
	return s
}

// ExactLength reports the length the card proposes with SW 6Cxx (0 meaning 256).
func (s Status) ExactLength() (n int, ok bool) {
	if s>>8 != 0x6C {
		return 0, false
	}
	return short(byte(s)), true
}
