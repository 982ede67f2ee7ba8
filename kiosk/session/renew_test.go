package session

import (
	"testing"
	"testing/synctest"

	"motcua/kiosk"
)

// newer is the catalogue of tomorrow.
type newer struct{ catalogueBench }

func (newer) Version() string { return "newer" }

func TestACatalogueNeverChangesWithinAVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.Close()
		applied := 0
		n := Renewal{Catalogue: newer{}, Places: land{}, Apply: func() { applied++ }}
		b.toReview(t)
		b.Renew(Renewal{Catalogue: catalogueBench{}, Apply: func() { t.Error("one that was overtaken is taken") }})
		b.Renew(n)
		b.View(func(v *View) {
			if v.Kiosk.Catalogue.Version() != "test" || v.State.Places || applied != 0 {
				t.Error("the catalogue changed within the visit")
			}
		})
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		if b.sealedDossier.Procedure.Catalogue != "test" {
			t.Errorf("filed under %q", b.sealedDossier.Procedure.Catalogue)
		}
		b.do(t, Rate, IntentFinish)
		b.do(t, Attract, IntentSkip)
		b.View(func(v *View) {
			if v.Kiosk.Catalogue.Version() != "newer" || !v.State.Places || applied != 1 {
				t.Errorf("%q is in use, applied %d times", v.Kiosk.Catalogue.Version(), applied)
			}
		})
		b.Renew(Renewal{Catalogue: catalogueBench{}}) // nobody is here: at once
		b.View(func(v *View) {
			if v.Kiosk.Catalogue.Version() != "test" || v.State.Places {
				t.Error("the catalogue did not change though nobody is here")
			}
		})
	})
}

var _ kiosk.Catalogue = newer{}
