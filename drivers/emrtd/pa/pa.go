// Package pa does passive authentication: it tells whether the files of a chip are the ones an issuing state signed.
//
// EF.SOD is a CMS SignedData over the hashes of the data groups. [Verify] checks, in this order and independently: that the
// signature is good under the document signer certificate it carries ("sod_signature"); that this certificate was issued by a
// CSCA of the trust store, is valid now and not revoked ("signer"); that every group read has the hash that was signed
// ("hashes"); that EF.COM names the same groups ("groups"); and that DG1's issuing state is the signer's ("issuer"). A missing
// trust anchor makes "signer" undetermined, never successful.
//
// crypto/x509 cannot be used: three of four CSCA certificates with EC keys write out their curve, many use brainpool curves or
// RSASSA-PSS, and it refuses all of these. This package reads certificates and CMS itself, strictly: CMS leaves a number of
// bytes outside what is signed (version numbers, lists of algorithms, the signer's identifier), and every one of them must have
// the value the signed part implies, so that a security object with any byte changed is refused. One alias is left, and is
// harmless: rsaEncryption and shaXXXWithRSAEncryption name the same computation in a SignerInfo.
//
// Tolerated, because real documents need it: BER lengths in CMS, signed attributes sent in another order than they were signed
// in, different hashes for content and attributes, an absent or NULL parameter of an algorithm, a signer's identifier whose name
// has its parts in another order or all its texts of another string type.
//
// Reasons are short English phrases for machines and technicians; [Reasons] lists them all.
//
// Sources: ICAO Doc 9303-10 §4.6.2 (EF.SOD), 9303-11 §5.1 (passive authentication), 9303-12 §7 (certificate, CRL and master
// list profiles), RFC 5652 (CMS), RFC 5280 (X.509), RFC 4055 (RSASSA-PSS), BSI TR-03135-1 §5.6.4 (checks and results).
package pa

import (
	"errors"
	"maps"
	"time"

	"motcua/kiosk"
)

// Errors of parsers, wrapped with what was being read.
var (
	ErrFormat      = errors.New("wrong structure")
	ErrUnsupported = errors.New("algorithm not supported")
)

// The reasons a check gives. Those of groups are followed by the groups' names: "hash of DG2, DG13 differs".
const (
	ReasonMalformed        = "security object malformed"
	ReasonNoSigner         = "signer certificate missing"
	ReasonContentType      = "content type differs"
	ReasonDigest           = "message digest differs"
	ReasonSignature        = "signature invalid"
	ReasonAlgorithm        = "algorithm not supported"
	ReasonNotReached       = "security object not verified"
	ReasonIssuerUnknown    = "issuer unknown"
	ReasonSignerSignature  = "signer certificate signature invalid"
	ReasonSignerUsage      = "signer certificate not for document signing"
	ReasonExtraCertificate = "unknown certificate beside the signer's"
	ReasonSignerNotYet     = "signer not yet valid"
	ReasonSignerExpired    = "signer expired"
	ReasonSignerAtSigning  = "signed outside the signer's validity"
	ReasonIssuerNotYet     = "issuer not yet valid"
	ReasonIssuerExpired    = "issuer expired"
	ReasonSignerRevoked    = "signer revoked"
	ReasonIssuerRevoked    = "issuer revoked"
	ReasonCountries        = "countries of signer and issuer differ"
	ReasonNoGroups         = "no data group read"
	ReasonHash             = "hash of %s differs"
	ReasonNotSigned        = "group %s not in security object"
	ReasonCOMMalformed     = "EF.COM malformed"
	ReasonCOMDiffers       = "EF.COM and security object differ: %s"
	ReasonDG1              = "DG1 not verified"
	ReasonStateUnknown     = "issuing state unknown"
	ReasonStateDiffers     = "issuing state differs from signer's country"
)

// results gives the result that goes with each reason.
var results = map[string]kiosk.CheckResult{
	ReasonMalformed:        kiosk.CheckFailed,
	ReasonNoSigner:         kiosk.CheckFailed,
	ReasonContentType:      kiosk.CheckFailed,
	ReasonDigest:           kiosk.CheckFailed,
	ReasonSignature:        kiosk.CheckFailed,
	ReasonAlgorithm:        kiosk.CheckNotSupported,
	ReasonNotReached:       kiosk.CheckAborted,
	ReasonIssuerUnknown:    kiosk.CheckUndetermined,
	ReasonSignerSignature:  kiosk.CheckFailed,
	ReasonSignerUsage:      kiosk.CheckFailed,
	ReasonExtraCertificate: kiosk.CheckFailed,
	ReasonSignerNotYet:     kiosk.CheckFailed,
	ReasonSignerExpired:    kiosk.CheckFailed,
	ReasonSignerAtSigning:  kiosk.CheckFailed,
	ReasonIssuerNotYet:     kiosk.CheckFailed,
	ReasonIssuerExpired:    kiosk.CheckFailed,
	ReasonSignerRevoked:    kiosk.CheckFailed,
	ReasonIssuerRevoked:    kiosk.CheckFailed,
	ReasonCountries:        kiosk.CheckFailed,
	ReasonNoGroups:         kiosk.CheckUndetermined,
	ReasonHash:             kiosk.CheckFailed,
	ReasonNotSigned:        kiosk.CheckFailed,
	ReasonCOMMalformed:     kiosk.CheckFailed,
	ReasonCOMDiffers:       kiosk.CheckFailed,
	ReasonDG1:              kiosk.CheckAborted,
	ReasonStateUnknown:     kiosk.CheckUndetermined,
	ReasonStateDiffers:     kiosk.CheckFailed,
}

// Reasons lists every reason with the result it goes with.
func Reasons() map[string]kiosk.CheckResult { return maps.Clone(results) }

// Result is what passive authentication found.
type Result struct {
	Checks       []kiosk.Check
	Signer       kiosk.Signer
	GroupOK      map[kiosk.FileID]bool // groups read: raw bytes have the hash in the security object; says nothing of the signature
	SODGroups    []int                 // groups in the security object, ascending
	Object       *SecurityObject       // nil when EF.SOD could not be read
	HashAlg      string                // "SHA-256", of the groups
	SignatureAlg string                // "ECDSA SHA-384 brainpoolP384r1"
	Revocation   string                // "good", "no list", "list out of date"; "" when the chain was not closed
	Signed       time.Time             // the signing time the signer states, zero when it states none
}

// Check gives the check of that name; ok is false when it was not made.
func (r *Result) Check(name kiosk.CheckName) (c kiosk.Check, ok bool) {
	for _, c := range r.Checks {
		if c.Name == name {
			return c, true
		}
	}
	return kiosk.Check{}, false
}

// Is reports whether the check of that name was made and successful.
func (r *Result) Is(name kiosk.CheckName) bool {
	c, ok := r.Check(name)
	return ok && c.Result == kiosk.CheckSuccessful
}

// Trusted reports whether the security object is genuine: signed, by a signer under a trust anchor.
func (r *Result) Trusted() bool { return r.Is(kiosk.CheckSODSignature) && r.Is(kiosk.CheckSigner) }

// Authentic reports whether a group read is genuine: its raw bytes have the hash that a trusted signer signed.
func (r *Result) Authentic(id kiosk.FileID) bool { return r.Trusted() && r.GroupOK[id] }

// Verdict joins the checks: failed when one failed, else successful when all are, else undetermined.
func (r *Result) Verdict() kiosk.CheckResult {
	verdict := kiosk.CheckSuccessful
	if len(r.Checks) == 0 {
		return kiosk.CheckUndetermined
	}
	for _, c := range r.Checks {
		switch c.Result {
		case kiosk.CheckSuccessful:
		case kiosk.CheckFailed:
			return kiosk.CheckFailed
		case kiosk.CheckUndetermined, kiosk.CheckNotSupported, kiosk.CheckAborted:
			verdict = kiosk.CheckUndetermined
		default:
			verdict = kiosk.CheckUndetermined
		}
	}
	return verdict
}
