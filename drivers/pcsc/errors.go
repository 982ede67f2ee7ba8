package pcsc

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/ebfe/scard"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// meaning is what a PC/SC error stands for: the apdu error, the code, and what a technician does about it.
type meaning struct {
	class error
	code  kiosk.Code
	hint  string
}

// The hints that several errors share.
const (
	hintConnect  = "connect the card reader; `pcsc_scan -r` lists what pcscd sees"
	hintPolkit   = "the user may not use pcscd: check polkit's rules for org.debian.pcsc-lite.access_pcsc and access_card"
	hintHeld     = "another program holds the card: stop it (scdaemon, OpenSC, a browser with a smart card plug-in)"
	hintMute     = "the card does not answer: place it flat on the reader, or try another card"
	hintForeign  = "this is not a chip ID card: place the chip ID card on the reader, and no other card with it"
	hintStopped  = "pcscd is not running: systemctl start pcscd.socket"
	hintNoDaemon = "pcscd is not installed: apt install pcscd libccid"
)

// meanings sorts PC/SC errors; what is not here is the reader's fault.
var meanings = map[scard.Error]meaning{
	scard.ErrNoSmartcard:        {apdu.ErrNoCard, kiosk.CodeCardLost, ""},
	scard.ErrRemovedCard:        {apdu.ErrCardLost, kiosk.CodeCardLost, ""},
	scard.ErrNotTransacted:      {apdu.ErrCardLost, kiosk.CodeCardLost, ""},
	scard.ErrUnpoweredCard:      {apdu.ErrCardLost, kiosk.CodeCardLost, ""},
	scard.ErrResetCard:          {apdu.ErrCardLost, kiosk.CodeCardLost, "another program reset the card: stop it, then place the card again"},
	scard.ErrUnresponsiveCard:   {apdu.ErrTimeout, kiosk.CodeCardTimeout, hintMute},
	scard.ErrTimeout:            {apdu.ErrTimeout, kiosk.CodeCardTimeout, ""},
	scard.ErrUnsupportedCard:    {apdu.ErrReader, kiosk.CodeCardUnsupported, hintForeign},
	scard.ErrProtoMismatch:      {apdu.ErrReader, kiosk.CodeCardUnsupported, hintForeign},
	scard.ErrNoService:          {apdu.ErrNoReader, kiosk.CodeReaderMissing, hintStopped},
	scard.ErrServiceStopped:     {apdu.ErrNoReader, kiosk.CodeReaderMissing, "pcscd stopped: systemctl restart pcscd.service"},
	scard.ErrNoReadersAvailable: {apdu.ErrNoReader, kiosk.CodeReaderMissing, hintConnect},
	scard.ErrUnknownReader:      {apdu.ErrNoReader, kiosk.CodeReaderMissing, hintConnect},
	scard.ErrReaderUnavailable:  {apdu.ErrNoReader, kiosk.CodeReaderMissing, hintConnect},
	scard.ErrInsufficientBuffer: {apdu.ErrLength, kiosk.CodeReaderFault, ""},
	scard.ErrCommError:          {apdu.ErrReader, kiosk.CodeReaderFault, "pcscd went away: systemctl restart pcscd.service"},
	scard.ErrInvalidHandle:      {apdu.ErrReader, kiosk.CodeReaderFault, "pcscd was restarted: place the card again"},
	scard.ErrNoAccess:           {apdu.ErrReader, kiosk.CodeReaderFault, hintPolkit},
	scard.ErrSecurityViolation:  {apdu.ErrReader, kiosk.CodeReaderFault, hintPolkit},
	scard.ErrSharingViolation:   {apdu.ErrReader, kiosk.CodeReaderFault, hintHeld},
	scard.ErrNoMemory:           {apdu.ErrReader, kiosk.CodeReaderFault, "pcscd has too many clients: systemctl restart pcscd.service"},
}

// means gives what an error stands for.
func means(err error) meaning {
	var e scard.Error
	if errors.As(err, &e) {
		if m, ok := meanings[e]; ok {
			return m
		}
	}
	return meaning{apdu.ErrReader, kiosk.CodeReaderFault, "unplug the reader and plug it in again; then run kioskctl doctor"}
}

// fault wraps a PC/SC error with the apdu error, the code and the hint that belong to it.
func fault(op string, err error) error {
	m := means(err)
	return &kiosk.Error{Code: m.code, Op: op, Err: fmt.Errorf("%w: %w", m.class, err), Hint: m.hint}
}

// contextFault is fault for the first call to pcscd, where two errors say more than they do later: nobody listens (is pcscd installed
// at all?), and a connection that is closed at once, which is how pcscd turns away a user whom polkit refuses.
func contextFault(op string, err error) error {
	m := means(err)
	switch {
	case !errors.Is(err, scard.ErrNoService) && !errors.Is(err, scard.ErrCommError):
	case listening():
		m = meaning{apdu.ErrReader, kiosk.CodeReaderFault, hintPolkit + "; or pcscd is just ending: try again"}
	case !installed():
		m = meaning{apdu.ErrNoReader, kiosk.CodeReaderMissing, hintNoDaemon}
	default:
		m = means(scard.ErrNoService)
	}
	return &kiosk.Error{Code: m.code, Op: op, Err: fmt.Errorf("%w: %w", m.class, err), Hint: m.hint}
}

// pcscd's socket, and how the environment names another one.
const (
	socketEnv  = "PCSCLITE_CSOCK_NAME"
	socketPath = "/run/pcscd/pcscd.comm"
)

// listening reports whether somebody takes connections at pcscd's socket.
func listening() bool {
	name := os.Getenv(socketEnv)
	if name == "" {
		name = socketPath
	}
	conn, err := net.DialTimeout("unix", name, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close() // nothing was said
	return true
}

// daemonPaths are where distributions put pcscd.
var daemonPaths = []string{"/usr/sbin/pcscd", "/sbin/pcscd", "/usr/local/sbin/pcscd", "/usr/bin/pcscd"}

func installed() bool {
	for _, p := range daemonPaths {
		if _, err := os.Stat(p); err == nil {
			return true
		}
	}
	return false
}
