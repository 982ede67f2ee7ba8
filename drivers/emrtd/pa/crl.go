package pa

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"time"

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
	src.Date, src.Until, src.Certificates = l.thisUpdate, l.nextUpdate, len(l.serials)
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
		if key, err := a.Key(); err == nil && a.allows(usageCRLSign|usageCertSign) && a.verified() && l.check(key) == nil {
			return true
		}
	}
	return false
}

func (l *crl) check(key *PublicKey) error {
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
	if len(raw) > maxFile {
		return nil, fmt.Errorf("%d bytes: %w", len(raw), tlv.ErrLimit)
	}
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

// readRest reads nextUpdate, the revoked certificates and the extensions, all optional and in this order.
func (l *crl) readRest(list []tlv.Object) (err error) {
	if len(list) > 0 && (list[0].Tag == tlv.UTCTime || list[0].Tag == tlv.GeneralizedTime) {
		if l.nextUpdate, err = parseTime(list[0]); err != nil {
			return err
		}
		list = list[1:]
	}
	if len(list) > 0 && list[0].Tag == tlv.Sequence {
		if err := l.readRevoked(list[0]); err != nil {
			return err
		}
		list = list[1:]
	}
	if len(list) > 0 && list[0].Tag == 0xA0 {
		entries, err := children(list[0].Value, tlv.Sequence, 1, 32)
		if err != nil {
			return err
		}
		return noCritical(entries)
	}
	if len(list) > 0 {
		return ErrFormat
	}
	return nil
}

// noCritical refuses lists with critical extensions: they say that the list is a delta, of a part, or of other issuers' certificates
// (RFC 5280 §5.2 and §5.3), and such a list is not the whole answer.
func noCritical(extensions []tlv.Object) error {
	for _, e := range extensions {
		list, err := children(e.Raw, tlv.Sequence, 2, 3)
		if err != nil {
			return err
		}
		if len(list) == 3 && isTrue(list[1]) {
			return fmt.Errorf("critical extension: %w", ErrUnsupported)
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
		if len(list) == 3 {
			extensions, err := children(list[2].Raw, tlv.Sequence, 0, 16)
			if err != nil {
				return err
			}
			if err := noCritical(extensions); err != nil {
				return err
			}
		}
		l.serials[string(minimal(list[0].Value))] = true
	}
	return nil
}

// revoked looks a signer and its issuer up in the issuer's lists. state says how good the answer is. A serial number stays revoked
// when the list that has it is out of date.
func (s *Store) revoked(c, issuer *Certificate, now time.Time) (signer, anchor bool, state string) {
	state = revocationNone
	if s == nil {
		return false, false, state
	}
	for _, l := range s.crls[issuer.subject.key()] {
		signer = signer || l.serials[string(minimal(c.Serial))]
		anchor = anchor || l.serials[string(minimal(issuer.Serial))]
		switch {
		case !now.Before(l.thisUpdate) && (l.nextUpdate.IsZero() || !now.After(l.nextUpdate)):
			state = revocationGood
		case state == revocationNone:
			state = revocationOld
		}
	}
	if signer || anchor {
		state = revocationBad
	}
	return signer, anchor, state
}

// The states of revocation.
const (
	revocationNone = "no list"
	revocationGood = "good"
	revocationOld  = "list out of date"
	revocationBad  = "revoked"
)
