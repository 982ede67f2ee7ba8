package outbox

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"motcua/kiosk"
)

func TestDecideKnowsEveryCode(t *testing.T) {
	special := map[kiosk.Code]action{kiosk.CodeOfficeOffline: snooze, kiosk.CodeOfficeRefused: quarantine, kiosk.CodeStoreCorrupt: quarantine}
	for _, code := range kiosk.Codes {
		want, ok := special[code]
		if !ok {
			want = retry
		}
		if got := decide(fmt.Errorf("wrapped: %w", &kiosk.Error{Code: code})); got != want {
			t.Errorf("%s gives %d, not %d", code, got, want)
		}
	}
	if decide(nil) != purge || decide(errors.New("x")) != retry {
		t.Error("success or an unknown error is misjudged")
	}
}

func TestBackoffBounds(t *testing.T) {
	for n := range 100 {
		for _, jitter := range []float64{0, 0.5, 0.999999} {
			d := backoff(retryFirst, retryMost, n, jitter)
			if d < time.Duration(0.8*float64(retryFirst)) || d > time.Duration(1.2*float64(retryMost)) {
				t.Errorf("wait %d is %v", n, d)
			}
		}
	}
	if a, b := backoff(retryFirst, retryMost, 3, 0), backoff(retryFirst, retryMost, 3, 0.99); a == b {
		t.Error("waits are not spread")
	}
}
