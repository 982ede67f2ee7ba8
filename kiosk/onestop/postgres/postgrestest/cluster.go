// Package postgrestest starts a PostgreSQL server for tests: a temporary cluster on a Unix socket, gone with the test binary.
//
// What a newcomer must know: the server refuses to run as root, so that a test run as root starts it as the user "postgres"
// (Debian's package makes it). Without the server's programs there is no cluster and tests skip with [ErrNone]'s words.
package postgrestest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrNone means that there is no PostgreSQL on this machine.
var ErrNone = errors.New("no PostgreSQL server programs: apt-get install postgresql")

// Cluster is a running server.
type Cluster struct {
	dir  string
	cmd  *exec.Cmd
	done chan struct{}
	next atomic.Int64
}

// Start makes a cluster and runs it. durable: it writes as a real one does; otherwise it is fast and forgets on a crash.
func Start(durable bool) (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "office", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out)), os.RemoveAll(dir))
	}
	args := []string{"-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=60", "-c", "log_min_messages=fatal", "-c", "jit=off"}
	if !durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	c := &Cluster{dir: dir, cmd: exec.Command(filepath.Join(bin, "postgres"), args...), done: make(chan struct{})}
	c.cmd.SysProcAttr, c.cmd.Dir = attr, dir
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() {
		_ = c.cmd.Wait() // how it ended is of no interest
		close(c.done)
	}()
	if err := c.await(); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// programs finds initdb and postgres: where Debian puts them, newest first, else on the path.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	p, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrNone
	}
	return filepath.Dir(p), nil
}

func major(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

// unprivileged gives the folder to the user who will run the server, and how to become that user.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w (no user postgres)", ErrNone)
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	if err := errors.Join(uerr, gerr, os.Chown(dir, uid, gid)); err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // from the system's own list
	return attr, nil
}

// URL names a database of the cluster.
func (c *Cluster) URL(name string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("office"), Path: "/" + name, RawQuery: url.Values{"host": {c.dir}, "sslmode": {"disable"}}.Encode()}).String()
}

func (c *Cluster) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.do(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-c.done:
			return errors.New("the PostgreSQL server ended at once")
		case <-ctx.Done():
			return fmt.Errorf("the PostgreSQL server does not answer: %w", err)
		case <-tick.C:
		}
	}
}

func (c *Cluster) do(ctx context.Context, statement string) error {
	cfg, err := pgx.ParseConfig(c.URL("postgres"))
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*cfg)
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

// Database makes a new, empty database and gives its URL.
func (c *Cluster) Database(ctx context.Context) (string, error) {
	name := fmt.Sprintf("office%d", c.next.Add(1))
	return c.URL(name), c.do(ctx, "CREATE DATABASE "+name)
}

// Exec opens a database of the cluster for statements of a test's own.
func Exec(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Stop ends the server and removes the cluster.
func (c *Cluster) Stop() error {
	if c == nil {
		return nil
	}
	_ = c.cmd.Process.Signal(syscall.SIGINT) // fast shutdown; it may have ended by itself
	select {
	case <-c.done:
	case <-time.After(20 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
	return os.RemoveAll(c.dir)
}
