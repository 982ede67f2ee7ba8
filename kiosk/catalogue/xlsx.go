package catalogue

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"motcua/kiosk"
)

// Limits of a workbook. A part is read no further than maxPart, whatever the archive says of its size.
const (
	maxPart    = 64 << 20
	maxStrings = 1_000_000
)

// ReadXLSX reads the first sheet of an Office Open XML workbook (ECMA-376 Part 1, §18) as a table. Texts may be shared or stand
// in the cells; of a formula its last value counts. Errors: catalogue_invalid.
func ReadXLSX(name string, data []byte) (*Import, error) {
	rows, err := sheetRows(data)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeCatalogue, "read workbook", "save the workbook as .xlsx again, with the procedures on its first sheet", "%s: %w", filepath.Base(name), err)
	}
	return ReadTable(name, rows)
}

func sheetRows(data []byte) ([][]string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errors.New("this is no workbook")
	}
	sheet, err := firstSheet(z)
	if err != nil {
		return nil, err
	}
	shared, err := sharedStrings(z)
	if err != nil {
		return nil, err
	}
	return readSheet(z, sheet, shared)
}

// part opens a part of the archive, limited.
func part(z *zip.Reader, name string) (io.ReadCloser, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the part %s is missing", name)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, maxPart), f}, nil
}

func decodePart(z *zip.Reader, name string, v any) error {
	r, err := part(z, name)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(v); err != nil {
		return fmt.Errorf("the part %s cannot be read: %w", name, err)
	}
	return nil
}

// firstSheet gives the part of the first sheet, through the workbook's relationships.
func firstSheet(z *zip.Reader) (string, error) {
	var book struct {
		Sheets []struct {
			ID string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := decodePart(z, "xl/workbook.xml", &book); err != nil {
		return "", err
	}
	if err := decodePart(z, "xl/_rels/workbook.xml.rels", &rels); err != nil {
		return "", err
	}
	if len(book.Sheets) == 0 {
		return "", errors.New("it has no sheet")
	}
	for _, r := range rels.List {
		if r.ID == book.Sheets[0].ID {
			if strings.HasPrefix(r.Target, "/") {
				return strings.TrimPrefix(r.Target, "/"), nil
			}
			return path.Join("xl", r.Target), nil
		}
	}
	return "", errors.New("its first sheet is nowhere")
}

// richText is a text in one piece or in runs.
type richText struct {
	T    string `xml:"t"`
	Runs []struct {
		T string `xml:"t"`
	} `xml:"r"`
}

func (t richText) String() string {
	s := t.T
	for _, r := range t.Runs {
		s += r.T
	}
	return s
}

// sharedStrings gives the texts that cells refer to by number; a workbook may have none.
func sharedStrings(z *zip.Reader) ([]string, error) {
	const name = "xl/sharedStrings.xml"
	if f, err := z.Open(name); err != nil {
		return nil, nil
	} else if err := f.Close(); err != nil {
		return nil, err
	}
	var table struct {
		List []richText `xml:"si"`
	}
	if err := decodePart(z, name, &table); err != nil {
		return nil, err
	}
	if len(table.List) > maxStrings {
		return nil, fmt.Errorf("it has more than %d texts", maxStrings)
	}
	all := make([]string, len(table.List))
	for i, t := range table.List {
		all[i] = t.String()
	}
	return all, nil
}

// sheetRow is one row of a sheet.
type sheetRow struct {
	Cells []struct {
		Ref    string   `xml:"r,attr"`
		Type   string   `xml:"t,attr"`
		Value  string   `xml:"v"`
		Inline richText `xml:"is"`
	} `xml:"c"`
}

// readSheet reads row by row, so that a huge sheet is left at the limit.
func readSheet(z *zip.Reader, name string, shared []string) ([][]string, error) {
	r, err := part(z, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	dec := xml.NewDecoder(r)
	var rows [][]string
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the sheet cannot be read: %w", err)
		}
		start, ok := t.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		if len(rows) > maxProcedures {
			return nil, fmt.Errorf("it has more than %d rows", maxProcedures)
		}
		var row sheetRow
		if err := dec.DecodeElement(&row, &start); err != nil {
			return nil, fmt.Errorf("row %d cannot be read: %w", len(rows)+1, err)
		}
		cells, err := row.texts(shared)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		rows = append(rows, cells)
	}
}

func (r sheetRow) texts(shared []string) ([]string, error) {
	var cells []string
	for _, c := range r.Cells {
		at := len(cells)
		if c.Ref != "" {
			at = columnOf(c.Ref)
		}
		if at < len(cells) || at >= maxColumns {
			return nil, fmt.Errorf("the cell %q is out of place", c.Ref)
		}
		text := c.Value
		switch c.Type {
		case "s":
			var n int
			if _, err := fmt.Sscanf(c.Value, "%d", &n); err != nil || n < 0 || n >= len(shared) {
				return nil, fmt.Errorf("the cell %q refers to no text", c.Ref)
			}
			text = shared[n]
		case "inlineStr":
			text = c.Inline.String()
		case "e":
			return nil, fmt.Errorf("the cell %q holds an error", c.Ref)
		}
		for len(cells) < at {
			cells = append(cells, "")
		}
		cells = append(cells, text)
	}
	return cells, nil
}

// columnOf gives the column of a reference: "C7" is 2; a number too large for a sheet when it is none.
func columnOf(ref string) int {
	n := 0
	for _, r := range ref {
		if r < 'A' || r > 'Z' || n > maxColumns {
			break
		}
		n = n*26 + int(r-'A') + 1
	}
	if n == 0 {
		return maxColumns
	}
	return n - 1
}
