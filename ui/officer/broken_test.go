package officer_test

import (
	"context"

	"motcua/kiosk/onestop"
)

// brokenStore is a store that cannot write events when told so.
type brokenStore struct {
	onestop.Store
	events error
}

func (b *brokenStore) AddEvent(ctx context.Context, e onestop.Event) error {
	if b.events != nil {
		return b.events
	}
	return b.Store.AddEvent(ctx, e)
}
