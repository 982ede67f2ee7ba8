package catalogue

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// telexOf types a text as Telex leaves it when the keyboard does not compose: "thường" is "thuwowngf".
func telexOf(s string) string {
	var out []string
	for _, w := range strings.Fields(strings.ToLower(norm.NFC.String(s))) {
		out = append(out, telexWord(w))
	}
	return strings.Join(out, " ")
}

var (
	telexTone = map[rune]string{'\u0301': "s", '\u0300': "f", '\u0309': "r", '\u0303': "x", '\u0323': "j"}
	telexHat  = map[rune]string{'\u0302': "", '\u0306': "w", '\u031b': "w"}
)

func telexWord(w string) string {
	var b strings.Builder
	tone, last := "", rune(0)
	for _, r := range norm.NFD.String(w) {
		switch {
		case telexTone[r] != "":
			tone = telexTone[r]
		case r == '\u0302':
			b.WriteRune(last)
		case telexHat[r] != "":
			b.WriteString(telexHat[r])
		case r == 'đ':
			b.WriteString("dd")
		default:
			b.WriteRune(r)
			last = r
		}
	}
	return b.String() + tone
}

// edit changes the n-th word of a text, where it has one of four letters or more.
func edit(s string, change func(w string) string) string {
	ws := strings.Fields(Fold(s))
	for i := len(ws) - 1; i >= 0; i-- {
		if len(ws[i]) >= 4 {
			ws[i] = change(ws[i])
			break
		}
	}
	return strings.Join(ws, " ")
}

// TestMechanics asks for every procedure by its own title, spoilt in each of the ways in which people spoil it. Nothing here was
// written query by query, so that it measures what typing errors cost and nothing else.
func TestMechanics(t *testing.T) {
	c := starterCatalogue(t)
	for name, m := range map[string]struct {
		spoil func(title string) string
		want  float64 // hit@3
	}{
		"no diacritics":    {Fold, 0.97},
		"NFD":              {norm.NFD.String, 0.98},
		"Telex left over":  {telexOf, 0.95},
		"a letter missing": {func(s string) string { return edit(s, func(w string) string { return w[:1] + w[2:] }) }, 0.95},
		"a letter twice":   {func(s string) string { return edit(s, func(w string) string { return w + w[len(w)-1:] }) }, 0.95},
		"letters exchanged": {func(s string) string {
			return edit(s, func(w string) string { return w[:1] + w[2:3] + w[1:2] + w[3:] })
		}, 0.95},
		"words together": {func(s string) string { return strings.ReplaceAll(Fold(s), " ", "") }, 0.9},
		"tr and ch, x and s": {func(s string) string {
			return strings.NewReplacer("tr", "ch", "ch", "tr", "x", "s", "s", "x").Replace(Fold(s))
		}, 0.93},
		"politely": {func(s string) string {
			return "Dạ em ơi cho tui hỏi muốn làm " + s + " thì làm ở đâu vậy"
		}, 0.95},
	} {
		t.Run(name, func(t *testing.T) {
			n, three := 0, 0
			for code, p := range c.byCode {
				n++
				found := false
				for _, h := range c.Search(m.spoil(p.Title()), 3).Hits {
					found = found || h.Procedure.Code == code
				}
				if found {
					three++
				} else if testing.Verbose() {
					t.Logf("%q does not find %s %s", m.spoil(p.Title()), code, p.Title())
				}
			}
			t.Logf("%d titles: hit@3 %.3f", n, ratio(three, n))
			if ratio(three, n) < m.want {
				t.Errorf("hit@3 %.3f, want %.2f", ratio(three, n), m.want)
			}
		})
	}
}

// The examples of the acceptance list.
func TestBirthInTheFirstThree(t *testing.T) {
	c := starterCatalogue(t)
	for _, q := range []string{"khai sinh", "khaisinh", "KHAI SINH", "kahi sinh", "làm giấy cho con"} {
		found := false
		for _, h := range c.Search(q, 3).Hits {
			found = found || h.Procedure.Code == "1.001193"
		}
		if !found {
			t.Errorf("%q does not find the birth in the first three", q)
		}
	}
}

// What is settled elsewhere says where, and who did it before the reform where that changed.
func TestElsewhere(t *testing.T) {
	c := starterCatalogue(t)
	for q, unit := range map[string]string{
		"ly hôn": "Tòa án nhân dân khu vực", "toi muon ly di": "Tòa án nhân dân khu vực", "đổi bằng lái xe": "Công an tỉnh, thành phố",
		"xin lý lịch tư pháp ở đâu": "Công an tỉnh, thành phố", "lam ho chieu": "Phòng Quản lý xuất nhập cảnh, Công an tỉnh, thành phố",
		"tách thửa đất": "Văn phòng đăng ký đất đai",
	} {
		s := c.Search(q, 3)
		if s.Elsewhere == nil || s.Elsewhere.Unit != unit || s.Confident || s.AskBack {
			t.Errorf("%q: elsewhere %+v, confident %v", q, s.Elsewhere, s.Confident)
		}
	}
	if s := c.Search("bằng lái xe", 3); s.Elsewhere == nil || s.Elsewhere.Was == "" {
		t.Errorf("who did it before is not said: %+v", s.Elsewhere)
	}
	for _, q := range []string{"ghi chú ly hôn ở nước ngoài", "mất hộ chiếu", "công chứng bằng lái", "đăng ký khai sinh", "công chứng hộ chiếu", "sang tên xe máy"} {
		if s := c.Search(q, 3); s.Elsewhere != nil {
			t.Errorf("%q is sent to %s", q, s.Elsewhere.Unit)
		}
	}
}

// A procedure of another level in a province's catalogue is shown, with where it is settled.
func TestOtherLevel(t *testing.T) {
	c, err := Parse("levels", []byte(strings.Replace(good, `"ministry": ""`, `"ministry": "", "levels": ["province"], "agency": "Sở Thử nghiệm"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"thủ tục thử", "1.000001"} {
		if s := c.Search(q, 3); s.Elsewhere == nil || s.Elsewhere.Unit != "Sở Thử nghiệm" || s.Confident {
			t.Errorf("%q: %+v", q, s)
		}
	}
}
