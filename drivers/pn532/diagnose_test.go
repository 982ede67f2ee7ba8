package pn532

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// Diagnose describes a chip that is well, and names what is not: no chip, or a line that loses long frames.
func TestDiagnose(t *testing.T) {
	a := newAdapter()
	well, err := NewHSU(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = well.Halt(); a.close() })
	text, err := well.Diagnose(t.Context())
	if err != nil || !strings.Contains(text, "baud, long frames pass, the field switches") {
		t.Errorf("a chip that is well: %q, %v", text, err)
	}
	for name, port := range map[string]*fakeUART{
		"short frames": {name: "/dev/ttyUSB0", answer: asChip(0x32)}, "not there": {name: "/dev/ttyUSB9", err: fs.ErrNotExist},
	} {
		d, err := NewHSU(port, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Halt(); port.close() })
		if _, err := d.Diagnose(context.Background()); err == nil || kiosk.CodeOf(err) == kiosk.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := well.Halt(); err != nil {
		t.Fatal(err)
	}
	if _, err := well.Diagnose(t.Context()); !errors.Is(err, apdu.ErrNoReader) {
		t.Errorf("after Halt: %v", err)
	}
}
