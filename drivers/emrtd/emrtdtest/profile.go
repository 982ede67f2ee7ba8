package emrtdtest

import (
	"fmt"

	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// The names of profiles.
const (
	Profile2021         = "cccd-2021"
	Profile2024         = "cccd-2024"
	ProfilePassportBAC  = "passport-bac"
	ProfilePassportPACE = "passport-pace"
	ProfileSpecimen     = "specimen"
)

// Profile is a kind of document by name.
type Profile struct {
	Name string
	Text string // what it is, one sentence
	Card bool   // an identity card with DG13; else a passport

	pace     []PACEOffer
	chipAuth []ChipAuthOffer
	active   Active
	sod      SODOptions
	dg13     DG13Style
	details  bool // DG11 and DG12
	fingers  bool // DG3
	lengths  Lengths
	groups   func(p Person, o *IssueOptions) (map[kiosk.FileID][]byte, zone, error)
}

// zone is a machine-readable zone with the lines a card file holds.
type zone struct{ lines [3]string }

func zoneOf(m *mrz.MRZ) zone {
	var z zone
	copy(z.lines[:], m.Lines)
	return z
}

// profiles are in the order of their documentation.
var profiles = []Profile{
	{
		Name: Profile2021, Card: true,
		Text: "Vietnamese identity card issued since 2021: PACE-GM, BAC accepted, chip authentication, DG1, DG2, DG3, DG13 to DG15",
		pace: []PACEOffer{{Parameter: bp256}}, chipAuth: []ChipAuthOffer{{Parameter: bp256}}, active: ActiveEC,
		dg13: DG13Full, fingers: true, groups: cardGroups,
	},
	{
		Name: Profile2024, Card: true,
		Text: "Vietnamese identity card issued since July 2024: as cccd-2021, but DG13 has only what circular 16/2024 has coded openly",
		pace: []PACEOffer{{Parameter: bp256}}, chipAuth: []ChipAuthOffer{{Parameter: bp256}}, active: ActiveEC,
		dg13: DG13Reduced, fingers: true, groups: cardGroups,
	},
	{
		Name: ProfilePassportBAC,
		Text: "passport of the first generation: BAC alone, security object by RSA, active authentication with RSA 1024 and SHA-1",
		pace: []PACEOffer{}, chipAuth: []ChipAuthOffer{}, active: "rsa:1024:sha1:bc",
		sod: SODOptions{Algorithm: Algorithm{Scheme: SchemePKCS1}}, groups: passportGroups,
	},
	{
		Name: ProfilePassportPACE,
		Text: "passport of today: PACE-GM and PACE-CAM, BAC accepted, chip authentication, DG11, DG12, EF.CardSecurity, EF.ATR/INFO",
		pace: []PACEOffer{{Parameter: bp256}, {Mapping: MappingCAM, Parameter: bp256}}, chipAuth: []ChipAuthOffer{{Parameter: bp256}},
		active: ActiveNone, details: true, fingers: true, lengths: Lengths{Command: 2000, Response: 4096}, groups: passportGroups,
	},
	{
		Name: ProfileSpecimen,
		Text: "a folder of files served as they are, readable without access control and without keys; PACE and BAC when DG1 tells the passwords",
	},
}

// Profiles gives every profile.
func Profiles() []Profile { return append([]Profile(nil), profiles...) }

func profileByName(name string) (*Profile, error) {
	if name == "" {
		name = Profile2021
	}
	for i := range profiles {
		if profiles[i].Name == name {
			return &profiles[i], nil
		}
	}
	return nil, fmt.Errorf("no profile %q", name)
}
