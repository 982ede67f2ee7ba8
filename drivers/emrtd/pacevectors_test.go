package emrtd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/drivers/emrtd/dh"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// example reads the values of a worked example of Doc 9303-11.
func example(t *testing.T, name string) map[string]string {
	t.Helper()
	var e struct {
		Values map[string]string `json:"values"`
	}
	if err := json.Unmarshal(shared(t, filepath.Join("vectors", name)), &e); err != nil {
		t.Fatal(err)
	}
	return e.Values
}

func same(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("%s is %X, want %s", what, got, want)
	}
}

// exampleG2 are the commands and responses of Doc 9303-11 App. G.2. The last response also names certification authorities.
func exampleG2(v map[string]string) [][2]string {
	return [][2]string{
		{v["initializePaceMsgTerminal"], "9000"},
		{v["generalAuthenticateStep1MsgTerminal"], v["generalAuthenticateStep1MsgChip"]},
		{v["generalAuthenticateStep2MsgTerminal"], v["generalAuthenticateStep2MsgChip"]},
		{v["generalAuthenticateStep3MsgTerminal"], v["generalAuthenticateStep3MsgChip"]},
		{v["generalAuthenticateStep4MsgTerminal"], v["generalAuthenticateStep4MsgChip"] + "9000"},
	}
}

// Doc 9303-11 App. G.2: PACE with DH, generic mapping, AES-128, MODP-1024/160, with all intermediate values.
func TestExamplePACEDH(t *testing.T) {
	e := example(t, "icao_9303_11_G2_pace_dh_gm_aes128.json")
	ca, err := parseCardAccess(unhex(t, e["efCardAccessData"]), accessByEF)
	if err != nil {
		t.Fatal(err)
	}
	v, err := choosePACE(ca.infos, 255)
	if err != nil || v.name != "DH-GM-AES-128 MODP-1024/160" || v.state {
		t.Fatalf("%+v, %v", v, err)
	}
	g := v.group.(dhGroup)
	key := func(g *dh.Group, name, public string) *dh.PrivateKey {
		k, err := g.NewPrivateKey(unhex(t, e[name]))
		if err != nil {
			t.Fatal(err)
		}
		same(t, public, k.Public.Bytes(), e[public])
		return k
	}
	terminal, chip := key(g.Group, "terminalPrivateKey", "terminalPublicKey"), key(g.Group, "chipPrivateKey", "chipPublicKey")
	h, err := dhKey{terminal}.agree(chip.Public.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "shared secret of the mapping", h, e["sharedSecret"])
	mapped, err := dhKey{terminal}.generic(unhex(t, e["nonceDecrypted"]), chip.Public.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m := mapped.(dhGroup)
	same(t, "mapped generator", m.Generator().Bytes(), e["mappedGenerator"])
	own := key(m.Group, "terminalEphemeralPrivateKey", "terminalEphemeralPublicKey")
	peer := key(m.Group, "chipEphemeralPrivateKey", "chipEphemeralPublicKey")
	z, err := dhKey{own}.agree(peer.Public.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "shared secret", z, e["sharedSecretEphemeral"])
	p := &paceRun{v: v}
	token, err := p.token(icao.KDF(z, icao.CounterMAC, icao.AES128), peer.Public.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "token", token, e["tifd"])
	same(t, "token's input", tlv.Encode(tagPublicKey, tlv.EncodeOID(v.oid), g.object(peer.Public.Bytes())), e["inputDataTTerminal"])

	s := &script{t: t, pairs: exampleG2(e)}
	ch := &channel{card: s.card()}
	random := bytes.NewReader(append(terminal.Bytes(), own.Bytes()...))
	if _, err := pace(context.Background(), ch, v, examplePassword(t), random); err != nil {
		t.Fatal(err)
	}
	s.done()
	want, err := sessionOf(icao.AES128, z)
	if err != nil {
		t.Fatal(err)
	}
	if !sameSession(t, ch.sm, want) {
		t.Error("session keys differ from the example's")
	}
}

// Doc 9303-11 App. H.1: integrated mapping on brainpoolP256r1.
func TestExampleIntegratedEC(t *testing.T) {
	e := example(t, "icao_9303_11_H1_pace_ecdh_im.json")
	c, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	s, u := unhex(t, e["s"]), unhex(t, e["t"])
	r, err := icao.Residue(icao.AES128, s, u, c.P)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "residue", r.Bytes(), e["Rp"])
	mapped, err := ecGroup{c}.integrated(icao.AES128, s, u)
	if err != nil {
		t.Fatal(err)
	}
	g := mapped.(ecGroup).Generator()
	same(t, "generator's x", g.X(), e["mappedGx"])
	same(t, "generator's y", g.Y(), e["mappedGy"])
}

// Doc 9303-11 App. H.2: integrated mapping in MODP-1024/160, the keys after it and the tokens.
func TestExampleIntegratedDH(t *testing.T) {
	g, err := dh.ByID(0)
	if err != nil {
		t.Fatal(err)
	}
	block, err := icao.AES128.Block(unhex(t, "591468CDA83D65219CCCB8560233600F"))
	if err != nil {
		t.Fatal(err)
	}
	s := unhex(t, "9ABB8864CA0FF1551E620D1EF4E13510")
	if err := icao.DecryptCBC(block, nil, s); err != nil {
		t.Fatal(err)
	}
	same(t, "nonce", s, "FA5B7E3E49753A0DB9178B7B9BD898C8")
	mapped, err := dhGroup{g}.integrated(icao.AES128, s, unhex(t, "B3A6DB3C870C3E99245E0D1C06B747DE"))
	if err != nil {
		t.Fatal(err)
	}
	m := mapped.(dhGroup)
	same(t, "mapped generator", m.Generator().Bytes(), "1D7D767F11E333BCD6DBAEF40E799E7A926B96973550656FF3C830726D118D61C276CDCC61D475CF03A98E0C0E79CAEB"+
		"A5BE25578BD4551D0B10903236F0B0F976852FA78EEA14EA0ACA87D1E91F688FE0DFF897BBE35A472621D343564B262F"+
		"34223AE8FC59B664BFEDFA2BFE7516CA5510A6BBB633D517EC25D4E0BBAA16C2")
	// The example's private key is longer than q; taken modulo q it is the same key.
	x := new(big.Int).SetBytes(unhex(t, "4BD0E54740F9A028E6A515BFDAF967848C4F5F5FFF65AA0915947FFD1A0DF2FA6981271BC905F3551457B7E03AC3B806"+
		"6DE4AA406C1171FB43DD939C4BA16175103BA3DEE16419AA248118F90CC36A3D6F4C373652E0C3CCE7F0F1D0C5425B36"+
		"00F0F0D6A67F004C8BBA33F2B4733C7252445C1DFC4F1107203F71D2EFB28161"))
	own, err := m.NewPrivateKey(x.Mod(x, g.Q).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	const terminal = "0F0CC62945A8029251FB7EF3C094E12EC68E4EF07F27CB9D9CD04C5C4250FAE0E4F8A951557E929AEB48E5C6DD47F2F5" +
		"CD7C351A9BD2CD722C07EDE166770F08FFCB370262CF308DD7B07F2E0DA9CAAA1492344C852906919538C98A4BA4187E" +
		"76CE9D87832386D319CE2E043C3343AEAE6EDBA1A9894DC5094D22F7FE1351D5"
	same(t, "terminal's key", own.Public.Bytes(), terminal)
	chip := unhex(t, "928D9A0F9DBA450F13FC859C6F290D1D36E42431138A4378500BEB4E0401854CFF111F71CB6DC1D0335807A11388CC8E"+
		"AA87B07907AAD9FBA6B169AF6D8C26AF8DDDC39ADC3AD2E3FF882B84D23E9768E95A80E4746FB07A9767679FE92133B4"+
		"D379935C771BD7FBED6C7BB4B1708B275EA75679524CDC9C6A91370CC662A2F3")
	z, err := dhKey{own}.agree(chip)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "KS_Enc", icao.KDF(z, icao.CounterEnc, icao.AES128), "01AFC10CF87BE36D8179E87370171F07")
	kmac := icao.KDF(z, icao.CounterMAC, icao.AES128)
	same(t, "KS_MAC", kmac, "23F0FBD05FD6C7B8B88F4C8309669061")
	v, err := variantOf(paceOf(3, 2, 0))
	if err != nil {
		t.Fatal(err)
	}
	for public, want := range map[string]string{string(chip): "55D61977CBF5307E", string(unhex(t, terminal)): "C2F04230187E1525"} {
		token, err := (&paceRun{v: v}).token(kmac, []byte(public))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "token", token, want)
	}
}

// recordedCAM opens the chip of a real passport with PACE-CAM from its recording.
func recordedCAM(t *testing.T) *visit {
	t.Helper()
	tr := recorded(t, "real_TestDoPace_CAM_ECDH_DE.json")
	var seed struct {
		Seed string `json:"mrz_seed_sha1"`
	}
	if err := json.Unmarshal(shared(t, "vectors/real_TestDoPace_CAM_ECDH_DE.json"), &seed); err != nil {
		t.Fatal(err)
	}
	ca, err := parseCardAccess(unhex(t, tr.Files[0]), accessByEF)
	if err != nil {
		t.Fatal(err)
	}
	v, err := choosePACE(ca.infos, 255)
	if err != nil || v.name != "ECDH-CAM-AES-128 brainpoolP256r1" || !v.state {
		t.Fatalf("%+v, %v", v, err)
	}
	s := &script{t: t, pairs: tr.APDUs[:5]}
	ch := &channel{card: s.card()}
	pw := &password{name: "MRZ", reference: referenceMRZ, seed: unhex(t, seed.Seed)}
	m, err := pace(context.Background(), ch, v, pw, bytes.NewReader(unhex(t, tr.Own[0][0]+tr.Own[1][0])))
	if err != nil {
		t.Fatal(err)
	}
	s.done()
	if !sameSession(t, ch.sm, tr.session(t, 0, "")) {
		t.Error("session keys differ from the recorded ones")
	}
	return &visit{
		opts:   Options{Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }},
		opened: &opened{cardAccess: ca, cam: m, cardSecurity: shared(t, "security-objects/DE_EF.CardSecurity.bin")},
	}
}

// germany trusts the certificates of the German master list.
func germany(t *testing.T) *pa.Store {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"DE_ML_2026-05-28-08-28-45.ml", "DE_ROOT_CA_CSCA07.cer"} {
		if err := os.WriteFile(filepath.Join(dir, name), shared(t, filepath.Join("masterlists", name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store, err := pa.LoadStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// PACE-CAM of a real passport: the chip's proof is good under the key of EF.CardSecurity, and counts under a trusted signer only.
func TestRecordedChipMapping(t *testing.T) {
	v := recordedCAM(t)
	if c, done := v.proveMapping(); done || c.Result != kiosk.CheckUndetermined {
		t.Errorf("without anchors: %+v", c)
	}
	trusted := recordedCAM(t)
	trusted.opts.Trust = germany(t)
	if c, done := trusted.proveMapping(); !done || c.Result != kiosk.CheckSuccessful || c.Reason != "PACE-CAM brainpoolP256r1" {
		t.Errorf("with anchors: %+v", c)
	}
	if !trusted.cardSecurityAgrees() {
		t.Error("EF.CardAccess and EF.CardSecurity of a real passport are said to differ")
	}
	for i := range v.opened.cam.factor {
		bad := recordedCAM(t)
		bad.opts.Trust = trusted.opts.Trust
		bad.opened.cam.factor[i] ^= 1
		if c, done := bad.proveMapping(); !done || c.Result != kiosk.CheckFailed {
			t.Fatalf("factor with byte %d changed: %+v", i, c)
		}
	}
}

// A factor is not accepted out of range, at another width, or for another key.
func TestChipMapRefuses(t *testing.T) {
	c, err := ec.ByID(12)
	if err != nil {
		t.Fatal(err)
	}
	static, err := c.NewPrivateKey([]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	twentyOne := c.Marshal(c.ScalarBaseMult([]byte{21}))
	wide := func(v *big.Int) []byte { return v.FillBytes(make([]byte, 32)) }
	three := big.NewInt(3)
	if err := (&chipMap{curve: c, public: twentyOne, factor: wide(three)}).verify(static.Public); err != nil {
		t.Fatalf("21 = 3 · 7: %v", err)
	}
	other, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*chipMap{
		"other factor":   {curve: c, public: twentyOne, factor: wide(big.NewInt(4))},
		"zero":           {curve: c, public: twentyOne, factor: wide(new(big.Int))},
		"order":          {curve: c, public: twentyOne, factor: wide(c.N)},
		"same modulo n":  {curve: c, public: twentyOne, factor: wide(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))},
		"other key":      {curve: c, public: c.Marshal(c.Generator()), factor: wide(three)},
		"no key":         {curve: c, public: []byte{0}, factor: wide(three)},
		"other curve":    {curve: other, public: twentyOne, factor: wide(three)},
		"no factor":      {curve: c, public: twentyOne},
		"known to fault": {curve: c, public: twentyOne, factor: wide(three), fault: errChipMap},
	} {
		if err := m.verify(static.Public); !errors.Is(err, errChipMap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&chipMap{curve: c, public: twentyOne, factor: wide(three)}).verifyAny([]lds.ChipAuthenticationPublicKeyInfo{{}}); !errors.Is(err, errChipMap) {
		t.Errorf("no key in the file: %v", err)
	}
}

// The object 8A: what is not one whole padded factor at full width is no proof, and PACE has succeeded all the same.
func TestChipMapObject(t *testing.T) {
	c, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	sm, err := sessionOf(icao.AES128, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	factor := bytes.Repeat([]byte{5}, 32)
	good := encryptFactor(t, sm, factor)
	m := newChipMap(ecGroup{c}, nil, tlv.Encode(0x7C, tlv.Encode(0x86, make([]byte, 8)), tlv.Encode(0x8A, good)), sm.enc)
	if m.fault != nil || !bytes.Equal(m.factor, factor) {
		t.Fatalf("good object: %v", m.fault)
	}
	for name, object := range map[string][]byte{
		"missing": nil, "under 8B": tlv.Encode(0x8B, good), "empty": tlv.Encode(0x8A), "cut": tlv.Encode(0x8A, good[:47]),
		"a block less": tlv.Encode(0x8A, good[:32]), "an octet string": tlv.Encode(0x8A, tlv.Encode(tlv.OctetString, good)),
		"leading zero left out": tlv.Encode(0x8A, encryptFactor(t, sm, factor[:31])), "too long": tlv.Encode(0x8A, encryptFactor(t, sm, append(factor, 5))),
		"zeros": tlv.Encode(0x8A, make([]byte, 48)),
	} {
		m := newChipMap(ecGroup{c}, nil, tlv.Encode(0x7C, tlv.Encode(0x86, make([]byte, 8)), object), sm.enc)
		if !errors.Is(m.fault, errChipMap) || m.factor != nil {
			t.Errorf("%s: %v", name, m.fault)
		}
	}
}

// FuzzPACEAnswer feeds answers of GENERAL AUTHENTICATE, also to the chip authentication mapping.
func FuzzPACEAnswer(f *testing.F) {
	f.Add([]byte{0x7C, 0x0A, 0x86, 0x08, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(tlv.Encode(0x7C, tlv.Encode(0x86, make([]byte, 8)), tlv.Encode(0x8A, make([]byte, 48))))
	f.Add([]byte{0x7C, 0x82, 0xFF, 0xFF})
	c, err := ec.ByID(13)
	if err != nil {
		f.Fatal(err)
	}
	sm, err := sessionOf(icao.AES128, []byte("secret"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for tag := tlv.Tag(0x80); tag <= 0x8A; tag++ {
			if v, err := dynamicObject(b, tag); err == nil && len(v) > len(b) {
				t.Fatal("object longer than the answer")
			}
		}
		if m := newChipMap(ecGroup{c}, nil, b, sm.enc); (m.fault == nil) != (len(m.factor) == 32) {
			t.Fatal("factor and fault")
		}
	})
}

// FuzzCardAccess feeds EF.CardAccess to the choice of a variant.
func FuzzCardAccess(f *testing.F) {
	f.Add(knownCardAccess)
	f.Add(lds.MarshalSecurityInfos(lds.MarshalInfo(lds.OIDPACEGMAES, 2, 64), tlv.Encode(tlv.Sequence, tlv.EncodeOID(lds.OIDPACEECDHGM),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidStandardised), tlv.AppendInt(nil, 13)), tlv.AppendInt(nil, 64))))
	f.Add([]byte{0x31, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		ca, err := parseCardAccess(b, accessByEF)
		if err != nil {
			return
		}
		if v, err := choosePACE(ca.infos, 65535); err == nil && (v.group == nil || !announcesPACE(ca.infos)) {
			t.Fatal("variant of nothing")
		}
	})
}
