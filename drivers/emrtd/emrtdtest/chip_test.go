package emrtdtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The commands the tests send.
var (
	selectMF     = apdu.Command{INS: insSelect, P2: 0x0C, Data: []byte{0x3F, 0x00}}
	selectApplet = apdu.Command{INS: insSelect, P1: 4, P2: 0x0C, Data: AID}
)

func selectEF(fid int) apdu.Command {
	return apdu.Command{INS: insSelect, P1: 2, P2: 0x0C, Data: []byte{byte(fid >> 8), byte(fid)}}
}

func readSFI(sfi byte, ne int) apdu.Command {
	return apdu.Command{INS: insReadBinary, P1: 0x80 | sfi, Ne: ne}
}

func readAt(offset, ne int) apdu.Command {
	return apdu.Command{INS: insReadBinary, P1: byte(offset >> 8), P2: byte(offset), Ne: ne}
}

func readOdd(offset, ne int) apdu.Command {
	return apdu.Command{INS: insReadBinaryOdd, Data: tlv.Encode(0x54, []byte{byte(offset >> 8), byte(offset)}), Ne: ne}
}

// cardAccess2021 is EF.CardAccess as Vietnamese applications know it.
const cardAccess2021 = "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"

// TestBeforeAccess is what the chip answers to everybody.
func TestBeforeAccess(t *testing.T) {
	card, _ := issued(t)
	c := powered(t, card, Options{})
	for _, step := range []struct {
		name string
		cmd  apdu.Command
		sw   apdu.Status
	}{
		{"card access by SFI", readSFI(0x1C, 256), apdu.StatusOK},
		{"select MF", selectMF, apdu.StatusOK},
		{"no file selected", readAt(0, 4), apdu.StatusNoEF},
		{"card access without MF", selectEF(0x011C), apdu.StatusOK},
		{"read beyond the end", readAt(54, 4), apdu.StatusWrongOffset},
		{"read to the end and beyond", readAt(50, 10), apdu.StatusEndOfFile},
		{"no Le", readAt(0, 0), apdu.StatusWrongLength},
		{"card security", selectEF(0x011D), apdu.StatusNotFound},
		{"EF.COM in the MF", selectEF(0x011E), apdu.StatusNotFound},
		{"another application", apdu.Command{INS: insSelect, P1: 4, Data: []byte{0xA0, 0, 0}}, apdu.StatusNotFound},
		{"the application", selectApplet, apdu.StatusOK},
		{"select MF in the application", selectMF, apdu.StatusWrongINS},
		{"card access in the application", selectEF(0x011C), apdu.StatusOK},
		{"EF.COM", selectEF(0x011E), apdu.StatusSecurity},
		{"DG1 by SFI", readSFI(1, 4), apdu.StatusSecurity},
		{"DG11", selectEF(0x010B), apdu.StatusNotFound},
		{"odd length of an identifier", apdu.Command{INS: insSelect, P1: 2, Data: []byte{1}}, apdu.StatusWrongLength},
		{"active authentication", apdu.Command{INS: insInternalAuthenticate, Data: make([]byte, 8), Ne: 256}, apdu.StatusSecurity},
		{"general authenticate", apdu.Command{INS: insGeneralAuthenticate, Data: []byte{0x7C, 0}, Ne: 256}, apdu.StatusNotSatisfied},
		{"protected without a session", apdu.Command{CLA: 0x0C, INS: insSelect, P1: 2, Data: []byte{1, 0x1E}}, apdu.StatusSMMissing},
		{"unknown instruction", apdu.Command{INS: 0x20}, apdu.StatusWrongINS},
		{"unknown class", apdu.Command{CLA: 0x80, INS: insSelect}, apdu.StatusWrongCLA},
		{"chained select", apdu.Command{CLA: 0x10, INS: insSelect}, apdu.StatusWrongCLA},
	} {
		if r := plainly(t, c, step.cmd); r.SW != step.sw {
			t.Errorf("%s: %v, want %v", step.name, r.SW, step.sw)
		}
	}
	if r := plainly(t, c, readSFI(0x1C, 256)); hex.EncodeToString(r.Data) != cardAccess2021 {
		t.Errorf("EF.CardAccess is %X", r.Data)
	}
	if c.PowerOff(); c.Process([]byte{0, 0xB0, 0x9C, 0, 0}) != nil {
		t.Error("a chip without power answered")
	}
}

// TestInsideSession reads files under secure messaging.
func TestInsideSession(t *testing.T) {
	card, _ := issued(t)
	d := openSession(t, card, Options{})
	for _, step := range []struct {
		name string
		cmd  apdu.Command
		sw   apdu.Status
	}{
		{"EF.COM", selectEF(0x011E), apdu.StatusOK},
		{"EF.SOD, not card security", selectEF(0x011D), apdu.StatusOK},
		{"DG3", selectEF(0x0103), apdu.StatusSecurity},
		{"DG3 by SFI", readSFI(3, 10), apdu.StatusSecurity},
		{"DG11", selectEF(0x010B), apdu.StatusNotFound},
		{"DG12", selectEF(0x010C), apdu.StatusNotFound},
		{"more than fits a short response", readSFI(2, 230), apdu.StatusWrongLength},
		{"PACE again", apdu.Command{INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: []byte{0x80, 0}}, apdu.StatusNotSatisfied},
		{"a challenge again", apdu.Command{INS: insGetChallenge, Ne: 8}, apdu.StatusNotSatisfied},
	} {
		if r := d.do(step.cmd); r.SW != step.sw {
			t.Errorf("%s: %v, want %v", step.name, r.SW, step.sw)
		}
	}
	dg2 := card.Files[kiosk.FileDG2]
	if r := d.do(readSFI(2, 256)); !r.SW.OK() || !bytes.Equal(r.Data, dg2[:223]) {
		t.Errorf("as much as fits: %v, %d bytes", r.SW, len(r.Data))
	}
	if r := d.do(readAt(1000, 65536)); !r.SW.OK() || !bytes.Equal(r.Data, dg2[1000:]) {
		t.Errorf("the rest of the file: %v, %d bytes", r.SW, len(r.Data))
	}
	r := d.do(readOdd(1000, 100))
	if o, err := tlv.ReadOne(r.Data, 0x53); err != nil || !r.SW.OK() || !bytes.Equal(o.Value, dg2[1000:1098]) {
		t.Errorf("odd instruction: %v, %v, %d bytes", r.SW, err, len(o.Value))
	}
	tail := d.do(readOdd(len(dg2)-5, 100))
	if o, err := tlv.ReadOne(tail.Data, 0x53); err != nil || tail.SW != apdu.StatusEndOfFile || !bytes.Equal(o.Value, dg2[len(dg2)-5:]) {
		t.Errorf("odd instruction at the end: %v, %v", tail.SW, err)
	}
	if r := d.do(apdu.Command{INS: insReadBinaryOdd, Data: []byte{0x54, 0}, Ne: 10}); r.SW != apdu.StatusWrongData {
		t.Errorf("odd instruction without an offset: %v", r.SW)
	}
}

// TestSessionEnds ends the session by every way there is; afterwards the files are closed.
func TestSessionEnds(t *testing.T) {
	card, _ := issued(t)
	for name, step := range map[string]struct {
		send func(*desk) []byte
		sw   apdu.Status
	}{
		"plain command": {func(d *desk) []byte { return d.c.Process([]byte{0, 0xB0, 0x81, 0, 4}) }, apdu.StatusSMMissing},
		"plain select":  {func(d *desk) []byte { return d.c.Process([]byte{0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1}) }, apdu.StatusSMMissing},
		"no mac":        {func(d *desk) []byte { return d.c.Process([]byte{0x0C, 0xB0, 0x81, 0, 3, 0x97, 1, 4, 0}) }, apdu.StatusSMMissing},
		"wrong mac": {func(d *desk) []byte {
			return d.c.Process(append([]byte{0x0C, 0xB0, 0x81, 0, 13, 0x97, 1, 4, 0x8E, 8}, make([]byte, 9)...))
		}, apdu.StatusSMIncorrect},
		"counter": {func(d *desk) []byte { d.k.ssc += 2; return d.raw(readSFI(1, 4)) }, apdu.StatusSMIncorrect},
	} {
		d := openSession(t, card, Options{})
		if r := d.do(readSFI(1, 4)); !r.SW.OK() {
			t.Fatalf("%s: the session does not work: %v", name, r.SW)
		}
		got := step.send(d)
		if !bytes.Equal(got, apdu.Response{SW: step.sw}.Bytes()) {
			t.Errorf("%s: %X, want %v unprotected", name, got, step.sw)
		}
		if r := plainly(t, d.c, selectEF(0x0101)); r.SW != apdu.StatusSecurity {
			t.Errorf("%s: DG1 afterwards: %v", name, r.SW)
		}
	}
}

// TestLengthBehaviours are the options for Le.
func TestLengthBehaviours(t *testing.T) {
	card, _ := issued(t)
	end := len(card.Files[kiosk.FileDG1]) - 3
	for name, step := range map[string]struct {
		opt  Options
		cmd  apdu.Command
		sw   apdu.Status
		data int
	}{
		"warning":           {Options{}, readAt(end, 10), apdu.StatusEndOfFile, 3},
		"as many":           {Options{}, readAt(end, 256), apdu.StatusOK, 3},
		"silent":            {Options{EndOfFile: EndSilent}, readAt(end, 10), apdu.StatusOK, 3},
		"exact":             {Options{EndOfFile: EndExact}, readAt(end, 10), 0x6C03, 0},
		"exact, as many":    {Options{EndOfFile: EndExact}, readAt(end, 256), apdu.StatusOK, 3},
		"within the limit":  {Options{MaxRead: 20}, readAt(0, 20), apdu.StatusOK, 20},
		"beyond the limit":  {Options{MaxRead: 20}, readAt(0, 21), apdu.StatusWrongLength, 0},
		"as many as limits": {Options{MaxRead: 20}, readAt(0, 256), apdu.StatusWrongLength, 0},
	} {
		d := openSession(t, card, step.opt)
		d.do(selectEF(0x0101))
		if r := d.do(step.cmd); r.SW != step.sw || len(r.Data) != step.data {
			t.Errorf("%s: %v with %d bytes, want %v with %d", name, r.SW, len(r.Data), step.sw, step.data)
		}
	}
	c := powered(t, card, Options{ShortOnly: true})
	if r := plainly(t, c, readSFI(0x1C, 65536)); r.SW != apdu.StatusWrongLength {
		t.Errorf("extended length with short only: %v", r.SW)
	}
	if c.ATR()[8]&0x40 != 0 || powered(t, card, Options{}).ATR()[8]&0x40 == 0 {
		t.Error("the ATR does not say whether extended lengths are taken")
	}
}

// TestQuirks are the options for EF.CardAccess and the master file.
func TestQuirks(t *testing.T) {
	card, _ := issued(t)
	c := powered(t, card, Options{SelectMF: MFNever, CardAccess: AccessRefused})
	if r := plainly(t, c, selectMF); r.SW != apdu.StatusWrongINS {
		t.Errorf("MF never: %v", r.SW)
	}
	if r := plainly(t, c, selectEF(0x011C)); r.SW != apdu.StatusSecurity {
		t.Errorf("card access refused: %v", r.SW)
	}
	c = powered(t, card, Options{SelectMF: MFAlways, CardAccess: AccessAbsent, NoBAC: true, NoPACE: true})
	plainly(t, c, selectApplet)
	if r := plainly(t, c, selectMF); !r.SW.OK() {
		t.Errorf("MF always: %v", r.SW)
	}
	if r := plainly(t, c, readSFI(0x1C, 10)); r.SW != apdu.StatusNotFound {
		t.Errorf("card access absent: %v", r.SW)
	}
	if r := plainly(t, c, apdu.Command{INS: insGetChallenge, Ne: 8}); r.SW != apdu.StatusWrongINS {
		t.Errorf("no BAC: %v", r.SW)
	}
	pace := apdu.Command{INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: tlv.Append(tlv.Encode(0x80, oidPACE), 0x83, []byte{passwordCAN})}
	if r := plainly(t, c, pace); r.SW != apdu.StatusWrongData {
		t.Errorf("no PACE: %v", r.SW)
	}
}

// TestPACERefuses sends PACE commands that are wrong in one thing.
func TestPACERefuses(t *testing.T) {
	card, _ := issued(t)
	set := func(oid []byte, more ...byte) apdu.Command {
		return apdu.Command{INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: append(tlv.Encode(0x80, oid), more...)}
	}
	for name, step := range map[string]struct {
		cmd apdu.Command
		sw  apdu.Status
	}{
		"CAN":               {set(oidPACE, 0x83, 1, 2), apdu.StatusOK},
		"MRZ":               {set(oidPACE, 0x83, 1, 1, 0x84, 1, 13), apdu.StatusOK},
		"other algorithm":   {set(oidChip, 0x83, 1, 2), apdu.StatusWrongData},
		"other parameters":  {set(oidPACE, 0x83, 1, 2, 0x84, 1, 12), apdu.StatusNoReference},
		"unknown password":  {set(oidPACE, 0x83, 1, 3), apdu.StatusNoReference},
		"no password":       {set(oidPACE), apdu.StatusNoReference},
		"other environment": {apdu.Command{INS: insManageSecurity, P1: 0x81, P2: 0xB6}, apdu.StatusWrongP1P2},
	} {
		if r := plainly(t, powered(t, card, Options{}), step.cmd); r.SW != step.sw {
			t.Errorf("%s: %v, want %v", name, r.SW, step.sw)
		}
	}
	general := func(last bool, data []byte) apdu.Command {
		cmd := apdu.Command{CLA: 0x10, INS: insGeneralAuthenticate, Data: data, Ne: 256}
		if last {
			cmd.CLA = 0
		}
		return cmd
	}
	point := curve().Marshal(curve().Generator())
	off := bytes.Clone(point)
	off[10] ^= 1
	for name, bad := range map[string]apdu.Command{
		"not chained":   general(true, []byte{0x7C, 0}),
		"not empty":     general(false, []byte{0x7C, 2, 0x80, 0}),
		"not a 7C":      general(false, []byte{0x80, 0}),
		"off the curve": general(false, tlv.Encode(0x7C, tlv.Encode(0x81, off))),
		"infinity":      general(false, tlv.Encode(0x7C, tlv.Encode(0x81, []byte{0}))),
		"wrong step":    general(false, tlv.Encode(0x7C, tlv.Encode(0x83, point))),
	} {
		c := powered(t, card, Options{})
		plainly(t, c, set(oidPACE, 0x83, 1, 2))
		if len(bad.Data) > 10 {
			plainly(t, c, general(false, []byte{0x7C, 0}))
		}
		if r := plainly(t, c, bad); r.SW != apdu.StatusWrongData {
			t.Errorf("%s: %v", name, r.SW)
		}
		if c.s.pace != nil {
			t.Errorf("%s: the run goes on", name)
		}
	}
}

// TestPACESameKey sends the chip's own ephemeral key back: Doc 9303-11 §4.4.3.4 wants it refused.
func TestPACESameKey(t *testing.T) {
	card, _ := issued(t)
	c := powered(t, card, Options{})
	scalar := append(make([]byte, 31), 7)
	c.pinned = &pinned{nonce: make([]byte, 16), scalars: [][]byte{scalar, scalar}}
	c.pinned.nonce[15] = 1
	base, err := domainByID(bp256)
	if err != nil {
		t.Fatal(err)
	}
	run := &paceRun{nonce: c.pinned.nonce, base: base}
	if _, sw := c.paceMap(run, curve().Marshal(curve().Generator())); sw != apdu.StatusOK {
		t.Fatal(sw)
	}
	own := run.mapped.encode(run.mapped.public(new(big.Int).SetBytes(scalar)))
	if _, sw := c.paceAgree(run, own); sw != apdu.StatusWrongData {
		t.Errorf("the chip's own key was accepted: %v", sw)
	}
}

// TestChipAuthentication agrees keys with DG14's and goes on under them.
func TestChipAuthentication(t *testing.T) {
	card, _ := issued(t)
	d := openSession(t, card, Options{})
	key, err := curve().GenerateKey(rng{})
	if err != nil {
		t.Fatal(err)
	}
	set := apdu.Command{INS: insManageSecurity, P1: 0x41, P2: 0xA4, Data: tlv.Encode(0x80, oidChip)}
	if r := d.do(set); !r.SW.OK() {
		t.Fatal(r.SW)
	}
	r := d.do(apdu.Command{INS: insGeneralAuthenticate, Data: tlv.Encode(0x7C, tlv.Encode(0x80, curve().Marshal(key.Public))), Ne: 256})
	if !r.SW.OK() || !bytes.Equal(r.Data, []byte{0x7C, 0}) {
		t.Fatalf("%v %X", r.SW, r.Data)
	}
	chip, err := curve().NewPrivateKey(card.ChipAuth[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := key.ECDH(chip.Public)
	if err != nil {
		t.Fatal(err)
	}
	d.k.enc, d.k.mac, d.k.ssc = kdf(shared.X(), 1, AES128), kdf(shared.X(), 2, AES128), 0
	if r := d.do(readSFI(1, 4)); !r.SW.OK() {
		t.Errorf("read under the new keys: %v", r.SW)
	}
	set.Data = tlv.Encode(0x80, oidPACE)
	if r := d.do(set); r.SW != apdu.StatusWrongData {
		t.Errorf("another protocol: %v", r.SW)
	}
	set.Data = append(tlv.Encode(0x80, oidChip), 0x84, 1, 9)
	if r := d.do(set); r.SW != apdu.StatusNoReference {
		t.Errorf("another key: %v", r.SW)
	}
}

// rng gives bytes that differ, for keys whose value does not matter.
type rng struct{}

func (rng) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(3 + 7*i)
	}
	return len(b), nil
}

// TestActiveAuthentication checks the answers of both kinds of key under DG15's.
func TestActiveAuthentication(t *testing.T) {
	card, a := issued(t)
	challenge := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	ask := apdu.Command{INS: insInternalAuthenticate, Data: challenge, Ne: 65536}
	r := openSession(t, card, Options{}).do(ask)
	k, err := card.keys()
	if err != nil || !r.SW.OK() || len(r.Data) != 64 {
		t.Fatalf("%v, %v, %d bytes", err, r.SW, len(r.Data))
	}
	digest := sha256.Sum256(challenge)
	spki, err := k.active.public()
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	sr, ss := new(big.Int).SetBytes(r.Data[:32]), new(big.Int).SetBytes(r.Data[32:])
	if !ecdsa.Verify(public.(*ecdsa.PublicKey), digest[:], sr, ss) {
		t.Error("the signature is not good")
	}
	ask.Data = challenge[:7]
	if r := openSession(t, card, Options{}).do(ask); r.SW != apdu.StatusWrongLength {
		t.Errorf("seven bytes: %v", r.SW)
	}
	none, err := IssueWith(person(), Silhouette(90), a, IssueOptions{Active: ActiveNone})
	if err != nil {
		t.Fatal(err)
	}
	ask.Data = challenge
	if r := openSession(t, none, Options{}).do(ask); r.SW != apdu.StatusWrongINS {
		t.Errorf("no key: %v", r.SW)
	}
	if _, there := none.Files[kiosk.FileDG15]; there {
		t.Error("DG15 without a key")
	}
}

// TestClone has keys that are not DG14's and DG15's, or none.
func TestClone(t *testing.T) {
	card, _ := issued(t)
	forged := powered(t, card, Options{Clone: CloneForges})
	if forged.keys.chip[0].key.Cmp(new(big.Int).SetBytes(card.ChipAuth[0].Key)) == 0 {
		t.Error("the clone has the chip's key")
	}
	d := openSession(t, card, Options{Clone: CloneRefuses})
	if r := d.do(apdu.Command{INS: insManageSecurity, P1: 0x41, P2: 0xA4, Data: tlv.Encode(0x80, oidChip)}); r.SW != apdu.StatusWrongData {
		t.Errorf("chip authentication: %v", r.SW)
	}
	if r := d.do(apdu.Command{INS: insInternalAuthenticate, Data: make([]byte, 8), Ne: 256}); r.SW != apdu.StatusWrongData {
		t.Errorf("active authentication: %v", r.SW)
	}
}

// TestTearIntoVariant loses power once at an offset, and is another card afterwards.
func TestTearIntoVariant(t *testing.T) {
	card, _ := issued(t)
	d := openSession(t, card, Options{TearAt: kiosk.FileDG2, TearOffset: 500, TearInto: VariantTwin})
	if r := d.do(readSFI(2, 200)); !r.SW.OK() {
		t.Fatalf("before the offset: %v", r.SW)
	}
	d.do(readAt(200, 200))
	if got := d.raw(readAt(400, 200)); got != nil {
		t.Fatalf("at the offset: %X", got)
	}
	d.c.PowerOn()
	d.c.s.applet, d.c.s.sm, d.k.ssc = true, d.k.chip(t), 0
	if r := d.do(readSFI(2, 200)); !r.SW.OK() {
		t.Fatalf("after the tear: %v", r.SW)
	}
	if r := d.do(readAt(400, 200)); !r.SW.OK() {
		t.Fatalf("the tear happened twice: %v", r.SW)
	}
	r := d.do(readSFI(1, 200))
	if bytes.Equal(r.Data, card.Files[kiosk.FileDG1]) || !bytes.Equal(r.Data, card.Variants[VariantTwin].Files[kiosk.FileDG1]) {
		t.Error("DG1 is not the twin's")
	}
	if _, err := New(card, Options{TearInto: "nobody"}); err == nil {
		t.Error("an unknown variant was accepted")
	}
}

// FuzzProcess sends arbitrary bytes, plain and inside a session: the chip answers at least a status word and never panics.
func FuzzProcess(f *testing.F) {
	card, _ := issued(f)
	for _, c := range []apdu.Command{selectMF, selectApplet, selectEF(0x011C), readSFI(0x1C, 256), readOdd(3, 10), {INS: insGetChallenge, Ne: 8}} {
		raw, err := c.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, raw)
	}
	f.Add([]byte{0, 0x22, 0xC1, 0xA4, 3, 0x80, 1, 4}, []byte{0x10, 0x86, 0, 0, 2, 0x7C, 0, 0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		plain, inside := powered(t, card, Options{}), openSession(t, card, Options{})
		for _, c := range []*Chip{plain, inside.c} {
			for _, command := range [][]byte{first, second} {
				if r := c.Process(command); len(r) < 2 || len(r) > 65538 {
					t.Fatalf("%X gave %d bytes", command, len(r))
				}
			}
		}
		cmd, err := apdu.ParseCommand(first)
		if err != nil || cmd.CLA != 0 || len(cmd.Data) > 200 {
			return
		}
		d := openSession(t, card, Options{})
		d.open(d.raw(cmd))
	})
}

// open checks that an answer inside the session is protected.
func (d *desk) open(raw []byte) { d.k.open(d.t, raw) }
