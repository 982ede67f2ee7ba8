package pa

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"motcua/kiosk"
)

// Store holds the trust anchors: CSCA certificates that the operator installed, and revocation lists. It is made once and then
// only read, by any number of goroutines.
//
// An anchor is a certificate of a certification authority that is self-issued and carries a good signature under its own key, or
// one that was given to [Store.Trust]. Link certificates, which carry the next key signed by the last, are no anchors.
type Store struct {
	anchors []*anchor
	byKey   map[string][]*anchor // subject key identifier
	byName  map[string][]*anchor // subject, folded
	prints  map[string]bool      // certificates held, by SHA-256
	crls    map[string][]*crl    // issuer, folded
	signers []*Certificate       // document signers, for security objects without one; they are not trusted for being here
	sources []Source
	defects []Defect
	unclear bool // the defects file is there and cannot be used

	listSigners map[string]bool // master list signers installed, by SHA-256
}

// Source is one file of a store.
type Source struct {
	File         string    // base name
	Kind         string    // "certificate", "master list", "revocation list", "defects"
	Certificates int       // in the file
	Anchors      int       // new anchors among them
	Date         time.Time // when it was signed or, where that is not stated, last changed
	Until        time.Time // when it ends: next update of a revocation list, end of a master list's signer; zero when not known
	Note         string    // what a technician should know: "link certificate, not an anchor"
	Err          error     // why nothing of the file is used
}

type anchor struct {
	*Certificate
	explicit bool
	verified func() bool // signature under its own key: found out when first needed, for a master list has hundreds
}

// NewStore makes a store of certificates the caller trusts.
func NewStore(trusted ...[]byte) (*Store, error) {
	s := emptyStore()
	for _, raw := range trusted {
		if err := s.Trust(raw); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func emptyStore() *Store {
	return &Store{
		byKey: map[string][]*anchor{}, byName: map[string][]*anchor{}, prints: map[string]bool{}, crls: map[string][]*crl{},
		listSigners: map[string]bool{},
	}
}

// The limits of a trust folder.
const (
	maxFile  = 8 << 20
	maxFiles = 4096
	maxTotal = 128 << 20
)

// Load reads a trust folder as [LoadStore] does, or a single file, which must then be usable.
func Load(path string) (*Store, error) {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return LoadStore(path)
	}
	s := emptyStore()
	add := s.kinds()[strings.ToLower(filepath.Ext(path))]
	if add == nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "load trust anchors", "give a folder, a master list (*.ml) or a certificate (*.cer, *.pem)",
			"%s is no file of trust anchors", filepath.Base(path))
	}
	src := readSource(path, add)
	if s.sources = append(s.sources, src); src.Err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "load trust anchors", "give a master list or a certificate that is whole", "%s: %w", src.File, src.Err)
	}
	return s, nil
}

// kinds gives what is done with a file by its suffix.
func (s *Store) kinds() map[string]func(name string, raw []byte) Source {
	return map[string]func(string, []byte) Source{
		".cer": s.addCertificates, ".crt": s.addCertificates, ".der": s.addCertificates, ".pem": s.addCertificates,
		".ml": s.addMasterList, ".crl": s.addCRL,
	}
}

// LoadStore reads every *.cer, *.crt, *.der and *.pem (certificates), *.ml (CSCA master lists), *.crl (revocation lists) and
// [DefectsFile] of a directory, in this order. A master list must carry a good signature; where the directory has certificates of
// the list's own issuer, its signer must be under one of them or be installed itself. Document signers' certificates are kept,
// untrusted, for security objects that carry none. A file that cannot be used is left out and says so in [Store.Sources]; only a
// directory that cannot be read, or is beyond all bounds, is an error (key_missing).
func LoadStore(dir string) (*Store, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, &kiosk.Error{
			Code: kiosk.CodeKeyMissing, Op: "load trust anchors", Err: errors.Unwrap(err),
			Hint: "create the trust directory and put the issuing authority's CSCA certificates (*.cer) or a master list (*.ml) there",
		}
	}
	if err := checkSize(entries); err != nil {
		return nil, &kiosk.Error{
			Code: kiosk.CodeKeyMissing, Op: "load trust anchors", Err: err, Hint: "leave only trust anchors and revocation lists in the trust directory",
		}
	}
	s := emptyStore()
	kinds := s.kinds()
	for _, suffixes := range [][]string{{".cer", ".crt", ".der", ".pem"}, {".ml"}, {".crl"}} {
		for _, e := range entries {
			if suffix := strings.ToLower(filepath.Ext(e.Name())); !e.IsDir() && slices.Contains(suffixes, suffix) {
				s.sources = append(s.sources, readSource(filepath.Join(dir, e.Name()), kinds[suffix]))
			}
		}
	}
	if file := filepath.Join(dir, DefectsFile); slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == DefectsFile }) {
		s.sources = append(s.sources, readSource(file, func(name string, raw []byte) Source { return s.addDefects(dir, name, raw) }))
	}
	return s, nil
}

func checkSize(entries []os.DirEntry) error {
	if len(entries) > maxFiles {
		return fmt.Errorf("the trust directory has %d files", len(entries))
	}
	total := int64(0)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
	}
	if total > maxTotal {
		return fmt.Errorf("the trust directory has %d bytes", total)
	}
	return nil
}

// addDefects reads the operator's defect entries.
func (s *Store) addDefects(dir, name string, raw []byte) Source {
	src := Source{File: name, Kind: "defects"}
	defects, date, err := parseDefects(raw, func(file string) (*Certificate, error) { return loadReplacement(filepath.Join(dir, file)) })
	if err != nil {
		src.Err, s.unclear = err, true
		return src
	}
	s.defects, src.Date, src.Note = defects, date, fmt.Sprintf("%d entries", len(defects))
	return src
}

// loadReplacement reads one certificate, DER or PEM.
func loadReplacement(path string) (*Certificate, error) {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxCertificate {
		return nil, errors.New("cannot be read, or is too large")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	if b, _ := pem.Decode(raw); b != nil {
		raw = b.Bytes
	}
	return ParseCertificate(raw)
}

func readSource(path string, add func(string, []byte) Source) Source {
	name := filepath.Base(path)
	info, err := os.Stat(path)
	if err != nil {
		return Source{File: name, Err: errors.New("cannot be read")}
	}
	if info.Size() > maxFile {
		return Source{File: name, Err: fmt.Errorf("file of %d bytes is too large", info.Size())}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Source{File: name, Err: errors.New("cannot be read")}
	}
	src := add(name, raw)
	if src.Date.IsZero() {
		src.Date = info.ModTime().UTC()
	}
	return src
}

// Trust makes a certificate an anchor because the caller says so. It must be a certification authority's.
func (s *Store) Trust(raw []byte) error {
	c, err := ParseCertificate(raw)
	if err != nil {
		return err
	}
	if !authority(c) {
		return fmt.Errorf("trust certificate %s: not a certification authority", c.Fingerprint()[:16])
	}
	if _, err := c.Key(); err != nil {
		return fmt.Errorf("trust certificate %s: %w", c.Fingerprint()[:16], err)
	}
	s.add(c, true)
	return nil
}

// authority reports whether a certificate may issue others. Some old CSCAs have no basic constraints at all.
func authority(c *Certificate) bool {
	return (c.ca || !c.constrained) && c.allows(usageCertSign)
}

// add makes c an anchor unless it already is one.
func (s *Store) add(c *Certificate, explicit bool) bool {
	fingerprint := c.Fingerprint()
	if s.prints[fingerprint] {
		return false
	}
	s.prints[fingerprint] = true
	a := &anchor{Certificate: c, explicit: explicit}
	a.verified = sync.OnceValue(func() bool {
		if explicit {
			_, err := c.Key()
			return err == nil
		}
		return ownSignature(c)
	})
	s.anchors = append(s.anchors, a)
	if len(c.SubjectKeyID) > 0 {
		s.byKey[string(c.SubjectKeyID)] = append(s.byKey[string(c.SubjectKeyID)], a)
	}
	k := c.subject.key()
	s.byName[k] = append(s.byName[k], a)
	return true
}

// ownSignature reports whether a certificate carries a good signature under its own key.
func ownSignature(c *Certificate) bool {
	key, err := c.Key()
	return err == nil && c.CheckSignature(key) == nil
}

// addCertificates reads a file with one DER certificate or any number of PEM ones.
func (s *Store) addCertificates(name string, raw []byte) Source {
	src := Source{File: name, Kind: "certificate"}
	blocks := [][]byte{raw}
	if bytes.Contains(raw, []byte("-----BEGIN")) {
		blocks = nil
		for b, rest := pem.Decode(raw); b != nil; b, rest = pem.Decode(rest) {
			if b.Type == "CERTIFICATE" {
				blocks = append(blocks, b.Bytes)
			}
		}
	}
	for _, b := range blocks {
		c, err := ParseCertificate(b)
		if err != nil {
			src.Err = err
			return src
		}
		src.Certificates++
		if slices.ContainsFunc(c.purposes, oidListSigner.Equal) {
			s.listSigners[c.Fingerprint()] = true
			src.Note = "master list signer, not a certification authority"
		} else if c.signsDocuments() {
			s.signers = append(s.signers, c)
			src.Note = "document signer, for security objects that carry none"
		} else if note := unfit(c); note != "" {
			src.Note = note
		} else if !ownSignature(c) {
			src.Note = "self-issued but signed with another key (a link certificate), not an anchor"
		} else if s.add(c, false) {
			src.Anchors++
		}
	}
	if src.Certificates == 0 {
		src.Err = fmt.Errorf("no certificate: %w", ErrFormat)
	}
	return src
}

// unfit says why a certificate cannot be an anchor, "" when it can.
func unfit(c *Certificate) string {
	switch {
	case !authority(c):
		return "not a certification authority, not an anchor"
	case !c.SelfIssued():
		return "link certificate, not an anchor"
	}
	return ""
}

// Len gives the number of anchors, counting self-issued certificates of master lists whose own signature was not looked at yet.
func (s *Store) Len() int {
	if s == nil {
		return 0
	}
	return len(s.anchors)
}

// Sources gives the files the store was made of.
func (s *Store) Sources() []Source {
	if s == nil {
		return nil
	}
	return slices.Clone(s.sources)
}

// Countries gives the countries of the anchors, sorted.
func (s *Store) Countries() []string {
	if s == nil {
		return nil
	}
	var all []string
	for _, a := range s.anchors {
		all = append(all, a.Country())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Anchors gives the certificates of one country's anchors.
func (s *Store) Anchors(country string) []*Certificate {
	if s == nil {
		return nil
	}
	var all []*Certificate
	for _, a := range s.anchors {
		if a.Country() == country {
			all = append(all, a.Certificate)
		}
	}
	return all
}

// Date gives when the newest source was signed; how old the anchors are is the difference to now. It is zero for a store that was
// not loaded from files.
func (s *Store) Date() time.Time {
	var newest time.Time
	if s == nil {
		return newest
	}
	for _, src := range s.sources {
		if src.Err == nil && src.Date.After(newest) {
			newest = src.Date
		}
	}
	return newest
}

// Problems says what a technician should mend: files that cannot be used, lists that have ended, and that there are no anchors.
func (s *Store) Problems(now time.Time) []string {
	var all []string
	for _, src := range s.Sources() {
		switch {
		case src.Err != nil:
			all = append(all, fmt.Sprintf("%s: %v", src.File, src.Err))
		case !src.Until.IsZero() && now.After(src.Until):
			all = append(all, fmt.Sprintf("%s: %s ended on %s", src.File, src.Kind, src.Until.Format(time.DateOnly)))
		}
	}
	if s.Len() == 0 {
		all = append(all, "no trust anchors")
	}
	return all
}

// documentSigners gives the document signers of the directory.
func (s *Store) documentSigners() []*Certificate {
	if s == nil {
		return nil
	}
	return s.signers
}

// issuer finds the anchor under which c was issued, by c's authority key identifier, else by its issuer's name, and proves it by
// the signature.
func (s *Store) issuer(c *Certificate) (*Certificate, string) {
	if s == nil {
		return nil, ReasonIssuerUnknown
	}
	candidates := s.byKey[string(c.AuthorityKeyID)]
	found := len(c.AuthorityKeyID) == 0 || len(candidates) > 0
	candidates = append(slices.Clone(candidates), s.byName[c.issuer.key()]...)
	reason := ReasonIssuerUnknown
	for _, a := range candidates {
		if !a.verified() {
			continue
		}
		key, err := a.Key()
		if err != nil {
			continue
		}
		err = c.CheckSignature(key)
		switch {
		case err == nil:
			return a.Certificate, ""
		case errors.Is(err, ErrForbidden):
			return nil, ReasonForbidden
		case errors.Is(err, ErrUnsupported):
			reason = ReasonAlgorithm
		case found:
			reason = ReasonSignerSignature
		}
	}
	return nil, reason
}

// knows reports whether every certificate beside the signer's is an anchor itself or issued by one, so that none is there whose
// bytes nobody vouches for.
func (s *Store) knows(all []*Certificate, signer *Certificate) bool {
	for _, c := range all {
		if c == signer || s.prints[c.Fingerprint()] {
			continue
		}
		if _, reason := s.issuer(c); reason != "" {
			return false
		}
	}
	return true
}
