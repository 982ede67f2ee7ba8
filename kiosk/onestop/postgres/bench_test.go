package postgres_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/postgres"
	"motcua/kiosk/onestop/postgres/postgrestest"
	"motcua/kiosk/onestop/sqlite"
)

const (
	benchKiosks = 10
	benchPaper  = 300 << 10
	benchPapers = 3
)

// load is what a benchmark delivers: by kiosk, sealed beforehand, so that the office's work alone is measured.
type load struct {
	office *onestoptest.Office
	sealed [][]kiosk.Sealed
	bytes  int
	n      int
}

func newLoad(t *testing.T, store onestop.Store, each int) *load {
	t.Helper()
	l := &load{office: onestoptest.New(t, store, nil)}
	for range benchKiosks {
		var mine []kiosk.Sealed
		for range each {
			c := l.office.NewCase(t, func(d *kiosk.Dossier) {
				d.Papers = nil
				for p := range benchPapers {
					page := make([]byte, benchPaper)
					_, _ = rand.Read(page)
					copy(page, "\xff\xd8\xff")
					d.Papers = append(d.Papers, kiosk.Document{Paper: fmt.Sprint("Giấy tờ ", p+1), Page: kiosk.Image{Data: page, Type: "image/jpeg"}, SHA256: sha256.Sum256(page)})
				}
			})
			mine = append(mine, c.Sealed)
			l.bytes += len(c.Sealed.Body)
			l.n++
		}
		l.sealed = append(l.sealed, mine)
	}
	return l
}

// measured is one way of storing the load.
type measured struct {
	wall    time.Duration
	latency []time.Duration
}

func (m measured) quantile(percent int) time.Duration {
	return m.latency[max((len(m.latency)*percent+99)/100, 1)-1]
}

// run stores every dossier of the load, ten at a time.
func (l *load) run(t *testing.T, store func(kiosk int, s kiosk.Sealed) error) measured {
	t.Helper()
	type one struct {
		took time.Duration
		err  error
	}
	results := make(chan one, l.n)
	begun := time.Now()
	for k, mine := range l.sealed {
		go func() {
			for _, s := range mine {
				at := time.Now()
				err := store(k, s)
				results <- one{time.Since(at), err}
			}
		}()
	}
	m := measured{}
	for range l.n {
		r := <-results
		if r.err != nil {
			t.Fatal(r.err)
		}
		m.latency = append(m.latency, r.took)
	}
	m.wall = time.Since(begun)
	slices.Sort(m.latency)
	return m
}

// intake delivers the load over the true protocol: mutual TLS, opened, verified, durable, acknowledged.
func (l *load) intake(t *testing.T) measured {
	t.Helper()
	o := l.office
	server, err := onestop.NewServer(onestop.ServerOptions{
		Desk: o.Desk, Intake: "127.0.0.1:0", TLS: o.Keys.Server, Clients: o.Keys.CA.Pool(), Officers: "127.0.0.1:0", Pages: http.NotFoundHandler(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	submit := make([]func(kiosk.Sealed) error, benchKiosks)
	for k := range submit {
		c := client(t, o, server.IntakeAddr())
		submit[k] = func(s kiosk.Sealed) error {
			for { // the intake takes eight bodies at a time and asks the others to come again
				_, err := c.Submit(context.Background(), s)
				if kiosk.CodeOf(err) != kiosk.CodeOfficeOffline {
					return err
				}
				select {
				case <-time.After(20 * time.Millisecond):
				case <-t.Context().Done():
					return t.Context().Err()
				}
			}
		}
	}
	return l.run(t, func(k int, s kiosk.Sealed) error { return submit[k](s) })
}

// raw stores the same bytes by one plain INSERT each, in the same database under the same promises.
func (l *load) raw(t *testing.T, db *sql.DB, create, insert string) measured {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	return l.run(t, func(_ int, s kiosk.Sealed) error {
		_, err := db.ExecContext(context.Background(), insert, s.ID, s.Body)
		return err
	})
}

// TestBenchOffice measures the intake of 10 kiosks × 100 dossiers × 3 papers of 300 KB on both databases, beside plain INSERTs of
// the same bytes in the same run. Without KIOSK_BENCH_OFFICE it delivers two dossiers a kiosk, to see that it works.
func TestBenchOffice(t *testing.T) {
	each, file := 2, os.Getenv("KIOSK_BENCH_OFFICE")
	if file != "" {
		each = 100
		if n, err := strconv.Atoi(os.Getenv("KIOSK_BENCH_EACH")); err == nil && n > 0 {
			each = n
		}
	}
	var report strings.Builder
	fmt.Fprintf(&report, "# Intake: %d kiosks × %d dossiers × %d papers of 300 KB\n\n%d CPUs, %s, %s\n\n", benchKiosks, each, benchPapers, runtime.NumCPU(), runtime.GOARCH, runtime.Version())
	fmt.Fprintf(&report, "| database | dossiers/s | MB/s | p50 | p99 | plain INSERT MB/s | p50 | p99 | ratio |\n|---|---|---|---|---|---|---|---|---|\n")
	line := func(name string, l *load, in, raw measured) {
		rate := func(m measured) float64 { return float64(l.bytes) / 1e6 / m.wall.Seconds() }
		fmt.Fprintf(&report, "| %s | %.1f | %.1f | %v | %v | %.1f | %v | %v | %.2f |\n", name, float64(l.n)/in.wall.Seconds(), rate(in),
			in.quantile(50).Round(time.Millisecond), in.quantile(99).Round(time.Millisecond), rate(raw),
			raw.quantile(50).Round(time.Millisecond), raw.quantile(99).Round(time.Millisecond), rate(in)/rate(raw))
	}
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		store, err := sqlite.Open(t.Context(), filepath.Join(dir, "onestop.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		l := newLoad(t, store, each)
		db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "raw.db")+"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=15000&_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		raw := l.raw(t, db, "CREATE TABLE raw (id TEXT PRIMARY KEY, body BLOB NOT NULL)", "INSERT INTO raw (id, body) VALUES (?, ?)")
		line("SQLite", l, l.intake(t), raw)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server, unsafe := cluster, true
		if file != "" { // the figures are of a server that keeps its promises
			var err error
			if server, err = postgrestest.Start(true); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = server.Stop() }()
			unsafe = false
		} else {
			database(t) // skips where there is none
		}
		url, err := server.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		store, err := postgres.Open(t.Context(), url, postgres.Options{Unsafe: unsafe})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		l := newLoad(t, store, each)
		db := postgrestest.Exec(t, url)
		raw := l.raw(t, db, "CREATE TABLE raw (id text PRIMARY KEY, body bytea NOT NULL); ALTER TABLE raw ALTER COLUMN body SET STORAGE EXTERNAL", "INSERT INTO raw (id, body) VALUES ($1, $2)")
		line("PostgreSQL", l, l.intake(t), raw)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Log("\n" + report.String())
	if file != "" {
		if err := os.WriteFile(file, []byte(report.String()), 0o644); err != nil { //nolint:gosec // a report for everybody
			t.Error(err)
		}
	}
}
