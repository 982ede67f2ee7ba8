// Package vpcd puts any apdu.Slot behind the real pcscd, through the virtual reader driver of Debian's package vsmartcard-vpcd.
//
// The driver runs inside pcscd and listens on TCP; whoever connects is the card. So the simulated chip is read through the real
// daemon and the real client library, as a card in a USB reader is. A message is a two-byte length and that many bytes: one
// byte is a control message (power off 0, power on 1, reset 2, ATR 4), anything else a command APDU.
//
// The driver writes length and bytes separately; with delayed acknowledgements that costs about 50 ms per APDU, so they are
// switched off before every read (measured: 50 ms and 0.1 ms).
//
// Sources: vsmartcard project, virtualsmartcard/src/vpcd/vpcd.c and ifd-vpcd.c (version 3.3).
package vpcd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"motcua/drivers/apdu"
)

// Address is where Debian's package listens for the card of its first virtual reader; the second has the next port.
const Address = "127.0.0.1:35963"

// ReaderName is part of the virtual reader's name in pcscd: choose it with pcsc.Opts.Name.
const ReaderName = "Virtual PCD 00 00"

// The control messages (vpcd.h).
const (
	controlOff   byte = 0
	controlOn    byte = 1
	controlReset byte = 2
	controlATR   byte = 4
)

const (
	redial      = 200 * time.Millisecond // between attempts to reach pcscd
	absence     = 600 * time.Millisecond // least time between two cards: pcscd looks every 400 ms and gets stuck when it misses a removal
	dialTimeout = 2 * time.Second
)

// ErrNoService means that nothing listens at the address: pcscd does not run, or has no virtual reader.
var ErrNoService = errors.New("no virtual reader listens; is pcscd running, with the package vsmartcard-vpcd?")

// Serve presents the slot's card to the virtual reader at addr until ctx ends, and gives ctx's error then: a card put on the
// slot is inserted into the reader, one taken away is removed, and a pcscd that is restarted is connected to again.
// onEvent, if not nil, is told what happens: "inserted", "removed", "waiting".
func Serve(ctx context.Context, addr string, slot apdu.Slot, onEvent func(event string)) error {
	if onEvent == nil {
		onEvent = func(string) {}
	}
	if !pause(ctx, absence) { // the card of whoever served before may not have been missed yet
		return ctx.Err()
	}
	for {
		if err := slot.Wait(ctx, true); err != nil {
			return err
		}
		conn, err := dial(ctx, addr)
		if err != nil {
			onEvent("waiting")
			if !pause(ctx, redial) {
				return ctx.Err()
			}
			continue
		}
		onEvent("inserted")
		err = insert(ctx, conn, slot)
		onEvent("removed")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, apdu.ErrNoReader) {
			return err
		}
		if !pause(ctx, absence) {
			return ctx.Err()
		}
	}
}

// Probe reports whether a virtual reader listens at addr. It looks to pcscd like a card that comes and goes.
func Probe(ctx context.Context, addr string) error {
	conn, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

func dial(ctx context.Context, addr string) (*net.TCPConn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w: %w", addr, ErrNoService, err)
	}
	return conn.(*net.TCPConn), nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// insert is one stay of a card in the virtual reader. It ends with nil when the card left the slot.
func insert(ctx context.Context, conn *net.TCPConn, slot apdu.Slot) error {
	stay, end := context.WithCancel(ctx)
	gone := make(chan struct{})
	go func() { // closing the connection is how a card leaves
		defer close(gone)
		_ = slot.Wait(stay, false) // whichever way it ends, the stay is over
		_ = conn.Close()
	}()
	defer func() {
		end()
		<-gone
	}()
	s := session{conn: conn, slot: slot}
	defer s.powerOff()
	err := s.run(stay)
	if errors.Is(err, apdu.ErrCardLost) || errors.Is(err, apdu.ErrNoCard) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// session is the card's end of one connection.
type session struct {
	conn *net.TCPConn
	slot apdu.Slot
	card apdu.Card // nil while the card has no power
	atr  []byte    // of the last power on
}

// run answers messages until the connection or the card goes.
func (s *session) run(ctx context.Context) error {
	for {
		m, err := s.read()
		if err != nil {
			return err
		}
		if len(m) == 1 {
			err = s.control(ctx, m[0])
		} else {
			err = s.exchange(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

// control obeys a control message; only ATR is answered.
func (s *session) control(ctx context.Context, c byte) error {
	switch c {
	case controlOff:
		s.powerOff()
	case controlOn, controlReset:
		s.powerOff()
		return s.powerOn(ctx)
	case controlATR:
		if s.atr == nil {
			if err := s.powerOn(ctx); err != nil {
				return err
			}
		}
		return s.write(s.atr)
	}
	return nil
}

func (s *session) powerOn(ctx context.Context) error {
	card, err := s.slot.Connect(ctx)
	if err != nil {
		return fmt.Errorf("power on: %w", err)
	}
	s.card, s.atr = card, card.ATR()
	return nil
}

func (s *session) powerOff() {
	if s.card != nil {
		_ = s.card.Close() // the power is off either way
		s.card = nil
	}
}

// exchange passes one APDU.
func (s *session) exchange(ctx context.Context, command []byte) error {
	if s.card == nil {
		if err := s.powerOn(ctx); err != nil {
			return err
		}
	}
	response, err := s.card.Transmit(ctx, command)
	if err != nil {
		return fmt.Errorf("transmit: %w", err)
	}
	if len(response) == 0 { // the driver would wait for more for ever
		return fmt.Errorf("transmit: empty answer: %w", apdu.ErrCardLost)
	}
	return s.write(response)
}

// read reads one message.
func (s *session) read() ([]byte, error) {
	var header [2]byte
	if err := s.fill(header[:]); err != nil {
		return nil, fmt.Errorf("read length: %w", err)
	}
	m := make([]byte, binary.BigEndian.Uint16(header[:]))
	if err := s.fill(m); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return m, nil
}

// fill reads exactly len(b) bytes, with delayed acknowledgements off: the kernel turns them on again after every read.
func (s *session) fill(b []byte) error {
	for done := 0; done < len(b); {
		if err := s.quickAck(); err != nil {
			return err
		}
		n, err := s.conn.Read(b[done:])
		done += n
		if err != nil && done < len(b) {
			return err
		}
	}
	return nil
}

func (s *session) quickAck() error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	})
	return errors.Join(err, failed)
}

// write sends one message in one segment.
func (s *session) write(b []byte) error {
	if len(b) > 0xFFFF {
		return fmt.Errorf("message of %d bytes: %w", len(b), apdu.ErrLength)
	}
	m := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(b)), uint16(len(b)))
	if _, err := s.conn.Write(append(m, b...)); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	return nil
}
