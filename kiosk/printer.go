package kiosk

import "context"

// Printer prints receipts. It is optional: without paper the receipt's QR code is on the screen.
//
// Print returns when the receipt is printed and cut, or cannot be: printer_paper, printer_cover, printer_offline, printer_fault,
// or ctx's error. It never lasts longer than twelve seconds, and what was begun is ended so that two receipts are never mixed.
// Ready gives nil, or one of these errors, from what the printer said last; it asks nothing and returns at once.
type Printer interface {
	Print(ctx context.Context, r Receipt) error
	Ready() error
}
