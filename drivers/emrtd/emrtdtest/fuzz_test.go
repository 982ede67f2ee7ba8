package emrtdtest

import (
	"bytes"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// FuzzScript sends a chip whatever a terminal may think of: commands as they are and commands under secure messaging, on every
// profile. A chip never panics, always answers with a status word, and never gives the holder's number in plain.
func FuzzScript(f *testing.F) {
	cards := fuzzCards(f)
	for _, seed := range fuzzSeeds() {
		for kind := range byte(len(cards)) {
			f.Add(append([]byte{kind}, seed...))
			f.Add(append([]byte{kind | 0x60}, seed...)) // under secure messaging, with short lengths
		}
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) == 0 {
			return
		}
		card := cards[int(script[0]&0x1F)%len(cards)]
		chip, err := New(card, Options{ShortOnly: script[0]&0x40 != 0, Tries: int(script[0] >> 7)})
		if err != nil {
			t.Fatal(err)
		}
		chip.PowerOn()
		k := newTerminal(t)
		protected := script[0]&0x20 != 0
		if protected {
			chip.s.applet, chip.s.sm = true, k.chip(t)
		}
		for rest := script[1:]; len(rest) > 1; {
			n := min(int(rest[0]), len(rest)-1)
			raw := rest[1 : 1+n]
			rest = rest[1+n:]
			if cmd, err := apdu.ParseCommand(raw); protected && err == nil && len(cmd.Data) < 200 && cmd.CLA&0x0C == 0 {
				if p, err := k.protect(cmd).Bytes(); err == nil {
					raw = p
				}
			}
			response := chip.Process(raw)
			if len(response) < 2 {
				t.Fatalf("%d bytes answered", len(response))
			}
			if bytes.Contains(response, []byte(card.Number)) {
				t.Fatal("the holder's number went out in plain")
			}
			if protected {
				k.ssc++
			}
		}
	})
}

// fuzzCards are a card of every profile with keys.
func fuzzCards(f *testing.F) (cards []*Card) {
	a, err := NewAuthority(AuthorityOptions{})
	if err != nil {
		f.Fatal(err)
	}
	for _, opt := range []IssueOptions{
		{}, {Profile: ProfilePassportBAC}, {Profile: ProfilePassportPACE},
		{
			PACE:     []PACEOffer{{Parameter: 0}, {Mapping: MappingIM, Cipher: TripleDES, Parameter: 13}, {Parameter: 12}},
			ChipAuth: []ChipAuthOffer{{Parameter: 0, Cipher: TripleDES, KeyID: 1}, {Parameter: 8, KeyID: 2}}, Active: "pss:1024:sha1",
		},
	} {
		opt.NoVariants = true
		card, err := IssueWith(person(), Silhouette(90), a, opt)
		if err != nil {
			f.Fatal(err)
		}
		cards = append(cards, card)
	}
	return cards
}

// fuzzSeeds are scripts: commands, each after its length.
func fuzzSeeds() (seeds [][]byte) {
	script := func(commands ...[]byte) {
		var s []byte
		for _, c := range commands {
			s = append(append(s, byte(len(c))), c...)
		}
		seeds = append(seeds, s)
	}
	selectApplet := append([]byte{0, 0xA4, 4, 0x0C, 7}, AID...)
	at := func(p1, p2 byte, objects ...[]byte) []byte {
		data := bytes.Join(objects, nil)
		return append([]byte{0, 0x22, p1, p2, byte(len(data))}, data...)
	}
	oid := func(arcs ...int) []byte { return tlv.Encode(0x80, tlv.EncodeOID(protocol(arcs...))[2:]) }
	script(selectApplet, []byte{0, 0xB0, 0x9E, 0, 0}, []byte{0, 0xB0, 0, 4, 0xFF}, []byte{0, 0xB1, 0, 0, 4, 0x54, 2, 0, 0, 0})
	script(selectApplet, []byte{0, 0x84, 0, 0, 8}, append([]byte{0, 0x82, 0, 0, 40}, make([]byte, 41)...))
	script([]byte{0, 0xA4, 0, 0x0C}, []byte{0, 0xA4, 2, 0x0C, 2, 1, 0x1C}, []byte{0, 0xB0, 0, 0, 0}, []byte{0, 0xB0, 0x9D, 0, 0})
	for _, arcs := range [][]int{{4, 2, 2}, {4, 6, 2}, {4, 1, 2}, {4, 4, 1}} {
		script(at(0xC1, 0xA4, oid(arcs...), []byte{0x83, 1, 2}), []byte{0x10, 0x86, 0, 0, 2, 0x7C, 0, 0},
			append(append([]byte{0x10, 0x86, 0, 0, 0x45, 0x7C, 0x43, 0x81, 0x41, 4}, make([]byte, 64)...), 0),
			[]byte{0x10, 0x86, 0, 0, 4, 0x7C, 2, 0x83, 0, 0}, []byte{0, 0x86, 0, 0, 4, 0x7C, 2, 0x85, 0, 0})
	}
	for _, arcs := range [][]int{{3, 2, 2}, {3, 1, 1}} {
		script(at(0x41, 0xA4, oid(arcs...), []byte{0x84, 1, 1}), []byte{0x10, 0x86, 0, 0, 4, 0x7C, 0x81, 0x90, 0x80, 0}, []byte{0, 0x86, 0, 0, 2, 0x7C, 0, 0},
			at(0x41, 0xA6, []byte{0x91, 2, 4, 4}, []byte{0x84, 1, 1}), []byte{0, 0x88, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0}, []byte{0, 0xC0, 0, 0, 0})
	}
	return seeds
}
