package kiosk

// Verdict is the result of verifying an identity. There are three, never two.
type Verdict string

// The verdicts. The zero value is not a verdict; treat it as [Undetermined].
const (
	Verified     Verdict = "verified"     // every mandatory check succeeded
	Refused      Verdict = "refused"      // at least one check failed: the document or the holder is not what it claims
	Undetermined Verdict = "undetermined" // nothing failed, but a mandatory check could not be made
)

// CheckResult is the result of one check, in the vocabulary of BSI TR-03135-1 §5.6.
type CheckResult string

// The results of a check.
const (
	CheckSuccessful   CheckResult = "successful"
	CheckFailed       CheckResult = "failed"
	CheckUndetermined CheckResult = "undetermined"
	CheckNotSupported CheckResult = "not_supported"
	CheckAborted      CheckResult = "aborted"
)

// CheckName names a check. Names are stable: they stand in evidence, on the wire and in texts.
type CheckName string

// The checks of a chip read (BSI TR-03135-1 §5.6) and of the person in front of it.
const (
	CheckAccess         CheckName = "access"          // PACE or BAC opened the chip; Reason names the protocol and key
	CheckSODSignature   CheckName = "sod_signature"   // EF.SOD's CMS signature under the document signer (Doc 9303-11 §5.1)
	CheckSigner         CheckName = "signer"          // document signer certificate under a trusted CSCA, valid, not revoked
	CheckHashes         CheckName = "hashes"          // every group read equals its hash in EF.SOD, over raw bytes
	CheckGroups         CheckName = "groups"          // EF.COM, EF.SOD and the groups read name the same set
	CheckCardAccess     CheckName = "card_access"     // EF.CardAccess equals what DG14 says (TR-03110-1 §3.2)
	CheckChipAuth       CheckName = "chip_auth"       // chip authentication v1 under DG14's key
	CheckActiveAuth     CheckName = "active_auth"     // active authentication under DG15's key
	CheckIssuer         CheckName = "issuer"          // issuing state of DG1 equals the signer's country
	CheckEncoding       CheckName = "encoding"        // the files read are built as ICAO Doc 9303-10 says; Reason names what is not
	CheckNumber         CheckName = "number"          // number typed or scanned = DG1 = DG13
	CheckExpiry         CheckName = "expiry"          // the document has not expired on the day of the visit
	CheckFaceMatch      CheckName = "face_match"      // live face equals DG2's, above the threshold
	CheckFaceQuality    CheckName = "face_quality"    // the frames were good enough to decide
	CheckFaceAlone      CheckName = "face_alone"      // exactly one face through the whole capture
	CheckFaceLiveness   CheckName = "face_liveness"   // presentation attack detection
	CheckFaceContinuity CheckName = "face_continuity" // the same person in every frame of the capture
	CheckFaceTurn       CheckName = "face_turn"       // the head turned to the side that was asked for; Reason tells how, also of a success
)

// Check is one check's result with its reason. Reason is a short machine-readable English phrase without personal data.
type Check struct {
	Name   CheckName   `json:"name"`
	Result CheckResult `json:"result"`
	Reason string      `json:"reason,omitempty"`
}

// ReasonKeyDiffers is why [CheckNumber] failed when the number typed opened the chip but is not the one in it: the CAN is only
// the last six digits, so the first six may have been mistyped.
const ReasonKeyDiffers = "key differs from DG1"
