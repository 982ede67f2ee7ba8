package session

import (
	"time"

	"motcua/kiosk"
)

// Visit is the data of one visit. Only the Runner writes it; the ui reads it inside Runner.View.
type Visit struct {
	Started   time.Time
	Volume    kiosk.Volume // of the voice, for this visit alone
	Consents  []kiosk.Consent
	Query     string             // what was searched
	Field     string             // or the field browsed
	Found     kiosk.Search       // the answer to Query
	Listed    []*kiosk.Procedure // what ProcSearch lists: Found's procedures, or the field's
	Page      int                // page of Listed, PerPage each
	Procedure *kiosk.Procedure
	Key       kiosk.CardKey
	Progress  kiosk.ChipProgress
	Slow      bool // the read goes on longer than reads do
	Chip      *kiosk.ChipRead
	Hint      kiosk.FaceHint
	Face      kiosk.FaceResult
	Fields    []kiosk.Field   // the form: the chip's fields, then the asked ones
	Commune   kiosk.Place     // chosen from the list for the address that is being given; zero when none is
	Line      string          // what of that address stands before the commune
	Listing   PlaceList       // what Place lists
	Invalid   string          // key of the field whose last answer was not accepted: "number", "phone", "address", "token", "consent", "feedback", "behalf", "authority", "sign"; "" when none
	Typed     string          // that answer, shown again so that nothing is lost
	PaperPick int             // index of Procedure.Papers being scanned, -1 for "other", -2 for the authorisation
	PaperPage int             // page of the list
	Pending   kiosk.Image     // picture to keep or take again
	Flaw      kiosk.PaperFlaw // why the last picture could not be used; "" when it could, or when nothing more is known
	Papers    []kiosk.Document
	Signature kiosk.Document // drawn with a finger; zero when ticked
	Return    kiosk.Return
	Receipt   kiosk.Receipt
	Status    kiosk.Status
	Service   kiosk.Service // what a queue number is drawn for
	Ticket    kiosk.Ticket
	Wrote     string // code of the feedback that is kept
	Duties    []kiosk.Duty
}

// PlaceList is what of the country is listed: all provinces; or the communes of one, of those the ones that begin with a letter;
// or what a text finds.
type PlaceList struct {
	Province, Letter, Query string
	Found                   []kiosk.Place
}

// PerPage is how many procedures or papers one page lists; there is no scrolling.
const PerPage = 4

// Answer gives the form's field of that key, nil when there is none.
func (v *Visit) Answer(key string) *kiosk.Field {
	for i := range v.Fields {
		if v.Fields[i].Key == key {
			return &v.Fields[i]
		}
	}
	return nil
}

// Wipe zeroes everything the visit held, byte slices in place.
func (v *Visit) Wipe() {
	if v.Chip != nil {
		v.Chip.Wipe()
	}
	v.Face.Best.Wipe()
	v.Pending.Wipe()
	v.Signature.Page.Wipe()
	for i := range v.Papers {
		v.Papers[i].Page.Wipe()
	}
	*v = Visit{}
}

// View is what the page shows: the state, the visit's data, and the kiosk around them. It is valid only inside Runner.View.
type View struct {
	Boot     string // random per start of the daemon
	Rev      uint64 // counts every change worth painting
	Turn     uint64 // counts changes of screen, overlay, step or page: what an Intent must carry
	State    State
	Visit    *Visit
	Deadline time.Time // when the screen's timer fires; zero when none runs
	Now      time.Time
	Kiosk    KioskInfo
	Outbox   kiosk.OutboxStats
	Online   bool // the back office answered lately
}

// KioskInfo is what does not change during a visit.
type KioskInfo struct {
	Name      string
	Commune   string
	Hotline   string
	Office    string
	Version   string
	Catalogue kiosk.Catalogue
	Places    kiosk.Places // nil when the kiosk has no list
	Spots     bool         // a card may be shown to the camera instead of typing its number
}
