package emrtdtest

import (
	"fmt"
	"time"
)

// Cost names the expensive computations of a chip.
type Cost int

// The computations that take a chip noticeable time.
const (
	CostNone   Cost = 0
	CostPACE   Cost = 1 // mapping, key agreement: half of PACE each
	CostChip   Cost = 2 // chip authentication
	CostActive Cost = 3 // active authentication
)

// Latency is the time model of the radio link and the chip. The zero value takes no time. A byte of type A is nine bits on the
// air; an APDU is cut into frames of FrameSize bytes, three of which are protocol, and each frame costs one turn-around
// (ISO/IEC 14443-3 §6.2, 14443-4 §7).
type Latency struct {
	Kbps       int           // bit rate in both directions: 106, 212, 424, 848; 0 no link time
	FrameSize  int           // largest frame, FSD: 64 or 256; 0 is 256
	TurnAround time.Duration // per frame
	APDU       time.Duration // added to every command: what a slow chip takes
	PACE       time.Duration // for a whole run
	Chip       time.Duration // chip authentication
	Active     time.Duration // active authentication
	Extensions int           // waiting time extensions, S(WTX), that the chip asks for before each answer it must compute
}

// Link gives the model of a bit rate with what cards were seen to take: 0.4 s for PACE, a third of it for chip authentication,
// 0.2 s for active authentication; the fault slow-keys has the slowest seen. kbps is 106, 212, 424 or 848.
func Link(kbps int) (Latency, error) {
	switch kbps {
	case 106, 212, 424, 848:
		return Latency{
			Kbps: kbps, FrameSize: 256, TurnAround: 500 * time.Microsecond,
			PACE: 400 * time.Millisecond, Chip: 130 * time.Millisecond, Active: 200 * time.Millisecond,
		}, nil
	}
	return Latency{}, fmt.Errorf("link of %d kbit/s: must be 106, 212, 424 or 848", kbps)
}

// Exchange gives the time of one command and response of these lengths, whatever carries them block by block.
func (l Latency) Exchange(command, response int, cost Cost) time.Duration {
	d := l.Work(cost)
	if cost != CostNone {
		d += time.Duration(l.Extensions) * ExtensionTime
	}
	return d + l.link(command) + l.link(response)
}

// Work gives the time the chip itself takes for a command, without the link and without waiting time extensions.
func (l Latency) Work(cost Cost) time.Duration {
	switch cost {
	case CostPACE:
		return l.APDU + l.PACE/2
	case CostChip:
		return l.APDU + l.Chip
	case CostActive:
		return l.APDU + l.Active
	case CostNone:
	}
	return l.APDU
}

// Frame gives the time of one frame of n bytes, prologue and CRC among them: its bytes on the air and one turn-around. What the
// link takes between a PPS and the end of the session depends on the rate then in use: set Kbps.
func (l Latency) Frame(n int) time.Duration {
	if l.Kbps == 0 {
		return 0
	}
	return time.Duration(n)*l.byteTime() + l.TurnAround
}

// ExtensionTime is what one waiting time extension takes where there are no blocks to ask for it with: the frame waiting time of
// FWI 8, 77 ms (ISO/IEC 14443-4 §7.2).
const ExtensionTime = 77 * time.Millisecond

// link gives the time of one APDU on the air: its frames, the acknowledgement of every chained frame, their turn-arounds.
func (l Latency) link(n int) time.Duration {
	size := l.FrameSize
	if size <= frameOverhead {
		size = 256
	}
	var d time.Duration
	for inside := size - frameOverhead; ; n -= inside {
		if n <= inside {
			return d + l.Frame(n+frameOverhead)
		}
		d += l.Frame(size) + l.Frame(frameOverhead) // R(ACK)
	}
}

// frameOverhead is PCB and two bytes of CRC.
const frameOverhead = 3

// byteTime gives nine bits at 128/fc · 106/Kbps (85 µs at 106 kbit/s).
func (l Latency) byteTime() time.Duration {
	return time.Duration(9 * 128 * 1e9 / 13.56e6 * 106 / float64(l.Kbps))
}

// traceState is what the chip notes about the command in work.
type traceState struct {
	cost   Cost          // computation made
	late   time.Duration // wait after wrong passwords
	read   bool          // READ BINARY reached file bytes
	asMany bool          // READ BINARY wanted as many bytes as there are
}

// Time gives how long the exchange just processed takes under the chip's time model. Whoever carries the bytes as a whole waits.
func (c *Chip) Time(command, response []byte) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.trace.late + c.opt.Latency.Exchange(len(command), len(response), c.s.trace.cost)
}

// Work gives how long the chip itself took for the command just processed, and how many waiting time extensions it wants before
// it answers: for those who carry frames and wait for each with [Latency.Frame].
func (c *Chip) Work() (d time.Duration, extensions int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.s.trace.cost != CostNone {
		extensions = c.opt.Latency.Extensions
	}
	return c.s.trace.late + c.opt.Latency.Work(c.s.trace.cost), extensions
}

// Latency gives the chip's time model.
func (c *Chip) Latency() Latency { return c.opt.Latency }
