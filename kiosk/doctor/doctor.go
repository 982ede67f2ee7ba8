package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"motcua/kiosk"
)

// Result is how a check ended.
type Result string

// The results. Only [Fail] makes a machine not ok.
const (
	OK     Result = "ok"
	Warn   Result = "warn"   // works, but somebody should act soon
	Fail   Result = "fail"   // does not work, and the kiosk needs it
	Absent Result = "absent" // the configuration does without it
)

// Finding is what a check saw. Text and Fix hold no personal data; Fix is empty when there is nothing to do. Fault names what is
// wrong, from a closed list, so that it can be told in Vietnamese ([Finding.Told]) and counted.
type Finding struct {
	Name   string `json:"name"`
	Result Result `json:"result"`
	Text   string `json:"text"`
	Fix    string `json:"fix"`
	Fault  Fault  `json:"fault,omitempty"` // "" when all is well
}

// Check is one check. Run leaves Name to [Run].
type Check struct {
	Name    string
	Asked   bool          // only when asked for by its name: it needs somebody there, or disturbs
	Timeout time.Duration // 0 means [DefaultTimeout]
	Run     func(ctx context.Context) Finding
}

// DefaultTimeout is how long a check may take.
const DefaultTimeout = 10 * time.Second

// Report is the outcome of all checks, in the order of the list.
type Report struct {
	OK     bool      `json:"ok"` // no check failed
	Checks []Finding `json:"checks"`
}

// Pick keeps the named checks, in the order of the names; without names, every one that need not be asked for. It gives the names that
// no check has.
func Pick(checks []Check, names ...string) (kept []Check, unknown []string) {
	if len(names) == 0 {
		for _, c := range checks {
			if !c.Asked {
				kept = append(kept, c)
			}
		}
		return kept, nil
	}
	for _, n := range names {
		i := slices.IndexFunc(checks, func(c Check) bool { return c.Name == n })
		if i < 0 {
			unknown = append(unknown, n)
			continue
		}
		kept = append(kept, checks[i])
	}
	return kept, unknown
}

// Count gives how many checks ended with r.
func (r Report) Count(result Result) int {
	n := 0
	for _, c := range r.Checks {
		if c.Result == result {
			n++
		}
	}
	return n
}

// Run makes all checks at the same time. It returns when the last is done or out of time, even when a check ignores its context.
func Run(ctx context.Context, checks []Check) Report {
	rep := Report{OK: true, Checks: make([]Finding, len(checks))}
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { rep.Checks[i] = c.once(ctx) })
	}
	wg.Wait()
	for _, f := range rep.Checks {
		rep.OK = rep.OK && f.Result != Fail
	}
	return rep
}

func (c Check) once(ctx context.Context) Finding {
	limit := c.Timeout
	if limit <= 0 {
		limit = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan Finding, 1)
	go func() { done <- c.guarded(ctx) }()
	var f Finding
	select {
	case f = <-done:
	case <-ctx.Done():
		f = Failed(FaultHangs, "did not answer within "+limit.String(), "unplug the device or restart what it talks to, then try again")
	}
	f.Name = c.Name
	return f
}

func (c Check) guarded(ctx context.Context) (f Finding) {
	defer func() {
		if p := recover(); p != nil {
			f = Failed(FaultInternal, "the check itself broke off", "report this as a defect of the program")
		}
	}()
	return c.Run(ctx)
}

// Good is a finding with result [OK].
func Good(format string, args ...any) Finding {
	return Finding{Result: OK, Text: fmt.Sprintf(format, args...)}
}

// Warned is a finding with result [Warn].
func Warned(fault Fault, text, fix string) Finding {
	return Finding{Result: Warn, Text: text, Fix: fix, Fault: fault}
}

// Failed is a finding with result [Fail].
func Failed(fault Fault, text, fix string) Finding {
	return Finding{Result: Fail, Text: text, Fix: fix, Fault: fault}
}

// Missing is a finding with result [Absent].
func Missing(text, fix string) Finding { return Finding{Result: Absent, Text: text, Fix: fix} }

// FromError makes a finding of an error: a warning for what is done without (unavailable), failed otherwise; the hint becomes
// the fix.
func FromError(err error) Finding {
	f := Finding{Result: Fail, Text: strings.Join(strings.Fields(err.Error()), " "), Fault: Fault(kiosk.CodeOf(err))}
	var e *kiosk.Error
	if errors.As(err, &e) {
		bare := *e
		bare.Hint = ""
		f.Text, f.Fix = strings.Join(strings.Fields(bare.Error()), " "), e.Hint
		if e.Code == kiosk.CodeUnavailable {
			f.Result = Warn
		}
	}
	return f
}

// Write prints a report for people, one check after the other.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Checks {
		fmt.Fprintf(&b, "%-7s %-12s %s\n", f.Result, f.Name, f.Text)
		if f.Fix != "" && f.Result != OK {
			fmt.Fprintf(&b, "%-7s %-12s → %s\n", "", "", f.Fix)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
