package lds

import (
	"errors"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// Inspect says in what the files of a chip deviate from Doc 9303-10 and the standards it names. It reads files as received; of
// signed groups only those whose hash is right should be given, for others are nobody's word. The order is that of [Files].
func Inspect(files map[kiosk.FileID][]byte) []Finding {
	var all []Finding
	for _, info := range Files() {
		raw, there := files[info.ID]
		if !there {
			continue
		}
		f := &findings{file: info.ID}
		if err := inspectFile(info.ID, raw, f); err != nil {
			f.add(unreadable(info.ID, err), reason(err))
		}
		all = append(all, f.all...)
	}
	return append(all, inspectNames(files)...)
}

// inspectNames compares the holder's name in DG1 with the one in DG13. A difference is doubtful and no more: the rules of
// transliteration leave the issuer room.
func inspectNames(files map[kiosk.FileID][]byte) []Finding {
	m, err := ParseDG1(files[kiosk.FileDG1])
	if err != nil {
		return nil
	}
	d, err := ParseDG13(files[kiosk.FileDG13])
	if err != nil || sameName(m, d.Name) {
		return nil
	}
	return []Finding{{kiosk.FileDG1, "name differs from DG13", Doubtful}}
}

// unreadable grades a file that cannot be read: nothing needs the lengths of EF.ATR/INFO, EF.COM is not signed, and the layout of
// DG13 is not published, so that a new one, or an enciphered one, must not make a card useless. A format that is not known here may
// be good, and a picture beyond the limits of this project too.
func unreadable(id kiosk.FileID, err error) Grade {
	if (errors.Is(err, ErrUnsupported) || errors.Is(err, ErrImage)) && id != kiosk.FileDG13 {
		return Doubtful
	}
	switch id {
	case FileATR, kiosk.FileDG13, FileDG11, FileDG12:
		return Tolerated
	case kiosk.FileCOM, kiosk.FileCardAccess, FileCardSecurity:
		return Doubtful
	}
	return Broken
}

func inspectFile(id kiosk.FileID, raw []byte, f *findings) (err error) {
	switch id {
	case FileATR:
		_, err = parseATRInfo(raw, f)
	case kiosk.FileCardAccess:
		_, err = ParseSecurityInfos(raw)
	case FileCardSecurity:
		_, err = ParseCardSecurity(raw)
	case kiosk.FileCOM:
		_, err = parseCOM(raw, f)
	case kiosk.FileDG1:
		var m *mrz.MRZ
		if m, err = ParseDG1(raw); err == nil {
			inspectZone(m, f)
		}
	case kiosk.FileDG2:
		_, err = parseDG2(raw, f)
	case FileDG11:
		_, err = parseDG11(raw, f)
	case FileDG12:
		_, err = parseDG12(raw, f)
	case kiosk.FileDG13:
		var d *DG13
		if d, err = ParseDG13(raw); err == nil {
			for _, p := range d.Problems {
				f.tolerate(true, p)
			}
		}
	case kiosk.FileDG14:
		var s *SecurityInfos
		if s, err = ParseDG14(raw); err == nil {
			s.inspect(f)
		}
	case kiosk.FileDG15:
		err = inspectDG15(raw, f)
	}
	return err
}

// inspectDG15 reads the group's frame strictly; a key that this project cannot use is the business of active authentication.
func inspectDG15(raw []byte, f *findings) error {
	o, err := tlv.ReadOne(raw, tagDG15)
	if err != nil {
		return err
	}
	if _, err = tlv.ReadOne(o.Value, tlv.Sequence); err != nil {
		return err
	}
	_, err = ParseDG15(raw)
	f.tolerate(err != nil, "key cannot be used")
	return nil
}

// inspect names the entries of access and authentication protocols that cannot be used.
func (s *SecurityInfos) inspect(f *findings) {
	for _, u := range s.Unknown {
		switch id := u.Protocol; {
		case under(id, OIDCA, 2), id.Equal(OIDCA), under(id, OIDCA, 1):
			f.doubt(true, "chip authentication info unreadable")
		case under(id, OIDPACE, 2), under(id, OIDPACE, 1):
			f.doubt(true, "pace info unreadable")
		case under(id, oidPK, 1):
			f.doubt(true, "chip authentication key unreadable")
		}
	}
	for _, c := range s.ChipAuth {
		f.doubt(c.Version < 1 || c.Version > 3, "chip authentication version unknown")
		f.doubt(!knownCA(c), "chip authentication protocol unknown")
	}
	for _, p := range s.PACE {
		f.doubt(p.Version != 2, "pace version unknown")
	}
	f.doubt(len(s.ChipAuth) > 0 && len(s.ChipAuthKeys) == 0, "chip authentication without a key")
	f.tolerate(len(s.ChipAuth) == 0 && len(s.ChipAuthKeys) > 0, "chip authentication key without its info")
}

// knownCA reports whether an info names key agreement and cipher of TR-03110-3 §A.1.1.2.
func knownCA(c ChipAuthenticationInfo) bool {
	n := len(c.Protocol)
	agreement, cipher := c.Protocol[n-2], c.Protocol[n-1]
	return (agreement == 1 || agreement == 2) && cipher >= 1 && cipher <= 4
}
