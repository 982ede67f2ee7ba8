package tcl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/drivers/apdu"
)

// The bounds of one command.
const (
	maxSilent   = 3         // recoveries in a row from silence: a card that went is given up after four waiting times
	maxFaults   = 6         // recoveries of any kind per block
	maxEmpty    = 16        // chained blocks without data per answer
	maxAnswer   = 65536 + 2 // the longest response APDU
	maxCommand  = 65544     // the longest command APDU
	defaultWait = 30 * time.Second
	margin      = 5 * time.Millisecond // ΔFWT is 49152/fc, 3.6 ms (§7.2); the rest is for the reader's clock
)

// Session is an activated card.
type Session struct {
	x      Exchanger
	fsd    int
	fsc    int
	fwt    time.Duration
	wait   time.Duration // longest time for one command
	number byte          // current block number (§7.5.3 rules A and B)
	tx     []byte        // I-block in work
	s      [2]byte       // R- or S-block in work
	began  time.Time     // of the command in work
	dead   error
	atr    []byte
	to     Rate
	from   Rate
	extra  int
}

// FSC gives the largest frame the card takes, CRC included, as it is used.
func (s *Session) FSC() int { return s.fsc }

// FWT gives the frame waiting time.
func (s *Session) FWT() time.Duration { return s.fwt }

// Rates gives the bit rates agreed on.
func (s *Session) Rates() (toCard, fromCard Rate) { return s.to, s.from }

// ATR gives the answer to reset a PC/SC reader would make of the card.
func (s *Session) ATR() []byte { return append([]byte(nil), s.atr...) }

// Extensions gives how often cards asked for more time in this session.
func (s *Session) Extensions() int { return s.extra }

// Transmit sends a command APDU and gives the response APDU. Errors: apdu.ErrTimeout (the card stopped answering, or asks for more
// time than is allowed), [ErrDamaged], [ErrProtocol], apdu.ErrLength, the Exchanger's, ctx's. After an error, apdu.ErrLength
// excepted, the session is dead.
func (s *Session) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if s.dead != nil {
		return nil, fmt.Errorf("session ended before: %w", s.dead)
	}
	if len(command) == 0 || len(command) > maxCommand {
		return nil, fmt.Errorf("transmit %d bytes: %w", len(command), apdu.ErrLength)
	}
	s.began = time.Now()
	first, err := s.send(ctx, command)
	if err == nil {
		var answer []byte
		if answer, err = s.receive(ctx, first); err == nil {
			return answer, nil
		}
	}
	s.dead = err
	return nil, err
}

// send sends the command in as many I-blocks as FSC asks for and gives the first block of the answer.
func (s *Session) send(ctx context.Context, command []byte) (block, error) {
	room := s.fsc - overhead
	for {
		piece := command[:min(room, len(command))]
		command = command[len(piece):]
		b, err := s.deliver(ctx, piece, len(command) > 0)
		if err != nil {
			return block{}, fmt.Errorf("send block: %w", err)
		}
		if len(command) == 0 {
			return b, nil
		}
	}
}

// deliver sends one I-block until it is acknowledged: by R(ACK) when more blocks follow, by an I-block when it was the last. Rule 4:
// R(NAK) after a timeout or an invalid block; rule 6: the I-block again after an R(ACK) with the other number; rule 7. A card sends
// that R(ACK) only for an R(NAK) (rule 12), so one that comes for an I-block is an old frame and invalid: the I-block is not sent
// again for it, which would make the card run a command twice.
func (s *Session) deliver(ctx context.Context, piece []byte, more bool) (block, error) {
	pcb := pcbI | s.number
	if more {
		pcb |= pcbChaining
	}
	s.tx = append(append(s.tx[:0], pcb), piece...)
	want := kindI
	if more {
		want = kindACK
	}
	frame := s.tx
	for r := (recovery{}); ; {
		b, err := s.step(ctx, frame)
		asked := &frame[0] != &s.tx[0] // an R(NAK) was sent
		switch {
		case err == nil && asked && b.kind == kindACK && b.number != s.number:
			err, frame = fmt.Errorf("block not acknowledged: %w", ErrBadFrame), s.tx
		case err == nil && b.kind == want && b.number == s.number:
			s.number ^= 1
			return b, nil
		case err == nil:
			err, frame = fmt.Errorf("answer out of turn: %w", ErrProtocol), s.short(pcbNAK)
		default:
			frame = s.short(pcbNAK)
		}
		if r.over(err) {
			return block{}, final(err)
		}
	}
}

// receive collects the answer, acknowledging chained blocks (rule 2).
func (s *Session) receive(ctx context.Context, b block) ([]byte, error) {
	answer := append(make([]byte, 0, len(b.inf)), b.inf...)
	for empty := 0; b.more; {
		var err error
		if b, err = s.next(ctx); err != nil {
			return nil, fmt.Errorf("receive chained block: %w", err)
		}
		if len(b.inf) == 0 {
			empty++
		}
		if empty > maxEmpty || len(answer)+len(b.inf) > maxAnswer {
			return nil, fmt.Errorf("receive chained block: answer without end: %w", ErrProtocol)
		}
		answer = append(answer, b.inf...)
	}
	return answer, nil
}

// next asks for the next block of a chained answer. Rule 5: R(ACK) again after a timeout or an invalid block.
func (s *Session) next(ctx context.Context) (block, error) {
	for r := (recovery{}); ; {
		b, err := s.step(ctx, s.short(pcbACK))
		if err == nil && b.kind == kindI && b.number == s.number {
			s.number ^= 1
			return b, nil
		}
		if err == nil {
			err = fmt.Errorf("answer out of turn: %w", ErrProtocol)
		}
		if r.over(err) {
			return block{}, final(err)
		}
	}
}

// step sends a frame and gives the block that comes back, having granted the waiting time extensions asked for in between
// (§7.3, rule 9).
func (s *Session) step(ctx context.Context, frame []byte) (block, error) {
	timeout := s.fwt
	for {
		b, err := s.exchange(ctx, frame, timeout)
		if err != nil || b.kind != kindWTX {
			return b, err
		}
		left := s.wait - time.Since(s.began)
		if left <= 0 {
			return block{}, fmt.Errorf("card asks for more than %v: %w", s.wait, apdu.ErrTimeout)
		}
		s.extra++
		m := b.inf[0] & maskWTXM
		frame = s.short(pcbWTX, m)
		timeout = min(s.fwt*time.Duration(m), maxFWT, left)
	}
}

// exchange carries one frame.
func (s *Session) exchange(ctx context.Context, frame []byte, timeout time.Duration) (block, error) {
	if err := ctx.Err(); err != nil {
		return block{}, err
	}
	raw, err := s.x.Exchange(ctx, frame, timeout+margin)
	if err != nil {
		return block{}, err
	}
	return parseBlock(raw, s.fsd)
}

// short makes an R- or S-block; R-blocks carry the current block number.
func (s *Session) short(pcb byte, inf ...byte) []byte {
	if pcb == pcbACK || pcb == pcbNAK {
		pcb |= s.number
	}
	return append(append(s.s[:0], pcb), inf...)
}

// recoverable reports whether the block rules provide for a fault.
func recoverable(err error) bool {
	return errors.Is(err, ErrNoFrame) || errors.Is(err, ErrBadFrame) || errors.Is(err, ErrProtocol)
}

// recovery counts the faults of one block.
type recovery struct{ silent, all int }

// over counts a fault and reports whether it is the last.
func (r *recovery) over(err error) bool {
	r.silent++
	if !errors.Is(err, ErrNoFrame) {
		r.silent = 0
	}
	r.all++
	return !recoverable(err) || r.silent > maxSilent || r.all > maxFaults
}

// final names what a session ends with when recovery failed.
func final(err error) error {
	switch {
	case errors.Is(err, ErrNoFrame):
		return fmt.Errorf("%w: %w", apdu.ErrTimeout, err)
	case errors.Is(err, ErrBadFrame):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// presenceWait bounds the answer to a presence check: an idle card answers at once, whatever waiting time it announced.
const presenceWait = 200 * time.Millisecond

// Present asks whether the card is still there, without disturbing it: R(NAK) with a number that is not the card's is answered by
// R(ACK) (rule 12). Errors as Transmit's, which end the session.
func (s *Session) Present(ctx context.Context) error {
	if s.dead != nil {
		return fmt.Errorf("session ended before: %w", s.dead)
	}
	for r := (recovery{}); ; {
		b, err := s.exchange(ctx, s.short(pcbNAK), min(s.fwt, presenceWait))
		if err == nil && b.kind == kindACK && b.number != s.number {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("answer to presence check: %w", ErrProtocol)
		}
		if r.over(err) {
			s.dead = final(err)
			return s.dead
		}
	}
}

// Deselect ends the session (§8): the card goes to HALT. The request is sent again once when the answer is missing or damaged.
func (s *Session) Deselect(ctx context.Context) error {
	if s.dead != nil {
		return nil
	}
	s.dead = errors.New("card deselected")
	var err error
	for range 2 {
		var b block
		if b, err = s.exchange(ctx, s.short(pcbDeselect), activationWait); err == nil && b.kind == kindDeselect {
			return nil
		}
	}
	if err == nil {
		err = ErrProtocol
	}
	return fmt.Errorf("deselect card: %w", final(err))
}
