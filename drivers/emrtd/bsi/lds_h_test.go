package bsi

import (
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The cases of EF.SOD. Each makes a card whose EF.SOD is signed as the case says, by a signer under the trusted CSCA unless the
// case is about that, and lets the reader read it. What is wrong is under the signature wherever there is one, so that the reader
// must find it and not a broken signature. A case whose object Doc 9303-10 §4.6.2, 9303-12 §7 or RFC 5652 and 5280 allow must be
// verified; every other must not be, with the check that says so.

// sodCase is one state of EF.SOD.
type sodCase struct {
	id, text string
	options  func(b *bench) emrtdtest.SODOptions
	issue    emrtdtest.IssueOptions // beside SOD
	want     func(t *testing.T, o outcome)
}

func verified(t *testing.T, o outcome) {
	t.Helper()
	o.verified(t)
}

// refusedFor wants the document refused by a check, for a reason.
func refusedFor(check kiosk.CheckName, reason string) func(*testing.T, outcome) {
	return func(t *testing.T, o outcome) {
		t.Helper()
		o.refused(t, check)
		o.reason(t, check, reason)
	}
}

// undecidedFor wants the document neither accepted nor refused, by a check and for a reason.
func undecidedFor(check kiosk.CheckName, reason string) func(*testing.T, outcome) {
	return func(t *testing.T, o outcome) {
		t.Helper()
		o.undetermined(t, check)
		o.reason(t, check, reason)
	}
}

// broken wants EF.SOD refused as malformed.
var broken = refusedFor(kiosk.CheckSODSignature, pa.ReasonMalformed)

func plain(o emrtdtest.SODOptions) func(*bench) emrtdtest.SODOptions {
	return func(*bench) emrtdtest.SODOptions { return o }
}

func algorithm(s emrtdtest.Scheme, h crypto.Hash) emrtdtest.Algorithm {
	return emrtdtest.Algorithm{Scheme: s, Hash: h}
}

// signedBy is an object whose signature and group hashes are of one algorithm.
func signedBy(s emrtdtest.Scheme, h crypto.Hash) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{Algorithm: algorithm(s, h)})
}

func signedByRSAOID(h crypto.Hash) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{Algorithm: emrtdtest.Algorithm{Scheme: emrtdtest.SchemePKCS1, Hash: h, RSAOID: true}})
}

func object(edit func(*emrtdtest.SecurityObject)) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{EditObject: edit})
}

func signedData(edit func(*emrtdtest.SignedData)) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{EditSigned: edit})
}

// before changes SignerInfo before the attributes are signed, after afterwards.
func before(edit func(*emrtdtest.SignerInfo)) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{EditInfo: edit})
}

func after(edit func(*emrtdtest.SignerInfo)) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{EditSigner: edit})
}

// certificate changes the signer's certificate before the CSCA signs it.
func certificate(edit func(*emrtdtest.TBS)) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{Certificate: emrtdtest.SignerOptions{Edit: edit}})
}

func signedCertificate(edit func(*emrtdtest.SignedCertificate)) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{Certificate: emrtdtest.SignerOptions{EditSigned: edit}})
}

func file(edit func([]byte) []byte) func(*bench) emrtdtest.SODOptions {
	return plain(emrtdtest.SODOptions{EditFile: edit})
}

// The algorithms that must be accepted.
var sodAlgorithms = []sodCase{
	{"LDS_H_01", "", signedBy(emrtdtest.SchemePKCS1, crypto.SHA1), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_02", "", signedBy(emrtdtest.SchemePSS, crypto.SHA1), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_03", "", signedBy(emrtdtest.SchemePSS, crypto.SHA256), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_04", "", signedBy(emrtdtest.SchemePKCS1, crypto.SHA224), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_05", "", signedBy(emrtdtest.SchemePKCS1, crypto.SHA256), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_06", "", signedBy(emrtdtest.SchemePKCS1, crypto.SHA384), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_07", "", signedBy(emrtdtest.SchemePKCS1, crypto.SHA512), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_08", "", signedBy(emrtdtest.SchemeDSA, crypto.SHA1), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_09", "", signedBy(emrtdtest.SchemeECDSA, crypto.SHA1), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_10", "", signedBy(emrtdtest.SchemeECDSAPlain, crypto.SHA1), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_11", "", signedBy(emrtdtest.SchemeECDSAPlain, crypto.SHA224), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_12", "", signedBy(emrtdtest.SchemeECDSAPlain, crypto.SHA256), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_13", "", signedBy(emrtdtest.SchemeECDSAPlain, crypto.SHA384), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_14", "", signedBy(emrtdtest.SchemeECDSAPlain, crypto.SHA512), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_70", "", signedBy(emrtdtest.SchemeECDSA, crypto.SHA224), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_71", "", signedBy(emrtdtest.SchemeECDSA, crypto.SHA256), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_72", "", signedBy(emrtdtest.SchemeECDSA, crypto.SHA384), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_73", "", signedBy(emrtdtest.SchemeECDSA, crypto.SHA512), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_79", "", signedByRSAOID(crypto.SHA1), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_80", "", signedByRSAOID(crypto.SHA224), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_81", "", signedByRSAOID(crypto.SHA256), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_82", "", signedByRSAOID(crypto.SHA384), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_83", "", signedByRSAOID(crypto.SHA512), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_94", "", signedBy(emrtdtest.SchemePSS, crypto.SHA224), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_95", "", signedBy(emrtdtest.SchemePSS, crypto.SHA384), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_96", "", signedBy(emrtdtest.SchemePSS, crypto.SHA512), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_97", "", signedBy(emrtdtest.SchemeDSA, crypto.SHA224), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_98", "", signedBy(emrtdtest.SchemeDSA, crypto.SHA256), emrtdtest.IssueOptions{}, verified},
}

// Objects that are built otherwise.
var sodObjects = []sodCase{
	{"LDS_H_17", "EF.SOD begins with 78: refused, the object is malformed (Doc 9303-10 §4.6.2 gives it tag 77).", file(func(b []byte) []byte {
		b[0] = 0x78
		return b
	}), emrtdtest.IssueOptions{}, rejected},
	{"LDS_H_18", "The length of EF.SOD is one too small, so that its last byte is outside: not accepted.", file(func(b []byte) []byte {
		b[3]--
		return b
	}), emrtdtest.IssueOptions{}, rejected},
	{"LDS_H_19", "The length of EF.SOD is one too big, so that the file ends before it does: not accepted.", file(func(b []byte) []byte {
		b[3]++
		return b
	}), emrtdtest.IssueOptions{}, rejected},
	{"LDS_H_20", "SignedData has version 1: refused, an eContentType other than id-data makes it 3 (RFC 5652 §5.1), and nothing else protects it.", signedData(func(s *emrtdtest.SignedData) {
		s.Version = tlv.AppendInt(nil, 1)
	}), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_21", "SignedData has no version: refused.", signedData(func(s *emrtdtest.SignedData) { s.Version = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_22", "The list of digest algorithms holds MD5: refused, Doc 9303-12 §4.1.6 does not allow it.", signedData(func(s *emrtdtest.SignedData) {
		s.Digests = tlv.Encode(tlv.Set, emrtdtest.HashIdentifier(crypto.MD5))
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonForbidden)},
	{"LDS_H_23", "SignedData has no list of digest algorithms: refused.", signedData(func(s *emrtdtest.SignedData) { s.Digests = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_24", "The content type is that of a master list: refused, the signed attribute and the reader want id-icao-ldsSecurityObject.", signedData(func(s *emrtdtest.SignedData) {
		s.ContentType = tlv.EncodeOID(asn1.ObjectIdentifier{2, 23, 136, 1, 1, 2})
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonContentType)},
	{"LDS_H_25", "The content has no type: refused.", signedData(func(s *emrtdtest.SignedData) { s.ContentType = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_39", "The LDS security object has version 2: refused, Doc 9303-10 §4.6.2.3 knows 0 and 1.", object(func(o *emrtdtest.SecurityObject) {
		o.Version = tlv.AppendInt(nil, 2)
	}), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_40", "The LDS security object has no version: refused.", object(func(o *emrtdtest.SecurityObject) { o.Version = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_41", "The groups are hashed with MD5: refused.", plain(emrtdtest.SODOptions{GroupHash: crypto.MD5}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonForbidden)},
	{"LDS_H_42", "The LDS security object does not name its hash: refused.", object(func(o *emrtdtest.SecurityObject) { o.Hash = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_43", "The hash of DG2 has one bit changed: refused, DG2 differs.", object(func(o *emrtdtest.SecurityObject) {
		h := o.Groups[1].Hash
		h[len(h)-1] ^= 1
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckHashes, "DG2")},
	{"LDS_H_44", "The hash of DG1 is missing: refused, a group that is not signed is nobody's word.", object(func(o *emrtdtest.SecurityObject) {
		o.Groups = o.Groups[1:]
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckHashes, "DG1 not in security object")},
	{"LDS_H_45", "There is a hash for DG10, which EF.COM does not name: refused, the two differ.", object(func(o *emrtdtest.SecurityObject) {
		o.Groups = append(o.Groups, emrtdtest.GroupHash{Number: tlv.AppendInt(nil, 10), Hash: tlv.Encode(tlv.OctetString, make([]byte, 32))})
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckGroups, "DG10")},
	{"LDS_H_46", "DG1's hash stands under the number 17: refused, there is no such group.", object(func(o *emrtdtest.SecurityObject) {
		o.Groups[0].Number = tlv.AppendInt(nil, 17)
	}), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_47", "DG2's hash has no number: refused.", object(func(o *emrtdtest.SecurityObject) { o.Groups[1].Number = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_74", "Groups are hashed with SHA-512, content and attributes with SHA-256: verified, each is taken as stated.", plain(emrtdtest.SODOptions{GroupHash: crypto.SHA512}), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_86", "EF.SOD of LDS 1.8: version 1 with the LDS version under the signature, EF.COM of the same: verified.", plain(emrtdtest.SODOptions{LDS: "0108"}), versioned("0108"), verified},
	{"LDS_H_87", "The LDS version 1.8 is stated in an object of version 0: refused, version 0 has no such field.", plain(emrtdtest.SODOptions{
		LDS: "0108", EditObject: func(o *emrtdtest.SecurityObject) { o.Version = tlv.AppendInt(nil, 0) },
	}), versioned("0108"), broken},
	{"LDS_H_88", "An object of LDS 1.7 says version 1, once without and once with the LDS version: refused, version 1 came with LDS 1.8 and must state it.", plain(emrtdtest.SODOptions{LDS: "0107"}), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_89", "EF.SOD of LDS 1.9, as version 1: verified, the fields that passive authentication needs are where they were (Doc 9303-10 §4.6.2.3 lets later versions add).", plain(emrtdtest.SODOptions{LDS: "0109"}), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_90", "EF.SOD has the hash of DG13, which EF.COM does not name: refused.", plain(emrtdtest.SODOptions{}), listed(""), refusedFor(kiosk.CheckGroups, "DG13")},
	{"LDS_H_91", "EF.COM names DG13, whose hash EF.SOD does not have: refused.", plain(emrtdtest.SODOptions{Without: []kiosk.FileID{kiosk.FileDG13}}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckGroups, "DG13")},
	{"LDS_H_92", "EF.COM names DG16 where EF.SOD has DG13: refused.", plain(emrtdtest.SODOptions{}), listed("DG16"), refusedFor(kiosk.CheckGroups, "DG13, DG16")},
}

func rejected(t *testing.T, o outcome) {
	t.Helper()
	o.rejected(t)
	if o.err == nil {
		o.check(t, kiosk.CheckSODSignature, kiosk.CheckFailed)
	}
}

// recoded replaces EF.COM after everything is signed.
func recoded(edit func(*lds.COM)) emrtdtest.IssueOptions {
	return emrtdtest.IssueOptions{After: func(files map[kiosk.FileID][]byte) error {
		com, err := lds.ParseCOM(files[kiosk.FileCOM])
		if err != nil {
			return err
		}
		edit(&com)
		files[kiosk.FileCOM] = com.Marshal()
		return nil
	}}
}

func versioned(version string) emrtdtest.IssueOptions {
	return recoded(func(c *lds.COM) { c.LDS = version })
}

// listed takes DG13 out of EF.COM, or puts another group in its place.
func listed(instead kiosk.FileID) emrtdtest.IssueOptions {
	return recoded(func(c *lds.COM) {
		var groups []kiosk.FileID
		for _, g := range c.Groups {
			if g != kiosk.FileDG13 {
				groups = append(groups, g)
			}
		}
		if instead != "" {
			groups = append(groups, instead)
		}
		c.Groups = groups
	})
}

// SignerInfo that is built otherwise.
var sodSigners = []sodCase{
	{"LDS_H_26", "SignerInfo has version 2: refused (RFC 5652 §5.3 knows 1 and 3).", before(func(s *emrtdtest.SignerInfo) { s.Version = tlv.AppendInt(nil, 2) }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_27", "SignerInfo has no version: refused.", before(func(s *emrtdtest.SignerInfo) { s.Version = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_28", "The serial number of the signer's identifier is another's: refused, it fits no certificate.", before(func(s *emrtdtest.SignerInfo) {
		s.Identifier[len(s.Identifier)-1] ^= 1
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonIdentifier)},
	{"LDS_H_29", "The subject key identifier of the signer is another's: refused, it fits no certificate.", plain(emrtdtest.SODOptions{
		KeyID: true, EditInfo: func(s *emrtdtest.SignerInfo) { s.Identifier[len(s.Identifier)-1] ^= 1 },
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonIdentifier)},
	{"LDS_H_30", "SignerInfo's digest algorithm is MD5, and the content is hashed with it: refused.", plain(emrtdtest.SODOptions{DigestHash: crypto.MD5}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonForbidden)},
	{"LDS_H_31", "SignerInfo has no digest algorithm: refused.", before(func(s *emrtdtest.SignerInfo) { s.Digest = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_32", "The signed attribute messageDigest is not the content's: refused.", before(func(s *emrtdtest.SignerInfo) {
		for i, a := range s.Attributes {
			if a.ID.Equal(emrtdtest.OIDMessageDigest) {
				s.Attributes[i].Value[len(a.Value)-1] ^= 1
			}
		}
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonDigest)},
	{"LDS_H_33", "The signed attribute messageDigest is missing: refused.", before(func(s *emrtdtest.SignerInfo) { s.Drop(emrtdtest.OIDMessageDigest) }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_34", "The signed attribute signingTime states a day before the signer's certificate was valid: refused. (Stated and within its validity, it is allowed.)", plain(emrtdtest.SODOptions{SigningTime: clock().AddDate(-10, 0, 0)}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerAtSigning)},
	{"LDS_H_35", "There is no signed attribute signingTime: verified, it is optional (RFC 5652 §11.3).", plain(emrtdtest.SODOptions{}), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_36", "The signature is RSA with MD5: refused.", plain(emrtdtest.SODOptions{
		Algorithm: algorithm(emrtdtest.SchemePKCS1, crypto.MD5), DigestHash: crypto.SHA256, GroupHash: crypto.SHA256,
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonForbidden)},
	{"LDS_H_37", "The signature has one bit changed: refused.", after(func(s *emrtdtest.SignerInfo) { s.Signature[len(s.Signature)-1] ^= 1 }), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSODSignature, pa.ReasonSignature)},
	{"LDS_H_38", "SignerInfo has no signature: refused.", after(func(s *emrtdtest.SignerInfo) { s.Signature = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_69", "Both the signature and the hash of DG1 are wrong: refused, with both checks failed and the signature's first.", plain(emrtdtest.SODOptions{
		EditObject: func(o *emrtdtest.SecurityObject) { o.Groups[0].Hash[10] ^= 1 },
		EditSigner: func(s *emrtdtest.SignerInfo) { s.Signature[len(s.Signature)-1] ^= 1 },
	}), emrtdtest.IssueOptions{}, func(t *testing.T, o outcome) {
		t.Helper()
		o.refused(t, kiosk.CheckSODSignature, kiosk.CheckHashes)
		for _, c := range o.read.Checks {
			if c.Result == kiosk.CheckFailed {
				if c.Name != kiosk.CheckSODSignature {
					t.Errorf("%s failed before the signature", c.Name)
				}
				break
			}
		}
	}},
	{"LDS_H_84", "SignerInfo has version 3 with issuer and serial number: refused. RFC 5652 §5.3 ties version 1 to it, and the version is not signed: a reader that takes both takes a changed byte.", before(func(s *emrtdtest.SignerInfo) {
		s.Version = tlv.AppendInt(nil, 3)
	}), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_85", "SignerInfo has version 1 with a subject key identifier: refused, as the case before; with version 3 it is verified.", plain(emrtdtest.SODOptions{
		KeyID: true, EditInfo: func(s *emrtdtest.SignerInfo) { s.Version = tlv.AppendInt(nil, 1) },
	}), emrtdtest.IssueOptions{}, broken},
}

// Certificates that are built otherwise.
var sodCertificates = []sodCase{
	{"LDS_H_48", "The signer's certificate has version 2: refused, Doc 9303-12 §7.1 wants version 3.", certificate(func(c *emrtdtest.TBS) {
		c.Version = tlv.Encode(0xA0, tlv.AppendInt(nil, 1))
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerUsage)},
	{"LDS_H_49", "The signer's certificate has no version, and so version 1: refused.", certificate(func(c *emrtdtest.TBS) { c.Version = nil }), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerUsage)},
	{"LDS_H_50", "The signer's certificate has no serial number: refused, it is no certificate.", certificate(func(c *emrtdtest.TBS) { c.Serial = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_51", "The field signature inside the certificate names another algorithm than signatureAlgorithm: refused (RFC 5280 §4.1.1.2).", certificate(func(c *emrtdtest.TBS) {
		c.Algorithm = identifier(algorithm(emrtdtest.SchemeECDSA, crypto.SHA384))
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerSignature)},
	{"LDS_H_52", "The field signature inside the certificate is missing: refused.", certificate(func(c *emrtdtest.TBS) { c.Algorithm = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_53", "The issuer of the certificate has no country, which Doc 9303-12 §7.1.1 wants: refused, it is not the CSCA's.", certificate(func(c *emrtdtest.TBS) {
		c.Issuer = encodeName(pkix.Name{CommonName: "Simulated CSCA"})
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonCountries)},
	{"LDS_H_54", "The issuer of the certificate is not the subject of the CSCA whose key signed it: undetermined. The signature is the CSCA's and the country too (all that TR-03135-1 §5.6.4.3.3 asks), RFC 5280 §6.1.3 wants the name.", certificate(func(c *emrtdtest.TBS) {
		c.Issuer = encodeName(pkix.Name{Country: []string{"VN"}, CommonName: "Another CSCA"})
	}), emrtdtest.IssueOptions{}, undecidedFor(kiosk.CheckSigner, pa.ReasonIssuerName)},
	{"LDS_H_55", "The certificate has no issuer: refused.", certificate(func(c *emrtdtest.TBS) { c.Issuer = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_56", "The validity of the certificate ended before it began, and before today: refused.", certificate(func(c *emrtdtest.TBS) {
		c.Validity = encodeValidity(clock().AddDate(-1, 0, 0), clock().AddDate(-2, 0, 0))
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerExpired)},
	{"LDS_H_57", "The certificate has no validity: refused.", certificate(func(c *emrtdtest.TBS) { c.Validity = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_58", "The certificate's key is of a kind that Doc 9303-12 §4.1.6 does not list (Ed25519): undetermined, the signature cannot be checked.", certificate(func(c *emrtdtest.TBS) {
		c.Key = tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(asn1.ObjectIdentifier{1, 3, 101, 112})), tlv.EncodeBits(make([]byte, 32)))
	}), emrtdtest.IssueOptions{}, undecidedFor(kiosk.CheckSODSignature, pa.ReasonAlgorithm)},
	{"LDS_H_59", "The certificate has no key: refused.", certificate(func(c *emrtdtest.TBS) { c.Key = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_60", "The authority key identifier has no keyIdentifier: verified, the CSCA is found by its name (TR-03135-1 §5.6.4.3.3).", certificate(func(c *emrtdtest.TBS) {
		c.Set(emrtdtest.OIDAuthorityKeyID, false, tlv.Encode(tlv.Sequence))
	}), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_61", "There is no authority key identifier: verified, the CSCA is found by its name.", certificate(func(c *emrtdtest.TBS) {
		c.Drop(emrtdtest.OIDAuthorityKeyID)
	}), emrtdtest.IssueOptions{}, verified},
	{"LDS_H_62", "The key usage is that of a certification authority: refused.", certificate(usage(0x06)), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerUsage)},
	{"LDS_H_63", "The key usage is encryption of keys, not digitalSignature: refused.", certificate(usage(0x20)), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerUsage)},
	{"LDS_H_64", "There is no key usage, which Doc 9303-12 §7.1.1 makes mandatory: refused.", certificate(func(c *emrtdtest.TBS) {
		c.Drop(emrtdtest.OIDKeyUsage)
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerUsage)},
	{"LDS_H_65", "The certificate is signed with RSA and MD5, as both its fields say: refused.", plain(emrtdtest.SODOptions{Certificate: emrtdtest.SignerOptions{
		Edit: func(c *emrtdtest.TBS) { c.Algorithm = identifier(algorithm(emrtdtest.SchemePKCS1, crypto.MD5)) },
		EditSigned: func(c *emrtdtest.SignedCertificate) {
			c.Algorithm = identifier(algorithm(emrtdtest.SchemePKCS1, crypto.MD5))
		},
	}}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonForbidden)},
	{"LDS_H_66", "The certificate has no signatureAlgorithm: refused.", signedCertificate(func(c *emrtdtest.SignedCertificate) { c.Algorithm = nil }), emrtdtest.IssueOptions{}, broken},
	{"LDS_H_67", "The certificate's signature has one bit changed: refused, it is not the CSCA's.", signedCertificate(func(c *emrtdtest.SignedCertificate) {
		c.Signature[len(c.Signature)-1] ^= 1
	}), emrtdtest.IssueOptions{}, refusedFor(kiosk.CheckSigner, pa.ReasonSignerSignature)},
	{"LDS_H_68", "The certificate has no signature: refused.", signedCertificate(func(c *emrtdtest.SignedCertificate) { c.Signature = nil }), emrtdtest.IssueOptions{}, broken},
}

func usage(bits byte) func(*emrtdtest.TBS) {
	return func(c *emrtdtest.TBS) { c.Set(emrtdtest.OIDKeyUsage, true, tlv.Encode(tlv.BitString, []byte{0, bits})) }
}

func identifier(a emrtdtest.Algorithm) []byte {
	b, err := a.Identifier()
	if err != nil {
		panic(err)
	}
	return b
}

func encodeName(n pkix.Name) []byte {
	b, err := emrtdtest.EncodeName(n)
	if err != nil {
		panic(err)
	}
	return b
}

func encodeValidity(from, to time.Time) []byte {
	b, err := emrtdtest.EncodeValidity(from, to)
	if err != nil {
		panic(err)
	}
	return b
}

func init() {
	for i := range sodAlgorithms {
		sodAlgorithms[i].text = "EF.SOD is signed as the title says, under a CSCA of another algorithm: verified."
	}
	for _, table := range [][]sodCase{sodAlgorithms, sodObjects, sodSigners, sodCertificates} {
		cases(table, func(c sodCase) string { return c.id }, func(c sodCase) string { return c.text }, runSOD)
	}
	register("LDS_H_15", "RSA with SHA-256, and the signer's certificate is not in EF.SOD but in the trust folder: verified; where it is nowhere: undetermined.", outside(emrtdtest.SchemePKCS1, crypto.SHA256))
	register("LDS_H_16", "ECDSA (BSI) with SHA-224, and the signer's certificate is not in EF.SOD but in the trust folder: verified; where it is nowhere: undetermined.", outside(emrtdtest.SchemeECDSAPlain, crypto.SHA224))
	for i, pair := range [][2]emrtdtest.Algorithm{
		{algorithm(emrtdtest.SchemePKCS1, crypto.SHA256), algorithm(emrtdtest.SchemeECDSA, crypto.SHA256)},
		{algorithm(emrtdtest.SchemeECDSA, crypto.SHA384), algorithm(emrtdtest.SchemePKCS1, crypto.SHA256)},
		{algorithm(emrtdtest.SchemePSS, crypto.SHA512), algorithm(emrtdtest.SchemePKCS1, crypto.SHA1)},
		{algorithm(emrtdtest.SchemeDSA, crypto.SHA256), algorithm(emrtdtest.SchemePSS, crypto.SHA256)},
	} {
		register(fmt.Sprintf("LDS_H_%d", 75+i), fmt.Sprintf("The CSCA signs the certificate with %s and %v, the signer EF.SOD with %s and %v: verified.",
			pair[0].Scheme, pair[0].Hash, pair[1].Scheme, pair[1].Hash), func(t *testing.T, b *bench) { mixed(t, b, pair[0], pair[1]) })
	}
	register("LDS_H_93", "A card with PACE-CAM: EF.SOD has no hash of EF.CardSecurity, as it never can have (Doc 9303-10 §4.6.2.3 numbers groups only); verified, EF.CardSecurity is judged by its own signature.", noChecksum)
}

func runSOD(t *testing.T, b *bench, c sodCase) {
	opt := c.issue
	opt.SOD = c.options(b)
	c.want(t, b.read(t, reading{Card: b.issue(t, opt)}))
	switch c.id {
	case "LDS_H_34":
		opt.SOD.SigningTime = clock().AddDate(0, -6, 0)
		b.read(t, reading{Card: b.issue(t, opt)}).verified(t)
	case "LDS_H_85":
		opt.SOD.EditInfo = nil
		b.read(t, reading{Card: b.issue(t, opt)}).verified(t)
	case "LDS_H_88":
		opt.SOD = emrtdtest.SODOptions{EditObject: func(o *emrtdtest.SecurityObject) { o.Version = tlv.AppendInt(nil, 1) }}
		broken(t, b.read(t, reading{Card: b.issue(t, opt)}))
	}
}

// trustOf makes a trust folder of files and loads it.
func trustOf(t *testing.T, files map[string][]byte) *pa.Store {
	t.Helper()
	dir := t.TempDir()
	for name, raw := range files {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store, err := pa.LoadStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range store.Sources() {
		if s.Err != nil {
			t.Fatalf("%s: %v", s.File, s.Err)
		}
	}
	return store
}

func outside(scheme emrtdtest.Scheme, hash crypto.Hash) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		signer, err := b.authority.IssueSigner(emrtdtest.SignerOptions{Algorithm: algorithm(scheme, hash)})
		if err != nil {
			t.Fatal(err)
		}
		card := b.issue(t, emrtdtest.IssueOptions{SOD: emrtdtest.SODOptions{Signer: signer, Algorithm: algorithm(scheme, hash), NoCertificate: true}})
		trust := trustOf(t, map[string][]byte{"csca.cer": b.authority.CSCA, "ds.cer": signer.Certificate})
		b.read(t, reading{Card: card, Reader: emrtd.Options{Trust: trust}}).verified(t)
		undecidedFor(kiosk.CheckSODSignature, pa.ReasonNoSigner)(t, b.read(t, reading{Card: card}))
	}
}

func mixed(t *testing.T, b *bench, csca, signer emrtdtest.Algorithm) {
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: clock().AddDate(-3, 0, 0), Algorithm: csca})
	if err != nil {
		t.Fatal(err)
	}
	made := &bench{authority: a, cards: b.cards}
	card := made.issue(t, emrtdtest.IssueOptions{SOD: emrtdtest.SODOptions{Algorithm: signer}})
	b.read(t, reading{Card: card, Reader: emrtd.Options{Trust: trustOf(t, map[string][]byte{"csca.cer": a.CSCA})}}).verified(t)
}

func noChecksum(t *testing.T, b *bench) {
	o := b.read(t, reading{Card: b.issue(t, mappedOptions())})
	o.verified(t)
	if o.read == nil || o.read.Files[kiosk.FileCardSecurity] == nil {
		t.Fatal("EF.CardSecurity was not read")
	}
	r := pa.Verify(o.read.Files[kiosk.FileSOD], nil, b.trust, clock())
	for _, n := range r.SODGroups {
		if n < 1 || n > 16 {
			t.Errorf("EF.SOD has a hash under %d", n)
		}
	}
}
