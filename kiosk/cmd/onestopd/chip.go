package main

import (
	"errors"
	"fmt"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
	"motcua/kiosk/onestop"
)

// chip gives the office what it needs to check and read a chip's files, without any device. Pictures in JPEG 2000 are
// converted by a tool of the system; where it is missing, the page says that there is no picture, and the officer asks for the card.
func chip(trust *pa.Store) onestop.Chip {
	return onestop.Chip{
		PassiveAuth: func(sod []byte, groups map[kiosk.FileID][]byte, now time.Time) ([]kiosk.Check, kiosk.Signer) {
			r := pa.Verify(sod, groups, trust, now)
			return r.Checks, r.Signer
		},
		Decode: decode, ActiveAuth: activeAuth,
		Photo: func(groups map[kiosk.FileID][]byte) (kiosk.Image, error) {
			f, err := lds.ParseDG2(groups[kiosk.FileDG2])
			return f.Image, err
		},
		Convert: showPortrait,
	}
}

// decode reads DG1 and DG13 as the kiosk does: a group that cannot be read is taken for absent.
func decode(groups map[kiosk.FileID][]byte) (kiosk.Citizen, error) {
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
	y, m, d := time.Now().In(onestop.Zone).Date()
	return lds.Citizen(dg1, dg13, kiosk.Date{Year: y, Month: int(m), Day: d}), nil
}

// activeAuth checks the chip's answer to the kiosk's challenge again, from the raw files.
func activeAuth(groups map[kiosk.FileID][]byte, challenge, signature []byte) error {
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
	return emrtd.VerifyActiveAuth(key, infos, challenge, signature)
}
