package pa

import "motcua/kiosk"

// Step is one partial check of BSI TR-03135-1 §5.6.4. The checks of [Result] join them.
type Step struct {
	Name    string            `json:"name"`
	Section string            `json:"section"` // of TR-03135-1, or another document
	Result  kiosk.CheckResult `json:"result"`
	Reason  string            `json:"reason,omitempty"`
}

// The names of steps.
const (
	StepDigest     = "sod_digest"        // the content has the hash that is signed
	StepSignature  = "sod_signature"     // the signature is the signer's
	StepChain      = "signer_signature"  // the signer's certificate was issued by an anchor
	StepProfile    = "signer_profile"    // it is one of a document signer
	StepSigner     = "signer_validity"   // it is valid now
	StepIssuer     = "issuer_validity"   // the anchor is valid now
	StepSigning    = "signing_time"      // stated, and within the signer's validity
	StepRevocation = "signer_revocation" // neither is revoked
	StepCOM        = "com_sod"           // EF.COM and EF.SOD name the same groups
	StepGroups     = "group_hashes"      // the groups read have their hashes
	StepState      = "issuing_state"     // DG1's issuing state is the signer's
)

var sections = map[string]string{
	StepDigest: "5.6.4.2.2", StepSignature: "5.6.4.2.2", StepChain: "5.6.4.3.3", StepProfile: "Doc 9303-12 §7.1",
	StepSigner: "5.6.4.3.4", StepIssuer: "5.6.4.3.4", StepSigning: "RFC 5652 §11.3", StepRevocation: "5.6.4.3.5", StepCOM: "5.6.4.4.1", StepGroups: "5.6.4.4.2", StepState: "5.6.4.5",
}

// step records a partial check, with the result that goes with its reason.
func (r *Result) step(name, reason string) {
	result := kiosk.CheckSuccessful
	if reason != "" {
		result = results[reason]
	}
	r.stepResult(name, reason, result)
}

func (r *Result) stepResult(name, reason string, result kiosk.CheckResult) {
	r.Steps = append(r.Steps, Step{Name: name, Section: sections[name], Result: result, Reason: reason})
}

// Integrity is what is known of a group's hash (Table 5.42).
type Integrity string

// The integrity states of a group. "present" and "not present" are for the reader to tell apart: here a group that was not handed
// over is not read.
const (
	Identical    Integrity = "identical"
	NotIdentical Integrity = "not identical"
	NotSigned    Integrity = "not in security object"
	NotRead      Integrity = "not read"
)
