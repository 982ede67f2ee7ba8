package emrtdtest_test

import (
	"fmt"
	"strings"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// TestPACEKinds opens chips of every standardised domain with the real reader code: each mapping with one cipher, and each cipher
// on one domain.
func TestPACEKinds(t *testing.T) {
	ciphers := []emrtdtest.Cipher{emrtdtest.TripleDES, emrtdtest.AES128, emrtdtest.AES192, emrtdtest.AES256}
	var offers []emrtdtest.PACEOffer
	for i, id := range []int{0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18} {
		for j, m := range []emrtdtest.Mapping{emrtdtest.MappingGM, emrtdtest.MappingIM, emrtdtest.MappingCAM} {
			if o := (emrtdtest.PACEOffer{Mapping: m, Cipher: ciphers[(i+j)%4], Parameter: id}); o.Check() == nil {
				offers = append(offers, o)
			}
		}
	}
	for _, id := range []int{0, 13} {
		for _, m := range []emrtdtest.Mapping{emrtdtest.MappingGM, emrtdtest.MappingIM, emrtdtest.MappingCAM} {
			for _, c := range ciphers {
				if o := (emrtdtest.PACEOffer{Mapping: m, Cipher: c, Parameter: id}); o.Check() == nil {
					offers = append(offers, o)
				}
			}
		}
	}
	for _, o := range offers {
		t.Run(fmt.Sprintf("%s %s %d", o.Mapping, o.Cipher, o.Parameter), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{o}, NoVariants: true})
			d.insert(t, emrtdtest.Options{})
			r, err := d.read(d.number())
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != kiosk.Verified || !strings.Contains(r.Access, "-"+string(o.Mapping)) || !strings.Contains(r.Access, string(o.Cipher)) {
				t.Errorf("verdict %s by %s: %v", r.Verdict, r.Access, r.Checks)
			}
			if _, err := d.read(kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "543210"}); kiosk.CodeOf(err) != kiosk.CodeCardWrongKey {
				t.Errorf("a wrong CAN gives %v", err)
			}
			d.insert(t, emrtdtest.Options{ShortSecrets: true})
			if r, err := d.read(d.number()); err != nil || r.Verdict != kiosk.Verified {
				t.Errorf("with a secret that begins with zero: %v", err)
			}
		})
	}
}

// TestChipAuthKinds proves chip keys on every domain and with every cipher.
func TestChipAuthKinds(t *testing.T) {
	ciphers := []emrtdtest.Cipher{emrtdtest.TripleDES, emrtdtest.AES128, emrtdtest.AES192, emrtdtest.AES256}
	kinds := map[string][]emrtdtest.ChipAuthOffer{
		"two keys":             {{Parameter: 13, KeyID: 1, Cipher: emrtdtest.AES128}, {Parameter: 12, KeyID: 2, Cipher: emrtdtest.AES256}},
		"one key, two ciphers": {{Parameter: 13, KeyID: 5, Cipher: emrtdtest.TripleDES}, {Parameter: 13, KeyID: 5, Cipher: emrtdtest.AES128}},
		"PKCS #3":              {{Parameter: 1, PKCS3: true}},
		"named curve":          {{Parameter: 15, Named: true}},
		"3DES over DH":         {{Parameter: 0, Cipher: emrtdtest.TripleDES}},
		"3DES over ECDH":       {{Parameter: 13, Cipher: emrtdtest.TripleDES}},
	}
	for i, id := range []int{0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18} {
		kinds[fmt.Sprint("domain ", id)] = []emrtdtest.ChipAuthOffer{{Parameter: id, Cipher: ciphers[i%4]}}
	}
	for name, offers := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{ChipAuth: offers, NoVariants: true})
			for what, opt := range map[string]emrtdtest.Options{"": {}, "clone": {Clone: emrtdtest.CloneForges}, "short lengths": {ShortOnly: true}} {
				d.insert(t, opt)
				r, err := d.read(d.number())
				if err != nil {
					t.Fatal(err)
				}
				want := kiosk.CheckSuccessful
				if what == "clone" {
					want = kiosk.CheckFailed
				}
				if c, _ := r.Check(kiosk.CheckChipAuth); c.Result != want {
					t.Errorf("%s: %s, %s", what, c.Result, c.Reason)
				}
			}
		})
	}
}

// TestActiveKinds proves keys of active authentication of many kinds, over a reader with long and one with short lengths.
func TestActiveKinds(t *testing.T) {
	kinds := []emrtdtest.Active{
		"ec:P-192:sha1", "ec:P-224:sha224", "ec:P-256:sha256", "ec:P-256:sha1", "ec:P-384:sha384", "ec:P-521:sha512", "ec:brainpoolP192r1:sha1",
		"ec:brainpoolP224r1:sha224", "ec:brainpoolP256r1:sha256:der", "ec:brainpoolP320r1:sha256", "ec:brainpoolP384r1:sha384",
		"ec:brainpoolP512r1:sha512", "ec:P-256:sha512:der", "rsa:1024:sha1:bc", "rsa:1024:sha1", "rsa:1024:sha512", "rsa:1280:sha224",
		"rsa:1536:sha256", "rsa:2048:sha384",
	}
	if !testing.Short() {
		kinds = append(kinds, "rsa:3072:sha256")
	}
	for _, a := range kinds {
		t.Run(string(a), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{Active: a, NoVariants: true})
			for what, opt := range map[string]emrtdtest.Options{"": {}, "short lengths": {ShortOnly: true}} {
				d.insert(t, opt)
				r, err := d.read(d.number())
				if err != nil {
					t.Fatal(err)
				}
				if c, _ := r.Check(kiosk.CheckActiveAuth); c.Result != kiosk.CheckSuccessful {
					t.Errorf("%s: %s, %s", what, c.Result, c.Reason)
				}
			}
		})
	}
}

// TestMappingAlone proves a passport by PACE-CAM alone, and refuses a copy that does not have the key of EF.CardSecurity.
func TestMappingAlone(t *testing.T) {
	d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{
		Profile: emrtdtest.ProfilePassportPACE, ChipAuth: []emrtdtest.ChipAuthOffer{}, NoVariants: true,
		PACE: []emrtdtest.PACEOffer{{Mapping: emrtdtest.MappingCAM, Parameter: 13}},
	})
	for clone, want := range map[emrtdtest.Clone]kiosk.Verdict{emrtdtest.CloneNone: kiosk.Verified, emrtdtest.CloneForges: kiosk.Refused} {
		d.insert(t, emrtdtest.Options{Clone: clone})
		r, err := d.read(zoneKey(d.card))
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != want {
			t.Errorf("clone %d: verdict %s, want %s: %v", clone, r.Verdict, want, r.Checks)
		}
	}
}

// TestCardSecuritySigned checks EF.CardSecurity as a reader does: under the issuer's CSCA, with the keys of PACE-CAM in it.
func TestCardSecuritySigned(t *testing.T) {
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: clock().AddDate(-1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	card, err := emrtdtest.IssueWith(person(), emrtdtest.Silhouette(90), authority, emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportPACE, NoVariants: true})
	if err != nil {
		t.Fatal(err)
	}
	raw := card.Files[kiosk.FileCardSecurity]
	infos, result := pa.VerifyCardSecurity(raw, trust(t, authority), clock())
	if !result.Trusted() || len(infos) == 0 {
		t.Fatalf("%v", result.Checks)
	}
	s, err := lds.ParseSecurityInfos(infos)
	if err != nil || len(s.ChipAuthKeys) != 1 || s.ChipAuthKeys[0].KeyID != 13 || len(s.PACE) != 2 {
		t.Errorf("%v: %d keys, %d ways of PACE", err, len(s.ChipAuthKeys), len(s.PACE))
	}
	broken := append([]byte(nil), raw...)
	broken[len(broken)/3] ^= 1
	if _, result := pa.VerifyCardSecurity(broken, trust(t, authority), clock()); result.Trusted() {
		t.Error("a changed EF.CardSecurity is trusted")
	}
}
