package emrtdtest

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/cccd"
)

// addVariants makes what only the issuer can make: see the Variant constants.
func (w *issuing) addVariants(p Person) error {
	w.card.Variants = map[string]Variant{}
	other, err := NewAuthority(AuthorityOptions{Curve: w.authority.Curve, Name: "Unknown CSCA"})
	if err != nil {
		return err
	}
	foreign := *w
	foreign.authority = other
	if err := foreign.add(VariantUnknown, nil, w.opt.SOD); err != nil {
		return err
	}
	if err := w.addSigners(); err != nil {
		return err
	}
	if w.base[kiosk.FileDG15] != nil {
		short := w.opt.SOD
		short.Without = append([]kiosk.FileID{kiosk.FileDG15}, short.Without...)
		if err := w.add(VariantNotInSOD, nil, short); err != nil {
			return err
		}
	}
	if err := w.addTwoPACE(); err != nil {
		return err
	}
	people := map[string]Person{VariantExpired: p.expired(w.opt.Now), VariantTwin: p.twin(w.profile.Card)}
	if w.profile.Card {
		if err := w.add(VariantNoDG13, map[kiosk.FileID][]byte{kiosk.FileDG13: nil}, w.opt.SOD); err != nil {
			return err
		}
		people[VariantLongAddress], people[VariantUnlimited] = p.longAddress(), p.unlimited()
	}
	for name, person := range people {
		if err := w.reissue(name, person); err != nil {
			return fmt.Errorf("variant %s: %w", name, err)
		}
	}
	return nil
}

// addSigners makes the variants whose document signer is not in order.
func (w *issuing) addSigners() error {
	now := w.opt.Now
	if now.IsZero() {
		now = time.Now()
	}
	ended, revoked := w.opt.SOD, w.opt.SOD
	ended.Certificate.NotBefore, ended.Certificate.NotAfter = now.AddDate(0, -6, 0), now.AddDate(0, 0, -1)
	if err := w.add(VariantExpiredSigner, nil, ended); err != nil {
		return err
	}
	var err error
	if revoked.Signer, err = w.authority.RevokedSigner(); err != nil {
		return fmt.Errorf("variant %s: %w", VariantRevokedSigner, err)
	}
	revoked.Algorithm = Algorithm{} // that signer's own
	return w.add(VariantRevokedSigner, nil, revoked)
}

// addTwoPACE makes the variant that offers the first way of PACE on P-256 as well.
func (w *issuing) addTwoPACE() error {
	if len(w.opt.PACE) == 0 || w.opt.PACE[0].Parameter == 12 || isDH(w.opt.PACE[0].Parameter) {
		return nil
	}
	more := w.opt.PACE[0]
	more.Parameter = 12
	changes := map[kiosk.FileID][]byte{}
	for _, id := range []kiosk.FileID{kiosk.FileCardAccess, kiosk.FileDG14} {
		var err error
		if changes[id], err = addInfo(w.base[id], lds.MarshalInfo(more.OID(), 2, more.Parameter)); err != nil {
			return fmt.Errorf("variant %s: %w", VariantTwoPACE, err)
		}
	}
	if err := w.add(VariantTwoPACE, changes, w.opt.SOD); err != nil {
		return err
	}
	v := w.card.Variants[VariantTwoPACE]
	v.PACE = append(append([]PACEOffer{}, w.opt.PACE...), more)
	w.card.Variants[VariantTwoPACE] = v
	return nil
}

// addInfo adds an entry to the security infos of EF.CardAccess or DG14.
func addInfo(raw, info []byte) ([]byte, error) {
	set, err := tlv.ReadOne(raw, tlv.Set)
	wrap := func(b []byte) []byte { return b }
	if err != nil {
		outer, err := tlv.ReadOne(raw, 0x6E)
		if err != nil {
			return nil, err
		}
		if set, err = tlv.ReadOne(outer.Value, tlv.Set); err != nil {
			return nil, err
		}
		wrap = func(b []byte) []byte { return tlv.Encode(0x6E, b) }
	}
	infos, err := set.Children()
	if err != nil {
		return nil, err
	}
	all := [][]byte{info}
	for _, i := range infos {
		all = append(all, i.Raw)
	}
	return wrap(lds.MarshalSecurityInfos(all...)), nil
}

// add makes a variant of changes to the files; what is as on the card is left out.
func (w *issuing) add(name string, changes map[kiosk.FileID][]byte, sod SODOptions) error {
	files, err := w.finish(changes, sod)
	if err != nil {
		return fmt.Errorf("variant %s: %w", name, err)
	}
	maps.DeleteFunc(files, func(id kiosk.FileID, data []byte) bool { return bytes.Equal(data, w.card.Files[id]) })
	for id := range w.card.Files {
		if changed, there := changes[id]; there && changed == nil {
			files[id] = nil
		}
	}
	w.card.Variants[name] = Variant{Files: files}
	return nil
}

// reissue makes a variant with another person's groups.
func (w *issuing) reissue(name string, p Person) error {
	groups, z, err := w.profile.groups(p, &w.opt)
	if err != nil {
		return err
	}
	if err := w.add(name, groups, w.opt.SOD); err != nil {
		return err
	}
	v := w.card.Variants[name]
	v.MRZ = z.lines
	w.card.Variants[name] = v
	return nil
}

// expired is the same person with a card that has ended: at the last milestone birthday that has passed, else a year ago.
func (p Person) expired(at time.Time) Person {
	now := today(at)
	birth, _ := cccd.ParseDate(p.Birth) // groups has refused what is no date
	end := cccd.Date{Year: now.Year - 1, Month: now.Month, Day: min(now.Day, 28)}
	for _, m := range []int{14, 25, 40, 60} {
		d := cccd.Date{Year: birth.Year + m, Month: birth.Month, Day: birth.Day}
		if d.Valid() && d.Compare(now) < 0 {
			end = d
		}
	}
	issued := end
	issued.Year -= 5
	if issued.Compare(birth) < 0 {
		issued = birth
	}
	p.Issued, p.Expires = day(issued), day(end)
	return p
}

// twin is another person whose document opens with the same CAN: the holder of an identity card is a year older or younger, the
// holder of a passport has another name, for a passport opens with its number and dates.
func (p Person) twin(card bool) Person {
	p.Name, p.NameMRZ = "NGUYỄN VĂN NGƯỜI KHÁC", ""
	if !card {
		return p
	}
	birth, _ := cccd.ParseDate(p.Birth) // groups has refused what is no date
	if birth.Year%100 == 0 {
		birth.Year++ // the number's century digit must not change
	} else {
		birth.Year--
	}
	birth.Day = min(birth.Day, 28)
	p.Birth = day(birth)
	p.Number = p.Number[:4] + fmt.Sprintf("%02d", birth.Year%100) + p.Number[6:]
	return p
}

// longAddress is the same person with an address whose DER length takes more than one byte.
func (p Person) longAddress() Person {
	p.Residence = "Số nhà 123, ngõ 45, ngách 67, " + strings.Repeat("Thôn Rất Dài Tên, ", 6) + "Xã Hư Cấu, Tỉnh Không Có"
	return p
}

// unlimited is the same person with a card without end date.
func (p Person) unlimited() Person {
	p.Expires = NoExpiry
	return p
}
