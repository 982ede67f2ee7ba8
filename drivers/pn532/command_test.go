package pn532

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

var version = []byte{0x32, 1, 6, 7}

// Every way a conversation can go wrong on the wire, each with its exact outcome.
func TestCommandFaults(t *testing.T) {
	good := reply(0x03, 0x32, 1, 6, 7)
	zero := reply(0x03, 0x32, 0, 6, 7)
	extended := append([]byte{0x03}, make([]byte, 258)...)
	garbage := []byte{0x55, 0, 0, 0xAA, 0xFF, 0x12, 0}
	for name, c := range map[string]struct {
		answers [][]byte // to the frames of the host, in turn; nil is silence
		pieces  int
		want    []byte
		err     error
		sent    int // frames the host sends in all
	}{
		"as it should be":              {answers: [][]byte{acked(0x03, 0x32, 1, 6, 7)}, want: version, sent: 1},
		"byte by byte":                 {answers: [][]byte{acked(0x03, 0x32, 1, 6, 7)}, pieces: 1, want: version, sent: 1},
		"garbage before the ACK":       {answers: [][]byte{join(garbage, acked(0x03, 0x32, 1, 6, 7))}, want: version, sent: 1},
		"garbage before the answer":    {answers: [][]byte{join(ackFrame, garbage, good)}, want: version, sent: 1},
		"no preamble":                  {answers: [][]byte{join(ackFrame[1:5], good[1:])}, want: version, sent: 1},
		"a zero lost on the way":       {answers: [][]byte{join(ackFrame, zero[:8], zero[9:]), zero}, want: []byte{0x32, 0, 6, 7}, sent: 2},
		"a zero too many":              {answers: [][]byte{join(ackFrame, zero[:9], zero[8:]), zero}, want: []byte{0x32, 0, 6, 7}, sent: 2},
		"extended frame":               {answers: [][]byte{join(ackFrame, reply(extended...))}, want: extended[1:], sent: 1},
		"ACK twice":                    {answers: [][]byte{join(ackFrame, ackFrame, good)}, want: version, sent: 1},
		"ACK lost":                     {answers: [][]byte{good}, want: version, sent: 1},
		"ACK damaged":                  {answers: [][]byte{join(damagedAt(ackFrame, 4), good)}, want: version, sent: 1},
		"ACK beyond recognition":       {answers: [][]byte{join(damagedAt(ackFrame, 2), good)}, want: version, sent: 1},
		"NACK, then understood":        {answers: [][]byte{nackFrame, acked(0x03, 0x32, 1, 6, 7)}, want: version, sent: 2},
		"NACK for good":                {answers: [][]byte{nackFrame, nackFrame, nackFrame, nil}, err: errGarble, sent: 4},
		"error frame for the ACK":      {answers: [][]byte{{0, 0, 0xFF, 1, 0xFF, 0x7F, 0x81, 0}}, err: errSyntax, sent: 1},
		"error frame for the answer":   {answers: [][]byte{join(ackFrame, []byte{0, 0, 0xFF, 1, 0xFF, 0x7F, 0x81, 0})}, err: errSyntax, sent: 1},
		"answer damaged once":          {answers: [][]byte{join(ackFrame, damagedAt(good, 8)), good}, want: version, sent: 2},
		"length damaged once":          {answers: [][]byte{join(ackFrame, damagedAt(good, 3)), good}, want: version, sent: 2},
		"identifier damaged once":      {answers: [][]byte{join(ackFrame, damagedAt(good, 5)), good}, want: version, sent: 2},
		"answer damaged for good":      {answers: [][]byte{join(ackFrame, damagedAt(good, 8)), damagedAt(good, 8), damagedAt(good, 8), nil}, err: errGarble, sent: 4},
		"length beyond any":            {answers: [][]byte{join(ackFrame, []byte{0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0x81}), good}, want: version, sent: 2},
		"length zero, extended":        {answers: [][]byte{join(ackFrame, []byte{0, 0, 0xFF, 0xFF, 0xFF, 0, 0, 0}), good}, want: version, sent: 2},
		"late answer to another":       {answers: [][]byte{join(reply(0x43, 1), acked(0x03, 0x32, 1, 6, 7))}, want: version, sent: 1},
		"another's answer for ours":    {answers: [][]byte{join(ackFrame, reply(0x43, 1), good)}, want: version, sent: 1},
		"silence":                      {answers: [][]byte{nil, nil}, err: errSilent, sent: 2},
		"ACK, then silence":            {answers: [][]byte{ackFrame, nil}, err: errSilent, sent: 2},
		"half an answer, then all":     {answers: [][]byte{join(ackFrame, good[:9]), good}, want: version, sent: 2},
		"half an answer, then silence": {answers: [][]byte{join(ackFrame, good[:9]), nil}, err: errSilent, sent: 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := &fakeUART{name: "fake", pieces: c.pieces, answer: func(n int, _ []byte) []byte {
				if n < len(c.answers) {
					return c.answers[n]
				}
				return nil
			}}
			ch := openFake(t, p)
			size := 4
			if name == "extended frame" {
				size = 258
			}
			got, err := ch.do(context.Background(), 30*time.Millisecond, size, cmdGetFirmwareVersion)
			if !errors.Is(err, c.err) || !bytes.Equal(got, c.want) {
				t.Errorf("%X, %v", got, err)
			}
			sent := p.frames()
			if len(sent) != c.sent {
				t.Errorf("the host sent %X", sent)
			}
			if errors.Is(c.err, errSilent) && !bytes.Equal(sent[len(sent)-1], ackFrame) {
				t.Errorf("not aborted: %X", sent)
			}
			for _, f := range sent[1:] {
				if c.err == nil && name != "NACK, then understood" && !bytes.Equal(f, nackFrame) {
					t.Errorf("the command was sent again: %X", sent)
				}
			}
		})
	}
}

// An answer to a command given up must not be taken for the answer to the next command of the same code.
func TestLateAnswerAfterAbort(t *testing.T) {
	old, fresh := acked(0x43, 0, 0x0D), acked(0x43, 0, 0x0E)
	p := &fakeUART{name: "fake", answer: func(n int, f []byte) []byte {
		switch {
		case n == 0:
			return ackFrame // and silence
		case bytes.Equal(f, ackFrame):
			return nil // the abort comes too late for the chip
		case f[0] == cmdGetFirmwareVersion:
			return join(old[len(ackFrame):], acked(0x03, 0x32, 1, 6, 7))
		}
		return fresh
	}}
	c := openFake(t, p)
	ctx := context.Background()
	if _, err := c.do(ctx, time.Millisecond, 10, cmdInCommunicateThru, 1); !errors.Is(err, errSilent) {
		t.Fatal(err)
	}
	got, err := c.do(ctx, time.Second, 10, cmdInCommunicateThru, 2)
	if err != nil || !bytes.Equal(got, []byte{0, 0x0E}) {
		t.Errorf("%X, %v", got, err)
	}
}

// A context that ends gives the caller back within 100 ms, aborts the chip, and the next command works.
func TestContextEndsCommand(t *testing.T) {
	p := &fakeUART{name: "fake", answer: func(n int, f []byte) []byte {
		switch {
		case n == 0:
			return ackFrame
		case bytes.Equal(f, ackFrame):
			return nil
		}
		return acked(0x03, 0x32, 1, 6, 7)
	}}
	c := openFake(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	stop := time.AfterFunc(20*time.Millisecond, cancel)
	defer stop.Stop()
	start := time.Now()
	_, err := c.do(ctx, time.Minute, 4, cmdInListPassive, 1, 0)
	if took := time.Since(start); !errors.Is(err, context.Canceled) || took > 120*time.Millisecond {
		t.Errorf("%v after %v", err, took)
	}
	if sent := p.frames(); !bytes.Equal(sent[len(sent)-1], ackFrame) {
		t.Errorf("not aborted: %X", sent)
	}
	if got, err := c.do(context.Background(), time.Second, 4, cmdGetFirmwareVersion); err != nil || !bytes.Equal(got, version) {
		t.Errorf("after an abort: %X %v", got, err)
	}
}
