package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// clockSlack is how far files may be ahead of the clock: time set by hand is seldom exact.
const clockSlack = 2 * time.Minute

// officeSlack is how far the office's clock may be from this one before somebody should look.
const officeSlack = 30 * time.Second

// Time is what is known of the wall clock.
type Time struct {
	Built time.Time                                // when the program was built; zero is not compared
	Now   func() time.Time                         //
	Files []string                                 // written before by this machine; may be missing
	Sync  func() (synchronized, known bool)        // nil: not asked; see [KernelSync]
	Skew  func() (ahead time.Duration, known bool) // of this clock before the office's; nil: not asked
}

// Clock checks the wall clock against the day the program was built and against files written before (a machine whose clock went
// back would judge certificates wrongly), says what sets it, and how far it is from the office's.
func Clock(c Time) Check {
	return Check{Name: "clock", Run: func(context.Context) Finding {
		const fix = "set the clock (timedatectl set-time) and check the battery of the real-time clock"
		t := c.Now()
		if t.Before(c.Built) {
			return Failed(FaultClockWrong, "the clock shows "+day(t)+", before the program was built on "+day(c.Built), fix)
		}
		if t.Year() > 2100 {
			return Failed(FaultClockWrong, "the clock shows "+day(t), fix)
		}
		for _, f := range c.Files {
			if s, err := os.Stat(f); err == nil && s.ModTime().After(t.Add(clockSlack)) {
				return Failed(FaultClockWrong, fmt.Sprintf("the clock shows %s, but %s was written later", t.Format(time.RFC3339), filepath.Base(f)), fix)
			}
		}
		return c.source(t)
	}}
}

// source tells what sets a clock that can be right.
func (c Time) source(t time.Time) Finding {
	text := t.Format(time.RFC3339)
	if c.Skew != nil {
		if ahead, known := c.Skew(); known {
			text += fmt.Sprintf(", %s off the office's", ahead.Abs().Round(time.Millisecond))
			if ahead.Abs() > officeSlack {
				return Warned(FaultClockDrift, text, "let the machine reach its time server, or set the clock")
			}
		}
	}
	if c.Sync == nil {
		return Good("%s", text)
	}
	switch synchronized, known := c.Sync(); {
	case !known:
		return Good("%s, its source is not told", text)
	case !synchronized:
		return Warned(FaultClockFree, text+", not set by the network", "compare it with a watch; connect the network when there is one")
	}
	return Good("%s, set by the network", text)
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// KernelSync asks the kernel whether something disciplines its clock (adjtimex(2), STA_UNSYNC). Sandboxes may forbid the question.
func KernelSync() (synchronized, known bool) {
	var x unix.Timex
	if _, err := unix.Adjtimex(&x); err != nil {
		return false, false
	}
	return x.Status&unix.STA_UNSYNC == 0, true
}

// rtcSlack is how far the clock that runs without power may be from the wall clock.
const rtcSlack = 2 * time.Minute

// RTC checks the clock that runs without power: after a night without it and without a network, the machine begins with its time.
func RTC(m Machine, now func() time.Time) Check {
	return Check{Name: "rtc", Run: func(context.Context) Finding {
		clocks := glob(m.sys("class", "rtc", "rtc*"))
		if len(clocks) == 0 {
			return Warned(FaultRTCAbsent, "no real-time clock is there: without power and network the time is lost", "fit a real-time clock with a battery")
		}
		name := word(filepath.Join(clocks[0], "name"))
		seconds, err := strconv.ParseInt(word(filepath.Join(clocks[0], "since_epoch")), 10, 64)
		if err != nil {
			return Warned(FaultRTCBattery, name+" gives no time", "replace its battery, then set the clock")
		}
		off := time.Unix(seconds, 0).Sub(now()).Round(time.Second)
		if off.Abs() > rtcSlack {
			return Warned(FaultRTCBattery, fmt.Sprintf("%s is %s off the clock", name, off.Abs()), "replace its battery, then set the clock (hwclock --systohc)")
		}
		return Good("%s, %s off the clock", name, off.Abs())
	}}
}
