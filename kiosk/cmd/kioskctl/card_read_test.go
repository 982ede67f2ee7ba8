package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"motcua/drivers/apdu"
	"motcua/drivers/pcsc"
	"motcua/drivers/pcsc/vpcd"
	"motcua/kiosk"
)

// foreignCard is a card that is no chip ID card: it answers every command with one status.
type foreignCard struct {
	atr    []byte
	status apdu.Status
}

func (foreignCard) String() string { return "foreign card" }

// Wait knows of no removal.
func (foreignCard) Wait(ctx context.Context, present bool) error {
	if present {
		return ctx.Err()
	}
	<-ctx.Done()
	return ctx.Err()
}

func (f foreignCard) Connect(context.Context) (apdu.Card, error) { return f, nil }
func (f foreignCard) ATR() []byte                                { return f.atr }
func (foreignCard) MaxResponse() int                             { return 65536 }
func (foreignCard) MaxCommand() int                              { return 65535 }
func (foreignCard) Close() error                                 { return nil }

func (f foreignCard) Transmit(context.Context, []byte) ([]byte, error) {
	return apdu.Response{SW: f.status}.Bytes(), nil
}

// putForeignCard is the script command "foreigncard ATR SW": it lies in the virtual reader of pcscd until the script ends or puts
// another one there.
func putForeignCard() func(*testscript.TestScript, bool, []string) {
	end := func() {}
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 2 {
			ts.Fatalf("usage: foreigncard ATR SW")
		}
		atr, err := hex.DecodeString(args[0])
		ts.Check(err)
		sw, err := hex.DecodeString(args[1])
		ts.Check(err)
		end()
		reader := pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName})
		seen, stop := context.WithTimeout(context.Background(), 20*time.Second)
		defer stop()
		ts.Check(reader.Wait(seen, false)) // pcscd looks every 0.4 s
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = vpcd.Serve(ctx, vpcd.Address, foreignCard{atr, apdu.Status(sw[0])<<8 | apdu.Status(sw[1])}, nil) // ends with ctx
		}()
		end = func() { cancel(); <-served }
		ts.Defer(end)
		ts.Check(reader.Wait(seen, true))
	}
}

// TestSaveFiles writes files that others cannot read, names EF.ATR/INFO without a folder, removes those of an earlier read, and leaves
// nothing behind when it fails.
func TestSaveFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "files")
	if err := saveFiles(dir, map[kiosk.FileID][]byte{kiosk.FileDG15: {15}, kiosk.FileATRInfo: {1}, kiosk.FileSOD: {2}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := saveFiles(dir, map[kiosk.FileID][]byte{kiosk.FileSOD: {3}, kiosk.FileDG1: {4}}); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, dir); got != "DG1.bin EF.SOD.bin notes.txt" {
		t.Errorf("after the second read: %s", got)
	}
	info, err := os.Stat(filepath.Join(dir, "EF.SOD.bin"))
	if err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "EF.SOD.bin")); err != nil || !bytes.Equal(data, []byte{3}) {
		t.Errorf("EF.SOD %X, %v", data, err)
	}
	if err := saveFiles(filepath.Join(dir, "notes.txt", "x"), map[kiosk.FileID][]byte{kiosk.FileDG1: {1}}); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("a file as folder: %v", err)
	}
	if err := saveFiles("", map[kiosk.FileID][]byte{kiosk.FileDG1: {1}}); err != nil {
		t.Error(err)
	}
}

func listed(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestQuantile(t *testing.T) {
	for percent, want := range map[int]int64{0: 1, 50: 5, 95: 10, 100: 10} {
		if got := quantile([]int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, percent); got != want {
			t.Errorf("%d %%: %d, want %d", percent, got, want)
		}
	}
	if quantile(nil, 50) != 0 || quantile([]int64{7}, 95) != 7 {
		t.Error("none and one")
	}
}

// TestFigures takes the worst of several reads for the exit code.
func TestFigures(t *testing.T) {
	of := func(v kiosk.Verdict) reading {
		return reading{read: &kiosk.ChipRead{Verdict: v, Duration: time.Second}, access: time.Millisecond}
	}
	lost := reading{err: &kiosk.Error{Code: kiosk.CodeCardLost}}
	for _, c := range []struct {
		all  []reading
		want exitCode
	}{
		{[]reading{of(kiosk.Verified), of(kiosk.Verified)}, exitGood},
		{[]reading{of(kiosk.Verified), of(kiosk.Undetermined)}, exitUndetermined},
		{[]reading{of(kiosk.Undetermined), of(kiosk.Refused), of(kiosk.Verified)}, exitRefused},
		{[]reading{of(kiosk.Refused), lost, of(kiosk.Verified)}, exitFault},
	} {
		f := sumUp(c.all)
		if got := f.exit(exitGood); got != c.want || f.Reads != len(c.all) {
			t.Errorf("%v: exit %d, want %d", f.Verdicts, got, c.want)
		}
		var out bytes.Buffer
		f.print(&out)
		if !strings.Contains(out.String(), "p50 1000 ms") {
			t.Errorf("printed %q", out.String())
		}
	}
	if (*figures)(nil).exit(exitRefused) != exitRefused {
		t.Error("a single read's exit code is its own")
	}
}

// TestBar draws what is known, and nothing where no terminal is.
func TestBar(t *testing.T) {
	for want, p := range map[string]kiosk.ChipProgress{
		"opening the chip": {},
		"[..............................]     25 bytes         EF.SOD": {File: kiosk.FileSOD, Done: 25},
		"[###############...............]  10000 of  20000  DG2":       {File: kiosk.FileDG2, Done: 10000, Total: 20000},
		"[##############################]  20001 of  20000  DG2":       {File: kiosk.FileDG2, Done: 20001, Total: 20000},
	} {
		if got := barText(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var b bytes.Buffer
	m := newMeter(&console{err: &b})
	m.show(kiosk.ChipProgress{File: kiosk.FileDG2, Done: 1, Total: 1})
	m.clear()
	if b.Len() != 0 {
		t.Errorf("written %q to what is no terminal", b.String())
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if newMeter(&console{err: file}).w != nil {
		t.Error("a file was taken for a terminal")
	}
}

// TestExplained has a text for every check of a chip read, and a hint for every one that failed.
func TestExplained(t *testing.T) {
	for _, name := range []kiosk.CheckName{
		kiosk.CheckAccess, kiosk.CheckSODSignature, kiosk.CheckSigner, kiosk.CheckHashes, kiosk.CheckGroups, kiosk.CheckCardAccess,
		kiosk.CheckChipAuth, kiosk.CheckActiveAuth, kiosk.CheckIssuer, kiosk.CheckNumber, kiosk.CheckExpiry, kiosk.CheckEncoding,
	} {
		k := explain([]kiosk.Check{{Name: name, Result: kiosk.CheckFailed}})[0]
		if k.Text == "" || k.Hint == "" && name != kiosk.CheckAccess {
			t.Errorf("%s: text %q, hint %q", name, k.Text, k.Hint)
		}
	}
	r := &kiosk.ChipRead{Verdict: kiosk.Refused, Checks: []kiosk.Check{
		{Name: kiosk.CheckSigner, Result: kiosk.CheckUndetermined}, {Name: kiosk.CheckHashes, Result: kiosk.CheckFailed},
	}}
	if got := deciding(r); got != kiosk.CheckHashes {
		t.Errorf("refused because of %s", got)
	}
	r.Checks, r.Verdict = r.Checks[:1], kiosk.Undetermined
	if got := deciding(r); got != kiosk.CheckSigner {
		t.Errorf("undetermined because of %s", got)
	}
	if got := deciding(&kiosk.ChipRead{Verdict: kiosk.Verified}); got != "" {
		t.Errorf("verified because of %s", got)
	}
}
