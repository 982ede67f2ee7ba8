package doctor

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
)

// inputPropDirect says that an input device lies on the screen (linux/input-event-codes.h, INPUT_PROP_DIRECT).
const inputPropDirect = 1 << 1

// Touch checks that there is a touch screen. A simulated kiosk may stand on a desk without one.
func Touch(m Machine, simulated bool) Check {
	return Check{Name: "touch", Run: func(context.Context) Finding {
		var names []string
		for _, f := range glob(m.sys("class", "input", "input*", "properties")) {
			if bits, err := strconv.ParseUint(lastWord(word(f)), 16, 64); err == nil && bits&inputPropDirect != 0 {
				names = append(names, word(filepath.Join(filepath.Dir(f), "name")))
			}
		}
		switch {
		case len(names) > 0:
			return Good("%s", strings.Join(names, ", "))
		case simulated:
			return Missing("no touch screen here: a simulated kiosk", "")
		}
		return Failed(FaultTouchAbsent, "no touch screen is there", "look at the USB cable of the screen, plug it in again")
	}}
}

// lastWord is the lowest of the words of a bit set: the kernel prints the highest first.
func lastWord(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[len(f)-1]
}
