package bsi

import (
	"slices"
	"testing"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// DG14 is changed and signed. Chip authentication is what shows that the chip is no copy, and every Vietnamese card announces it: what
// cannot be used for it keeps the document from being accepted.

// withDG14 issues a card whose security infos were changed, and reads it. change gives each entry's replacement, nil to drop it.
func withDG14(t *testing.T, b *bench, change func(info lds.SecurityInfo) []byte) outcome {
	t.Helper()
	return readEdited(t, b, kiosk.FileDG14, func(raw []byte) []byte {
		s, err := lds.ParseDG14(raw)
		if err != nil {
			t.Fatal(err)
		}
		var infos [][]byte
		for _, i := range s.All {
			if r := change(i); r != nil {
				infos = append(infos, r)
			}
		}
		return lds.MarshalDG14(infos...)
	})
}

// ofCA applies change to the ChipAuthenticationInfo and keeps the rest.
func ofCA(change func(lds.SecurityInfo) []byte) func(lds.SecurityInfo) []byte {
	return func(i lds.SecurityInfo) []byte {
		if len(i.Protocol) == len(lds.OIDCA)+2 && slices.Equal(i.Protocol[:len(lds.OIDCA)], lds.OIDCA) {
			return change(i)
		}
		return i.Raw
	}
}

// withoutProof expects that a document with an unusable announcement of chip authentication is not accepted, and why.
func withoutProof(t *testing.T, o outcome, encoding string) {
	t.Helper()
	o.rejected(t)
	o.reason(t, kiosk.CheckEncoding, encoding)
	if r := o.result(kiosk.CheckChipAuth); r == kiosk.CheckSuccessful {
		t.Errorf("chip authentication successful: %v", o)
	}
}

func init() {
	registerFrame("LDS_F", 1, kiosk.FileDG14, 0x6F)
	register("LDS_F_04", "The chip authentication info names key agreement 9 with cipher 9, which do not exist: no chip authentication, not accepted.", func(t *testing.T, b *bench) {
		o := withDG14(t, b, ofCA(func(lds.SecurityInfo) []byte {
			return lds.MarshalInfo(append(slices.Clone(lds.OIDCA), 9, 9), 1, lds.NoID)
		}))
		withoutProof(t, o, "chip authentication protocol unknown")
	})
	register("LDS_F_05", "The chip authentication info has no object identifier: the set is malformed, refused.", func(t *testing.T, b *bench) {
		o := withDG14(t, b, ofCA(func(lds.SecurityInfo) []byte { return tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 1)) }))
		withoutProof(t, o, "DG14")
		o.refused(t, kiosk.CheckEncoding)
	})
	register("LDS_F_06", "The chip authentication info has version 9: not accepted, the version is named.", func(t *testing.T, b *bench) {
		o := withDG14(t, b, ofCA(func(i lds.SecurityInfo) []byte { return lds.MarshalInfo(i.Protocol, 9, lds.NoID) }))
		withoutProof(t, o, "chip authentication version unknown")
	})
	register("LDS_F_07", "The chip authentication info has no version: not accepted, the entry is named.", func(t *testing.T, b *bench) {
		o := withDG14(t, b, ofCA(func(i lds.SecurityInfo) []byte { return tlv.Encode(tlv.Sequence, tlv.EncodeOID(i.Protocol)) }))
		withoutProof(t, o, "chip authentication info unreadable")
	})
}
