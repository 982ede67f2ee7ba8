package bsi

import (
	"bytes"
	"slices"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// Unit ISO7816_B: basic access control and secure messaging. ISO7816_B_10 is about certificate revocation and stands with the
// security object.

// The instructions the cases look at.
const (
	insExternal = 0x82
	insGeneral  = 0x86
	insInternal = 0x88
	insManage   = 0x22
	insSelect   = 0xA4
	insRead     = 0xB0
)

// isDG1 reports whether a plain command begins to read DG1.
func isDG1(c apdu.Command) bool { return c.INS == insRead && c.P1 == 0x81 }

// mutual reads a BAC passport whose answer to EXTERNAL AUTHENTICATE is changed.
func (b *bench) mutual(t *testing.T, change func(r apdu.Response) apdu.Response) outcome {
	t.Helper()
	card := b.bacPassport(t)
	return b.read(t, reading{Card: card, Key: mrzKey(card), Chip: emrtdtest.Options{Hooks: &emrtdtest.Hooks{
		Response: func(c apdu.Command, r apdu.Response) apdu.Response {
			if c.INS != insExternal || len(r.Data) != 40 {
				return r
			}
			r.Data = bytes.Clone(r.Data)
			return change(r)
		},
	}}})
}

// broken reads chips whose protected answer at DG1 is changed: a card with PACE and AES, and a passport with BAC and 3DES. Each read
// must end with card_protocol, and nothing may be sent after the broken answer.
func (b *bench) broken(t *testing.T, change func(o emrtdtest.SMObjects) emrtdtest.SMObjects) {
	t.Helper()
	passport := b.bacPassport(t)
	for _, r := range []reading{{}, {Card: passport, Key: mrzKey(passport)}} {
		after := -1
		r.Chip.Hooks = &emrtdtest.Hooks{
			Command: func(apdu.Command) *apdu.Response {
				if after >= 0 {
					after++
				}
				return nil
			},
			Protected: func(c apdu.Command, o emrtdtest.SMObjects) emrtdtest.SMObjects {
				if isDG1(c) {
					after = 0
					return change(o)
				}
				return o
			},
		}
		b.read(t, r).fails(t, kiosk.CodeCardProtocol)
		if after != 0 {
			t.Errorf("%d commands after the broken answer", after)
		}
	}
}

// without takes an object out of a protected answer and makes the MAC anew.
func without(tag tlv.Tag) func(o emrtdtest.SMObjects) emrtdtest.SMObjects {
	return func(o emrtdtest.SMObjects) emrtdtest.SMObjects {
		o.Objects = slices.DeleteFunc(slices.Clone(o.Objects), func(x tlv.Object) bool { return x.Tag == tag })
		o.Remac = tag != 0x8E
		return o
	}
}

// changed changes the value of an object of a protected answer.
func changed(tag tlv.Tag, remac bool, change func(v []byte) []byte) func(o emrtdtest.SMObjects) emrtdtest.SMObjects {
	return func(o emrtdtest.SMObjects) emrtdtest.SMObjects {
		o.Objects = slices.Clone(o.Objects)
		for i, x := range o.Objects {
			if x.Tag == tag {
				o.Objects[i] = tlv.Object{Tag: tag, Value: change(bytes.Clone(x.Value))}
			}
		}
		o.Remac = remac
		return o
	}
}

func flipFirst(v []byte) []byte { v[0] ^= 1; return v }
func flipLast(v []byte) []byte  { v[len(v)-1] ^= 1; return v }

func init() {
	register("ISO7816_B_01", "The chip's answer to EXTERNAL AUTHENTICATE has a wrong MAC: the session is not begun and the read ends with card_wrong_key.",
		func(t *testing.T, b *bench) {
			b.mutual(t, func(r apdu.Response) apdu.Response { r.Data = flipLast(r.Data); return r }).fails(t, kiosk.CodeCardWrongKey)
		})
	register("ISO7816_B_02", "The chip's cryptogram is to another challenge, or garbage, under a correct MAC: the read ends with card_wrong_key.",
		func(t *testing.T, b *bench) {
			m, err := mrz.Parse(mrzKey(b.bacPassport(t)).Value)
			if err != nil {
				t.Fatal(err)
			}
			_, mac := icao.BACKeys(m.Information())
			b.mutual(t, func(r apdu.Response) apdu.Response {
				token, err := icao.RetailMAC(mac, icao.Pad(flipFirst(r.Data[:32]), 8))
				if err != nil {
					t.Fatal(err)
				}
				copy(r.Data[32:], token)
				return r
			}).fails(t, kiosk.CodeCardWrongKey)
		})
	register("ISO7816_B_03", "The chip refuses EXTERNAL AUTHENTICATE with 6300, 6982 or 6988: the read ends with card_wrong_key; an answer of a wrong length is card_protocol.",
		func(t *testing.T, b *bench) {
			for _, sw := range []apdu.Status{apdu.StatusAuthFailed, apdu.StatusSecurity, apdu.StatusSMIncorrect} {
				b.mutual(t, func(apdu.Response) apdu.Response { return apdu.Response{SW: sw} }).fails(t, kiosk.CodeCardWrongKey)
			}
			b.mutual(t, func(r apdu.Response) apdu.Response { r.Data = r.Data[:39]; return r }).fails(t, kiosk.CodeCardProtocol)
		})
	register("ISO7816_B_04", "In a session the chip answers READ BINARY of DG1 with 6987, 6988, 6982, 9000 or plain data outside secure messaging: the read ends with card_protocol.",
		func(t *testing.T, b *bench) {
			for _, naked := range []emrtdtest.Naked{
				{SW: apdu.StatusSMMissing}, {SW: apdu.StatusSMIncorrect}, {SW: apdu.StatusSecurity}, {SW: apdu.StatusOK}, {Data: true},
			} {
				naked.At = kiosk.FileDG1
				b.read(t, reading{Chip: emrtdtest.Options{Naked: naked}}).fails(t, kiosk.CodeCardProtocol)
			}
		})
	register("ISO7816_B_05", "A protected answer has no DO8E: the read ends with card_protocol, with 3DES and with AES.",
		func(t *testing.T, b *bench) { b.broken(t, without(0x8E)) })
	register("ISO7816_B_06", "READ BINARY of DG1 is answered 9000 without DO87 under a correct MAC, by SFI and by SELECT: no data are made up, and the read ends with card_protocol.",
		func(t *testing.T, b *bench) {
			drop := &emrtdtest.Hooks{Protected: func(c apdu.Command, o emrtdtest.SMObjects) emrtdtest.SMObjects {
				if c.INS == insRead && (c.P1 == 0x81 || c.P1 == 0) {
					return without(0x87)(o)
				}
				return o
			}}
			b.read(t, reading{Chip: emrtdtest.Options{Hooks: drop}}).fails(t, kiosk.CodeCardProtocol)
		})
	register("ISO7816_B_07", "A protected answer has no DO99 under a correct MAC: the read ends with card_protocol, with 3DES and with AES.",
		func(t *testing.T, b *bench) { b.broken(t, without(0x99)) })
	register("ISO7816_B_08", "A protected answer has a wrong MAC, or one that is cut: the read ends with card_protocol, with 3DES and with AES.",
		func(t *testing.T, b *bench) {
			b.broken(t, changed(0x8E, false, flipFirst))
			b.broken(t, changed(0x8E, false, flipLast))
			b.broken(t, changed(0x8E, false, func(v []byte) []byte { return v[:4] }))
		})
	register("ISO7816_B_09", "The cryptogram is changed and the MAC is not, or the cryptogram is no whole number of blocks or has an unknown padding indicator under a correct MAC: "+
		"the read ends with card_protocol, with 3DES and with AES.",
		func(t *testing.T, b *bench) {
			b.broken(t, changed(0x87, false, flipLast))
			b.broken(t, changed(0x87, true, func(v []byte) []byte { return v[:len(v)-1] }))
			b.broken(t, changed(0x87, true, func(v []byte) []byte { v[0] = 2; return v }))
			b.broken(t, changed(0x99, false, flipFirst))
		})
}
