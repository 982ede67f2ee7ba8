package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pcsc/vpcd"
	"motcua/kiosk"
)

// listeners are the ways to offer a simulated chip, by the word before the colon of -listen. Each serves until ctx ends.
var listeners = map[string]func(ctx context.Context, s *simulation, address string) error{
	"vpcd": func(ctx context.Context, s *simulation, address string) error {
		return vpcd.Serve(ctx, orDefault(address, vpcd.Address), s.slot, s.say)
	},
}

// cardSimulate is `kioskctl card simulate -card FILE -listen vpcd[:ADDR]|pty`: the simulated chip in the virtual reader of pcscd,
// or on a PN532 behind a pseudo terminal, until interrupted. A card that a fault tore away comes back after -back. -fault list
// prints the faults.
func cardSimulate(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("card simulate", "")
	file := fs.String("card", "", "card file made by card issue")
	fault := fs.String("fault", "", "a fault by name, or list to see them all")
	link := fs.Int("link", 0, "time model of the radio link: 106, 212, 424 or 848 kbit/s")
	listen := fs.String("listen", "vpcd", "vpcd[:HOST:PORT], the virtual reader of pcscd, or pty")
	back := fs.Duration("back", 2*time.Second, "when a torn card comes back; 0 never")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if *fault == "list" {
		return c.listFaults()
	}
	kind, addr, _ := strings.Cut(*listen, ":")
	serve, ok := listeners[kind]
	if !ok {
		return c.usageError("no way to listen %q: use %s", *listen, strings.Join(slices.Sorted(maps.Keys(listeners)), " or "))
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
		returning, cancel := context.WithCancel(ctx)
		ended := make(chan struct{})
		defer func() { cancel(); <-ended }()
		go func() { defer close(ended); s.bringBack(returning, *back) }()
	}
	err = serve(ctx, s, addr)
	if errors.Is(err, context.Canceled) {
		return exitGood
	}
	return c.fail(err)
}

// listedFault is a fault as -fault list prints it.
type listedFault struct {
	Name    string          `json:"name"`
	Aliases []string        `json:"aliases,omitempty"`
	Text    string          `json:"text"`
	Code    kiosk.Code      `json:"code,omitempty"`    // the read fails with this code…
	Verdict kiosk.Verdict   `json:"verdict,omitempty"` // …or ends with this verdict…
	Check   kiosk.CheckName `json:"check,omitempty"`   // …because of this check
}

// listFaults prints every fault with what a reader must make of it.
func (c *console) listFaults() exitCode {
	var list []listedFault
	for _, f := range emrtdtest.Faults() {
		list = append(list, listedFault{f.Name, f.Aliases, f.Text, f.Code, f.Verdict, f.Check})
	}
	return c.report(exitGood, list, func(w io.Writer) {
		for _, f := range list {
			outcome := string(f.Verdict)
			if f.Check != "" {
				outcome += ", " + string(f.Check)
			}
			if f.Code != "" {
				outcome = "error " + string(f.Code)
			}
			fmt.Fprintf(w, "%s\n    %s: %s\n", strings.Join(append([]string{f.Name}, f.Aliases...), ", "), f.Text, outcome)
		}
	})
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
