package onestop_test

import (
	"crypto/sha256"
	"path/filepath"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
)

func benchOffice(b *testing.B) *onestoptest.Office {
	b.Helper()
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "onestop.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	return onestoptest.New(b, store, nil)
}

// twoMB makes the paper of a dossier about 2 MB large.
func twoMB(d *kiosk.Dossier) {
	page := append(d.Papers[0].Page.Data, make([]byte, 2<<20)...)
	d.Papers[0].Page.Data, d.Papers[0].SHA256 = page, sha256.Sum256(page)
}

// BenchmarkReceive2MB takes a dossier of 2 MB in: opened, verified, durable, acknowledged.
func BenchmarkReceive2MB(b *testing.B) {
	o := benchOffice(b)
	b.SetBytes(2 << 20)
	for b.Loop() {
		b.StopTimer()
		c := o.NewCase(b, twoMB)
		b.StartTimer()
		if _, _, err := o.Desk.Receive(b.Context(), onestoptest.KioskName, c.Sealed); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkView2MB opens a dossier of 2 MB for an officer, checks it again and writes the access down.
func BenchmarkView2MB(b *testing.B) {
	o := benchOffice(b)
	a := o.Officer(b, "Lê Thị Mai", onestop.RoleReceiver)
	c := o.Deliver(b, twoMB)
	for b.Loop() {
		v, err := o.Desk.View(b.Context(), a, c.Dossier.ID)
		if err != nil {
			b.Fatal(err)
		}
		v.Wipe()
	}
}

// BenchmarkInbox50 gives a page of fifty of two hundred dossiers, names decrypted.
func BenchmarkInbox50(b *testing.B) {
	o := benchOffice(b)
	a := o.Officer(b, "Lê Thị Mai", onestop.RoleReceiver)
	for range 200 {
		o.Deliver(b, nil)
	}
	for b.Loop() {
		if _, err := o.Desk.Inbox(b.Context(), a, onestop.Filter{Limit: 50}); err != nil {
			b.Fatal(err)
		}
	}
}
