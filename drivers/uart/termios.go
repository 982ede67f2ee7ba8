package uart

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

// setting is how a port is set: what Connect was given.
type setting struct {
	baud   uint32
	stop   uart.Stop
	parity uart.Parity
	flow   uart.Flow
	bits   int
}

// tolerance is how far the real speed may be from the wanted one: ten bit times drift by half a bit at 5 %, which sender and
// receiver share.
const tolerance = 0.025

// baudOf gives the whole number of bauds of a frequency.
func baudOf(f physic.Frequency) (uint32, error) {
	b := int64(f / physic.Hertz)
	if b < 1 || b > math.MaxInt32 {
		return 0, fmt.Errorf("%w: speed %s", ErrSetting, f)
	}
	return uint32(b), nil
}

// apply makes t a raw line of this setting: bytes as they are, no echo, no signals, reads that give what is there.
func (s setting) apply(t *unix.Termios) error {
	t.Iflag = unix.IGNBRK
	t.Oflag, t.Lflag = 0, 0
	t.Cflag = unix.CREAD | unix.CLOCAL | unix.BOTHER
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	t.Ispeed, t.Ospeed = s.baud, s.baud
	for _, set := range []func(*unix.Termios) error{s.applyBits, s.applyParity, s.applyStop, s.applyFlow} {
		if err := set(t); err != nil {
			return err
		}
	}
	return nil
}

func (s setting) applyBits(t *unix.Termios) error {
	size, ok := map[int]uint32{5: unix.CS5, 6: unix.CS6, 7: unix.CS7, 8: unix.CS8}[s.bits]
	if !ok {
		return fmt.Errorf("%w: %d bits", ErrSetting, s.bits)
	}
	t.Cflag |= size
	return nil
}

func (s setting) applyParity(t *unix.Termios) error {
	switch s.parity {
	case uart.NoParity:
		return nil
	case uart.Even:
		t.Cflag |= unix.PARENB
	case uart.Odd:
		t.Cflag |= unix.PARENB | unix.PARODD
	case uart.Mark:
		t.Cflag |= unix.PARENB | unix.PARODD | unix.CMSPAR
	case uart.Space:
		t.Cflag |= unix.PARENB | unix.CMSPAR
	default:
		return fmt.Errorf("%w: parity %q", ErrSetting, byte(s.parity))
	}
	t.Iflag |= unix.INPCK
	return nil
}

func (s setting) applyStop(t *unix.Termios) error {
	switch s.stop {
	case uart.One:
		return nil
	case uart.Two:
		t.Cflag |= unix.CSTOPB
		return nil
	case uart.OneHalf:
	}
	return fmt.Errorf("%w: stop bits %d", ErrSetting, s.stop)
}

func (s setting) applyFlow(t *unix.Termios) error {
	switch {
	case s.flow == uart.NoFlow:
	case s.flow == uart.RTSCTS:
		t.Cflag |= unix.CRTSCTS
	case s.flow&uart.XOnXOff != 0:
		t.Iflag |= unix.IXON | unix.IXOFF
		t.Cc[unix.VSTART], t.Cc[unix.VSTOP] = byte(s.flow>>8), byte(s.flow)
	default:
		return fmt.Errorf("%w: flow control %s", ErrSetting, s.flow)
	}
	return nil
}

// set puts the setting on the terminal once everything written has left, and gives the speed the kernel really set.
func (s setting) set(fd int) (uint32, error) {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return 0, err
	}
	if err := s.apply(t); err != nil {
		return 0, err
	}
	if err := unix.IoctlSetTermios(fd, unix.TCSETSW2, t); err != nil {
		return 0, err
	}
	if t, err = unix.IoctlGetTermios(fd, unix.TCGETS2); err != nil {
		return 0, err
	}
	if off := math.Abs(float64(t.Ospeed)-float64(s.baud)) / float64(s.baud); off > tolerance {
		return 0, fmt.Errorf("%w: it runs at %d baud when told %d", ErrSetting, t.Ospeed, s.baud)
	}
	return t.Ospeed, nil
}
