package main

import (
	"fmt"
	"io"
	"strings"

	"motcua/kiosk"
)

// explained is a check with what it means and, when it did not succeed, what a technician does about it.
type explained struct {
	kiosk.Check
	Text string `json:"text,omitempty"`
	Hint string `json:"hint,omitempty"`
}

// checkTexts say in a few words what a check compares. Results are those of BSI TR-03135-1 §5.6: successful, failed, undetermined,
// not_supported, aborted.
var checkTexts = map[kiosk.CheckName]string{
	kiosk.CheckAccess:       "the chip was opened with the key given",
	kiosk.CheckSODSignature: "the security object's signature",
	kiosk.CheckSigner:       "the document signer, under a trusted issuer",
	kiosk.CheckHashes:       "each file read is the one that was signed",
	kiosk.CheckGroups:       "the files listed, signed and read are the same",
	kiosk.CheckCardAccess:   "what the chip offered before access is what was signed",
	kiosk.CheckChipAuth:     "the chip has the private key of DG14: no copy",
	kiosk.CheckActiveAuth:   "the chip has the private key of DG15: no copy",
	kiosk.CheckIssuer:       "the issuing state is the signer's country",
	kiosk.CheckNumber:       "the key given, DG1 and DG13 name the same person",
	kiosk.CheckExpiry:       "the document has not expired",
	kiosk.CheckEncoding:     "the files are coded as Doc 9303-10 says",
}

// The hints that several checks share.
const (
	hintForged = "the card is forged or damaged: keep it from further use and tell the issuing authority"
	hintAnchor = "put the issuer's CSCA certificate or a master list that holds it into the folder given with -trust"
	hintCopied = "the chip is a copy, or broken: read it once more, then tell the issuing authority"
)

// checkHints say what to do when a check did not succeed.
var checkHints = map[kiosk.CheckName]map[kiosk.CheckResult]string{
	kiosk.CheckSODSignature: {kiosk.CheckFailed: hintForged, kiosk.CheckUndetermined: "the signature's algorithm is not known here: keep EF.SOD (-out) for the manufacturer of this kiosk"},
	kiosk.CheckSigner: {
		kiosk.CheckFailed: "the signer was revoked or was not valid when it signed: renew the revocation lists, then treat the card as forged", kiosk.CheckUndetermined: hintAnchor,
	},
	kiosk.CheckHashes:     {kiosk.CheckFailed: hintForged},
	kiosk.CheckGroups:     {kiosk.CheckFailed: hintForged, kiosk.CheckUndetermined: "a file could not be read: read the card once more"},
	kiosk.CheckCardAccess: {kiosk.CheckFailed: "somebody made the chip look weaker than it is: check the reader's cable for foreign devices, then treat the card as forged"},
	kiosk.CheckChipAuth: {
		kiosk.CheckFailed: hintCopied, kiosk.CheckAborted: hintCopied,
		kiosk.CheckUndetermined: "the key counts only under a trusted signer: see the check signer",
	},
	kiosk.CheckActiveAuth: {
		kiosk.CheckFailed: hintCopied, kiosk.CheckAborted: "the chip refused: chip authentication decides",
		kiosk.CheckUndetermined: "the key counts only under a trusted signer: see the check signer",
	},
	kiosk.CheckIssuer:   {kiosk.CheckFailed: hintForged, kiosk.CheckUndetermined: "see the check signer"},
	kiosk.CheckNumber:   {kiosk.CheckFailed: "compare the number typed with the card; when it is right, the card is forged"},
	kiosk.CheckExpiry:   {kiosk.CheckFailed: "the holder needs a new card", kiosk.CheckUndetermined: "compare the date on the card with the clock of this machine"},
	kiosk.CheckEncoding: {kiosk.CheckFailed: "keep the files (-out) for the manufacturer of this kiosk"},
}

// explain adds texts and hints to checks.
func explain(checks []kiosk.Check) []explained {
	out := make([]explained, len(checks))
	for i, k := range checks {
		out[i] = explained{Check: k, Text: checkTexts[k.Name], Hint: checkHints[k.Name][k.Result]}
	}
	return out
}

// printExplained prints a line for each check, and below it the hint when there is one.
func printExplained(w io.Writer, checks []explained) {
	for _, k := range checks {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-14s %-13s %-52s %s", k.Name, k.Result, k.Reason, k.Text), " "))
		if k.Hint != "" {
			fmt.Fprintf(w, "  %-14s to do: %s\n", "", k.Hint)
		}
	}
}

// deciding names the check because of which a document is not verified: the first that failed, else the first that could not be made.
// It is "" for a verified document.
func deciding(r *kiosk.ChipRead) kiosk.CheckName {
	if r.Verdict == kiosk.Verified {
		return ""
	}
	for _, result := range []kiosk.CheckResult{kiosk.CheckFailed, kiosk.CheckUndetermined, kiosk.CheckAborted, kiosk.CheckNotSupported} {
		for _, k := range r.Checks {
			if k.Result == result {
				return k.Name
			}
		}
	}
	return ""
}
