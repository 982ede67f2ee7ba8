package kiosk

import "time"

// Channel is how a dossier is filed (KenhThucHien of the national record).
type Channel string

// The channels.
const (
	ChannelDirect Channel = "direct" // trực tiếp, 1
	ChannelOnline Channel = "online" // trực tuyến, 2
	ChannelPostal Channel = "postal" // bưu chính, 3
)

// TimeUnit is the unit of a processing time.
type TimeUnit string

// The units. UnitUnknown: the record states a number without a unit; a number of 1 is then shown as "trong ngày".
const (
	UnitUnknown    TimeUnit = ""
	UnitWorkingDay TimeUnit = "working_day"
	UnitDay        TimeUnit = "day"
	UnitHour       TimeUnit = "hour"
)

// FeeKind separates the two kinds that the Law on Fees and Charges knows.
type FeeKind string

// The kinds. FeeKindUnknown: the record does not say which.
const (
	FeeKindUnknown FeeKind = ""
	FeeKindFee     FeeKind = "fee"    // phí: pays for the service
	FeeKindCharge  FeeKind = "charge" // lệ phí: a set amount for the act
)

// Fee is one fee of a channel. Amount is in VND. ProvinceDecides: the provincial council sets it, Amount means nothing.
type Fee struct {
	Amount          int64   `json:"amount"`
	Kind            FeeKind `json:"kind,omitempty"`
	Per             string  `json:"per,omitempty"` // "trang", "bản", …
	ProvinceDecides bool    `json:"province_decides,omitempty"`
}

// Commitment is a time limit that the province or the commune bound itself to, shorter than the statutory one. Deadlines are
// reckoned by it from the day it takes effect.
type Commitment struct {
	Duration int      `json:"duration"`
	Unit     TimeUnit `json:"unit,omitempty"`
	Decision string   `json:"decision"` // number of the decision
	From     string   `json:"from"`     // first day, yyyy-mm-dd
}

// Way is what one channel costs and takes. Fees nil means "not known", which is not "free"; an amount of 0 is free.
// Duration and Unit are the statutory limit.
type Way struct {
	Channel   Channel     `json:"channel"`
	Duration  int         `json:"duration"` // 0: not known
	Unit      TimeUnit    `json:"unit,omitempty"`
	Committed *Commitment `json:"committed,omitempty"`
	Fees      []Fee       `json:"fees"`
}

// Limit gives the time limit that counts on a day: the committed one once it is in effect, otherwise the statutory one.
func (w Way) Limit(on time.Time) (duration int, unit TimeUnit, committed bool) {
	if c := w.Committed; c != nil && on.Format(time.DateOnly) >= c.From {
		return c.Duration, c.Unit, true
	}
	return w.Duration, w.Unit, false
}

// Paper is one component of the dossier (thành phần hồ sơ).
type Paper struct {
	Case     string `json:"case,omitempty"` // the case it belongs to: "Giấy tờ phải nộp", …
	Name     string `json:"name"`
	Original int    `json:"original"`      // originals wanted
	Copy     int    `json:"copy"`          // copies wanted
	Cut      bool   `json:"cut,omitempty"` // the source record cut the name short
}

// Result is what the citizen gets.
type Result struct {
	Name string `json:"name"`
	Code string `json:"code,omitempty"` // KQ.…
}

// Level is the level of government that settles a procedure. There is no district level since 01/07/2025.
type Level string

// The levels.
const (
	LevelCommune  Level = "commune"
	LevelProvince Level = "province"
	LevelMinistry Level = "ministry"
)

// Procedure is one administrative procedure (thủ tục hành chính) of the national record. Slices are nil where the record is silent.
type Procedure struct {
	Code       string   `json:"code"`              // d.dddddd
	Name       string   `json:"name"`              // official name
	Short      string   `json:"short,omitempty"`   // short name for buttons and lists; "" = use Name
	Aliases    []string `json:"aliases,omitempty"` // what citizens call it
	Field      string   `json:"field"`             // lĩnh vực
	Ministry   string   `json:"ministry"`          //
	Levels     []Level  `json:"levels,omitempty"`  // who settles it; nil: the commune
	Agency     string   `json:"agency,omitempty"`  // cơ quan thực hiện
	Applicants []string `json:"applicants,omitempty"`
	Decision   string   `json:"decision,omitempty"` // number of the decision that published it
	Steps      []string `json:"steps,omitempty"`    // trình tự thực hiện
	Ways       []Way    `json:"ways,omitempty"`
	Papers     []Paper  `json:"papers,omitempty"`
	Conditions []string `json:"conditions,omitempty"` // yêu cầu, điều kiện
	Results    []Result `json:"results,omitempty"`
	Legal      []string `json:"legal,omitempty"`
	SameDay15h bool     `json:"same_day_15h,omitempty"` // received before 15:00: the same day
	Saturday   bool     `json:"saturday,omitempty"`     // the office that settles it also receives on Saturday mornings
	InPerson   bool     `json:"in_person,omitempty"`    // to be filed by the person concerned: no authorisation (Circular 04/2020/TT-BTP Art. 2)
	Link       string   `json:"link,omitempty"`         // the procedure's page on the national portal, https; "" = not known
	From       string   `json:"from,omitempty"`         // first day it is valid, yyyy-mm-dd; "" = no bound
	Until      string   `json:"until,omitempty"`        // last day it is valid, yyyy-mm-dd; "" = no bound
}

// QR gives what the procedure's QR code holds: its page on the national portal, or its code where the page is not known.
func (p *Procedure) QR() string {
	if p.Link != "" {
		return p.Link
	}
	return p.Code
}

// Valid reports whether the procedure is in force on a day, in the zone of on.
func (p *Procedure) Valid(on time.Time) bool {
	day := on.Format(time.DateOnly)
	return (p.From == "" || p.From <= day) && (p.Until == "" || day <= p.Until)
}

// Way gives what a channel costs and takes; ok is false when the record does not know the channel.
func (p *Procedure) Way(c Channel) (w Way, ok bool) {
	for _, w := range p.Ways {
		if w.Channel == c {
			return w, true
		}
	}
	return Way{}, false
}

// Part is one of the seven parts that a published procedure must have (trình tự, cách thức, thành phần, …).
type Part string

// The parts. The name is the first of the seven and is never missing.
const (
	PartSteps      Part = "steps"      // trình tự thực hiện
	PartWays       Part = "ways"       // cách thức thực hiện
	PartPapers     Part = "papers"     // thành phần hồ sơ
	PartTime       Part = "time"       // thời hạn giải quyết
	PartApplicants Part = "applicants" // đối tượng thực hiện
	PartAgency     Part = "agency"     // cơ quan thực hiện
)

// Missing names the statutory parts that the record is silent about: they are shown as not known, never hidden.
func (p *Procedure) Missing() []Part {
	var missing []Part
	timed := false
	for _, w := range p.Ways {
		timed = timed || w.Duration > 0
	}
	for _, c := range []struct {
		part Part
		held bool
	}{
		{PartSteps, p.Steps != nil}, {PartWays, p.Ways != nil}, {PartPapers, p.Papers != nil}, {PartTime, timed},
		{PartApplicants, p.Applicants != nil}, {PartAgency, p.Agency != ""},
	} {
		if !c.held {
			missing = append(missing, c.part)
		}
	}
	return missing
}

// Title gives the short name, or the official one.
func (p *Procedure) Title() string {
	if p.Short != "" {
		return p.Short
	}
	return p.Name
}
