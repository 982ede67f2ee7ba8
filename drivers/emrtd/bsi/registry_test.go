package bsi

import (
	"fmt"
	"strings"
	"testing"
)

// procedure is how a case is run here.
type procedure struct {
	text string // one sentence: the state of the chip, and what the reader must do
	run  func(t *testing.T, b *bench)
}

// procedures are the registered cases by number.
var procedures = map[string]procedure{}

// register makes a case known; the files of the units call it from init. The text says in one sentence what is done and what
// is expected.
func register(id, text string, run func(t *testing.T, b *bench)) {
	if _, twice := procedures[id]; twice {
		panic("registered twice: " + id)
	}
	procedures[id] = procedure{text: text, run: run}
}

// cases registers variations of one procedure: the numbers and texts stand in a table of the unit.
func cases[T any](table []T, id func(T) string, text func(T) string, run func(t *testing.T, b *bench, c T)) {
	for _, c := range table {
		register(id(c), text(c), func(t *testing.T, b *bench) { run(t, b, c) })
	}
}

// result is what became of a case.
type result struct {
	Case
	text, outcome, note string
}

// The outcomes of a case.
const (
	passed        = "passed"
	failed        = "failed"
	notApplicable = "not applicable"
)

// report writes the results as a Markdown table with a last line of totals.
func report(results []result) string {
	var b strings.Builder
	count := map[string]int{}
	b.WriteString("# BSI TR-03105 Part 5.1 v1.5\n\n| case | title | result | what was done and expected, or why not |\n|---|---|---|---|\n")
	for _, r := range results {
		count[r.outcome]++
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.ID, cell(r.Title), r.outcome, cell(strings.TrimSpace(r.note+" "+r.text)))
	}
	fmt.Fprintf(&b, "\n%s\n", totals(count))
	return b.String()
}

func totals(count map[string]int) string {
	return fmt.Sprintf("%d passed, %d failed, %d not applicable", count[passed], count[failed], count[notApplicable])
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "/") }
