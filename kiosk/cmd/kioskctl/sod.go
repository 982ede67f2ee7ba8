package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// sodResult is what `kioskctl sod verify -json` prints.
type sodResult struct {
	Verdict   kiosk.CheckResult `json:"verdict"`
	Checks    []kiosk.Check     `json:"checks"`
	Signer    kiosk.Signer      `json:"signer"`
	Groups    []int             `json:"groups"` // in the security object
	Hash      string            `json:"hash"`
	Signature string            `json:"signature"`
}

// groupFlag collects -dg N=FILE.
type groupFlag map[kiosk.FileID]string

func (g groupFlag) String() string { return "" }

func (g groupFlag) Set(s string) error {
	n, file, ok := strings.Cut(s, "=")
	number, err := strconv.Atoi(n)
	f, known := lds.Group(number)
	if !ok || err != nil || !known || file == "" {
		return fmt.Errorf("want N=FILE with N from 1 to 16")
	}
	g[f.ID] = file
	return nil
}

// sodVerify is `kioskctl sod verify FILE [-dg N=FILE]... [-trust DIR]`: passive authentication of files. FILE may be a folder
// written by `card read -out`.
func sodVerify(_ context.Context, c *console, args []string) exitCode {
	groups := groupFlag{}
	fs := c.flags("sod verify", "FILE|FOLDER")
	fs.Var(groups, "dg", "a data group as N=FILE; may be repeated")
	com := fs.String("com", "", "EF.COM")
	trust := fs.String("trust", "", "folder of CSCA certificates, master lists and revocation lists")
	at := fs.String("at", "", "the day to verify for, YYYY-MM-DD (default now)")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	if *com != "" {
		groups[kiosk.FileCOM] = *com
	}
	now := time.Now()
	if *at != "" {
		if now, err = time.Parse(time.DateOnly, *at); err != nil {
			return c.usageError("-at %q is not YYYY-MM-DD", *at)
		}
	}
	store, err := openTrust(*trust)
	if err != nil {
		return c.fail(err)
	}
	sod, files, err := loadFiles(operands[0], groups)
	if err != nil {
		return c.fail(err)
	}
	return c.reportSOD(pa.Verify(sod, files, store, now))
}

// maxFile bounds the files these commands read.
const maxFile = 1 << 20

func loadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open file", "give a file that can be read", "%w", err)
	}
	defer f.Close() // only read
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(b) > maxFile {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read file", "give a file of a chip", "%s cannot be read or is longer than %d bytes", name, maxFile)
	}
	return b, nil
}

// loadFiles reads EF.SOD and the groups; a folder gives what is in it.
func loadFiles(name string, groups groupFlag) (sod []byte, files map[kiosk.FileID][]byte, err error) {
	if st, err := os.Stat(name); err == nil && st.IsDir() {
		for _, f := range lds.Files() {
			member := filepath.Join(name, string(f.ID)+".bin")
			if _, err := os.Stat(member); err == nil && (f.Group != 0 || f.ID == kiosk.FileCOM) && groups[f.ID] == "" {
				groups[f.ID] = member
			}
		}
		name = filepath.Join(name, string(kiosk.FileSOD)+".bin")
	}
	if sod, err = loadFile(name); err != nil {
		return nil, nil, err
	}
	files = map[kiosk.FileID][]byte{}
	for id, file := range groups {
		if files[id], err = loadFile(file); err != nil {
			return nil, nil, err
		}
	}
	return sod, files, nil
}

func (c *console) reportSOD(r pa.Result) exitCode {
	result := sodResult{Verdict: r.Verdict(), Checks: r.Checks, Signer: r.Signer, Groups: r.SODGroups, Hash: r.HashAlg, Signature: r.SignatureAlg}
	code := exitUndetermined
	switch result.Verdict {
	case kiosk.CheckSuccessful:
		code = exitGood
	case kiosk.CheckFailed:
		code = exitRefused
	case kiosk.CheckUndetermined, kiosk.CheckNotSupported, kiosk.CheckAborted:
	}
	return c.report(code, result, func(w io.Writer) {
		hash, signature := orDefault(r.HashAlg, "unknown"), orDefault(r.SignatureAlg, "unknown")
		fmt.Fprintf(w, "%s (hashes %s, signature %s, groups %v)\n", result.Verdict, hash, signature, r.SODGroups)
		printChecks(w, r.Checks)
		printSigner(w, r.Signer)
	})
}
