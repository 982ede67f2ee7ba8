package onestop

import (
	"archive/zip"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Cell is one cell of a table: a number where it has one, else text.
type Cell struct {
	Text   string
	Number float64
	IsNum  bool
}

func text(s string) Cell { return Cell{Text: s} }

func num[N ~int | ~int64](n N) Cell { return Cell{Number: float64(n), IsNum: true} }

func (r Ratio) cell() Cell {
	if r.Whole == 0 {
		return text("")
	}
	return Cell{Number: float64(r.Percent()) / 100, IsNum: true}
}

// Sheet is a named table for export.
type Sheet struct {
	Name string
	Rows [][]Cell
}

// Sheets gives a report as tables: the indicators with their formulas' numbers, then each breakdown. Every table's sums equal
// the first table's.
func (r *Statistics) Sheets() []Sheet {
	period := r.From.In(Zone).Format("02/01/2006") + " – " + r.To.Add(-time.Second).In(Zone).Format("02/01/2006")
	indicator := func(code, name string, x Ratio) []Cell {
		return []Cell{text(code), text(name), num(x.Part), num(x.Whole), x.cell()}
	}
	first := Sheet{"Chỉ số", [][]Cell{
		{text("Kỳ"), text(period)},
		{text("Mã"), text("Chỉ số"), text("Tử số"), text("Mẫu số"), text("%")},
		indicator("2.1", "Đúng hạn", r.OnTime), indicator("3.3", "Hồ sơ trực tuyến", r.Online),
		indicator("4.1", "Cấp kết quả điện tử", r.EResult), indicator("4.2", "Số hóa hồ sơ, kết quả", r.Digitised),
		indicator("4.3", "Khai thác, sử dụng lại", r.Reused), indicator("", "Giao dịch được xác thực điện tử", r.Verified),
		{text(""), text("Trước hạn"), num(r.All.Early)}, {text(""), text("Đúng hạn"), num(r.All.On)},
		{text(""), text("Trễ hạn"), num(r.All.Late)}, {text(""), text("Đang giải quyết"), num(r.All.Pending)},
	}}
	for _, m := range []Moment{MomentReceipt, MomentReturn} {
		s := r.Rated[m]
		row := []Cell{text(""), text("Hài lòng (" + string(m) + "), n = " + strconv.Itoa(s.N()))}
		if mean, ok := s.Mean(); ok {
			row = append(row, Cell{Number: float64(mean) / 100, IsNum: true})
		}
		first.Rows = append(first.Rows, row)
	}
	return []Sheet{
		first, tallySheet("Lĩnh vực", r.Fields), tallySheet("Cán bộ", r.Officers), tallySheet("Đơn vị giải quyết", r.Units),
		tallySheet("Đơn vị tiếp nhận", r.Receivers), tallySheet("Kênh", r.Channels), tallySheet("Tồn theo lĩnh vực", r.Backlog),
		tallySheet("Tồn theo cán bộ", r.Hands),
	}
}

func tallySheet(name string, list []Tally) Sheet {
	s := Sheet{name, [][]Cell{{text(name), text("Tổng"), text("Trước hạn"), text("Đúng hạn"), text("Trễ hạn"), text("Đang giải quyết"), text("% đúng hạn")}}}
	for _, t := range list {
		s.Rows = append(s.Rows, []Cell{text(t.Name), num(t.Received()), num(t.Early), num(t.On), num(t.Late), num(t.Pending), t.OnTime().cell()})
	}
	return s
}

// WriteCSV writes tables one after the other with an empty line between, in UTF-8 with the byte order mark that spreadsheets look
// for. A text that a spreadsheet would take for a formula is written with a ' before it.
func WriteCSV(w io.Writer, sheets []Sheet) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	for i, s := range sheets {
		if i > 0 {
			if err := out.Write([]string{""}); err != nil {
				return err
			}
		}
		for _, row := range s.Rows {
			line := make([]string, len(row))
			for j, c := range row {
				line[j] = c.plain()
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func (c Cell) plain() string {
	if c.IsNum {
		return strconv.FormatFloat(c.Number, 'f', -1, 64)
	}
	if c.Text != "" && strings.ContainsRune("=+-@\t\r", rune(c.Text[0])) {
		return "'" + c.Text
	}
	return c.Text
}

// WriteXLSX writes tables as one Office Open XML workbook (ECMA-376, the smallest set of parts that spreadsheets open). Texts are
// inline strings, so that nothing is read as a formula.
func WriteXLSX(w io.Writer, sheets []Sheet) error {
	z := zip.NewWriter(w)
	part := func(name, body string) error {
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = io.WriteString(f, xml.Header+body)
		return err
	}
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const pack = "http://schemas.openxmlformats.org/package/2006/"
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	var types, books, rels strings.Builder
	for i, s := range sheets {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, kind)
		fmt.Fprintf(&books, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escape(sheetName(s.Name)), n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, rel, n)
		if err := part(fmt.Sprintf("xl/worksheets/sheet%d.xml", n), `<worksheet xmlns="`+main+`"><sheetData>`+sheetRows(s)+`</sheetData></worksheet>`); err != nil {
			return err
		}
	}
	for name, body := range map[string]string{
		"[Content_Types].xml":        `<Types xmlns="` + pack + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + kind + `sheet.main+xml"/>` + types.String() + `</Types>`,
		"_rels/.rels":                `<Relationships xmlns="` + pack + `relationships"><Relationship Id="rId1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="` + main + `" xmlns:r="` + rel + `"><sheets>` + books.String() + `</sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="` + pack + `relationships">` + rels.String() + `</Relationships>`,
	} {
		if err := part(name, body); err != nil {
			return err
		}
	}
	return z.Close()
}

// sheetName keeps to what a spreadsheet allows: 31 characters, none of []:*?/\.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 31 {
		s = string(r[:31])
	}
	return s
}

func sheetRows(s Sheet) string {
	var b strings.Builder
	for i, row := range s.Rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, c := range row {
			at := string(rune('A'+j)) + strconv.Itoa(i+1)
			if c.IsNum {
				fmt.Fprintf(&b, `<c r="%s"><v>%s</v></c>`, at, c.plain())
				continue
			}
			fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, at, escape(c.Text))
		}
		b.WriteString("</row>")
	}
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder does not fail
	return b.String()
}
