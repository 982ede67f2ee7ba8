package kiosk

import "log/slog"

// Date is a calendar day as a document states it. Month and Day may be 0 where the document leaves them out.
// The zero Date means "not stated".
type Date struct {
	Year  int `json:"y"`
	Month int `json:"m"`
	Day   int `json:"d"`
}

// IsZero reports whether nothing is stated.
func (d Date) IsZero() bool { return d == Date{} }

// String gives dd/mm/yyyy, the Vietnamese order, leaving out parts that are 0; "" for the zero Date.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Month == 0:
		return pad(d.Year, 4)
	case d.Day == 0:
		return pad(d.Month, 2) + "/" + pad(d.Year, 4)
	}
	return pad(d.Day, 2) + "/" + pad(d.Month, 2) + "/" + pad(d.Year, 4)
}

func pad(n, width int) string {
	s := ""
	for ; n > 0 || width > 0; width-- {
		s = string(rune('0'+n%10)) + s
		n /= 10
	}
	return s
}

// Citizen is the holder of a card as the chip states it: DG1 for what every travel document has, DG13 for the Vietnamese rest.
// Texts are NFC. Every field may be empty: cards of 2024 may leave out any of DG13.
type Citizen struct {
	Number      string    `json:"number"`      // 12-digit personal number
	Name        string    `json:"name"`        // full name with diacritics (DG13)
	NameMRZ     string    `json:"name_mrz"`    // "NGUYEN THI THU" as in DG1
	Birth       Date      `json:"birth"`       //
	Sex         string    `json:"sex"`         // "Nam", "Nữ" or ""
	Nationality string    `json:"nationality"` // "Việt Nam"
	Ethnicity   string    `json:"ethnicity"`   // dân tộc
	Religion    string    `json:"religion"`    // tôn giáo
	Origin      string    `json:"origin"`      // quê quán
	Residence   string    `json:"residence"`   // nơi thường trú / cư trú
	Marks       string    `json:"marks"`       // đặc điểm nhận dạng
	Issued      Date      `json:"issued"`      //
	Expires     Date      `json:"expires"`     // zero with NoExpiry true: "không thời hạn"
	NoExpiry    bool      `json:"no_expiry"`   //
	Parents     [2]string `json:"parents"`     // in the order on the card
	Spouse      string    `json:"spouse"`      //
	OldNumber   string    `json:"old_number"`  // 9-digit CMND, "" when none
}

// String redacts: personal data never reaches a log or an error text.
func (Citizen) String() string { return redacted }

// GoString redacts.
func (Citizen) GoString() string { return redacted }

// LogValue redacts.
func (Citizen) LogValue() slog.Value { return slog.StringValue(redacted) }

const redacted = "[redacted]"
