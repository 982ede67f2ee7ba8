package emrtd

import "motcua/kiosk"

// mandatory are the checks that must have succeeded for a document to be verified. Besides them one proof that the chip is no
// copy is needed: chip authentication or active authentication.
var mandatory = []kiosk.CheckName{
	kiosk.CheckAccess, kiosk.CheckSODSignature, kiosk.CheckSigner, kiosk.CheckHashes, kiosk.CheckGroups, kiosk.CheckCardAccess,
	kiosk.CheckIssuer, kiosk.CheckNumber, kiosk.CheckExpiry,
}

// Verdict says what the checks of a chip read are worth together: refused when any failed; verified when every mandatory one
// and a proof against copying succeeded; undetermined otherwise. A check that was not made counts as undetermined.
func Verdict(checks []kiosk.Check) kiosk.Verdict {
	good := map[kiosk.CheckName]bool{}
	for _, c := range checks {
		switch c.Result {
		case kiosk.CheckFailed:
			return kiosk.Refused
		case kiosk.CheckSuccessful:
			good[c.Name] = true
		case kiosk.CheckUndetermined, kiosk.CheckNotSupported, kiosk.CheckAborted:
		}
	}
	for _, name := range mandatory {
		if !good[name] {
			return kiosk.Undetermined
		}
	}
	if !good[kiosk.CheckChipAuth] && !good[kiosk.CheckActiveAuth] {
		return kiosk.Undetermined
	}
	return kiosk.Verified
}
