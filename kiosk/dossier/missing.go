package dossier

import (
	"strings"
	"unicode"

	"motcua/kiosk"
)

// Missing gives the papers the procedure wants and the dossier does not have, in the procedure's order. Papers that are only
// shown at the counter ("Giấy tờ phải xuất trình"), that name no copy, or that belong to a case that need not apply
// ("Trường hợp …", "2) Đối với …") are not counted: the officer decides on them.
func Missing(p *kiosk.Procedure, papers []kiosk.Document) []kiosk.Paper {
	given := make(map[string]bool)
	for i := range papers {
		given[papers[i].Paper] = true
	}
	var missing []kiosk.Paper
	for _, want := range p.Papers {
		if (want.Original > 0 || want.Copy > 0) && always(want.Case) && !given[want.Name] {
			missing = append(missing, want)
		}
	}
	return missing
}

// always reports whether a case's papers are wanted in every dossier.
func always(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	if strings.Contains(name, "trường hợp") || strings.Contains(name, "đối với") || strings.Contains(name, "xuất trình") {
		return false
	}
	return name == "" || !unicode.IsDigit(rune(name[0])) && name[0] != '('
}
