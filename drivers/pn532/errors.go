package pn532

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"motcua/drivers/apdu"
	"motcua/drivers/tcl"
	"motcua/kiosk"
)

// errHalted is what everything gives after Halt.
var errHalted = fmt.Errorf("the driver was halted: %w", apdu.ErrNoReader)

// The hints that do not depend on the link.
const (
	hintPort       = "the port does not exist: connect the adapter, or correct reader.port; ls /dev/serial/by-id shows what is there"
	hintPermission = "the user may not open the port: usermod -aG dialout USER (spi and i2c for the other buses), then log in again"
	hintBusy       = "another program holds the port: end it; a login console with systemctl disable --now serial-getty@PORT"
	hintUnplugged  = "the adapter was unplugged: plug it in again"
	hintOther      = "the chip is not a PN532: check what is wired to the port"
	hintLine       = "long frames do not pass: shorten the wires, lower reader speed, check ground and 3.3 V levels"
	hintHot        = "the antenna drivers are off: check the board's supply and the antenna, let it cool"
	hintForeign    = "this is not a card of the kind the kiosk reads (a bus or building card, perhaps)"
	hintReseat     = "put the card flat on the reader and leave it there until the read is done"
)

// fault gives what crosses the port of the driver: an apdu error, a code, a hint. Errors that are such already, and a context's, pass.
func (d *Dev) fault(op string, err error) error {
	var k *kiosk.Error
	if err == nil || errors.As(err, &k) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	code, hint, class := d.classify(err)
	if !errors.Is(err, class) {
		err = fmt.Errorf("%w: %w", class, err)
	}
	return &kiosk.Error{Code: code, Op: op, Err: err, Hint: hint}
}

// classify sorts an error of the link, the chip or the card.
func (d *Dev) classify(err error) (code kiosk.Code, hint string, class error) {
	var s status
	switch {
	case errors.Is(err, errHalted):
		return kiosk.CodeReaderMissing, "", apdu.ErrNoReader
	case errors.Is(err, apdu.ErrNoCard):
		return kiosk.CodeCardLost, hintReseat, apdu.ErrNoCard
	case errors.Is(err, apdu.ErrCardLost):
		return kiosk.CodeCardLost, hintReseat, apdu.ErrCardLost
	case errors.Is(err, apdu.ErrTimeout):
		return kiosk.CodeCardTimeout, hintReseat, apdu.ErrTimeout
	case errors.Is(err, apdu.ErrLength):
		return kiosk.CodeReaderFault, "", apdu.ErrLength
	case errors.Is(err, tcl.ErrNotISO):
		return kiosk.CodeCardUnsupported, hintForeign, apdu.ErrReader
	case errors.Is(err, fs.ErrNotExist):
		return kiosk.CodeReaderMissing, hintPort, apdu.ErrNoReader
	case errors.Is(err, fs.ErrPermission):
		return kiosk.CodeReaderMissing, hintPermission, apdu.ErrNoReader
	case errors.Is(err, syscall.EBUSY):
		return kiosk.CodeReaderMissing, hintBusy, apdu.ErrNoReader
	case unplugged(err):
		return kiosk.CodeReaderMissing, hintUnplugged, apdu.ErrNoReader
	case errors.Is(err, errOther):
		return kiosk.CodeReaderFault, hintOther, apdu.ErrReader
	case errors.Is(err, errLine), errors.Is(err, errGarble):
		return kiosk.CodeReaderFault, hintLine, apdu.ErrReader
	case errors.Is(err, errSilent):
		return kiosk.CodeReaderMissing, "no answer: " + d.chip.link.hint(), apdu.ErrNoReader
	case errors.As(err, &s) && (s == statusHot || s == statusOverCurrent || s == statusNoField):
		return kiosk.CodeReaderFault, hintHot, apdu.ErrReader
	}
	return kiosk.CodeReaderFault, d.chip.link.hint(), apdu.ErrReader
}

// unplugged reports whether the port is gone.
func unplugged(err error) bool {
	for _, gone := range []error{syscall.ENODEV, syscall.ENXIO, syscall.EIO, os.ErrClosed, io.EOF} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

// ofCard are the errors that say something of the card, not of the link or the chip.
var ofCard = []error{
	tcl.ErrNoFrame, tcl.ErrBadFrame, tcl.ErrProtocol, tcl.ErrDamaged, tcl.ErrRate, tcl.ErrNotISO,
	apdu.ErrNoCard, apdu.ErrLength, apdu.ErrTimeout, context.Canceled, context.DeadlineExceeded,
}

// ofLink reports whether an error is the link's or the chip's: the chip must be brought up anew.
func ofLink(err error) bool {
	var s status
	if errors.As(err, &s) {
		return false
	}
	for _, e := range ofCard {
		if errors.Is(err, e) {
			return false
		}
	}
	return true
}
