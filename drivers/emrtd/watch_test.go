package emrtd_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
)

func TestWatch(t *testing.T) {
	card := setUp(t).card
	synctest.Test(t, func(t *testing.T) {
		slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
		r := emrtd.NewReader(slot, emrtd.Options{})
		ctx, cancel := context.WithCancel(context.Background())
		events := r.Watch(ctx)
		expect := func(what string, want bool) {
			t.Helper()
			if got, ok := <-events; !ok || got != want {
				t.Fatalf("%s: %v, open %v", what, got, ok)
			}
		}
		quiet := func(what string) {
			t.Helper()
			time.Sleep(2 * time.Second) // bubble time
			synctest.Wait()
			select {
			case v := <-events:
				t.Fatalf("%s: told %v", what, v)
			default:
			}
		}
		expect("start without card", false)
		slot.Insert(chipOf(t, card, emrtdtest.Options{}))
		expect("card came", true)
		quiet("card lies there")
		chip := slot.Remove()
		time.Sleep(100 * time.Millisecond)
		slot.Insert(chip)
		quiet("card flickered")
		slot.Remove()
		expect("card left", false)
		slot.Insert(chip)
		expect("card came again", true)
		slot.Unplug()
		expect("reader unplugged", false)
		slot.Plug()
		expect("reader back with its card", true)
		cancel()
		if _, ok := <-events; ok {
			t.Error("an event after the end")
		}
	})
}

func TestWatchStartsWithCard(t *testing.T) {
	card := setUp(t).card
	synctest.Test(t, func(t *testing.T) {
		slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
		slot.Insert(chipOf(t, card, emrtdtest.Options{}))
		ctx, cancel := context.WithCancel(context.Background())
		events := emrtd.NewReader(slot, emrtd.Options{}).Watch(ctx)
		if got := <-events; !got {
			t.Error("the card that lay there was not seen")
		}
		cancel()
		for range events {
			t.Error("an event after the end")
		}
	})
}
