package kiosk

import (
	"context"
	"log/slog"
	"time"
)

// Feedback is what a citizen wrote to the office (góp ý, phản ánh). It names nobody unless its text does, so it is sealed to the
// office like a dossier. Code is made like
// a receipt token: what the citizen notes down to ask for the answer.
type Feedback struct {
	Code  string    `json:"code"`
	Kiosk string    `json:"kiosk"`
	At    time.Time `json:"at"`
	Text  string    `json:"text"`
}

// String redacts.
func (Feedback) String() string { return redacted }

// GoString redacts.
func (Feedback) GoString() string { return redacted }

// LogValue redacts.
func (Feedback) LogValue() slog.Value { return slog.StringValue(redacted) }

// FeedbackBox keeps feedback until the office has it. Put seals the text, returns when it is durable, and gives its code.
// Errors: store_full, store_corrupt.
type FeedbackBox interface {
	Put(ctx context.Context, text string) (code string, err error)
}
