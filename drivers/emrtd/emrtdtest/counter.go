package emrtdtest

import (
	"time"

	"motcua/drivers/apdu"
)

// counter counts wrong passwords; it outlives power.
type counter struct{ failed int }

// statusBlocked says that the password is blocked (ISO/IEC 7816-4 §5.6).
const statusBlocked apdu.Status = 0x6983

// allow gives what MSE:Set AT answers under a number of tries: 9000, after a wrong password the warning 63Cx with the tries that
// are left (Doc 9303-11 §4.4.4.1), 6983 when none is. Without a number there is no counter.
func (c *counter) allow(tries int) apdu.Status {
	switch {
	case tries <= 0 || c.failed == 0:
		return apdu.StatusOK
	case c.failed >= tries:
		return statusBlocked
	}
	return 0x63C0 | apdu.Status(min(tries-c.failed, 15))
}

// delay gives how long the chip waits after wrong passwords: unit, then twice as long after each, 64 units at most.
func (c *counter) delay(unit time.Duration) time.Duration {
	if c.failed == 0 {
		return 0
	}
	return unit << min(c.failed-1, 6)
}
