package outbox

import (
	"errors"
	"time"

	"motcua/kiosk"
)

// The delays of the outbox, all of them.
const (
	leaseFor     = 6 * time.Minute  // longer than the client's longest delivery
	offlineFirst = 5 * time.Second  // first wait when the office cannot be reached
	offlineMost  = 2 * time.Minute  // longest
	retryFirst   = 2 * time.Second  // first wait after a failed attempt
	retryMost    = 5 * time.Minute  // longest
	storeWait    = 10 * time.Second // when the database itself fails
	idleMost     = 1 * time.Minute  // longest sleep when something waits: bounds what a jumping clock can do
	goodbye      = 3 * time.Second  // for giving a lease back while stopping
	jitterPart   = 0.2              // every wait is spread by ± this part
)

// action is what happens to a row after a delivery.
type action int

const (
	purge      action = 1 // acknowledged
	snooze     action = 2 // nobody there: the whole outbox waits, no attempt is counted
	retry      action = 3 // this dossier waits
	quarantine action = 4 // a technician must look
)

// decide is the table from a delivery's error to what happens.
func decide(err error) action {
	switch kiosk.CodeOf(err) {
	case "":
		return purge
	case kiosk.CodeOfficeOffline:
		return snooze
	case kiosk.CodeOfficeRefused, kiosk.CodeStoreCorrupt:
		return quarantine
	default: // office_untrusted, and defects of ours
		return retry
	}
}

// backoff gives first doubled n times, at most most, spread by ± jitterPart; jitter is in [0, 1).
func backoff(first, most time.Duration, n int, jitter float64) time.Duration {
	d := most
	if n < 32 && first<<n < most && first<<n > 0 {
		d = first << n
	}
	return time.Duration(float64(d) * (1 + jitterPart*(2*jitter-1)))
}

// asked gives how long the office asked to wait, 0 when it did not.
func asked(err error) time.Duration {
	var later interface{ RetryAfter() time.Duration }
	if errors.As(err, &later) {
		return later.RetryAfter()
	}
	return 0
}
