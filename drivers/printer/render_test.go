package printer

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

var update = flag.Bool("update", false, "write the golden receipts anew")

// hanoi is where the receipts of these tests are printed.
var hanoi = time.FixedZone("", 7*3600)

// receipts are what the golden pictures show: an ordinary one, the longest, and every stacked mark.
var receipts = map[string]kiosk.Receipt{
	"birth": {
		Token: "K7QRN-WXYZ2", URL: "https://motcua.thidiem.example/h/K7QRNWXYZ2", Procedure: "Đăng ký khai sinh",
		Submitted: time.Date(2026, 11, 27, 14, 5, 0, 0, hanoi), Office: "Trung tâm Phục vụ hành chính công Phường Thí Điểm",
		Hotline: "1900 0000", Return: kiosk.ReturnCounter, Papers: 2, Estimated: time.Date(2026, 12, 2, 17, 0, 0, 0, hanoi),
	},
	"long": {
		Token: "0123A-BCDEF", URL: "https://dichvucong.tinh-thu-nghiem.example/ho-so/tra-cuu?ma=0123ABCDEF",
		Procedure: "Thực hiện hỗ trợ chi phí mai táng đối với đối tượng bảo trợ xã hội được trợ giúp xã hội thường xuyên tại cộng đồng, " +
			"người từ đủ tám mươi tuổi trở lên không có lương hưu, trợ cấp bảo hiểm xã hội hằng tháng và những người khác theo quy định của pháp luật về người cao tuổi",
		Submitted: time.Date(2026, 2, 28, 7, 59, 0, 0, hanoi), Office: "Trung tâm Phục vụ hành chính công Đặc khu Quần Đảo Thử Nghiệm Phía Đông",
		Hotline: "+84 (0)999 000 000", Return: kiosk.ReturnElectronic, Papers: 12,
	},
	"marks": {
		Token: "ZZZZZ-ZZZZZ", URL: "https://motcua.example/h/ZZZZZZZZZZ", Procedure: "ẤẦẨẪẬ ẮẰẲẴẶ ẾỀỂỄỆ ỐỒỔỖỘ ỚỜỞỠỢ ỨỪỬỮỰ ÝỲỶỸỴ Đ ấầẩẫậ ắằẳẵặ ếềểễệ ốồổỗộ ớờởỡợ ứừửữự ýỳỷỹỵ đ",
		Submitted: time.Date(2026, 12, 31, 23, 59, 0, 0, hanoi), Office: "UỶ BAN NHÂN DÂN XÃ PHỖ ẪM, HUỆ KỲ ĐỖ ỆM", Return: kiosk.ReturnPost, Papers: 1,
	},
}

// slip is a queue number as it is printed.
var slip = kiosk.Slip{
	Ticket:  kiosk.Ticket{Service: kiosk.ServicePriority, Number: 128, At: time.Date(2026, 11, 27, 14, 5, 0, 0, hanoi)},
	Service: "Ưu tiên", Office: "Trung tâm Phục vụ hành chính công Phường Thí Điểm", Hotline: "1900 0000",
}

func render(t testing.TB, name string, width int) *Bitmap {
	t.Helper()
	if name == "slip" {
		return RenderSlip(slip, width)
	}
	b, err := Render(receipts[name], width)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The picture of every receipt, and of a queue number, is the golden one, dot for dot. Another processor may round a curve
// differently: a few dots.
func TestGolden(t *testing.T) {
	for _, name := range append(slices.Sorted(maps.Keys(receipts)), "slip") {
		for mm, width := range map[string]int{"80": Width80, "58": Width58} {
			b := render(t, name, width)
			path := filepath.Join("testdata", name+"-"+mm+".png")
			if *update {
				writeGolden(t, path, b)
				continue
			}
			if n := differs(t, path, b); n > 12 {
				t.Errorf("%s differs in %d dots: look at it, and if it is right run go test ./drivers/printer -update", path, n)
			}
			if mm := b.Height / 8; mm > 220 || mm < 60 {
				t.Errorf("%s is %d mm long", path, mm)
			}
		}
	}
}

func writeGolden(t *testing.T, path string, b *Bitmap) {
	t.Helper()
	var out bytes.Buffer
	if err := b.WritePNG(&out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func differs(t *testing.T, path string, b *Bitmap) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, b.Width, b.Height) {
		t.Fatalf("%s is %v, now it is %d×%d", path, m.Bounds(), b.Width, b.Height)
	}
	n := 0
	for y := range b.Height {
		for x := range b.Width {
			if r, _, _, _ := m.At(x, y).RGBA(); (r == 0) != b.Black(x, y) {
				n++
			}
		}
	}
	return n
}

// Every letter of Vietnamese is in the font, whole: no mark leaves its line, and no two letters look the same.
func TestMarksStayInTheirLine(t *testing.T) {
	letters := strings.Fields("Ấ Ầ Ẩ Ẫ Ậ Ắ Ằ Ẳ Ẵ Ặ Ế Ề Ể Ễ Ệ Ố Ồ Ổ Ỗ Ộ Ớ Ờ Ở Ỡ Ợ Ứ Ừ Ử Ữ Ự Ý Ỳ Ỷ Ỹ Ỵ Đ Ă Â Ê Ô Ơ Ư ấ ầ ẩ ẫ ậ ắ ằ ẳ ẵ ặ ế ề ể ễ ệ ố ồ ổ ỗ ộ ớ ờ ở ỡ ợ ứ ừ ử ữ ự ý ỳ ỷ ỹ ỵ đ g y ₫")
	for _, s := range []style{{false, 21}, {false, 26}, {true, 24}, {true, 30}, {true, 66}} {
		seen := map[string]string{}
		for _, l := range letters {
			b, pad := NewBitmap(128, s.height()+40), 20
			s.draw(b, 32, pad, l, true)
			top, bottom := -1, -1
			for y := range b.Height {
				for x := range b.Width {
					if b.Black(x, y) {
						if top < 0 {
							top = y
						}
						bottom = y
					}
				}
			}
			switch {
			case top < 0:
				t.Errorf("%v: %s is not in the font", s, l)
			case top < pad || bottom >= pad+s.height():
				t.Errorf("%v: %s reaches from %d to %d of a line of %d", s, l, top-pad, bottom-pad, s.height())
			case seen[string(b.Bits)] != "":
				t.Errorf("%v: %s looks like %s", s, l, seen[string(b.Bits)])
			}
			seen[string(b.Bits)] = l
		}
	}
}

func TestWrap(t *testing.T) {
	s := style{false, 26}
	for _, c := range []struct {
		text  string
		width int
		most  int
		lines int
		cut   bool
	}{
		{"", 300, 3, 0, false}, {"một", 300, 3, 1, false}, {"một hai ba bốn năm sáu bảy tám chín mười", 160, 9, 4, false},
		{"một hai ba bốn năm sáu bảy tám chín mười", 160, 2, 2, true}, {strings.Repeat("x", 80), 200, 9, 6, false}, {"x", 1, 1, 1, false},
		{"Nghiêng " + strings.Repeat("ă", 60), 200, 2, 2, true},
	} {
		lines := s.wrap(c.text, c.width, c.most)
		if len(lines) != c.lines {
			t.Errorf("%q in %d dots: %d lines %q, want %d", c.text, c.width, len(lines), lines, c.lines)
		}
		for _, l := range lines {
			if s.width(l) > c.width && len([]rune(l)) > 1 {
				t.Errorf("%q is %d dots wide, more than %d", l, s.width(l), c.width)
			}
		}
		if cut := len(lines) > 0 && strings.HasSuffix(lines[len(lines)-1], "…"); cut != c.cut {
			t.Errorf("%q: cut off %v, want %v", c.text, cut, c.cut)
		}
	}
}

func TestRenderRefusesAddressesNoCodeCanHold(t *testing.T) {
	for _, url := range []string{"", strings.Repeat("x", maxURL+1)} {
		r := receipts["birth"]
		r.URL = url
		if _, err := Render(r, Width80); kiosk.CodeOf(err) != kiosk.CodeInternal {
			t.Errorf("an address of %d bytes: %v", len(url), err)
		}
	}
}

// Letters that came in pieces are put together: the font has no loose marks.
func TestRenderComposes(t *testing.T) {
	r := receipts["birth"]
	r.Procedure = "Đăng ký"
	whole, err := Render(r, Width80)
	if err != nil {
		t.Fatal(err)
	}
	r.Procedure = "Đa\u0306ng ky\u0301"
	pieces, err := Render(r, Width80)
	if err != nil || !bytes.Equal(whole.Bits, pieces.Bits) {
		t.Errorf("the same name in pieces looks different (%v)", err)
	}
}

func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		render(b, "birth", Width80)
	}
}
