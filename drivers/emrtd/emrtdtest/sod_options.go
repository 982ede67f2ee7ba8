package emrtdtest

import (
	"crypto"
	"time"

	"motcua/kiosk"
)

// SODOptions say how EF.SOD, or EF.CardSecurity, is made otherwise than usual. The zero value is what [Authority.SignSOD] makes.
//
// Everything is signed after the change unless the field says otherwise, so that a reader must find what is wrong, not that a
// signature is.
type SODOptions struct {
	Algorithm   Algorithm   // of the signature, and so of the signer's key
	Curve       string      // of the signer's key, the authority's when ""
	Explicit    bool        // the signer's key has its domain parameters written out
	GroupHash   crypto.Hash // of the data groups; the algorithm's when 0
	DigestHash  crypto.Hash // of the content, in SignerInfo; the algorithm's when 0
	By          Algorithm   // with which the CSCA signs the signer's certificate; the CSCA's own when zero
	Certificate SignerOptions
	Signer      *Signer // takes this signer, and none of the four above, instead of one made for this object

	KeyID         bool           // the signer is named by its subject key identifier, and SignerInfo has version 3
	NoCertificate bool           // the signer's certificate is left out
	Beside        [][]byte       // certificates beside the signer's
	SigningTime   time.Time      // signed attribute, left out when zero
	LDS           string         // LDS version "0108": makes the object version 1
	Unicode       string         // "040000" when ""
	Without       []kiosk.FileID // groups left out
	Content       []byte         // instead of the security object that was built

	EditObject func(*SecurityObject) // the content's parts
	EditInfo   func(*SignerInfo)     // SignerInfo before the attributes are signed
	EditSigner func(*SignerInfo)     // SignerInfo after
	EditSigned func(*SignedData)     // what is around them
	EditFile   func([]byte) []byte   // the whole file
}

// SecurityObject is LDSSecurityObject as encoded parts (Doc 9303-10 §4.6.2.3). Parts that are nil are left out.
type SecurityObject struct {
	Version  []byte
	Hash     []byte      // AlgorithmIdentifier
	Groups   []GroupHash //
	Versions []byte      // LDSVersionInfo
}

// GroupHash is one DataGroupHash as encoded parts.
type GroupHash struct{ Number, Hash []byte }

// SignerInfo is RFC 5652 §5.3's as encoded parts. Parts that are nil are left out.
type SignerInfo struct {
	Version    []byte
	Identifier []byte // issuer and serial number, or subject key identifier with tag 80
	Digest     []byte // AlgorithmIdentifier
	Attributes []Attribute
	Algorithm  []byte // AlgorithmIdentifier
	Signature  []byte // OCTET STRING
	Unsigned   []byte // attributes with tag A1
	Unordered  bool   // attributes are signed and sent in the order given, not in DER's
}

// SignedData is RFC 5652 §5.1's as encoded parts. Parts that are nil are left out.
type SignedData struct {
	Version      []byte
	Digests      []byte // SET
	ContentType  []byte // OID
	Content      []byte // OCTET STRING
	Certificates []byte // with tag A0
	Lists        []byte // with tag A1
	Signers      []byte // SET
	Outer        []byte // OID of ContentInfo
}
