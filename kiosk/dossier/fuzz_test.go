package dossier

import (
	"bytes"
	"testing"

	"motcua/kiosk"
)

// Sample makes genuine packages; the external tests set it.
var Sample func(testing.TB) [][]byte

// FuzzOpen: whatever opens is written back byte for byte, so that there is one encoding only.
func FuzzOpen(f *testing.F) {
	for _, pkg := range Sample(f) {
		f.Add(pkg)
		f.Add(pkg[:len(pkg)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Open(b)
		if err != nil {
			if kiosk.CodeOf(err) != kiosk.CodeBadInput {
				t.Errorf("code of %v", err)
			}
			return
		}
		p.Dossier()
		manifest, err := encodeManifest(p.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		again, err := assemble(manifest, p.signature, p.Certificate, p.parts)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("opened, but written back it differs: %v", err)
		}
	})
}
