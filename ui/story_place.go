package ui

import (
	"fmt"
	"slices"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// storyPlaces is a country as large as the true one, whose communes are made up.
type storyPlaces struct{}

var storyProvinces = strings.Split("An Giang, Bắc Ninh, Cà Mau, Cao Bằng, Cần Thơ, Đà Nẵng, Đắk Lắk, Điện Biên, Đồng Nai, Đồng Tháp, Gia Lai, Hà Nội, "+
	"Hà Tĩnh, Hải Phòng, Huế, Hưng Yên, Khánh Hoà, Lai Châu, Lạng Sơn, Lào Cai, Lâm Đồng, Nghệ An, Ninh Bình, Phú Thọ, Quảng Ngãi, Quảng Ninh, "+
	"Quảng Trị, Sơn La, Tây Ninh, Thái Nguyên, Thanh Hoá, Thành phố Hồ Chí Minh, Tuyên Quang, Vĩnh Long", ", ")

func (storyPlaces) Provinces() (all []kiosk.Place) {
	for i, name := range storyProvinces {
		all = append(all, kiosk.Place{Code: fmt.Sprintf("%02d", i+1), Name: name})
	}
	return all
}

func (storyPlaces) Communes(province string) (all []kiosk.Place) {
	for i, first := range []string{"An", "Bình", "Cẩm", "Đông", "Giả", "Hoà", "Kim", "Lúa", "Mẫu", "Ngọc", "Phú", "Quang", "Sông", "Tân", "Vĩnh", "Xuân", "Yên"} {
		for j, second := range []string{"Định", "Mẫu", "Thử", "Thuỷ Tiên"} {
			kind := [...]string{"Xã ", "Phường "}[i%2]
			all = append(all, kiosk.Place{Code: fmt.Sprintf("99%d%02d", j, i), Name: kind + first + " " + second, Province: province})
		}
	}
	return all
}

func (s storyPlaces) Place(code string) (kiosk.Place, error) {
	all := append(s.Provinces(), s.Communes("24")...)
	if i := slices.IndexFunc(all, func(p kiosk.Place) bool { return p.Code == code }); i >= 0 {
		return all[i], nil
	}
	return kiosk.Place{}, kiosk.Errorf(kiosk.CodeNotFound, "find place", "", "no such code")
}

func (s storyPlaces) Find(string, string, int) []kiosk.Place { return s.Communes("24")[:6] }
func (storyPlaces) Renamed(string) []kiosk.Place             { return nil }

// Resolve knows that what the stories' citizen lives in was joined with another commune.
func (s storyPlaces) Resolve(address string) (line string, communes []kiosk.Place, province *kiosk.Place) {
	line, _, known := strings.Cut(address, ", xã Hoà Bình Mẫu")
	if !known {
		return "", nil, nil
	}
	return line, []kiosk.Place{s.Communes("24")[20]}, &s.Provinces()[23]
}

func placeStories() []story {
	ask, list := filing(session.Address), filing(session.Place)
	post := ask
	post.Post = true
	line, to := filing(session.Form), filing(session.DeliverTo)
	line.Step = slices.IndexFunc(session.FormSteps, func(f session.FormStep) bool { return f.Key == kiosk.FieldAddress })
	listing := func(l session.PlaceList) func(*session.Visit) { return func(d *session.Visit) { d.Listing = l } }
	chosen := func(d *session.Visit) {
		d.Commune, d.Line = storyPlaces{}.Communes("24")[3], "Số 12, đường Lúa Mới, thôn Đông Đoài"
	}
	return []story{
		{Name: "address-none", State: ask, Visit: func(d *session.Visit) { d.Answer(kiosk.FieldAddress).Value = "" }},
		{Name: "address-post", State: post, Visit: func(d *session.Visit) {
			d.Return = kiosk.Return{Method: kiosk.ReturnPost, Address: "Số 1, Xã An Mẫu, Phú Thọ"}
		}},
		{Name: "place-letters", State: list, Visit: listing(session.PlaceList{Province: "24"})},
		{Name: "place-communes", State: list, Visit: listing(session.PlaceList{Province: "24", Letter: "H"})},
		{Name: "place-found", State: list, Visit: listing(session.PlaceList{Query: "hoa binh", Found: storyPlaces{}.Find("", "", 6)})},
		{Name: "place-none", State: list, Visit: listing(session.PlaceList{Query: "xyz"})},
		{Name: "place-keys", State: list, Panel: panelKeys},
		{Name: "form-address-line", State: line, Visit: chosen},
		{Name: "form-address-line-bad", State: line, Visit: func(d *session.Visit) { chosen(d); d.Invalid, d.Typed = "address", "" }},
		{Name: "deliver_to-line", State: to, Visit: chosen},
	}
}
