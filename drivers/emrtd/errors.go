package emrtd

import (
	"context"
	"errors"
	"fmt"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

const opRead = "read chip"

// The hints a technician gets.
const (
	hintReseat  = "put the card flat on the reader and leave it there until the read is done"
	hintKey     = "compare the number typed with the card"
	hintChip    = "try another card; if several fail, the reader or its antenna is at fault, else the chip is broken or forged"
	hintReader  = "check the reader's cable and power, then run kioskctl doctor"
	hintForeign = "this is not a card of the kind the kiosk reads"
	hintTimeout = "try again; if it goes on, another reader with a better antenna may be needed"
)

// protocolError means that the chip broke the protocol; the session is over.
func protocolError(format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeCardProtocol, opRead, hintChip, format, args...)
}

// broken makes err the chip's fault unless it has a Code already.
func broken(err error) error {
	var k *kiosk.Error
	if errors.As(err, &k) {
		return err
	}
	return protocolError("%w", err)
}

func unsupported(format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeCardUnsupported, opRead, hintForeign, format, args...)
}

func wrongKey(format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeCardWrongKey, opRead, hintKey, format, args...)
}

// coded gives err a Code when it has none: the errors of slots and cards, and of contexts.
func coded(err error) error {
	var k *kiosk.Error
	if err == nil || errors.As(err, &k) {
		return err
	}
	code, hint := kiosk.CodeInternal, ""
	switch {
	case errors.Is(err, apdu.ErrCardLost), errors.Is(err, apdu.ErrNoCard):
		code, hint = kiosk.CodeCardLost, hintReseat
	case errors.Is(err, apdu.ErrNoReader):
		code, hint = kiosk.CodeReaderMissing, hintReader
	case errors.Is(err, apdu.ErrReader), errors.Is(err, apdu.ErrLength):
		code, hint = kiosk.CodeReaderFault, hintReader
	case errors.Is(err, apdu.ErrTimeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		code, hint = kiosk.CodeCardTimeout, hintTimeout
	}
	return &kiosk.Error{Code: code, Op: opRead, Err: err, Hint: hint}
}

// statusError says which command a chip refused.
func statusError(what string, sw apdu.Status) error { return fmt.Errorf("%s: %w", what, sw) }
