package rota

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

const sample = `{"duties": [
	{"day": "2026-11-24", "from": "13:30", "to": "17:00", "name": "Trần Văn Mẫu", "counter": "2"},
	{"day": "2026-11-23", "from": "07:30", "to": "11:30", "name": "Nguyễn Thị Thử", "role": "Công chức Tư pháp - Hộ tịch", "counter": "1"},
	{"day": "2026-12-01", "from": "07:30", "to": "11:30", "name": "Lê Thị Giả"}
]}`

func TestWeek(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rota.json")
	f := Open(path)
	monday := kiosk.Date{Year: 2026, Month: 11, Day: 23}
	if week := f.Week(monday); week != nil || kiosk.CodeOf(f.Check()) != kiosk.CodeNotFound {
		t.Fatalf("without a file: %v, %v", week, f.Check())
	}
	write := func(text string, at time.Time) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	write(sample, now)
	week := f.Week(monday)
	if len(week) != 2 || week[0].Name != "Nguyễn Thị Thử" || week[1].Day.Day != 24 || week[1].Role != "" {
		t.Errorf("%+v", week)
	}
	if week := f.Week(kiosk.Date{Year: 2026, Month: 11, Day: 25}); len(week) != 1 || week[0].Day.Month != 12 {
		t.Errorf("across the month's end: %+v", week)
	}
	write(strings.Replace(sample, "Thử", "Thư", 1), now.Add(time.Second))
	if week := f.Week(monday); len(week) != 2 || week[0].Name != "Nguyễn Thị Thư" {
		t.Errorf("a new file is not read: %+v", week)
	}
	write("{", now.Add(2*time.Second))
	if week := f.Week(monday); week != nil || kiosk.CodeOf(f.Check()) != kiosk.CodeBadInput {
		t.Errorf("a broken file gives %+v, %v", week, f.Check())
	}
}

func TestParseRefuses(t *testing.T) {
	good := `{"day": "2026-11-23", "from": "07:30", "to": "11:30", "name": "Nguyễn Thị Thử"}`
	for name, text := range map[string]string{
		"empty": "", "another file": `{"procedures": []}`, "two": `{"duties": []}{"duties": []}`,
		"no day":   strings.Replace(good, "2026-11-23", "2026-11-31", 1),
		"no hour":  strings.Replace(good, "07:30", "7h30", 1),
		"backward": strings.Replace(good, "07:30", "12:30", 1),
		"no name":  strings.Replace(good, "Nguyễn Thị Thử", "", 1),
		"long":     strings.Replace(good, "Thử", strings.Repeat("ư", 100), 1),
		"control":  strings.Replace(good, "Thử", `\u0007`, 1),
		"endless":  strings.Repeat(" ", maxBytes+1),
	} {
		if strings.HasPrefix(text, `{"day"`) {
			text = `{"duties": [` + text + `]}`
		}
		if _, err := Parse([]byte(text)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d, err := Parse([]byte(`{"duties": [` + good + `]}`)); err != nil || len(d) != 1 {
		t.Errorf("%v, %v", d, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"duties": null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := Parse(raw)
		if err != nil && kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.Day.IsZero() || d.From >= d.To || d.Name == "" {
				t.Fatalf("%+v", d)
			}
		}
	})
}
