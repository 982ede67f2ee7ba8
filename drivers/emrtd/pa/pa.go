// Package pa does passive authentication: it tells whether the files of a chip are the ones an issuing state signed.
//
// EF.SOD is a CMS SignedData over the hashes of the data groups. [Verify] checks, in this order and independently: that the
// signature is good under the document signer certificate it carries ("sod_signature"); that this certificate was issued by a
// CSCA of the trust store, is valid now and not revoked ("signer"); that every group read has the hash that was signed
// ("hashes"); that EF.COM names the same groups ("groups"); and that DG1's issuing state is the signer's ("issuer"). A missing
// trust anchor makes "signer" undetermined, never successful. [Result.Steps] has the partial checks of BSI TR-03135-1 §5.6.4.
//
// Revocation: where the store has no list of the issuer, the step is undetermined and the check "signer" is not held up by it, for
// few states' lists can be had; where it has one that is out of date, "signer" is undetermined, for the operator wants it asked.
//
// crypto/x509 cannot be used: three of four CSCA certificates with EC keys write out their curve, many use brainpool curves or
// RSASSA-PSS, and it refuses all of these. This package reads certificates and CMS itself, strictly: CMS leaves a number of
// bytes outside what is signed (version numbers, lists of algorithms, the signer's identifier), and every one of them must have
// the value the signed part implies, so that a security object with any byte changed is refused.
//
// One alias is left. A SignerInfo names RSASSA-PKCS1-v1_5 either rsaEncryption (RFC 3370 §3.2) or shaXXXWithRSAEncryption (RFC 5754
// §3.2); the two object identifiers differ in their last byte, both have NULL parameters, the field is not signed, and no signed
// byte of SignerInfo, content or certificate depends on which is used. Documents with either are in circulation (BSI
// TR-03105-5.1 LDS_H_01 to _07 and _79 to _83 want both accepted), so a reader that refused the changed one would refuse genuine
// documents. The hash is the same: it must equal SignerInfo's digest algorithm for rsaEncryption, so that the computation, the
// key and the result are those of the unchanged object. Where the signer added the signed attribute CMSAlgorithmProtection (RFC
// 6211), which says what it used, the alias is refused.
//
// Tolerated, because real documents need it: BER lengths in CMS, signed attributes sent in another order than they were signed
// in, different hashes for content and attributes, an absent or NULL parameter of an algorithm, a signer's identifier whose name
// departs from the certificate's in one way throughout (order, string type, capitals, blanks).
//
// Reasons are short English phrases for machines and technicians; [Reasons] lists them all.
//
// Sources: ICAO Doc 9303-10 §4.6.2 (EF.SOD), 9303-11 §5.1 (passive authentication), 9303-12 §7 (certificate, CRL and master
// list profiles), RFC 5652 (CMS), RFC 5280 (X.509), RFC 4055 (RSASSA-PSS), BSI TR-03135-1 v2.5 §5.6.4 (checks and results) and
// §5.8.2 (defects).
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
	ErrForbidden   = errors.New("algorithm not allowed")
)

// The reasons a check gives. Those of groups are followed by the groups' names: "hash of DG2, DG13 differs".
const (
	ReasonMalformed        = "security object malformed"
	ReasonNoSigner         = "signer certificate missing"
	ReasonIdentifier       = "signer identifier fits no certificate"
	ReasonContentType      = "content type differs"
	ReasonDigest           = "message digest differs"
	ReasonSignature        = "signature invalid"
	ReasonAlgorithm        = "algorithm not supported"
	ReasonForbidden        = "algorithm not allowed"
	ReasonSODDefect        = "security object malformed, a known defect"
	ReasonNotReached       = "security object not verified"
	ReasonIssuerUnknown    = "issuer unknown"
	ReasonSignerSignature  = "signer certificate signature invalid"
	ReasonSignerUsage      = "signer certificate not for document signing"
	ReasonCritical         = "signer certificate has an unknown critical extension"
	ReasonExtraCertificate = "unknown certificate beside the signer's"
	ReasonSignerNotYet     = "signer not yet valid"
	ReasonSignerExpired    = "signer expired"
	ReasonSignerAtSigning  = "signed outside the signer's validity"
	ReasonIssuerNotYet     = "issuer not yet valid"
	ReasonIssuerExpired    = "issuer expired"
	ReasonSignerRevoked    = "signer revoked"
	ReasonIssuerRevoked    = "issuer revoked"
	ReasonNoList           = "no revocation list"
	ReasonListOld          = "revocation list out of date"
	ReasonDefectRevoked    = "signer revoked by a defect entry"
	ReasonDefectSuspect    = "signer under suspicion by a defect entry"
	ReasonDefectEncoding   = "signer certificate malformed, a known defect"
	ReasonDefectsUnusable  = "defects file cannot be used"
	ReasonDefectValidity   = "validity incorrect, a known defect"
	ReasonCountries        = "countries of signer and issuer differ"
	ReasonIssuerName       = "issuer's name differs from the anchor's"
	ReasonNoGroups         = "no data group read"
	ReasonHash             = "hash of %s differs"
	ReasonNotSigned        = "group %s not in security object"
	ReasonCOMMalformed     = "EF.COM malformed"
	ReasonCOMDiffers       = "EF.COM and security object differ: %s"
	ReasonCOMDefect        = "EF.COM and security object differ, a known defect"
	ReasonDG1              = "DG1 not verified"
	ReasonStateUnknown     = "issuing state unknown"
	ReasonStateDiffers     = "issuing state differs from signer's country"
)

// results gives the result that goes with each reason.
var results = map[string]kiosk.CheckResult{
	ReasonMalformed:        kiosk.CheckFailed,
	ReasonNoSigner:         kiosk.CheckUndetermined,
	ReasonIdentifier:       kiosk.CheckFailed,
	ReasonContentType:      kiosk.CheckFailed,
	ReasonDigest:           kiosk.CheckFailed,
	ReasonSignature:        kiosk.CheckFailed,
	ReasonAlgorithm:        kiosk.CheckUndetermined,
	ReasonForbidden:        kiosk.CheckFailed,
	ReasonSODDefect:        kiosk.CheckUndetermined,
	ReasonNotReached:       kiosk.CheckAborted,
	ReasonIssuerUnknown:    kiosk.CheckUndetermined,
	ReasonSignerSignature:  kiosk.CheckFailed,
	ReasonSignerUsage:      kiosk.CheckFailed,
	ReasonCritical:         kiosk.CheckFailed,
	ReasonExtraCertificate: kiosk.CheckUndetermined,
	ReasonSignerNotYet:     kiosk.CheckFailed,
	ReasonSignerExpired:    kiosk.CheckFailed,
	ReasonSignerAtSigning:  kiosk.CheckFailed,
	ReasonIssuerNotYet:     kiosk.CheckFailed,
	ReasonIssuerExpired:    kiosk.CheckFailed,
	ReasonSignerRevoked:    kiosk.CheckFailed,
	ReasonIssuerRevoked:    kiosk.CheckFailed,
	ReasonNoList:           kiosk.CheckUndetermined,
	ReasonListOld:          kiosk.CheckUndetermined,
	ReasonDefectRevoked:    kiosk.CheckFailed,
	ReasonDefectSuspect:    kiosk.CheckUndetermined,
	ReasonDefectEncoding:   kiosk.CheckUndetermined,
	ReasonDefectsUnusable:  kiosk.CheckUndetermined,
	ReasonDefectValidity:   kiosk.CheckUndetermined,
	ReasonCountries:        kiosk.CheckFailed,
	ReasonIssuerName:       kiosk.CheckUndetermined,
	ReasonNoGroups:         kiosk.CheckUndetermined,
	ReasonHash:             kiosk.CheckFailed,
	ReasonNotSigned:        kiosk.CheckFailed,
	ReasonCOMMalformed:     kiosk.CheckFailed,
	ReasonCOMDiffers:       kiosk.CheckFailed,
	ReasonCOMDefect:        kiosk.CheckUndetermined,
	ReasonDG1:              kiosk.CheckAborted,
	ReasonStateUnknown:     kiosk.CheckUndetermined,
	ReasonStateDiffers:     kiosk.CheckFailed,
}

// Reasons lists every reason with the result it goes with.
func Reasons() map[string]kiosk.CheckResult { return maps.Clone(results) }

// Result is what passive authentication found.
type Result struct {
	Checks       []kiosk.Check
	Steps        []Step                     // the partial checks
	Integrity    map[kiosk.FileID]Integrity // of the groups in the security object and those read
	Defects      []Defect                   // entries of the defects file for this signer
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

// Defect gives the entry of that code for the signer.
func (r *Result) Defect(code DefectCode) (d Defect, ok bool) {
	for _, d := range r.Defects {
		if d.Code == code {
			return d, true
		}
	}
	return Defect{}, false
}

// Compromised reports whether a defect entry says that the private keys behind chip or active authentication are in other hands, so
// that its success proves nothing (TR-03135-1 §5.8.2.1.3 and .4: the check counts as failed).
func (r *Result) Compromised(name kiosk.CheckName) bool {
	code := map[kiosk.CheckName]DefectCode{kiosk.CheckChipAuth: DefectChipKeys, kiosk.CheckActiveAuth: DefectActiveKeys}[name]
	_, ok := r.Defect(code)
	return ok && code != ""
}

// Excused reports whether a defect entry says that a protocol fails with genuine documents of this signer, so that its failure is
// undetermined (§5.8.2.1.5). name is CheckChipAuth or CheckActiveAuth, or CheckAccess for PACE.
func (r *Result) Excused(name kiosk.CheckName) bool {
	scope := string(name)
	if name == kiosk.CheckAccess {
		scope = "pace"
	}
	for _, d := range r.Defects {
		if d.Code == DefectProtocol && d.Scope == scope {
			return true
		}
	}
	return false
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
