package emrtdtest

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Authority is a simulated issuing state: a country signing CA (CSCA) and one document signer (Doc 9303-12 §7).
type Authority struct {
	Note      string `json:"note"`             // says that it is simulated
	CSCA      []byte `json:"csca"`             // certificate, DER
	Signer    []byte `json:"signer"`           // document signer certificate, DER
	Curve     string `json:"curve"`            // of both keys
	CSCAKey   []byte `json:"csca_key"`         // scalar, or as package crypto/x509 writes RSA keys
	SignerKey []byte `json:"signer_key"`       // likewise
	Scheme    Scheme `json:"scheme,omitempty"` // with which the CSCA signs, "" for ECDSA
	Hash      string `json:"hash,omitempty"`   // "" for SHA-256

	Revoked []byte `json:"revoked,omitempty"` // certificate of a signer with the signer's key that was revoked, DER

	spare spare
}

// AuthorityOptions say how certificates look. The zero value is P-256 named, country VN, valid from five years ago for fifteen.
type AuthorityOptions struct {
	Curve     string     // "P-256", "brainpoolP256r1", … as package ec names them
	Explicit  bool       // domain parameters written out, as most states do
	Name      string     // common name of the CSCA
	Country   string     // two letters
	NotBefore time.Time  //
	NotAfter  time.Time  // of the CSCA; the signer ends a year earlier
	Algorithm Algorithm  // of both keys; ECDSA with SHA-256 when zero
	Edit      func(*TBS) // changes the CSCA's certificate before it is signed
}

// noteAuthority marks an authority's file.
const noteAuthority = "SIMULATED issuing authority for demonstrations and tests. The private keys in this file protect nothing."

// NewAuthority makes keys and certificates.
func NewAuthority(opt AuthorityOptions) (*Authority, error) {
	opt = opt.withDefaults()
	ca, err := newKey(opt.Algorithm, opt.Curve)
	if err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	ds, err := newKey(opt.Algorithm, opt.Curve)
	if err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	a := &Authority{Note: noteAuthority, Curve: opt.Curve, CSCAKey: ca.bytes(), SignerKey: ds.bytes()}
	if opt.Algorithm.Scheme != SchemeECDSA || opt.Algorithm.Hash != crypto.SHA256 {
		a.Scheme, a.Hash = opt.Algorithm.Scheme, opt.Algorithm.Hash.String()
	}
	root := certificate{subject: opt.name(opt.Name), key: ca, ca: true, from: opt.NotBefore, to: opt.NotAfter, edit: opt.Edit}
	leaf := certificate{subject: opt.name(opt.Name + " Document Signer"), key: ds, from: opt.NotBefore, to: opt.NotAfter.AddDate(-1, 0, 0)}
	root.issuer, leaf.issuer = root.subject, root.subject
	root.explicit, leaf.explicit = opt.Explicit, opt.Explicit
	if a.CSCA, err = root.sign(ca, opt.Algorithm); err != nil {
		return nil, fmt.Errorf("make CSCA certificate: %w", err)
	}
	csca, err := readCertificate(a.CSCA)
	if err != nil {
		return nil, fmt.Errorf("make CSCA certificate: %w", err)
	}
	leaf.edit = func(t *TBS) { t.Issuer = csca.subject } // which may have been edited
	if a.Signer, err = leaf.sign(ca, opt.Algorithm); err != nil {
		return nil, fmt.Errorf("make document signer certificate: %w", err)
	}
	if a.Revoked, err = leaf.sign(ca, opt.Algorithm); err != nil { // another serial number
		return nil, fmt.Errorf("make revoked signer certificate: %w", err)
	}
	return a, nil
}

// RevokedSigner gives a signer that the revocation list of [Authority.SaveTrust] names: SODOptions.Signer for a card whose signer was
// revoked.
func (a *Authority) RevokedSigner() (*Signer, error) {
	key, err := a.key(a.SignerKey)
	if err != nil {
		return nil, fmt.Errorf("load revoked signer: %w", err)
	}
	if a.Revoked == nil { // a file made before there were revoked signers
		s, err := a.issueSigner(SignerOptions{Name: "Revoked Document Signer"})
		if err != nil {
			return nil, fmt.Errorf("make revoked signer: %w", err)
		}
		a.Revoked = s.Certificate
	}
	parts, err := readCertificate(a.Revoked)
	if err != nil {
		return nil, fmt.Errorf("load revoked signer: %w", err)
	}
	return &Signer{Certificate: a.Revoked, key: key, algorithm: a.algorithm(), parts: parts}, nil
}

func (o AuthorityOptions) withDefaults() AuthorityOptions {
	if o.Curve == "" {
		o.Curve = "P-256"
	}
	if o.Name == "" {
		o.Name = "Simulated CSCA"
	}
	if o.Country == "" {
		o.Country = "VN"
	}
	if o.NotBefore.IsZero() {
		o.NotBefore = time.Now().AddDate(-5, 0, 0).Truncate(24 * time.Hour)
	}
	o.Algorithm = o.Algorithm.withDefaults()
	if o.NotAfter.IsZero() {
		o.NotAfter = o.NotBefore.AddDate(15, 0, 0)
	}
	return o
}

func (o AuthorityOptions) name(common string) pkix.Name {
	return pkix.Name{Country: []string{o.Country}, Organization: []string{"Simulated issuer - not a state"}, CommonName: common}
}

// LoadAuthority reads an authority's file.
func LoadAuthority(file string) (*Authority, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	var a Authority
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	if _, err := a.key(a.SignerKey); err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	return &a, nil
}

// Save writes the authority's file, readable by its owner alone.
func (a *Authority) Save(file string) error {
	raw, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return fmt.Errorf("save authority: %w", err)
	}
	if err := writeFile(file, raw, 0o600); err != nil {
		return fmt.Errorf("save authority: %w", err)
	}
	return nil
}

// SaveTrust writes the CSCA certificate to a trust folder, with a revocation list that names the revoked signer and lasts as long as the
// CSCA, and gives the certificate's file name.
func (a *Authority) SaveTrust(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("save CSCA certificate: %w", err)
	}
	h := sha256.Sum256(a.CSCA)
	file := filepath.Join(dir, fmt.Sprintf("simulated-csca-%x.der", h[:4]))
	if err := writeFile(file, a.CSCA, 0o644); err != nil {
		return "", fmt.Errorf("save CSCA certificate: %w", err)
	}
	if a.Revoked == nil { // a file made before there were revoked signers
		return file, nil
	}
	csca, err := readCertificate(a.CSCA)
	if err != nil {
		return "", fmt.Errorf("save revocation list: %w", err)
	}
	list, err := a.RevocationList(RevocationOptions{Revoked: [][]byte{a.Revoked}, ThisUpdate: csca.from, NextUpdate: csca.to})
	if err != nil {
		return "", fmt.Errorf("save revocation list: %w", err)
	}
	if err := writeFile(strings.TrimSuffix(file, ".der")+".crl", list, 0o644); err != nil {
		return "", fmt.Errorf("save revocation list: %w", err)
	}
	return file, nil
}

// writeFile writes to a temporary name, syncs and renames.
func writeFile(name string, b []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".write-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error counts
	}
	return err
}

// algorithm is how the CSCA signs.
func (a *Authority) algorithm() Algorithm {
	alg := Algorithm{Scheme: a.Scheme}
	for h := range hashOIDs {
		if h.String() == a.Hash {
			alg.Hash = h
		}
	}
	return alg.withDefaults()
}

func (a *Authority) key(raw []byte) (signingKey, error) { return loadKey(a.Scheme, a.Curve, raw) }

// The object identifiers of certificates and signatures.
var oidECDSASHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
