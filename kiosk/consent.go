package kiosk

import "time"

// Purpose is what a consent is for. Each is asked for on its own; none is given by default (Law 91/2025/QH15).
type Purpose string

// The purposes.
const (
	PurposeChip   Purpose = "chip"   // read the chip and use its data in the dossier
	PurposeCamera Purpose = "camera" // compare the face with the chip's photo, keep one frame as evidence

	// PurposeDeclare is the declaration that what is filed is true, given at the end by a tick or a signature. It is kept like a
	// consent: which words, when.
	PurposeDeclare Purpose = "declare"
)

// Consent records what was asked, in which words, and what the citizen answered.
type Consent struct {
	Purpose Purpose   `json:"purpose"`
	Text    string    `json:"text"`   // id and version of the text shown, "consent.chip/1"
	SHA256  [32]byte  `json:"sha256"` // of the text shown, UTF-8
	Given   bool      `json:"given"`
	At      time.Time `json:"at"`
}
