package emrtd

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// Active authentication with RSASSA-PSS (TR-03105-5.1 ISO7816_F_03): Doc 9303-11 knows ISO/IEC 9796-2 alone, but DG15 may hold a
// key that is for RSASSA-PSS by its algorithm identifier (RFC 4055 §3.1).

// The object identifiers of the parameters.
var (
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidSHA1 = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA2 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2}
)

// errPSSParameters means parameters that cannot be read or are not implemented.
var errPSSParameters = errors.New("parameters of the key not supported")

// anyPSS are the hashes tried with a key without parameters: it restricts nothing.
var anyPSS = []crypto.Hash{crypto.SHA256, crypto.SHA1, crypto.SHA224, crypto.SHA384, crypto.SHA512}

// verifyPSS checks a signature of the challenge. A key without parameters takes any hash and any salt.
func verifyPSS(key *lds.PublicKey, challenge, signature []byte) error {
	hashes, opt := anyPSS, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}
	if len(key.PSS) > 0 && tlv.Tag(key.PSS[0]) != tlv.Null {
		var err error
		if opt, err = pssOptions(key.PSS); err != nil {
			return fmt.Errorf("%w: %w", errPSSParameters, err)
		}
		hashes = []crypto.Hash{opt.Hash}
	}
	for _, h := range hashes {
		if rsa.VerifyPSS(key.RSA, h, digest(h, challenge), signature, &rsa.PSSOptions{SaltLength: opt.SaltLength}) == nil {
			return nil
		}
	}
	return errAASignature
}

// pssOptions reads RSASSA-PSS-params (RFC 4055 §3.1). Every member may be left out.
func pssOptions(raw []byte) (*rsa.PSSOptions, error) {
	o, err := tlv.ReadOne(raw, tlv.Sequence)
	if err != nil {
		return nil, err
	}
	members, err := o.Children()
	if err != nil {
		return nil, err
	}
	opt, mask := &rsa.PSSOptions{Hash: crypto.SHA1, SaltLength: 20}, crypto.SHA1
	for _, m := range members {
		switch m.Tag {
		case 0xA0:
			opt.Hash, err = hashAlgorithm(m.Value)
		case 0xA1:
			mask, err = maskAlgorithm(m.Value)
		case 0xA2, 0xA3:
			err = pssNumber(m, opt)
		default:
			err = errors.New("unknown member")
		}
		if err != nil {
			return nil, err
		}
	}
	if mask != opt.Hash {
		return nil, errors.New("hashes of message and mask differ")
	}
	return opt, nil
}

// pssNumber reads the salt's length, and the trailer, which must be 1.
func pssNumber(m tlv.Object, opt *rsa.PSSOptions) error {
	o, err := tlv.ReadOne(m.Value, tlv.Integer)
	if err != nil {
		return err
	}
	n, err := o.Int()
	switch {
	case err != nil:
		return err
	case m.Tag == 0xA2 && n >= 0 && n <= 512:
		if opt.SaltLength = n; n == 0 {
			return errors.New("no salt") // crypto/rsa takes 0 for any length
		}
		return nil
	case m.Tag == 0xA3 && n == 1:
		return nil
	}
	return errors.New("salt or trailer out of range")
}

// algorithmID splits an AlgorithmIdentifier.
func algorithmID(raw []byte) (id asn1.ObjectIdentifier, params []byte, err error) {
	o, err := tlv.ReadOne(raw, tlv.Sequence)
	if err != nil {
		return nil, nil, err
	}
	list, err := o.Children()
	if err != nil || len(list) == 0 || len(list) > 2 {
		return nil, nil, errors.New("no algorithm identifier")
	}
	if len(list) == 2 {
		params = list[1].Raw
	}
	id, err = list[0].OID()
	return id, params, err
}

func hashAlgorithm(raw []byte) (crypto.Hash, error) {
	id, _, err := algorithmID(raw)
	if err != nil {
		return 0, err
	}
	hashes := map[int]crypto.Hash{1: crypto.SHA256, 2: crypto.SHA384, 3: crypto.SHA512, 4: crypto.SHA224}
	n := len(id) - 1
	switch {
	case id.Equal(oidSHA1):
		return crypto.SHA1, nil
	case n > 0 && id[:n].Equal(oidSHA2) && hashes[id[n]] != 0:
		return hashes[id[n]], nil
	}
	return 0, errors.New("unknown hash")
}

func maskAlgorithm(raw []byte) (crypto.Hash, error) {
	id, params, err := algorithmID(raw)
	if err != nil || !id.Equal(oidMGF1) {
		return 0, errors.Join(errors.New("unknown mask"), err)
	}
	return hashAlgorithm(params)
}
