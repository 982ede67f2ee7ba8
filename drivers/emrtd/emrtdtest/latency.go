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
}

// Link gives the model of a bit rate with what cards were seen to take: 0.4 s for PACE, a third of it for chip authentication,
// 0.2 s for active authentication. kbps is 106, 212, 424 or 848.
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

// Exchange gives the time of one command and response of these lengths.
func (l Latency) Exchange(command, response int, cost Cost) time.Duration {
	d := l.APDU
	switch cost {
	case CostPACE:
		d += l.PACE / 2
	case CostChip:
		d += l.Chip
	case CostActive:
		d += l.Active
	case CostNone:
	}
	return d + l.link(command) + l.link(response)
}

// link gives the time of one APDU on the air: its frames, the acknowledgement of every chained frame, their turn-arounds.
func (l Latency) link(n int) time.Duration {
	if l.Kbps == 0 {
		return 0
	}
	size := l.FrameSize
	if size <= frameOverhead {
		size = 256
	}
	frames := max(1, (n+size-frameOverhead-1)/(size-frameOverhead))
	bytes := n + frames*frameOverhead + (frames-1)*frameOverhead
	turns := frames + frames - 1
	return time.Duration(bytes)*l.byteTime() + time.Duration(turns)*l.TurnAround
}

// frameOverhead is PCB and two bytes of CRC.
const frameOverhead = 3

// byteTime gives nine bits at 128/fc · 106/Kbps (85 µs at 106 kbit/s).
func (l Latency) byteTime() time.Duration {
	return time.Duration(9 * 128 * 1e9 / 13.56e6 * 106 / float64(l.Kbps))
}

// traceState is what the chip notes about the command in work.
type traceState struct {
	cost   Cost // computation made
	read   bool // READ BINARY reached file bytes
	asMany bool // READ BINARY wanted as many bytes as there are
}

// Time gives how long the exchange just processed takes under the chip's time model. Whoever carries the bytes waits.
func (c *Chip) Time(command, response []byte) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opt.Latency.Exchange(len(command), len(response), c.s.trace.cost)
}
