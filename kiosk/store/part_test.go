package store

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"

	"motcua/kiosk"
)

// withParts gives a dossier streams of these sizes.
func withParts(d kiosk.Sealed, sizes ...int) kiosk.Sealed {
	for n, size := range sizes {
		b := bytes.Repeat([]byte{byte(n + 1), 7, 3}, size/3+1)[:size]
		d.Parts = append(d.Parts, kiosk.SealedPart{SHA256: sha256.Sum256(b), Size: int64(size), Data: bytes.NewReader(b)})
	}
	return d
}

func readPart(t *testing.T, p kiosk.SealedPart) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(p.Data, 0, p.Size))
	if err != nil {
		t.Errorf("read part: %v", err)
	}
	return b
}

// TestParts: streams come back as they were put, also piece by piece, and are purged with the envelope.
func TestParts(t *testing.T) {
	s, path := openNew(t)
	d := withParts(sealed(1, 500), 1, chunkSize-1, chunkSize, chunkSize+1, 3*chunkSize+17)
	put(t, s, d)
	put(t, s, d)
	r := lease(t, s, "me", start)
	if len(r.Parts) != len(d.Parts) || r.Size != d.TotalSize() {
		t.Fatalf("%d parts, %d bytes", len(r.Parts), r.Size)
	}
	for i, p := range r.Parts {
		want := readPart(t, d.Parts[i])
		if p.SHA256 != d.Parts[i].SHA256 || !bytes.Equal(readPart(t, p), want) {
			t.Errorf("part %d differs", i)
		}
		across := make([]byte, 2)
		if n, err := p.Data.ReadAt(across, chunkSize-1); len(want) > chunkSize && (n != 2 || !bytes.Equal(across, want[chunkSize-1:chunkSize+1])) {
			t.Errorf("part %d across two pieces: %d %v", i, n, err)
		}
	}
	record := kiosk.Deletion{DossierID: d.ID, BodySHA256: d.SHA256, AckSHA256: [32]byte{1}, Kiosk: "kiosk-01", DeletedAt: start, Signature: make([]byte, 64)}
	other := record
	other.DossierID = sealed(2, 1).ID
	if err := s.Acknowledge(t.Context(), ackOf(d), other); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("record of another dossier: %v", err)
	}
	if err := s.Acknowledge(t.Context(), ackOf(d), record); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Parts[4].Data.ReadAt(make([]byte, 1), 0); err == nil || err == io.EOF {
		t.Errorf("a purged part still reads: %v", err)
	}
	if list, err := s.Deletions(t.Context()); err != nil || len(list) != 1 || !list[0].DeletedAt.Equal(start) || list[0].BodySHA256 != d.SHA256 {
		t.Errorf("records %+v: %v", list, err)
	}
	for _, q := range []string{"UPDATE deletion SET kiosk = 'x'", "DELETE FROM deletion"} {
		if _, err := s.db.Exec(q); err == nil {
			t.Errorf("%s is allowed", q)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, bytes.Repeat([]byte{5, 7, 3}, 20)) {
		t.Errorf("the file still holds a purged part: %v", err)
	}
}

// TestBadParts: a stream that is not what it is said to be leaves nothing.
func TestBadParts(t *testing.T) {
	s, _ := openNew(t)
	for name, change := range map[string]func(*kiosk.SealedPart){
		"hash": func(p *kiosk.SealedPart) { p.SHA256[0]++ }, "short": func(p *kiosk.SealedPart) { p.Size++ },
		"none": func(p *kiosk.SealedPart) { p.Data = nil }, "empty": func(p *kiosk.SealedPart) { p.Size = 0 },
	} {
		d := withParts(sealed(1, 50), 100)
		change(&d.Parts[0])
		if err := s.PutOutbox(t.Context(), d); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	put(t, s, withParts(sealed(1, 50), 100))
}

// TestSalvageParts: parts and deletion records survive a repair.
func TestSalvageParts(t *testing.T) {
	s, path := openNew(t)
	gone, kept := withParts(sealed(1, 50), 1000), withParts(sealed(2, 50), chunkSize*2, 5)
	put(t, s, gone)
	put(t, s, kept)
	record := kiosk.Deletion{DossierID: gone.ID, BodySHA256: gone.SHA256, Kiosk: "kiosk-01", DeletedAt: start, Signature: make([]byte, 64)}
	if err := s.Acknowledge(t.Context(), ackOf(gone), record); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := repair(t.Context(), path, kiosk.Errorf(kiosk.CodeStoreCorrupt, "test", "", "told so"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.OutboxParts(t.Context(), kept.ID)
	if err != nil || len(list) != 2 || !bytes.Equal(readPart(t, list[0]), readPart(t, kept.Parts[0])) {
		t.Errorf("parts after the repair: %d, %v", len(list), err)
	}
	if list, err := s.Deletions(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("records after the repair: %+v, %v", list, err)
	}
	if aside, err := filepath.Glob(path + ".corrupt-*"); err != nil || len(aside) == 0 {
		t.Errorf("nothing was set aside: %v", err)
	}
}
