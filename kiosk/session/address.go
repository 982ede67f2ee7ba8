package session

import (
	"strings"

	"motcua/kiosk"
)

// An address is kept as the card has it, taken with the new names that are proposed for it, put together from the list of communes and
// a line before it, or typed. A proposal is never taken by itself; what the card says stays beside a changed answer.

// asksAddress reports whether the form's question is an address.
func (s State) asksAddress() bool {
	return s.Step >= 0 && s.Step < len(FormSteps) && FormSteps[s.Step].Key == kiosk.FieldAddress
}

// toPost asks for the address for post.
func toPost(s State) State {
	if s.Places {
		s.Post = true
		return to(s, Address, "")
	}
	return to(s, DeliverTo, "")
}

// noPost goes back to the choice: an address was not given.
func noPost(s State) State {
	s.Return, s.Post = "", false
	return to(s, Deliver, "")
}

// line asks for what stands before the commune, or for the whole address.
func line(s State) State {
	if s.Post {
		s.Post = false
		return to(s, DeliverTo, "")
	}
	return to(s, Form, "")
}

func onAddress(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvAnswer:
		switch {
		case !e.OK:
		case s.Post:
			return review(s)
		default:
			return answered(s)
		}
	case EvPlace:
		return to(s, Place, ""), nil
	case EvType:
		return line(s), nil
	case EvBack:
		if s.Post {
			return noPost(s), nil
		}
		return unanswered(s)
	}
	return s, nil
}

func onPlaceList(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvPlaced:
		if e.OK {
			return line(s), nil
		}
	case EvBack:
		return to(s, Address, ""), nil
	}
	return s, nil
}

// Given is the address as it stands, before a commune was chosen for it.
func (v *Visit) Given(post bool) string {
	switch f := v.Answer(kiosk.FieldAddress); {
	case post:
		return v.Return.Address
	case f != nil:
		return f.Value
	}
	return ""
}

// addressKey is the key of the address that is being given.
func (r *Runner) addressKey() string {
	if r.state.Post {
		return "return"
	}
	return kiosk.FieldAddress
}

// keepAddress takes the address as it stands, or with the present name of its commune, which the citizen has seen and chosen.
func (r *Runner) keepAddress(in Intent) Event {
	key, given := r.addressKey(), r.visit.Given(r.state.Post)
	code := in.Values["code"]
	if code == "" {
		if _, ok := Accept(key, given); !ok {
			return Event{Kind: EvAnswer}
		}
		return Event{Kind: EvAnswer, OK: true}
	}
	before, communes, _ := r.ports.Places.Resolve(given)
	for _, c := range communes {
		if c.Code == code {
			return r.compose(key, before, c)
		}
	}
	return Event{Kind: EvAnswer}
}

// minLine is how short a house, street or hamlet may be, in runes.
const minLine = 2

// lineBefore takes what stands before the commune that was chosen.
func (r *Runner) lineBefore(key, typed string) Event {
	before := cut(clean(typed), maxAnswer/2)
	if len([]rune(before)) < minLine {
		if key == "return" {
			key = "address"
		}
		r.invalid(key, before)
		return Event{Kind: EvAnswer}
	}
	return r.compose(key, before, r.visit.Commune)
}

// compose keeps an address of the list.
func (r *Runner) compose(key, before string, in kiosk.Place) Event {
	r.answered(key, FullAddress(r.ports.Places, before, in), in)
	r.visit.Commune, r.visit.Line = kiosk.Place{}, ""
	return Event{Kind: EvAnswer, OK: true}
}

// FullAddress joins a line, a commune and its province.
func FullAddress(places kiosk.Places, before string, in kiosk.Place) string {
	parts := []string{in.Name}
	if before != "" {
		parts = []string{before, in.Name}
	}
	if province, err := places.Place(in.Province); err == nil {
		parts = append(parts, province.Name)
	}
	return strings.Join(parts, ", ")
}

func (r *Runner) typeAddress(Intent) Event {
	r.visit.Commune, r.visit.Line = kiosk.Place{}, ""
	return Event{Kind: EvType}
}

// listPlaces begins with the province that the address names, when it names one.
func (r *Runner) listPlaces(Intent) Event {
	v := &r.visit
	before, _, province := r.ports.Places.Resolve(v.Given(r.state.Post))
	v.Commune, v.Line, v.Listing = kiosk.Place{}, before, PlaceList{}
	if province != nil {
		v.Listing.Province = province.Code
	}
	return Event{Kind: EvPlace}
}

// maxPlaces is how many communes a text may find.
const maxPlaces = 12

func (r *Runner) findPlaces(in Intent) Event {
	l := PlaceList{Query: cut(clean(in.Values["q"]), maxName)}
	if p, err := r.ports.Places.Place(in.Values["province"]); err == nil && p.Province == "" {
		l.Province, l.Letter = p.Code, cut(clean(in.Values["letter"]), 1)
	}
	if l.Query != "" {
		within := r.visit.Listing.Province
		if l.Found = r.ports.Places.Find(l.Query, within, maxPlaces); len(l.Found) == 0 {
			l.Found = r.ports.Places.Find(l.Query, "", maxPlaces)
		}
		l.Province = within
	}
	r.visit.Listing = l
	r.turn++
	r.changed()
	return Event{Kind: EvList}
}

func (r *Runner) choosePlace(in Intent) Event {
	p, err := r.ports.Places.Place(in.Values["code"])
	if err != nil || p.Province == "" {
		return Event{Kind: EvPlaced}
	}
	r.visit.Commune, r.visit.Listing = p, PlaceList{}
	return Event{Kind: EvPlaced, OK: true}
}
