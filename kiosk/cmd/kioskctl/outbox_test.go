package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/store"
)

// sealed makes a sealed dossier of random-looking bytes.
func sealed(id string, size int) kiosk.Sealed {
	body := bytes.Repeat([]byte(id), size/len(id)+1)[:size]
	return kiosk.Sealed{
		ID: id, TokenID: strings.Repeat("ab", sha256.Size), Created: time.Now().Add(-time.Minute), Body: body, SHA256: sha256.Sum256(body),
	}
}

func TestOutboxListBesideTheDaemon(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const id = "0b6f1c5e-3c1e-4c0e-8a7b-0123456789ab"
	if err := s.PutOutbox(t.Context(), sealed(id, 1000)); err != nil {
		t.Fatal(err)
	}
	var out, faults bytes.Buffer
	if code := run(t.Context(), &console{out: &out, err: &faults}, []string{"outbox", "list", "-json", "-data", dir}); code != exitGood {
		t.Fatalf("exit %d: %s", code, faults.String())
	}
	var got struct {
		Unsent int       `json:"unsent"`
		Oldest int64     `json:"oldest_age_s"`
		Items  []waiting `json:"items"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Unsent != 1 || got.Oldest < 59 || got.Oldest > 120 || len(got.Items) != 1 {
		t.Fatalf("listed %s", out.String())
	}
	if i := got.Items[0]; i.ID != id || i.Bytes != 1000 || i.State != "waiting" || i.Attempts != 0 {
		t.Errorf("item %+v", i)
	}
	out.Reset()
	if code := run(t.Context(), &console{out: &out, err: io.Discard}, []string{"outbox", "list", "-data", dir}); code != exitGood || !strings.Contains(out.String(), id) {
		t.Errorf("exit %d: %s", code, out.String())
	}
}

func TestOutboxRetryEndsQuarantine(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const id = "0b6f1c5e-3c1e-4c0e-8a7b-0123456789ab"
	now := time.Now()
	if err := s.PutOutbox(t.Context(), sealed(id, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LeaseNext(t.Context(), "daemon", now, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if held, err := s.Quarantine(t.Context(), id, "daemon", kiosk.CodeOfficeRefused); err != nil || !held {
		t.Fatal(held, err)
	}
	var out, faults bytes.Buffer
	retry := func(args ...string) exitCode {
		out.Reset()
		faults.Reset()
		return run(t.Context(), &console{out: &out, err: &faults}, append([]string{"outbox", "retry", "-json", "-data", dir}, args...))
	}
	if code := retry(); code != exitFault {
		t.Errorf("neither ids nor -all: exit %d", code)
	}
	if code := retry("ffffffff-0000-4000-8000-000000000000"); code != exitFault || !strings.Contains(faults.String(), "not_found") {
		t.Errorf("an unknown dossier: exit %d: %s", code, faults.String())
	}
	if code := retry("-all"); code != exitGood || strings.TrimSpace(out.String()) != `{"released":1}` {
		t.Errorf("exit %d: %s %s", code, out.String(), faults.String())
	}
	if row, err := s.LeaseNext(t.Context(), "daemon", time.Now(), now.Add(time.Minute)); err != nil || row.ID != id {
		t.Errorf("the dossier is not due: %v", err)
	}
	if code := retry("-all"); code != exitGood || strings.TrimSpace(out.String()) != `{"released":0}` {
		t.Errorf("with nothing in quarantine: exit %d: %s", code, out.String())
	}
}
