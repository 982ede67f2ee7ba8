package vpcd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Service is a pcscd with virtual readers, for tests and demonstrations: one that ran already, or one started here.
type Service struct {
	cmd  *exec.Cmd // nil when pcscd ran already
	lock *os.File  // held while this process uses the virtual reader
	once sync.Once
}

// Errors of Start: what is missing to have virtual readers.
var (
	ErrNoDaemon = errors.New("pcscd is not installed: apt install pcscd")
	ErrNoDriver = errors.New("the virtual reader driver is not installed: apt install vsmartcard-vpcd")
)

const (
	daemonPath   = "/usr/sbin/pcscd"
	driverConfig = "/etc/reader.conf.d/vpcd"
	socketPath   = "/run/pcscd/pcscd.comm"
	startTimeout = 10 * time.Second
)

// Installed reports whether pcscd and the virtual reader driver are there. Errors: ErrNoDaemon, ErrNoDriver.
func Installed() error {
	if !exists(driverConfig) {
		return ErrNoDriver
	}
	if !exists(daemonPath) {
		return ErrNoDaemon
	}
	return nil
}

// Start gives a pcscd with virtual readers: the one that runs, or its own in the foreground (needs root). One process of the
// machine has it at a time; others wait until ctx ends. Errors: ErrNoDaemon, ErrNoDriver, ctx's.
func Start(ctx context.Context) (*Service, error) {
	if err := Installed(); err != nil {
		return nil, err
	}
	s := &Service{}
	if err := s.acquire(ctx); err != nil {
		return nil, err
	}
	if Probe(ctx, Address) == nil {
		return s, nil
	}
	if err := s.run(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// acquire takes the machine-wide lock.
func (s *Service) acquire(ctx context.Context) error {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "motcua-vpcd.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the virtual reader: %w", err)
	}
	for unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		if !pause(ctx, redial) {
			return errors.Join(fmt.Errorf("lock the virtual reader: %w", ctx.Err()), f.Close())
		}
	}
	s.lock = f
	return nil
}

// run starts pcscd and waits until its virtual reader listens.
func (s *Service) run(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("no pcscd is running and starting one needs root: systemctl start pcscd.socket")
	}
	s.cmd = exec.Command(daemonPath, arguments(ctx)...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start pcscd: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for Probe(ctx, Address) != nil || !exists(socketPath) {
		if !pause(ctx, redial/4) {
			return fmt.Errorf("start pcscd: %w: %w", ErrNoService, ctx.Err())
		}
	}
	return nil
}

// arguments gives those of a daemon in the foreground. Since version 2.0 one can do without polkit, which needs a system bus that
// containers lack; older ones let root pass anyway.
func arguments(ctx context.Context) []string {
	args := []string{"--foreground"}
	help, err := exec.CommandContext(ctx, daemonPath, "--help").CombinedOutput()
	if err == nil && bytes.Contains(help, []byte("--disable-polkit")) {
		args = append(args, "--disable-polkit")
	}
	return args
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// Own reports whether pcscd was started here.
func (s *Service) Own() bool { return s.cmd != nil }

// Stop ends a pcscd that was started here and lets the next process have the virtual reader. It may be called twice.
func (s *Service) Stop() error { return s.end(syscall.SIGTERM) }

// Kill is Stop without giving pcscd the time to tidy up, for tests of what a crash does.
func (s *Service) Kill() error { return s.end(syscall.SIGKILL) }

func (s *Service) end(sig syscall.Signal) (err error) {
	s.once.Do(func() {
		if s.cmd != nil && s.cmd.Process != nil {
			err = s.cmd.Process.Signal(sig)
			_ = s.cmd.Wait() // ended by our signal
		}
		if e := s.lock.Close(); err == nil {
			err = e
		}
	})
	return err
}
