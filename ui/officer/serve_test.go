package officer_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
	"motcua/ui/officer"
)

// stage is a whole office for the browser tests, with a clock that they move: the true intake, the true pages, an enrolled kiosk.
type stage struct {
	*onestoptest.Office
	client *backoffice.Client
	now    atomic.Int64 // microseconds
}

func (s *stage) clock() time.Time { return time.UnixMicro(s.now.Load()).UTC() }

// twoDays makes everything due at 17:00 two days later; supplements move it by as much as they waited.
type twoDays struct{}

func (twoDays) Due(_ string, _ kiosk.Channel, received time.Time, pauses []onestop.Pause) (time.Time, bool) {
	y, m, d := received.In(onestop.Zone).Date()
	due := time.Date(y, m, d+2, 17, 0, 0, 0, onestop.Zone)
	for _, p := range pauses {
		due = due.Add(p.To.Sub(p.From))
	}
	return due.UTC(), true
}

func (twoDays) DayBefore(t time.Time) time.Time { return t.AddDate(0, 0, -1) }

// TestServe is the server of ui/e2e/officer.test.mjs: it runs only when asked to, and takes one command a line.
func TestServe(t *testing.T) {
	if os.Getenv("KIOSK_E2E_OFFICER") == "" {
		t.Skip("the server of the browser tests: set KIOSK_E2E_OFFICER")
	}
	s := newStage(t)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Printf("E2E %s\n", s.do(t, strings.Fields(in.Text())))
	}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &stage{}
	s.now.Store(time.Date(2026, 11, 18, 2, 30, 0, 0, time.UTC).UnixMicro()) // a Wednesday, 9:30 in Vietnam
	s.Office = onestoptest.New(t, store, func(o *onestop.Options) {
		o.Now, o.Terms = s.clock, twoDays{}
		o.Linked = map[string][]onestop.Child{"2.000986": {{Title: "Đăng ký khai sinh", Resolver: "Tư pháp"}, {Title: "Đăng ký thường trú", Resolver: "Công an"}, {Title: "Cấp thẻ BHYT", Resolver: "BHXH"}}}
		o.Place = func(string, string) onestop.Place {
			return onestop.Place{Receiver: "UBND xã Thử Nghiệm", Resolver: "UBND xã Thử Nghiệm", Field: "Hộ tịch", Channel: kiosk.ChannelDirect}
		}
	})
	pages, err := officer.New(officer.Options{Desk: s.Desk})
	if err != nil {
		t.Fatal(err)
	}
	server, err := onestop.NewServer(onestop.ServerOptions{
		Desk: s.Desk, Intake: "127.0.0.1:0", TLS: s.Keys.Server, Clients: s.Keys.CA.Pool(), Officers: "127.0.0.1:0", Pages: pages,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	office := s.Keys.Office("UBND xã Thử Nghiệm", "https://"+server.IntakeAddr(), "0999 000 111", "http://"+server.OfficersAddr()+"/tra-cuu/")
	pool, err := office.Pool()
	if err != nil {
		t.Fatal(err)
	}
	s.client, err = backoffice.NewClient(backoffice.Options{URL: office.Intake, Roots: pool, Certificate: s.Kiosk.TLS(), AckKey: office.AckKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	a := s.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	s.Officer(t, "Trần Thị Sáu", onestop.RoleSpecialist)
	fmt.Printf("E2E %s\n", reply(map[string]string{"url": "http://" + server.OfficersAddr(), "login": a.Login, "password": onestoptest.Password}))
	return s
}

func reply(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return string(b)
}

// do carries out one command: submit [linked|refused|papers], later DURATION, sweep, beat.
func (s *stage) do(t *testing.T, words []string) string {
	t.Helper()
	s.Clock.T = s.clock()
	switch words[0] {
	case "submit":
		c := s.NewCase(t, func(d *kiosk.Dossier) { change(d, words[1:]) })
		if _, err := s.client.Submit(context.Background(), c.Sealed); err != nil {
			return reply(map[string]string{"error": err.Error()})
		}
		return reply(map[string]string{"id": c.Dossier.ID, "token": kiosk.FormatToken(c.Token)})
	case "later":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return reply(map[string]string{"error": err.Error()})
		}
		s.now.Add(d.Microseconds())
		return reply(map[string]string{"now": s.clock().Format(time.RFC3339)})
	case "sweep":
		n, err := s.Desk.Sweep(context.Background())
		return reply(map[string]any{"alerts": n.Alerts, "letters": n.Letters, "error": fmt.Sprint(err)})
	case "beat":
		err := s.client.Heartbeat(context.Background(), backoffice.Heartbeat{
			Version: "dev", At: s.clock(), Unsent: 2, OldestAge: 340, DaysLeft: 700, Checks: map[string]string{"reader": "ok", "camera": "ok", "printer": "fail"},
		})
		return reply(map[string]string{"error": fmt.Sprint(err)})
	}
	return reply(map[string]string{"error": "no such command"})
}

func change(d *kiosk.Dossier, how []string) {
	for _, w := range how {
		switch w {
		case "linked":
			d.Procedure.Code, d.Procedure.Name = "2.000986", "Liên thông khai sinh, thường trú, BHYT"
		case "refused":
			d.Face.Verdict, d.Face.Score = kiosk.Refused, 0.2
			for i := range d.Face.Checks {
				if d.Face.Checks[i].Name == kiosk.CheckFaceMatch {
					d.Face.Checks[i] = kiosk.Check{Name: kiosk.CheckFaceMatch, Result: kiosk.CheckFailed, Reason: "score below threshold"}
				}
			}
		case "papers":
			d.Papers = append(d.Papers, d.Papers[0], d.Papers[0])
			d.Papers[1].Paper, d.Papers[2].Paper = "Tờ khai đăng ký khai sinh", "Giấy chứng nhận kết hôn của cha mẹ"
		}
	}
}
