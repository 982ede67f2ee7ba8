package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/dossier"
	"motcua/kiosk/provision"
)

// officeFolder is the folder in a trust folder that holds the offices' authorities. They must not lie beside the country's anchors:
// an office must not be able to sign passports.
const officeFolder = "office"

// evidenceResult is what `kioskctl evidence verify -json` prints: nothing of the citizen but how each field came about.
type evidenceResult struct {
	Verdict   kiosk.Verdict   `json:"verdict"`
	Checks    []kiosk.Check   `json:"checks"`
	Attested  []kiosk.Check   `json:"attested"` // what the kiosk alone could see
	ID        string          `json:"id,omitempty"`
	Kiosk     string          `json:"kiosk,omitempty"`
	Software  string          `json:"software,omitempty"`
	Created   time.Time       `json:"created,omitzero"`
	Procedure string          `json:"procedure,omitempty"`
	Catalogue string          `json:"catalogue,omitempty"` // version
	Signer    *kiosk.Signer   `json:"signer,omitempty"`    // of the chip's files
	Face      *evidenceFace   `json:"face,omitempty"`
	Fields    []evidenceField `json:"fields,omitempty"`
	Consents  []evidenceText  `json:"consents,omitempty"`
	Pages     int             `json:"pages"`
}

type evidenceFace struct {
	Score     string            `json:"score"`
	Threshold string            `json:"threshold"`
	Liveness  string            `json:"liveness"`
	Pass      string            `json:"liveness_pass"`
	Models    map[string]string `json:"models"`
}

type evidenceField struct {
	Key        string           `json:"key"`
	Provenance kiosk.Provenance `json:"provenance"`
}

type evidenceText struct {
	Purpose kiosk.Purpose `json:"purpose"`
	Text    string        `json:"text"`
	SHA256  string        `json:"sha256"`
	Given   bool          `json:"given"`
	At      time.Time     `json:"at"`
}

// evidenceVerify is `kioskctl evidence verify FILE [-trust DIR]`: checks an evidence package, or the archive that an office exported,
// offline, as any third party could. DIR holds the country's anchors, as for card read, and in DIR/office the offices' authorities (*.crt) or office.json files.
func evidenceVerify(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("evidence verify", "FILE")
	trust := fs.String("trust", "", "folder of CSCA certificates, with the office's ca.crt or office.json in its folder office")
	pages := fs.String("pages", "", "folder of the pages that travel beside the package, named paper.1, paper.2, …")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	opts, err := evidenceTrust(*trust)
	if err != nil {
		return c.fail(err)
	}
	raw, page, err := readEvidence(operands[0])
	if err != nil {
		return c.fail(err)
	}
	opts.Page = page
	if *pages != "" {
		opts.Page = func(n int) ([]byte, error) {
			return readBounded(filepath.Join(*pages, fmt.Sprintf("paper.%d", n+1)), dossier.MaxPart)
		}
	}
	result := judgeEvidence(raw, opts)
	return c.report(exitOf(result.Verdict), result, result.print)
}

// readEvidence reads a package, or an export with the pages in it; page is nil for a package.
func readEvidence(name string) (raw []byte, page func(int) ([]byte, error), err error) {
	all, err := readBounded(name, dossier.MaxExport)
	if err == nil && dossier.IsExport(all) {
		e, err := dossier.OpenExport(bytes.NewReader(all), int64(len(all)))
		if err != nil {
			return nil, nil, err
		}
		raw, err = e.Package()
		return raw, e.Page, err
	}
	if err == nil && len(all) > dossier.MaxPackage {
		err = fmt.Errorf("%d bytes are more than %d", len(all), dossier.MaxPackage)
	}
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, "open evidence", "give a file that can be read, 30 MB at most, or the office's export", "%w", err)
	}
	return all, nil, nil
}

func exitOf(v kiosk.Verdict) exitCode {
	switch v {
	case kiosk.Verified:
		return exitGood
	case kiosk.Refused:
		return exitRefused
	case kiosk.Undetermined:
	}
	return exitUndetermined
}

// evidenceTrust loads what a package is checked against; what is not there makes its checks undetermined.
func evidenceTrust(dir string) (o dossier.VerifyOptions, err error) {
	o = dossier.VerifyOptions{Now: time.Now(), Decode: emrtd.Decode, ActiveAuth: emrtd.ActiveAuth}
	store, err := pa.NewStore()
	if dir != "" && err == nil {
		store, err = pa.Load(dir)
	}
	if err != nil {
		return o, err
	}
	o.PassiveAuth = emrtd.PassiveAuth(store)
	if dir == "" {
		return o, nil
	}
	entries, err := os.ReadDir(filepath.Join(dir, officeFolder))
	if errors.Is(err, os.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return o, kiosk.Errorf(kiosk.CodeKeyMissing, "load office's authority", "give a folder that can be read", "%w", err)
	}
	for _, e := range entries {
		if err := addOffice(&o, filepath.Join(dir, officeFolder, e.Name())); err != nil {
			return o, kiosk.Errorf(kiosk.CodeKeyMissing, "load office's authority", "put ca.crt or office.json of the office there", "%s: %w", e.Name(), err)
		}
	}
	return o, nil
}

// addOffice adds an office's authority, and from office.json the key that signs nonces.
func addOffice(o *dossier.VerifyOptions, name string) error {
	raw, err := readBounded(name, maxFile)
	if err != nil {
		return err
	}
	if o.Devices == nil {
		o.Devices = x509.NewCertPool()
	}
	if strings.HasSuffix(name, ".json") {
		office, err := provision.ParseOffice(raw)
		if err != nil {
			return err
		}
		ca, err := office.Authority()
		if err != nil {
			return err
		}
		o.Devices.AddCert(ca)
		o.Office = office.AckKey
		return nil
	}
	ca, err := provision.ParseCertificate(raw)
	if err != nil {
		return err
	}
	o.Devices.AddCert(ca)
	return nil
}

func readBounded(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("file is larger than %d bytes", limit)
	}
	return b, err
}

// judgeEvidence opens and verifies. What cannot even be opened is refused, by the link that is broken.
func judgeEvidence(raw []byte, opts dossier.VerifyOptions) evidenceResult {
	p, err := dossier.Open(raw)
	if err != nil {
		link, reason := brokenLink(err)
		return evidenceResult{
			Verdict: kiosk.Refused, Checks: []kiosk.Check{{Name: link, Result: kiosk.CheckFailed, Reason: reason}}, Attested: []kiosk.Check{},
		}
	}
	report := p.Verify(opts)
	r := evidenceResult{Verdict: report.Verdict, Checks: report.Checks, Attested: append([]kiosk.Check{}, report.Attested...)}
	if c, _ := report.Check(dossier.LinkParts); c.Result != kiosk.CheckSuccessful {
		return r // nothing in it is the kiosk's word
	}
	m := p.Manifest
	r.ID, r.Kiosk, r.Software, r.Created = m.ID, m.Kiosk, m.Software, m.Created.Time
	r.Procedure, r.Catalogue, r.Pages = m.Procedure.Code+" "+m.Procedure.Name, m.Procedure.Catalogue, len(m.Papers)
	if report.Signer.Subject != "" {
		r.Signer = &report.Signer
	}
	r.describe(p)
	return r
}

func (r *evidenceResult) describe(p *dossier.Package) {
	f := p.Face()
	if f.Model != "" {
		r.Face = &evidenceFace{fmt.Sprint(f.Score), fmt.Sprint(f.Threshold), fmt.Sprint(f.Liveness), fmt.Sprint(f.LivenessPass), f.Models}
	}
	for _, field := range p.Manifest.Fields {
		r.Fields = append(r.Fields, evidenceField{field.Key, field.Provenance})
	}
	for _, given := range p.Consents() {
		r.Consents = append(r.Consents, evidenceText{given.Purpose, given.Text, fmt.Sprintf("%x", given.SHA256), given.Given, given.At})
	}
}

// brokenLink gives the link that an error of dossier.Open begins with.
func brokenLink(err error) (link kiosk.CheckName, reason string) {
	var e *kiosk.Error
	if !errors.As(err, &e) || e.Err == nil {
		return "container", err.Error()
	}
	name, reason, _ := strings.Cut(e.Err.Error(), ": ")
	return kiosk.CheckName(name), reason
}

// print writes the table for people.
func (r evidenceResult) print(w io.Writer) {
	fmt.Fprintln(w, r.Verdict)
	printChecks(w, r.Checks)
	if r.ID == "" {
		return
	}
	fmt.Fprintln(w, "attested by the kiosk alone")
	printChecks(w, r.Attested)
	fmt.Fprintf(w, "dossier %s of %s (software %s), made %s\n", r.ID, r.Kiosk, r.Software, r.Created.Format(time.RFC3339))
	fmt.Fprintf(w, "procedure %s, catalogue %s, %d pages\n", r.Procedure, r.Catalogue, r.Pages)
	if r.Signer != nil {
		printSigner(w, *r.Signer)
	}
	if r.Face != nil {
		fmt.Fprintf(w, "face: score %s, threshold %s; liveness %s, threshold %s\n", r.Face.Score, r.Face.Threshold, r.Face.Liveness, r.Face.Pass)
	}
	for _, f := range r.Fields {
		fmt.Fprintf(w, "field %-14s %s\n", f.Key, f.Provenance)
	}
	for _, t := range r.Consents {
		fmt.Fprintf(w, "consent to %s by %s, given %v, text %s\n", t.Purpose, t.Text, t.Given, t.SHA256)
	}
}
