package dossier

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"

	"motcua/kiosk"
)

// An export is what an office hands to a court or an auditor: a ZIP archive, nothing compressed, that any computer opens.
//
//	evidence.mcdp  the package as the kiosk signed it
//	paper.N        the pages that travelled beside it
//	HUONG-DAN.txt  how to check it
//
// The archive itself proves nothing: every byte that counts is held by the package's manifest. Whom to trust is not in it, and must
// come another way.
const (
	exportPackage = "evidence.mcdp"
	exportReadme  = "HUONG-DAN.txt"
	// MaxExport bounds an export that is read, in bytes: a package with pages beside, as much as a kiosk seals.
	MaxExport = 128 << 20
)

const readme = `TỆP CHỨNG CỨ CỦA MỘT HỒ SƠ NỘP TẠI KI-ỐT MỘT CỬA

evidence.mcdp   gói chứng cứ, nguyên văn như ki-ốt đã ký: dữ liệu gốc của chip, kết quả kiểm tra, sự đồng ý, nội dung khai
paper.1, …      các trang giấy tờ công dân đã quét; gói chứng cứ giữ mã băm SHA-256 của từng trang

Kiểm tra trên máy không nối mạng:

    kioskctl evidence verify -trust THU-MUC TEP-NAY.zip

THU-MUC chứa chứng thư gốc của quốc gia (CSCA, *.crt) và, trong thư mục con office, tệp office.json hoặc ca.crt của văn phòng.
Các tệp này phải nhận bằng đường khác, không lấy từ người giao tệp chứng cứ.

Tệp có dữ liệu cá nhân và dữ liệu sinh trắc học (Luật 91/2025/QH15): chỉ dùng cho việc đã yêu cầu, giữ kín, hủy khi xong việc.
`

// WriteExport writes an export of a package. page gives page n, from 0, of those that travel beside the package; it is asked for these
// only, and may reuse what it gave. What cannot be read, or is not what the kiosk signed, ends the export with an error: evidence with
// a hole is none. Errors: bad_input, those of page and w.
func WriteExport(w io.Writer, pkg []byte, page func(n int) ([]byte, error)) error {
	const op = "export evidence"
	p, err := Open(pkg)
	if err != nil {
		return err
	}
	if c := p.checkPapers(page); c.Result != kiosk.CheckSuccessful {
		return kiosk.Errorf(kiosk.CodeBadInput, op, "", "%s", c.Reason)
	}
	z := zip.NewWriter(w)
	put := func(name string, b []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: p.Manifest.Created.Time})
		if err == nil {
			_, err = f.Write(b)
		}
		return err
	}
	err = errors.Join(put(exportReadme, []byte(readme)), put(exportPackage, pkg))
	n := -1
	for _, q := range p.Manifest.Parts {
		if rank(q.Name) < rankPaper {
			continue
		}
		if n++; q.Attached || err != nil {
			continue
		}
		b, perr := page(n)
		if perr != nil {
			return fmt.Errorf("page %d: %w", n+1, perr)
		}
		err = put(q.Name, b)
		clear(b)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// Export is an export that was opened. It believes nothing: [Package.Verify] does the checking.
type Export struct{ files map[string]*zip.File }

// OpenExport opens an export of size bytes. Error: bad_input for what is no such archive, too large, or compressed.
func OpenExport(r io.ReaderAt, size int64) (*Export, error) {
	const op, hint = "open export", "give the ZIP archive that the office exported"
	if size > MaxExport {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%d bytes are more than %d", size, MaxExport)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%w", err)
	}
	e := &Export{map[string]*zip.File{}}
	for _, f := range z.File {
		_, page := number(f.Name, "paper.")
		switch {
		case f.Name != exportReadme && f.Name != exportPackage && !page, e.files[f.Name] != nil:
			return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "the archive holds something else, or twice the same")
		case f.Method != zip.Store:
			return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%s is compressed", f.Name)
		}
		e.files[f.Name] = f
	}
	if e.files[exportPackage] == nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "no %s is in it", exportPackage)
	}
	return e, nil
}

// Package gives the package's bytes, for [Open].
func (e *Export) Package() ([]byte, error) { return e.read(exportPackage, MaxPackage) }

// Page gives page n, from 0, for [VerifyOptions].
func (e *Export) Page(n int) ([]byte, error) { return e.read(fmt.Sprintf("paper.%d", n+1), MaxPart) }

func (e *Export) read(name string, most uint64) ([]byte, error) {
	f := e.files[name]
	if f == nil || f.UncompressedSize64 > most {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read export", "", "%s is missing or too large", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read export", "", "%s: %w", name, err)
	}
	b, err := io.ReadAll(io.LimitReader(r, int64(most)+1)) //nolint:gosec // the limits are small
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read export", "", "%s: %w", name, err)
	}
	return b, nil
}

// IsExport reports whether a file that begins so may be an export rather than a bare package.
func IsExport(head []byte) bool { return strings.HasPrefix(string(head), "PK\x03\x04") }
