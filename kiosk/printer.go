package kiosk

import "context"

// Printer prints receipts and queue numbers. It is optional: without paper what it would print is on the screen.
//
// Print and PrintSlip return when the paper is printed and cut, or cannot be: printer_paper, printer_cover, printer_offline, printer_fault,
// or ctx's error. It never lasts longer than twelve seconds, and what was begun is ended so that two receipts are never mixed.
// Ready gives nil, or one of these errors, from what the printer said last; it asks nothing and returns at once.
type Printer interface {
	Print(ctx context.Context, r Receipt) error
	PrintSlip(ctx context.Context, s Slip) error
	Ready() error
}
