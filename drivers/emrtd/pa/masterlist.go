package pa

import (
	"encoding/asn1"
	"fmt"
	"slices"

	"motcua/drivers/emrtd/tlv"
)

// oidMasterList is id-icao-cscaMasterList (Doc 9303-12 §9).
var oidMasterList = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 2}

// oidListSigner is id-icao-cscaMasterListSigningKey, the purpose of a list signer's certificate (§7.1.5).
var oidListSigner = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 3}

// maxListed bounds a master list; the longest known has 588 certificates.
const maxListed = 8192

// addMasterList takes the anchors of a master list whose signature is good.
func (s *Store) addMasterList(name string, raw []byte) Source {
	src := Source{File: name, Kind: "master list"}
	sd, err := parseSignedData(raw)
	if err != nil {
		src.Err = err
		return src
	}
	src.Date = sd.signer.signed
	if c, err := sd.signerCertificate(); err == nil {
		src.Until = c.NotAfter
	}
	if src.Note, err = s.verifyMasterList(sd); err != nil {
		src.Err = err
		return src
	}
	listed, err := masterListCertificates(sd.content)
	if err != nil {
		src.Err = err
		return src
	}
	broken := 0
	for _, o := range listed {
		src.Certificates++
		c, err := ParseCertificate(o.Raw)
		if err != nil {
			broken++
			continue
		}
		if unfit(c) == "" && s.add(c, false) {
			src.Anchors++
		}
	}
	if broken > 0 {
		src.Note += fmt.Sprintf("; %d certificates could not be read", broken)
	}
	return src
}

// verifyMasterList checks the list's signature, and its signer under the anchors there are of the signer's country. note says what
// was found when the country has none: the list is then trusted because the operator installed it.
func (s *Store) verifyMasterList(sd *signedData) (note string, err error) {
	c, err := sd.signerCertificate()
	if err != nil {
		return "", fmt.Errorf("master list: %w", err)
	}
	if err := sd.verify(c, oidMasterList); err != nil {
		return "", fmt.Errorf("master list: %w", err)
	}
	if !slices.ContainsFunc(c.purposes, oidListSigner.Equal) {
		return "", fmt.Errorf("master list: signer is not one of master lists: %w", ErrFormat)
	}
	anchor, reason := s.issuer(c)
	switch {
	case s.listSigners[c.Fingerprint()]:
		return "signer installed", nil
	case reason == "":
		return "signer under " + anchor.Subject(), nil
	case len(s.Anchors(c.issuer.country())) > 0:
		return "", fmt.Errorf("master list: %s", reason)
	}
	return "signer not checked: no certificate of its issuer in the directory", nil
}

// masterListCertificates reads CscaMasterList ::= SEQUENCE { version, certList SET OF Certificate }.
func masterListCertificates(content []byte) ([]tlv.Object, error) {
	list, err := children(content, tlv.Sequence, 2, 2)
	if err != nil {
		return nil, fmt.Errorf("read master list: %w", err)
	}
	if v, err := list[0].Int(); err != nil || v != 0 {
		return nil, fmt.Errorf("read master list: version: %w", ErrFormat)
	}
	certs, err := children(list[1].Raw, tlv.Set, 1, maxListed)
	if err != nil {
		return nil, fmt.Errorf("read master list: %w", err)
	}
	return certs, nil
}
