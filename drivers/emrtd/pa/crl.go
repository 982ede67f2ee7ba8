package pa

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// crl is a certificate revocation list (RFC 5280 §5.1, Doc 9303-12 §7.1.4).
type crl struct {
	issuer             name
	thisUpdate         time.Time
	nextUpdate         time.Time // zero when not stated
	serials            map[string]bool
	tbs                []byte
	innerAlg, outerAlg tlv.Object
	signature          []byte
}

// maxRevoked bounds a list.
const maxRevoked = 1 << 16

// addCRL keeps a list; whose it is shows when its signature is checked under an anchor's key.
func (s *Store) addCRL(name string, raw []byte) Source {
	src := Source{File: name, Kind: "revocation list"}
	if b, _ := pem.Decode(raw); b != nil {
		raw = b.Bytes
	}
	l, err := parseCRL(raw)
	if err != nil {
		src.Err = fmt.Errorf("read revocation list: %w", err)
		return src
	}
	src.Date, src.Certificates = l.thisUpdate, len(l.serials)
	if !s.signed(l) {
		src.Err = fmt.Errorf("revocation list: no anchor that signed it")
		return src
	}
	k := l.issuer.key()
	s.crls[k] = append(s.crls[k], l)
	return src
}

// signed reports whether an anchor of the list's issuer signed it.
func (s *Store) signed(l *crl) bool {
	for _, a := range s.byName[l.issuer.key()] {
		if key, err := a.Key(); err == nil && a.verified() && l.check(key) == nil {
			return true
		}
	}
	return false
}

func (l *crl) check(key *lds.PublicKey) error {
	if !bytes.Equal(l.innerAlg.Raw, l.outerAlg.Raw) {
		return errSignature
	}
	alg, err := signatureAlgorithm(l.innerAlg)
	if err != nil {
		return err
	}
	return alg.verify(key, l.tbs, l.signature)
}

func parseCRL(raw []byte) (*crl, error) {
	list, err := children(raw, tlv.Sequence, 3, 3)
	if err != nil {
		return nil, err
	}
	l := &crl{tbs: list[0].Raw, outerAlg: list[1], serials: map[string]bool{}}
	if l.signature, err = list[2].Bits(); err != nil {
		return nil, err
	}
	if list, err = children(list[0].Raw, tlv.Sequence, 3, 7); err != nil {
		return nil, err
	}
	if list[0].Tag == tlv.Integer { // version
		list = list[1:]
	}
	if len(list) < 3 {
		return nil, ErrFormat
	}
	l.innerAlg = list[0]
	if l.issuer, err = parseName(list[1]); err != nil {
		return nil, err
	}
	if l.thisUpdate, err = parseTime(list[2]); err != nil {
		return nil, err
	}
	return l, l.readRest(list[3:])
}

// readRest reads nextUpdate and the revoked certificates, both optional.
func (l *crl) readRest(list []tlv.Object) (err error) {
	for _, o := range list {
		switch o.Tag {
		case tlv.UTCTime, tlv.GeneralizedTime:
			if l.nextUpdate, err = parseTime(o); err != nil {
				return err
			}
		case tlv.Sequence:
			if err := l.readRevoked(o); err != nil {
				return err
			}
		default: // extensions: number, authority key identifier
		}
	}
	return nil
}

func (l *crl) readRevoked(o tlv.Object) error {
	entries, err := children(o.Raw, tlv.Sequence, 0, maxRevoked)
	if err != nil {
		return err
	}
	for _, e := range entries {
		list, err := children(e.Raw, tlv.Sequence, 2, 3)
		if err != nil {
			return err
		}
		if list[0].Tag != tlv.Integer {
			return ErrFormat
		}
		l.serials[string(list[0].Value)] = true
	}
	return nil
}

// revoked looks a signer and its issuer up in the issuer's lists. state says how good the answer is.
func (s *Store) revoked(c, issuer *Certificate, now time.Time) (signer, anchor bool, state string) {
	state = "no list"
	for _, l := range s.crls[issuer.subject.key()] {
		signer = signer || l.serials[string(c.Serial)]
		anchor = anchor || l.serials[string(issuer.Serial)]
		switch {
		case l.nextUpdate.IsZero() || now.Before(l.nextUpdate):
			state = "good"
		case state == "no list":
			state = "list out of date"
		}
	}
	if signer || anchor {
		state = "revoked"
	}
	return signer, anchor, state
}
