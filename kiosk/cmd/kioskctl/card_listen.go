package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"motcua/drivers/pn532/pn532test"
	"motcua/kiosk"
)

func init() { listeners["pty"] = listenPTY }

// listening is the event of a simulated reader that can be opened.
type listening struct {
	Event string `json:"event"`
	Path  string `json:"path"`
}

// listenPTY puts the simulated chip on a simulated PN532 behind a pseudo terminal: `card read -reader pn532:PATH` reads it through
// the kernel's serial port. variant names a kind of board; "" is the genuine chip.
func listenPTY(ctx context.Context, s *simulation, variant string) error {
	d, err := pn532test.New(pn532test.Options{Variant: variant})
	if err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "simulate card", "use pty or pty:VARIANT, one of "+variantNames(), "%w", err)
	}
	defer func() { _ = d.Close() }() // it ends with the command
	p, err := d.ServePTY(ctx)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeUnavailable, "simulate card", "mount devpts on /dev/pts", "%w", err)
	}
	defer func() { _ = p.Close() }()
	if err := s.offer(p.Path); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	defer func() { cancel(); <-ended }()
	go func() {
		defer close(ended)
		s.tellPresence(ctx)
	}()
	if err := d.Follow(ctx, s.slot, s.radioSide()); !errors.Is(err, context.Canceled) {
		return err
	}
	return context.Canceled
}

// radioSide gives the card's side of the radio. A chip that wants more time than it was given asks for the longest extension before
// every answer: ISO/IEC 14443-4 §7.3 allows 59 times the frame waiting time.
func (s *simulation) radioSide() pn532test.CardOptions {
	if s.chip.Latency().Extensions > 0 {
		return pn532test.CardOptions{WTX: longestWTX}
	}
	return pn532test.CardOptions{}
}

const longestWTX = 59

// offer prints the path a reader can be opened at.
func (s *simulation) offer(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.console.json {
		return json.NewEncoder(s.console.out).Encode(listening{"listening", path})
	}
	_, err := fmt.Fprintf(s.console.out, "listening on %s: kioskctl card read -reader pn532:%s\n", path, path)
	return err
}

// tellPresence says when the card comes and goes, until ctx ends.
func (s *simulation) tellPresence(ctx context.Context) {
	for {
		if s.slot.Wait(ctx, true) != nil {
			return
		}
		s.say("inserted")
		if s.slot.Wait(ctx, false) != nil {
			return
		}
		s.say("removed")
	}
}

func variantNames() string {
	var names []string
	for _, v := range pn532test.Variants() {
		names = append(names, v.Name)
	}
	return strings.Join(names, ", ")
}
