package emrtdtest

import (
	"bytes"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// longFiled is a card whose DG2 has more than 64 KB.
func longFiled(t *testing.T) *Card {
	t.Helper()
	_, a := issued(t)
	card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{NoVariants: true, Edit: func(files map[kiosk.FileID][]byte) error {
		files[kiosk.FileDG2] = tlv.Encode(0x75, bytes.Repeat([]byte("0123456789abcdef"), 5000))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// TestLongFile reads beyond 32 KB and beyond 64 KB with the odd instruction, and meets the end.
func TestLongFile(t *testing.T) {
	card := longFiled(t)
	dg2 := card.Files[kiosk.FileDG2]
	d := openSession(t, card, Options{})
	if r := d.do(readSFI(2, 16)); !r.SW.OK() {
		t.Fatal(r.SW)
	}
	odd := func(offset, ne int) apdu.Command {
		o := []byte{byte(offset >> 16), byte(offset >> 8), byte(offset)}
		return apdu.Command{INS: insReadBinaryOdd, Data: tlv.Encode(0x54, o), Ne: ne}
	}
	for _, offset := range []int{0, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 70000} {
		r := d.do(odd(offset, 102))
		o, err := tlv.ReadOne(r.Data, 0x53)
		if !r.SW.OK() || err != nil || !bytes.Equal(o.Value, dg2[offset:offset+100]) {
			t.Errorf("offset %d: %v, %v", offset, r.SW, err)
		}
	}
	if r := d.do(odd(len(dg2)-10, 102)); r.SW != apdu.StatusEndOfFile || len(r.Data) != 12 {
		t.Errorf("across the end: %v with %d bytes", r.SW, len(r.Data))
	}
	if r := d.do(odd(len(dg2), 102)); r.SW != apdu.StatusWrongOffset {
		t.Errorf("past the end: %v", r.SW)
	}
}

// TestGetResponse fetches a long answer in pieces, plain and by hand.
func TestGetResponse(t *testing.T) {
	_, a := issued(t)
	card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{Active: "rsa:2048:sha256", NoVariants: true})
	if err != nil {
		t.Fatal(err)
	}
	ask := apdu.Command{INS: insInternalAuthenticate, Data: make([]byte, 8), Ne: 256}
	for what, kind := range map[string]struct {
		opt  Options
		more bool
	}{
		"short lengths": {Options{ShortOnly: true}, true},
		"always":        {Options{Pieces: PiecesAlways}, true},
		"never":         {Options{ShortOnly: true, Pieces: PiecesNever}, false},
		"long lengths":  {Options{}, false},
	} {
		d := openSession(t, card, kind.opt)
		first := d.raw(ask)
		if !kind.more {
			if r := d.k.open(t, first); r.SW != apdu.StatusWrongLength {
				t.Errorf("%s: %v", what, r.SW)
			}
			continue
		}
		if len(first) != 258 || first[256] != 0x61 {
			t.Fatalf("%s: %d bytes, the last %X", what, len(first), first[max(0, len(first)-2):])
		}
		rest := d.c.Process([]byte{0, insGetResponse, 0, 0, first[257]})
		if len(rest) != int(first[257])+2 {
			t.Fatalf("%s: %d bytes instead of %d", what, len(rest)-2, first[257])
		}
		if r := d.k.open(t, append(first[:256], rest...)); !r.SW.OK() || len(r.Data) != 256 {
			t.Errorf("%s: %v with %d bytes", what, r.SW, len(r.Data))
		}
		if got := d.c.Process([]byte{0, insGetResponse, 0, 0, 0}); !bytes.Equal(got, []byte{0x69, 0x85}) {
			t.Errorf("%s: nothing is left, but %X", what, got)
		}
	}
}

// TestChaining sends a command in pieces, and breaks the chain.
func TestChaining(t *testing.T) {
	card, _ := issued(t)
	set := tlv.Append(tlv.Encode(0x80, oidPACE), 0x83, []byte{passwordCAN})
	part := func(cla byte, data []byte) apdu.Command {
		return apdu.Command{CLA: cla, INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: data}
	}
	c := powered(t, card, Options{})
	if r := plainly(t, c, part(0x10, set[:5])); !r.SW.OK() || c.s.pace != nil {
		t.Fatalf("first piece: %v", r.SW)
	}
	if r := plainly(t, c, part(0, set[5:])); !r.SW.OK() || c.s.pace == nil {
		t.Fatalf("last piece: %v", r.SW)
	}
	plainly(t, c, part(0x10, set[:5]))
	if r := plainly(t, c, apdu.Command{INS: insGetChallenge, Ne: 8}); r.SW != statusLastOfChain {
		t.Errorf("another command in between: %v", r.SW)
	}
	if r := plainly(t, c, part(0, set[5:])); r.SW == apdu.StatusOK {
		t.Error("the end of a broken chain was taken for a command")
	}
	piece := make([]byte, 250)
	sw := apdu.StatusOK
	for range maxChain/250 + 1 {
		if sw = plainly(t, c, part(0x10, piece)).SW; sw != apdu.StatusOK {
			break
		}
	}
	if sw != apdu.StatusWrongLength {
		t.Errorf("an endless chain: %v", sw)
	}
}

// TestLengths refuses APDUs beyond what EF.ATR/INFO says.
func TestLengths(t *testing.T) {
	_, a := issued(t)
	card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{Lengths: Lengths{Command: 300, Response: 500}, NoVariants: true})
	if err != nil {
		t.Fatal(err)
	}
	c := powered(t, card, Options{})
	if r := plainly(t, c, selectEF(0x2F01)); !r.SW.OK() {
		t.Fatal(r.SW)
	}
	r := plainly(t, c, apdu.Command{INS: insReadBinary, Ne: 256})
	if !r.SW.OK() || !bytes.Contains(r.Data, []byte{0x7F, 0x66, 8, 2, 2, 0x01, 0x2C, 2, 2, 0x01, 0xF4}) {
		t.Errorf("EF.ATR/INFO is %X, %v", r.Data, r.SW)
	}
	if r := plainly(t, c, apdu.Command{INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: make([]byte, 400)}); r.SW != apdu.StatusWrongLength {
		t.Errorf("a long command: %v", r.SW)
	}
	d := openSession(t, card, Options{})
	d.do(readSFI(2, 4))
	if r := d.do(apdu.Command{INS: insReadBinary, Ne: 600}); r.SW != apdu.StatusWrongLength {
		t.Errorf("a long response: %v", r.SW)
	}
	if r := d.do(apdu.Command{INS: insReadBinary, Ne: 450}); !r.SW.OK() || len(r.Data) != 450 {
		t.Errorf("a fitting response: %v", r.SW)
	}
}

// TestOpen reads a chip without access control, but not its fingerprints.
func TestOpen(t *testing.T) {
	card, _ := issued(t)
	c := powered(t, card, Options{Open: true, NoPACE: true, NoBAC: true})
	plainly(t, c, selectApplet)
	if r := plainly(t, c, readSFI(1, 256)); !r.SW.OK() || !bytes.Equal(r.Data, card.Files[kiosk.FileDG1]) {
		t.Errorf("DG1: %v", r.SW)
	}
	if r := plainly(t, c, readSFI(3, 16)); r.SW != apdu.StatusSecurity {
		t.Errorf("DG3: %v", r.SW)
	}
	if r := plainly(t, c, apdu.Command{INS: insInternalAuthenticate, Data: make([]byte, 8), Ne: 256}); !r.SW.OK() {
		t.Errorf("active authentication: %v", r.SW)
	}
	if r := plainly(t, c, apdu.Command{INS: insGetChallenge, Ne: 8}); r.SW != apdu.StatusWrongINS {
		t.Errorf("basic access control: %v", r.SW)
	}
}

// TestCardSecurityPlace serves EF.CardSecurity under the master file and EF.SOD, which has the same identifier, in the application.
func TestCardSecurityPlace(t *testing.T) {
	_, a := issued(t)
	card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{Profile: ProfilePassportPACE, NoVariants: true})
	if err != nil {
		t.Fatal(err)
	}
	d := openSession(t, card, Options{})
	d.do(selectEF(0x011D))
	if r := d.do(apdu.Command{INS: insReadBinary, Ne: 16}); !bytes.Equal(r.Data, card.Files[kiosk.FileSOD][:16]) {
		t.Errorf("in the application: %v %X", r.SW, r.Data)
	}
	d = openSession(t, card, Options{})
	d.c.s.applet = false
	d.do(selectEF(0x011D))
	if r := d.do(apdu.Command{INS: insReadBinary, Ne: 16}); !bytes.Equal(r.Data, card.Files[kiosk.FileCardSecurity][:16]) {
		t.Errorf("under the master file: %v %X", r.SW, r.Data)
	}
	if r := plainly(t, powered(t, card, Options{}), selectEF(0x011D)); r.SW != apdu.StatusSecurity {
		t.Errorf("without a session: %v", r.SW)
	}
}

// TestTearCounts loses power at a command, or after so many bytes, once.
func TestTearCounts(t *testing.T) {
	card, _ := issued(t)
	for what, opt := range map[string]Options{"commands": {TearCommand: 3}, "bytes": {TearBytes: 2 + 10 + 2 + 1}} {
		c := powered(t, card, opt)
		plainly(t, c, selectEF(0x011C))
		plainly(t, c, apdu.Command{INS: insReadBinary, Ne: 10})
		raw, err := apdu.Command{INS: insReadBinary, Ne: 10}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Process(raw); got != nil {
			t.Errorf("%s: %X", what, got)
		}
		c.PowerOn()
		plainly(t, c, selectEF(0x011C))
		if r := plainly(t, c, apdu.Command{INS: insReadBinary, Ne: 10}); !r.SW.OK() {
			t.Errorf("%s: a second time", what)
		}
	}
}

// TestPasswordCounter warns, blocks, and forgets after the right password.
func TestPasswordCounter(t *testing.T) {
	card, _ := issued(t)
	set := apdu.Command{INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: tlv.Append(tlv.Encode(0x80, oidPACE), 0x83, []byte{passwordCAN})}
	fail := func(c *Chip) {
		run := c.s.pace
		run.want, run.step = []byte{1}, 3
		if r := plainly(t, c, apdu.Command{INS: insGeneralAuthenticate, Data: tlv.Encode(0x7C, tlv.Encode(0x85, []byte{2})), Ne: 256}); r.SW != apdu.StatusAuthFailed {
			t.Fatalf("a wrong token gives %v", r.SW)
		}
	}
	c := powered(t, card, Options{Tries: 3})
	for _, want := range []apdu.Status{apdu.StatusOK, 0x63C2, 0x63C1} {
		if r := plainly(t, c, set); r.SW != want || c.s.pace == nil {
			t.Fatalf("%v, want %v", r.SW, want)
		}
		fail(c)
	}
	c.PowerOff()
	c.PowerOn()
	if r := plainly(t, c, set); r.SW != statusBlocked || c.s.pace != nil {
		t.Errorf("after three failures: %v", r.SW)
	}
	c = powered(t, card, Options{})
	plainly(t, c, set)
	fail(c)
	if r := plainly(t, c, set); r.SW != apdu.StatusOK {
		t.Errorf("without a counter: %v", r.SW)
	}
}

// TestChoice demands a reference where the protocol alone leaves a choice.
func TestChoice(t *testing.T) {
	_, a := issued(t)
	card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{
		PACE:     []PACEOffer{{Parameter: 12}, {Parameter: 13}},
		ChipAuth: []ChipAuthOffer{{Parameter: 13, KeyID: 1}, {Parameter: 12, KeyID: 2}}, NoVariants: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	pace := func(more ...byte) apdu.Command {
		data := append(tlv.Append(tlv.Encode(0x80, oidPACE), 0x83, []byte{passwordCAN}), more...)
		return apdu.Command{INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: data}
	}
	chip := func(more ...byte) apdu.Command {
		return apdu.Command{INS: insManageSecurity, P1: 0x41, P2: 0xA4, Data: append(tlv.Encode(0x80, oidChip), more...)}
	}
	for what, want := range map[string]struct {
		cmd apdu.Command
		sw  apdu.Status
	}{
		"no domain":      {pace(), apdu.StatusNoReference},
		"the first":      {pace(0x84, 1, 12), apdu.StatusOK},
		"the second":     {pace(0x84, 1, 13), apdu.StatusOK},
		"another domain": {pace(0x84, 1, 14), apdu.StatusNoReference},
	} {
		if r := plainly(t, powered(t, card, Options{}), want.cmd); r.SW != want.sw {
			t.Errorf("PACE, %s: %v", what, r.SW)
		}
	}
	for what, want := range map[string]struct {
		cmd apdu.Command
		sw  apdu.Status
	}{
		"no key":      {chip(), apdu.StatusNoReference},
		"the first":   {chip(0x84, 1, 1), apdu.StatusOK},
		"the second":  {chip(0x84, 2, 0, 2), apdu.StatusOK},
		"another key": {chip(0x84, 1, 3), apdu.StatusNoReference},
	} {
		if r := openSession(t, card, Options{}).do(want.cmd); r.SW != want.sw {
			t.Errorf("chip authentication, %s: %v", what, r.SW)
		}
	}
}
