package onestop

import (
	"time"

	"motcua/kiosk"
)

// Item is the index row of a dossier: what the inbox needs without opening the envelope. Nothing in it is a citizen's data
// but Label, which is encrypted.
type Item struct {
	ID        string             // the kiosk's UUID
	TokenID   string             // SHA-256 of the receipt token, hexadecimal
	SHA256    [32]byte           // of the sealed envelope
	Size      int                // of the sealed envelope, bytes
	Kiosk     string             // the device that delivered it
	Created   time.Time          // sealed at the kiosk, by the kiosk's clock
	Received  time.Time          // taken in here, by ours
	Code      string             // procedure code, "" when the envelope could not be opened
	Title     string             // procedure name
	Verdict   kiosk.Verdict      // of the whole identity as verified here at intake
	Fault     kiosk.Code         // why the envelope could not be opened, "" when it could
	Label     []byte             // the citizen's name, encrypted (see label.go); nil when not known
	State     kiosk.DossierState //
	StateAt   time.Time          // when the state was entered
	StateNote string             // the officer's words to the citizen on entering it
	Number    string             // mã hồ sơ, "" until received

	Receiver string        // the unit that took it in
	Resolver string        // the unit that settles it; another than Receiver where the procedure says so
	Field    string        // lĩnh vực
	Channel  kiosk.Channel // KenhThucHien
	Training bool          // of a training kiosk: never counted, never synchronised
	Evidence [32]byte      // SHA-256 of the evidence package, zero when it could not be opened
	Override Override      // who answers for an identity that the machines could not verify
	Papers   int           // digitised components
	Reused   int           // components taken from the store of papers instead of being asked for again
	Officer  Person        // who has it in hand, zero: nobody yet

	Accepted    time.Time // entered state 2 first: the clock starts
	Promised    time.Time // the due instant first told (Mẫu 01), moved by supplements only: what on-time is judged by
	Due         time.Time // the due instant now: Promised, or what an extension made of it
	Finished    time.Time // entered state 9, zero again on a correction
	Returned    time.Time // entered state 10
	Closed      time.Time // entered state 3 or 8
	Paused      time.Time // waits for supplements since then
	Supplements int       // how often they were asked for
	Extended    bool      // the one extension was used
	Results     int       // result files
	ResultCodes int       // of these, with a result code (KQ.…)
}

// Override is a named person's word for an identity that the machines could not verify.
type Override struct {
	By     int64
	Reason string
}

// Person is an account as others see it.
type Person struct {
	ID   int64
	Name string
}

// Over reports whether nothing more will happen to the dossier's time: settled, refused or stopped.
func (i Item) Over() bool { return !i.Finished.IsZero() || !i.Closed.IsZero() || !i.Returned.IsZero() }

// EventKind names what happened to a dossier.
type EventKind string

// The kinds. They are stored; the values never change.
const (
	EventTakenIn EventKind = "taken_in" // delivered by a kiosk
	EventMoved   EventKind = "moved"    // from a state to another, by an officer
	EventViewed  EventKind = "viewed"   // an officer opened the dossier
	EventPicture EventKind = "picture"  // an officer looked at a photo or a paper

	EventExported EventKind = "exported" // the evidence was handed to somebody outside; Reason says to whom and why
)

// EventKinds is the closed list, in order.
var EventKinds = []EventKind{EventTakenIn, EventMoved, EventViewed, EventPicture, EventExported}

// Event is one line of a dossier's log. Lines are only ever added.
type Event struct {
	Seq     int64 // in the order of adding, over all dossiers
	Dossier string
	At      time.Time
	Kind    EventKind
	Actor   Actor              // zero for a kiosk's delivery
	From    kiosk.DossierState // of a move
	To      kiosk.DossierState // of a move
	Note    string             // of a move: words to the citizen; of a picture: which one
	Reason  string             // of a move: words that stay in the office
}

// Actor is the person who acts. The name is kept with the event: people leave, the log stays.
type Actor struct {
	ID   int64
	Name string
	Role Role
}

// Envelope is what an intake stores in one go.
type Envelope struct {
	Item  Item
	Body  []byte
	Parts []kiosk.SealedPart // its page streams, in order, which are here already; no data
	Link  kiosk.Link         // its place in the kiosk's chain, as the signed envelope says; zero for none
}

// Step asks the store to move a dossier.
type Step struct {
	Dossier string
	From    kiosk.DossierState // the state the officer saw; the move fails when it is no longer that
	To      kiosk.DossierState
	Note    string // to the citizen
	Reason  string // stays in the office
	Actor   Actor
	At      time.Time
	Number  Numbering // used when To is state 2 and the dossier has no number

	Override bool      // Reason is the named override of an identity that is not verified
	Due      time.Time // the due instant as of this step, zero: as it was
	Children []Child   // of a linked procedure, when To is state 2
}

// Filter selects items of the inbox, oldest first.
type Filter struct {
	Officer  int64              // only what this person has in hand
	Late     bool               // only what is not settled although due
	Training bool               // training dossiers instead of real ones
	State    kiosk.DossierState // 0: every state
	Fault    bool               // only those that cannot be opened
	After    int64              // page on: only items with a row greater than this
	Limit    int                // at most this many, 1 to MaxPage
	Search   string             // an official number or a kiosk's id, exactly
	Now      time.Time          // for Late
}

// MaxPage bounds a page of the inbox.
const MaxPage = 100

// Row is an Item with its place in the list.
type Row struct {
	Item
	Row int64
}
