package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"motcua/kiosk"
)

// How often a paper is asked for, the most common first. The national record lists papers as the law does, special cases among the
// ordinary ones; who files wants to see first what everybody needs.
const (
	paperForm      = iota // the form that everybody fills in
	paperHandIn           // handed in by everybody
	paperShow             // shown by everybody
	paperOnline           // the form as it is filled in online, which a counter does not need
	paperScenario         // of one of several kinds of case, which the record keeps together
	paperAuthority        // when somebody files for another
	paperSpecial          // "trường hợp …": only in a case that the paper's name tells
)

// orderPapers brings what is common before what is rare, and leaves the record's order within each.
func orderPapers(p *kiosk.Procedure) {
	slices.SortStableFunc(p.Papers, func(a, b kiosk.Paper) int { return cmp.Compare(rarity(a), rarity(b)) })
}

// everyCase are how the groups begin that are of every case, folded.
var everyCase = []string{"giay to phai", "thanh phan ho so", "ho so"}

func rarity(p kiosk.Paper) int {
	group, name := Fold(p.Case), Fold(p.Name)
	begins := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(x string) bool { return strings.HasPrefix(name, x) })
	}
	common := group == "" || slices.ContainsFunc(everyCase, func(x string) bool { return strings.HasPrefix(group, x) })
	switch {
	case !common && strings.Contains(group, "uy quyen"):
		return paperAuthority
	case !common && strings.HasPrefix(group, "truong hop"):
		return paperSpecial
	case !common:
		return paperScenario
	case begins("truong hop", "neu ", "doi voi truong hop"):
		return paperSpecial
	case begins("van ban uy quyen", "giay uy quyen"):
		return paperAuthority
	case strings.Contains(name, "dien tu tuong tac"):
		return paperOnline
	case begins("to khai", "don ", "phieu "):
		return paperForm
	case strings.HasPrefix(group, "giay to phai xuat trinh"):
		return paperShow
	}
	return paperHandIn
}
