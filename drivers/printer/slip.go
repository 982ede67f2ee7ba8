package printer

import "motcua/kiosk"

// RenderSlip makes the picture of a queue number, width dots wide: the number can be read from a chair away.
func RenderSlip(k kiosk.Slip, width int) *Bitmap {
	p, s := &page{width: width, margin: 8}, stylesOf(width)
	p.space(8)
	p.centred(s.office, nfc(k.Office), 3)
	if k.Hotline != "" {
		p.centred(s.small, "Đường dây nóng: "+nfc(k.Hotline), 1)
	}
	p.rule()
	p.centred(s.title, "SỐ THỨ TỰ", 1)
	p.centred(style{true, width / 3}, k.Ticket.String(), 1)
	p.centred(s.strong, nfc(k.Service), 2)
	p.space(8)
	p.centred(s.text, k.Ticket.At.Format("15:04, 02/01/2006"), 1)
	p.rule()
	p.centred(s.text, "Ngồi chờ cán bộ gọi số này.", 2)
	p.centred(s.small, "Số chỉ dùng trong ngày.", 1)
	p.space(8)
	return p.bitmap()
}
