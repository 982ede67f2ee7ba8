package session

import (
	"context"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// ConsentText is what is asked for one purpose: its id with version, and the words exactly as shown.
type ConsentText struct {
	ID   string
	Text string
}

// Ports is what a Runner carries effects out on. Reader, Face, Scanner, Faces, Papers, Spotter, Voice, Printer and Panel may be
// nil: the part is then absent and its fall-back, the officer, is offered. Without Queue, Feedback or Rota that one thing is
// refused; without Places an address is typed. Office, Outbox, Catalogue, Dossier and Log are needed.
type Ports struct {
	Reader    kiosk.CardReader
	Face      kiosk.FaceMatcher
	Scanner   kiosk.DocumentScanner
	Faces     kiosk.Preview     // what the face camera sees
	Papers    kiosk.Preview     // what the document camera sees
	Spotter   kiosk.CardSpotter // the number of a card that is shown to a camera
	Voice     kiosk.Voice
	Printer   kiosk.Printer
	Panel     kiosk.Panel
	Queue     kiosk.Queue
	Feedback  kiosk.FeedbackBox
	Rota      kiosk.Rota
	Places    kiosk.Places
	Office    kiosk.BackOffice
	Outbox    kiosk.Outbox
	Catalogue kiosk.Catalogue
	Dossier   DossierMaker
	Consents  map[string]map[kiosk.Purpose]ConsentText // by language, "vi" always
	Clock     func() error                             // nil, or why the wall clock cannot be right (clock_wrong); may itself be nil
	Night     func() bool                              // whether it is the hour of low voices; may be nil
	Log       *audit.Log
}

// DossierMaker names, seals and finds dossiers. The wiring implements it with kiosk/dossier and kiosk/seal.
type DossierMaker interface {
	// New gives a fresh identifier and receipt token. A visit asks before its card is read: the chip signs for this dossier.
	New() (id, token string)
	// Seal builds the dossier with its evidence and seals it to the office. d is not kept.
	Seal(ctx context.Context, d *kiosk.Dossier) (kiosk.Sealed, error)
	// Receipt makes what the citizen leaves with.
	Receipt(d *kiosk.Dossier) kiosk.Receipt
}
