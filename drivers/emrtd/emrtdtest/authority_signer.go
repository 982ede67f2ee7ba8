package emrtdtest

import (
	"encoding/asn1"
	"fmt"
	"sync"
	"time"
)

// Signer is a document signer, or a signer of lists: its certificate and its key.
type Signer struct {
	Certificate []byte // DER
	key         signingKey
	algorithm   Algorithm
	parts       certificateParts // what names the signer
}

// SignerOptions say how a signer's certificate is made otherwise than usual. The zero value is like the authority's own signer.
type SignerOptions struct {
	Algorithm  Algorithm                // of the signer's key: ECDSA on the authority's curve when zero
	Curve      string                   // of ECDSA, the authority's when ""
	Explicit   bool                     // domain parameters written out
	By         Algorithm                // with which the CSCA signs: the CSCA's own when zero; it must fit its key
	Name       string                   // common name
	Country    string                   // of the subject, the authority's when ""
	NotBefore  time.Time                // the authority's signer's when zero
	NotAfter   time.Time                // likewise
	Serial     []byte                   // contents of the INTEGER, first bit set for a negative one; drawn when nil
	ListSigner bool                     // a signer of master lists
	Purpose    asn1.ObjectIdentifier    // extended key usage
	Edit       func(*TBS)               // changes the parts before the CSCA signs them
	EditSigned func(*SignedCertificate) // changes the parts after
	NewKey     bool                     // a key of its own instead of the one kept for its algorithm
}

// spare are keys kept by kind, for making an RSA key takes a third of a second.
type spare struct {
	mu   sync.Mutex
	keys map[string]signingKey
}

func (s *spare) key(a Algorithm, curve string, fresh bool) (signingKey, error) {
	name := curve
	switch a.Scheme {
	case SchemePKCS1, SchemePSS:
		name = "rsa"
	case SchemeDSA:
		name = "dsa " + a.Hash.String()
	case SchemeECDSA, SchemeECDSAPlain:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[name]; ok && !fresh {
		return k, nil
	}
	k, err := newKey(a, curve)
	if err == nil && !fresh {
		if s.keys == nil {
			s.keys = map[string]signingKey{}
		}
		s.keys[name] = k
	}
	return k, err
}

// IssueSigner makes a signer's certificate under the CSCA. Signers of the same kind share a key unless opt says otherwise.
func (a *Authority) IssueSigner(opt SignerOptions) (*Signer, error) {
	s, err := a.issueSigner(opt)
	if err != nil {
		return nil, fmt.Errorf("issue signer certificate: %w", err)
	}
	return s, nil
}

func (a *Authority) issueSigner(opt SignerOptions) (*Signer, error) {
	ca, err := a.key(a.CSCAKey)
	if err != nil {
		return nil, err
	}
	if opt.Algorithm == (Algorithm{}) && opt.Curve == "" {
		opt.Algorithm = a.algorithm()
	}
	alg := opt.Algorithm.withDefaults()
	if opt.Curve == "" {
		opt.Curve = a.Curve
	}
	if opt.By == (Algorithm{}) {
		opt.By = a.algorithm()
	}
	s := &Signer{algorithm: alg}
	if own := a.algorithm(); !opt.NewKey && opt.Curve == a.Curve && own.Scheme == SchemeECDSA && (alg.Scheme == SchemeECDSA || alg.Scheme == SchemeECDSAPlain) {
		s.key, err = a.key(a.SignerKey)
	} else {
		s.key, err = a.spare.key(alg, opt.Curve, opt.NewKey)
	}
	if err != nil {
		return nil, err
	}
	c, err := a.signerCertificate(opt)
	if err != nil {
		return nil, err
	}
	c.key, s.parts.keyID = s.key, s.key.id()
	edit := c.edit
	c.edit = func(t *TBS) {
		edit(t)
		s.parts.issuer, s.parts.serial = t.Issuer, t.Serial
	}
	s.Certificate, err = c.sign(ca, opt.By)
	return s, err
}

// signerCertificate gives what goes into the certificate but its key.
func (a *Authority) signerCertificate(opt SignerOptions) (certificate, error) {
	csca, err := readCertificate(a.CSCA)
	if err != nil {
		return certificate{}, err
	}
	own, err := readCertificate(a.Signer)
	if err != nil {
		return certificate{}, err
	}
	c := certificate{
		explicit: opt.Explicit, from: own.from, to: own.to, serial: opt.Serial, purpose: opt.Purpose, editSigned: opt.EditSigned,
	}
	if !opt.NotBefore.IsZero() {
		c.from = opt.NotBefore
	}
	if !opt.NotAfter.IsZero() {
		c.to = opt.NotAfter
	}
	if opt.Country == "" {
		opt.Country = csca.country
	}
	if opt.Name == "" {
		opt.Name = "Simulated Document Signer"
	}
	if opt.ListSigner {
		c.purpose = OIDListSigner
	}
	c.subject = AuthorityOptions{Country: opt.Country}.name(opt.Name)
	c.edit = func(t *TBS) {
		t.Issuer = csca.subject // as the CSCA wrote it
		if opt.Edit != nil {
			opt.Edit(t)
		}
	}
	return c, nil
}
