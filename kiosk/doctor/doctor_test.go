package doctor

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
)

func one(t *testing.T, c Check) Finding {
	t.Helper()
	rep := Run(t.Context(), []Check{c})
	if len(rep.Checks) != 1 {
		t.Fatalf("%d findings", len(rep.Checks))
	}
	f := rep.Checks[0]
	if rep.OK != (f.Result != Fail) {
		t.Errorf("report ok = %v with result %s", rep.OK, f.Result)
	}
	if f.Result != OK && f.Result != Absent && f.Fix == "" {
		t.Errorf("%s %s says not what to do: %s", f.Name, f.Result, f.Text)
	}
	return f
}

func TestRunAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(f Finding) func(context.Context) Finding {
			return func(ctx context.Context) Finding {
				select {
				case <-time.After(3 * time.Second):
				case <-ctx.Done():
				}
				return f
			}
		}
		start := time.Now()
		rep := Run(t.Context(), []Check{
			{Name: "a", Run: slow(Good("fine"))}, {Name: "b", Run: slow(Warned(FaultTrustOld, "old", "renew"))},
			{Name: "c", Run: slow(Missing("not there", ""))}, {Name: "d", Run: slow(Good("fine"))},
		})
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("took %s, want the time of one", d)
		}
		if !rep.OK || rep.Count(OK) != 2 || rep.Count(Warn) != 1 || rep.Count(Absent) != 1 || rep.Count(Fail) != 0 {
			t.Errorf("report %+v", rep)
		}
		for i, name := range []string{"a", "b", "c", "d"} {
			if rep.Checks[i].Name != name {
				t.Errorf("check %d is %s", i, rep.Checks[i].Name)
			}
		}
	})
}

// A check that ignores its context must not hold the doctor.
func TestHangingCheckFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer func() { close(release); synctest.Wait() }()
		start := time.Now()
		rep := Run(t.Context(), []Check{{Name: "hangs", Timeout: time.Second, Run: func(context.Context) Finding {
			<-release
			return Good("late")
		}}})
		if d := time.Since(start); d != time.Second {
			t.Errorf("took %s", d)
		}
		if rep.OK || rep.Checks[0].Result != Fail || rep.Checks[0].Name != "hangs" || !strings.Contains(rep.Checks[0].Text, "within 1s") {
			t.Errorf("report %+v", rep)
		}
	})
}

func TestPanickingCheckFails(t *testing.T) {
	f := one(t, Check{Name: "breaks", Run: func(context.Context) Finding { panic("number 999201012345") }})
	if f.Result != Fail || strings.Contains(f.Text, "999") {
		t.Errorf("finding %+v", f)
	}
}

func TestFromError(t *testing.T) {
	f := FromError(kiosk.Errorf(kiosk.CodeReaderMissing, "list readers", "plug it in", "none\n is there"))
	if f.Result != Fail || f.Fix != "plug it in" || strings.Contains(f.Text, "plug it in") || strings.Contains(f.Text, "\n") {
		t.Errorf("reader_missing: %+v", f)
	}
	if f := FromError(kiosk.Errorf(kiosk.CodeStoreCorrupt, "check", "replace the disk", "x")); f.Result != Fail {
		t.Errorf("store_corrupt: %+v", f)
	}
	if f := FromError(errors.New("foreign")); f.Result != Fail || f.Text != "foreign" {
		t.Errorf("foreign: %+v", f)
	}
}

func TestWrite(t *testing.T) {
	rep := Report{Checks: []Finding{{"disk", OK, "plenty", "ignored", ""}, {"clock", Fail, "1970", "set it", FaultClockWrong}}}
	var b bytes.Buffer
	if err := rep.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "ok      disk         plenty\nfail    clock        1970\n                     → set it\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
