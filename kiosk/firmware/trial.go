package firmware

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Trial is kept on the data partition while a new image shows what it is worth.
type Trial struct {
	Slot    Slot      `json:"slot"`
	Release Release   `json:"release"`
	From    Release   `json:"from"` // what ran before
	At      time.Time `json:"at"`
	Before  Health    `json:"before"`
}

// Health is what is looked at: of a machine before an update, and of the same machine after it.
type Health struct {
	Painted bool     `json:"painted"` // the citizen's page was drawn, and said so
	Failing []string `json:"failing"` // names of the doctor's checks that fail
	Outbox  []string `json:"outbox"`  // identifiers of the dossiers in the outbox, delivered ones too
	Fault   string   `json:"fault"`   // why the outbox could not be read, "" when it could
}

// Judge gives what speaks against keeping an image, "" for nothing. before is nil where there is nothing to compare with: then
// only what every start needs is asked. A device that was broken before is no fault of the image.
func Judge(before *Health, now Health) string {
	switch {
	case !now.Painted:
		return "the page was not painted"
	case now.Fault != "":
		return "the outbox cannot be read: " + now.Fault
	case before == nil:
		return ""
	}
	for _, id := range before.Outbox {
		if !slices.Contains(now.Outbox, id) {
			return "a dossier is missing from the outbox"
		}
	}
	var worse []string
	for _, name := range now.Failing {
		if !slices.Contains(before.Failing, name) {
			worse = append(worse, name)
		}
	}
	if len(worse) > 0 {
		return "checks fail that did not before: " + strings.Join(worse, ", ")
	}
	return ""
}

// Verdict is what came of a start.
type Verdict string

// The verdicts.
const (
	Taken      Verdict = "kept"        // the new image is good and stays
	RolledBack Verdict = "rolled_back" // it was left for the one before, at once
	FellBack   Verdict = "fell_back"   // it never came up: the boot loader went back by itself
	Healthy    Verdict = "healthy"     // no trial: the image is good as before
	Unhealthy  Verdict = "unhealthy"   // no trial, and something is wrong: nothing is switched, the tries are not renewed
	Stuck      Verdict = "stuck"       // the trial failed and there is no other slot to go back to
)

// Outcome is the last verdict on a release, for people.
type Outcome struct {
	Verdict Verdict   `json:"verdict"`
	Release Release   `json:"release"`
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at"`
}

// Conclude decides what a start comes to: the verdict on it, the state to store, and whether to start anew. reason is that of
// [Judge]; trial is nil when there is none.
func Conclude(s State, running Slot, trial *Trial, reason string) (v Verdict, next State, restart bool) {
	switch {
	case trial == nil && reason == "":
		return Healthy, s.Good(running), false
	case trial == nil:
		return Unhealthy, s, false
	case trial.Slot != running: // the other slot was on trial, and this one runs
		n := s.Good(running)
		n.Left[running.Other()] = 0
		return FellBack, n, false
	case reason == "":
		return Taken, s.Good(running), false
	}
	if n, ok := s.Bad(running); ok {
		return RolledBack, n, true
	}
	return Stuck, s, false
}

// String names a release for people.
func (r Release) String() string { return fmt.Sprintf("%s (release %d)", r.Version, r.Serial) }
