//go:build sqlite_fts5

package store

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/catalogue"
	"motcua/kiosk/catalogue/cataloguetest"
)

// BenchmarkFTS5 is the other side of "make bench-search": the same procedures and queries in SQLite's full-text index, folded
// beforehand by the same function and ranked by its own BM25. It shows why the catalogue's index is its own.
func BenchmarkFTS5(b *testing.B) {
	starter, err := catalogue.Starter()
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{starter.Count(), 7000} {
		b.Run(fmt.Sprintf("procedures=%d", n), func(b *testing.B) {
			for b.Loop() {
				begun := time.Now()
				find := openFTS5(b, n)
				build := time.Since(begun)
				var all []time.Duration
				for range 20 {
					for _, q := range cataloguetest.Queries {
						least := time.Hour
						for range 3 {
							begun := time.Now()
							find(q)
							least = min(least, time.Since(begun))
						}
						all = append(all, least)
					}
				}
				slices.Sort(all)
				p50, p99 := all[len(all)/2], all[len(all)*99/100]
				b.ReportMetric(float64(build.Microseconds())/1000, "build-ms")
				b.ReportMetric(float64(p50.Nanoseconds())/1000, "p50-µs")
				b.ReportMetric(float64(p99.Nanoseconds())/1000, "p99-µs")
				b.ReportMetric(0, "ns/op")
				b.Logf("finds the birth by %q: %v", "dang ky khai sinh", find("dang ky khai sinh"))
				b.Logf("finds the birth by %q: %v", "đăngkýkhaisinh", find("đăngkýkhaisinh"))
				if path := os.Getenv("KIOSK_BENCH_MD"); path != "" {
					f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
					if err != nil {
						b.Fatal(err)
					}
					fmt.Fprintf(f, "| SQLite FTS5 | %d | %d | %d | %d |\n", n, build.Milliseconds(), p50.Microseconds(), p99.Microseconds())
					if err := f.Close(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// openFTS5 fills a full-text table with n procedures and gives a search in it.
func openFTS5(b *testing.B, n int) func(query string) []string {
	db, err := sql.Open("sqlite3", filepath.Join(b.TempDir(), "fts.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	procedures, err := cataloguetest.Procedures(n)
	if err != nil {
		b.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := tx.Exec(`CREATE VIRTUAL TABLE p USING fts5(code UNINDEXED, title, aliases, name, tokenize = 'unicode61 remove_diacritics 2')`); err != nil {
		b.Fatal(err)
	}
	for code, p := range procedures {
		if _, err := tx.Exec(`INSERT INTO p VALUES (?, ?, ?, ?)`, code, catalogue.Fold(p.Title()), catalogue.Fold(strings.Join(p.Aliases, " ")), catalogue.Fold(p.Name)); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	find, err := db.Prepare(`SELECT code FROM p WHERE p MATCH ? ORDER BY bm25(p, 0, 2, 1.6, 1) LIMIT 10`)
	if err != nil {
		b.Fatal(err)
	}
	return func(query string) (codes []string) {
		words := strings.Fields(catalogue.Fold(query))
		if len(words) == 0 {
			return nil
		}
		rows, err := find.Query(`"` + strings.Join(words, `" OR "`) + `"`)
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var code string
			if err := rows.Scan(&code); err != nil {
				b.Fatal(err)
			}
			codes = append(codes, code)
		}
		return codes
	}
}
