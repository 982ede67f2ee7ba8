package speaker

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"motcua/kiosk"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		n            int64
		north, south string
	}{
		{0, "không", ""}, {4, "bốn", ""}, {5, "năm", ""}, {10, "mười", ""}, {11, "mười một", ""}, {14, "mười bốn", ""}, {15, "mười lăm", ""},
		{20, "hai mươi", ""}, {21, "hai mươi mốt", ""}, {24, "hai mươi tư", "hai mươi bốn"}, {25, "hai mươi lăm", ""}, {41, "bốn mươi mốt", ""},
		{55, "năm mươi lăm", ""}, {99, "chín mươi chín", ""}, {100, "một trăm", ""}, {101, "một trăm linh một", "một trăm lẻ một"},
		{104, "một trăm linh tư", "một trăm lẻ bốn"}, {105, "một trăm linh năm", "một trăm lẻ năm"}, {110, "một trăm mười", ""},
		{115, "một trăm mười lăm", ""}, {1000, "một nghìn", "một ngàn"}, {1005, "một nghìn không trăm linh năm", "một ngàn không trăm lẻ năm"},
		{1250, "một nghìn hai trăm năm mươi", "một ngàn hai trăm năm mươi"}, {10_000, "mười nghìn", "mười ngàn"},
		{1_000_005, "một triệu không trăm linh năm", "một triệu không trăm lẻ năm"},
		{2_021_024, "hai triệu không trăm hai mươi mốt nghìn không trăm hai mươi tư", "hai triệu không trăm hai mươi mốt ngàn không trăm hai mươi bốn"},
		{3_000_000_000, "ba tỷ", ""}, {1_000_000_000_000, "một nghìn tỷ", "một ngàn tỷ"}, {-15, "âm mười lăm", ""},
	} {
		if c.south == "" {
			c.south = c.north
		}
		if got := Words(c.n, North); got != c.north {
			t.Errorf("%d in the north is %q, want %q", c.n, got, c.north)
		}
		if got := Words(c.n, South); got != c.south {
			t.Errorf("%d in the south is %q, want %q", c.n, got, c.south)
		}
	}
	if Words(-1<<63, North) == "" {
		t.Error("the least number has no words")
	}
}

// Whatever number or code is said, its clips are among those that "make clips" makes.
func TestEveryWordHasAClip(t *testing.T) {
	for _, lang := range Languages() {
		have := Sentences(lang)
		for _, d := range []Dialect{North, South} {
			for _, step := range []int64{1, 7, 997, 999_983, 999_999_937, 1 << 55} {
				for i := range int64(120) {
					for _, p := range number(lang)(i*step, d) {
						if have[p.key] != p.text {
							t.Fatalf("%s %s: %d needs the clip %q of %q; there is %q", lang, d, i*step, p.key, p.text, have[p.key])
						}
					}
				}
			}
		}
		for _, p := range spell(lang, "0123456789-abcdefghijklmnopqrstuvwxyz") {
			if p.key != pauseKey && have[p.key] == "" {
				t.Errorf("%s: no clip %q", lang, p.key)
			}
		}
	}
}

func texts(list []piece) string {
	var words []string
	for _, p := range list {
		words = append(words, p.text)
	}
	return strings.Join(words, " ")
}

func TestSpell(t *testing.T) {
	for code, want := range map[string]string{"A": "a", "K7-q4": "ca bảy  quy bốn", "105": "một không năm", "": ""} {
		if got := texts(spell(Vietnamese, code)); got != want {
			t.Errorf("%q is %q, want %q", code, got, want)
		}
	}
	if got := texts(enNumber(1_115, North)); got != "one thousand one hundred fifteen" {
		t.Errorf("in English: %q", got)
	}
}

// folder has clips for these keys, whatever they say.
func folder(keys ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for _, k := range keys {
		m[k+".ogg"] = &fstest.MapFile{Data: []byte("x")}
	}
	return m
}

// A phrase is said in the citizen's language when all of it can be, else in Vietnamese: never in neither.
func TestPlanFallsBackByThePhrase(t *testing.T) {
	clips := folder("welcome", "home", "call_number", "to_desk", "n15", "n3", "l_a", "km/welcome", "en/welcome", "en/call_number", "en/to_desk", "en/n15", "en/n3", "en/l_a")
	keys := func(list []piece) (all []string) {
		for _, p := range list {
			all = append(all, p.key)
		}
		return all
	}
	call := []string{"call_number", "l_a", "n15", "to_desk", "n3"}
	for name, c := range map[string]struct {
		phrase kiosk.Phrase
		lang   string
		want   []string
	}{
		"Vietnamese":               {kiosk.Prompt("welcome"), "vi", []string{"welcome"}},
		"a language that has it":   {kiosk.Phrase{Lang: "km", Parts: kiosk.Prompt("welcome").Parts}, "km", []string{"welcome"}},
		"a language that lacks it": {kiosk.Phrase{Lang: "km", Parts: kiosk.Prompt("home").Parts}, "vi", []string{"home"}},
		"a language unheard of":    {kiosk.Phrase{Lang: "xx", Parts: kiosk.Prompt("home").Parts}, "vi", []string{"home"}},
		"not a language":           {kiosk.Phrase{Lang: "../vi", Parts: kiosk.Prompt("home").Parts}, "vi", []string{"home"}},
		"a call":                   {kiosk.CallUp("A", 15, 3), "vi", call},
		"a call in English":        {kiosk.Phrase{Lang: "en", Parts: kiosk.CallUp("A", 15, 3).Parts}, "en", call},
		"a call in part":           {kiosk.Phrase{Lang: "km", Parts: kiosk.CallUp("A", 15, 3).Parts}, "vi", call},
	} {
		lang, list := plan(clips, c.phrase, North)
		if lang != c.lang || !slices.Equal(keys(list), c.want) {
			t.Errorf("%s: %s %v, want %s %v", name, lang, keys(list), c.lang, c.want)
		}
	}
	if _, list := plan(clips, kiosk.Phrase{Parts: make([]kiosk.Spoken, 1000)}, North); len(list) > maxParts {
		t.Errorf("a phrase of %d clips", len(list))
	}
}

// The privacy rule.
func TestAudible(t *testing.T) {
	personal := kiosk.Phrase{Private: true, Parts: kiosk.Prompt("confirm").Parts}
	for name, c := range map[string]struct {
		phrase kiosk.Phrase
		loud   bool
	}{
		"a prompt":               {kiosk.Prompt("welcome"), true},
		"a call":                 {kiosk.CallUp("A", 15, 3), true},
		"a private prompt":       {personal, false},
		"text, marked":           {kiosk.Phrase{Private: true, Parts: []kiosk.Spoken{{Text: "tên"}}}, false},
		"text, not marked":       {kiosk.Phrase{Parts: []kiosk.Spoken{{Text: "tên"}}}, false},
		"a token, not marked":    {kiosk.Phrase{Parts: []kiosk.Spoken{{Code: "K7QRN-WXYZ2"}}}, false},
		"an id as a number":      {kiosk.Phrase{Parts: []kiosk.Spoken{{Number: 999_301_012_345}}}, false},
		"an id among prompts":    {kiosk.Phrase{Parts: []kiosk.Spoken{{Prompt: "home"}, {Code: "999301012345"}}}, false},
		"letters of a queue":     {kiosk.Phrase{Parts: []kiosk.Spoken{{Code: "AB"}}}, true},
		"a number below nothing": {kiosk.Phrase{Parts: []kiosk.Spoken{{Number: -1}}}, false},
	} {
		if got := Audible(c.phrase, Loudspeaker); got != c.loud {
			t.Errorf("%s: the loudspeaker says it: %v, want %v", name, got, c.loud)
		}
		if !Audible(c.phrase, Earphones) {
			t.Errorf("%s: earphones do not say it", name)
		}
	}
}

func TestGain(t *testing.T) {
	for _, configured := range []int{-5, 0, 50, 100, 900} {
		low, normal, loud := gain(configured, kiosk.VolumeLow), gain(configured, kiosk.VolumeNormal), gain(configured, kiosk.VolumeLoud)
		if loud > 1 || low > normal || normal > loud || configured > 0 && low == normal {
			t.Errorf("volume %d: %g, %g, %g", configured, low, normal, loud)
		}
		if gain(configured, 0) != normal || gain(configured, 99) != normal {
			t.Errorf("volume %d: a step that is none is not the normal one", configured)
		}
	}
}
