package catalogue

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"motcua/kiosk"
)

// A table has one procedure per row and a heading: people keep such lists in a spreadsheet. Lists inside a cell are separated by
// ";" (aliases) or stand on lines of their own (papers, steps, …). The names of columns are those below; their order is free, and
// only code, name and field must be there.
var columns = []column{
	{"code", "mã", func(p *kiosk.Procedure) string { return p.Code }, func(p *kiosk.Procedure, s string) error { p.Code = s; return nil }},
	{"name", "tên", func(p *kiosk.Procedure) string { return p.Name }, func(p *kiosk.Procedure, s string) error { p.Name = s; return nil }},
	{"short", "tên ngắn", func(p *kiosk.Procedure) string { return p.Short }, func(p *kiosk.Procedure, s string) error { p.Short = s; return nil }},
	{"aliases", "tên gọi khác", func(p *kiosk.Procedure) string { return strings.Join(p.Aliases, "; ") }, listCell(";", func(p *kiosk.Procedure) *[]string { return &p.Aliases })},
	{"field", "lĩnh vực", func(p *kiosk.Procedure) string { return p.Field }, func(p *kiosk.Procedure, s string) error { p.Field = s; return nil }},
	{"ministry", "bộ", func(p *kiosk.Procedure) string { return p.Ministry }, func(p *kiosk.Procedure, s string) error { p.Ministry = s; return nil }},
	{"agency", "cơ quan thực hiện", func(p *kiosk.Procedure) string { return p.Agency }, func(p *kiosk.Procedure, s string) error { p.Agency = s; return nil }},
	{"decision", "quyết định công bố", func(p *kiosk.Procedure) string { return p.Decision }, func(p *kiosk.Procedure, s string) error { p.Decision = s; return nil }},
	{"applicants", "đối tượng", func(p *kiosk.Procedure) string { return strings.Join(p.Applicants, "\n") }, listCell("\n", func(p *kiosk.Procedure) *[]string { return &p.Applicants })},
	{"steps", "trình tự", func(p *kiosk.Procedure) string { return strings.Join(p.Steps, "\n") }, listCell("\n", func(p *kiosk.Procedure) *[]string { return &p.Steps })},
	{"legal", "căn cứ pháp lý", func(p *kiosk.Procedure) string { return strings.Join(p.Legal, "\n") }, listCell("\n", func(p *kiosk.Procedure) *[]string { return &p.Legal })},
	{"papers", "thành phần hồ sơ", papersCell, readPapers},
	{"results", "kết quả", resultsCell, readResults},
	{"direct time", "thời hạn trực tiếp", timeCell(kiosk.ChannelDirect), readTime(kiosk.ChannelDirect)},
	{"direct fee", "lệ phí trực tiếp", feeCell(kiosk.ChannelDirect), readFee(kiosk.ChannelDirect)},
	{"online time", "thời hạn trực tuyến", timeCell(kiosk.ChannelOnline), readTime(kiosk.ChannelOnline)},
	{"online fee", "lệ phí trực tuyến", feeCell(kiosk.ChannelOnline), readFee(kiosk.ChannelOnline)},
	{"postal time", "thời hạn bưu chính", timeCell(kiosk.ChannelPostal), readTime(kiosk.ChannelPostal)},
	{"postal fee", "lệ phí bưu chính", feeCell(kiosk.ChannelPostal), readFee(kiosk.ChannelPostal)},
	{"same day until 15:00", "trước 15 giờ trả trong ngày", yesCell(func(p *kiosk.Procedure) bool { return p.SameDay15h }), readYes(func(p *kiosk.Procedure) *bool { return &p.SameDay15h })},
	{"saturday", "thứ bảy", yesCell(func(p *kiosk.Procedure) bool { return p.Saturday }), readYes(func(p *kiosk.Procedure) *bool { return &p.Saturday })},
	{"in person", "đích thân nộp", yesCell(func(p *kiosk.Procedure) bool { return p.InPerson }), readYes(func(p *kiosk.Procedure) *bool { return &p.InPerson })},
	{"from", "từ ngày", func(p *kiosk.Procedure) string { return p.From }, func(p *kiosk.Procedure, s string) error { p.From = s; return nil }},
	{"until", "đến ngày", func(p *kiosk.Procedure) string { return p.Until }, func(p *kiosk.Procedure, s string) error { p.Until = s; return nil }},
}

// column is one column: its English and Vietnamese heading, and how a cell is written and read.
type column struct {
	name, vietnamese string
	write            func(p *kiosk.Procedure) string
	read             func(p *kiosk.Procedure, s string) error
}

// Limits of a table.
const (
	maxColumns = 200
	maxCell    = 64 << 10
)

// ReadTable reads rows, the first of which is the heading. Errors: catalogue_invalid when the heading cannot be used.
func ReadTable(name string, rows [][]string) (*Import, error) {
	invalid := func(format string, args ...any) error {
		return kiosk.Errorf(kiosk.CodeCatalogue, "read table", "the heading names the columns; see kioskctl catalogue export -form csv", "%s: "+format, append([]any{filepath.Base(name)}, args...)...)
	}
	if len(rows) == 0 || len(rows) > maxProcedures+1 {
		return nil, invalid("it has no heading, or more than %d rows", maxProcedures)
	}
	cols, err := heading(rows[0])
	if err != nil {
		return nil, invalid("%w", err)
	}
	im := &Import{Procedures: map[string]*kiosk.Procedure{}}
	for i, row := range rows[1:] {
		if !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		where := "row " + strconv.Itoa(i+2)
		p, err := readRow(cols, row)
		if err != nil {
			im.reject(where, err)
			continue
		}
		im.take(where, p)
	}
	return im, nil
}

// heading finds the column of every cell; nil for a cell without a name.
func heading(row []string) ([]*column, error) {
	if len(row) > maxColumns {
		return nil, fmt.Errorf("it has more than %d columns", maxColumns)
	}
	cols := make([]*column, len(row))
	seen := map[string]bool{}
	for i, cell := range row {
		f := Fold(strings.TrimPrefix(cell, "\ufeff"))
		if f == "" {
			continue
		}
		at := slices.IndexFunc(columns, func(c column) bool { return Fold(c.name) == f || Fold(c.vietnamese) == f })
		if at < 0 {
			return nil, fmt.Errorf("no column is called %q", cell)
		}
		if seen[columns[at].name] {
			return nil, fmt.Errorf("the column %q stands twice", cell)
		}
		seen[columns[at].name], cols[i] = true, &columns[at]
	}
	for _, need := range []string{"code", "name", "field"} {
		if !seen[need] {
			return nil, fmt.Errorf("the column %q is missing", need)
		}
	}
	return cols, nil
}

func readRow(cols []*column, row []string) (*kiosk.Procedure, error) {
	p := &kiosk.Procedure{}
	for i, cell := range row {
		if i >= len(cols) || cols[i] == nil {
			continue
		}
		if len(cell) > maxCell {
			return nil, fmt.Errorf("column %q is longer than %d bytes", cols[i].name, maxCell)
		}
		if err := cols[i].read(p, strings.TrimSpace(cell)); err != nil {
			return nil, fmt.Errorf("column %q: %w", cols[i].name, err)
		}
	}
	return p, nil
}

// ReadCSV reads a table of comma or semicolon separated values in UTF-8. Errors: catalogue_invalid.
func ReadCSV(name string, data []byte) (*Import, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	line, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(line, []byte(";")) > bytes.Count(line, []byte(",")) {
		r.Comma = ';'
	}
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return ReadTable(name, rows)
		}
		if err == nil && len(rows) > maxProcedures {
			err = fmt.Errorf("it has more than %d rows", maxProcedures)
		}
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeCatalogue, "read table", "save the table as CSV in UTF-8", "%s: %w", filepath.Base(name), err)
		}
		rows = append(rows, row)
	}
}

// WriteCSV writes the procedures as a table that [ReadCSV] reads, with English headings, in the order of codes. A
// table has one time and fee per channel: further ways by the same channel, conditions and links stay in the catalogue file.
func WriteCSV(w io.Writer, procedures map[string]*kiosk.Procedure) error {
	out := csv.NewWriter(w)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.name
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for _, code := range sortedKeys(procedures) {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = c.write(procedures[code])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func listCell(sep string, list func(p *kiosk.Procedure) *[]string) func(*kiosk.Procedure, string) error {
	return func(p *kiosk.Procedure, s string) error {
		for part := range strings.SplitSeq(s, sep) {
			if part = strings.TrimSpace(part); part != "" {
				*list(p) = append(*list(p), part)
			}
		}
		return nil
	}
}

// papersCell writes one paper per line: "name [originals+copies]".
func papersCell(p *kiosk.Procedure) string {
	var lines []string
	for _, c := range p.Papers {
		lines = append(lines, fmt.Sprintf("%s [%d+%d]", c.Name, c.Original, c.Copy))
	}
	return strings.Join(lines, "\n")
}

func readPapers(p *kiosk.Procedure, s string) error {
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		c := kiosk.Paper{Name: line}
		if at := strings.LastIndex(line, " ["); at > 0 && strings.HasSuffix(line, "]") {
			if _, err := fmt.Sscanf(line[at:], " [%d+%d]", &c.Original, &c.Copy); err == nil {
				c.Name = line[:at]
			}
		}
		p.Papers = append(p.Papers, c)
	}
	return nil
}

func resultsCell(p *kiosk.Procedure) string {
	var lines []string
	for _, r := range p.Results {
		lines = append(lines, strings.TrimSuffix(r.Name+" | "+r.Code, " | "))
	}
	return strings.Join(lines, "\n")
}

func readResults(p *kiosk.Procedure, s string) error {
	for line := range strings.SplitSeq(s, "\n") {
		name, code, _ := strings.Cut(line, " | ")
		if name = strings.TrimSpace(name); name != "" {
			p.Results = append(p.Results, kiosk.Result{Name: name, Code: strings.TrimSpace(code)})
		}
	}
	return nil
}

// wayOf gives a procedure's way by a channel, made when it is not there.
func wayOf(p *kiosk.Procedure, c kiosk.Channel) *kiosk.Way {
	for i := range p.Ways {
		if p.Ways[i].Channel == c {
			return &p.Ways[i]
		}
	}
	p.Ways = append(p.Ways, kiosk.Way{Channel: c})
	return &p.Ways[len(p.Ways)-1]
}

func timeCell(c kiosk.Channel) func(*kiosk.Procedure) string {
	return func(p *kiosk.Procedure) string {
		w, ok := p.Way(c)
		if !ok {
			return ""
		}
		return TimeText(w.Duration, w.Unit)
	}
}

func readTime(c kiosk.Channel) func(*kiosk.Procedure, string) error {
	return func(p *kiosk.Procedure, s string) error {
		if s == "" {
			return nil
		}
		n, unit, err := parseTime(s)
		if err == nil {
			w := wayOf(p, c)
			w.Duration, w.Unit = n, unit
		}
		return err
	}
}

func feeCell(c kiosk.Channel) func(*kiosk.Procedure) string {
	return func(p *kiosk.Procedure) string {
		w, ok := p.Way(c)
		if !ok {
			return ""
		}
		return FeeText(w.Fees)
	}
}

func readFee(c kiosk.Channel) func(*kiosk.Procedure, string) error {
	return func(p *kiosk.Procedure, s string) error {
		if s == "" {
			return nil
		}
		fees, err := parseFees(s)
		if err == nil {
			wayOf(p, c).Fees = fees
		}
		return err
	}
}

func yesCell(get func(*kiosk.Procedure) bool) func(*kiosk.Procedure) string {
	return func(p *kiosk.Procedure) string {
		if get(p) {
			return "có"
		}
		return ""
	}
}

func readYes(at func(*kiosk.Procedure) *bool) func(*kiosk.Procedure, string) error {
	return func(p *kiosk.Procedure, s string) error {
		switch Fold(s) {
		case "co", "x", "yes", "1":
			*at(p) = true
		case "", "khong", "no", "0":
		default:
			return fmt.Errorf("%q is neither \"có\" nor empty", s)
		}
		return nil
	}
}
