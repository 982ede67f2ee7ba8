package kiosk

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

// Fee is one fee of a channel. Amount is in VND. ProvinceDecides: the provincial council sets it, Amount means nothing.
type Fee struct {
	Amount          int64  `json:"amount"`
	Per             string `json:"per,omitempty"` // "trang", "bản", …
	ProvinceDecides bool   `json:"province_decides,omitempty"`
}

// Way is what one channel costs and takes. Fees nil means "not known", which is not "free"; an amount of 0 is free.
type Way struct {
	Channel  Channel  `json:"channel"`
	Duration int      `json:"duration"` // 0: not known
	Unit     TimeUnit `json:"unit,omitempty"`
	Fees     []Fee    `json:"fees"`
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

// Procedure is one administrative procedure (thủ tục hành chính) of the national record. Slices are nil where the record is silent.
type Procedure struct {
	Code       string   `json:"code"`              // d.dddddd
	Name       string   `json:"name"`              // official name
	Short      string   `json:"short,omitempty"`   // short name for buttons and lists; "" = use Name
	Aliases    []string `json:"aliases,omitempty"` // what citizens call it
	Field      string   `json:"field"`             // lĩnh vực
	Ministry   string   `json:"ministry"`          //
	Applicants []string `json:"applicants,omitempty"`
	Decision   string   `json:"decision,omitempty"` // number of the decision that published it
	Ways       []Way    `json:"ways,omitempty"`
	Papers     []Paper  `json:"papers,omitempty"`
	Results    []Result `json:"results,omitempty"`
	Legal      []string `json:"legal,omitempty"`
	SameDay15h bool     `json:"same_day_15h,omitempty"` // received before 15:00: the same day
	Saturday   bool     `json:"saturday,omitempty"`     // the office also works Saturday mornings
}

// Title gives the short name, or the official one.
func (p *Procedure) Title() string {
	if p.Short != "" {
		return p.Short
	}
	return p.Name
}

// Hit is one search result; Score is in (0, 1].
type Hit struct {
	Procedure *Procedure
	Score     float64
}

// Search is the answer to a query. Confident: the first hit is very likely meant. AskBack: several near twins tie.
type Search struct {
	Confident bool
	AskBack   bool
	Hits      []Hit
}

// Catalogue holds the procedures and finds them as citizens type. It is safe for concurrent use and never changes;
// a new version is a new Catalogue. Procedure gives an Error not_found for an unknown code.
type Catalogue interface {
	Version() string
	Count() int
	Fields() []string // every field, most common first
	InField(field string) []*Procedure
	Procedure(code string) (*Procedure, error)
	Search(query string, limit int) Search
}
