package ocrb

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/vision"
	"motcua/vision/visiontest"
)

// TestPageOfPrintIsNoZone shows a sheet full of ordinary print: it is no zone, and reading it ends when nobody waits any more.
func TestPageOfPrintIsNoZone(t *testing.T) {
	desk := &visiontest.Desk{Sheet: visiontest.Certificate(), Turn: .02}
	m, err := vision.FromImage(desk.Frame(time.Unix(0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if z, err := Read(t.Context(), &m); !errors.Is(err, ErrNoZone) {
		t.Errorf("a page of print was read: %v, %v", z, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ended, &m); !errors.Is(err, context.Canceled) {
		t.Errorf("reading went on after it was cancelled: %v", err)
	}
}

// BenchmarkPageOfPrint is what a sheet without a zone costs the search for one.
func BenchmarkPageOfPrint(b *testing.B) {
	desk := &visiontest.Desk{Sheet: visiontest.Certificate(), Turn: .02}
	m, err := vision.FromImage(desk.Frame(time.Unix(0, 0)))
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	for b.Loop() {
		if _, err := Read(b.Context(), &m); !errors.Is(err, ErrNoZone) {
			b.Fatal(err)
		}
	}
}
