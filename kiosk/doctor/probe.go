package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"motcua/kiosk"
)

// Database checks that the database opens, is whole, and writes so that a power cut loses nothing acknowledged. probe makes
// these checks and gives the size of the file; not_found means that kioskd has not made it yet.
func Database(probe func(context.Context) (bytes int64, err error)) Check {
	return Check{Name: "database", Timeout: time.Minute, Run: func(ctx context.Context) Finding {
		n, err := probe(ctx)
		switch {
		case kiosk.CodeOf(err) == kiosk.CodeNotFound:
			return Missing("there is no database yet", "start kioskd once: it makes the database")
		case err != nil:
			return FromError(err)
		}
		return Good("whole, WAL, synchronous FULL, %d KB", n>>10)
	}}
}

// OpenCV checks that the vision library can be used. probe makes a small real computation and says which.
func OpenCV(probe func(context.Context) (text string, err error)) Check {
	return Check{Name: "opencv", Timeout: 30 * time.Second, Run: func(ctx context.Context) Finding {
		text, err := probe(ctx)
		if err != nil {
			return FromError(err)
		}
		return Good("%s", text)
	}}
}

// Reader checks that the card reader is there and answers. kind is that of the configuration; probe gives the reader's name.
func Reader(kind string, probe func(context.Context) (name string, err error)) Check {
	return Check{Name: "reader", Run: func(ctx context.Context) Finding {
		if kind == "none" {
			return Missing("no reader is configured", "")
		}
		name, err := probe(ctx)
		if err != nil {
			return FromError(err)
		}
		return Good("%s", name)
	}}
}

// PrinterState is what a printer tells of itself.
type PrinterState struct {
	Low  bool // the paper will end soon
	Held bool // another process has the printer, and it is not a kioskd that could be asked
}

// Printer checks that the receipt printer answers and can print. device is that of the configuration; probe asks the printer.
// Without it the citizens photograph the code on the screen, but a printer that is configured and cannot print wants somebody.
func Printer(device string, probe func(context.Context) (PrinterState, error)) Check {
	return Check{Name: "printer", Run: func(ctx context.Context) Finding {
		if device == "none" {
			return Missing("no printer is configured", "")
		}
		s, err := probe(ctx)
		switch {
		case err != nil:
			return FromError(err)
		case s.Held:
			return Warned(FaultHangs, device+" is in use by another process", "end that process, or ask again while kioskd runs")
		case s.Low:
			return Warned(FaultPaperLow, "the roll of paper is nearly empty", "put a new roll in soon")
		}
		return Good("%s answers, has paper, and the cover is closed", device)
	}}
}

// Panel checks the lamps and the sensor of the case. kind is that of the configuration; probe takes the lines and describes them.
func Panel(kind string, probe func() (text string, err error)) Check {
	return Check{Name: "panel", Run: func(context.Context) Finding {
		if kind == "none" {
			return Missing("no lamps and no sensor are configured", "")
		}
		text, err := probe()
		if err != nil {
			return FromError(err)
		}
		return Good("%s", text)
	}}
}

// TrustState is what was found in the folder of trust anchors.
type TrustState struct {
	Anchors  int       // certificates that end a chain
	Date     time.Time // when the newest list was signed; zero when none is
	Problems []string  // files that cannot be used, lists that have ended
}

// trustOld is the age at which a list of trust anchors should have been replaced: countries change their keys every few years, and
// revoke between.
const trustOld = 400 * 24 * time.Hour

// Trust checks that there are trust anchors, and that what lies in the folder can be used and has not ended.
func Trust(dir string, look func(dir string) (TrustState, error), now func() time.Time) Check {
	return Check{Name: "trust", Run: func(context.Context) Finding {
		const fix = "put the CSCA certificates into this folder; until then no card can be verified and every citizen goes to the officer"
		s, err := look(dir)
		if err != nil {
			f := FromError(err)
			if f.Fix == "" {
				f.Fix = fix
			}
			return f
		}
		switch {
		case s.Anchors == 0:
			return Warned(FaultTrustEmpty, "there is no trust anchor in "+dir, fix)
		case len(s.Problems) > 0:
			return Warned(FaultTrustOld, fmt.Sprintf("%d trust anchors in %s; %s", s.Anchors, dir, strings.Join(s.Problems, "; ")), "replace or remove these files")
		case s.Date.IsZero():
			return Good("%d trust anchors in %s", s.Anchors, dir)
		case now().Sub(s.Date) > trustOld:
			return Warned(FaultTrustOld, fmt.Sprintf("%d trust anchors in %s, the newest list of %s is older than a year", s.Anchors, dir, s.Date.Format(time.DateOnly)), "install the newest list")
		}
		return Good("%d trust anchors in %s, the newest list of %s", s.Anchors, dir, s.Date.Format(time.DateOnly))
	}}
}

// CatalogueState is which procedures are in use.
type CatalogueState struct {
	Version string
	Count   int
	Made    time.Time // when a signed bundle was made; zero for a file and the starter catalogue, which tell no date
}

// catalogueOld is the age at which procedures and fees should have been looked over.
const catalogueOld = 180 * 24 * time.Hour

// Catalogue checks that the procedures can be loaded, and how old they are.
func Catalogue(load func() (CatalogueState, error), now func() time.Time) Check {
	return Check{Name: "catalogue", Run: func(context.Context) Finding {
		s, err := load()
		switch {
		case err != nil:
			return FromError(err)
		case s.Made.IsZero():
			return Good("%d procedures, version %s, of no told age", s.Count, s.Version)
		case now().Sub(s.Made) > catalogueOld:
			return Warned(FaultCatalogueOld, fmt.Sprintf("%d procedures, version %s, made on %s", s.Count, s.Version, day(s.Made)), "install a newer bundle that the office has signed")
		}
		return Good("%d procedures, version %s, made on %s", s.Count, s.Version, day(s.Made))
	}}
}

// calendarSoon is how long before its end a calendar needs a person.
const calendarSoon = 60 * 24 * time.Hour

// Calendar checks that the working days can be reckoned, and for how long they are known.
func Calendar(load func() (until time.Time, err error), now func() time.Time) Check {
	return Check{Name: "calendar", Run: func(context.Context) Finding {
		until, err := load()
		if err != nil {
			return FromError(err)
		}
		if until.Sub(now()) < calendarSoon {
			return Warned(FaultCalendarEnds, "the calendar knows the days until "+until.Format(time.DateOnly)+" only", "install the calendar of the next year")
		}
		return Good("knows the days until %s", until.Format(time.DateOnly))
	}}
}

// Bundles checks that no signed bundle was refused and that those in use are in force.
func Bundles(alarms func() ([]string, error)) Check {
	return Check{Name: "bundles", Run: func(context.Context) Finding {
		const fix = "look with kioskctl bundle show, and install a bundle that the office has signed"
		list, err := alarms()
		switch {
		case err != nil:
			return FromError(err)
		case len(list) > 0:
			return Failed(FaultBundle, strings.Join(list, "; "), fix)
		}
		return Good("nothing was refused")
	}}
}

// Places checks the list of provinces and communes; count is 0 when none is configured.
func Places(load func() (count int, err error)) Check {
	return Check{Name: "places", Run: func(context.Context) Finding {
		n, err := load()
		switch {
		case err != nil:
			return FromError(err)
		case n == 0:
			return Missing("no list of provinces and communes is configured", "")
		}
		return Good("%d provinces and communes", n)
	}}
}

// ErrNoCard tells that nobody put a card on the reader.
var ErrNoCard = errors.New("no card is on the reader")

// Card checks the reader with a card on it: any identity card does. look powers the chip and asks what it hands to everybody (which
// access it offers), so nothing of a person is read, and describes it.
func Card(kind string, look func(context.Context) (text string, err error)) Check {
	return Check{Name: "card", Asked: true, Timeout: 20 * time.Second, Run: func(ctx context.Context) Finding {
		if kind == "none" {
			return Missing("no reader is configured", "")
		}
		text, err := look(ctx)
		switch {
		case errors.Is(err, ErrNoCard):
			return Warned(FaultNoCard, "no card is on the reader", "put an identity card on the reader and try again")
		case err != nil:
			return FromError(err)
		}
		return Good("%s", text)
	}}
}

// Office checks that the back office answers. A kiosk without it keeps taking dossiers in, so silence is a warning.
func Office(ping func(context.Context) error) Check {
	return Check{Name: "office", Run: func(ctx context.Context) Finding {
		start := time.Now()
		err := ping(ctx)
		if err == nil {
			return Good("answers in %d ms", time.Since(start).Milliseconds())
		}
		f := FromError(err)
		if kiosk.CodeOf(err) == kiosk.CodeOfficeOffline {
			f.Result = Warn
		}
		return f
	}}
}

// Ready checks a part by its Ready function: camera, matcher, voice, outbox.
func Ready(name, good string, ready func() error) Check {
	return Check{Name: name, Run: func(context.Context) Finding {
		if err := ready(); err != nil {
			return FromError(err)
		}
		return Good("%s", good)
	}}
}

// queueOld is the age at which a waiting dossier needs a person.
const queueOld = 24 * time.Hour

// Outbox checks what waits for the back office.
func Outbox(stats func(context.Context) (kiosk.OutboxStats, error)) Check {
	return Check{Name: "outbox", Run: func(ctx context.Context) Finding {
		s, err := stats(ctx)
		if err != nil {
			return FromError(err)
		}
		text := fmt.Sprintf("%d dossiers wait, the oldest for %s", s.Unsent, s.OldestAge.Round(time.Minute))
		switch {
		case s.Quarantine > 0:
			return Failed(FaultQuarantine, fmt.Sprintf("%d dossiers were refused and wait for a technician", s.Quarantine), "look at them with: kioskctl outbox list")
		case s.Unsent == 0:
			return Good("nothing waits")
		case s.OldestAge > queueOld:
			return Warned(FaultQueueOld, text, "check the network and the back office")
		}
		return Good("%s", text)
	}}
}

// Audit checks the hash chain. verify gives the number of good records, and the first broken one with the reason, 0 for none.
func Audit(verify func(context.Context) (records, broken int64, reason string, err error)) Check {
	return Check{Name: "audit", Timeout: time.Minute, Run: func(ctx context.Context) Finding {
		n, broken, reason, err := verify(ctx)
		if err != nil {
			return FromError(err)
		}
		if broken != 0 {
			return Failed(FaultAudit, fmt.Sprintf("the chain breaks at record %d (%s)", broken, reason), "keep the disk and call the security officer: somebody changed the log")
		}
		return Good("%d records, unbroken", n)
	}}
}

// Languages checks the packs of further languages: what cannot be used of them is left out, and people read Vietnamese in its place.
func Languages(dir string, load func() (tags []string, err error)) Check {
	return Check{Name: "languages", Run: func(context.Context) Finding {
		tags, err := load()
		switch {
		case err != nil:
			return Warned(FaultLanguages, strings.ReplaceAll(err.Error(), "\n", "; "), "correct the language packs in [ui] languages, or take them out")
		case dir == "":
			return Missing("no further languages are configured", "")
		}
		return Good("%s", strings.Join(tags, ", "))
	}}
}
