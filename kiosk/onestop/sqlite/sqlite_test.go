package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestStore(t *testing.T) {
	onestoptest.TestStore(t, func(t *testing.T) onestop.Store {
		return open(t, filepath.Join(t.TempDir(), "onestop.db"))
	})
}

// What was acknowledged is there after a restart, and the file is nobody else's to read.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder", "one?stop%20.db") // names that a URL would misread
	d := open(t, path)
	e := onestoptest.Envelope()
	if _, _, err := d.Insert(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	defer d.Close()
	if _, err := d.Item(t.Context(), e.Item.ID); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// The pragmas hold on every connection of the pool, not only the first.
func TestPragmasOnEveryConnection(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "onestop.db"))
	defer d.Close()
	for range conns {
		c, err := d.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var mode string
		var sync int
		if err := c.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
			t.Errorf("journal_mode %q, %v", mode, err)
		}
		if err := c.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&sync); err != nil || sync != 2 {
			t.Errorf("synchronous %d, %v", sync, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), garbage); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("garbage: %v", err)
	}
	newer := filepath.Join(dir, "newer.db")
	d := open(t, newer)
	if _, err := d.db.ExecContext(t.Context(), "PRAGMA user_version = 999"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), newer); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("a newer program's file: %v", err)
	}
}

// A page overwritten in the middle of the file is found at the start, not at the first dossier that lies on it.
func TestOpenFindsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "onestop.db")
	d := open(t, path)
	for range 50 {
		if _, _, err := d.Insert(t.Context(), onestoptest.Envelope()); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for i := 3 * page; i < 12*page && i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("damage: %v", err)
	}
}

// What may only be added to cannot be changed or deleted even by SQL.
func TestOnlyAdded(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "onestop.db"))
	defer d.Close()
	onestoptest.TestOnlyAdded(t, d, func(q string) error {
		_, err := d.db.ExecContext(t.Context(), q)
		return err
	})
}

// The CHECKs list what Go lists.
func TestChecksMirrorGo(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "onestop.db"))
	defer d.Close()
	onestoptest.TestChecks(t, func(table, column, value string) error {
		if list := checkList(t, d.db, table, column); !slices.Contains(list, value) {
			return fmt.Errorf("the CHECK lists %v", list)
		}
		return nil
	})
}

func checkList(t *testing.T, db *sql.DB, table, column string) []string {
	t.Helper()
	var text string
	if err := db.QueryRowContext(context.Background(), "SELECT sql FROM sqlite_schema WHERE name = ?", table).Scan(&text); err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(column + ` IN \(([^)]*)\)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no list for %s.%s", table, column)
	}
	return strings.Split(strings.ReplaceAll(m[1], "'", ""), ", ")
}

// A full disk is told as such, and what was stored before stays readable.
func TestStoreFull(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "onestop.db"))
	defer d.Close()
	first, _, err := d.Insert(t.Context(), onestoptest.Envelope())
	if err != nil {
		t.Fatal(err)
	}
	d.db.SetMaxOpenConns(1) // the limit is the connection's
	if _, err := d.db.ExecContext(t.Context(), "PRAGMA max_page_count = 40"); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, _, err = d.Insert(t.Context(), onestoptest.Envelope()); err != nil {
			break
		}
	}
	if kiosk.CodeOf(err) != kiosk.CodeStoreFull {
		t.Errorf("full: %v", err)
	}
	if _, err := d.Item(t.Context(), first.ID); err != nil {
		t.Errorf("after that: %v", err)
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// The log of a file that an older program wrote is carried over whole: every line, its number, and that lines are only added.
func TestEventsCarriedOver(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "onestop.db"))
	defer d.Close()
	d.db.SetMaxOpenConns(1) // the pragma is the connection's
	for _, q := range []string{"DROP TABLE event", "PRAGMA foreign_keys = off"} {
		if _, err := d.db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	text, err := migrations.ReadFile("migrations/0001.sql")
	if err != nil {
		t.Fatal(err)
	}
	begin := strings.Index(string(text), "CREATE TABLE event (")
	old, _, _ := strings.Cut(string(text)[begin:], "CREATE TABLE number_sequence")
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprintf("%d dossier-%d taken_in", 2*i+3, i))
		old += fmt.Sprintf("INSERT INTO event VALUES (%d, 'dossier-%d', %d, 'taken_in', NULL, '', '', 0, 1, '', '');\n", 2*i+3, i, i)
	}
	next, err := migrations.ReadFile("migrations/0005_exported.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{old, string(next)} {
		if _, err := d.db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := d.db.QueryContext(t.Context(), "SELECT seq || ' ' || dossier || ' ' || kind FROM event ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	if err := rows.Err(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, q := range []string{"DELETE FROM event", "UPDATE event SET at = 0"} {
		if _, err := d.db.ExecContext(t.Context(), q); err == nil {
			t.Errorf("%s is done", q)
		}
	}
	var seq int
	if err := d.db.QueryRowContext(t.Context(), `INSERT INTO event (dossier, at, kind, actor_name, actor_role, state_from, state_to, note, reason)
		VALUES ('x', 1, 'taken_in', '', '', 0, 1, '', '') RETURNING seq`).Scan(&seq); err != nil || seq != 42 {
		t.Errorf("the next number is %d, %v", seq, err)
	}
}
