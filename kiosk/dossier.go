package kiosk

import (
	"log/slog"
	"time"
)

// Provenance says where a field's value came from. Officers see it beside every value.
type Provenance string

// The provenances.
const (
	FromDG1     Provenance = "dg1"     // chip, MRZ group, covered by a verified hash
	FromDG13    Provenance = "dg13"    // chip, Vietnamese group, covered by a verified hash
	FromCitizen Provenance = "citizen" // typed or chosen at the kiosk
	FromEdited  Provenance = "edited"  // from the chip, then changed by the citizen; Original holds the chip's value
)

// Field is one answer of the form.
type Field struct {
	Key        string     `json:"key"`   // stable: "number", "name", "phone", …
	Label      string     `json:"label"` // as shown
	Value      string     `json:"value"`
	Original   string     `json:"original,omitempty"` // the chip's value when Provenance is FromEdited
	Provenance Provenance `json:"provenance"`
	Commune    string     `json:"commune,omitempty"` // national code, of an address that was put together from the list
}

// ReturnMethod is how the result comes back to the citizen.
type ReturnMethod string

// The return methods.
const (
	ReturnCounter    ReturnMethod = "counter"    // tại quầy
	ReturnPost       ReturnMethod = "post"       // bưu chính công ích, needs an address
	ReturnElectronic ReturnMethod = "electronic" // bản điện tử
)

// Return is the method with the address that post needs.
type Return struct {
	Method  ReturnMethod `json:"method"`
	Address string       `json:"address,omitempty"`
	Commune string       `json:"commune,omitempty"` // national code, when the address was put together from the list
}

// ProcedureRef pins a dossier to the catalogue version it was filed under.
type ProcedureRef struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	Catalogue string `json:"catalogue"` // version
}

// Dossier is a citizen's complete submission in memory, before it is sealed. The kiosk names it by ID and Token; the back
// office alone assigns the official number (mã hồ sơ).
type Dossier struct {
	ID        string       `json:"id"`    // UUID, random
	Token     string       `json:"token"` // receipt token: 10 characters of Crockford base32, random, shown as XXXXX-XXXXX
	Kiosk     string       `json:"kiosk"` // the kiosk's name
	Created   time.Time    `json:"created"`
	Procedure ProcedureRef `json:"procedure"`
	Fields    []Field      `json:"fields"`
	Papers    []Document   `json:"papers"`
	Return    Return       `json:"return"`
	Consents  []Consent    `json:"consents"`
	Chip      *ChipRead    `json:"-"` // encoded by kiosk/dossier as part of the evidence
	Face      FaceResult   `json:"-"` // likewise
}

// String redacts.
func (*Dossier) String() string { return redacted }

// LogValue redacts.
func (*Dossier) LogValue() slog.Value { return slog.StringValue(redacted) }

// DossierState is a state of the national list, 1 to 10.
type DossierState int

// The states.
const (
	StateRegistered  DossierState = 1  // Mới đăng ký: what a kiosk submits
	StateReceived    DossierState = 2  // Được tiếp nhận: the clock starts
	StateNotReceived DossierState = 3  // Không được tiếp nhận
	StateProcessing  DossierState = 4  // Đang xử lý
	StateSupplement  DossierState = 5  // Yêu cầu bổ sung giấy tờ
	StatePayment     DossierState = 6  // Yêu cầu thực hiện nghĩa vụ tài chính
	StateWithdrawn   DossierState = 7  // Công dân yêu cầu rút hồ sơ
	StateStopped     DossierState = 8  // Dừng xử lý
	StateFinished    DossierState = 9  // Đã xử lý xong
	StateReturned    DossierState = 10 // Đã trả kết quả
)

var stateNames = map[DossierState]string{
	StateRegistered: "Mới đăng ký", StateReceived: "Được tiếp nhận", StateNotReceived: "Không được tiếp nhận",
	StateProcessing: "Đang xử lý", StateSupplement: "Yêu cầu bổ sung giấy tờ",
	StatePayment: "Yêu cầu thực hiện nghĩa vụ tài chính", StateWithdrawn: "Công dân yêu cầu rút hồ sơ",
	StateStopped: "Dừng xử lý", StateFinished: "Đã xử lý xong", StateReturned: "Đã trả kết quả",
}

// String gives the official Vietnamese name, "" for a number outside the list.
func (s DossierState) String() string { return stateNames[s] }
