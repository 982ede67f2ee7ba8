package bsi

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// Unit ISO7816_D: chip authentication version 1.

const bp256 = 13 // brainpoolP256r1 (Doc 9303-11 §9.5.1)

// proves reads a card that can do chip authentication in these ways, with both kinds of reader, and expects the first wanted part of
// the reason ("DH-AES-128").
func (b *bench) proves(t *testing.T, want string, offers ...emrtdtest.ChipAuthOffer) {
	t.Helper()
	card := b.card(t, fmt.Sprintf("ca %v", offers), emrtdtest.IssueOptions{ChipAuth: offers})
	for name, slot := range readers {
		out := b.read(t, reading{Card: card, Slot: slot})
		out.verified(t)
		out.check(t, kiosk.CheckChipAuth, kiosk.CheckSuccessful)
		out.reason(t, kiosk.CheckChipAuth, want)
		if t.Failed() {
			t.Fatalf("with a reader with %s lengths", name)
		}
	}
}

// replaced makes an Edit that replaces bytes, which must be there, in DG14; in EF.CardAccess too when both is set. n is how many, -1
// all.
func replaced(old, now []byte, n int, both bool) func(files map[kiosk.FileID][]byte) error {
	return func(files map[kiosk.FileID][]byte) error {
		if !bytes.Contains(files[kiosk.FileDG14], old) {
			return errors.New("DG14 does not hold what the case changes")
		}
		files[kiosk.FileDG14] = bytes.Replace(files[kiosk.FileDG14], old, now, n)
		if both {
			files[kiosk.FileCardAccess] = bytes.Replace(files[kiosk.FileCardAccess], old, now, n)
		}
		return nil
	}
}

// fakes reads a card whose DG14 was changed and signed, and expects chip authentication to have failed.
func (b *bench) fakes(t *testing.T, edit func(files map[kiosk.FileID][]byte) error, offers ...emrtdtest.ChipAuthOffer) outcome {
	t.Helper()
	out := b.read(t, reading{Card: b.issue(t, emrtdtest.IssueOptions{ChipAuth: offers, Edit: edit})})
	out.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
	out.refused(t, kiosk.CheckChipAuth)
	return out
}

// publicKey changes the public key of DG14.
func publicKey(change func(k *lds.PublicKey) (old, now []byte)) func(files map[kiosk.FileID][]byte) error {
	return func(files map[kiosk.FileID][]byte) error {
		infos, err := lds.ParseDG14(files[kiosk.FileDG14])
		if err != nil {
			return err
		}
		if len(infos.ChipAuthKeys) != 1 {
			return errors.New("want one key in DG14")
		}
		old, now := change(infos.ChipAuthKeys[0].Key)
		return replaced(old, now, 1, false)(files)
	}
}

// heard collects the ephemeral public keys that a chip is given.
type heard struct{ keys [][]byte }

func (h *heard) hooks() *emrtdtest.Hooks {
	return &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
		if c.INS != insGeneral {
			return nil
		}
		if o, err := tlv.ReadOne(c.Data, 0x7C); err == nil {
			list, _ := o.Children() // what cannot be read is no key
			for _, k := range list {
				if len(k.Value) > 32 {
					h.keys = append(h.keys, bytes.Clone(k.Value))
				}
			}
		}
		return nil
	}}
}

// reference gives the key reference of MSE:Set AT for chip authentication, "" when none was sent.
func (b *bench) reference(t *testing.T, offers ...emrtdtest.ChipAuthOffer) string {
	t.Helper()
	var got string
	card := b.card(t, fmt.Sprintf("ca %v", offers), emrtdtest.IssueOptions{ChipAuth: offers})
	out := b.read(t, reading{Card: card, Chip: emrtdtest.Options{Hooks: &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
		if c.INS == insManage && c.P1 == 0x41 {
			list, _ := tlv.ReadAll(c.Data) // what cannot be read has no reference
			o, _ := tlv.Find(list, 0x84)
			got = fmt.Sprintf("%X", o.Value)
		}
		return nil
	}}}})
	out.verified(t)
	return got
}

func init() {
	const (
		dh224 = 1 // 2048-bit group with a subgroup of 224 bits
		des   = emrtdtest.TripleDES
	)
	ciphers := []emrtdtest.Cipher{emrtdtest.TripleDES, emrtdtest.AES128, emrtdtest.AES192, emrtdtest.AES256}
	register("ISO7816_D_01", "Chip authentication with Diffie-Hellman in the groups 0 to 2, keys as X9.42 and PKCS #3 write them, with 3DES (MSE:Set KAT) and AES, "+
		"with extended lengths and with command chaining: successful, the card is verified.",
		func(t *testing.T, b *bench) {
			for i, cipher := range ciphers {
				b.proves(t, "DH-"+string(cipher), emrtdtest.ChipAuthOffer{Parameter: i % 3, Cipher: cipher})
			}
			b.proves(t, "DH-AES-128", emrtdtest.ChipAuthOffer{Parameter: dh224, Cipher: emrtdtest.AES128, PKCS3: true, KeyID: 3})
		})
	register("ISO7816_D_02", "Chip authentication with ECDH on every standardised curve, named and written out, with 3DES and AES: successful, the card is verified.",
		func(t *testing.T, b *bench) {
			for id := 8; id <= 18; id++ {
				b.proves(t, "ECDH-"+string(ciphers[id%4]), emrtdtest.ChipAuthOffer{Parameter: id, Cipher: ciphers[id%4], Named: id%2 == 0})
			}
			for _, cipher := range ciphers {
				b.proves(t, "ECDH-"+string(cipher)+" brainpoolP256r1", emrtdtest.ChipAuthOffer{Parameter: bp256, Cipher: cipher})
			}
		})
	register("ISO7816_D_03", "DG14 holds one key with a reference: MSE:Set AT names it and chip authentication succeeds.",
		func(t *testing.T, b *bench) {
			if got := b.reference(t, emrtdtest.ChipAuthOffer{Parameter: bp256, KeyID: 0x55}); got != "55" {
				t.Errorf("reference %q", got)
			}
			if got := b.reference(t, emrtdtest.ChipAuthOffer{Parameter: bp256}); got != "" {
				t.Errorf("reference %q where DG14 has none", got)
			}
		})
	register("ISO7816_D_04", "DG14 holds two keys with references and two ways: the better one is used, with its own reference.",
		func(t *testing.T, b *bench) {
			got := b.reference(t, emrtdtest.ChipAuthOffer{Parameter: 12, Cipher: des, KeyID: 1}, emrtdtest.ChipAuthOffer{Parameter: bp256, Cipher: emrtdtest.AES128, KeyID: 0x1234})
			if got != "1234" {
				t.Errorf("reference %q", got)
			}
		})
	register("ISO7816_D_05", "DG14 holds three keys with references, elliptic and finite: the best way is used, with its own reference, and succeeds.",
		func(t *testing.T, b *bench) {
			offers := []emrtdtest.ChipAuthOffer{
				{Parameter: dh224, Cipher: emrtdtest.AES128, KeyID: 1}, {Parameter: 16, Cipher: emrtdtest.AES256, KeyID: 2}, {Parameter: bp256, Cipher: emrtdtest.AES128, KeyID: 3},
			}
			b.proves(t, "ECDH-AES-256 brainpoolP384r1", offers...)
			if got := b.reference(t, offers...); got != "02" {
				t.Errorf("reference %q", got)
			}
		})
	register("ISO7816_D_06", "DG14's announcement and key have a reference that the chip does not know; it answers 6A88: chip authentication has failed, the document is refused.",
		func(t *testing.T, b *bench) {
			out := b.fakes(t, replaced([]byte{2, 1, 0x55}, []byte{2, 1, 0x66}, -1, true), emrtdtest.ChipAuthOffer{Parameter: bp256, KeyID: 0x55})
			out.reason(t, kiosk.CheckChipAuth, "6A88")
			out.check(t, kiosk.CheckCardAccess, kiosk.CheckSuccessful)
		})
	register("ISO7816_D_07", "The Diffie-Hellman key in DG14 is corrupted and is no member of its group: chip authentication has failed, the document is refused.",
		func(t *testing.T, b *bench) {
			edit := publicKey(func(k *lds.PublicKey) (old, now []byte) {
				old = k.DH.Y.Bytes()
				return old, flipLast(bytes.Clone(old))
			})
			b.fakes(t, edit, emrtdtest.ChipAuthOffer{Parameter: dh224})
		})
	register("ISO7816_D_08", "The ECDH key in DG14 is corrupted and is no point of its curve, or is another point: chip authentication has failed, the document is refused.",
		func(t *testing.T, b *bench) {
			for _, other := range []bool{false, true} {
				edit := publicKey(func(k *lds.PublicKey) (old, now []byte) {
					c := k.EC.Curve()
					if old = c.Marshal(k.EC); other {
						return old, c.Marshal(c.ScalarMult(k.EC, append(make([]byte, c.ScalarSize()-1), 2)))
					}
					return old, flipLast(bytes.Clone(old))
				})
				b.fakes(t, edit, emrtdtest.ChipAuthOffer{Parameter: bp256})
			}
		})
	register("ISO7816_D_09", "The chip acknowledges chip authentication and goes on under the old session keys: they are not used any more, chip authentication has failed, the document is refused.",
		func(t *testing.T, b *bench) {
			var late int
			out := b.read(t, reading{Chip: emrtdtest.Options{Hooks: &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
				late++
				if o, err := tlv.ReadOne(c.Data, 0x7C); c.INS == insGeneral && c.CLA&0x10 == 0 && err == nil && bytes.HasPrefix(o.Value, []byte{0x80}) {
					late = 0
					return &apdu.Response{Data: []byte{0x7C, 0}, SW: apdu.StatusOK}
				}
				return nil
			}}}})
			out.refused(t, kiosk.CheckChipAuth)
			if late != 0 {
				t.Errorf("%d commands that the old keys open", late)
			}
		})
	register("ISO7816_D_10", "The ephemeral keys of PACE and chip authentication of several reads are all different: none outlives its run.",
		func(t *testing.T, b *bench) {
			h := &heard{}
			for range 3 {
				b.read(t, reading{Chip: emrtdtest.Options{Hooks: h.hooks()}}).verified(t)
			}
			seen := map[string]bool{}
			for _, k := range h.keys {
				seen[string(k)] = true
			}
			if len(h.keys) != 9 || len(seen) != 9 { // mapping, agreement, chip authentication
				t.Errorf("%d keys, %d different; want 9", len(h.keys), len(seen))
			}
		})
	register("ISO7816_D_11", "The Diffie-Hellman key in DG14 has an unknown algorithm identifier, or parameters that are no group: chip authentication has failed, the document is refused.",
		func(t *testing.T, b *bench) {
			algorithm := []byte{0x2A, 0x86, 0x48, 0xCE, 0x3E, 0x02, 0x01} // dhpublicnumber
			b.fakes(t, replaced(algorithm, []byte{0x2A, 0x86, 0x48, 0xCE, 0x3E, 0x02, 0x7F}, 1, false), emrtdtest.ChipAuthOffer{Parameter: dh224})
			b.fakes(t, publicKey(func(k *lds.PublicKey) (old, now []byte) {
				old = k.DH.P.Bytes()
				now = bytes.Clone(old)
				now[40] ^= 1
				return old, now
			}), emrtdtest.ChipAuthOffer{Parameter: dh224})
		})
	register("ISO7816_D_12", "The ECDH key in DG14 has an unknown algorithm identifier, or parameters of an unknown curve: chip authentication has failed, the document is refused.",
		func(t *testing.T, b *bench) {
			algorithm := []byte{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01} // id-ecPublicKey
			b.fakes(t, replaced(algorithm, []byte{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x7F}, 1, false), emrtdtest.ChipAuthOffer{Parameter: bp256})
			b.fakes(t, publicKey(func(k *lds.PublicKey) (old, now []byte) {
				old = k.EC.Curve().N.Bytes()
				return old, flipLast(bytes.Clone(old))
			}), emrtdtest.ChipAuthOffer{Parameter: bp256})
		})
	register("ISO7816_D_13", "The key in DG14 has another reference than the announcement: there is no key for it, chip authentication has failed, the document is refused.",
		func(t *testing.T, b *bench) {
			edit := func(files map[kiosk.FileID][]byte) error {
				infos, err := lds.ParseDG14(files[kiosk.FileDG14])
				if err != nil {
					return err
				}
				old := infos.ChipAuthKeys[0].Raw
				now := append(bytes.Clone(old[:len(old)-1]), 0x66)
				return replaced(old, now, 1, false)(files)
			}
			out := b.fakes(t, edit, emrtdtest.ChipAuthOffer{Parameter: bp256, KeyID: 0x55})
			out.reason(t, kiosk.CheckChipAuth, "no key for the announced reference")
		})
	register("ISO7816_D_14", "A Diffie-Hellman key of 2,048 bits goes to the chip in one command with extended lengths where reader and chip take them, and in a chain of short ones where not.",
		func(t *testing.T, b *bench) {
			card := b.card(t, "ca dh", emrtdtest.IssueOptions{ChipAuth: []emrtdtest.ChipAuthOffer{{Parameter: dh224}}})
			for _, c := range []struct {
				slot     emrtdtest.SlotOptions
				chip     emrtdtest.Options
				extended bool
			}{
				{extended: true}, {slot: emrtdtest.SlotOptions{ShortOnly: true}}, {chip: emrtdtest.Options{ShortOnly: true}},
			} {
				out := b.read(t, reading{Card: card, Slot: c.slot, Chip: c.chip})
				out.verified(t)
				out.reason(t, kiosk.CheckChipAuth, "DH-AES-128")
				longest, chained := 0, false
				for _, x := range out.trace {
					if x.command[1] == insGeneral && x.command[0]&0x0C != 0 {
						longest, chained = max(longest, len(x.command)), chained || x.command[0]&0x10 != 0
					}
				}
				if (longest > 261) != c.extended || chained == c.extended {
					t.Errorf("longest command %d bytes, chained: %v", longest, chained)
				}
			}
		})
	register("ISO7816_D_15", "The chip refuses the key reference in MSE:Set AT with 6A80, 6A88, 6A82, 6A86, 6982, 6985, 6300, 6400 or 6F00, and in MSE:Set KAT too: "+
		"chip authentication has failed each time, never not supported, and the document is refused.",
		func(t *testing.T, b *bench) {
			old := b.card(t, "ca 3des", emrtdtest.IssueOptions{ChipAuth: []emrtdtest.ChipAuthOffer{{Parameter: bp256, Cipher: des, KeyID: 0x55}}})
			for _, card := range []*emrtdtest.Card{b.ordinary(t), old} {
				for _, sw := range []apdu.Status{
					apdu.StatusWrongData, apdu.StatusNoReference, apdu.StatusNotFound, apdu.StatusWrongP1P2, apdu.StatusSecurity, apdu.StatusNotSatisfied,
					apdu.StatusAuthFailed, 0x6400, apdu.StatusUnknown,
				} {
					out := b.read(t, reading{Card: card, Chip: emrtdtest.Options{Hooks: &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
						if c.INS == insManage && c.P1 == 0x41 {
							return &apdu.Response{SW: sw}
						}
						return nil
					}}}})
					out.refused(t, kiosk.CheckChipAuth)
					out.reason(t, kiosk.CheckChipAuth, "chip refused, "+sw.Error())
				}
			}
		})
}
