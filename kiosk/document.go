package kiosk

import (
	"context"
	"log/slog"
)

// Document is one paper of a dossier: a picture of a sheet, stored as taken and hashed.
type Document struct {
	Paper  string   `json:"paper"`  // the component of the procedure it stands for, as in Procedure.Papers[].Name
	Page   Image    `json:"page"`   //
	SHA256 [32]byte `json:"sha256"` // of Page.Data
}

// String redacts.
func (Document) String() string { return redacted }

// LogValue redacts.
func (Document) LogValue() slog.Value { return slog.StringValue(redacted) }

// DocumentScanner takes a picture of the sheet that lies under the document camera.
// Errors: camera_missing, camera_fault, paper_unreadable (blank or black picture).
type DocumentScanner interface {
	Ready() error
	Scan(ctx context.Context) (Image, error)
}
