package kiosk

import "context"

// CardSpotter finds the number of a chip card that is held before a camera, from the code printed on it. What it finds opens the
// chip and nothing more: anybody can print a code.
//
// Spot watches until it has found a number, ctx ends (then ctx's error), or no camera can be used (camera_missing, camera_fault).
type CardSpotter interface {
	Spot(ctx context.Context) (CardKey, error)
}
