package bsi

import (
	"bytes"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// Unit ISO7816_A: access to an MRTD without access control and with BAC, and the selection of its application.

// bacPassport is a passport of the first generation: BAC, active authentication, nothing else.
func (b *bench) bacPassport(t *testing.T) *emrtdtest.Card {
	t.Helper()
	return b.card(t, "bac passport", emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportBAC})
}

// complete expects that every file of a list was read as it stands on the card.
func (o outcome) complete(t *testing.T, c *emrtdtest.Card, ids ...kiosk.FileID) {
	t.Helper()
	if o.err != nil {
		t.Errorf("want a read, got %v", o)
		return
	}
	for _, id := range ids {
		if c.Files[id] == nil || !bytes.Equal(o.read.Files[id], c.Files[id]) {
			t.Errorf("%s was read as %d bytes, the card has %d", id, len(o.read.Files[id]), len(c.Files[id]))
		}
	}
}

func init() {
	register("ISO7816_A_01", "A passport whose files are readable without access control is read whole; passive authentication succeeds, "+
		"and because nothing was opened with what is printed on it, it is not verified.",
		func(t *testing.T, b *bench) {
			card := b.bacPassport(t)
			out := b.read(t, reading{Card: card, Key: mrzKey(card), Chip: emrtdtest.Options{Open: true, NoPACE: true, NoBAC: true}})
			out.complete(t, card, kiosk.FileCOM, kiosk.FileSOD, kiosk.FileDG1, kiosk.FileDG2, kiosk.FileDG15)
			for _, name := range []kiosk.CheckName{kiosk.CheckSODSignature, kiosk.CheckSigner, kiosk.CheckHashes, kiosk.CheckGroups} {
				out.check(t, name, kiosk.CheckSuccessful)
			}
			out.check(t, kiosk.CheckAccess, kiosk.CheckNotSupported)
			out.verdict(t, kiosk.Undetermined)
		})
	register("ISO7816_A_02", "A passport with basic access control and no PACE is opened with its machine-readable zone, read whole and verified.",
		func(t *testing.T, b *bench) {
			card := b.bacPassport(t)
			out := b.read(t, reading{Card: card, Key: mrzKey(card)})
			out.verified(t)
			out.complete(t, card, kiosk.FileCOM, kiosk.FileSOD, kiosk.FileDG1, kiosk.FileDG2, kiosk.FileDG15)
			if out.read != nil && !strings.HasPrefix(out.read.Access, "BAC") {
				t.Errorf("opened by %s", out.read.Access)
			}
		})
	register("ISO7816_A_03", "SELECT of the eMRTD application is refused with 6A82, 6999 or 6D00: the read ends with card_unsupported.",
		func(t *testing.T, b *bench) {
			for _, sw := range []apdu.Status{apdu.StatusNotFound, 0x6999, apdu.StatusWrongINS} {
				refuse := &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
					if c.INS == 0xA4 && c.P1 == 0x04 {
						return &apdu.Response{SW: sw}
					}
					return nil
				}}
				card := b.bacPassport(t)
				b.read(t, reading{Chip: emrtdtest.Options{Hooks: refuse}}).fails(t, kiosk.CodeCardUnsupported)
				b.read(t, reading{Card: card, Key: mrzKey(card), Chip: emrtdtest.Options{Hooks: refuse}}).fails(t, kiosk.CodeCardUnsupported)
			}
		})
}
