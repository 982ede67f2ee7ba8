package emrtd

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// Doc 9303-11 App. D.3 and D.4: basic access control and three protected commands, byte by byte.
func TestExampleBACAndSecureMessaging(t *testing.T) {
	s := &script{t: t, pairs: [][2]string{
		{"0084000008", "4608F919887022129000"},
		{
			"008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728",
			"46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000",
		},
		{"0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "990290008E08FA855A5D4C50A8ED9000"},
		{"0CB000000D9701048E08ED6705417E96BA5500", "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000"},
		{
			"0CB000040D9701128E082EA28A70F3C7B53500",
			"871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
		},
	}}
	ch := &channel{card: s.card()}
	ctx := context.Background()
	random := bytes.NewReader(unhex(t, "781723860C06C2260B795240CB7049B01C19B33E32804F0B"))
	if err := bac(ctx, ch, "L898902C<369080619406236", random); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		cmd  apdu.Command
		data string
	}{
		{apdu.Command{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{1, 0x1E}}, ""},
		{apdu.Command{INS: 0xB0, Ne: 4}, "60145F01"},
		{apdu.Command{INS: 0xB0, P2: 4, Ne: 0x12}, "04303130365F36063034303030305C026175"},
	} {
		r, err := ch.do(ctx, step.cmd)
		if err != nil || !r.SW.OK() || !bytes.Equal(r.Data, unhex(t, step.data)) {
			t.Errorf("command %d: %X %v %v", i+1, r.Data, r.SW, err)
		}
	}
	s.done()
}

const exampleCardAccess = "31143012060A04007F0007020204020202010202010D"

// exampleG1 is the conversation of Doc 9303-11 App. G.1.
var exampleG1 = [][2]string{
	{"0022C1A40F800A04007F00070202040202830101", "9000"},
	{"10860000027C0000", "7C12801095A3A016522EE98D01E76CB6B98B42C39000"},
	{
		"10860000457C438141047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D00",
		"7C43824104824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C549000",
	},
	{
		"10860000457C438341042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB3646200",
		"7C438441049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F0949000",
	},
	{"008600000C7C0A8508C2B0BD78D94BA86600", "7C0A86083ABB9674BCE93C089000"},
}

// exampleKeys are the terminal's two private keys of App. G.1.
const exampleKeys = "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99" +
	"A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595"

func examplePassword(t testing.TB) *password {
	t.Helper()
	info, err := mrz.Information("T22000129", "640812", "101031")
	if err != nil {
		t.Fatal(err)
	}
	return &password{name: "MRZ", reference: referenceMRZ, seed: icao.MRZSeed(info), information: info}
}

func exampleVariant(t testing.TB) *paceVariant {
	t.Helper()
	ca, err := parseCardAccess(unhex(t, exampleCardAccess), accessByEF)
	if err != nil {
		t.Fatal(err)
	}
	v, err := choosePACE(ca.infos, 255)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Doc 9303-11 App. G.1: PACE with ECDH, generic mapping, AES-128, brainpoolP256r1, as Vietnamese cards use it.
func TestExamplePACE(t *testing.T) {
	s := &script{t: t, pairs: exampleG1}
	ch := &channel{card: s.card()}
	v := exampleVariant(t)
	if v.name != "ECDH-GM-AES-128 brainpoolP256r1" || v.state {
		t.Errorf("variant %q, states its parameters: %v", v.name, v.state)
	}
	_, err := pace(context.Background(), ch, v, examplePassword(t), bytes.NewReader(unhex(t, exampleKeys)))
	if err != nil {
		t.Fatal(err)
	}
	s.done()
	want, err := newSecureMessaging(icao.AES128, unhex(t, "F5F0E35C0D7161EE6724EE513A0D9A7F"), unhex(t, "FE251C7858B356B24514B3BD5F4297D1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !sameSession(t, ch.sm, want) {
		t.Error("session keys differ from the example's")
	}
}

// Chip authentication of two real passports; the first has the profile of the Vietnamese card.
func TestRecordedChipAuthentication(t *testing.T) {
	for _, name := range []string{"AT", "DE"} {
		t.Run(name, func(t *testing.T) {
			tr := recorded(t, fmt.Sprintf("real_TestChipAuth%s.json", name))
			infos, err := lds.ParseDG14(unhex(t, tr.Files[0]))
			if err != nil {
				t.Fatal(err)
			}
			way, check := chooseCA(infos)
			if way == nil {
				t.Fatalf("%+v", check)
			}
			s := &script{t: t, pairs: tr.APDUs}
			ch := &channel{card: s.card(), sm: tr.session(t, 0, tr.SSC[0])}
			check, err = chipAuthentication(context.Background(), ch, way, bytes.NewReader(unhex(t, tr.Own[0][0])))
			if err != nil || check.Result != kiosk.CheckSuccessful {
				t.Fatalf("%+v, %v", check, err)
			}
			s.done()
			if !sameSession(t, ch.sm, tr.session(t, 1, tr.SSC[1])) {
				t.Error("session keys differ from the recorded ones")
			}
		})
	}
}

// Active authentication with RSA of a real passport, under 3DES secure messaging.
func TestRecordedActiveAuthentication(t *testing.T) {
	tr := recorded(t, "real_TestDoActiveAuth.json")
	key, err := lds.ParseDG15(unhex(t, tr.Files[0]))
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, pairs: tr.APDUs}
	ch := &channel{card: s.card(), sm: tr.session(t, 0, tr.SSC[0])}
	challenge := unhex(t, tr.Random[0])
	signature, check, err := activeAuthCheck(context.Background(), ch, key, nil, challenge)
	if err != nil || check.Result != kiosk.CheckSuccessful {
		t.Fatalf("%+v, %v", check, err)
	}
	s.done()
	for i := range signature {
		for _, bit := range []byte{0x01, 0x80} {
			bad := bytes.Clone(signature)
			bad[i] ^= bit
			if VerifyActiveAuth(key, nil, challenge, bad) == nil {
				t.Fatalf("signature with byte %d changed accepted", i)
			}
		}
	}
	challenge[0] ^= 1
	if VerifyActiveAuth(key, nil, challenge, signature) == nil {
		t.Error("signature over another challenge accepted")
	}
}

// A recorded session of a real passport: EF.CardSecurity read under AES secure messaging, eleven commands.
func TestRecordedSecureMessaging(t *testing.T) {
	tr := recorded(t, "real_TestDoPace_CAM_ECDH_DE.json")
	if len(tr.APDUs) < 6 || len(tr.Keys) != 1 {
		t.Fatal("recording has another shape")
	}
	pairs := tr.APDUs[5:]
	s := &script{t: t, pairs: pairs}
	ch := &channel{card: s.card(), sm: tr.session(t, 0, "")}
	ctx := context.Background()
	if _, err := ch.do(ctx, selectCommand(2, []byte{1, 0x1D})); err != nil {
		t.Fatal(err)
	}
	var file []byte
	for _, p := range pairs[1:] {
		cmd := unhex(t, p[0])
		ne := int(cmd[7])
		if ne == 0 {
			ne = 256
		}
		r, err := ch.do(ctx, apdu.Command{INS: 0xB0, P1: cmd[2], P2: cmd[3], Ne: ne})
		if err != nil || len(r.Data) == 0 {
			t.Fatal(err)
		}
		file = append(file, r.Data...)
	}
	s.done()
	if want := shared(t, "security-objects/DE_EF.CardSecurity.bin"); !bytes.Equal(file, want) {
		t.Errorf("%d bytes, differing from the %d of EF.CardSecurity", len(file), len(want))
	}
	if !bytes.Equal(ch.sm.ssc, unhex(t, tr.SSC[len(tr.SSC)-1])) {
		t.Errorf("counter ends at %X", ch.sm.ssc)
	}
}
