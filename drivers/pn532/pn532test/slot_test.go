package pn532test_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pn532/pn532test"
)

// TestFollow keeps on the antenna what lies in a slot: there, gone, another one, and a chip that is slow by the slot's own model.
func TestFollow(t *testing.T) {
	b := newBench(t, setup{host: "hsu"})
	b.device.Remove()
	slow, err := emrtdtest.New(b.card, emrtdtest.Options{Latency: emrtdtest.Latency{PACE: 800 * time.Millisecond, Extensions: 10}})
	if err != nil {
		t.Fatal(err)
	}
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	followed := make(chan error, 1)
	go func() { followed <- b.device.Follow(ctx, slot, pn532test.CardOptions{}) }()
	slot.Insert(slow)
	b.read(t)
	slot.Remove()
	if err := b.driver.Wait(ctx, false); err != nil {
		t.Fatal(err)
	}
	slot.Insert(b.chip)
	b.read(t)
	slot.Swap(slow)
	b.read(t)
	clean(t, b)
	cancel()
	if err := <-followed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
