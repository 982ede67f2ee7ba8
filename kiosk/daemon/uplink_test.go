package daemon_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/onestop/sqlite"
)

// TestUplink: the office hears how the kiosk is, and gets what a citizen wrote; the words are never in the clear on the way.
func TestUplink(t *testing.T) {
	h := open(t)
	h.page.do("home", "start")
	h.page.do("feedback", "write")
	h.page.do("feedback_done", "send", "value", "Mong phòng chờ có thêm quạt canari")
	h.page.do("attract", "finish")
	office, err := sqlite.Open(t.Context(), filepath.Join(h.demo.Dir, "office", "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer office.Close()
	deadline := time.Now().Add(30 * time.Second)
	for {
		beats, err := office.Beats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		words, err := office.Feedbacks(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(beats) == 1 && len(words) == 1 {
			if !strings.Contains(beats[0].Body, `"unsent":`) || strings.Contains(string(words[0].Sealed), "canari") || len(words[0].Code) != 11 {
				t.Errorf("beat %s, feedback %q", beats[0].Body, words[0].Code)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d heartbeats, %d feedbacks at the office\n%s", len(beats), len(words), h.logs.String())
		}
		<-time.After(20 * time.Millisecond)
	}
}
