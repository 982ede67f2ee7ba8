package dossier

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"motcua/kiosk"
)

// Package is an opened package: readable, but not believed before [Package.Verify]. Its slices point into the bytes given to
// [Open].
type Package struct {
	Manifest    *Manifest
	Certificate []byte // the kiosk's device certificate, DER

	manifest  []byte // as signed
	signature []byte
	parts     [][]byte
}

// Open parses a package with limits. It checks the form, not the truth: signature and hashes are Verify's. Errors: bad_input,
// whose cause begins with the link that is broken, "container" or "manifest".
func Open(pkg []byte) (*Package, error) {
	p, rest, err := split(pkg)
	if err != nil {
		return nil, bad("open dossier", fmt.Errorf("container: %w", err))
	}
	if p.Manifest, err = decodeManifest(p.manifest); err != nil {
		return nil, bad("open dossier", fmt.Errorf("manifest: %w", err))
	}
	if err := checkManifest(p.Manifest); err != nil {
		return nil, bad("open dossier", fmt.Errorf("manifest: %w", err))
	}
	if p.parts, err = splitParts(rest, p.Manifest.Parts); err != nil {
		return nil, bad("open dossier", fmt.Errorf("container: %w", err))
	}
	return p, nil
}

var errShort = errors.New("cut short")

// split takes the container apart up to the first part.
func split(b []byte) (p *Package, rest []byte, err error) {
	switch head := len(magic) + 1; {
	case len(b) > MaxPackage:
		return nil, nil, fmt.Errorf("%d bytes are more than %d", len(b), MaxPackage)
	case len(b) < head:
		return nil, nil, errShort
	case string(b[:len(magic)]) != magic:
		return nil, nil, errors.New("not a dossier package")
	case b[head-1] != Version:
		return nil, nil, fmt.Errorf("version %d is not known", b[head-1])
	default:
		b = b[head:]
	}
	p = new(Package)
	if p.manifest, b, err = cut32(b, MaxManifest); err != nil {
		return nil, nil, err
	}
	if len(b) < signatureLen+2 {
		return nil, nil, errShort
	}
	p.signature, b = b[:signatureLen:signatureLen], b[signatureLen:]
	n := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; n > maxCert || len(b) < n {
		return nil, nil, errShort
	}
	p.Certificate = b[:n:n]
	return p, b[n:], nil
}

func cut32(b []byte, limit int) (field, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errShort
	}
	n := binary.BigEndian.Uint32(b)
	if b = b[4:]; n > uint32(limit) || uint64(n) > uint64(len(b)) {
		return nil, nil, errShort
	}
	return b[:n:n], b[n:], nil
}

func splitParts(b []byte, list []part) (parts [][]byte, err error) {
	for _, want := range list {
		if !want.Attached {
			parts = append(parts, nil)
			continue
		}
		var p []byte
		if p, b, err = cut32(b, MaxPart); err != nil {
			return nil, err
		}
		if len(p) != want.Size {
			return nil, errors.New("part has another size than the manifest says")
		}
		parts = append(parts, p)
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("%d bytes follow the last part", len(b))
	}
	return parts, nil
}

func checkManifest(m *Manifest) error {
	if m.Format != Format {
		return errors.New("format is not known")
	}
	if m.Fields == nil || m.Consents == nil || m.Papers == nil || m.Parts == nil || m.Face.Models == nil {
		return errors.New("a list is null")
	}
	return checkParts(m)
}

// checkParts holds for a built and for an opened manifest: known names, in order, each once, within the limits, and papers
// that say which page stands for what.
func checkParts(m *Manifest) error {
	if len(m.Parts) > MaxParts {
		return fmt.Errorf("%d parts are more than %d", len(m.Parts), MaxParts)
	}
	last, papers := -1, []string{}
	for _, p := range m.Parts {
		r := rank(p.Name)
		if r == rankUnknown || r <= last || p.Size < 0 || p.Size > MaxPart {
			return errors.New("parts have unknown names, a wrong order or sizes")
		}
		if r >= rankPaper {
			papers = append(papers, p.Name)
		} else if !p.Attached {
			return errors.New("a part that is no page is not attached")
		}
		last = r
	}
	if !slices.EqualFunc(m.Papers, papers, func(p paper, name string) bool { return p.Part == name }) {
		return errors.New("papers do not name the pages")
	}
	return nil
}

// part gives a part's contents and description.
func (p *Package) part(name string) ([]byte, part, bool) {
	i := slices.IndexFunc(p.Manifest.Parts, func(q part) bool { return q.Name == name })
	if i < 0 {
		return nil, part{}, false
	}
	return p.parts[i], p.Manifest.Parts[i], true
}

func (p *Package) image(name string) kiosk.Image {
	data, q, _ := p.part(name)
	return kiosk.Image{Data: data, Type: q.Type, Width: q.Width, Height: q.Height}
}

// Files gives the raw files of the chip.
func (p *Package) Files() map[kiosk.FileID][]byte {
	files := make(map[kiosk.FileID][]byte)
	for i, q := range p.Manifest.Parts {
		if rank(q.Name) < rankFace {
			files[kiosk.FileID(q.Name)] = p.parts[i]
		}
	}
	return files
}

// Face gives what the kiosk says about the comparison, with the frame kept for the officer.
func (p *Package) Face() kiosk.FaceResult {
	f := p.Manifest.Face
	return kiosk.FaceResult{
		Verdict: f.Verdict, Checks: f.Checks, Score: float64(f.Score), Threshold: float64(f.Threshold), Frames: f.Frames,
		Best: p.image(partFace), Liveness: float64(f.Liveness), LivenessPass: float64(f.Pass), Model: f.Model, Models: f.Models, Hint: f.Hint, Duration: micros(f.Duration),
	}
}

// Chip gives what the kiosk says about the read, with the raw files; nil when no chip was read. Citizen and Photo are empty:
// the office decodes them from the files (see [Report]).
func (p *Package) Chip() *kiosk.ChipRead {
	c := p.Manifest.Chip
	if c == nil {
		return nil
	}
	r := &kiosk.ChipRead{
		Access: c.Access, Files: p.Files(), Checks: c.Checks, Verdict: c.Verdict, Signer: c.Signer, APDUs: c.APDUs, Bytes: c.Bytes,
		Duration: micros(c.Duration),
	}
	if c.Active != nil {
		r.Challenge, r.Signature = c.Active.Challenge, c.Active.Signature
	}
	return r
}

// Papers gives the scanned pages in order; those that travel beside the package have no data.
func (p *Package) Papers() []kiosk.Document {
	var docs []kiosk.Document
	for _, q := range p.Manifest.Papers {
		_, described, _ := p.part(q.Part)
		docs = append(docs, kiosk.Document{Paper: q.Paper, Page: p.image(q.Part), SHA256: described.SHA256})
	}
	return docs
}

// PageSizes gives the bytes of each page, whether it is here or travels beside.
func (p *Package) PageSizes() (sizes []int) {
	for _, q := range p.Manifest.Papers {
		_, described, _ := p.part(q.Part)
		sizes = append(sizes, described.Size)
	}
	return sizes
}

// Consents gives what was asked and answered.
func (p *Package) Consents() []kiosk.Consent {
	var all []kiosk.Consent
	for _, c := range p.Manifest.Consents {
		all = append(all, kiosk.Consent{Purpose: c.Purpose, Text: c.Text, SHA256: c.SHA256, Given: c.Given, At: c.At.Time})
	}
	return all
}

// Dossier gives all of it in the words of package kiosk. Token is empty: it stays with the citizen.
func (p *Package) Dossier() *kiosk.Dossier {
	m := p.Manifest
	return &kiosk.Dossier{
		ID: m.ID, Kiosk: m.Kiosk, Created: m.Created.Time, Procedure: m.Procedure, Fields: m.Fields, Papers: p.Papers(),
		Return: m.Return, Consents: p.Consents(), Chip: p.Chip(), Face: p.Face(),
	}
}

// String names the dossier by its id alone.
func (p *Package) String() string { return "dossier " + strings.Clone(p.Manifest.ID) }

func micros(n int64) time.Duration {
	if n < 0 || n > math.MaxInt64/int64(time.Microsecond) {
		return 0
	}
	return time.Duration(n) * time.Microsecond
}
