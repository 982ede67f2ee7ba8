package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/postgres"
	"motcua/kiosk/onestop/postgres/postgrestest"
)

var (
	cluster *postgrestest.Cluster
	noClust error
)

func TestMain(m *testing.M) {
	if how := os.Getenv(receiverEnv); how != "" {
		runReceiver(how)
		return
	}
	cluster, noClust = postgrestest.Start(false)
	code := m.Run()
	if err := errors.Join(cluster.Stop(), goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// database makes an empty database, or skips where there is no server.
func database(t *testing.T) string {
	t.Helper()
	if errors.Is(noClust, postgrestest.ErrNone) {
		t.Skip(noClust)
	}
	if noClust != nil {
		t.Fatal(noClust)
	}
	url, err := cluster.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	d, err := postgres.Open(t.Context(), url, postgres.Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestStore(t *testing.T) {
	onestoptest.TestStore(t, func(t *testing.T) onestop.Store { return open(t, database(t)) })
}

// What may only be added to cannot be changed or deleted even by SQL.
func TestOnlyAdded(t *testing.T) {
	url := database(t)
	d := open(t, url)
	defer d.Close()
	db := postgrestest.Exec(t, url)
	onestoptest.TestOnlyAdded(t, d, func(q string) error {
		_, err := db.ExecContext(t.Context(), q)
		return err
	})
}

// The CHECKs list what Go lists.
func TestChecksMirrorGo(t *testing.T) {
	url := database(t)
	d := open(t, url)
	defer d.Close()
	db := postgrestest.Exec(t, url)
	onestoptest.TestChecks(t, func(table, column, value string) error {
		var holds bool
		row := db.QueryRowContext(t.Context(), `SELECT count(*) > 0 FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'
			AND pg_get_constraintdef(oid) LIKE '%' || $2 || '%' AND pg_get_constraintdef(oid) LIKE '%''' || $3 || '''%'`, table, column, value)
		if err := row.Scan(&holds); err != nil || !holds {
			return errors.Join(err, fmt.Errorf("no CHECK of %s.%s lists it", table, column))
		}
		return nil
	})
}

// Receivers that start at the same time make the tables once.
func TestOpenTogether(t *testing.T) {
	url := database(t)
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			d, err := postgres.Open(context.Background(), url, postgres.Options{Unsafe: true, Conns: 2})
			if err == nil {
				err = d.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// Receivers over one database share one audit chain: each goes on where the other stopped.
func TestOneChain(t *testing.T) {
	url := database(t)
	const each = 25
	errs := make(chan error, 2)
	for range cap(errs) {
		d := open(t, url)
		defer d.Close()
		chain := audit.NewChain(d, nil)
		go func() {
			for range each {
				if err := chain.Append(context.Background(), audit.DossierState, audit.Int(audit.KeyState, 1)); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	d := open(t, url)
	defer d.Close()
	rep, err := audit.Verify(t.Context(), d)
	if err != nil || rep.Broken != 0 || rep.Records != 2*each {
		t.Errorf("%+v, %v", rep, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	url := database(t)
	if _, err := postgres.Open(t.Context(), url, postgres.Options{}); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Errorf("a server without fsync: %v", err)
	}
	d := open(t, url)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	db := postgrestest.Exec(t, url)
	if _, err := db.ExecContext(t.Context(), "UPDATE schema_version SET version = 999"); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), url, postgres.Options{Unsafe: true}); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("tables of a newer program: %v", err)
	}
	for what, url := range map[string]string{"no server": "postgres://office@localhost:1/none?host=" + t.TempDir(), "no URL": "postgres://%zz"} {
		_, err := postgres.Open(t.Context(), url, postgres.Options{})
		if c := kiosk.CodeOf(err); c != kiosk.CodeUnavailable && c != kiosk.CodeConfigInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}
