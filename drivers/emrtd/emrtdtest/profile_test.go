package emrtdtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// TestProfiles issues a document of every profile and reads it with the real reader code.
func TestProfiles(t *testing.T) {
	for name, want := range map[string]struct {
		access  string
		verdict kiosk.Verdict
		files   []kiosk.FileID
		not     []kiosk.FileID
		zone    bool // opens with the machine-readable zone
	}{
		emrtdtest.Profile2021: {
			"PACE-CAN ECDH-GM-AES-128", kiosk.Verified, []kiosk.FileID{kiosk.FileDG13, kiosk.FileDG14, kiosk.FileDG15},
			[]kiosk.FileID{kiosk.FileDG11, kiosk.FileCardSecurity}, false,
		},
		emrtdtest.Profile2024: {"PACE-CAN ECDH-GM-AES-128", kiosk.Verified, []kiosk.FileID{kiosk.FileDG13}, nil, false},
		emrtdtest.ProfilePassportBAC: {
			"BAC", kiosk.Verified, []kiosk.FileID{kiosk.FileDG15}, []kiosk.FileID{kiosk.FileDG14, kiosk.FileDG13, kiosk.FileCardAccess}, true,
		},
		emrtdtest.ProfilePassportPACE: {
			"PACE-", kiosk.Verified, []kiosk.FileID{kiosk.FileDG11, kiosk.FileDG12, kiosk.FileDG14, kiosk.FileATRInfo}, []kiosk.FileID{kiosk.FileDG13, kiosk.FileDG15}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{Profile: name})
			d.insert(t, emrtdtest.Options{})
			key := kiosk.CardKey{Kind: kiosk.KeyCAN, Value: d.card.CAN}
			if want.zone {
				key = zoneKey(d.card)
			}
			r, err := d.read(key)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != want.verdict || !strings.HasPrefix(r.Access, want.access) {
				t.Errorf("verdict %s by %s: %v", r.Verdict, r.Access, r.Checks)
			}
			for _, id := range want.files {
				if len(r.Files[id]) == 0 {
					t.Errorf("%s was not read", id)
				}
			}
			for _, id := range want.not {
				if len(r.Files[id]) != 0 {
					t.Errorf("there is a %s", id)
				}
			}
		})
	}
}

// TestDG13Styles reads what circular 16/2024 leaves open, and finds the rest missing or unknown, never an error.
func TestDG13Styles(t *testing.T) {
	for style, residence := range map[emrtdtest.DG13Style]string{
		emrtdtest.DG13Full: person().Residence, emrtdtest.DG13Reduced: "", emrtdtest.DG13Opaque: "",
	} {
		d := newDesk(t, emrtdtest.AuthorityOptions{}, emrtdtest.IssueOptions{Profile: emrtdtest.Profile2024, DG13: style})
		d.insert(t, emrtdtest.Options{})
		r, err := d.read(d.number())
		if err != nil {
			t.Fatalf("%s: %v", style, err)
		}
		if r.Citizen.Name != person().Name || r.Citizen.Residence != residence || r.Verdict != kiosk.Verified {
			t.Errorf("%s: verdict %s, residence of %d letters: %v", style, r.Verdict, len(r.Citizen.Residence), r.Checks)
		}
	}
}

// TestSpecimens serves the folders of specimen files that are there and reads them back byte by byte. What was copied without
// keys is never verified.
func TestSpecimens(t *testing.T) {
	for _, name := range []string{"bsi2008", "loes2006"} {
		t.Run(name, func(t *testing.T) {
			card, err := emrtdtest.Specimen(shared(t, "chip", "specimens", name))
			if err != nil {
				t.Fatal(err)
			}
			authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
			if err != nil {
				t.Fatal(err)
			}
			slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
			d := &desk{slot: slot, card: card, reader: emrtd.NewReader(slot, emrtd.Options{Trust: trust(t, authority), Timeout: 5 * time.Second, Now: clock})}
			d.insert(t, emrtdtest.Options{})
			r, err := d.read(zoneKey(card))
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict == kiosk.Verified {
				t.Errorf("a copy without keys was verified: %v", r.Checks)
			}
			for id, got := range r.Files {
				if string(got) != string(card.Files[id]) {
					t.Errorf("%s differs from the folder's", id)
				}
			}
			if r.Files[kiosk.FileSOD] == nil || r.Files[kiosk.FileDG1] == nil {
				t.Error("EF.SOD or DG1 was not read")
			}
		})
	}
}

// shared finds a folder of the shared data beside the module; the test is skipped where there is none.
func shared(t testing.TB, name ...string) string {
	t.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared")
	}
	dir := filepath.Join(append([]string{root, "data"}, name...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the shared data folder is not beside the module: this test needs its specimens")
	}
	return dir
}

// TestPassportZone writes zones whose check digits an independent reader accepts, whatever the name.
func TestPassportZone(t *testing.T) {
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"NGUYỄN THỊ THU", "Y", "ĐẶNG-VŨ Ê ĐÊ", "LÊ " + strings.Repeat("RẤT DÀI ", 8)} {
		p := person()
		p.Name, p.Document = name, "C9999999"
		card, err := emrtdtest.IssueWith(p, emrtdtest.Silhouette(90), authority, emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportBAC, NoVariants: true})
		if err != nil {
			t.Fatal(err)
		}
		m, err := mrz.Parse(card.MRZ[0] + card.MRZ[1])
		if err != nil || m.Verify() != nil || m.Number != "C9999999" || card.MRZ[2] != "" {
			t.Errorf("the zone of a passport is not one: %v", err)
		}
	}
	for _, number := range []string{"c1234567", "C12345678X", "C 123"} {
		p := person()
		p.Document = number
		if _, err := emrtdtest.IssueWith(p, emrtdtest.Silhouette(90), authority, emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportBAC}); err == nil {
			t.Error("a bad passport number was accepted")
		}
	}
}
