package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/daemon"
	"motcua/kiosk/session"
	"motcua/kiosk/store"
)

// What needs no dossier works from the touch to the disk: a number, a word to the office, the rota.
func TestDesk(t *testing.T) {
	h := open(t)
	h.page.do("home", "start")
	h.page.do("queue", "queue")
	h.page.do("queue_show", "draw", "service", "B")
	if !strings.Contains(h.page.body, "B01") {
		t.Error("the first number of the day is not shown")
	}
	h.page.do("attract", "finish")

	h.page.do("home", "start")
	h.page.do("feedback", "write")
	h.page.do("feedback_done", "send", "value", "Mong phòng chờ có thêm quạt canari")
	if tokenForm.FindString(h.page.body) == "" {
		t.Error("no code for the feedback")
	}
	h.page.do("attract", "finish")
	data := filepath.Join(h.demo.Dir, "kiosk", "data")
	for _, name := range []string{"kiosk.db", "kiosk.db-wal"} {
		b, err := os.ReadFile(filepath.Join(data, name))
		if err == nil && strings.Contains(string(b), "canari") {
			t.Errorf("what was written can be read in %s", name)
		}
	}
	if strings.Contains(h.logs.String(), "canari") {
		t.Error("what was written is in the log")
	}

	until(t, "the office has what was written", func() bool { return h.waitingFeedback() == 0 })
	h.page.do("home", "start")
	h.page.do("rota", "rota")
	if !strings.Contains(h.page.body, "Chưa có lịch") {
		t.Error("an absent rota is not told")
	}
	h.page.do("home", "back")
	today := session.Today(time.Now())
	text := `{"duties": [{"day": "` + time.Date(today.Year, time.Month(today.Month), today.Day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) +
		`", "from": "07:30", "to": "11:30", "name": "Lê Thị Giả", "counter": "2"}]}`
	if err := os.WriteFile(filepath.Join(h.demo.Dir, "kiosk", "office", daemon.RotaFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h.page.do("rota", "rota")
	if !strings.Contains(h.page.body, "Lê Thị Giả") || !strings.Contains(h.page.body, "Hôm nay") {
		t.Error("the rota is not shown")
	}
}

func (h *hall) waitingFeedback() int {
	s, err := store.Attach(h.t.Context(), filepath.Join(h.demo.Dir, "kiosk", "data", "kiosk.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	n, err := s.WaitingFeedback(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}
