package places

import (
	"cmp"
	"slices"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/catalogue"
)

// How well a name fits what was typed, best first.
const (
	fitWhole  = iota // the name itself
	fitBegin         // the name begins so
	fitWord          // a word of the name begins so
	fitInside        // it stands somewhere in the name
	fitNear          // one letter is wrong
	fitNone
)

// oldName is what an old name counts behind the present one.
const oldName = 1

// Find gives the communes whose present or old name fits what was typed, the best first; province "" is the whole country. What is
// typed needs no diacritics and no kind; with a kind ("phường …") units of that kind go before the others.
func (p *Places) Find(query, province string, limit int) []kiosk.Place {
	typed, name := catalogue.Fold(query), bare(query)
	if name == "" || limit <= 0 || len(name) > 100 {
		return nil
	}
	type hit struct {
		place kiosk.Place
		rank  int
	}
	var hits []hit
	for _, u := range p.units {
		if province != "" && u.province != province {
			continue
		}
		if r := u.fit(name); r < 10*fitNone {
			place := p.byCode[u.code]
			if typed != name && !strings.HasPrefix(catalogue.Fold(place.Name), strings.TrimSuffix(typed, name)) {
				r += 5
			}
			hits = append(hits, hit{place, r})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.place.Name, b.place.Name), cmp.Compare(a.place.Code, b.place.Code))
	})
	var all []kiosk.Place
	for _, h := range hits[:min(limit, len(hits))] {
		all = append(all, h.place)
	}
	return all
}

// fit gives the rank of the unit's best name, in tenths.
func (u unit) fit(name string) int {
	best := 10 * fitNone
	for i, n := range u.names {
		rank := 10 * fit(n, name)
		if i > 0 {
			rank += oldName
		}
		best = min(best, rank)
	}
	return best
}

func fit(name, typed string) int {
	switch {
	case name == typed:
		return fitWhole
	case strings.HasPrefix(name, typed):
		return fitBegin
	case strings.Contains(name, " "+typed):
		return fitWord
	case strings.Contains(name, typed):
		return fitInside
	case len(typed) >= 4 && catalogue.OneSlip(name, typed):
		return fitNear
	}
	return fitNone
}

// Resolve gives what stands before the commune in an address as an older document writes it ("Tổ 1, Xã A, Huyện B, Tỉnh C"), the
// communes that this one is now, and the province; nil when not even the province is known. A part without its kind may be the commune or
// the district of before 01/07/2025: both are looked for. The document's own text stays what it is: this is a proposal.
func (p *Places) Resolve(address string) (line string, communes []kiosk.Place, province *kiosk.Place) {
	parts := strings.Split(address, ",")
	if len(address) > maxAddress {
		return "", nil, nil
	}
	last := len(parts) - 1
	if province = p.province(parts[last]); province == nil {
		return "", nil, nil
	}
	first, bareParts := last, 0
	for i := last - 1; i >= 0 && bareParts < 2; i-- {
		kind := kindOf(parts[i])
		if kind == kindDistrict {
			first = i
			continue
		}
		found := p.communeIn(parts[i], province.Code)
		if kind == kindCommune {
			return before(parts, i), found, province
		}
		bareParts++
		if found != nil {
			first, communes = i, append(found, communes...)
		}
	}
	return before(parts, first), communes, province
}

// maxAddress bounds what is read of an address, in bytes.
const maxAddress = 1000

func before(parts []string, i int) string { return strings.TrimSpace(strings.Join(parts[:i], ",")) }

// province finds a province by its present or former name; nil when it is none, or one that was divided.
func (p *Places) province(text string) *kiosk.Place {
	name := bare(text)
	for _, v := range p.provinces {
		if bare(v.Name) == name {
			return &v
		}
	}
	var found []kiosk.Place
	for _, v := range p.Renamed(text) {
		if v.Province == "" {
			found = append(found, v)
		}
	}
	if len(found) == 1 {
		return &found[0]
	}
	return nil
}

// What a part of an address says it is.
const (
	kindNone     = iota
	kindDistrict // of the level that was abolished on 01/07/2025
	kindCommune
)

var partKinds = []struct {
	prefix string
	kind   int
}{
	{"huyen ", kindDistrict}, {"quan ", kindDistrict}, {"thi xa ", kindDistrict}, {"thanh pho ", kindDistrict}, {"tp ", kindDistrict},
	{"xa ", kindCommune}, {"phuong ", kindCommune}, {"thi tran ", kindCommune}, {"tt ", kindCommune}, {"dac khu ", kindCommune},
}

func kindOf(part string) int {
	f := catalogue.Fold(part)
	for _, k := range partKinds {
		if strings.HasPrefix(f, k.prefix) {
			return k.kind
		}
	}
	return kindNone
}

// communeIn finds the units of a province that a name stands for now: by what they were made of, or by the same name where the
// list says nothing else. Several mean that the old commune was divided.
func (p *Places) communeIn(part, province string) (found []kiosk.Place) {
	for _, v := range p.Renamed(part) {
		if v.Province == province {
			found = append(found, v)
		}
	}
	if found != nil {
		return found
	}
	name := bare(part)
	for _, v := range p.communes[province] {
		if bare(v.Name) == name {
			found = append(found, v)
		}
	}
	return found
}
