package ui

import (
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

func TestFeeIsNeverGuessed(t *testing.T) {
	for want, w := range map[string]kiosk.Way{
		"Chưa có thông tin. Cán bộ sẽ trả lời tại quầy.": {},
		"Không thu":                  {Fees: []kiosk.Fee{{Amount: 0}}},
		"Theo quy định của tỉnh":     {Fees: []kiosk.Fee{{Amount: 0, ProvinceDecides: true}}},
		"2.000 đồng / trang":         {Fees: []kiosk.Fee{{Amount: 2000, Per: "trang"}}},
		"8.000 đồng; 1.200.000 đồng": {Fees: []kiosk.Fee{{Amount: 8000}, {Amount: 1200000}}},
	} {
		if got, err := vietnamese.fee(w); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for want, w := range map[string]kiosk.Way{
		"Trong ngày":         {Duration: 1},
		"5 (chưa rõ đơn vị)": {Duration: 5},
		"1 ngày làm việc":    {Duration: 1, Unit: kiosk.UnitWorkingDay},
		"30 ngày":            {Duration: 30, Unit: kiosk.UnitDay},
		"4 giờ":              {Duration: 4, Unit: kiosk.UnitHour},
		"Chưa có thông tin. Cán bộ sẽ trả lời tại quầy.": {Unit: kiosk.UnitDay},
	} {
		if got, err := vietnamese.span(w); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := vietnamese.span(kiosk.Way{Duration: 2, Unit: "moon"}); err == nil {
		t.Error("a unit outside the list has no text")
	}
}

func TestGroupNumber(t *testing.T) {
	for in, want := range map[string]string{"999201012345": "999 201 012 345", "999 201 012 345": "999 201 012 345", "99920101": "99920101", "99920101234x": "99920101234x", "": ""} {
		if got := groupNumber(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestCutTextKeepsWords(t *testing.T) {
	s := strings.Repeat("giấy tờ ", 30)
	got := cutText(s, 50)
	if n := len([]rune(got)); n > 50 || !strings.HasSuffix(got, "…") || strings.Contains(got, "tờ…g") {
		t.Errorf("%d %q", n, got)
	}
	if cutText(" ngắn ", 50) != "ngắn" {
		t.Error("short text changed")
	}
	if n := len([]rune(cutText(strings.Repeat("a", 300), 40))); n > 40 {
		t.Error("one long word is not cut")
	}
}

func TestTimesAreVietnamese(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 5, 0, 0, time.UTC)
	if clock(at) != "03:05" || day(at) != "22/11/2026" || when(time.Time{}) != "" {
		t.Error(clock(at), day(at))
	}
}

func TestQRIsOnePath(t *testing.T) {
	svg, err := (&pages{t: vietnamese}).qr("https://motcua.example/tra-cuu#7K3QD0XW9M")
	if err != nil || strings.Count(string(svg), "<path") != 1 || strings.Contains(string(svg), "style=") {
		t.Errorf("%v", err)
	}
	if svg, err := (&pages{t: vietnamese}).qr(""); err != nil || svg != "" {
		t.Error("no address, no code")
	}
	if _, err := (&pages{t: vietnamese}).qr(strings.Repeat("x", 5000)); err == nil {
		t.Error("more than a code can hold must fail")
	}
}

func TestMillimetres(t *testing.T) {
	css, err := stylesheet(4)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(css); strings.Contains(s, "--fs:6.72mm") || !strings.Contains(s, "--fs:26.88px") || millimetres.MatchString(s) {
		t.Error("millimetres are not converted")
	}
}
