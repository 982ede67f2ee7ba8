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
	class, code, hint := d.classify(err)
	if !errors.Is(err, class) {
		err = fmt.Errorf("%w: %w", class, err)
	}
	return &kiosk.Error{Code: code, Op: op, Err: err, Hint: hint}
}

// classify sorts an error of the link, the chip or the card.
func (d *Dev) classify(err error) (class error, code kiosk.Code, hint string) {
	var s status
	switch {
	case errors.Is(err, errHalted):
		return apdu.ErrNoReader, kiosk.CodeReaderMissing, ""
	case errors.Is(err, apdu.ErrNoCard):
		return apdu.ErrNoCard, kiosk.CodeCardLost, hintReseat
	case errors.Is(err, apdu.ErrCardLost):
		return apdu.ErrCardLost, kiosk.CodeCardLost, hintReseat
	case errors.Is(err, apdu.ErrTimeout):
		return apdu.ErrTimeout, kiosk.CodeCardTimeout, hintReseat
	case errors.Is(err, apdu.ErrLength):
		return apdu.ErrLength, kiosk.CodeReaderFault, ""
	case errors.Is(err, tcl.ErrNotISO):
		return apdu.ErrReader, kiosk.CodeCardUnsupported, hintForeign
	case errors.Is(err, fs.ErrNotExist):
		return apdu.ErrNoReader, kiosk.CodeReaderMissing, hintPort
	case errors.Is(err, fs.ErrPermission):
		return apdu.ErrNoReader, kiosk.CodeReaderMissing, hintPermission
	case errors.Is(err, syscall.EBUSY):
		return apdu.ErrNoReader, kiosk.CodeReaderMissing, hintBusy
	case unplugged(err):
		return apdu.ErrNoReader, kiosk.CodeReaderMissing, hintUnplugged
	case errors.Is(err, errOther):
		return apdu.ErrReader, kiosk.CodeReaderFault, hintOther
	case errors.Is(err, errLine), errors.Is(err, errGarble):
		return apdu.ErrReader, kiosk.CodeReaderFault, hintLine
	case errors.Is(err, errSilent):
		return apdu.ErrNoReader, kiosk.CodeReaderMissing, "no answer: " + d.chip.link.hint()
	case errors.As(err, &s) && (s == statusHot || s == statusOverCurrent || s == statusNoField):
		return apdu.ErrReader, kiosk.CodeReaderFault, hintHot
	}
	return apdu.ErrReader, kiosk.CodeReaderFault, d.chip.link.hint()
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
