package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pcsc/vpcd"
	"motcua/kiosk"
)

// cardSimulate is `kioskctl card simulate -card FILE -listen vpcd[:ADDR]`: the simulated chip in the virtual reader of pcscd,
// until interrupted. A card that a fault tore away comes back after -back.
func cardSimulate(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("card simulate", "")
	file := fs.String("card", "", "card file made by card issue")
	fault := fs.String("fault", "", "a fault by name: "+faultNames())
	link := fs.Int("link", 0, "time model of the radio link: 106, 212, 424 or 848 kbit/s")
	listen := fs.String("listen", "vpcd", "vpcd[:HOST:PORT], the virtual reader of pcscd, or pty")
	back := fs.Duration("back", 2*time.Second, "when a torn card comes back; 0 never")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	kind, addr, _ := strings.Cut(*listen, ":")
	switch {
	case kind == "pty":
		return c.fail(kiosk.Errorf(kiosk.CodeUnavailable, "simulate card", "use -listen vpcd", "this build has no PN532 on a pty"))
	case kind != "vpcd":
		return c.usageError("no way to listen %q: use vpcd or vpcd:HOST:PORT", *listen)
	}
	card, err := openCard(*file)
	if err != nil {
		return c.fail(err)
	}
	chip, err := openChip(card, *fault, *link)
	if err != nil {
		return c.fail(err)
	}
	s := &simulation{console: c, slot: emrtdtest.NewSlot(emrtdtest.SlotOptions{}), chip: chip}
	s.slot.Insert(chip)
	if *back > 0 {
		ended := make(chan struct{})
		defer func() { <-ended }()
		go func() { defer close(ended); s.bringBack(ctx, *back) }()
	}
	err = vpcd.Serve(ctx, orDefault(addr, vpcd.Address), s.slot, s.say)
	if errors.Is(err, context.Canceled) {
		return exitGood
	}
	return c.fail(err)
}

// simulation is a chip in the virtual reader.
type simulation struct {
	console *console
	slot    *emrtdtest.Slot
	chip    *emrtdtest.Chip
	mu      sync.Mutex
	last    string
}

// say reports an event once. With -json each is a line of its own.
func (s *simulation) say(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if event == s.last {
		return
	}
	s.last = event
	if s.console.json {
		fmt.Fprintf(s.console.out, "{\"event\":%q}\n", event)
		return
	}
	text := map[string]string{
		"waiting":  "waiting for pcscd with a virtual reader (systemctl start pcscd.socket; apt install vsmartcard-vpcd)",
		"inserted": "card inserted",
		"removed":  "card removed",
	}[event]
	fmt.Fprintln(s.console.out, text)
}

// bringBack inserts the chip again some time after it was torn away.
func (s *simulation) bringBack(ctx context.Context, after time.Duration) {
	for s.slot.Wait(ctx, false) == nil {
		t := time.NewTimer(after)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
			s.slot.Insert(s.chip)
		}
	}
}
