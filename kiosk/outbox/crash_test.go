package outbox_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/outbox"
	"motcua/kiosk/store"
)

// The steps of a delivery after which a process may die.
var steps = []string{"put", "leased", "at office", "taken in", "acknowledged"}

// victim is the process that is killed: it does everything up to a step, says so, and waits for its end.
func victim(path, step string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	stop := func(at string) {
		if at == step {
			_, _ = os.Stdout.WriteString("here\n")
			select {}
		}
	}
	office := &victimOffice{folder: filepath.Dir(path), stop: stop}
	o := outbox.New(outbox.Options{Store: stopAt{s, stop}, Office: office, Log: audit.Discard()})
	if err := o.Put(ctx, victimDossier()); err != nil {
		return err
	}
	stop("put")
	o.Start(ctx)
	select {}
}

func victimDossier() kiosk.Sealed {
	s := sealed(1)
	s.Created = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	return s
}

// stopAt is a store that tells when a step is done.
type stopAt struct {
	*store.Store
	stop func(string)
}

func (s stopAt) LeaseNext(ctx context.Context, owner string, now, until time.Time) (kiosk.OutboxRow, error) {
	r, err := s.Store.LeaseNext(ctx, owner, now, until)
	if err == nil {
		s.stop("leased")
	}
	return r, err
}

func (s stopAt) Acknowledge(ctx context.Context, a kiosk.Acknowledgement, d kiosk.Deletion) error {
	err := s.Store.Acknowledge(ctx, a, d)
	if err == nil {
		s.stop("acknowledged")
	}
	return err
}

// victimOffice keeps what it takes in as files, as a real office outlives the kiosk.
type victimOffice struct {
	fakeOffice
	folder string
	stop   func(string)
}

func (f *victimOffice) Submit(_ context.Context, s kiosk.Sealed) (kiosk.Acknowledgement, error) {
	f.stop("at office")
	name := filepath.Join(f.folder, "office-"+s.ID)
	old, err := os.ReadFile(name)
	switch {
	case err == nil && string(old) != string(s.Body):
		return kiosk.Acknowledgement{}, failure(kiosk.CodeOfficeRefused)
	case err != nil:
		if err := os.WriteFile(name, s.Body, 0o600); err != nil {
			return kiosk.Acknowledgement{}, err
		}
	}
	f.stop("taken in")
	return ackOf(s), nil
}

func TestMain(m *testing.M) {
	if path := os.Getenv("OUTBOX_TEST_VICTIM"); path != "" {
		_, _ = os.Stderr.WriteString(victim(path, os.Getenv("OUTBOX_TEST_STEP")).Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestKill kills a real process with SIGKILL after each step; the next one delivers exactly once, without waiting for the
// dead one's lease.
func TestKill(t *testing.T) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kiosk.db")
			kill(t, path, step)
			s, err := store.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if s.Warning() != nil {
				t.Errorf("the database was hurt: %v", s.Warning())
			}
			office := &victimOffice{folder: filepath.Dir(path), stop: func(string) {}}
			o := outbox.New(outbox.Options{Store: s, Office: office, Log: audit.Discard()})
			if err := o.Put(t.Context(), victimDossier()); err != nil {
				t.Errorf("the visit's retry of Put: %v", err)
			}
			o.Start(t.Context())
			defer o.Stop()
			waitDelivered(t, o)
			rows, err := o.Rows(t.Context())
			if err != nil || len(rows) != 1 || rows[0].State != kiosk.OutboxAcknowledged {
				t.Errorf("rows %+v: %v", rows, err)
			}
			taken, err := filepath.Glob(filepath.Join(filepath.Dir(path), "office-*"))
			if err != nil || len(taken) != 1 {
				t.Errorf("the office has %d dossiers", len(taken))
			}
		})
	}
}

// kill runs a victim up to the step and kills it.
func kill(t *testing.T, path, step string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "OUTBOX_TEST_VICTIM="+path, "OUTBOX_TEST_STEP="+step)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "here" {
		t.Errorf("victim said %q: %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err == nil {
		t.Error("the victim ended by itself")
	}
}

func waitDelivered(t *testing.T, o *outbox.Outbox) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		st, err := o.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if st.Unsent == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("not delivered")
		}
	}
}

// TestCrashImages copies the database files after each step, as a cut of the process at that instant leaves them, and goes on
// from the copy: whatever the step, the dossier is there or delivered, never neither.
func TestCrashImages(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	s, err := store.Open(ctx, filepath.Join(dir, "kiosk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := victimDossier()
	now := time.Now()
	for i, step := range []struct {
		name string
		do   func() error
		want kiosk.OutboxState
	}{
		{"put", func() error { return s.PutOutbox(ctx, d) }, kiosk.OutboxWaiting},
		{"lease", func() error { _, err := s.LeaseNext(ctx, "me", now, now.Add(time.Minute)); return err }, kiosk.OutboxLeased},
		{"postpone", func() error { _, err := s.Postpone(ctx, d.ID, "me", now, kiosk.CodeOfficeUntrusted, true); return err }, kiosk.OutboxWaiting},
		{"lease again", func() error { _, err := s.LeaseNext(ctx, "me", now, now.Add(time.Minute)); return err }, kiosk.OutboxLeased},
		{"quarantine", func() error { _, err := s.Quarantine(ctx, d.ID, "me", kiosk.CodeOfficeRefused); return err }, kiosk.OutboxQuarantined},
		{"release", func() error { _, err := s.Release(ctx, d.ID, now); return err }, kiosk.OutboxWaiting},
		{"acknowledge", func() error { return s.Acknowledge(ctx, ackOf(d), kiosk.Deletion{}) }, kiosk.OutboxAcknowledged},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		image := filepath.Join(t.TempDir(), fmt.Sprint(i))
		copyDatabase(t, filepath.Join(dir, "kiosk.db"), image)
		goOn(t, step.name, image, step.want)
	}
}

func copyDatabase(t *testing.T, from, to string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func goOn(t *testing.T, name, image string, want kiosk.OutboxState) {
	t.Helper()
	s, err := store.Open(t.Context(), image)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer s.Close()
	rows, err := s.OutboxRows(t.Context())
	if err != nil || len(rows) != 1 || rows[0].State != want {
		t.Fatalf("after %s: %+v %v", name, rows, err)
	}
	body, err := s.OutboxBody(t.Context(), rows[0].ID)
	if delivered := want == kiosk.OutboxAcknowledged; delivered != (kiosk.CodeOf(err) == kiosk.CodeNotFound) || !delivered && string(body) != string(victimDossier().Body) {
		t.Errorf("after %s the body is wrong: %v", name, err)
	}
}
