package kiosk

import "strings"

// Place is a province or a commune. Codes are those of the national list: two digits and five.
type Place struct {
	Code     string   `json:"code"`
	Name     string   `json:"name"`               // with its kind: "Phường Ba Đình"
	Province string   `json:"province,omitempty"` // code of the province; "" for a province
	Was      []string `json:"was,omitempty"`      // names and codes of the units it was made of, where known
}

// Places holds provinces and communes. Find takes what people type and gives the nearest first, old names included; province
// "" means the whole country. Renamed gives the units that an old name or code belongs to now: nil when that is not known,
// several when the old unit was divided. Resolve reads an address of an older document ("Tổ 1, Xã A, Huyện B, Tỉnh C"): what stands
// before the commune, the communes that its commune is now, and the province, nil when not known; it is a proposal that the citizen
// confirms, the document's own text stays. Error of Place: not_found.
type Places interface {
	Provinces() []Place
	Communes(province string) []Place
	Place(code string) (Place, error)
	Find(query, province string, limit int) []Place
	Renamed(old string) []Place
	Resolve(address string) (line string, communes []Place, province *Place)
}

// Short gives the name without its kind: "Ba Đình".
func (p Place) Short() string {
	for _, kind := range []string{"Phường ", "Xã ", "Đặc khu ", "Thị trấn ", "Thành phố ", "Tỉnh "} {
		if rest, ok := strings.CutPrefix(p.Name, kind); ok {
			return rest
		}
	}
	return p.Name
}
