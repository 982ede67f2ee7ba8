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
	Steps     []pa.Step         `json:"steps"`                // the partial checks of BSI TR-03135-1
	Integrity groupStates       `json:"integrity,omitempty"`  // group by group
	Revoked   string            `json:"revocation,omitempty"` // "good", "no list", "list out of date", "revoked"
	Defects   []pa.Defect       `json:"defects,omitempty"`    // what the trust folder's defects file says of the signer
	Trust     trustResult       `json:"trust"`
}

type groupStates = map[kiosk.FileID]pa.Integrity

// trustResult says by which anchors was judged.
type trustResult struct {
	Anchors  int       `json:"anchors"`
	Date     time.Time `json:"date,omitzero"`      // the newest source's
	Problems []string  `json:"problems,omitempty"` // files that could not be used or have ended
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

// sodVerify is `kioskctl sod verify FILE [-dg N=FILE]... [-trust DIR]`: passive authentication of files. FILE is EF.SOD, EF.CardSecurity,
// or a folder written by `card read -out`; the trust anchors are a folder or a single master list or certificate.
func sodVerify(_ context.Context, c *console, args []string) exitCode {
	groups := groupFlag{}
	fs := c.flags("sod verify", "FILE|FOLDER")
	fs.Var(groups, "dg", "a data group as N=FILE; may be repeated")
	com := fs.String("com", "", "EF.COM")
	trust := fs.String("trust", "", "folder of CSCA certificates, master lists, revocation lists and defects.json, or one of the former")
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
	store, err := pa.NewStore()
	if *trust != "" {
		store, err = pa.Load(*trust)
	}
	if err != nil {
		return c.fail(err)
	}
	sod, files, err := loadFiles(operands[0], groups)
	if err != nil {
		return c.fail(err)
	}
	if len(sod) > 0 && sod[0] == 0x30 { // EF.CardSecurity is the CMS message without EF.SOD's tag
		if len(groups) > 0 {
			return c.usageError("EF.CardSecurity has no data groups")
		}
		_, r := pa.VerifyCardSecurity(sod, store, now)
		return c.reportSOD(r, store, now)
	}
	return c.reportSOD(pa.Verify(sod, files, store, now), store, now)
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

func (c *console) reportSOD(r pa.Result, store *pa.Store, now time.Time) exitCode {
	result := sodResult{
		Verdict: r.Verdict(), Checks: r.Checks, Signer: r.Signer, Groups: r.SODGroups, Hash: r.HashAlg, Signature: r.SignatureAlg,
		Steps: r.Steps, Integrity: r.Integrity, Revoked: r.Revocation, Defects: r.Defects, Trust: trustResult{Anchors: store.Len(), Date: store.Date(), Problems: store.Problems(now)},
	}
	code := exitUndetermined
	switch result.Verdict {
	case kiosk.CheckSuccessful:
		code = exitGood
	case kiosk.CheckFailed:
		code = exitRefused
	case kiosk.CheckUndetermined, kiosk.CheckNotSupported, kiosk.CheckAborted:
	}
	return c.report(code, result, result.print)
}

// print writes the table for people.
func (s sodResult) print(w io.Writer) {
	hash, signature := orDefault(s.Hash, "unknown"), orDefault(s.Signature, "unknown")
	fmt.Fprintf(w, "%s (hashes %s, signature %s, groups %v)\n", s.Verdict, hash, signature, s.Groups)
	printChecks(w, s.Checks)
	fmt.Fprintln(w, "steps (BSI TR-03135-1)")
	for _, step := range s.Steps {
		fmt.Fprintf(w, "  %-18s %-14s %-18s %s\n", step.Name, step.Result, step.Section, step.Reason)
	}
	for _, f := range lds.Files() {
		if state, ok := s.Integrity[f.ID]; ok {
			fmt.Fprintf(w, "  %-18s %s\n", f.ID, state)
		}
	}
	for _, d := range s.Defects {
		fmt.Fprintf(w, "  defect %s %s\n", d.Code, d.Note)
	}
	printSigner(w, s.Signer)
	fmt.Fprintf(w, "trust: %d anchors\n", s.Trust.Anchors)
	for _, p := range s.Trust.Problems {
		fmt.Fprintln(w, "  "+p)
	}
}
