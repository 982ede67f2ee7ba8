package emrtd

import (
	"testing"

	"motcua/kiosk"
)

const (
	good    = kiosk.CheckSuccessful
	bad     = kiosk.CheckFailed
	unsure  = kiosk.CheckUndetermined
	lacking = kiosk.CheckNotSupported
	aborted = kiosk.CheckAborted
)

// all gives the checks of a good card with some changed; "" leaves a check out.
func all(change map[kiosk.CheckName]kiosk.CheckResult) (list []kiosk.Check) {
	for _, n := range append([]kiosk.CheckName{kiosk.CheckChipAuth, kiosk.CheckActiveAuth}, mandatory...) {
		r, ok := change[n]
		if !ok {
			r = good
		}
		if r != "" {
			list = append(list, kiosk.Check{Name: n, Result: r})
		}
	}
	return list
}

func TestVerdictProofs(t *testing.T) {
	for _, c := range []struct {
		ca, aa kiosk.CheckResult
		want   kiosk.Verdict
	}{
		{good, good, kiosk.Verified},
		{good, lacking, kiosk.Verified},
		{good, unsure, kiosk.Verified},
		{good, aborted, kiosk.Verified},
		{good, "", kiosk.Verified},
		{good, bad, kiosk.Refused},
		{lacking, good, kiosk.Verified},
		{unsure, good, kiosk.Undetermined},
		{"", good, kiosk.Undetermined},
		{aborted, good, kiosk.Undetermined},
		{lacking, aborted, kiosk.Undetermined},
		{lacking, unsure, kiosk.Undetermined},
		{bad, good, kiosk.Refused},
		{lacking, lacking, kiosk.Undetermined},
		{unsure, unsure, kiosk.Undetermined},
		{aborted, lacking, kiosk.Undetermined},
		{"", "", kiosk.Undetermined},
		{bad, "", kiosk.Refused},
		{lacking, bad, kiosk.Refused},
	} {
		got := Verdict(all(map[kiosk.CheckName]kiosk.CheckResult{kiosk.CheckChipAuth: c.ca, kiosk.CheckActiveAuth: c.aa}))
		if got != c.want {
			t.Errorf("chip authentication %q, active authentication %q: %s, want %s", c.ca, c.aa, got, c.want)
		}
	}
}

// Every mandatory check, in every state it can be in.
func TestVerdictMandatory(t *testing.T) {
	for _, name := range []kiosk.CheckName{
		kiosk.CheckAccess, kiosk.CheckSODSignature, kiosk.CheckSigner, kiosk.CheckHashes, kiosk.CheckGroups, kiosk.CheckCardAccess,
		kiosk.CheckIssuer, kiosk.CheckEncoding, kiosk.CheckNumber, kiosk.CheckExpiry,
	} {
		for result, want := range map[kiosk.CheckResult]kiosk.Verdict{
			good: kiosk.Verified, bad: kiosk.Refused, unsure: kiosk.Undetermined, lacking: kiosk.Undetermined,
			aborted: kiosk.Undetermined, "": kiosk.Undetermined, "unheard of": kiosk.Undetermined,
		} {
			if name == kiosk.CheckCardAccess && result == lacking {
				want = kiosk.Verified // a chip without PACE: nothing to compare
			}
			if got := Verdict(all(map[kiosk.CheckName]kiosk.CheckResult{name: result})); got != want {
				t.Errorf("%s %q: %s, want %s", name, result, got, want)
			}
		}
	}
}

func TestVerdictFailureWins(t *testing.T) {
	if got := Verdict(nil); got != kiosk.Undetermined {
		t.Errorf("nothing checked: %s", got)
	}
	list := []kiosk.Check{{Name: kiosk.CheckSigner, Result: unsure}, {Name: "some new check", Result: bad}}
	if got := Verdict(list); got != kiosk.Refused {
		t.Errorf("a failure of an unknown check: %s", got)
	}
	twice := append(all(nil), kiosk.Check{Name: kiosk.CheckSigner, Result: bad})
	if got := Verdict(twice); got != kiosk.Refused {
		t.Errorf("a check that failed the second time: %s", got)
	}
}
