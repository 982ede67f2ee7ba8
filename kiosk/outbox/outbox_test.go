package outbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/outbox"
	"motcua/kiosk/store"
)

func sealed(n int) kiosk.Sealed {
	body := bytes.Repeat([]byte{byte(n)}, 100+n)
	return kiosk.Sealed{
		ID: fmt.Sprintf("0f8fad5b-d9cb-469f-a165-%012d", n), TokenID: kiosk.TokenID(fmt.Sprint(n)), Created: time.Now().UTC(),
		Body: body, SHA256: sha256.Sum256(body),
	}
}

func ackOf(s kiosk.Sealed) kiosk.Acknowledgement {
	return kiosk.Acknowledgement{
		DossierID: s.ID, BodySHA256: s.SHA256, Office: "Xã Thử Nghiệm", ReceivedAt: time.Now().UTC(), State: kiosk.StateRegistered,
		Signature: bytes.Repeat([]byte{9}, 64),
	}
}

func failure(code kiosk.Code) error { return &kiosk.Error{Code: code, Op: "test"} }

// fakeOffice answers as told and remembers when what came.
type fakeOffice struct {
	mu     sync.Mutex
	answer func(n int, s kiosk.Sealed) (kiosk.Acknowledgement, error) // n: which delivery, from 1
	calls  []time.Time
	ids    []string
	taken  map[string]int
}

func (f *fakeOffice) String() string { return "test office" }

func (f *fakeOffice) Submit(ctx context.Context, s kiosk.Sealed) (kiosk.Acknowledgement, error) {
	f.mu.Lock()
	f.calls, f.ids = append(f.calls, time.Now()), append(f.ids, s.ID)
	answer, n := f.answer, len(f.calls)
	f.mu.Unlock()
	if answer == nil {
		answer = func(_ int, s kiosk.Sealed) (kiosk.Acknowledgement, error) { return ackOf(s), nil }
	}
	a, err := answer(n, s)
	if ctx.Err() != nil {
		return kiosk.Acknowledgement{}, failure(kiosk.CodeOfficeOffline)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		if f.taken == nil {
			f.taken = make(map[string]int)
		}
		f.taken[s.ID]++
	}
	return a, err
}

func (f *fakeOffice) Status(context.Context, string) (kiosk.Status, error) {
	return kiosk.Status{}, failure(kiosk.CodeNotFound)
}
func (f *fakeOffice) Ping(context.Context) error { return nil }

func (f *fakeOffice) set(answer func(int, kiosk.Sealed) (kiosk.Acknowledgement, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fakeOffice) always(err error) {
	f.set(func(int, kiosk.Sealed) (kiosk.Acknowledgement, error) { return kiosk.Acknowledgement{}, err })
}

func (f *fakeOffice) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// gaps gives the waits between deliveries.
func (f *fakeOffice) gaps() (d []time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := 1; i < len(f.calls); i++ {
		d = append(d, f.calls[i].Sub(f.calls[i-1]))
	}
	return d
}

// bench is an outbox over a real database, inside a bubble of false time.
type bench struct {
	*outbox.Outbox
	store  *store.Store
	office *fakeOffice
	events *bytes.Buffer
}

// inBubble runs f with an outbox without jitter; it stops it at the end.
func inBubble(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kiosk.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{store: s, office: &fakeOffice{}, events: &bytes.Buffer{}}
		b.Outbox = outbox.New(outbox.Options{
			Store: s, Office: b.office, Jitter: func() float64 { return 0.5 },
			Log: audit.New(slog.NewTextHandler(b.events, nil), audit.Options{Strict: true}),
		})
		f(t, b)
		b.Stop()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (b *bench) put(t *testing.T, n int) kiosk.Sealed {
	t.Helper()
	s := sealed(n)
	if err := b.Put(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *bench) row(t *testing.T, s kiosk.Sealed) kiosk.OutboxRow {
	t.Helper()
	rows, err := b.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.ID == s.ID {
			return r
		}
	}
	t.Fatalf("no row %s", s.ID)
	return kiosk.OutboxRow{}
}

func (b *bench) wantState(t *testing.T, s kiosk.Sealed, want kiosk.OutboxState) kiosk.OutboxRow {
	t.Helper()
	synctest.Wait()
	r := b.row(t, s)
	if r.State != want {
		t.Errorf("%s is %s, not %s", s.ID, r.State, want)
	}
	return r
}

func seconds(n ...float64) (d []time.Duration) {
	for _, s := range n {
		d = append(d, time.Duration(s*float64(time.Second)))
	}
	return d
}

func TestDeliversInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		first, second := b.put(t, 1), b.put(t, 2)
		b.Start(t.Context())
		synctest.Wait()
		third := b.put(t, 3)
		b.wantState(t, third, kiosk.OutboxAcknowledged)
		if want := []string{first.ID, second.ID, third.ID}; !slices.Equal(b.office.ids, want) {
			t.Errorf("order %v", b.office.ids)
		}
		st, err := b.Stats(t.Context())
		if err != nil || st.Unsent != 0 || st.LastAck.IsZero() {
			t.Errorf("stats %+v: %v", st, err)
		}
		if n := bytes.Count(b.events.Bytes(), []byte("outbox.delivered")); n != 3 {
			t.Errorf("%d deliveries in the log:\n%s", n, b.events)
		}
		if bytes.Contains(b.events.Bytes(), []byte(first.ID)) || bytes.Contains(b.events.Bytes(), []byte(first.TokenID)) {
			t.Error("the log names a dossier")
		}
	})
}

// TestOfflineSnoozes: the outbox waits as a whole, no attempt is counted, and the oldest still goes first.
func TestOfflineSnoozes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.office.always(failure(kiosk.CodeOfficeOffline))
		first, second := b.put(t, 1), b.put(t, 2)
		b.Start(t.Context())
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		if got, want := b.office.gaps(), seconds(5, 10, 20, 40, 80, 120, 120); !slices.Equal(got, want) {
			t.Errorf("waits %v, not %v", got, want)
		}
		if code, since := b.Trouble(); code != kiosk.CodeOfficeOffline || time.Since(since) != 8*time.Minute {
			t.Errorf("trouble %s since %v", code, since)
		}
		r := b.row(t, first)
		if r.Attempts != 0 || r.LastError != kiosk.CodeOfficeOffline || r.State != kiosk.OutboxWaiting {
			t.Errorf("row %+v", r)
		}
		if st, err := b.Stats(t.Context()); err != nil || st.Unsent != 2 || st.OldestAge != 8*time.Minute {
			t.Errorf("stats %+v: %v", st, err)
		}
		b.office.set(nil)
		time.Sleep(2 * time.Minute)
		b.wantState(t, first, kiosk.OutboxAcknowledged)
		b.wantState(t, second, kiosk.OutboxAcknowledged)
		if ids := b.office.ids; ids[len(ids)-1] != second.ID || ids[len(ids)-2] != first.ID {
			t.Error("not the oldest first")
		}
		if code, _ := b.Trouble(); code != "" {
			t.Errorf("trouble %s remains", code)
		}
		for event, want := range map[string]int{"office.offline": 1, "office.online": 1} {
			if n := bytes.Count(b.events.Bytes(), []byte(event)); n != want {
				t.Errorf("%s is logged %d times", event, n)
			}
		}
	})
}

// TestPutWakes: a citizen's new dossier is a reason to look again at once.
func TestPutWakes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.office.always(failure(kiosk.CodeOfficeOffline))
		b.Start(t.Context())
		b.put(t, 1)
		time.Sleep(6 * time.Minute)
		b.office.set(nil)
		last := b.put(t, 2)
		b.wantState(t, last, kiosk.OutboxAcknowledged)
	})
}

type later struct{ error }

func (later) RetryAfter() time.Duration { return 7 * time.Minute }
func (l later) Unwrap() error           { return l.error }

// TestRetryAfterIsKept: what the office asks for is not cut short by a new dossier.
func TestRetryAfterIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.office.always(later{failure(kiosk.CodeOfficeOffline)})
		b.put(t, 1)
		b.Start(t.Context())
		time.Sleep(3 * time.Minute)
		b.put(t, 2)
		time.Sleep(7 * time.Minute)
		synctest.Wait()
		if got := b.office.gaps(); !slices.Equal(got, seconds(420)) {
			t.Errorf("waits %v", got)
		}
	})
}

// TestUntrustedStaysQueued: alarm once, growing waits, and others are not held up.
func TestUntrustedStaysQueued(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		bad := b.put(t, 1)
		b.office.set(func(_ int, s kiosk.Sealed) (kiosk.Acknowledgement, error) {
			if s.ID == bad.ID {
				return kiosk.Acknowledgement{}, failure(kiosk.CodeOfficeUntrusted)
			}
			return ackOf(s), nil
		})
		b.Start(t.Context())
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if got, want := b.office.gaps(), seconds(2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300); !slices.Equal(got, want) {
			t.Errorf("waits %v, not %v", got, want)
		}
		if code, _ := b.Trouble(); code != kiosk.CodeOfficeUntrusted {
			t.Errorf("trouble %q", code)
		}
		if n := bytes.Count(b.events.Bytes(), []byte("msg=fault")); n != 1 {
			t.Errorf("the alarm is raised %d times:\n%s", n, b.events)
		}
		good := b.put(t, 2)
		b.wantState(t, good, kiosk.OutboxAcknowledged)
		if r := b.wantState(t, bad, kiosk.OutboxWaiting); r.Attempts != 13 || r.LastError != kiosk.CodeOfficeUntrusted {
			t.Errorf("row %+v", r)
		}
	})
}

// TestForeignAcknowledgement: a client that passes an acknowledgement of something else does not purge.
func TestForeignAcknowledgement(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		s := b.put(t, 1)
		for name, change := range map[string]func(*kiosk.Acknowledgement){
			"id":   func(a *kiosk.Acknowledgement) { a.DossierID = sealed(2).ID },
			"hash": func(a *kiosk.Acknowledgement) { a.BodySHA256[0]++ },
			"all":  func(a *kiosk.Acknowledgement) { *a = kiosk.Acknowledgement{} },
		} {
			b.office.set(func(_ int, s kiosk.Sealed) (kiosk.Acknowledgement, error) {
				a := ackOf(s)
				change(&a)
				return a, nil
			})
			b.Start(t.Context())
			time.Sleep(time.Minute)
			if r := b.wantState(t, s, kiosk.OutboxWaiting); r.LastError != kiosk.CodeOfficeUntrusted {
				t.Errorf("%s: %+v", name, r)
			}
			b.Stop()
		}
	})
}

func TestRefusedIsQuarantined(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.office.always(failure(kiosk.CodeOfficeRefused))
		s := b.put(t, 1)
		b.Start(t.Context())
		time.Sleep(24 * time.Hour)
		r := b.wantState(t, s, kiosk.OutboxQuarantined)
		if r.Attempts != 1 || r.LastError != kiosk.CodeOfficeRefused || b.office.count() != 1 {
			t.Errorf("row %+v after %d deliveries", r, b.office.count())
		}
		if st, err := b.Stats(t.Context()); err != nil || st.Unsent != 1 || st.Quarantine != 1 {
			t.Errorf("stats %+v: %v", st, err)
		}
		b.office.set(nil)
		if err := b.Release(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		b.wantState(t, s, kiosk.OutboxAcknowledged)
		if err := b.Release(t.Context(), s.ID); kiosk.CodeOf(err) != kiosk.CodeNotFound {
			t.Errorf("release of a delivered dossier: %v", err)
		}
	})
}

func TestOtherErrorsRetry(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.office.set(func(n int, s kiosk.Sealed) (kiosk.Acknowledgement, error) {
			if n < 3 {
				return kiosk.Acknowledgement{}, errors.New("a defect")
			}
			return ackOf(s), nil
		})
		s := b.put(t, 1)
		b.Start(t.Context())
		time.Sleep(10 * time.Second)
		b.wantState(t, s, kiosk.OutboxAcknowledged)
		if got := b.office.gaps(); !slices.Equal(got, seconds(2, 4)) {
			t.Errorf("waits %v", got)
		}
	})
}

// TestStopGivesTheLeaseBack: a delivery under way is given up and can go out again at once.
func TestStopGivesTheLeaseBack(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		s := b.put(t, 1)
		ctx, cancel := context.WithCancel(t.Context())
		b.office.set(func(int, kiosk.Sealed) (kiosk.Acknowledgement, error) {
			time.Sleep(time.Minute)
			return kiosk.Acknowledgement{}, failure(kiosk.CodeOfficeOffline)
		})
		b.Start(ctx)
		time.Sleep(time.Second)
		b.wantState(t, s, kiosk.OutboxLeased)
		cancel()
		b.Stop()
		if r := b.wantState(t, s, kiosk.OutboxWaiting); r.Attempts != 0 || r.LastError != "" {
			t.Errorf("row %+v", r)
		}
		b.office.set(nil)
		b.Start(t.Context())
		b.wantState(t, s, kiosk.OutboxAcknowledged)
	})
}

// TestStartStop calls them in every order, from many goroutines.
func TestStartStop(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.Stop()
		b.Start(t.Context())
		b.Start(t.Context())
		b.Stop()
		b.Stop()
		ctx, cancel := context.WithCancel(t.Context())
		b.Start(ctx)
		cancel()
		synctest.Wait()
		b.Start(t.Context())
		s := b.put(t, 1)
		b.wantState(t, s, kiosk.OutboxAcknowledged)
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				if i%2 == 0 {
					b.Start(t.Context())
				} else {
					b.Stop()
				}
			})
		}
		wg.Wait()
		b.Stop()
		s = b.put(t, 2)
		time.Sleep(time.Hour)
		b.wantState(t, s, kiosk.OutboxWaiting)
		if b.office.count() != 1 {
			t.Errorf("%d deliveries, one of them after Stop", b.office.count())
		}
	})
}

// TestDeliveryEndsWithItsLease: an office that never answers does not hold the outbox.
func TestDeliveryEndsWithItsLease(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		stuck := &stuckOffice{fakeOffice: b.office}
		o := outbox.New(outbox.Options{Store: b.store, Office: stuck, Log: audit.Discard()})
		s := sealed(1)
		if err := o.Put(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		o.Start(t.Context())
		defer o.Stop()
		time.Sleep(6*time.Minute + time.Second)
		if r := b.wantState(t, s, kiosk.OutboxWaiting); r.LastError != kiosk.CodeOfficeOffline {
			t.Errorf("row %+v", r)
		}
	})
}

type stuckOffice struct{ *fakeOffice }

func (*stuckOffice) Submit(ctx context.Context, _ kiosk.Sealed) (kiosk.Acknowledgement, error) {
	<-ctx.Done()
	return kiosk.Acknowledgement{}, failure(kiosk.CodeOfficeOffline)
}

// rottenStore gives bodies back that have changed on the disk.
type rottenStore struct{ *store.Store }

func (s rottenStore) LeaseNext(ctx context.Context, owner string, now, until time.Time) (kiosk.OutboxRow, error) {
	r, err := s.Store.LeaseNext(ctx, owner, now, until)
	if err == nil {
		r.Body[0] ^= 1
	}
	return r, err
}

// TestRottenBodyIsNotSent: the office would refuse it for good; a technician must look.
func TestRottenBodyIsNotSent(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		o := outbox.New(outbox.Options{Store: rottenStore{b.store}, Office: b.office, Log: audit.Discard()})
		s := sealed(1)
		if err := o.Put(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		o.Start(t.Context())
		defer o.Stop()
		if r := b.wantState(t, s, kiosk.OutboxQuarantined); r.LastError != kiosk.CodeStoreCorrupt || b.office.count() != 0 {
			t.Errorf("row %+v after %d deliveries", r, b.office.count())
		}
	})
}
