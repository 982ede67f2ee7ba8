package emrtd_test

import (
	"strings"
	"testing"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// A test card is described without its number, and reading it afterwards is not disturbed.
func TestIdentify(t *testing.T) {
	b := setUp(t)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	r := emrtd.NewReader(slot, emrtd.Options{})
	if _, err := r.Identify(t.Context()); kiosk.CodeOf(err) != kiosk.CodeCardAbsent {
		t.Errorf("no card: %v", err)
	}
	slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
	text, err := r.Identify(t.Context())
	if err != nil || !strings.Contains(text, "PACE offered") || strings.Contains(text, "no PACE") {
		t.Errorf("card: %q, %v", text, err)
	}
	if read, err := r.Read(t.Context(), keyOf(b.card), nil); err != nil || len(read.Files) == 0 {
		t.Errorf("read afterwards: %v", err)
	}
	slot.Unplug()
	if _, err := r.Identify(t.Context()); kiosk.CodeOf(err) != kiosk.CodeReaderMissing {
		t.Errorf("no reader: %v", err)
	}
}
