package emrtd

import (
	"context"
	"time"
)

// readyWithin bounds how long a slot may take to look at itself.
const readyWithin = 2 * time.Second

// Ready implements kiosk.CardReader: it asks the slot, when the slot can look at itself (drivers.Driver).
func (r *Reader) Ready(ctx context.Context) error {
	slot, ok := r.slot.(interface{ Check(context.Context) error })
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return slot.Check(ctx)
}
