package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pcsc/vpcd"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kioskctl": main})
}

// TestScripts runs the typed sessions in testdata/script. Beside testscript's own commands there are "status N command…", which
// wants that exit code, and "pcscd", which starts the real daemon with its virtual reader for the rest of a script;
// "listen VAR flags…" starts `card simulate -listen pty` for the rest of a script and puts its path into VAR, "deadport VAR" a
// serial port that nobody answers at; "foreigncard ATR SW" puts a card there that is no chip ID card; the condition [vpcd] says whether it is installed.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			vectors, err := filepath.Abs(vectorFolder)
			if err != nil {
				return err
			}
			env.Setenv("VECTORS", vectors) // the published evidence
			return os.WriteFile(filepath.Join(env.WorkDir, "face.jpg"), emrtdtest.Silhouette(90), 0o600)
		},
		Condition: func(cond string) (bool, error) {
			return cond == "vpcd" && vpcd.Installed() == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"pcscd": startPCSCD, "status": expectStatus, "foreigncard": putForeignCard(),
			"listen": startListening, "deadport": openDeadPort, "papers": drawPapers,
		},
	})
}

func startPCSCD(ts *testscript.TestScript, _ bool, _ []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service, err := vpcd.Start(ctx)
	ts.Check(err)
	ts.Defer(func() { ts.Check(service.Stop()) })
}

// expectStatus runs a command and wants its exit code.
func expectStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}
