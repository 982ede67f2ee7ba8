package bsi

import (
	"bytes"
	"encoding/binary"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// Unit ISO7816_C: reading files.

// readers are a reader with extended lengths and one without.
var readers = map[string]emrtdtest.SlotOptions{"extended": {}, "short": {ShortOnly: true}}

// everyFile are the files of an ordinary card.
var everyFile = []kiosk.FileID{
	kiosk.FileCardAccess, kiosk.FileCOM, kiosk.FileSOD, kiosk.FileDG1, kiosk.FileDG2, kiosk.FileDG13, kiosk.FileDG14, kiosk.FileDG15,
}

// atEnd makes a chip answer reads past the end of a file with a status word and nothing else.
func atEnd(sw apdu.Status) *emrtdtest.Hooks {
	return &emrtdtest.Hooks{Response: func(c apdu.Command, r apdu.Response) apdu.Response {
		if c.INS == 0xB0 && r.SW == apdu.StatusEndOfFile {
			return apdu.Response{SW: sw}
		}
		return r
	}}
}

// readsWhole reads the ordinary card from a chip of a kind, with both kinds of reader.
func (b *bench) readsWhole(t *testing.T, chip emrtdtest.Options) {
	t.Helper()
	for name, slot := range readers {
		out := b.read(t, reading{Chip: chip, Slot: slot})
		out.verified(t)
		out.complete(t, b.ordinary(t), everyFile...)
		if t.Failed() {
			t.Fatalf("with a reader with %s lengths", name)
		}
	}
}

// large is a card whose DG2 is a little longer than n bytes.
func (b *bench) large(t *testing.T, name string, n int) *emrtdtest.Card {
	t.Helper()
	return b.cards.get(t, name, func() *emrtdtest.Card {
		picture := append(bytes.Clone(photo()), make([]byte, n-len(photo()))...)
		return b.issueTo(t, holder, picture, emrtdtest.IssueOptions{})
	})
}

func init() {
	register("ISO7816_C_01", "SELECT and READ BINARY of DG2 are refused with 6A82 although it is signed: the document is refused; of a group "+
		"that is denied with 6982 nothing is said, and the document is not verified.",
		func(t *testing.T, b *bench) {
			for sw, want := range map[apdu.Status]kiosk.Verdict{apdu.StatusNotFound: kiosk.Refused, apdu.StatusSecurity: kiosk.Undetermined} {
				out := b.read(t, reading{Chip: emrtdtest.Options{Hooks: &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
					if c.INS == 0xB0 && c.P1 == 0x82 || c.INS == 0xA4 && bytes.Equal(c.Data, []byte{1, 2}) {
						return &apdu.Response{SW: sw}
					}
					return nil
				}}}})
				out.verdict(t, want)
				if out.result(kiosk.CheckGroups) == kiosk.CheckSuccessful {
					t.Errorf("%v: groups are complete", sw)
				}
			}
		})
	register("ISO7816_C_02", "DG2 of 40,000 bytes, and of 70,000 when the limit is raised, are read whole with extended and with short lengths; above "+
		"the limit of 64 KB the read ends with card_protocol.",
		func(t *testing.T, b *bench) {
			for name, slot := range readers {
				card := b.large(t, "40000", 40000)
				out := b.read(t, reading{Card: card, Slot: slot})
				out.verified(t)
				out.complete(t, card, everyFile...)
				card = b.large(t, "70000", 70000)
				out = b.read(t, reading{Card: card, Slot: slot, Reader: emrtd.Options{MaxFile: 100000}})
				out.verified(t)
				out.complete(t, card, everyFile...)
				b.read(t, reading{Card: card, Slot: slot}).fails(t, kiosk.CodeCardProtocol)
				if t.Failed() {
					t.Fatalf("with a reader with %s lengths", name)
				}
			}
		})
	register("ISO7816_C_03", "Files are shorter than the first READ BINARY asks for, and the chip gives what there is with 9000 alone: every file is "+
		"read whole. A file that ends before its length says is read as far as it goes, and its hash decides.",
		func(t *testing.T, b *bench) {
			b.readsWhole(t, emrtdtest.Options{EndOfFile: emrtdtest.EndSilent})
			dg1 := b.ordinary(t).Files[kiosk.FileDG1]
			for _, end := range []emrtdtest.EndOfFile{emrtdtest.EndSilent, emrtdtest.EndWarning, emrtdtest.EndExact} {
				cut := map[kiosk.FileID][]byte{kiosk.FileDG1: dg1[:len(dg1)-7]}
				b.read(t, reading{Chip: emrtdtest.Options{EndOfFile: end, Replace: cut}}).refused(t, kiosk.CheckHashes)
			}
		})
	register("ISO7816_C_04", "Reading past the end of a file is answered with 6B00 and no data: the reader asks for less and reads every file whole.",
		func(t *testing.T, b *bench) { b.readsWhole(t, emrtdtest.Options{Hooks: atEnd(apdu.StatusWrongOffset)}) })
	register("ISO7816_C_05", "Reading past the end of a file is answered with 6282, with the bytes there are or without: every file is read whole.",
		func(t *testing.T, b *bench) {
			b.readsWhole(t, emrtdtest.Options{EndOfFile: emrtdtest.EndWarning})
			b.readsWhole(t, emrtdtest.Options{Hooks: atEnd(apdu.StatusEndOfFile)})
		})
	register("ISO7816_C_06", "Reading past the end of a file is answered with 6Cxx: the reader asks for exactly that and reads every file whole.",
		func(t *testing.T, b *bench) { b.readsWhole(t, emrtdtest.Options{EndOfFile: emrtdtest.EndExact}) })
	register("ISO7816_C_07", "Beyond 32,767 bytes DG2 is read with the odd instruction B1, offset in DO54 and data in DO53, never with an even one.",
		func(t *testing.T, b *bench) {
			card := b.large(t, "40000", 40000)
			for name, slot := range readers {
				odd, last := 0, 0
				out := b.read(t, reading{Card: card, Slot: slot, Chip: emrtdtest.Options{Hooks: &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
					switch {
					case c.INS == 0xB1 && len(c.Data) > 2 && c.Data[0] == 0x54:
						odd++
					case c.INS == 0xB0 && c.P1 < 0x80:
						last = max(last, int(c.P1)<<8|int(c.P2))
					}
					return nil
				}}}})
				out.verified(t)
				out.complete(t, card, kiosk.FileDG2)
				if odd == 0 || last > 0x7FFF || last < 0x7000 {
					t.Errorf("%s lengths: %d odd reads, last even offset %d", name, odd, last)
				}
			}
		})
	register("ISO7816_C_08", "DG2 is signed and holds a facial image of no bytes: the reader does not stumble, gives no photo, and does not verify the document.",
		func(t *testing.T, b *bench) {
			out := withDG2(t, b, func(p *parts) {
				p.record = p.record[:iibType+12] // header and information, no image
				binary.BigEndian.PutUint32(p.record[frhLength:], uint32(len(p.record)))
				binary.BigEndian.PutUint32(p.record[fib:], uint32(len(p.record)-fib))
			})
			out.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
			if out.result(kiosk.CheckEncoding) == kiosk.CheckSuccessful || out.read != nil && len(out.read.Photo.Data) != 0 {
				t.Errorf("an image of no bytes was taken: %v", out)
			}
			out.rejected(t)
		})
}
