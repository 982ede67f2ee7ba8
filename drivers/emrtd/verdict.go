package emrtd

import "motcua/kiosk"

// mandatory are the checks that must have succeeded for a document to be verified. Besides them one proof that the chip is no
// copy is needed: chip authentication, or active authentication where the chip offers no chip authentication.
var mandatory = []kiosk.CheckName{
	kiosk.CheckAccess, kiosk.CheckSODSignature, kiosk.CheckSigner, kiosk.CheckHashes, kiosk.CheckGroups, kiosk.CheckCardAccess,
	kiosk.CheckIssuer, kiosk.CheckEncoding, kiosk.CheckNumber, kiosk.CheckExpiry,
}

// Verdict says what the checks of a chip read are worth together: refused when any failed; verified when every mandatory one
// and a proof against copying succeeded; undetermined otherwise. A check that was not made counts as undetermined.
//
// There is one exception: a chip without PACE has no EF.CardAccess, so there is nothing to compare with DG14. That check is not
// supported then, and only then; where the signed files announce PACE it has failed (checkCardAccess).
//
// Active authentication that was refused by the chip is aborted, not failed: with chip authentication the document is verified
// all the same, without it nobody knows (BSI TR-03110-1 §2.4: active authentication may be used in addition).
func Verdict(checks []kiosk.Check) kiosk.Verdict {
	result := map[kiosk.CheckName]kiosk.CheckResult{}
	for _, c := range checks {
		if c.Result == kiosk.CheckFailed {
			return kiosk.Refused
		}
		if r, twice := result[c.Name]; !twice || r == kiosk.CheckSuccessful {
			result[c.Name] = c.Result // of two results the worse one
		}
	}
	for _, name := range mandatory {
		switch r := result[name]; {
		case r == kiosk.CheckSuccessful:
		case r == kiosk.CheckNotSupported && name == kiosk.CheckCardAccess:
		default:
			return kiosk.Undetermined
		}
	}
	if !notCopied(result[kiosk.CheckChipAuth], result[kiosk.CheckActiveAuth]) {
		return kiosk.Undetermined
	}
	return kiosk.Verified
}

// notCopied reports whether the chip proved its key. Active authentication counts alone only where chip authentication is not
// offered (TR-03135-1 §5.6.2.2).
func notCopied(chip, active kiosk.CheckResult) bool {
	return chip == kiosk.CheckSuccessful || chip == kiosk.CheckNotSupported && active == kiosk.CheckSuccessful
}
