package catalogue

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"motcua/kiosk"
)

// nationalRecord has the shape of the national portal's record; the procedure does not exist.
const nationalRecord = `{"id": "019a0000-0000-7000-8000-000000000001", "code": "9.000001", "name": "Thủ tục <b>thử</b>&nbsp;nghiệm", "decisionNo": "1/QĐ-THU",
"executionSteps": [{"name": "Bước 1", "description": "Nộp hồ sơ"}, "Bước 2: <p>nhận kết quả</p>"],
"executionMethods": [
 {"submissionMethod": "DIRECT", "processingTime": 3, "processingTimeUnit": "WORKING_DAY", "fees": [{"type": "CHARGE", "value": 0}], "description": "Mức thu do Hội đồng nhân dân cấp tỉnh quyết định"},
 {"submissionMethod": "ONLINE", "processingTime": "2", "processingTimeUnit": "DAY", "fees": [{"type": "FEE", "value": "10000"}], "description": null},
 {"submissionMethod": "POSTAL", "processingTime": null, "processingTimeUnit": "", "fees": [], "description": ""}],
"executionCases": [{"name": "Giấy tờ phải nộp", "profileComponents": [{"name": "Tờ khai", "originalQty": 1, "copyQty": "0", "required": true, "hasElectronicForm": true, "code": "000.1", "attachments": []}]}],
"categories": [{"name": "Hộ tịch"}], "subjectTypes": ["Công dân Việt Nam"], "departmentsExecuting": [{"name": "Ủy ban nhân dân cấp xã"}],
"departmentsAuthority": [{"name": "Bộ Thử"}], "resultsDetails": [{"name": "Giấy thử", "code": "KQ.G00.000001"}],
"legalBasisesDetails": [{"name": "Luật Thử", "code": "1/2026/QH"}], "requirementsAndConditions": "Đủ 18 tuổi", "isWard": true, "isProvince": false,
"isMinistry": false, "isFullProcess": true, "returningMethods": [], "procedureProposal": {"proposalNumber": "1", "publicationDate": "2026-01-01"}, "state": "UPDATED", "keywords": "thử, nghiệm"}`

func TestReadNational(t *testing.T) {
	im, err := ReadNational("x/9.000001.json", []byte(nationalRecord))
	if err != nil || len(im.Rejected) != 0 {
		t.Fatalf("%+v, %v", im, err)
	}
	want := &kiosk.Procedure{
		Code: "9.000001", Name: "Thủ tục thử nghiệm", Aliases: []string{"thử", "nghiệm"}, Field: "Hộ tịch", Ministry: "Bộ Thử", Levels: []kiosk.Level{kiosk.LevelCommune},
		Agency: "Ủy ban nhân dân cấp xã", Applicants: []string{"Công dân Việt Nam"}, Decision: "1/QĐ-THU", Steps: []string{"Bước 1", "Bước 2: nhận kết quả"},
		Ways: []kiosk.Way{
			{Channel: kiosk.ChannelDirect, Duration: 3, Unit: kiosk.UnitWorkingDay, Fees: []kiosk.Fee{{Kind: kiosk.FeeKindCharge, ProvinceDecides: true}}},
			{Channel: kiosk.ChannelOnline, Duration: 2, Unit: kiosk.UnitDay, Fees: []kiosk.Fee{{Kind: kiosk.FeeKindFee, Amount: 10000}}},
			{Channel: kiosk.ChannelPostal},
		},
		Papers: []kiosk.Paper{{Case: "Giấy tờ phải nộp", Name: "Tờ khai", Original: 1}}, Conditions: []string{"Đủ 18 tuổi"},
		Results: []kiosk.Result{{Name: "Giấy thử", Code: "KQ.G00.000001"}}, Legal: []string{"1/2026/QH"},
		Link: "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/019a0000-0000-7000-8000-000000000001",
	}
	if got := im.Procedures["9.000001"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if missing := want.Missing(); missing != nil {
		t.Errorf("a whole record lacks %v", missing)
	}
}

// The record's own code must be the one it stands under; the others are still taken.
func TestReadNationalChecksTheCode(t *testing.T) {
	other := strings.ReplaceAll(nationalRecord, "9.000001", "9.000002")
	for name, c := range map[string]struct {
		file, data      string
		taken, rejected int
		reason          string
	}{
		"file name":       {"9.000002.json", nationalRecord, 0, 1, `the record is that of "9.000001"`},
		"no code in name": {"records.json", nationalRecord, 1, 0, ""},
		"list":            {"r.json", "[" + nationalRecord + "," + other + "," + other + "]", 2, 1, "stands twice"},
		"wrapped":         {"9.000001.json", `{"data": ` + nationalRecord + `}`, 1, 0, ""},
		"by code":         {"r.json", `{"9.000001": ` + nationalRecord + `, "9.000003": ` + other + `}`, 1, 1, `the record is that of "9.000002"`},
		"channel":         {"r.json", strings.Replace(nationalRecord, "DIRECT", "PIGEON", 1), 0, 1, "PIGEON"},
		"unit":            {"r.json", strings.Replace(nationalRecord, "WORKING_DAY", "MOON", 1), 0, 1, "MOON"},
		"time":            {"r.json", strings.Replace(nationalRecord, `"processingTime": 3`, `"processingTime": "ba"`, 1), 0, 1, "not a whole number"},
		"no name":         {"r.json", strings.Replace(nationalRecord, "Thủ tục <b>thử</b>&nbsp;nghiệm", "", 1), 0, 1, "name or field is empty"},
	} {
		im, err := ReadNational(c.file, []byte(c.data))
		if err != nil || len(im.Procedures) != c.taken || len(im.Rejected) != c.rejected {
			t.Errorf("%s: %+v, %v", name, im, err)
			continue
		}
		if c.reason != "" && !strings.Contains(im.Rejected[0].Reason, c.reason) {
			t.Errorf("%s: %+v", name, im.Rejected)
		}
	}
	for _, bad := range []string{"", "[", `{"x": 1}`, `"text"`} {
		if _, err := ReadNational("r.json", []byte(bad)); kiosk.CodeOf(err) != kiosk.CodeCatalogue {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// tabular takes from a procedure what a table has no column for.
func tabular(p *kiosk.Procedure) *kiosk.Procedure {
	q := *p
	q.Link, q.Levels, q.Conditions, q.Papers = "", nil, nil, nil
	for _, c := range p.Papers {
		q.Papers = append(q.Papers, kiosk.Paper{Name: c.Name, Original: c.Original, Copy: c.Copy})
	}
	q.Ways = nil
	for _, c := range []kiosk.Channel{kiosk.ChannelDirect, kiosk.ChannelOnline, kiosk.ChannelPostal} {
		if w, ok := p.Way(c); ok {
			way := kiosk.Way{Channel: c, Duration: w.Duration, Unit: w.Unit}
			for _, f := range w.Fees {
				if f.ProvinceDecides {
					f.Amount, f.Per = 0, ""
				}
				way.Fees = append(way.Fees, f)
			}
			q.Ways = append(q.Ways, way)
		}
	}
	return &q
}

// Every procedure of the starter comes back from a CSV as it went in.
func TestCSVRoundTrip(t *testing.T) {
	f, err := StarterFile()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteCSV(&b, f.Procedures); err != nil {
		t.Fatal(err)
	}
	im, err := ReadCSV("out.csv", b.Bytes())
	if err != nil || len(im.Rejected) != 0 || len(im.Procedures) != len(f.Procedures) {
		t.Fatalf("%d of %d, rejected %v, %v", len(im.Procedures), len(f.Procedures), im.Rejected, err)
	}
	for code, p := range f.Procedures {
		if got, want := tabular(im.Procedures[code]), tabular(p); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", code, got, want)
		}
	}
}

func TestReadCSV(t *testing.T) {
	im, err := ReadCSV("t.csv", []byte("\ufeffMã;Tên;Lĩnh vực;Thời hạn trực tiếp;Lệ phí trực tiếp;Thứ bảy\n"+
		"9.000001;Thử một;Hộ tịch;3 ngày làm việc;2.000 đồng/trang;có\n;;;;;\n9.000002;Thử hai;Hộ tịch;;do HĐND tỉnh quyết định;\n"+
		"9.000003;Thử ba;Hộ tịch;ba ngày;;\n9.000004;Thử bốn;Hộ tịch;;rẻ;\n9.00005;Thử năm;Hộ tịch;;;\n9.000001;Lặp;Hộ tịch;;;\n"))
	if err != nil || len(im.Procedures) != 2 || len(im.Rejected) != 4 {
		t.Fatalf("%+v, %v", im, err)
	}
	w, _ := im.Procedures["9.000001"].Way(kiosk.ChannelDirect)
	if w.Duration != 3 || w.Unit != kiosk.UnitWorkingDay || w.Fees[0] != (kiosk.Fee{Amount: 2000, Per: "trang"}) || !im.Procedures["9.000001"].Saturday {
		t.Errorf("%+v", w)
	}
	if w, _ := im.Procedures["9.000002"].Way(kiosk.ChannelDirect); !w.Fees[0].ProvinceDecides || w.Duration != 0 {
		t.Errorf("%+v", w)
	}
	for where, r := range map[string]Rejected{"row 5": im.Rejected[0], "row 6": im.Rejected[1], "row 7": im.Rejected[2], "row 8": im.Rejected[3]} {
		if r.Where != where || r.Reason == "" {
			t.Errorf("%s: %+v", where, r)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "no name": "code,field\n", "unknown column": "code,name,field,colour\n", "column twice": "code,name,field,code\n", "quotes": "code,name,field\n\"x\n",
	} {
		if _, err := ReadCSV("t.csv", []byte(text)); kiosk.CodeOf(err) != kiosk.CodeCatalogue {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// workbook makes a workbook with one sheet: its texts shared when shared is true, else in the cells.
func workbook(t testing.TB, rows [][]string, shared bool) []byte {
	t.Helper()
	var sheet, texts strings.Builder
	n := 0
	for y, row := range rows {
		fmt.Fprintf(&sheet, `<row r="%d">`, y+1)
		for x, cell := range row {
			var text bytes.Buffer
			if err := xml.EscapeText(&text, []byte(cell)); err != nil {
				t.Fatal(err)
			}
			ref := fmt.Sprintf("%c%d", 'A'+x, y+1)
			switch {
			case cell == "":
			case shared:
				fmt.Fprintf(&sheet, `<c r="%s" t="s"><v>%d</v></c>`, ref, n)
				half := text.Len() / 2
				for half > 0 && text.Bytes()[half]&0xc0 == 0x80 {
					half--
				}
				if bytes.ContainsRune(text.Bytes(), '&') {
					half = 0
				}
				fmt.Fprintf(&texts, `<si><r><t xml:space="preserve">%s</t></r><r><t xml:space="preserve">%s</t></r></si>`, text.Bytes()[:half], text.Bytes()[half:])
				n++
			default:
				fmt.Fprintf(&sheet, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, text.Bytes())
			}
		}
		sheet.WriteString("</row>")
	}
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	parts := map[string]string{
		"xl/workbook.xml":            `<workbook ` + ns + `><sheets><sheet name="Danh mục" sheetId="1" r:id="rId7"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId7" Type="worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet ` + ns + `><sheetData>` + sheet.String() + `</sheetData></worksheet>`,
	}
	if shared {
		parts["xl/sharedStrings.xml"] = `<sst ` + ns + `>` + texts.String() + `</sst>`
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range sortedKeys(parts) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?>` + parts[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var sampleRows = [][]string{
	{"Mã", "Tên", "", "Lĩnh vực", "Thành phần hồ sơ"},
	{"9.000001", "Thử & nghiệm", "ghi chú riêng", "Hộ tịch", "Tờ khai [1+0]\nBản sao [0+2]"},
	{"9.000002", "Thử hai", "", "Chứng thực"},
}

func TestReadXLSX(t *testing.T) {
	for _, shared := range []bool{true, false} {
		im, err := ReadXLSX("t.xlsx", workbook(t, sampleRows, shared))
		if err != nil || len(im.Procedures) != 2 || len(im.Rejected) != 0 {
			t.Fatalf("shared %v: %+v, %v", shared, im, err)
		}
		p := im.Procedures["9.000001"]
		if p.Name != "Thử & nghiệm" || p.Field != "Hộ tịch" || len(p.Papers) != 2 || p.Papers[1].Copy != 2 || im.Procedures["9.000002"].Field != "Chứng thực" {
			t.Errorf("shared %v: %+v", shared, p)
		}
	}
	good := workbook(t, sampleRows, true)
	for name, data := range map[string][]byte{"empty": nil, "no zip": []byte("PK"), "cut": good[:len(good)/2], "other zip": zipOf(t, "x.txt")} {
		if _, err := ReadXLSX("t.xlsx", data); kiosk.CodeOf(err) != kiosk.CodeCatalogue {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func zipOf(t *testing.T, name string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzReadNational(f *testing.F) {
	f.Add([]byte(nationalRecord))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		im, err := ReadNational("r.json", data)
		if err != nil {
			return
		}
		for code, p := range im.Procedures {
			if p.Code != code || codeOf(code) == "" {
				t.Fatalf("%q under %q", p.Code, code)
			}
		}
	})
}

func FuzzReadXLSX(f *testing.F) {
	f.Add(workbook(f, sampleRows, true))
	f.Add(workbook(f, sampleRows, false))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ReadXLSX("t.xlsx", data); err != nil && kiosk.CodeOf(err) != kiosk.CodeCatalogue {
			t.Fatalf("%v", err)
		}
	})
}

// The printed listing has every procedure with its five parts, nothing unknown shown as free, and the same bytes every time.
func TestListing(t *testing.T) {
	c := starterCatalogue(t)
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := c.WriteListing(w, Office{Name: "UBND phường Thử <Nghiệm>", Hotline: "1900 0000"}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the listing differs without a change")
	}
	page := a.String()
	for part, want := range map[string]int{"<article": c.Count(), `class="qr" `: c.Count(), "<dt>": 5 * c.Count(), "&lt;Nghiệm&gt;": 2} {
		if n := strings.Count(page, part); n != want {
			t.Errorf("%d times %q, want %d", n, part, want)
		}
	}
	article := func(code string) string {
		_, rest, _ := strings.Cut(page, `<article id="`+code+`">`)
		part, _, _ := strings.Cut(rest, "</article>")
		return part
	}
	if s := article("1.001653"); !strings.Contains(s, "<dd>Trực tiếp: "+Unknown+"</dd>") || strings.Contains(s, "không thu") || strings.Contains(s, "0 đồng") {
		t.Errorf("an unknown fee: %s", s)
	}
	if s := article("1.001022"); !strings.Contains(s, provinceDecides) || strings.Contains(s, "không thu") {
		t.Errorf("a fee that the province decides: %s", s)
	}
	if strings.Contains(page, ": 0 đồng") || strings.Contains(page, " 0 đồng") {
		t.Error("0 đồng stands in the listing")
	}
	if strings.Contains(page, "http://") || strings.Contains(page, "src=") || strings.Contains(page, "<script") {
		t.Error("the listing takes something from elsewhere")
	}
}

func TestFeesOfKind(t *testing.T) {
	fee, charge := kiosk.Fee{Kind: kiosk.FeeKindFee, Amount: 5000}, kiosk.Fee{Kind: kiosk.FeeKindCharge, Amount: 3000}
	for want, c := range map[string]struct {
		fees []kiosk.Fee
		kind kiosk.FeeKind
	}{
		Unknown: {nil, kiosk.FeeKindFee}, "5.000 đồng": {[]kiosk.Fee{fee, charge}, kiosk.FeeKindFee}, "3.000 đồng": {[]kiosk.Fee{fee, charge}, kiosk.FeeKindCharge},
		"không thu": {[]kiosk.Fee{fee}, kiosk.FeeKindCharge}, "7.000 đồng (phí và lệ phí ghi chung)": {[]kiosk.Fee{{Amount: 7000}}, kiosk.FeeKindFee},
		provinceDecides: {[]kiosk.Fee{{Kind: kiosk.FeeKindFee, ProvinceDecides: true}}, kiosk.FeeKindFee},
	} {
		if got := feesOfKind(c.fees, c.kind); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}
