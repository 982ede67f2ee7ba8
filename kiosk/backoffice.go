package kiosk

import (
	"context"
	"time"
)

// Acknowledgement is the back office's signed word that it has a dossier. Signature is Ed25519 over the canonical form
// defined in package kiosk/backoffice; a kiosk purges a dossier only after verifying it.
type Acknowledgement struct {
	DossierID  string       `json:"dossier_id"`
	BodySHA256 [32]byte     `json:"body_sha256"`
	Office     string       `json:"office"`      // the office's name
	ReceivedAt time.Time    `json:"received_at"` //
	Number     string       `json:"number"`      // mã hồ sơ; "" until an officer has accepted the dossier
	State      DossierState `json:"state"`
	Signature  []byte       `json:"signature"`
}

// Status is what a citizen may learn with the receipt token.
type Status struct {
	State     DossierState `json:"state"`
	Number    string       `json:"number"`    // mã hồ sơ, "" until assigned
	Procedure string       `json:"procedure"` // title
	Submitted time.Time    `json:"submitted"` //
	Updated   time.Time    `json:"updated"`   // when the state was entered
	Note      string       `json:"note"`      // the officer's words to the citizen, e.g. what to supplement
	Office    string       `json:"office"`
}

// BackOffice is the kiosk's view of the one-stop back office.
// Submit delivers a sealed dossier and gives the verified acknowledgement; delivering the same one again gives the same.
// Status looks a dossier up by its receipt token.
// Errors: office_offline (try later), office_refused (needs a technician), office_untrusted (the answer is not the office's),
// not_found (Status only).
type BackOffice interface {
	Submit(ctx context.Context, s Sealed) (Acknowledgement, error)
	Status(ctx context.Context, token string) (Status, error)
	Ping(ctx context.Context) error
}
