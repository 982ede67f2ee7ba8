package kiosk

// Hit is one search result; Score is in (0, 1].
type Hit struct {
	Procedure *Procedure
	Score     float64
}

// Elsewhere says that a matter is not settled at the commune, and where it is. An address is "" when the catalogue does not
// hold it: addresses differ by province and come with the province's own catalogue.
type Elsewhere struct {
	Topic      string `json:"topic"`                 // the matter in a few words: "Ly hôn"
	Unit       string `json:"unit"`                  // who settles it now
	Address    string `json:"address,omitempty"`     // of Unit
	Was        string `json:"was,omitempty"`         // who settled it before the two-tier reform, when it moved
	WasAddress string `json:"was_address,omitempty"` // of Was
	Note       string `json:"note,omitempty"`        // one sentence: how to go about it
}

// Search is the answer to a query.
type Search struct {
	// Confident: the first hit is very likely meant.
	Confident bool
	// AskBack: several near twins tie. The first Twins hits are the choices, as far as the limit lets them; Topic is what they have in common, in
	// the official spelling ("thẻ căn cước"), "" when that cannot be said in a few words.
	AskBack bool
	Twins   int
	Topic   string
	// Elsewhere is set when the matter is not settled here: "not here, go there". Confident is then false.
	Elsewhere *Elsewhere
	// Replaced is the dead code that the query named; the hit is the procedure in its place.
	Replaced string
	Hits     []Hit
}

// Catalogue holds the procedures and finds them as citizens type. It is safe for concurrent use and never changes;
// a new version is a new Catalogue. Procedure follows redirects, so that the answer's code may differ from the one asked
// for; it also gives procedures that are not valid any more, and an Error not_found for an unknown code.
type Catalogue interface {
	Version() string
	Count() int
	Fields() []string // every field, most common first
	InField(field string) []*Procedure
	Procedure(code string) (*Procedure, error)
	Search(query string, limit int) Search
}
