package kiosk

import (
	"errors"
	"fmt"
)

// Code names what went wrong, from a closed list. The citizen's sentence is found by code (package ui), the log carries the
// code alone, the technician gets the code with a hint. Codes are stable: they stand in logs, databases and on the wire.
type Code string

// The closed list of codes. A new one needs a sentence in the ui's texts; a test there walks [Codes].
const (
	CodeCardLost        Code = "card_lost"         // the card left the field in the middle of a read
	CodeCardWrongKey    Code = "card_wrong_key"    // the number typed does not open this chip (SW 6300 or token mismatch)
	CodeCardUnsupported Code = "card_unsupported"  // not an eMRTD, or no access protocol in common
	CodeCardChanged     Code = "card_changed"      // another card answered during a resumed read
	CodeCardExpired     Code = "card_expired"      // the document's last day has passed
	CodeCardAbsent      Code = "card_absent"       // the citizen has no card with them
	CodeCardOld         Code = "card_old"          // the citizen has an identity card without a chip (CMND)
	CodeCardForeign     Code = "card_foreign"      // the citizen has a passport or another state's document
	CodeCardProtocol    Code = "card_protocol"     // the chip broke the protocol: unprotected answer, bad MAC, hostile length
	CodeCardTimeout     Code = "card_timeout"      // the chip is there but did not finish in time
	CodeReaderMissing   Code = "reader_missing"    // no reader is connected
	CodeReaderFault     Code = "reader_fault"      // the reader answers with faults
	CodeCameraMissing   Code = "camera_missing"    // no camera, or it was unplugged
	CodeCameraFault     Code = "camera_fault"      // frames frozen, black, or of a wrong format
	CodeModelMissing    Code = "model_missing"     // a model file is absent or its SHA-256 differs from the manifest
	CodePhotoUnreadable Code = "photo_unreadable"  // the chip's photo could not be decoded or holds no single face
	CodeFaceUnturned    Code = "face_unturned"     // the head was not seen to turn as asked
	CodePaperUnreadable Code = "paper_unreadable"  // the picture of a paper cannot be used
	CodePrinterPaper    Code = "printer_paper"     // the printer is out of paper
	CodePrinterCover    Code = "printer_cover"     // the printer's cover is open
	CodePrinterOffline  Code = "printer_offline"   // no printer is connected, or it does not answer
	CodePrinterFault    Code = "printer_fault"     // the printer tells a fault: cutter, temperature
	CodeOfficeOffline   Code = "office_offline"    // the back office cannot be reached
	CodeOfficeRefused   Code = "office_refused"    // the back office answered and refused
	CodeOfficeUntrusted Code = "office_untrusted"  // the answer is not signed by the office, or is not its answer at all
	CodeNotFound        Code = "not_found"         // no such procedure, dossier or token
	CodeStoreFull       Code = "store_full"        // no room on the disk for another dossier
	CodeClockWrong      Code = "clock_wrong"       // the wall clock cannot be right: no consent or receipt would bear a true time
	CodeStoreCorrupt    Code = "store_corrupt"     // the database failed its integrity check
	CodeConfigInvalid   Code = "config_invalid"    // kiosk.toml or onestop.toml cannot be used
	CodeCatalogue       Code = "catalogue_invalid" // the procedure catalogue cannot be used
	CodeCalendar        Code = "calendar_invalid"  // the calendar of working days cannot be used
	CodeBundle          Code = "bundle_refused"    // a signed bundle is not newer, not signed, not in force, or not what it says
	CodePortInUse       Code = "port_in_use"       // the address to listen on is taken
	CodeKeyMissing      Code = "key_missing"       // a key or certificate file is absent or unreadable
	CodeBadInput        Code = "bad_input"         // what was given cannot be read as what it should be
	CodeUnavailable     Code = "unavailable"       // the device or part is not there; the officer path is the way on
	CodeInternal        Code = "internal"          // a defect of ours
)

// Codes is the closed list, in order.
var Codes = []Code{
	CodeCardLost, CodeCardWrongKey, CodeCardUnsupported, CodeCardChanged, CodeCardExpired, CodeCardAbsent, CodeCardOld,
	CodeCardForeign, CodeCardProtocol, CodeCardTimeout,
	CodeReaderMissing, CodeReaderFault, CodeCameraMissing, CodeCameraFault, CodeModelMissing, CodePhotoUnreadable,
	CodeFaceUnturned, CodePaperUnreadable, CodePrinterPaper, CodePrinterCover, CodePrinterOffline, CodePrinterFault, CodeOfficeOffline,
	CodeOfficeRefused, CodeOfficeUntrusted, CodeNotFound, CodeStoreFull, CodeStoreCorrupt, CodeClockWrong, CodeConfigInvalid,
	CodeCatalogue, CodeCalendar, CodeBundle, CodePortInUse, CodeKeyMissing, CodeBadInput, CodeUnavailable,
	CodeInternal,
}

// Error is an error with the three readers it has: the citizen's sentence is found by Code, the technician reads Hint,
// the log gets Code and Op. Err is the cause. None of the fields may hold personal data.
type Error struct {
	Code Code   // what went wrong
	Op   string // what was being done, lower case: "read chip", "open catalogue"
	Err  error  // the cause, may be nil
	Hint string // what the technician should do, one sentence, may be empty
}

// Error gives "op: code: cause (hint)", leaving out what is empty.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an [Error] whose cause is a formatted text (%w wraps).
func Errorf(code Code, op, hint, format string, args ...any) *Error {
	return &Error{Code: code, Op: op, Hint: hint, Err: fmt.Errorf(format, args...)}
}

// CodeOf gives the code of the first [Error] in err's chain, [CodeInternal] when there is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
