package emrtdtest

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"slices"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The object identifiers of a security object (Doc 9303-10 §4.6.2.3, RFC 5652).
var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidLDSSecurity   = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 1}
	oidSecurityInfos = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 3, 2, 1} // EF.CardSecurity (TR-03110-3 §A.1.2.5)
	oidMasterList    = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 2}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

// tagSOD is the tag of EF.SOD.
const tagSOD tlv.Tag = 0x77

// SignSOD builds EF.SOD over the data groups among files: the LDS security object with their SHA-256 hashes in CMS SignedData,
// signed attributes and the document signer's certificate inside (Doc 9303-10 §4.6.2). Groups named in without are left out.
func (a *Authority) SignSOD(files map[kiosk.FileID][]byte, without ...kiosk.FileID) ([]byte, error) {
	return a.SignSODWith(files, SODOptions{Without: without})
}

// SignSODWith is SignSOD with options.
func (a *Authority) SignSODWith(files map[kiosk.FileID][]byte, opt SODOptions) ([]byte, error) {
	content := opt.Content
	if content == nil {
		content = opt.object(files).encode()
	}
	cms, err := a.signContent(oidLDSSecurity, content, opt)
	if err != nil {
		return nil, fmt.Errorf("sign EF.SOD: %w", err)
	}
	return opt.file(tlv.Encode(tagSOD, cms)), nil
}

// SignCardSecurity builds EF.CardSecurity over security infos, a SET as [lds.MarshalSecurityInfos] builds it (TR-03110-3 §A.1.2.5,
// Doc 9303-11 §9.2.11). PACE with chip authentication mapping needs it.
func (a *Authority) SignCardSecurity(infos []byte) ([]byte, error) {
	return a.SignCardSecurityWith(infos, SODOptions{})
}

// SignCardSecurityWith is SignCardSecurity with options.
func (a *Authority) SignCardSecurityWith(infos []byte, opt SODOptions) ([]byte, error) {
	cms, err := a.signContent(oidSecurityInfos, infos, opt)
	if err != nil {
		return nil, fmt.Errorf("sign EF.CardSecurity: %w", err)
	}
	return opt.file(cms), nil
}

func (o *SODOptions) file(raw []byte) []byte {
	if o.EditFile != nil {
		return o.EditFile(raw)
	}
	return raw
}

// groupHash gives the hash of the data groups.
func (o *SODOptions) groupHash() crypto.Hash {
	if o.GroupHash != 0 {
		return o.GroupHash
	}
	return o.Algorithm.withDefaults().Hash
}

// object is the LDS security object over the files' groups, by group number.
func (o *SODOptions) object(files map[kiosk.FileID][]byte) *SecurityObject {
	h := o.groupHash()
	s := &SecurityObject{Version: tlv.AppendInt(nil, 0), Hash: HashIdentifier(h)}
	for n := 1; n <= 16; n++ {
		id := kiosk.FileID(fmt.Sprintf("DG%d", n))
		data, ok := files[id]
		if !ok || slices.Contains(o.Without, id) {
			continue
		}
		s.Groups = append(s.Groups, GroupHash{Number: tlv.AppendInt(nil, n), Hash: tlv.Encode(tlv.OctetString, digest(h, data))})
	}
	if o.LDS != "" {
		unicode := o.Unicode
		if unicode == "" {
			unicode = "040000"
		}
		s.Version = tlv.AppendInt(nil, 1)
		s.Versions = tlv.Encode(tlv.Sequence, tlv.Encode(tlv.PrintableString, []byte(o.LDS)), tlv.Encode(tlv.PrintableString, []byte(unicode)))
	}
	if o.EditObject != nil {
		o.EditObject(s)
	}
	return s
}

func (s *SecurityObject) encode() []byte {
	var groups []byte
	for _, g := range s.Groups {
		groups = append(groups, tlv.Encode(tlv.Sequence, g.Number, g.Hash)...)
	}
	return tlv.Encode(tlv.Sequence, s.Version, s.Hash, tlv.Encode(tlv.Sequence, groups), s.Versions)
}

// securityObject is the usual content of EF.SOD.
func securityObject(files map[kiosk.FileID][]byte, without []kiosk.FileID) []byte {
	o := SODOptions{Without: without}
	return o.object(files).encode()
}
