package onestop

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"motcua/kiosk"
)

// Field keys of a letter: the closed list that [letters.KIND] fields is drawn from.
var letterFields = map[string]struct {
	label string
	value func(*Opened, Letter) string
}{
	"number":     {"Mã hồ sơ", func(o *Opened, _ Letter) string { return o.Item.Number }},
	"citizen":    {"Họ và tên người nộp", func(o *Opened, _ Letter) string { return o.Name() }},
	"identity":   {"Số định danh cá nhân", func(o *Opened, _ Letter) string { return o.field("number") }},
	"address":    {"Địa chỉ liên hệ", func(o *Opened, _ Letter) string { return o.field(kiosk.FieldAddress, "residence") }},
	"phone":      {"Số điện thoại", func(o *Opened, _ Letter) string { return o.field("phone") }},
	"procedure":  {"Nội dung yêu cầu giải quyết", func(o *Opened, _ Letter) string { return procedureLine(o.Item) }},
	"papers":     {"Thành phần hồ sơ", func(o *Opened, _ Letter) string { return paperLines(o) }},
	"accepted":   {"Thời gian tiếp nhận hồ sơ", func(o *Opened, _ Letter) string { return instant(o.Item.Accepted) }},
	"due":        {"Thời gian hẹn trả kết quả", func(_ *Opened, l Letter) string { return instant(l.Due) }},
	"new_due":    {"Thời gian trả kết quả đề nghị gia hạn", func(_ *Opened, l Letter) string { return instant(l.NewDue) }},
	"return":     {"Cách nhận kết quả", func(o *Opened, _ Letter) string { return returnLine(o) }},
	"supplement": {"Nội dung cần bổ sung, hoàn thiện", func(_ *Opened, l Letter) string { return l.Note }},
	"reason":     {"Lý do", func(_ *Opened, l Letter) string { return l.Note }},
	"resolver":   {"Cơ quan giải quyết", func(o *Opened, _ Letter) string { return o.Item.Resolver }},
	"receiver":   {"Nơi tiếp nhận", func(o *Opened, _ Letter) string { return o.Item.Receiver }},
	"lookup":     {"Tra cứu", func(*Opened, Letter) string { return "Bằng mã trên phiếu nộp hồ sơ tại ki-ốt" }},
}

// LetterForm is a letter's title and fields.
type LetterForm struct {
	Title  string
	Fields []string
}

// DefaultForms are the letters of the annex. The annex's own list of fields was not at hand: offices set theirs in onestop.toml.
var DefaultForms = map[LetterKind]LetterForm{
	LetterReceipt:    {"GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", []string{"number", "citizen", "identity", "address", "phone", "procedure", "papers", "accepted", "due", "return", "resolver", "lookup"}},
	LetterSupplement: {"PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ", []string{"number", "citizen", "address", "phone", "procedure", "supplement", "lookup"}},
	LetterRefusal:    {"PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ", []string{"citizen", "address", "phone", "procedure", "reason"}},
	LetterApology:    {"VĂN BẢN XIN LỖI VÀ ĐỀ NGHỊ GIA HẠN THỜI GIAN TRẢ KẾT QUẢ", []string{"number", "citizen", "address", "procedure", "accepted", "due", "reason", "new_due"}},
	LetterStop:       {"THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ", []string{"number", "citizen", "address", "procedure", "accepted", "reason"}},
}

// LetterForms gives the letters as configured.
func (c Config) LetterForms() (map[LetterKind]LetterForm, error) {
	out := map[LetterKind]LetterForm{}
	for k, f := range DefaultForms {
		out[k] = f
	}
	for name, l := range c.Letters {
		k := LetterKind(name)
		f, ok := out[k]
		if !ok {
			return nil, fmt.Errorf("[letters.%s] is none of %v", name, LetterKinds)
		}
		for _, key := range l.Fields {
			if _, ok := letterFields[key]; !ok {
				return nil, fmt.Errorf("[letters.%s] has no field %q", name, key)
			}
		}
		if l.Title != "" {
			f.Title = l.Title
		}
		if len(l.Fields) > 0 {
			f.Fields = slices.Clone(l.Fields)
		}
		out[k] = f
	}
	return out, nil
}

// Line is one line of a printed letter.
type Line struct{ Label, Value string }

// Printed is a letter ready to be printed.
type Printed struct {
	Letter  Letter
	Form    string // "01" … "05"
	Title   string
	Office  string
	Hotline string
	Lines   []Line
}

// Print opens a dossier and fills a letter of it. The access is written down. Errors: ErrDenied, ErrNotFound, the store's.
func (d *Desk) Print(ctx context.Context, a Account, seq int64) (Printed, error) {
	if !a.Role.May(PermOpen) {
		return Printed{}, ErrDenied
	}
	l, err := d.opt.Store.Letter(ctx, seq)
	if err != nil {
		return Printed{}, err
	}
	o, err := d.View(ctx, a, l.Dossier)
	if err != nil {
		return Printed{}, err
	}
	defer o.Wipe()
	form := d.opt.Forms[l.Kind]
	p := Printed{Letter: l, Form: l.Kind.Form(), Title: form.Title, Office: d.opt.Office, Hotline: d.opt.Hotline}
	for _, key := range form.Fields {
		f := letterFields[key]
		p.Lines = append(p.Lines, Line{f.label, strings.Clone(f.value(o, l))})
	}
	return p, nil
}

// Control is the control sheet of a dossier (Mẫu 06): every hand-over, every step, the parts of a linked
// procedure, the letters, results and certified copies.
type Control struct {
	Item      Item
	Handovers []Handover
	Steps     []Event
	Children  []Child
	Letters   []Letter
	Results   []ResultFile
	Copies    []Copy
}

// Control gives a dossier's control sheet. Errors: ErrDenied, ErrNotFound, the store's.
func (d *Desk) Control(ctx context.Context, a Account, id string) (c Control, err error) {
	if !a.Role.May(PermOpen) {
		return c, ErrDenied
	}
	s := d.opt.Store
	if c.Item, err = s.Item(ctx, id); err != nil {
		return c, err
	}
	events, err := s.Events(ctx, id)
	if err != nil {
		return c, err
	}
	for _, e := range events {
		if e.Kind == EventMoved || e.Kind == EventTakenIn {
			c.Steps = append(c.Steps, e)
		}
	}
	if c.Handovers, err = s.Handovers(ctx, id); err != nil {
		return c, err
	}
	if c.Children, err = s.Children(ctx, id); err != nil {
		return c, err
	}
	if c.Letters, err = s.Letters(ctx, id); err != nil {
		return c, err
	}
	if c.Results, err = s.Results(ctx, id); err != nil {
		return c, err
	}
	c.Copies, err = s.Copies(ctx, id)
	return c, err
}

// RegisterLine is one line of the register (Mẫu 07).
type RegisterLine struct {
	Item
	Name string
}

// Register gives the register of a period, oldest first: real dossiers only. Errors: ErrDenied, the store's.
func (d *Desk) Register(ctx context.Context, a Account, from, to time.Time) (out []RegisterLine, err error) {
	if !a.Role.May(PermReport) {
		return nil, ErrDenied
	}
	if err := d.did(ctx, a, "register", nil); err != nil { // it names people
		return nil, err
	}
	err = d.opt.Store.Each(ctx, from, to, func(it Item) error {
		if it.Accepted.Before(from) {
			return nil // it is in an earlier register
		}
		name, err := d.labels.Open(it.ID, it.Label)
		if err != nil {
			name = "" // shown as not known
		}
		out = append(out, RegisterLine{it, name})
		return nil
	})
	return out, err
}

func (o *Opened) field(keys ...string) string {
	if o.Dossier == nil {
		return ""
	}
	for _, k := range keys {
		for _, f := range o.Dossier.Fields {
			if f.Key == k && f.Value != "" {
				return f.Value
			}
		}
	}
	return ""
}

func procedureLine(it Item) string {
	if it.Code == "" {
		return it.Title
	}
	return it.Title + " (" + it.Code + ")"
}

func paperLines(o *Opened) string {
	if o.Dossier == nil {
		return ""
	}
	var lines []string
	for i, p := range o.Dossier.Papers {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, p.Paper))
	}
	return strings.Join(lines, "\n")
}

func returnLine(o *Opened) string {
	if o.Dossier == nil {
		return ""
	}
	switch o.Dossier.Return.Method {
	case kiosk.ReturnCounter:
		return "Nhận tại quầy"
	case kiosk.ReturnPost:
		return "Qua dịch vụ bưu chính công ích, địa chỉ: " + o.Dossier.Return.Address
	case kiosk.ReturnElectronic:
		return "Bản điện tử"
	}
	return ""
}

// instant writes a time as letters do: "17 giờ 00 phút, ngày 25 tháng 11 năm 2026"; "" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(Zone)
	return fmt.Sprintf("%d giờ %02d phút, ngày %02d tháng %02d năm %d", t.Hour(), t.Minute(), t.Day(), int(t.Month()), t.Year())
}
