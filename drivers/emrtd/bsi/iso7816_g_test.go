package bsi

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// Unit ISO7816_G: PACE. What the chip says wrongly is put in by the hooks between its logic and the wire; what is wrong in its
// files is issued that way, signed where the case asks for a signed file.

// The standardised domain parameters (Doc 9303-11 §9.5.1).
var (
	groupParameters = []int{0, 1, 2}
	curveParameters = []int{8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}
)

// p224 has no integrated mapping: its modulus is 1 modulo 4.
const p224 = 10

var (
	gmCurve  = emrtdtest.PACEOffer{Mapping: emrtdtest.MappingGM, Cipher: emrtdtest.AES128, Parameter: 13}
	gmGroup  = emrtdtest.PACEOffer{Mapping: emrtdtest.MappingGM, Cipher: emrtdtest.AES128, Parameter: 0}
	imCurve  = emrtdtest.PACEOffer{Mapping: emrtdtest.MappingIM, Cipher: emrtdtest.AES128, Parameter: 13}
	imGroup  = emrtdtest.PACEOffer{Mapping: emrtdtest.MappingIM, Cipher: emrtdtest.AES128, Parameter: 0}
	camCurve = emrtdtest.PACEOffer{Mapping: emrtdtest.MappingCAM, Cipher: emrtdtest.AES128, Parameter: 13}
)

// offering gives a card with these ways of PACE, made once.
func (b *bench) offering(t *testing.T, offers ...emrtdtest.PACEOffer) *emrtdtest.Card {
	t.Helper()
	return b.card(t, "pace "+fmt.Sprint(offers), emrtdtest.IssueOptions{PACE: offers})
}

// opens expects that a card with one way of PACE is opened by it, with both keys, and verified.
func (b *bench) opens(t *testing.T, o emrtdtest.PACEOffer) {
	t.Helper()
	card := b.offering(t, o)
	for key, k := range map[string]kiosk.CardKey{"CAN": canKey(card), "MRZ": mrzKey(card)} {
		out := b.read(t, reading{Card: card, Key: k})
		out.verified(t)
		want := "PACE-" + key + " "
		if out.read != nil && (!strings.HasPrefix(out.read.Access, want) || !strings.Contains(out.read.Access, string(o.Mapping)+"-"+string(o.Cipher))) {
			t.Errorf("%+v: opened by %q", o, out.read.Access)
		}
	}
}

// dynamicStep changes the objects of one answer of GENERAL AUTHENTICATE.
func dynamicStep(step int, change func([]tlv.Object) []tlv.Object) *emrtdtest.Hooks {
	return &emrtdtest.Hooks{Dynamic: func(n int, objects []tlv.Object) []tlv.Object {
		if n != step {
			return objects
		}
		return change(objects)
	}}
}

// value replaces the value of the object with a tag; the tag may be changed too.
func value(tag, to tlv.Tag, change func([]byte) []byte) func([]tlv.Object) []tlv.Object {
	return func(objects []tlv.Object) []tlv.Object {
		out := slices.Clone(objects)
		for i, o := range out {
			if o.Tag == tag {
				out[i] = tlv.Object{Tag: to, Value: change(bytes.Clone(o.Value))}
			}
		}
		return out
	}
}

func keep(v []byte) []byte { return v }

func none([]tlv.Object) []tlv.Object { return nil }

// answering gives a status word instead of an answer to the nth GENERAL AUTHENTICATE of a session; 0 is MSE:Set AT for PACE.
func answering(n int, sw apdu.Status) *emrtdtest.Hooks {
	count := 0
	return &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
		switch {
		case c.INS == 0x22 && c.P1 == 0xC1:
			count = 0
			if n == 0 {
				return &apdu.Response{SW: sw}
			}
		case c.INS == 0x86:
			if count++; count == n {
				return &apdu.Response{SW: sw}
			}
		}
		return nil
	}}
}

// sent counts the commands with this instruction outside secure messaging.
func (o outcome) sent(ins byte) (n int) {
	for _, e := range o.trace {
		if len(e.command) > 1 && e.command[0]&0x0C == 0 && e.command[1] == ins {
			n++
		}
	}
	return n
}

// aborted expects an error, at most so many GENERAL AUTHENTICATE commands, and no way around PACE.
func (o outcome) aborted(t *testing.T, code kiosk.Code, steps int) {
	t.Helper()
	o.fails(t, code)
	if n := o.sent(0x86); n > steps {
		t.Errorf("%d steps after the error at step %d: %v", n, steps, o)
	}
	if o.sent(0x84)+o.sent(0x82) != 0 {
		t.Errorf("basic access control was tried: %v", o)
	}
}

// statuses are answers that end a step.
var statuses = []apdu.Status{0x6300, 0x6700, 0x6982, 0x6985, 0x6A80, 0x6A88, 0x6D00, 0x6F00}

// stepError registers the error status of one GENERAL AUTHENTICATE, for all mappings.
func stepError(id string, step int, code func(apdu.Status) kiosk.Code) {
	text := fmt.Sprintf("GENERAL AUTHENTICATE step %d is answered with %d different error statuses: the read ends with an error, nothing more of PACE is sent, no BAC", step, len(statuses))
	register(id, text, func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve} {
			for _, sw := range statuses {
				b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: answering(step, sw)}}).aborted(t, code(sw), step)
			}
		}
	})
}

// badTag registers an answer under another tag.
func badTag(id string, step int, tag, wrong tlv.Tag) {
	text := fmt.Sprintf("the chip answers GENERAL AUTHENTICATE step %d under tag %X instead of %X: card_protocol, nothing more of PACE is sent", step, uint32(wrong), uint32(tag))
	register(id, text, func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve} {
			hooks := dynamicStep(step, value(tag, wrong, keep))
			b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: hooks}}).aborted(t, kiosk.CodeCardProtocol, step)
		}
	})
}

// badValues registers changed values of one object.
func badValues(id, text string, step int, tag tlv.Tag, code kiosk.Code, offers []emrtdtest.PACEOffer, values func(o emrtdtest.PACEOffer) []func([]byte) []byte) {
	register(id, text, func(t *testing.T, b *bench) {
		for _, o := range offers {
			for _, change := range values(o) {
				last := step
				if code == kiosk.CodeCardWrongKey {
					last = 4 // only the tokens show it
				}
				hooks := dynamicStep(step, value(tag, tag, change))
				b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: hooks}}).aborted(t, code, last)
			}
		}
	})
}

// on gives the same way of PACE with other domain parameters.
func on(o emrtdtest.PACEOffer, parameters []int) (all []emrtdtest.PACEOffer) {
	for _, p := range parameters {
		o.Parameter = p
		all = append(all, o)
	}
	return all
}

// brokenPoint spoils a point 04 X Y: its first byte, X, Y, both, its length, and puts in other points.
func brokenPoint(o emrtdtest.PACEOffer) []func([]byte) []byte {
	c, err := ec.ByID(o.Parameter)
	if err != nil {
		panic("bsi: " + err.Error())
	}
	flip := func(i int) func([]byte) []byte {
		return func(v []byte) []byte { v[(i+len(v))%len(v)] ^= 1; return v }
	}
	is := func(v []byte) func([]byte) []byte { return func([]byte) []byte { return v } }
	n := c.Size()
	p := c.P.FillBytes(make([]byte, n))
	components := []func([]byte) []byte{flip(0), flip(n), flip(-1), is([]byte{0})}
	if o.Parameter != 13 {
		return components // the rest, which does not depend on the curve, with the cards' own
	}
	return append(components,
		func(v []byte) []byte { v[n] ^= 1; v[2*n] ^= 1; return v },
		is(append([]byte{4}, make([]byte, 2*n)...)), is(nil), is([]byte{4}),
		func(v []byte) []byte { return v[:len(v)-1] }, func(v []byte) []byte { return append(v, 0) },
		func(v []byte) []byte { return append([]byte{2 + v[2*n]&1}, v[1:1+n]...) },
		func(v []byte) []byte { return append(append([]byte{4}, p...), v[1+n:]...) },
		func(v []byte) []byte { return append(bytes.Clone(v[:1+n]), p...) },
	)
}

// brokenElement spoils a member of a group modulo a prime.
func brokenElement(o emrtdtest.PACEOffer) []func([]byte) []byte {
	is := func(n byte) func([]byte) []byte {
		return func(v []byte) []byte { out := make([]byte, len(v)); out[len(v)-1] = n; return out }
	}
	all := []func([]byte) []byte{
		is(0), is(1), is(2), is(3), // neutral, and outside the subgroup
		func(v []byte) []byte { v[len(v)-1] ^= 1; return v },
		func(v []byte) []byte { return bytes.Repeat([]byte{0xFF}, len(v)) },
		func(v []byte) []byte { return v[1:] }, func([]byte) []byte { return nil },
	}
	if o.Parameter == 0 { // an answer longer than what was asked for does not leave the chip
		all = append(all, func(v []byte) []byte { return append([]byte{0}, v...) })
	}
	return all
}

// cardAccess changes EF.CardAccess alone, which is not signed.
func cardAccess(change func(raw []byte) []byte) func(map[kiosk.FileID][]byte) error {
	return func(files map[kiosk.FileID][]byte) error {
		files[kiosk.FileCardAccess] = change(bytes.Clone(files[kiosk.FileCardAccess]))
		return nil
	}
}

// entries gives the entries of a set of security infos, raw.
func entries(set []byte) (raw [][]byte) {
	infos, err := lds.ParseSecurityInfos(set)
	if err != nil {
		panic("bsi: " + err.Error())
	}
	for _, i := range infos.All {
		raw = append(raw, i.Raw)
	}
	return raw
}

func under(arcs ...int) asn1.ObjectIdentifier {
	return append(slices.Clone(lds.OIDPACE), arcs...)
}

// only gives an EF.CardAccess of one PACEInfo and nothing else.
func only(oid asn1.ObjectIdentifier, version, parameter int) func([]byte) []byte {
	return func([]byte) []byte { return lds.MarshalSecurityInfos(lds.MarshalInfo(oid, version, parameter)) }
}

func protocolFault(apdu.Status) kiosk.Code { return kiosk.CodeCardProtocol }

// tokenFault tells a refused token from another error of the last step.
func tokenFault(sw apdu.Status) kiosk.Code {
	switch sw {
	case 0x6300, 0x6982, 0x6985, 0x6A80:
		return kiosk.CodeCardWrongKey
	}
	return kiosk.CodeCardProtocol
}

func init() {
	register("ISO7816_G_01", "PACE with every mapping, with CAN and MRZ: the chip is opened so and verified", func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve} {
			b.opens(t, o)
		}
	})
	register("ISO7816_G_02", "generic mapping with the domain parameters 0 to 2 and 8 to 18: opened and verified", func(t *testing.T, b *bench) {
		for _, o := range append(on(gmCurve, groupParameters), on(gmCurve, curveParameters)...) {
			b.opens(t, o)
		}
	})
	register("ISO7816_G_03", "integrated mapping with the domain parameters 0 to 2 and 8 to 18 but P-224, which has none: opened and verified", func(t *testing.T, b *bench) {
		for _, o := range append(on(imCurve, groupParameters), on(imCurve, curveParameters)...) {
			if o.Parameter != p224 {
				b.opens(t, o)
			}
		}
	})
	register("ISO7816_G_04", "every mapping with 3DES (not for CAM) and AES of 128, 192 and 256 bits: opened and verified", func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve} {
			for _, o.Cipher = range []emrtdtest.Cipher{emrtdtest.TripleDES, emrtdtest.AES128, emrtdtest.AES192, emrtdtest.AES256} {
				if o.Mapping != emrtdtest.MappingCAM || o.Cipher != emrtdtest.TripleDES {
					b.opens(t, o)
				}
			}
		}
	})
	register("ISO7816_G_05", "EF.CardAccess and DG14 hold entries with unknown protocols before and after the PACEInfo: they are ignored, the chip is verified", unknownEntries)
	register("ISO7816_G_06", "several PACEInfos with different parameters and algorithms: the preferred one is selected and its parameters are stated (tag 84)", selectsPreferred)
	register("ISO7816_G_07", "two PACEInfos and a PACEDomainParameterInfo with a number of the issuer's: the standardised one is selected and stated, the chip is verified", ownParameters)
	register("ISO7816_G_08", "MSE:Set AT is answered with error statuses: no GENERAL AUTHENTICATE is sent, no BAC, the read ends with an error", func(t *testing.T, b *bench) {
		for _, sw := range append(slices.Clone(statuses[1:]), 0x6A81, 0x6A82, 0x6A86, 0x6A87) {
			b.read(t, reading{Chip: emrtdtest.Options{Hooks: answering(0, sw)}}).aborted(t, kiosk.CodeCardUnsupported, 0)
		}
		b.read(t, reading{Chip: emrtdtest.Options{Hooks: answering(0, 0x6983)}}).aborted(t, kiosk.CodeCardWrongKey, 0)
	})
	badValues("ISO7816_G_09", "every second byte of the encrypted nonce is changed in turn: the tokens differ, card_wrong_key", 1, 0x80, kiosk.CodeCardWrongKey,
		[]emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve}, func(o emrtdtest.PACEOffer) (all []func([]byte) []byte) {
			for i := 0; i < 16; i += 2 {
				all = append(all, func(v []byte) []byte { v[i] ^= 0x40; return v })
			}
			return all
		})
	stepError("ISO7816_G_10", 1, protocolFault)
	badTag("ISO7816_G_11", 1, 0x80, 0x90)
	stepError("ISO7816_G_12", 2, protocolFault)
	badTag("ISO7816_G_13", 2, 0x82, 0x92)
	register("ISO7816_G_14", "generic mapping: the mapping data are missing, empty, cut or of another kind: card_protocol", func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, camCurve} {
			for _, change := range []func([]tlv.Object) []tlv.Object{
				none, value(0x82, 0x82, func([]byte) []byte { return nil }), value(0x82, 0x82, func(v []byte) []byte { return v[:len(v)/2] }),
				value(0x82, 0x82, func(v []byte) []byte { return tlv.Encode(tlv.OctetString, v) }),
			} {
				b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: dynamicStep(2, change)}}).aborted(t, kiosk.CodeCardProtocol, 2)
			}
		}
	})
	register("ISO7816_G_15", "integrated mapping: the mapping data, which must be empty, are missing or hold something: card_protocol", func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{imCurve, imGroup} {
			for _, change := range []func([]tlv.Object) []tlv.Object{
				none, value(0x82, 0x82, func([]byte) []byte { return []byte{0} }), value(0x82, 0x82, func([]byte) []byte { return make([]byte, 16) }),
			} {
				b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: dynamicStep(2, change)}}).aborted(t, kiosk.CodeCardProtocol, 2)
			}
		}
	})
	badValues("ISO7816_G_16", "generic mapping on every curve: the chip's mapping key with a wrong format byte, X, Y or length, off the curve, at infinity: card_protocol",
		2, 0x82, kiosk.CodeCardProtocol, on(gmCurve, curveParameters), brokenPoint)
	badValues("ISO7816_G_17", "generic mapping in every group: the chip's mapping key out of range, outside the subgroup, of another width: card_protocol",
		2, 0x82, kiosk.CodeCardProtocol, on(gmGroup, groupParameters), brokenElement)
	stepError("ISO7816_G_18", 3, protocolFault)
	badTag("ISO7816_G_19", 3, 0x84, 0x94)
	register("ISO7816_G_20", "the chip's ephemeral key is missing, empty, cut or wrapped: card_protocol", func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve} {
			for _, change := range []func([]tlv.Object) []tlv.Object{
				none, value(0x84, 0x84, func([]byte) []byte { return nil }), value(0x84, 0x84, func(v []byte) []byte { return v[:len(v)/2] }),
				value(0x84, 0x84, func(v []byte) []byte { return tlv.Encode(tlv.OctetString, v) }),
			} {
				b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: dynamicStep(3, change)}}).aborted(t, kiosk.CodeCardProtocol, 3)
			}
		}
	})
	badValues("ISO7816_G_21", "on every curve: the chip's ephemeral key with a wrong format byte, X, Y or length, off the curve, at infinity: card_protocol",
		3, 0x84, kiosk.CodeCardProtocol, on(gmCurve, curveParameters), brokenPoint)
	badValues("ISO7816_G_22", "in every group: the chip's ephemeral key out of range, outside the subgroup, of another width: card_protocol",
		3, 0x84, kiosk.CodeCardProtocol, on(gmGroup, groupParameters), brokenElement)
	register("ISO7816_G_23", "the chip sends the terminal's own ephemeral key back: card_protocol, no token is sent", reflectedKey)
	stepError("ISO7816_G_24", 4, tokenFault)
	badTag("ISO7816_G_25", 4, 0x86, 0x96)
	badValues("ISO7816_G_26", "the chip's token has one bit changed, is cut, longer or empty: card_wrong_key, the session is not used", 4, 0x86, kiosk.CodeCardWrongKey,
		[]emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve}, func(o emrtdtest.PACEOffer) (all []func([]byte) []byte) {
			for i := range 8 {
				all = append(all, func(v []byte) []byte { v[i] ^= 1; return v })
			}
			return append(all, func(v []byte) []byte { return v[:7] }, func(v []byte) []byte { return append(v, 0) }, func([]byte) []byte { return nil })
		})
	register("ISO7816_G_27", "EF.CardAccess with wrong tags and lengths: card_protocol, neither PACE nor BAC is tried", brokenCardAccess)
	register("ISO7816_G_28", "the PACEInfo names reserved or unknown domain parameters, or those of another kind: card_unsupported, PACE is not started, no BAC", wrongParameters)
	initCAM()
}

// unknownEntries is case 05.
func unknownEntries(t *testing.T, b *bench) {
	foreign := [][]byte{
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 99, 1}), tlv.AppendInt(nil, 2)),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(asn1.ObjectIdentifier{1, 2, 3}), tlv.Encode(tlv.OctetString, []byte("own"))),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(asn1.ObjectIdentifier{2, 23, 136, 99}), tlv.Encode(tlv.Sequence)),
	}
	card := b.issue(t, emrtdtest.IssueOptions{Edit: func(files map[kiosk.FileID][]byte) error {
		files[kiosk.FileCardAccess] = lds.MarshalSecurityInfos(append(entries(files[kiosk.FileCardAccess]), foreign...)...)
		o, err := tlv.ReadOne(files[kiosk.FileDG14], 0x6E)
		if err != nil {
			return err
		}
		files[kiosk.FileDG14] = lds.MarshalDG14(append(entries(o.Value), foreign...)...)
		return nil
	}})
	b.read(t, reading{Card: card}).verified(t)
}

// stated gives the tags 80 and 84 of the first MSE:Set AT.
func (o outcome) stated(t *testing.T) (oid, parameter []byte) {
	t.Helper()
	for _, e := range o.trace {
		if len(e.command) > 5 && e.command[1] == 0x22 && e.command[2] == 0xC1 {
			list, err := tlv.ReadAll(e.command[5 : 5+int(e.command[4])])
			if err != nil {
				t.Fatal(err)
			}
			protocol, _ := tlv.Find(list, 0x80)
			id, _ := tlv.Find(list, 0x84)
			return protocol.Value, id.Value
		}
	}
	t.Errorf("no MSE:Set AT: %v", o)
	return nil, nil
}

// selectsPreferred is case 06.
func selectsPreferred(t *testing.T, b *bench) {
	offer := func(m emrtdtest.Mapping, c emrtdtest.Cipher, p int) emrtdtest.PACEOffer {
		return emrtdtest.PACEOffer{Mapping: m, Cipher: c, Parameter: p}
	}
	for _, c := range []struct {
		offers []emrtdtest.PACEOffer
		want   int
		access string
	}{
		{[]emrtdtest.PACEOffer{offer("GM", "3DES", 12), offer("GM", "AES-128", 13), offer("GM", "AES-256", 16)}, 2, "ECDH-GM-AES-256 brainpoolP384r1"},
		{[]emrtdtest.PACEOffer{offer("GM", "AES-128", 13), offer("GM", "AES-128", 9), offer("GM", "AES-128", 17)}, 0, "ECDH-GM-AES-128 brainpoolP256r1"},
		{[]emrtdtest.PACEOffer{offer("GM", "AES-256", 1), offer("IM", "AES-128", 12)}, 1, "ECDH-IM-AES-128 P-256"},
		{[]emrtdtest.PACEOffer{offer("GM", "AES-256", 17), offer("CAM", "AES-128", 13)}, 1, "ECDH-CAM-AES-128 brainpoolP256r1"},
		{[]emrtdtest.PACEOffer{offer("IM", "AES-192", 2), offer("GM", "3DES", 8)}, 0, "DH-IM-AES-192 MODP-2048/256"},
	} {
		out := b.read(t, reading{Card: b.offering(t, c.offers...)})
		out.verified(t)
		want := c.offers[c.want]
		oid, id := out.stated(t)
		if !bytes.Equal(id, []byte{byte(want.Parameter)}) || !bytes.Equal(tlv.EncodeOID(want.OID())[2:], oid) {
			t.Errorf("stated %X and %X, want %+v", oid, id, want)
		}
		if out.read != nil && !strings.HasSuffix(out.read.Access, c.access) {
			t.Errorf("opened by %q, want %q", out.read.Access, c.access)
		}
	}
	single := b.read(t, reading{})
	if _, id := single.stated(t); id != nil {
		t.Errorf("parameters %X stated where there is one set only", id)
	}
}

// ownParameters is case 07: parameters of the issuer's own number write out brainpoolP256r1, once with a weaker cipher.
func ownParameters(t *testing.T, b *bench) {
	c, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	own := [][]byte{
		lds.MarshalInfo(under(2, 1), 2, 64),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(under(2)), tlv.Encode(tlv.Sequence,
			tlv.EncodeOID(asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}), lds.MarshalCurve(c)), tlv.AppendInt(nil, 64)),
	}
	card := b.issue(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{gmCurve}, Edit: func(files map[kiosk.FileID][]byte) error {
		files[kiosk.FileCardAccess] = lds.MarshalSecurityInfos(append(entries(files[kiosk.FileCardAccess]), own...)...)
		o, err := tlv.ReadOne(files[kiosk.FileDG14], 0x6E)
		if err != nil {
			return err
		}
		files[kiosk.FileDG14] = lds.MarshalDG14(append(entries(o.Value), own...)...)
		return nil
	}})
	out := b.read(t, reading{Card: card})
	out.verified(t)
	if _, id := out.stated(t); !bytes.Equal(id, []byte{13}) {
		t.Errorf("parameters %X stated, want 13", id)
	}
}

// reflectedKey is case 23.
func reflectedKey(t *testing.T, b *bench) {
	for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve, imGroup, camCurve} {
		var theirs []byte
		hooks := dynamicStep(3, value(0x84, 0x84, func([]byte) []byte { return theirs }))
		hooks.Command = func(c apdu.Command) *apdu.Response {
			if c.INS == 0x86 {
				if o, err := tlv.ReadOne(c.Data, 0x7C); err == nil {
					if key, err := tlv.ReadOne(o.Value, 0x83); err == nil {
						theirs = bytes.Clone(key.Value)
					}
				}
			}
			return nil
		}
		b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: hooks}}).aborted(t, kiosk.CodeCardProtocol, 3)
		if theirs == nil {
			t.Error("the terminal's key was not seen")
		}
	}
}

// brokenCardAccess is case 27: with the MRZ as key, which would open the chip by BAC.
func brokenCardAccess(t *testing.T, b *bench) {
	info := lds.MarshalInfo(lds.OIDPACEGMAES, 2, 13)
	set := func(raw []byte) []byte { return raw }
	for name, change := range map[string]func([]byte) []byte{
		"sequence instead of set": func(v []byte) []byte { v[0] = 0x30; return v },
		"length too long":         func(v []byte) []byte { v[1]++; return v },
		"length too short":        func(v []byte) []byte { v[1]--; return v },
		"indefinite length":       func(v []byte) []byte { v[1] = 0x80; return v },
		"entry too long":          func(v []byte) []byte { v[3]++; return v },
		"entry too short":         func(v []byte) []byte { v[3]--; return v },
		"entry no sequence":       func([]byte) []byte { return set(tlv.Encode(tlv.Set, tlv.Encode(tlv.OctetString, info))) },
		"no identifier":           func([]byte) []byte { return set(tlv.Encode(tlv.Set, tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 2)))) },
		"identifier empty": func([]byte) []byte {
			return set(tlv.Encode(tlv.Set, tlv.Encode(tlv.Sequence, tlv.Encode(tlv.OID), tlv.AppendInt(nil, 2))))
		},
		"version no number": func([]byte) []byte {
			return set(tlv.Encode(tlv.Set, tlv.Encode(tlv.Sequence, tlv.EncodeOID(lds.OIDPACEGMAES), tlv.Encode(tlv.OctetString, []byte{2}))))
		},
		"parameters no number": func([]byte) []byte {
			return set(tlv.Encode(tlv.Set, tlv.Encode(tlv.Sequence, tlv.EncodeOID(lds.OIDPACEGMAES), tlv.AppendInt(nil, 2), tlv.Encode(tlv.OctetString, []byte{13}))))
		},
		"beside a good one": func([]byte) []byte {
			return set(tlv.Encode(tlv.Set, info, tlv.Encode(tlv.Sequence, tlv.EncodeOID(under(6, 2)), tlv.Encode(tlv.OctetString, []byte{2}))))
		},
	} {
		card := b.issue(t, emrtdtest.IssueOptions{After: cardAccess(change)})
		for _, key := range []kiosk.CardKey{mrzKey(card), canKey(card)} {
			out := b.read(t, reading{Card: card, Key: key})
			out.aborted(t, kiosk.CodeCardProtocol, 0)
			if out.sent(0x22) != 0 {
				t.Errorf("%s: PACE was started", name)
			}
		}
	}
}

// wrongParameters is case 28.
func wrongParameters(t *testing.T, b *bench) {
	for _, c := range []struct {
		arc int
		ids []int
	}{{2, []int{0, 1, 2, 3, 7, 19, 31, 32, 255}}, {1, []int{3, 7, 8, 13, 18, 31, 32}}, {4, []int{0, p224, 19}}, {3, []int{3, 12}}, {6, []int{0, 2, 7, 19}}} {
		for _, id := range append(c.ids, lds.NoID) {
			card := b.issue(t, emrtdtest.IssueOptions{After: cardAccess(only(under(c.arc, 2), 2, id))})
			out := b.read(t, reading{Card: card, Key: mrzKey(card)})
			out.aborted(t, kiosk.CodeCardUnsupported, 0)
			if out.sent(0x22) != 0 {
				t.Errorf("arc %d, parameters %d: PACE was started", c.arc, id)
			}
		}
	}
	// A curve the reader has and the chip does not: the first key does not fit, and the chip says so.
	card := b.issue(t, emrtdtest.IssueOptions{After: cardAccess(only(lds.OIDPACEGMAES, 2, 12))})
	b.read(t, reading{Card: card, Key: mrzKey(card)}).aborted(t, kiosk.CodeCardProtocol, 2)
}

// chipData changes the object 8A of the last answer.
func chipData(to tlv.Tag, change func([]byte) []byte) *emrtdtest.Hooks {
	return dynamicStep(4, value(0x8A, to, change))
}

// camFails expects that PACE-CAM opens the chip and does not prove it: the document is refused.
func (b *bench) camFails(t *testing.T, hooks *emrtdtest.Hooks) {
	t.Helper()
	out := b.read(t, reading{Card: b.offering(t, camCurve), Chip: emrtdtest.Options{Hooks: hooks}})
	out.refused(t, kiosk.CheckChipAuth)
	out.reason(t, kiosk.CheckChipAuth, "PACE-CAM")
}

func initCAM() {
	register("ISO7816_G_29", "PACE-CAM without the object 8A: the chip's key is not proven, refused", func(t *testing.T, b *bench) {
		b.camFails(t, dynamicStep(4, func(objects []tlv.Object) []tlv.Object { return objects[:1] }))
	})
	register("ISO7816_G_30", "PACE-CAM with chip authentication data that are wrapped in another object, unpadded or cut: refused", func(t *testing.T, b *bench) {
		for _, change := range []func([]byte) []byte{
			func(v []byte) []byte { return tlv.Encode(tlv.OctetString, v) }, func(v []byte) []byte { return tlv.Encode(tlv.Integer, v) },
			func(v []byte) []byte { return v[:32] }, func(v []byte) []byte { return v[:47] }, func(v []byte) []byte { return append(v, 0) },
		} {
			b.camFails(t, chipData(0x8A, change))
		}
	})
	register("ISO7816_G_31", "PACE-CAM with chip authentication data of which one bit is changed, of each byte in turn: refused", func(t *testing.T, b *bench) {
		for i := range 48 {
			b.camFails(t, chipData(0x8A, func(v []byte) []byte { v[i] ^= 1; return v }))
		}
		out := b.read(t, reading{Card: b.offering(t, camCurve), Chip: emrtdtest.Options{Clone: emrtdtest.CloneForges}})
		out.refused(t, kiosk.CheckChipAuth)
	})
	register("ISO7816_G_32", "PACE-CAM with the right chip authentication data under tag 8B: refused", func(t *testing.T, b *bench) {
		b.camFails(t, chipData(0x8B, keep))
	})
	register("ISO7816_G_33", "PACE-CAM with an empty object 8A: refused", func(t *testing.T, b *bench) {
		b.camFails(t, chipData(0x8A, func([]byte) []byte { return nil }))
	})
	register("ISO7816_G_34", "PACE-CAM with a signed EF.CardSecurity: proves the chip under a trusted signer only, without chip authentication", func(t *testing.T, b *bench) {
		card := b.offering(t, camCurve)
		out := b.read(t, reading{Card: card})
		out.verified(t)
		out.reason(t, kiosk.CheckChipAuth, "PACE-CAM brainpoolP256r1")
		bare := b.read(t, reading{Card: card, Bare: true})
		bare.undetermined(t, kiosk.CheckChipAuth, kiosk.CheckSigner)
		broken := b.issue(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{camCurve}, After: func(files map[kiosk.FileID][]byte) error {
			raw := bytes.Clone(files[kiosk.FileCardSecurity])
			raw[len(raw)-1] ^= 1 // of the signature
			files[kiosk.FileCardSecurity] = raw
			return nil
		}})
		b.read(t, reading{Card: broken}).refused(t, kiosk.CheckChipAuth)
	})
	register("ISO7816_G_35", "generic mapping with an additional object 8A: it means nothing there, the chip proves itself by chip authentication", func(t *testing.T, b *bench) {
		for _, o := range []emrtdtest.PACEOffer{gmCurve, gmGroup, imCurve} {
			hooks := dynamicStep(4, func(objects []tlv.Object) []tlv.Object {
				return append(slices.Clone(objects), tlv.Object{Tag: 0x8A, Value: make([]byte, 48)})
			})
			out := b.read(t, reading{Card: b.offering(t, o), Chip: emrtdtest.Options{Hooks: hooks}})
			out.verified(t)
			if c, _ := out.read.Check(kiosk.CheckChipAuth); strings.Contains(c.Reason, "CAM") {
				t.Errorf("taken for PACE-CAM: %v", out)
			}
		}
	})
	register("ISO7816_G_36", "EF.CardAccess names PACE-CAM with ciphers that are not defined for it: card_unsupported, PACE is not started, no BAC", func(t *testing.T, b *bench) {
		for _, oid := range []asn1.ObjectIdentifier{under(6, 0), under(6, 1), under(6, 5), under(6, 9), under(6), under(6, 2, 1)} {
			b.invalidCAM(t, oid)
		}
	})
	register("ISO7816_G_37", "EF.CardAccess names PACE-CAM with mappings that are not defined: card_unsupported; beside another PACEInfo, EF.CardAccess and DG14 differ: refused", func(t *testing.T, b *bench) {
		for _, oid := range []asn1.ObjectIdentifier{under(5, 2), under(7, 2), under(8, 2), under(0, 2), under(5, 4)} {
			b.invalidCAM(t, oid)
		}
		card := b.issue(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{gmCurve, camCurve}, After: cardAccess(func([]byte) []byte {
			return lds.MarshalSecurityInfos(lds.MarshalInfo(lds.OIDPACEGMAES, 2, 13), lds.MarshalInfo(under(7, 2), 2, 13))
		})})
		b.read(t, reading{Card: card}).refused(t, kiosk.CheckCardAccess)
	})
	register("ISO7816_G_38", "PACE-CAM with a signed DG14 that holds no security info: EF.CardAccess is not confirmed, the document is not verified", func(t *testing.T, b *bench) {
		card := b.issue(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{camCurve}, Edit: func(files map[kiosk.FileID][]byte) error {
			files[kiosk.FileDG14] = lds.MarshalDG14()
			return nil
		}})
		out := b.read(t, reading{Card: card})
		out.rejected(t)
		if r := out.result(kiosk.CheckCardAccess); r == kiosk.CheckSuccessful {
			t.Errorf("EF.CardAccess confirmed: %v", out)
		}
	})
	register("ISO7816_G_39", "PACE-CAM with a signed EF.CardSecurity that holds another public key: refused", func(t *testing.T, b *bench) {
		other := entriesOf(t, b, b.issue(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{camCurve}}))
		b.camKeys(t, func(all [][]byte) [][]byte {
			return append(withoutKeys(all), keysOf(other)...)
		})
	})
	register("ISO7816_G_40", "PACE-CAM with a signed EF.CardSecurity that holds no public key: refused", func(t *testing.T, b *bench) {
		b.camKeys(t, withoutKeys)
	})
	register("ISO7816_G_41", "chip authentication mapping with the domain parameters 8 to 18: opened, proven and verified", func(t *testing.T, b *bench) {
		for _, o := range on(camCurve, curveParameters) {
			b.opens(t, o)
			b.read(t, reading{Card: b.offering(t, o)}).reason(t, kiosk.CheckChipAuth, "PACE-CAM")
		}
	})
}

// invalidCAM expects that a chip which announces nothing but this is not opened.
func (b *bench) invalidCAM(t *testing.T, oid asn1.ObjectIdentifier) {
	t.Helper()
	card := b.issue(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{camCurve}, After: cardAccess(only(oid, 2, 13))})
	out := b.read(t, reading{Card: card, Key: mrzKey(card)})
	out.aborted(t, kiosk.CodeCardUnsupported, 0)
	if out.sent(0x22) != 0 {
		t.Errorf("%v: PACE was started", oid)
	}
}

// camKeys issues a card whose EF.CardSecurity is signed with other entries, and expects it to be refused.
func (b *bench) camKeys(t *testing.T, change func([][]byte) [][]byte) {
	t.Helper()
	genuine := b.issue(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{camCurve}})
	infos := lds.MarshalSecurityInfos(change(entriesOf(t, b, genuine))...)
	raw, err := b.authority.SignCardSecurity(infos)
	if err != nil {
		t.Fatal(err)
	}
	out := b.read(t, reading{Card: genuine, Chip: emrtdtest.Options{Replace: map[kiosk.FileID][]byte{kiosk.FileCardSecurity: raw}}})
	out.refused(t, kiosk.CheckChipAuth)
	out.reason(t, kiosk.CheckChipAuth, "PACE-CAM")
}

// entriesOf gives the entries of a card's EF.CardSecurity.
func entriesOf(t *testing.T, b *bench, card *emrtdtest.Card) [][]byte {
	t.Helper()
	infos, r := pa.VerifyCardSecurity(card.Files[kiosk.FileCardSecurity], b.trust, clock())
	if !r.Trusted() {
		t.Fatalf("EF.CardSecurity of the issuer is not trusted: %+v", r.Checks)
	}
	return entries(infos)
}

// keysOf gives the entries that are public keys, withoutKeys the others.
func keysOf(all [][]byte) (keys [][]byte) {
	for _, e := range all {
		if isKey(e) {
			keys = append(keys, e)
		}
	}
	return keys
}

func withoutKeys(all [][]byte) (rest [][]byte) {
	for _, e := range all {
		if !isKey(e) {
			rest = append(rest, e)
		}
	}
	return rest
}

func isKey(entry []byte) bool {
	infos, err := lds.ParseSecurityInfos(tlv.Encode(tlv.Set, entry))
	return err == nil && len(infos.ChipAuthKeys) == 1
}
