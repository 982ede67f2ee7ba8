package printer

import (
	"fmt"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
)

// The dots across the paper, 8 to a millimetre.
const (
	Width80 = 576 // paper of 80 mm, 72 mm printed
	Width58 = 384 // paper of 58 mm, 48 mm printed
)

// Width gives the dots of a paper's width in millimetres. Error: config_invalid.
func Width(mm int) (int, error) {
	switch mm {
	case 80:
		return Width80, nil
	case 58:
		return Width58, nil
	}
	return 0, kiosk.Errorf(kiosk.CodeConfigInvalid, "set up printer", "use 80 or 58", "paper of %d mm", mm)
}

// returns says how the result comes back.
var returns = map[kiosk.ReturnMethod]string{
	kiosk.ReturnCounter: "tại quầy", kiosk.ReturnPost: "qua bưu điện", kiosk.ReturnElectronic: "bản điện tử",
}

// styles are the letters of a receipt. Small paper has smaller ones.
type styles struct {
	office, text, small, label, strong, title, banner, token style
}

func stylesOf(width int) styles {
	s := styles{
		office: style{true, 30}, text: style{false, 26}, small: style{false, 23}, label: style{false, 23},
		strong: style{true, 28}, title: style{true, 42}, banner: style{true, 29}, token: style{true, 66},
	}
	if width < Width80 {
		s.office.size, s.text.size, s.small.size, s.label.size = 26, 23, 21, 21
		s.strong.size, s.title.size, s.banner.size, s.token.size = 24, 34, 23, 48
	}
	return s
}

// Render makes the picture of a receipt, width dots wide. It holds what r holds: nothing of a person. Errors: internal, for an
// address that no code can hold.
func Render(r kiosk.Receipt, width int) (*Bitmap, error) {
	p, s := &page{width: width, margin: 8}, stylesOf(width)
	p.space(8)
	p.centred(s.office, nfc(r.Office), 3)
	if r.Hotline != "" {
		p.centred(s.small, "Đường dây nóng: "+nfc(r.Hotline), 1)
	}
	p.rule()
	p.centred(s.title, "PHIẾU NỘP HỒ SƠ", 1)
	p.space(4)
	p.centred(s.strong, nfc(r.Procedure), 4)
	p.space(14)
	p.banner(s.banner, "CHỜ CÁN BỘ TIẾP NHẬN")
	p.space(14)
	p.centred(s.small, "Mã tra cứu", 1)
	p.centred(s.token, r.Token, 1)
	if err := p.code(r.URL); err != nil {
		return nil, err
	}
	p.centred(s.small, "Quét mã để xem hồ sơ đến đâu", 1)
	p.rule()
	p.facts(s, r)
	p.rule()
	p.next(s)
	p.space(8)
	return p.bitmap(), nil
}

// facts are what was filed, and when.
func (p *page) facts(s styles, r kiosk.Receipt) {
	p.pair(s.label, s.strong, "Nộp lúc", r.Submitted.Format("15:04, 02/01/2006"))
	p.pair(s.label, s.strong, "Giấy tờ đã chụp", fmt.Sprintf("%d trang", r.Papers))
	if how := returns[r.Return]; how != "" {
		p.pair(s.label, s.strong, "Nhận kết quả", how)
	}
	if !r.Estimated.IsZero() {
		p.pair(s.label, s.strong, "Dự kiến có kết quả", r.Estimated.Format("02/01/2006"))
		p.space(4)
		p.left(s.small, "", "Ngày này do máy ước tính, chưa phải ngày hẹn. Ngày hẹn do cán bộ báo sau khi tiếp nhận.", 4)
	}
}

// next is what happens now.
func (p *page) next(s styles) {
	p.left(s.strong, "", "Việc tiếp theo", 1)
	p.space(2)
	for i, line := range []string{
		"Cán bộ xem hồ sơ, báo số và ngày hẹn.",
		"Xem tiến độ bằng mã tra cứu, tại máy này hoặc trên điện thoại.",
		"Giữ kỹ phiếu này: ai có mã cũng xem được tiến độ.",
	} {
		p.left(s.text, fmt.Sprintf("%d.", i+1), line, 4)
		p.space(2)
	}
}

// nfc composes letters: the font has ẫ, not a with two marks.
func nfc(s string) string { return norm.NFC.String(s) }
