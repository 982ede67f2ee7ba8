package catalogue

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
)

func TestStarter(t *testing.T) {
	c := starterCatalogue(t)
	if c.Count() < 135 {
		t.Errorf("%d procedures, the core alone are 135", c.Count())
	}
	if again := starterCatalogue(t); again != c {
		t.Error("the starter is built more than once")
	}
	fields := c.Fields()
	if fields[0] != "Hộ tịch" || len(fields) < 20 {
		t.Errorf("fields %q", fields)
	}
	n := 0
	for _, f := range fields {
		list := c.InField(f)
		n += len(list)
		for _, p := range list {
			if p.Field != f {
				t.Errorf("%s stands in field %q", p.Code, f)
			}
		}
	}
	if n != c.Count() {
		t.Errorf("the fields hold %d procedures of %d", n, c.Count())
	}
	if c.InField("Không có") != nil {
		t.Error("an unknown field has procedures")
	}
	if !strings.HasPrefix(c.Version(), "2026-") || len(c.Version()) != len("2026-11-21-")+12 {
		t.Errorf("version %q", c.Version())
	}
}

// What a button or a list shows must fit on it.
func TestTitlesAreShortAndNFC(t *testing.T) {
	c := starterCatalogue(t)
	titles := map[string]string{}
	for code, p := range c.byCode {
		title := p.Title()
		if n := len([]rune(title)); n > 70 {
			t.Errorf("%s: a title of %d characters: %s", code, n, title)
		}
		if other := titles[title]; other != "" {
			t.Errorf("%s and %s have the same title", code, other)
		}
		titles[title] = code
		for _, s := range texts(p) {
			if !norm.NFC.IsNormalString(*s) || strings.ContainsRune(*s, '\u00a0') {
				t.Errorf("%s: %q is not NFC with ordinary spaces", code, *s)
			}
		}
	}
}

func TestProcedure(t *testing.T) {
	c := starterCatalogue(t)
	p, err := c.Procedure("1.001193")
	if err != nil || p.Title() != "Đăng ký khai sinh" {
		t.Fatalf("Procedure = %v, %v", p, err)
	}
	if !p.SameDay15h || len(p.Ways) == 0 || p.Ways[0].Fees == nil || len(p.Papers) < 5 {
		t.Errorf("facts are missing: %+v", p)
	}
	if p, err := c.Procedure("1.001776"); err != nil || p.Code != "1.116909" {
		t.Errorf("the replaced code gives %v, %v", p, err)
	}
	if _, err := c.Procedure("9.999999"); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("unknown code: %v", err)
	}
}

// The starter is what makestarter makes of the facts: same codes, names, times, fees and papers.
func TestStarterHoldsTheFacts(t *testing.T) {
	var f struct {
		Records []struct {
			Code, Name, Field string
			Core              bool
			Channels          []struct {
				Channel  string
				Duration int
				Fees     []struct {
					Amount   int64
					Currency string
				}
			}
			Papers []struct{ Items []struct{ Name string } }
		}
	}
	if err := json.Unmarshal(shared(t, "catalogue/catalogue.json"), &f); err != nil {
		t.Fatal(err)
	}
	c := starterCatalogue(t)
	plain := func(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }
	core, held := 0, 0
	for _, r := range f.Records {
		if r.Core {
			core++
		} else if c.byCode[r.Code] == nil {
			continue
		}
		held++
		p, err := c.Procedure(r.Code)
		if err != nil || p.Name != plain(r.Name) || p.Field != plain(r.Field) {
			t.Errorf("%s: %v, %v", r.Code, p, err)
			continue
		}
		for _, ch := range r.Channels {
			if len(ch.Fees) > 0 && ch.Fees[0].Currency != "VND" {
				continue
			}
			if !slices.ContainsFunc(p.Ways, func(w kiosk.Way) bool { return string(w.Channel) == ch.Channel && w.Duration == ch.Duration }) {
				t.Errorf("%s: no way by %s in %d", r.Code, ch.Channel, ch.Duration)
			}
		}
		papers := 0
		for _, g := range r.Papers {
			papers += len(g.Items)
		}
		if papers != len(p.Papers) {
			t.Errorf("%s: %d papers, the record has %d", r.Code, len(p.Papers), papers)
		}
	}
	if core != 135 || held != c.Count() {
		t.Errorf("%d core records, %d records in all, %d procedures", core, held, c.Count())
	}
}

// good is a small catalogue that the tests below break in one place each.
const good = `{
"format": 1, "date": "2026-11-21", "source": "test",
"procedures": {
"1.000001": {"code": "1.000001", "name": "Thủ tục thử", "field": "Hộ tịch", "ministry": "", "ways": [{"channel": "direct", "duration": 1, "fees": null}], "papers": [{"name": "Tờ khai", "original": 1, "copy": 0}]}
},
"redirects": {"1.000002": "1.000001"},
"synonyms": {"thử nghiệm": "thử"}
}`

func TestParse(t *testing.T) {
	c, err := Parse("small.json", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Search("thu tuc thu", 5); len(s.Hits) != 1 || s.Hits[0].Procedure.Code != "1.000001" {
		t.Errorf("search %+v", s)
	}
	for name, change := range map[string][2]string{
		"empty":               {good, ""},
		"not JSON":            {good, "procedures"},
		"cut":                 {`"synonyms"`, `"syn`},
		"something after":     {good, good + "{}"},
		"unknown key":         {`"source"`, `"sauce"`},
		"unknown record key":  {`"ministry"`, `"minister"`},
		"wrong type":          {`"duration": 1`, `"duration": "một"`},
		"other format":        {`"format": 1`, `"format": 2`},
		"no date":             {"2026-11-21", "21/11/2026"},
		"code differs":        {`"code": "1.000001"`, `"code": "1.000003"`},
		"code form":           {"1.000001", "1.00001"},
		"null record":         {`{"code"`, `null, "1.000009": {"code"`},
		"no name":             {"Thủ tục thử", " "},
		"no field":            {"Hộ tịch", ""},
		"channel":             {"direct", "fax"},
		"unit":                {`"duration": 1`, `"duration": 1, "unit": "fortnight"`},
		"negative time":       {`"duration": 1`, `"duration": -1`},
		"negative fee":        {`"fees": null`, `"fees": [{"amount": -5}]`},
		"nameless paper":      {"Tờ khai", ""},
		"copies":              {`"copy": 0`, `"copy": -1`},
		"redirect in a ring":  {`{"1.000002": "1.000001"}`, `{"1.000002": "1.000003", "1.000003": "1.000002"}`},
		"level":               {`"ministry": ""`, `"ministry": "", "levels": ["district"]`},
		"last day first":      {`"ministry": ""`, `"ministry": "", "from": "2026-05-01", "until": "2026-04-30"`},
		"no day":              {`"ministry": ""`, `"ministry": "", "from": "01/05/2026"`},
		"fee kind":            {`"fees": null`, `"fees": [{"amount": 5, "kind": "gift"}]`},
		"longer commitment":   {`"fees": null`, `"fees": null, "committed": {"duration": 2, "decision": "1/QĐ-UBND", "from": "2026-01-01"}`},
		"commitment unnamed":  {`"duration": 1, "fees"`, `"duration": 2, "committed": {"duration": 1, "decision": "", "from": "2026-01-01"}, "fees"`},
		"elsewhere nowhere":   {`"synonyms"`, `"elsewhere": [{"topic": "x", "unit": "", "phrases": ["x"]}], "synonyms"`},
		"elsewhere wordless":  {`"synonyms"`, `"elsewhere": [{"topic": "x", "unit": "y", "phrases": ["?"]}], "synonyms"`},
		"redirect to nowhere": {`"1.000001"},`, `"1.000009"},`},
		"redirect of a code":  {`{"1.000002"`, `{"1.000001"`},
		"empty synonym":       {`"thử nghiệm": "thử"`, `"...": "thử"`},
		"key twice":           {`"1.000002": "1.000001"`, `"1.000002": "1.000001", "1.000002": "1.000001"`},
		"no procedures":       {good[strings.Index(good, `"1.000001":`):strings.Index(good, "},\n\"redirects\"")], ""},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if name == "code form" {
			text = strings.ReplaceAll(good, change[0], change[1])
		}
		if text == good {
			t.Fatalf("%s changes nothing", name)
		}
		_, err := Parse("dir/small.json", []byte(text))
		if kiosk.CodeOf(err) != kiosk.CodeCatalogue {
			t.Errorf("%s: %v, want catalogue_invalid", name, err)
			continue
		}
		if s := err.Error(); strings.Contains(s, "\n") || !strings.Contains(s, "small.json") || strings.Contains(s, "dir/") {
			t.Errorf("%s: not one clear sentence: %s", name, s)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	if _, err := Open(path); kiosk.CodeOf(err) != kiosk.CodeCatalogue {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace([]byte(good), []byte("Tờ khai"), []byte("Đơn"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := Open(path)
	if err != nil || a.Version() == b.Version() {
		t.Errorf("another content has the same version %q (%v)", a.Version(), err)
	}
	if s, err := Open(""); err != nil || s.Count() < 135 {
		t.Errorf("no file: %v", err)
	}
}

// What is not in force is neither found nor listed, but still opened: a dossier may be pinned to it.
func TestValidity(t *testing.T) {
	text := strings.Replace(good, `"1.000001": {`, `"1.000003": {"code": "1.000003", "name": "Thủ tục thử mới", "field": "Hộ tịch", "ministry": "", "from": "2027-03-01"},
"1.000001": {`, 1)
	text = strings.Replace(text, `"ministry": "", "ways"`, `"ministry": "", "until": "2027-02-28", "ways"`, 1)
	c, err := Parse("dated", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{"2027-02-28T23:59:00+07:00": "1.000001", "2027-03-01T00:00:00+07:00": "1.000003", "2027-02-28T17:00:00Z": "1.000003"} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		c.now = func() time.Time { return now }
		s, list := c.Search("thu tuc thu", 5), c.InField("Hộ tịch")
		if len(s.Hits) != 1 || s.Hits[0].Procedure.Code != want || len(list) != 1 || list[0].Code != want || c.Count() != 1 {
			t.Errorf("on %s: %v, %v, %d, want %s", at, s.Hits, list, c.Count(), want)
		}
		for _, code := range []string{"1.000001", "1.000003"} {
			if _, err := c.Procedure(code); err != nil {
				t.Errorf("on %s: %s cannot be opened: %v", at, code, err)
			}
			if s := c.Search(code, 1); s.Confident != (code == want) {
				t.Errorf("on %s: the code %s is answered with confidence %v", at, code, s.Confident)
			}
		}
	}
}

func TestRedirectsAreFollowed(t *testing.T) {
	text := strings.Replace(good, `{"1.000002": "1.000001"}`, `{"1.000002": "1.000001", "1.000003": "1.000002"}`, 1)
	c, err := Parse("chain", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := c.Procedure("1.000003"); err != nil || p.Code != "1.000001" || c.Redirect("1.000003") != "1.000002" {
		t.Errorf("%v, %v", p, err)
	}
	if s := c.Search("mã 1.000003", 3); s.Replaced != "1.000003" || !s.Confident {
		t.Errorf("%+v", s)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := starterCatalogue(t)
	want := c.Search("dang ky ket hon", 5)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got := c.Search("dang ky ket hon", 5); !slices.Equal(got.Hits, want.Hits) {
					t.Error("another answer to the same query")
				}
				c.InField(c.Fields()[0])
			}
		})
	}
	wg.Wait()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("fuzz", data)
		if err != nil {
			if kiosk.CodeOf(err) != kiosk.CodeCatalogue {
				t.Errorf("error without its code: %v", err)
			}
			return
		}
		for code, p := range c.byCode {
			if p.Code != code {
				t.Errorf("record %s under %s", p.Code, code)
			}
		}
		c.Search("thu tuc", 3)
	})
}
