package onestop_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/calendar"
	"motcua/kiosk/catalogue"
	"motcua/kiosk/onestop"
)

// The due instant is the calendar's, told with the acceptance; a dossier of an unknown procedure has none.
func TestDueOfCatalogue(t *testing.T) {
	procedures, err := catalogue.Starter()
	if err != nil {
		t.Fatal(err)
	}
	set, err := calendar.Starter()
	if err != nil {
		t.Fatal(err)
	}
	r := onestop.Reckoner{Procedures: procedures}
	if r.Offices, err = set.Offices("", ""); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, func(opt *onestop.Options) { opt.Terms = r })
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	vn := func(day, hour, minute int) time.Time {
		return time.Date(2026, 11, day, hour, minute, 0, 0, onestop.Zone)
	}
	for _, tt := range []struct {
		name      string
		at, want  time.Time
		procedure string
	}{
		{"before 15:00", vn(18, 14, 59), vn(18, 17, 0), "1.001193"},
		{"at 15:00", vn(18, 15, 0), vn(19, 17, 0), "1.001193"},
		{"Friday after 15:00", vn(20, 16, 10), vn(23, 17, 0), "1.001193"},
		{"no such procedure", vn(18, 9, 0), time.Time{}, "9.999999"},
	} {
		o.Clock.T = tt.at
		c := o.Deliver(t, func(d *kiosk.Dossier) { d.Procedure.Code = tt.procedure })
		it := settle(t, o, a, c.Dossier.ID, 2)
		if !it.Due.Equal(tt.want) || !it.Promised.Equal(tt.want) {
			t.Errorf("%s: due %v, want %v", tt.name, it.Due.In(onestop.Zone), tt.want)
		}
	}
	if got := r.DayBefore(vn(23, 17, 0)); got.In(onestop.Zone).Day() != 20 {
		t.Errorf("the working day before Monday is %v", got)
	}
}

// A letter prints what the office configured, opened from the envelope, and the access is in the log.
func TestPrintLetters(t *testing.T) {
	cfg, err := onestop.ParseConfig(onestop.SampleConfig("UBND xã Thử Nghiệm", "1")+"\n[letters.refusal]\ntitle = \"TỪ CHỐI\"\nfields = [\"citizen\", \"reason\"]\n", "")
	if err != nil {
		t.Fatal(err)
	}
	forms, err := cfg.LetterForms()
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, func(opt *onestop.Options) { opt.Forms, opt.Terms = forms, termsOf(48*time.Hour) })
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	print := func(id string, want string) onestop.Printed {
		t.Helper()
		letters, err := o.Store.Letters(t.Context(), id)
		if err != nil || len(letters) != 1 {
			t.Fatalf("%d letters, %v", len(letters), err)
		}
		p, err := o.Desk.Print(t.Context(), a, letters[0].Seq)
		if err != nil || p.Form != want {
			t.Fatalf("form %s, %v", p.Form, err)
		}
		return p
	}
	text := func(p onestop.Printed) (s string) {
		for _, l := range p.Lines {
			s += l.Label + "=" + l.Value + "\n"
		}
		return s
	}
	in := o.Deliver(t, nil).Dossier.ID
	settle(t, o, a, in, 2)
	p := print(in, "01")
	for _, want := range []string{"Nguyễn Thị Thu Hà", "999201012345", "Đăng ký khai sinh (1.001193)", "H00.00-20261121-0000001", "19 giờ 00 phút, ngày 23 tháng 11 năm 2026", "Giấy chứng sinh", "bưu chính"} {
		if !strings.Contains(text(p), want) {
			t.Errorf("the receipt does not say %q:\n%s", want, text(p))
		}
	}
	out := o.Deliver(t, nil).Dossier.ID
	settle(t, o, a, out, 3)
	if p := print(out, "03"); p.Title != "TỪ CHỐI" || text(p) != "Họ và tên người nộp=Nguyễn Thị Thu Hà\nLý do=ghi chú\n" {
		t.Errorf("%s:\n%s", p.Title, text(p))
	}
	c, err := o.Desk.Control(t.Context(), a, in)
	if err != nil || len(c.Steps) != 2 || len(c.Letters) != 1 {
		t.Errorf("%d steps, %d letters, %v", len(c.Steps), len(c.Letters), err)
	}
	reg, err := o.Desk.Register(t.Context(), a, o.Clock.T.Add(-time.Hour), o.Clock.T.Add(time.Hour))
	if err != nil || len(reg) != 1 || reg[0].Name != "Nguyễn Thị Thu Hà" || reg[0].Number == "" {
		t.Errorf("%d lines, %v", len(reg), err)
	}
	clerk := o.Officer(t, "Đỗ Thị Thư", onestop.RoleAdmin)
	if _, err := o.Desk.Print(t.Context(), clerk, 1); !errors.Is(err, onestop.ErrDenied) {
		t.Errorf("an admin prints: %v", err)
	}
}

func TestCopyFee(t *testing.T) {
	for pages, want := range map[int]int{0: 0, 1: 2000, 2: 4000, 3: 5000, 10: 12_000, 198: 200_000, 199: 200_000, 1000: 200_000} {
		if got := onestop.CopyFee(pages); got != want {
			t.Errorf("%d pages: %d, want %d", pages, got, want)
		}
	}
}

// A copy that nobody compared with its original is not signed.
func TestCertifiedCopy(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	receiver := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	c := o.Deliver(t, nil)
	if _, err := o.Desk.AddCopy(t.Context(), receiver, c.Dossier.ID, 2, 1); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("a paper that is not there: %v", err)
	}
	e, err := o.Desk.AddCopy(t.Context(), receiver, c.Dossier.ID, 1, 3)
	if err != nil || e.Fee != 5000 || e.SHA256 != c.Dossier.Papers[0].SHA256 {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := o.Desk.SignCopy(t.Context(), head, e.Seq); !errors.Is(err, onestop.ErrNotCompared) {
		t.Errorf("signed without a comparison: %v", err)
	}
	if err := o.Desk.CompareCopy(t.Context(), receiver, e.Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Desk.SignCopy(t.Context(), receiver, e.Seq); !errors.Is(err, onestop.ErrDenied) {
		t.Errorf("a receiver signs: %v", err)
	}
	e, err = o.Desk.SignCopy(t.Context(), head, e.Seq)
	if err != nil {
		t.Fatal(err)
	}
	key := o.Keys.Ack.Public().(ed25519.PublicKey)
	if !ed25519.Verify(key, onestop.CopyText(e, o.Desk.Office(), e.Signed), e.Signature) {
		t.Error("the signature does not verify")
	}
	e.Pages++
	if ed25519.Verify(key, onestop.CopyText(e, o.Desk.Office(), e.Signed), e.Signature) {
		t.Error("another number of pages verifies")
	}
}

func TestFeedback(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	receiver := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	const words = "Quầy số 2 đóng cửa lúc 15 giờ"
	f, err := o.Desk.Say(t.Context(), words, "198.51.100.7")
	if err != nil || f.Overdue(o.Clock.T) {
		t.Fatalf("%+v, %v", f, err)
	}
	if strings.Contains(string(f.Sealed), "Quầy") {
		t.Error("the words are kept in plain")
	}
	if _, err := o.Desk.Feedbacks(t.Context(), receiver); !errors.Is(err, onestop.ErrDenied) {
		t.Errorf("a receiver reads: %v", err)
	}
	list, err := o.Desk.Feedbacks(t.Context(), head)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d, %v", len(list), err)
	}
	if got, err := o.Desk.Words(head, list[0]); err != nil || got != words {
		t.Errorf("%q, %v", got, err)
	}
	o.Clock.T = o.Clock.T.Add(16 * 24 * time.Hour)
	if !list[0].Overdue(o.Clock.T) {
		t.Error("not overdue after 16 days")
	}
	if err := o.Desk.Answer(t.Context(), head, f.Code, " ", true); !errors.Is(err, onestop.ErrNote) {
		t.Errorf("an empty answer: %v", err)
	}
	if err := o.Desk.Answer(t.Context(), head, f.Code, "Đã mở lại đến 17 giờ.", true); err != nil {
		t.Fatal(err)
	}
	got, err := o.Desk.Heard(t.Context(), strings.ToLower(f.Code), "198.51.100.7")
	if err != nil || got.Answer != "Đã mở lại đến 17 giờ." || !got.Published || got.Sealed != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := o.Desk.Heard(t.Context(), "AAAAA-AAAAA", "198.51.100.8"); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("a wrong code: %v", err)
	}
	for range 10 {
		_, err = o.Desk.Say(t.Context(), words, "198.51.100.9")
	}
	var wait onestop.WaitError
	if !errors.As(err, &wait) {
		t.Errorf("a flood: %v", err)
	}
	if _, err := o.Desk.Say(t.Context(), strings.Repeat("x", onestop.MaxFeedback+1), "198.51.100.1"); !errors.Is(err, onestop.ErrLong) {
		t.Errorf("too long: %v", err)
	}
}

func TestRate(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	c := o.Deliver(t, nil)
	if err := o.Desk.Rate(t.Context(), c.Token, 6, "198.51.100.7"); !errors.Is(err, onestop.ErrScore) {
		t.Errorf("6 of 5: %v", err)
	}
	if err := o.Desk.Rate(t.Context(), c.Token, 4, "198.51.100.7"); err != nil {
		t.Fatal(err)
	}
	if err := o.Desk.Rate(t.Context(), c.Token, 1, "198.51.100.7"); !errors.Is(err, onestop.ErrTaken) {
		t.Errorf("rated twice: %v", err)
	}
	settle(t, o, head, c.Dossier.ID, 2, 4, 9, 10)
	if err := o.Desk.Rate(t.Context(), c.Token, 5, "198.51.100.7"); err != nil {
		t.Errorf("at the return: %v", err)
	}
	if err := o.Desk.Rate(t.Context(), "AAAAA-AAAAA", 5, "198.51.100.7"); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestHandOver(t *testing.T) {
	o := newOffice(t, nil)
	a := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	b := o.Officer(t, "Trần Thị Sáu", onestop.RoleSpecialist)
	admin := o.Officer(t, "Đỗ Quản Trị", onestop.RoleAdmin)
	id := o.Deliver(t, nil).Dossier.ID
	for to, want := range map[int64]error{a.ID: onestop.ErrSelf, admin.ID: onestop.ErrWho, 999: onestop.ErrWho} {
		if _, err := o.Desk.HandOver(t.Context(), a, id, to, ""); !errors.Is(err, want) {
			t.Errorf("to %d: %v, want %v", to, err, want)
		}
	}
	h, err := o.Desk.HandOver(t.Context(), a, id, b.ID, "xem giúp")
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.T = o.Clock.T.Add(9 * time.Hour)
	for n, want := range []int{1, 0} {
		if s, err := o.Desk.Sweep(t.Context()); err != nil || s.Alerts != want {
			t.Errorf("sweep %d: %+v, %v", n+1, s, err)
		}
	}
	if err := o.Desk.Acknowledge(t.Context(), a, h.Seq); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("taken by another: %v", err)
	}
	if err := o.Desk.Acknowledge(t.Context(), b, h.Seq); err != nil {
		t.Error(err)
	}
	all, err := o.Desk.Colleagues(t.Context(), a)
	if err != nil || len(all) != 1 || all[0].ID != b.ID || all[0].Hash != "" {
		t.Errorf("%v, %v", all, err)
	}
}

// A linked procedure is one submission with parts that other units do; the parent waits for all.
func TestLinkedProcedure(t *testing.T) {
	cfg, err := onestop.ParseConfig(onestop.SampleConfig("UBND xã Thử Nghiệm", "1")+`
[[linked."2.000986"]]
title = "Đăng ký khai sinh"
[[linked."2.000986"]]
title = "Đăng ký thường trú"
resolver = "Công an xã Thử Nghiệm"
[[linked."2.000986"]]
title = "Cấp thẻ BHYT cho trẻ"
resolver = "BHXH"
[resolver]
"2.000986" = "UBND xã Khác"
[kiosk.kiosk-01]
unit = "Điểm hỗ trợ Thôn Đông"
`, "")
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, func(opt *onestop.Options) { opt.Linked, opt.Place = cfg.Children(), cfg.Place(nil) })
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	id := o.Deliver(t, func(d *kiosk.Dossier) { d.Procedure.Code = "2.000986" }).Dossier.ID
	it := settle(t, o, a, id, 2, 4)
	if it.Receiver != "Điểm hỗ trợ Thôn Đông" || it.Resolver != "UBND xã Khác" {
		t.Errorf("received by %q, settled by %q", it.Receiver, it.Resolver)
	}
	_, err = o.Desk.Move(t.Context(), a, onestop.MoveRequest{ID: id, From: 4, To: 9, Confirmed: true})
	if !errors.Is(err, onestop.ErrChildren) {
		t.Errorf("finished without its parts: %v", err)
	}
	for ord := 1; ord <= 3; ord++ {
		if err := o.Desk.DoneChild(t.Context(), a, id, ord); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, o, a, id, 9)
}

func TestTickets(t *testing.T) {
	o := newOffice(t, nil)
	a := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	for range 2 {
		if _, err := o.Desk.NewTicket(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	tk, err := o.Desk.CallNext(t.Context(), a, 3)
	if err != nil || tk.Number != 1 || tk.Counter != 3 {
		t.Fatalf("%+v, %v", tk, err)
	}
	if _, err := o.Desk.CallNext(t.Context(), a, 0); !errors.Is(err, onestop.ErrCounter) {
		t.Errorf("counter 0: %v", err)
	}
	if err := o.Desk.SetTicket(t.Context(), a, 1, onestop.TicketServed); err != nil {
		t.Fatal(err)
	}
	if err := o.Desk.SetTicket(t.Context(), a, 2, onestop.TicketServed); !errors.Is(err, onestop.ErrCounter) {
		t.Errorf("served without a call: %v", err)
	}
	o.Clock.T = o.Clock.T.Add(24 * time.Hour)
	if tk, err := o.Desk.NewTicket(t.Context(), a); err != nil || tk.Number != 1 {
		t.Errorf("the next day begins with %d, %v", tk.Number, err)
	}
}

func TestConfigOfTheDesk(t *testing.T) {
	base := onestop.SampleConfig("x", "1")
	for name, bad := range map[string]string{
		"channel": "[kiosk.a]\nchannel = \"pigeon\"", "letter": "[letters.poem]\ntitle = \"x\"", "field": "[letters.receipt]\nfields = [\"shoe\"]",
		"state": "[states]\n11 = 1", "part": "[[linked.\"1\"]]\ncode = \"x\"",
	} {
		if _, err := onestop.ParseConfig(base+"\n"+bad+"\n", ""); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	cfg, err := onestop.ParseConfig(base+"\n[states]\n6 = 11\n", "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := cfg.StateMap()
	if err != nil || m[kiosk.StatePayment] != 11 || m[kiosk.StateReturned] != 10 {
		t.Errorf("%v, %v", m, err)
	}
}
