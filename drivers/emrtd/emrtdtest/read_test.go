package emrtdtest_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// person is the fictional holder of the tests.
func person() emrtdtest.Person {
	return emrtdtest.Person{
		Number: "999304012345", Name: "NGUYỄN THỊ THU", Birth: "01/02/2004", Sex: "Nữ", Issued: "05/03/2024",
		Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Hư Cấu, Tỉnh Không Có",
		Residence: "Thôn Một, Xã Hư Cấu, Tỉnh Không Có", Parents: [2]string{"NGUYỄN VĂN CHA", "TRẦN THỊ MẸ"},
	}
}

// desk is an issued card, the real reader code over a slot in memory, and a trust folder with the card's issuer.
type desk struct {
	slot   *emrtdtest.Slot
	reader *emrtd.Reader
	card   *emrtdtest.Card
}

// clock is the day of the tests.
func clock() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }

func with(i emrtdtest.IssueOptions) emrtdtest.IssueOptions {
	i.Now = clock()
	return i
}

func newDesk(t testing.TB, a emrtdtest.AuthorityOptions, i emrtdtest.IssueOptions) *desk {
	t.Helper()
	a.NotBefore = clock().AddDate(-1, 0, 0)
	authority, err := emrtdtest.NewAuthority(a)
	if err != nil {
		t.Fatal(err)
	}
	card, err := emrtdtest.IssueWith(person(), emrtdtest.Silhouette(90), authority, with(i))
	if err != nil {
		t.Fatal(err)
	}
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	return &desk{slot: slot, reader: emrtd.NewReader(slot, emrtd.Options{Trust: trust(t, authority), Timeout: 5 * time.Second, Now: clock}), card: card}
}

// trust makes a store that holds the authority's CSCA.
func trust(t testing.TB, a *emrtdtest.Authority) *pa.Store {
	t.Helper()
	dir := t.TempDir()
	if _, err := a.SaveTrust(dir); err != nil {
		t.Fatal(err)
	}
	store, err := pa.LoadStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// insert puts a chip with these options on the reader.
func (d *desk) insert(t testing.TB, opt emrtdtest.Options) {
	t.Helper()
	chip, err := emrtdtest.New(d.card, opt)
	if err != nil {
		t.Fatal(err)
	}
	d.slot.Insert(chip)
}

func (d *desk) read(key kiosk.CardKey) (*kiosk.ChipRead, error) {
	return d.reader.Read(context.Background(), key, nil)
}

// number is the key a citizen types.
func (d *desk) number() kiosk.CardKey {
	return kiosk.CardKey{Kind: kiosk.KeyNumber, Value: d.card.Number}
}

// TestReadVerified reads a whole card with the real reader code.
func TestReadVerified(t *testing.T) {
	d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{})
	d.insert(t, emrtdtest.Options{})
	r, err := d.read(d.number())
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != kiosk.Verified {
		t.Errorf("verdict %s: %v", r.Verdict, r.Checks)
	}
	for id, want := range d.card.Files {
		if got, ok := r.Files[id]; ok && !bytes.Equal(got, want) {
			t.Errorf("%s differs from the card's", id)
		} else if !ok && id != "DG3" {
			t.Errorf("%s was not read", id)
		}
	}
	if !bytes.Equal(r.Photo.Data, emrtdtest.Silhouette(90)) {
		t.Error("the photo is not the one issued")
	}
	if r.Citizen.Number != d.card.Number || r.Citizen.Name != person().Name || r.Citizen.Residence != person().Residence {
		t.Error("the citizen is not the one issued")
	}
}

// TestFaults reads with every fault and expects the outcome that its entry names. What takes long takes no time here.
func TestFaults(t *testing.T) {
	for _, f := range emrtdtest.Faults() {
		t.Run(f.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{})
				var opt emrtdtest.Options
				if err := f.Apply(d.card, &opt); err != nil {
					t.Fatal(err)
				}
				d.insert(t, opt)
				r, err := d.read(d.number())
				expect(t, f, r, err)
			})
		})
	}
}

// TestFaultsOfPassports reads passports with every fault that applies to them: nothing that must be refused is verified, and what
// fails has a code.
func TestFaultsOfPassports(t *testing.T) {
	for _, profile := range []string{emrtdtest.ProfilePassportBAC, emrtdtest.ProfilePassportPACE} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{Profile: profile})
			for _, f := range emrtdtest.Faults() {
				var opt emrtdtest.Options
				if f.Apply(d.card, &opt) != nil {
					continue // the profile has no such variant
				}
				d.insert(t, opt)
				r, err := d.read(zoneKey(d.card))
				switch code := kiosk.CodeOf(err); {
				case err != nil && (code == "" || code == kiosk.CodeInternal):
					t.Errorf("%s, %s: %v", profile, f.Name, err)
				case err == nil && f.Verdict == kiosk.Refused && applies(f, d.card) && r.Verdict == kiosk.Verified:
					t.Errorf("%s, %s: verified: %v", profile, f.Name, r.Checks)
				}
			}
		})
	}
}

// applies reports whether a document has what a fault breaks: those about DG14 and EF.CardAccess need them.
func applies(f emrtdtest.Fault, c *emrtdtest.Card) bool {
	switch f.Name {
	case "card-access-downgrade", "dg14-stripped":
		return c.Files[kiosk.FileDG14] != nil
	case "clone", "clone-refuses":
		return len(c.ChipAuth) > 0 || c.Files[kiosk.FileDG15] != nil
	}
	return true
}

func expect(t *testing.T, f emrtdtest.Fault, r *kiosk.ChipRead, err error) {
	t.Helper()
	if code := kiosk.CodeOf(err); code != f.Code {
		t.Fatalf("error %v, want code %q", err, f.Code)
	}
	if f.Code != "" {
		return
	}
	if r.Verdict != f.Verdict {
		t.Errorf("verdict %s, want %s: %v", r.Verdict, f.Verdict, r.Checks)
	}
	if f.Check == "" {
		return
	}
	c, ok := r.Check(f.Check)
	if !ok || c.Result == kiosk.CheckSuccessful {
		t.Errorf("check %s: made %v, %s", f.Check, ok, c.Result)
	}
}

// TestReadKinds reads cards of every kind of issuer and key, by every key the citizen may have.
func TestReadKinds(t *testing.T) {
	for name, kind := range map[string]struct {
		a   emrtdtest.AuthorityOptions
		i   emrtdtest.IssueOptions
		opt emrtdtest.Options
		key func(*emrtdtest.Card) kiosk.CardKey
	}{
		"brainpool, explicit parameters": {a: emrtdtest.AuthorityOptions{Curve: "brainpoolP256r1", Explicit: true}},
		"P-384":                          {a: emrtdtest.AuthorityOptions{Curve: "P-384"}},
		"RSA":                            {i: emrtdtest.IssueOptions{Active: emrtdtest.ActiveRSA}},
		"no active authentication":       {i: emrtdtest.IssueOptions{Active: emrtdtest.ActiveNone}},
		"CAN":                            {key: func(c *emrtdtest.Card) kiosk.CardKey { return kiosk.CardKey{Kind: kiosk.KeyCAN, Value: c.CAN} }},
		"MRZ":                            {key: zoneKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, kind.a, kind.i)
			d.insert(t, kind.opt)
			key := d.number()
			if kind.key != nil {
				key = kind.key(d.card)
			}
			r, err := d.read(key)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != kiosk.Verified {
				t.Errorf("verdict %s: %v", r.Verdict, r.Checks)
			}
		})
	}
}

func zoneKey(c *emrtdtest.Card) kiosk.CardKey {
	return kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: c.Zone()}
}

// TestReadByBAC opens a chip that lost PACE with basic access control; DG14 says that PACE was there, so the card is refused.
func TestReadByBAC(t *testing.T) {
	d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{})
	infos := lds.MarshalSecurityInfos(lds.MarshalInfo(lds.OIDCAECDHAES, 1, lds.NoID))
	d.insert(t, emrtdtest.Options{NoPACE: true, Replace: map[kiosk.FileID][]byte{kiosk.FileCardAccess: infos}})
	r, err := d.read(zoneKey(d.card))
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := r.Check(kiosk.CheckCardAccess); r.Verdict != kiosk.Refused || c.Result != kiosk.CheckFailed || !strings.HasPrefix(r.Access, "BAC") {
		t.Errorf("verdict %s by %s: %v", r.Verdict, r.Access, r.Checks)
	}
}

// TestReadWrongKey types another number.
func TestReadWrongKey(t *testing.T) {
	d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{})
	d.insert(t, emrtdtest.Options{})
	if _, err := d.read(kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "543210"}); kiosk.CodeOf(err) != kiosk.CodeCardWrongKey {
		t.Errorf("wrong CAN: %v", err)
	}
	if _, err := d.read(d.number()); err != nil {
		t.Errorf("the right number afterwards: %v", err)
	}
}

// TestReadAfterTear reads on where the card was torn, and refuses another card in its place.
func TestReadAfterTear(t *testing.T) {
	for name, want := range map[string]kiosk.Code{"tear": "", "swap": kiosk.CodeCardChanged} {
		d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{})
		var opt emrtdtest.Options
		f, err := emrtdtest.FaultByName(name)
		if err == nil {
			err = f.Apply(d.card, &opt)
		}
		if err != nil {
			t.Fatal(err)
		}
		chip, err := emrtdtest.New(d.card, opt)
		if err != nil {
			t.Fatal(err)
		}
		d.slot.Insert(chip)
		if _, err := d.read(d.number()); kiosk.CodeOf(err) != kiosk.CodeCardLost {
			t.Fatalf("%s: %v", name, err)
		}
		d.slot.Insert(chip)
		r, err := d.read(d.number())
		if kiosk.CodeOf(err) != want {
			t.Errorf("%s: the second read gave %v, want code %q", name, err, want)
		}
		if err == nil && r.Verdict != kiosk.Verified {
			t.Errorf("%s: verdict %s", name, r.Verdict)
		}
	}
}

// BenchmarkRead is a whole read in memory: the software's own share.
func BenchmarkRead(b *testing.B) {
	d := newDesk(b, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{NoVariants: true})
	d.insert(b, emrtdtest.Options{})
	for b.Loop() {
		r, err := d.read(d.number())
		if err != nil || r.Verdict != kiosk.Verified {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.APDUs), "apdus")
	}
}
