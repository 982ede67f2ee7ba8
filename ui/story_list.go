package ui

import (
	"fmt"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// stories is every screen in every state that looks different.
var stories = buildStories()

func buildStories() []story {
	var all []story
	for _, s := range session.Screens {
		if s == session.Form {
			continue // one story per question below
		}
		st := story{Name: s.String(), State: filing(s)}
		switch s {
		case session.Attract, session.Home, session.Wiping, session.Queue, session.QueueDraw, session.QueueShow, session.Feedback,
			session.FeedbackSend, session.FeedbackDone, session.Rota, session.Rate:
			st.State = session.State{Screen: s}
		case session.StatusAsk, session.StatusWait, session.StatusShow:
			st.State = session.State{Screen: s, Goal: session.GoalStatus}
		case session.Fault:
			st.State = session.State{Screen: s, Closed: kiosk.CodeStoreFull, Reason: kiosk.CodeStoreFull}
		case session.CardProblem:
			continue // one story per code below
		default:
		}
		st.Visit = storyExtra[s]
		all = append(all, st)
	}
	all = append(all, formStories()...)
	all = append(all, reasonStories()...)
	all = append(all, faceStories()...)
	all = append(all, listStories()...)
	all = append(all, statusStories()...)
	all = append(all, deskStories()...)
	all = append(all, behalfStories()...)
	all = append(all, placeStories()...)
	return append(all, overlayStories()...)
}

// storyExtra is what the plain story of a screen shows beyond the canned visit.
var storyExtra = map[session.Screen]func(*session.Visit){
	session.CardReading: func(d *session.Visit) { d.Progress = kiosk.ChipProgress{File: kiosk.FileDG2, Done: 9100, Total: 15400} },
	session.ScanView:    func(d *session.Visit) { d.Pending = storySheet(1) },
	session.Done:        storyReceipt,
	session.QueueShow: func(d *session.Visit) {
		d.Ticket = kiosk.Ticket{Service: kiosk.ServiceResult, Number: 7, At: storyNow}
	},
	session.FeedbackDone: func(d *session.Visit) { d.Wrote = "7K3QD0XW9M" },
	session.Rota: func(d *session.Visit) {
		today := session.Today(storyNow)
		next := session.Today(storyNow.AddDate(0, 0, 2))
		d.Duties = []kiosk.Duty{
			{Day: today, From: "07:30", To: "11:30", Name: "Nguyễn Thị Thử", Role: "Công chức Tư pháp - Hộ tịch", Counter: "1"},
			{Day: today, From: "07:30", To: "11:30", Name: "Trần Văn Mẫu", Role: "Công chức Văn hoá - Xã hội", Counter: "2"},
			{Day: next, From: "07:30", To: "17:00", Name: "Lê Thị Giả Định", Counter: "1"},
		}
	},
	session.StatusShow: func(d *session.Visit) {
		d.Status = kiosk.Status{
			State: kiosk.StateSupplement, Number: "H99.99.99-261121-0007", Procedure: "Đăng ký khai sinh", Submitted: storyNow.AddDate(0, 0, -1),
			Updated: storyNow, Note: "Mang thêm bản chính Giấy chứng sinh để đối chiếu.", Office: "Bộ phận Một cửa xã Hoà Bình Mẫu",
		}
	},
}

func storyReceipt(d *session.Visit) {
	d.Receipt = kiosk.Receipt{
		Token: "7K3QD0XW9M", URL: "https://motcua.example/tra-cuu#7K3QD0XW9M", Procedure: "Khai sinh cho con", Submitted: storyNow,
		Office: "Bộ phận Một cửa xã Hoà Bình Mẫu", Hotline: "0999 000 115", Return: kiosk.ReturnCounter, Papers: 2,
	}
}

func formStories() (all []story) {
	for i, f := range session.FormSteps {
		s := filing(session.Form)
		s.Step = i
		if f.ForOther {
			s.Behalf = session.BehalfOther
		}
		all = append(all, story{Name: "form-" + f.Key, State: s})
		if f.Key == "chip" || f.Key == "relation" {
			continue
		}
		all = append(all, story{Name: "form-" + f.Key + "-bad", State: s, Visit: func(d *session.Visit) { d.Invalid, d.Typed = f.Key, "1" }})
	}
	post := func(d *session.Visit) { d.Invalid, d.Typed = "address", "Thôn" }
	return append(all, story{Name: "deliver_to-bad", State: filing(session.DeliverTo), Visit: post},
		story{Name: "card_number-bad", State: withCard(filing(session.CardNumber)), Visit: func(d *session.Visit) { d.Invalid, d.Typed = "number", "999201012" }},
		story{Name: "consent-bad", State: filing(session.Consent), Visit: func(d *session.Visit) { d.Invalid = "consent" }})
}

func keyed(s session.State) session.State {
	s.Keyed = true
	return s
}

func withCard(s session.State) session.State {
	s.Card = true
	return s
}

// reasons are the codes that may stand on a screen. The officer's screen takes every one.
var reasons = []struct {
	At    session.Screen
	Codes []kiosk.Code
}{
	{session.CardProblem, []kiosk.Code{
		kiosk.CodeCardLost, kiosk.CodeCardWrongKey, kiosk.CodeCardChanged, kiosk.CodeCardProtocol, kiosk.CodeCardTimeout, kiosk.CodeReaderFault, kiosk.CodeInternal,
	}},
	{session.FaceRetry, []kiosk.Code{kiosk.CodeCameraMissing, kiosk.CodeCameraFault}},
	{session.Officer, kiosk.Codes},
	{session.ScanAim, []kiosk.Code{kiosk.CodePaperUnreadable, kiosk.CodeCameraMissing, kiosk.CodeCameraFault}},
	{session.SubmitProblem, []kiosk.Code{kiosk.CodeStoreFull, kiosk.CodeStoreCorrupt, kiosk.CodeKeyMissing, kiosk.CodeInternal}},
	{session.StatusAsk, []kiosk.Code{kiosk.CodeNotFound, kiosk.CodeOfficeOffline, kiosk.CodeOfficeRefused, kiosk.CodeOfficeUntrusted}},
}

func reasonStories() (all []story) {
	for _, r := range reasons {
		for _, c := range r.Codes {
			all = append(all, story{Name: r.At.String() + "-" + string(c), State: reasonState(r.At, c)})
		}
	}
	for _, c := range []kiosk.Code{kiosk.CodeStoreFull, kiosk.CodeCatalogue} {
		all = append(all, story{Name: "home-" + string(c), State: session.State{Screen: session.Home, Closed: c}})
	}
	return all
}

// reasonState is the state of a screen that is shown for that reason.
func reasonState(at session.Screen, c kiosk.Code) session.State {
	s := filing(at)
	if at == session.StatusAsk {
		s = session.State{Screen: at, Goal: session.GoalStatus}
	}
	s.Reason = c
	return s
}

func faceStories() (all []story) {
	for _, h := range kiosk.FaceHints {
		if h == kiosk.HintNone {
			continue
		}
		if h.Turns() {
			turn := filing(session.FaceTurn)
			if h != turn.Turn {
				turn.Turn = h
				all = append(all, story{Name: "face_turn-" + string(h), State: turn})
			}
			continue
		}
		hint := func(d *session.Visit) { d.Hint = h }
		all = append(all, story{Name: "face_look-" + string(h), State: filing(session.FaceLook), Visit: hint},
			story{Name: "face_retry-" + string(h), State: filing(session.FaceRetry), Visit: hint})
	}
	declined := session.State{Screen: session.Officer, Goal: session.GoalSubmit}
	document, face, who := filing(session.Officer), filing(session.Officer), filing(session.Officer)
	document.Chip, face.Face, who.Face = kiosk.Undetermined, kiosk.Refused, kiosk.Verified
	return append(all, story{Name: "officer-declined", State: declined}, story{Name: "officer-document", State: document},
		story{Name: "officer-face", State: face}, story{Name: "officer-who", State: who},
		story{Name: "who-long", State: filing(session.Who), Visit: func(d *session.Visit) {
			d.Chip.Citizen.Name = "Công Tằng Tôn Nữ Nguyễn Thị Phương Hoàng Thuỷ Tiên"
			d.Chip.Citizen.Birth = kiosk.Date{}
			d.Chip.Photo = kiosk.Image{Data: []byte{0}, Type: "image/jp2"}
		}})
}

// noPaper is a receipt that could not be printed.
func noPaper(s session.State) session.State {
	s.Print, s.Reason = session.PrintFailed, kiosk.CodePrinterPaper
	return s
}

func listStories() []story {
	found := func(n, page int) func(*session.Visit) {
		return func(d *session.Visit) {
			d.Query, d.Page = "khai sinh", page
			for i := range n {
				d.Listed = append(d.Listed, storyProcedures[i%len(storyProcedures)])
			}
		}
	}
	papers := func(n, page int) func(*session.Visit) {
		return func(d *session.Visit) { d.Papers, d.PaperPage = storyPapers(n), page }
	}
	search := filing(session.ProcSearch)
	closed := filing(session.ProcDetail)
	closed.Closed = kiosk.CodeStoreFull
	return []story{
		{Name: "proc_search-keys", State: search, Panel: panelKeys},
		{Name: "proc_search-found", State: search, Visit: found(6, 0)},
		{Name: "proc_search-found-2", State: search, Visit: found(6, 1)},
		{Name: "proc_search-found-keys", State: search, Visit: found(6, 0), Panel: panelKeys},
		{Name: "proc_search-ask", State: search, Visit: func(d *session.Visit) { found(3, 0)(d); d.Found.AskBack = true }},
		{Name: "proc_search-topic", State: search, Visit: func(d *session.Visit) { found(3, 0)(d); d.Found.AskBack, d.Found.Topic = true, "giấy khai sinh" }},
		{Name: "proc_search-away", State: search, Visit: func(d *session.Visit) {
			found(2, 0)(d)
			d.Found.Elsewhere = &kiosk.Elsewhere{Topic: "Ly hôn", Unit: "Tòa án nhân dân khu vực 1", Address: "Số 1, đường Mẫu, phường Giả Định", Was: "Tòa án nhân dân huyện"}
		}},
		{Name: "proc_search-away-only", State: search, Visit: func(d *session.Visit) {
			found(0, 0)(d)
			d.Found.Elsewhere = &kiosk.Elsewhere{Topic: "Đăng ký ô tô", Unit: "Công an tỉnh", Note: "Mang theo giấy tờ xe và thẻ căn cước."}
		}},
		{Name: "proc_search-replaced", State: search, Visit: func(d *session.Visit) { found(1, 0)(d); d.Found.Replaced = "1.001776" }},
		{Name: "proc_search-field", State: search, Visit: func(d *session.Visit) { found(4, 0)(d); d.Query, d.Field = "", "Hộ tịch" }},
		{Name: "proc_search-none", State: search, Visit: found(0, 0)},
		{Name: "proc_detail-bare", State: filing(session.ProcDetail), Visit: func(d *session.Visit) { d.Procedure = storyProcedures[2] }},
		{Name: "proc_detail-fees", State: filing(session.ProcDetail), Visit: func(d *session.Visit) { d.Procedure = storyProcedures[1] }},
		{Name: "proc_detail-closed", State: closed},
		{Name: "scan_aim-flaw", State: reasonState(session.ScanAim, kiosk.CodePaperUnreadable), Visit: func(d *session.Visit) { d.Flaw = kiosk.PaperCovered }},
		{Name: "card_place-known", State: keyed(filing(session.CardPlace))},
		{Name: "card_number-in", State: withCard(filing(session.CardNumber))},
		{Name: "card_reading-start", State: filing(session.CardReading)},
		{Name: "card_reading-slow", State: filing(session.CardReading), Visit: func(d *session.Visit) { d.Slow = true }},
		{Name: "scan_list-two", State: filing(session.ScanList), Visit: papers(2, 0)},
		{Name: "scan_list-page", State: filing(session.ScanList), Visit: papers(3, 1)},
		{Name: "scan_list-full", State: filing(session.ScanList), Visit: papers(session.MaxPapers, 0)},
		{Name: "done-offline", State: withCard(filing(session.Done)), Visit: storyReceipt, View: offline},
		{Name: "done-no_paper", State: noPaper(withCard(filing(session.Done))), Visit: storyReceipt},
		{Name: "review-empty", State: filing(session.Review), Visit: func(d *session.Visit) { d.Papers, d.Return = nil, kiosk.Return{} }},
		{Name: "review-long", State: filing(session.Review), Visit: func(d *session.Visit) {
			d.Answer("note").Value = strings.Repeat("Xin cán bộ gọi điện trước khi đến. ", 5)
			d.Answer("address").Provenance = kiosk.FromEdited
		}},
	}
}

func offline(v *session.View) {
	v.Online, v.Outbox.Unsent = false, 3
}

func statusStories() (all []story) {
	for n := kiosk.DossierState(0); n <= kiosk.StateReturned; n++ {
		all = append(all, story{
			Name: fmt.Sprintf("status_show-%d", n), State: session.State{Screen: session.StatusShow, Goal: session.GoalStatus},
			Visit: func(d *session.Visit) {
				d.Status = kiosk.Status{State: n, Procedure: storyProcedures[1].Name, Submitted: storyNow, Updated: storyNow}
			},
		})
	}
	return append(all, story{
		Name: "status_ask-bad", State: session.State{Screen: session.StatusAsk, Goal: session.GoalStatus},
		Visit: func(d *session.Visit) { d.Invalid, d.Typed = "token", "7K3Q" },
	})
}

func overlayStories() (all []story) {
	for _, o := range []session.Overlay{session.Warning, session.Help, session.ExitAsk} {
		s := filing(session.Review)
		s.Overlay = o
		all = append(all, story{Name: "review-" + o.String(), State: s})
	}
	return append(all, story{Name: "home-settings", State: session.State{Screen: session.Home}, Panel: panelSettings},
		story{Name: "home-offline", State: session.State{Screen: session.Home}, View: offline})
}

// behalfStories are filing for another, and without a chip card, where it looks different.
func behalfStories() []story {
	whom, list, review, detail := filing(session.ForWhom), filing(session.ScanList), filing(session.Review), filing(session.ProcDetail)
	list.Behalf, review.Behalf, detail.Behalf = session.BehalfOther, session.BehalfOther, session.BehalfOther
	kept := list
	kept.Authority = true
	form := filing(session.Form)
	form.Behalf, form.Step = session.BehalfChild, 1
	birth := form
	birth.Step = 3
	number := form
	number.Step = 4
	return []story{
		{Name: "for_whom-inperson", State: whom, Visit: func(d *session.Visit) { d.Invalid = "behalf" }},
		{Name: "proc_detail-inperson", State: detail, Visit: func(d *session.Visit) { d.Invalid = "behalf" }},
		{Name: "scan_list-authority", State: list, Visit: func(d *session.Visit) { d.Invalid = "authority" }},
		{Name: "scan_list-authority-kept", State: kept, Visit: func(d *session.Visit) {
			d.Papers = []kiosk.Document{{Paper: session.AuthorityPaper, Page: storySheet(1)}}
		}},
		{Name: "form-relation-child", State: form}, {Name: "form-subject_number-child", State: number},
		{Name: "form-subject_birth-minor", State: birth, Visit: func(d *session.Visit) { d.Invalid, d.Typed = "subject_birth", "07/03/1980" }},
		{Name: "review-behalf", State: review, Visit: func(d *session.Visit) {
			d.Fields = append(d.Fields, kiosk.Field{Key: "relation", Value: "Con"}, kiosk.Field{Key: "subject_name", Value: "Trần Thị Mẫu"},
				kiosk.Field{Key: "subject_birth", Value: "07/03/1950"})
		}},
		{Name: "sign-bad", State: filing(session.Sign), Visit: func(d *session.Visit) { d.Invalid = "sign" }},
	}
}

// deskStories are what can be done without a dossier, where it looks different.
func deskStories() []story {
	left := session.State{Screen: session.Attract, Card: true, Left: true}
	rated := session.State{Screen: session.Rate, Card: true}
	place := filing(session.CardPlace)
	place.Card, place.Left = true, true
	return []story{
		{Name: "attract-left", State: left}, {Name: "rate-card", State: rated}, {Name: "card_place-left", State: place},
		{Name: "fault-clock", State: session.State{Screen: session.Fault, Reason: kiosk.CodeClockWrong}},
		{Name: "queue-failed", State: session.State{Screen: session.Queue, Reason: kiosk.CodeStoreFull}},
		{Name: "queue_show-many", State: session.State{Screen: session.QueueShow}, Visit: func(d *session.Visit) {
			d.Ticket = kiosk.Ticket{Service: kiosk.ServicePriority, Number: 128, At: storyNow}
		}},
		{Name: "queue_show-printing", State: session.State{Screen: session.QueueShow, Print: session.Printing}, Visit: storyExtra[session.QueueShow]},
		{Name: "queue_show-no_paper", State: session.State{Screen: session.QueueShow, Print: session.PrintFailed, Reason: kiosk.CodePrinterPaper}, Visit: storyExtra[session.QueueShow]},
		{Name: "rota-none", State: session.State{Screen: session.Rota}},
		{Name: "feedback-bad", State: session.State{Screen: session.Feedback}, Visit: func(d *session.Visit) { d.Invalid, d.Typed = "feedback", "ơ" }},
		{Name: "feedback-failed", State: session.State{Screen: session.Feedback, Reason: kiosk.CodeStoreFull}, Visit: func(d *session.Visit) {
			d.Typed = "Ghế ngồi chờ ít quá, mong có thêm."
		}},
	}
}
