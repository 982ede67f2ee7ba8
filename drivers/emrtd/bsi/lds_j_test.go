package bsi

import (
	"bytes"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The cases of EF.CardSecurity, which is read after PACE with chip authentication mapping. It is signed anew after the change, by the
// trusted state, so that the comparison with EF.CardAccess must find it (BSI TR-03110-1 §3.2).

// mappedOptions are those of a card with PACE-CAM alone.
func mappedOptions() emrtdtest.IssueOptions {
	return emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{{Mapping: emrtdtest.MappingCAM, Parameter: 13}}}
}

// withCardSecurity issues a card whose EF.CardSecurity has other security infos.
func withCardSecurity(t *testing.T, b *bench, edit func(infos []tlv.Object) [][]byte) *emrtdtest.Card {
	t.Helper()
	opt := mappedOptions()
	opt.After = func(files map[kiosk.FileID][]byte) error {
		content, _ := pa.VerifyCardSecurity(files[kiosk.FileCardSecurity], b.trust, clock())
		set, err := tlv.ReadOne(content, tlv.Set)
		if err != nil {
			return err
		}
		infos, err := set.Children()
		if err != nil {
			return err
		}
		files[kiosk.FileCardSecurity], err = b.authority.SignCardSecurity(lds.MarshalSecurityInfos(edit(infos)...))
		return err
	}
	return b.issue(t, opt)
}

func raws(infos []tlv.Object) (all [][]byte) {
	for _, o := range infos {
		all = append(all, o.Raw)
	}
	return all
}

// isPACE reports whether an entry is a PACEInfo of a mapping that EF.CardAccess announces.
func isPACE(o tlv.Object) bool {
	return bytes.Contains(o.Raw[:min(len(o.Raw), 14)], []byte{0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04})
}

func isChipKey(o tlv.Object) bool {
	return bytes.Contains(o.Raw[:min(len(o.Raw), 20)], tlv.EncodeOID(lds.OIDPKECDH))
}

func differing(t *testing.T, o outcome) {
	t.Helper()
	o.refused(t, kiosk.CheckCardAccess)
	o.reason(t, kiosk.CheckCardAccess, "EF.CardSecurity")
}

func init() {
	register("LDS_J_01", "EF.CardSecurity announces another way of PACE that EF.CardAccess does not: refused, somebody took it away from EF.CardAccess.", func(t *testing.T, b *bench) {
		differing(t, b.read(t, reading{Card: withCardSecurity(t, b, func(infos []tlv.Object) [][]byte {
			return append(raws(infos), lds.MarshalInfo(lds.OIDPACEGMAES, 2, 16))
		})}))
	})
	register("LDS_J_02", "EF.CardSecurity lacks the way of PACE that EF.CardAccess announces: refused.", func(t *testing.T, b *bench) {
		differing(t, b.read(t, reading{Card: withCardSecurity(t, b, func(infos []tlv.Object) [][]byte {
			var kept [][]byte
			for _, o := range infos {
				if !isPACE(o) {
					kept = append(kept, o.Raw)
				}
			}
			return kept
		})}))
	})
	register("LDS_J_03", "EF.CardSecurity announces PACE with other domain parameters than EF.CardAccess: refused.", func(t *testing.T, b *bench) {
		differing(t, b.read(t, reading{Card: withCardSecurity(t, b, func(infos []tlv.Object) [][]byte {
			var changed [][]byte
			for _, o := range infos {
				raw := bytes.Clone(o.Raw)
				if isPACE(o) {
					raw[len(raw)-1] ^= 1 // 12 for 13
				}
				changed = append(changed, raw)
			}
			return changed
		})}))
	})
	register("LDS_J_04", "The key of chip authentication in EF.CardSecurity is not the chip's: refused, the chip's proof in PACE-CAM does not fit it.", func(t *testing.T, b *bench) {
		foreign := lds.MarshalKeyInfo(lds.OIDPKECDH, foreignKey(t), lds.NoID)
		o := b.read(t, reading{Card: withCardSecurity(t, b, func(infos []tlv.Object) [][]byte {
			changed := [][]byte{foreign}
			for _, o := range infos {
				if !isChipKey(o) {
					changed = append(changed, o.Raw)
				}
			}
			return changed
		})})
		o.refused(t, kiosk.CheckChipAuth)
		o.reason(t, kiosk.CheckChipAuth, "PACE-CAM")
	})
}
