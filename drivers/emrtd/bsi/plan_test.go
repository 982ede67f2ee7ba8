package bsi

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var (
	reportFile = flag.String("report", "", "write the table of results to this file")
	complete   = flag.Bool("complete", true, "fail for applicable cases that nobody registered")
)

// TestPlan runs every applicable case as a subtest named by its number, and writes the report when all have ended.
func TestPlan(t *testing.T) {
	b := newBench(t)
	results := make([]result, len(plan))
	t.Cleanup(func() { conclude(t, results) })
	for i, c := range Plan() {
		results[i] = result{Case: c, outcome: notApplicable, note: c.Not}
		if c.Applies() {
			runCase(t, b, &results[i])
		}
	}
}

// conclude counts and reports.
func conclude(t *testing.T, results []result) {
	count := map[string]int{}
	for _, r := range results {
		count[r.outcome]++
	}
	t.Log(totals(count))
	if *reportFile == "" {
		return
	}
	if err := os.WriteFile(*reportFile, []byte(report(results)), 0o644); err != nil {
		t.Errorf("write the report: %v", err)
	}
}

// runCase starts one case beside the others. One that skips itself, or was not chosen to run, has not passed.
func runCase(t *testing.T, b *bench, r *result) {
	p, ok := procedures[r.ID]
	r.outcome, r.text, r.note = failed, p.text, "not run."
	if !ok {
		r.note = "nobody has registered this case"
		if *complete {
			t.Run(r.ID, func(t *testing.T) { t.Error(r.note) })
		}
		return
	}
	t.Run(r.ID, func(t *testing.T) {
		t.Parallel()
		r.note = ""
		defer func() {
			switch {
			case t.Skipped():
				r.note = "skipped."
				t.Error("a case that is skipped has not passed")
			case !t.Failed():
				r.outcome = passed
			}
		}()
		t.Log(r.Title + ": " + p.text)
		p.run(t, b)
	})
}

// The table has the guideline's 338 cases, of which 268 apply.
func TestPlanTable(t *testing.T) {
	applies, seen := 0, map[string]bool{}
	for _, c := range Plan() {
		if seen[c.ID] || c.Title == "" {
			t.Errorf("%q stands twice in the table or has no title", c.ID)
		}
		seen[c.ID] = true
		if c.Applies() {
			applies++
		}
	}
	if len(seen) != 338 || applies != 268 {
		t.Errorf("%d cases, %d apply; want 338 and 268", len(seen), applies)
	}
}

// What is registered is in the plan, applies and has a text.
func TestRegistry(t *testing.T) {
	applies := map[string]bool{}
	for _, c := range Plan() {
		applies[c.ID] = c.Applies()
	}
	for id, p := range procedures {
		if !applies[id] {
			t.Errorf("%s is registered and does not apply", id)
		}
		if len(p.text) < 20 {
			t.Errorf("%s: the text does not say what is done", id)
		}
	}
}

// The report counts every outcome.
func TestReport(t *testing.T) {
	text := report([]result{
		{Case: Case{ID: "X_01", Title: "a|b"}, outcome: passed, text: "done"},
		{Case: Case{ID: "X_02"}, outcome: failed}, {Case: Case{ID: "X_03"}, outcome: notApplicable, note: "because"},
	})
	if !strings.HasSuffix(text, "\n1 passed, 1 failed, 1 not applicable\n") || !strings.Contains(text, "| X_01 | a/b | passed | done |") {
		t.Error(text)
	}
}
