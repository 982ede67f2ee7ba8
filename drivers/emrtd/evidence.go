package emrtd

import (
	"errors"
	"fmt"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// What follows judges the files of a chip without the chip: an office that opens a dossier, and whoever checks its evidence.

// PassiveAuth gives passive authentication against trust anchors, as of a time.
func PassiveAuth(trust *pa.Store) func(sod []byte, groups map[kiosk.FileID][]byte, at time.Time) ([]kiosk.Check, kiosk.Signer) {
	return func(sod []byte, groups map[kiosk.FileID][]byte, at time.Time) ([]kiosk.Check, kiosk.Signer) {
		r := pa.Verify(sod, groups, trust, at)
		return r.Checks, r.Signer
	}
}

// Decode reads DG1 and DG13 as the kiosk does: a group that cannot be read is taken for absent. Their hashes are the caller's to check.
func Decode(groups map[kiosk.FileID][]byte) (kiosk.Citizen, error) {
	var dg1 *mrz.MRZ
	var dg13 *lds.DG13
	var err1, err13 error
	if raw, ok := groups[kiosk.FileDG1]; ok {
		if dg1, err1 = lds.ParseDG1(raw); err1 != nil {
			dg1 = nil
		}
	}
	if raw, ok := groups[kiosk.FileDG13]; ok {
		if dg13, err13 = lds.ParseDG13(raw); err13 != nil {
			dg13 = nil
		}
	}
	if dg1 == nil && dg13 == nil {
		return kiosk.Citizen{}, fmt.Errorf("neither DG1 nor DG13 can be read: %w", errors.Join(err1, err13))
	}
	y, m, d := time.Now().In(hanoi).Date()
	return lds.Citizen(dg1, dg13, kiosk.Date{Year: y, Month: int(m), Day: d}), nil
}

// ActiveAuth checks a chip's answer to a challenge under the key in DG15. Whether DG15 is the chip's, passive authentication tells.
func ActiveAuth(groups map[kiosk.FileID][]byte, challenge, signature []byte) error {
	key, err := lds.ParseDG15(groups[kiosk.FileDG15])
	if err != nil {
		return err
	}
	var infos *lds.SecurityInfos
	if raw, ok := groups[kiosk.FileDG14]; ok {
		if infos, err = lds.ParseDG14(raw); err != nil {
			return err
		}
	}
	return VerifyActiveAuth(key, infos, challenge, signature)
}
