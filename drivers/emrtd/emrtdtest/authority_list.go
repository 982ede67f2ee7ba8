package emrtdtest

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"motcua/drivers/emrtd/tlv"
)

// RevocationOptions say what a certificate revocation list holds (RFC 5280 §5.1, Doc 9303-12 §7.1.4).
type RevocationOptions struct {
	Revoked    [][]byte  // certificates, DER
	ThisUpdate time.Time // yesterday when zero
	NextUpdate time.Time // in 90 days when zero
	NoNext     bool      // leaves nextUpdate out
	Number     int       // CRL number, 1 when 0
	Extensions []Extension
	Edit       func(entries [][]byte) [][]byte // changes the list of revoked certificates before it is signed
}

// RevocationList makes a list signed by the CSCA.
func (a *Authority) RevocationList(opt RevocationOptions) ([]byte, error) {
	raw, err := a.revocationList(opt)
	if err != nil {
		return nil, fmt.Errorf("make revocation list: %w", err)
	}
	return raw, nil
}

func (a *Authority) revocationList(opt RevocationOptions) ([]byte, error) {
	day := time.Now().Truncate(24 * time.Hour)
	if opt.ThisUpdate.IsZero() {
		opt.ThisUpdate = day.AddDate(0, 0, -1)
	}
	if opt.NextUpdate.IsZero() {
		opt.NextUpdate = day.AddDate(0, 0, 90)
	}
	ca, err := a.key(a.CSCAKey)
	if err != nil {
		return nil, err
	}
	csca, err := readCertificate(a.CSCA)
	if err != nil {
		return nil, err
	}
	identifier, err := a.algorithm().Identifier()
	if err != nil {
		return nil, err
	}
	entries, err := opt.entries()
	if err != nil {
		return nil, err
	}
	times, err := EncodeValidity(opt.ThisUpdate, opt.NextUpdate)
	if err != nil {
		return nil, err
	}
	fields, err := tlv.ReadOne(times, tlv.Sequence)
	if err != nil {
		return nil, err
	}
	if opt.NoNext {
		first, _, err := tlv.Read(fields.Value)
		if err != nil {
			return nil, err
		}
		fields.Value = first.Raw
	}
	tbs := tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 1), identifier, csca.subject, fields.Value, entries, opt.extensions(csca))
	signature, err := ca.sign(a.algorithm(), tbs)
	if err != nil {
		return nil, err
	}
	return tlv.Encode(tlv.Sequence, tbs, identifier, tlv.EncodeBits(signature)), nil
}

// entries gives revokedCertificates, nil when there are none.
func (o RevocationOptions) entries() ([]byte, error) {
	when, err := asn1.Marshal(o.ThisUpdate.UTC())
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, raw := range o.Revoked {
		p, err := readCertificate(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, tlv.Encode(tlv.Sequence, p.serial, when))
	}
	if o.Edit != nil {
		all = o.Edit(all)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return tlv.Encode(tlv.Sequence, all...), nil
}

func (o RevocationOptions) extensions(csca certificateParts) []byte {
	number := max(o.Number, 1)
	list := append([]Extension{
		{ID: OIDAuthorityKeyID, Value: tlv.Encode(tlv.Sequence, tlv.Encode(0x80, csca.keyID))},
		{ID: asn1.ObjectIdentifier{2, 5, 29, 20}, Value: tlv.AppendInt(nil, number)},
	}, o.Extensions...)
	var parts []byte
	for _, e := range list {
		parts = append(parts, e.encode()...)
	}
	return tlv.Encode(0xA0, tlv.Encode(tlv.Sequence, parts))
}

// Renew makes the next CSCA under the same name, and the link certificate that carries its key signed with this one's (Doc 9303-12
// §7.1.2). opt's zero fields are this authority's.
func (a *Authority) Renew(opt AuthorityOptions) (next *Authority, link []byte, err error) {
	p, err := readCertificate(a.CSCA)
	if err != nil {
		return nil, nil, fmt.Errorf("renew authority: %w", err)
	}
	if opt.Curve == "" {
		opt.Curve = a.Curve
	}
	if opt.Algorithm == (Algorithm{}) {
		opt.Algorithm = a.algorithm()
	}
	opt.Country = p.country
	edit := opt.Edit
	opt.Edit = func(t *TBS) {
		t.Issuer, t.Subject = p.subject, p.subject
		if edit != nil {
			edit(t)
		}
	}
	if next, err = NewAuthority(opt); err != nil {
		return nil, nil, fmt.Errorf("renew authority: %w", err)
	}
	if link, err = a.link(next, opt); err != nil {
		return nil, nil, fmt.Errorf("make link certificate: %w", err)
	}
	return next, link, nil
}

func (a *Authority) link(next *Authority, opt AuthorityOptions) ([]byte, error) {
	old, err := a.key(a.CSCAKey)
	if err != nil {
		return nil, err
	}
	key, err := next.key(next.CSCAKey)
	if err != nil {
		return nil, err
	}
	p, err := readCertificate(next.CSCA)
	if err != nil {
		return nil, err
	}
	c := certificate{key: key, explicit: opt.Explicit, ca: true, from: p.from, to: p.to, edit: opt.Edit}
	return c.sign(old, a.algorithm())
}

// MasterList makes a CSCA master list of certificates, signed by a list signer of this authority whose certificate stands in it
// with the CSCA's (Doc 9303-12 §9).
func (a *Authority) MasterList(certificates [][]byte, opt SODOptions) ([]byte, error) {
	if len(certificates) == 0 {
		return nil, errors.New("make master list: no certificates")
	}
	sorted := slices.Clone(certificates)
	slices.SortFunc(sorted, bytes.Compare)
	content := tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 0), tlv.Encode(tlv.Set, sorted...))
	if opt.Signer == nil {
		opt.Certificate.ListSigner = true
	}
	opt.Beside = append(slices.Clone(opt.Beside), a.CSCA)
	raw, err := a.signContent(oidMasterList, content, opt)
	if err != nil {
		return nil, fmt.Errorf("make master list: %w", err)
	}
	return opt.file(raw), nil
}
