package doctor

import (
	"context"
	"fmt"
	"time"
)

// Past is how the runs of kioskd before this one ended, by its log.
type Past struct {
	Starts  int       // runs within the time looked at
	Unclean int       // of them that were not ended as asked: a power cut, a crash, a frozen loop
	Last    time.Time // when the newest run before this one was last heard of, if it ended so; zero otherwise
}

// tooMany is how many runs that were cut off in a week do not want somebody yet.
const tooMany = 3

// Crash looks at how the runs before this one ended, and whether the kernel left a report of its own end (pstore).
func Crash(m Machine, look func(context.Context) (Past, error)) Check {
	return Check{Name: "crash", Run: func(ctx context.Context) Finding {
		if left := glob(m.sys("fs", "pstore", "dmesg-*")); len(left) > 0 {
			return Warned(FaultKernelCrash, fmt.Sprintf("the kernel left %d reports of its own end", len(left)), "send the log bundle; look at the supply and the memory")
		}
		p, err := look(ctx)
		switch {
		case err != nil:
			return FromError(err)
		case p.Unclean > tooMany:
			return Warned(FaultCrash, fmt.Sprintf("%d of %d runs in a week were cut off, the last at %s", p.Unclean, p.Starts, p.Last.Format(time.RFC3339)), "look at the supply; send the log bundle")
		case !p.Last.IsZero():
			return Good("the run before was cut off at %s (a power cut does that); %d of %d runs in a week", p.Last.Format(time.RFC3339), p.Unclean, p.Starts)
		}
		return Good("the run before ended as asked")
	}}
}
