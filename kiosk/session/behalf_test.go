package session

import (
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
)

// drawn is a signature as the page posts it.
const drawn = "100,100 110,120 120,140 130,160;500,200 520,210 540,220 560,230 580,240"

// toForWhom goes from Attract to the question for whom.
func (b *bench) toForWhom(t *testing.T, code string) {
	b.do(t, Home, IntentStart)
	b.do(t, Consent, IntentSubmit)
	b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
	b.do(t, ProcDetail, IntentPick, "code", code)
	b.do(t, ForWhom, IntentProceed)
}

// identify goes from the card to the form.
func (b *bench) identify(t *testing.T) {
	b.card <- true
	b.at(t, CardNumber)
	b.do(t, Who, IntentNumber, "number", "999201012345")
	b.do(t, Form, IntentYes)
	b.do(t, Form, IntentAnswer)
}

// scanPage takes and keeps one page.
func (b *bench) scanPage(t *testing.T, index string) {
	b.do(t, ScanAim, IntentPaper, "index", index)
	b.do(t, ScanView, IntentTake)
	b.do(t, ScanList, IntentKeep)
}

func (b *bench) field(key string) (value string) {
	b.View(func(v *View) {
		if f := v.Visit.Answer(key); f != nil {
			value = f.Value
		}
	})
	return value
}

func TestGuardianFilesForAChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toForWhom(t, birth.Code)
		b.do(t, CardPlace, IntentFor, "who", "child")
		b.identify(t)
		step := func(want string) {
			t.Helper()
			b.View(func(v *View) {
				if got := FormSteps[v.State.Step].Key; got != want {
					t.Fatalf("asked for %s, want %s", got, want)
				}
			})
		}
		step("relation")
		b.do(t, Form, IntentAnswer, "value", "spouse") // not of a child
		step("relation")
		b.do(t, Form, IntentAnswer, "value", "guardian")
		step("subject_name")
		b.do(t, Form, IntentAnswer, "value", "Nguyễn Bé Thử")
		step("subject_birth")
		b.do(t, Form, IntentAnswer, "value", "01/02/1980") // an adult
		step("subject_birth")
		b.do(t, Form, IntentAnswer, "value", time.Now().AddDate(-7, 0, 0).Format("02012006"))
		step("subject_number")
		b.do(t, Form, IntentAnswer, "value", "")
		step("phone")
		b.do(t, Form, IntentBack)
		step("subject_number")
		b.do(t, Form, IntentAnswer, "value", "999201012345") // the guardian's own
		step("subject_number")
		b.do(t, Form, IntentAnswer, "value", "")
		if b.field("relation") != "Người giám hộ" || b.field("subject_name") != "Nguyễn Bé Thử" || b.field("name") != "Nguyễn Thị Thử" {
			t.Error("the two people are not both named")
		}
	})
}

func TestRepresentativeNeedsTheAuthority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toForWhom(t, birth.Code)
		b.do(t, CardPlace, IntentFor, "who", "other")
		b.identify(t)
		b.do(t, Form, IntentAnswer, "value", "child_of")
		b.do(t, Form, IntentAnswer, "value", "Trần Thị Mẫu")
		b.do(t, Form, IntentAnswer, "value", "07031950")
		b.do(t, Form, IntentAnswer, "value", "") // an adult has a number
		b.do(t, Form, IntentAnswer, "value", "999150000789")
		b.do(t, Form, IntentAnswer, "value", "0912345678")
		b.do(t, Form, IntentAnswer, "value", "Số 1, Thôn Thử")
		b.do(t, ScanList, IntentAnswer, "value", "")
		b.do(t, ScanList, IntentNext)
		b.View(func(v *View) {
			if v.Visit.Invalid != "authority" {
				t.Error("nothing says that the authority is missing")
			}
		})
		b.scanPage(t, "authority")
		b.do(t, Deliver, IntentNext)
		b.do(t, Review, IntentReturn, "method", "counter")
		b.do(t, ScanList, IntentChange, "what", "papers")
		b.do(t, ScanList, IntentDrop, "index", "0")
		b.do(t, Review, IntentBack)
		b.do(t, ScanList, IntentConfirm) // back to where it is missing
		b.scanPage(t, "authority")
		b.do(t, Review, IntentNext)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "ink", drawn)
		if len(b.puts) != 1 {
			t.Fatalf("%d dossiers", len(b.puts))
		}
		d := b.sealedDossier
		last := d.Papers[len(d.Papers)-1]
		if d.Papers[0].Paper != AuthorityPaper || last.Paper != SignaturePaper || last.Page.Type != "image/png" {
			t.Errorf("pages %q … %q", d.Papers[0].Paper, last.Paper)
		}
		if c := d.Consents[len(d.Consents)-1]; c.Purpose != kiosk.PurposeDeclare || !c.Given || c.Text != "consent.declare/1" {
			t.Errorf("declaration %+v", c)
		}
	})
}

// personal is a procedure that nobody may file for another.
var personal = &kiosk.Procedure{Code: "1.000894", Name: "Đăng ký kết hôn", InPerson: true}

func TestProcedureDecidesWhoMayBeRepresented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toForWhom(t, personal.Code)
		b.do(t, ForWhom, IntentFor, "who", "other")
		b.View(func(v *View) {
			if v.Visit.Invalid != "behalf" {
				t.Error("nothing says why")
			}
		})
		b.do(t, CardPlace, IntentFor, "who", "self")
	})
}

func TestSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Sign, IntentSign)
		b.do(t, Sign, IntentSign, "ink", "1,1")
		b.View(func(v *View) {
			if v.Visit.Invalid != "sign" {
				t.Error("a touch counts as a signature")
			}
		})
		if len(b.puts) != 0 {
			t.Fatal("stored without a declaration")
		}
		b.do(t, Review, IntentBack)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "ink", drawn)
		var page []byte
		b.View(func(v *View) { page = v.Visit.Signature.Page.Data })
		b.do(t, Rate, IntentFinish)
		for _, c := range page {
			if c != 0 {
				t.Fatal("the signature is still in memory")
			}
		}
	})
}

func TestWithoutAChipCard(t *testing.T) {
	for paper, code := range map[string]kiosk.Code{"none": kiosk.CodeCardAbsent, "cmnd": kiosk.CodeCardOld, "passport": kiosk.CodeCardForeign} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.toForWhom(t, birth.Code)
			b.do(t, CardPlace, IntentFor, "who", "self")
			b.do(t, CardOther, IntentOther)
			b.do(t, CardOther, IntentLack, "paper", "passport2")
			b.do(t, CardPlace, IntentBack)
			b.do(t, CardOther, IntentOther)
			b.do(t, Officer, IntentLack, "paper", paper)
			b.View(func(v *View) {
				if v.State.Reason != code {
					t.Errorf("%s: reason %q", paper, v.State.Reason)
				}
			})
			b.do(t, Queue, IntentQueue)
			b.View(func(v *View) {
				if v.Visit.Chip != nil || v.Visit.Procedure != nil || v.Visit.Consents != nil {
					t.Error("something of the visit went along")
				}
			})
			b.do(t, QueueShow, IntentDraw, "service", "A")
		})
	}
}

// A foreigner's passport on the reader cannot be opened by a card's number: the counter serves, and nothing half read is kept.
func TestPassportOnTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.reads = []error{&kiosk.Error{Code: kiosk.CodeCardUnsupported}}
		b.toForWhom(t, birth.Code)
		b.do(t, CardPlace, IntentFor, "who", "self")
		b.card <- true
		b.at(t, CardNumber)
		b.do(t, Officer, IntentNumber, "number", "999201012345")
		b.View(func(v *View) {
			if v.Visit.Chip != nil || v.Visit.Key != (kiosk.CardKey{}) {
				t.Error("something of the passport is kept")
			}
		})
		b.do(t, Queue, IntentQueue)
		b.do(t, QueueShow, IntentDraw, "service", "A")
	})
}

// An expired card is refused with the reason; the look-up and the number work.
func TestExpiredCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.spoil = func(c *kiosk.ChipRead) {
			c.Verdict = kiosk.Refused
			c.Checks = append(c.Checks, kiosk.Check{Name: kiosk.CheckExpiry, Result: kiosk.CheckFailed})
		}
		b.toForWhom(t, birth.Code)
		b.do(t, CardPlace, IntentFor, "who", "self")
		b.card <- true
		b.at(t, CardNumber)
		b.do(t, Officer, IntentNumber, "number", "999201012345")
		b.View(func(v *View) {
			if v.State.Reason != kiosk.CodeCardExpired || v.Visit.Chip != nil {
				t.Errorf("reason %q, chip kept: %v", v.State.Reason, v.Visit.Chip != nil)
			}
		})
		b.do(t, Queue, IntentQueue)
		b.do(t, Home, IntentBack)
		b.do(t, StatusAsk, IntentStatus)
		b.do(t, StatusShow, IntentToken, "token", "KNQWN-KNQWN")
	})
}

func TestParseDate(t *testing.T) {
	for typed, want := range map[string]string{
		"07/03/1950": "07/03/1950", "07031950": "07/03/1950", "7/3/1950": "", "30/02/2000": "", "29/02/2000": "29/02/2000", "01/01/0001": "", "": "",
	} {
		d, ok := ParseDate(typed)
		if ok != (want != "") || ok && d.String() != want {
			t.Errorf("%q is %v, %v", typed, d, ok)
		}
	}
}

// Stale posts, double taps, and devices of an ended visit change nothing, whatever the screen.
func TestNothingStaleCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		var turn uint64
		b.View(func(v *View) { turn = v.Turn })
		b.do(t, Sign, IntentConfirm)
		for _, name := range []string{IntentConfirm, IntentChange, IntentBack, IntentExitYes, IntentSign} { // the page before, again
			b.Post(Intent{Name: name, Turn: turn, Values: map[string]string{"tick": "on", "what": "papers"}})
			b.at(t, Sign)
		}
		b.View(func(v *View) { turn = v.Turn })
		two := Intent{Name: IntentSign, Turn: turn, Values: map[string]string{"tick": "on"}}
		b.Post(two)
		b.Post(two)
		b.at(t, Done)
		if len(b.puts) != 1 {
			t.Fatalf("a double tap stored %d dossiers", len(b.puts))
		}
		b.do(t, Rate, IntentFinish)
		b.do(t, Attract, IntentSkip)
		b.Post(two)
		b.at(t, Attract)
	})
}
