package onestop_test

import (
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
)

// TestChain: an officer sees that a dossier is missing before this one, or that they came out of order.
func TestChain(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Trần Văn Bình", onestop.RoleHead)
	cases := make([]onestoptest.Case, 0, 4)
	o.Link = kiosk.Link{Sequence: 1}
	for n := range uint64(4) {
		c := o.NewCase(t, nil)
		o.Link = kiosk.Link{Sequence: n + 2, Previous: c.Sealed.SHA256}
		cases = append(cases, c)
	}
	deliver := func(n int) {
		t.Helper()
		o.Clock.T = o.Clock.T.Add(time.Minute)
		if _, _, err := o.Desk.Receive(t.Context(), onestoptest.KioskName, cases[n].Sealed); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(n int, result kiosk.CheckResult, reason string) {
		t.Helper()
		v, err := o.Desk.View(t.Context(), head, cases[n].Dossier.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Wipe()
		if c, _ := v.Report.Check(onestop.LinkChain); c.Result != result || c.Reason != reason || v.Report.Verdict != kiosk.Verified {
			t.Errorf("dossier %d: %+v, verdict %s", n+1, c, v.Report.Verdict)
		}
	}
	deliver(0)
	wants(0, kiosk.CheckSuccessful, "first dossier of this kiosk's chain")
	deliver(2)
	wants(2, kiosk.CheckUndetermined, "the dossier before it is not here")
	deliver(1)
	wants(1, kiosk.CheckSuccessful, "")
	wants(2, kiosk.CheckSuccessful, "the dossier before it came later")
	deliver(3)
	wants(3, kiosk.CheckSuccessful, "")
}

// TestChainForks: two dossiers that claim to follow the same one are both marked, whichever came first; so are two beginnings. Neither
// changes the verdict on the citizen.
func TestChainForks(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Trần Văn Bình", onestop.RoleHead)
	deliver := func(link kiosk.Link) onestoptest.Case {
		t.Helper()
		o.Link = link
		return o.Deliver(t, nil)
	}
	wants := func(c onestoptest.Case, result kiosk.CheckResult, reason string) {
		t.Helper()
		v, err := o.Desk.View(t.Context(), head, c.Dossier.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Wipe()
		if k, _ := v.Report.Check(onestop.LinkChain); k.Result != result || k.Reason != reason || v.Report.Verdict != kiosk.Verified {
			t.Errorf("%+v, verdict %s; want %s %q", k, v.Report.Verdict, result, reason)
		}
	}
	const begins, fork = "this kiosk's chain begins more than once", "another dossier claims the same place in the chain"
	first := deliver(kiosk.Link{Sequence: 1})
	second := deliver(kiosk.Link{Sequence: 2, Previous: first.Sealed.SHA256})
	wants(second, kiosk.CheckSuccessful, "")
	copied := deliver(kiosk.Link{Sequence: 2, Previous: first.Sealed.SHA256})
	wants(second, kiosk.CheckFailed, fork)
	wants(copied, kiosk.CheckFailed, fork)
	wants(first, kiosk.CheckSuccessful, "first dossier of this kiosk's chain")
	anew := deliver(kiosk.Link{Sequence: 1})
	wants(first, kiosk.CheckUndetermined, begins)
	wants(anew, kiosk.CheckUndetermined, begins)
	deliver(kiosk.Link{}) // in no chain: claims nothing
	deliver(kiosk.Link{})
	wants(deliver(kiosk.Link{Sequence: 3, Previous: second.Sealed.SHA256}), kiosk.CheckSuccessful, "")
}

// TestPages: pages that travel beside the envelope are checked again and shown.
func TestPages(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Trần Văn Bình", onestop.RoleHead)
	c := o.Deliver(t, nil)
	v, err := o.Desk.View(t.Context(), head, c.Dossier.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Wipe()
	if k, _ := v.Report.Check(onestop.LinkPapers); k.Result != kiosk.CheckSuccessful || v.PageSizes[0] != len(c.Dossier.Papers[0].Page.Data) {
		t.Errorf("pages %+v, sizes %v", k, v.PageSizes)
	}
	img, err := o.Desk.Picture(t.Context(), head, c.Dossier.ID, onestop.PicturePaper+"1")
	if err != nil || string(img.Data) != string(c.Dossier.Papers[0].Page.Data) {
		t.Errorf("page of %d bytes, %v", len(img.Data), err)
	}
}
