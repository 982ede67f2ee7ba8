package session

import (
	"strings"
	"testing"
	"testing/synctest"

	"motcua/kiosk"
)

// land is a country of two provinces; of its communes one was made of another.
type land struct{}

var landUnits = []kiosk.Place{
	{Code: "98", Name: "Tỉnh Thử"}, {Code: "97", Name: "Tỉnh Mẫu"},
	{Code: "99801", Name: "Xã Sông Thử", Province: "98"}, {Code: "99802", Name: "Xã Đồi Thử", Province: "98"},
}

func (land) Provinces() []kiosk.Place      { return landUnits[:2] }
func (land) Renamed(string) []kiosk.Place  { return nil }
func (land) Communes(string) []kiosk.Place { return landUnits[2:] }
func (land) Place(code string) (kiosk.Place, error) {
	for _, p := range landUnits {
		if p.Code == code {
			return p, nil
		}
	}
	return kiosk.Place{}, &kiosk.Error{Code: kiosk.CodeNotFound, Op: "find place"}
}

func (land) Find(q, province string, _ int) []kiosk.Place {
	if q == "doi thu" && province != "97" {
		return landUnits[3:]
	}
	return nil
}

func (land) Resolve(address string) (string, []kiosk.Place, *kiosk.Place) {
	line, _, known := strings.Cut(address, ", Xã Bến Thử")
	if !known {
		return "", nil, nil
	}
	return line, landUnits[2:3], &landUnits[0]
}

// toAddress goes to the address of the form, with a card that names a commune of before.
func toAddress(t *testing.T) *bench {
	b := newBench(t, func(p *Ports) { p.Places = land{} })
	b.spoil = func(r *kiosk.ChipRead) { r.Citizen.Residence = oldHome }
	b.toForm(t)
	b.do(t, Form, IntentAnswer)                           // what the chip says
	b.do(t, Address, IntentAnswer, "value", "0999123456") // the telephone
	return b
}

const oldHome = "Tổ 1, Xã Bến Thử, Huyện Xa, Tỉnh Thử"

func (b *bench) address(t *testing.T) kiosk.Field {
	t.Helper()
	var f kiosk.Field
	b.View(func(v *View) { f = *v.Visit.Answer(kiosk.FieldAddress) })
	return f
}

func TestAnAddressIsKeptAsTheCardHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := toAddress(t)
		defer b.Close()
		b.do(t, Form, IntentAnswer) // the next question
		if f := b.address(t); f.Value != oldHome || f.Provenance != kiosk.FromDG13 || f.Original != "" || f.Commune != "" {
			t.Errorf("%+v", f)
		}
	})
}

func TestNewNamesAreTakenOnlyWhenChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := toAddress(t)
		defer b.Close()
		b.do(t, Address, IntentAnswer, "code", "99802") // nobody proposed this one
		b.do(t, Form, IntentAnswer, "code", "99801")
		f := b.address(t)
		if f.Value != "Tổ 1, Xã Sông Thử, Tỉnh Thử" || f.Provenance != kiosk.FromEdited || f.Original != oldHome || f.Commune != "99801" {
			t.Errorf("%+v", f)
		}
	})
}

func TestACommuneIsChosenFromTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := toAddress(t)
		defer b.Close()
		b.do(t, Place, IntentPlace)
		b.View(func(v *View) {
			if v.Visit.Listing.Province != "98" { // the one that the card names
				t.Errorf("%+v", v.Visit.Listing)
			}
		})
		b.do(t, Place, IntentPlaces, "province", "97")
		b.do(t, Place, IntentPlaces, "q", "doi thu") // not in that province: the whole country is looked through
		b.View(func(v *View) {
			if l := v.Visit.Listing; len(l.Found) != 1 {
				t.Errorf("%+v", l)
			}
		})
		b.do(t, Place, IntentPlaced, "code", "98") // a province is no commune
		b.do(t, Address, IntentBack)
		b.do(t, Place, IntentPlace)
		b.do(t, Form, IntentPlaced, "code", "99802")
		b.View(func(v *View) {
			if v.Visit.Line != "Tổ 1" || v.Visit.Commune.Code != "99802" {
				t.Errorf("%q, %+v", v.Visit.Line, v.Visit.Commune)
			}
		})
		b.do(t, Form, IntentAnswer, "value", " ") // nothing before it
		b.do(t, Form, IntentAnswer, "value", "Thôn 5")
		if f := b.address(t); f.Value != "Thôn 5, Xã Đồi Thử, Tỉnh Thử" || f.Provenance != kiosk.FromEdited || f.Original != oldHome || f.Commune != "99802" {
			t.Errorf("%+v", f)
		}
	})
}

func TestThePostsAddressIsChosenToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := toAddress(t)
		defer b.Close()
		b.do(t, Form, IntentType)
		b.do(t, Form, IntentAnswer, "value", "Số 7, nơi khác")
		b.do(t, ScanList, IntentAnswer, "value", "")
		b.do(t, Deliver, IntentNext)
		b.do(t, Address, IntentReturn, "method", "post")
		b.do(t, Deliver, IntentBack)
		b.do(t, Address, IntentReturn, "method", "post")
		b.do(t, Place, IntentPlace)
		b.do(t, DeliverTo, IntentPlaced, "code", "99801")
		b.do(t, Address, IntentBack)
		b.do(t, Place, IntentPlace)
		b.do(t, DeliverTo, IntentPlaced, "code", "99801")
		b.do(t, Review, IntentAnswer, "value", "Thôn 5")
		b.View(func(v *View) {
			if r := v.Visit.Return; r.Address != "Thôn 5, Xã Sông Thử, Tỉnh Thử" || r.Commune != "99801" || v.State.Post {
				t.Errorf("%+v, %+v", r, v.State)
			}
		})
		if f := b.address(t); f.Value != "Số 7, nơi khác" || f.Original != oldHome || f.Commune != "" {
			t.Errorf("%+v", f)
		}
	})
}

func TestWithoutAListAnAddressIsTyped(t *testing.T) {
	s := State{Screen: Form, Goal: GoalSubmit, Behalf: BehalfSelf}
	for i, f := range FormSteps {
		if s.Step = i; f.Key == kiosk.FieldAddress {
			break
		}
	}
	if n, _ := Next(s, Event{Kind: EvAnswer, OK: true}); n.Screen != Form {
		t.Errorf("%+v", n)
	}
	s.Screen = Deliver
	if n, _ := Next(s, Event{Kind: EvReturn, Method: kiosk.ReturnPost}); n.Screen != DeliverTo {
		t.Errorf("%+v", n)
	}
	s.Screen, s.Return = DeliverTo, kiosk.ReturnPost
	if n, _ := Next(s, Event{Kind: EvBack}); n.Screen != Deliver || n.Return != "" {
		t.Errorf("%+v", n)
	}
}
