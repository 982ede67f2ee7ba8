// Package drivers says what every driver offers: a name, a way to stop, and a check of itself.
//
// Drivers turn bytes to devices and back; they decide nothing about a visit. They import kiosk and never vision, ui or each other.
package drivers

import (
	"context"
	"fmt"
)

// Driver is what every driver offers. Halt stops it, may be called twice and from any goroutine. Check is quick (under two
// seconds), changes nothing, and gives nil or a kiosk.Error whose Hint tells the technician what to do.
type Driver interface {
	fmt.Stringer
	Halt() error
	Check(ctx context.Context) error
}
