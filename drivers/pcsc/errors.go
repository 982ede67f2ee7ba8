package pcsc

import (
	"errors"
	"fmt"

	"github.com/ebfe/scard"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// classes sorts PC/SC errors by what they mean to a reader of cards.
var classes = map[scard.Error]error{
	scard.ErrNoSmartcard:        apdu.ErrNoCard,
	scard.ErrRemovedCard:        apdu.ErrCardLost,
	scard.ErrResetCard:          apdu.ErrCardLost,
	scard.ErrNotTransacted:      apdu.ErrCardLost,
	scard.ErrUnpoweredCard:      apdu.ErrCardLost,
	scard.ErrUnresponsiveCard:   apdu.ErrReader,
	scard.ErrNoService:          apdu.ErrNoReader,
	scard.ErrServiceStopped:     apdu.ErrNoReader,
	scard.ErrNoReadersAvailable: apdu.ErrNoReader,
	scard.ErrUnknownReader:      apdu.ErrNoReader,
	scard.ErrReaderUnavailable:  apdu.ErrNoReader,
	scard.ErrTimeout:            apdu.ErrTimeout,
	scard.ErrInsufficientBuffer: apdu.ErrLength,
}

// hints say what a technician does about a PC/SC error.
var hints = map[scard.Error]string{
	scard.ErrNoService:          "pcscd is not running: systemctl start pcscd.socket",
	scard.ErrServiceStopped:     "pcscd stopped: systemctl restart pcscd.service",
	scard.ErrCommError:          "pcscd went away: systemctl restart pcscd.service",
	scard.ErrInvalidHandle:      "pcscd was restarted: place the card again",
	scard.ErrNoAccess:           "the user may not use pcscd: check polkit's org.debian.pcsc-lite rules",
	scard.ErrSecurityViolation:  "the user may not use pcscd: check polkit's org.debian.pcsc-lite rules",
	scard.ErrSharingViolation:   "another program holds the card: stop it (scdaemon, OpenSC), or set the reader to shared",
	scard.ErrUnresponsiveCard:   "the card does not answer: place it flat on the reader, or try another card",
	scard.ErrReaderUnavailable:  "connect the card reader",
	scard.ErrUnknownReader:      "connect the card reader",
	scard.ErrNoReadersAvailable: "connect the card reader",
}

// classify gives the apdu error a PC/SC error stands for.
func classify(err error) error {
	var e scard.Error
	if errors.As(err, &e) {
		if class, ok := classes[e]; ok {
			return class
		}
	}
	return apdu.ErrReader
}

// fault wraps a PC/SC error with the apdu error, the code and the hint that belong to it.
func fault(op string, err error) error {
	class := classify(err)
	wrapped := fmt.Errorf("%w: %w", class, err)
	var code kiosk.Code
	switch {
	case errors.Is(class, apdu.ErrNoCard), errors.Is(class, apdu.ErrCardLost):
		code = kiosk.CodeCardLost
	case errors.Is(class, apdu.ErrNoReader):
		code = kiosk.CodeReaderMissing
	case errors.Is(class, apdu.ErrTimeout):
		code = kiosk.CodeCardTimeout
	default:
		code = kiosk.CodeReaderFault
	}
	var e scard.Error
	hint := ""
	if errors.As(err, &e) {
		hint = hints[e]
	}
	return &kiosk.Error{Code: code, Op: op, Err: wrapped, Hint: hint}
}
