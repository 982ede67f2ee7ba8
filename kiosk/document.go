package kiosk

import (
	"context"
	"log/slog"
)

// Document is one paper of a dossier: the picture of a page, found, straightened and hashed.
type Document struct {
	Paper  string   `json:"paper"`  // the component of the procedure it stands for, as in Procedure.Papers[].Name
	Page   Image    `json:"page"`   //
	SHA256 [32]byte `json:"sha256"` // of Page.Data
}

// String redacts.
func (Document) String() string { return redacted }

// LogValue redacts.
func (Document) LogValue() slog.Value { return slog.StringValue(redacted) }

// PaperFlaw names why the picture of a paper cannot be used, from a closed list. It is an error; its text is the name itself, so
// that it survives a wire that carries texts alone.
type PaperFlaw string

// The closed list of flaws. Each says what the citizen has to do otherwise.
const (
	PaperDark     PaperFlaw = "too_dark"   // no light, or a hand's shadow over everything
	PaperBright   PaperFlaw = "too_bright" // the whole picture is white
	PaperMissing  PaperFlaw = "no_page"    // nothing that looks like a sheet
	PaperCut      PaperFlaw = "cut_off"    // a part of the sheet is outside the picture
	PaperSmall    PaperFlaw = "too_small"  // too far away to be read
	PaperCard     PaperFlaw = "card"       // a chip card instead of a page
	PaperScreen   PaperFlaw = "screen"     // a telephone instead of a page
	PaperBlank    PaperFlaw = "blank"      // nothing is printed on this side
	PaperBlurred  PaperFlaw = "blurred"    // moved, or out of focus
	PaperGlare    PaperFlaw = "glare"      // a lamp is mirrored on it
	PaperCovered  PaperFlaw = "covered"    // a hand or a thing lies over its edge
	PaperNotAPage PaperFlaw = "not_a_page" // a thing with corners, but not of a page's shape
)

// PaperFlaws is the closed list, in order.
var PaperFlaws = []PaperFlaw{
	PaperDark, PaperBright, PaperMissing, PaperCut, PaperSmall, PaperCard, PaperScreen, PaperBlank, PaperBlurred, PaperGlare,
	PaperCovered, PaperNotAPage,
}

// Error gives the flaw's name.
func (f PaperFlaw) Error() string { return string(f) }

// DocumentScanner takes a picture of the sheet that lies under the document camera.
// Errors: camera_missing, camera_fault, paper_unreadable (its cause is a [PaperFlaw]).
type DocumentScanner interface {
	Ready(ctx context.Context) error
	Scan(ctx context.Context) (Image, error)
}
