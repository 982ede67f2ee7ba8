package emrtd

import (
	"slices"
	"testing"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

func infos(t *testing.T, list ...[]byte) *lds.SecurityInfos {
	t.Helper()
	s, err := lds.ParseSecurityInfos(lds.MarshalSecurityInfos(list...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// EF.CardAccess against DG14: every way in which an unsigned file may try to look weaker.
func TestCheckCardAccess(t *testing.T) {
	paceAES := lds.MarshalInfo(lds.OIDPACEGMAES, 2, 13)
	pace3DES := lds.MarshalInfo(append(slices.Clone(lds.OIDPACEECDHGM), 1), 2, 13)
	ca := lds.MarshalInfo(lds.OIDCAECDHAES, 1, lds.NoID)
	ta := lds.MarshalInfo(lds.OIDTA, 1, lds.NoID)
	whole := infos(t, ta, ca, paceAES)
	for name, c := range map[string]struct {
		card       *lds.SecurityInfos
		signed     *lds.SecurityInfos
		bac        bool
		vietnamese bool
		unverified bool
		listed     bool // EF.SOD has DG14
		want       kiosk.CheckResult
	}{
		"equal":                           {card: whole, signed: whole, vietnamese: true, want: kiosk.CheckSuccessful},
		"equal, foreign":                  {card: whole, signed: whole, want: kiosk.CheckSuccessful},
		"other order":                     {card: infos(t, paceAES, ta, ca), signed: whole, vietnamese: true, want: kiosk.CheckSuccessful},
		"pace alone, foreign":             {card: infos(t, paceAES), signed: whole, want: kiosk.CheckSuccessful},
		"pace alone, vietnamese":          {card: infos(t, paceAES), signed: whole, vietnamese: true, want: kiosk.CheckFailed},
		"weaker pace":                     {card: infos(t, ta, ca, pace3DES), signed: whole, want: kiosk.CheckFailed},
		"better pace hidden":              {card: infos(t, pace3DES), signed: infos(t, pace3DES, paceAES), want: kiosk.CheckFailed},
		"pace added":                      {card: infos(t, pace3DES, paceAES), signed: infos(t, paceAES), want: kiosk.CheckFailed},
		"chip authentication not in DG14": {card: whole, signed: infos(t, ta, paceAES), want: kiosk.CheckFailed},
		"DG14 without pace":               {card: whole, signed: infos(t, ta, ca), want: kiosk.CheckUndetermined},
		"no DG14":                         {card: whole, want: kiosk.CheckUndetermined},
		"DG14 not verified":               {card: whole, signed: whole, unverified: true, want: kiosk.CheckUndetermined},
		"BAC, DG14 with pace":             {signed: whole, bac: true, want: kiosk.CheckFailed},
		"BAC, DG14 without pace":          {signed: infos(t, ca), bac: true, want: kiosk.CheckNotSupported},
		"BAC, no DG14":                    {bac: true, want: kiosk.CheckNotSupported},
		"BAC, DG14 signed and not read":   {bac: true, listed: true, want: kiosk.CheckUndetermined},
	} {
		v := &visit{dg14: c.signed, opened: &opened{bac: c.bac, cardAccess: &cardAccess{infos: c.card, way: accessByEF}}}
		passive := pa.Result{GroupOK: map[kiosk.FileID]bool{kiosk.FileDG14: !c.unverified}, SODGroups: []int{1, 2}}
		if c.listed {
			passive.SODGroups = append(passive.SODGroups, 14)
		}
		if got := v.checkCardAccess(passive, c.vietnamese); got.Result != c.want || got.Reason == "" {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
}

// All Vietnamese identity cards have chip authentication; one without is looked at, other documents may do without.
func TestDemandProof(t *testing.T) {
	for _, c := range []struct {
		in         kiosk.CheckResult
		vietnamese bool
		want       kiosk.CheckResult
	}{
		{kiosk.CheckNotSupported, true, kiosk.CheckUndetermined}, {kiosk.CheckNotSupported, false, kiosk.CheckNotSupported},
		{kiosk.CheckSuccessful, true, kiosk.CheckSuccessful}, {kiosk.CheckFailed, true, kiosk.CheckFailed},
		{kiosk.CheckAborted, true, kiosk.CheckAborted}, {kiosk.CheckUndetermined, true, kiosk.CheckUndetermined},
	} {
		if got := demandProof(kiosk.Check{Name: kiosk.CheckChipAuth, Result: c.in}, c.vietnamese); got.Result != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	for name, c := range map[string]struct {
		d    decoded
		pw   password
		want bool
	}{
		"by key":               {decoded{}, password{vietnamese: true}, true},
		"by state":             {decoded{dg1: &mrz.MRZ{Kind: mrz.TD1, State: "VNM"}}, password{}, true},
		"passport of Viet Nam": {decoded{dg1: &mrz.MRZ{Kind: mrz.TD3, State: "VNM"}}, password{}, false},
		"card of another":      {decoded{dg1: &mrz.MRZ{Kind: mrz.TD1, State: "D<<"}}, password{}, false},
		"nothing known":        {decoded{}, password{}, false},
	} {
		if got := c.d.vietnamese(&c.pw); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func card(t *testing.T, number, birth, expiry string) *mrz.MRZ {
	t.Helper()
	c, err := mrz.VietnameseCard(number, birth, "F", expiry, "NGUYEN", "THI THU")
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCheckNumber(t *testing.T) {
	dg1 := card(t, "999301012345", "010102", "410102")
	passport := &mrz.MRZ{Number: "X1234567"}
	for name, c := range map[string]struct {
		key     string
		ref     byte
		dg1     *mrz.MRZ
		dg13    *lds.DG13
		differ  []string
		want    kiosk.CheckResult
		because string
	}{
		"number":             {"999301012345", referenceCAN, dg1, &lds.DG13{Number: "999301012345"}, nil, kiosk.CheckSuccessful, ""},
		"CAN":                {"012345", referenceCAN, dg1, &lds.DG13{Number: "999301012345"}, nil, kiosk.CheckSuccessful, ""},
		"no DG13":            {"999301012345", referenceCAN, dg1, nil, nil, kiosk.CheckSuccessful, "no number in DG13"},
		"DG13 without":       {"999301012345", referenceCAN, dg1, &lds.DG13{}, nil, kiosk.CheckSuccessful, "no number in DG13"},
		"same CAN, other":    {"999202012345", referenceCAN, dg1, nil, nil, kiosk.CheckFailed, "key differs from DG1"},
		"other CAN":          {"054321", referenceCAN, dg1, nil, nil, kiosk.CheckFailed, "key differs from DG1"},
		"MRZ":                {"999301012345", referenceMRZ, dg1, nil, nil, kiosk.CheckSuccessful, "no number in DG13"},
		"other MRZ":          {"999301012346", referenceMRZ, dg1, nil, nil, kiosk.CheckFailed, "key differs from DG1"},
		"DG13 contradicts":   {"999301012345", referenceCAN, dg1, &lds.DG13{Number: "1"}, []string{"number", "birth"}, kiosk.CheckFailed, "DG1 and DG13 differ: number, birth"},
		"no DG1":             {"999301012345", referenceCAN, nil, nil, nil, kiosk.CheckUndetermined, "DG1 not verified"},
		"passport, its MRZ":  {"X1234567", referenceMRZ, passport, nil, nil, kiosk.CheckSuccessful, "no number in DG13"},
		"passport, a number": {"999301012345", referenceCAN, passport, nil, nil, kiosk.CheckFailed, "key differs from DG1"},
	} {
		d := &decoded{dg1: c.dg1, dg13: c.dg13, differ: c.differ}
		got := d.checkNumber(&password{reference: c.ref, number: c.key})
		if got.Result != c.want || got.Reason != c.because {
			t.Errorf("%s: %+v", name, got)
		}
	}
	broken, err := mrz.Parse(dg1.Lines[0] + "/" + dg1.Lines[1][:29] + "x" + "/" + dg1.Lines[2])
	if err == nil {
		t.Fatalf("lower case accepted: %v", broken)
	}
	wrong := byte('0')
	if dg1.Lines[1][29] == wrong {
		wrong = '1'
	}
	if broken, err = mrz.Parse(dg1.Lines[0] + "/" + dg1.Lines[1][:29] + string(wrong) + "/" + dg1.Lines[2]); err != nil {
		t.Fatal(err)
	}
	got := (&decoded{dg1: broken}).checkNumber(&password{reference: referenceCAN, number: "999301012345"})
	if got.Result != kiosk.CheckFailed {
		t.Errorf("wrong check digit in DG1: %+v", got)
	}
}

func TestCheckExpiry(t *testing.T) {
	today := kiosk.Date{Year: 2026, Month: 11, Day: 21}
	dg1 := &mrz.MRZ{}
	for name, c := range map[string]struct {
		d    decoded
		want kiosk.CheckResult
	}{
		"tomorrow":     {decoded{dg1: dg1, citizen: kiosk.Citizen{Expires: kiosk.Date{Year: 2026, Month: 11, Day: 22}}}, kiosk.CheckSuccessful},
		"today":        {decoded{dg1: dg1, citizen: kiosk.Citizen{Expires: today}}, kiosk.CheckSuccessful},
		"yesterday":    {decoded{dg1: dg1, citizen: kiosk.Citizen{Expires: kiosk.Date{Year: 2026, Month: 11, Day: 20}}}, kiosk.CheckFailed},
		"last month":   {decoded{dg1: dg1, citizen: kiosk.Citizen{Expires: kiosk.Date{Year: 2026, Month: 10, Day: 30}}}, kiosk.CheckFailed},
		"last year":    {decoded{dg1: dg1, citizen: kiosk.Citizen{Expires: kiosk.Date{Year: 2025, Month: 12, Day: 30}}}, kiosk.CheckFailed},
		"in 22 years":  {decoded{dg1: dg1, citizen: kiosk.Citizen{Expires: kiosk.Date{Year: 2048, Month: 1, Day: 1}}}, kiosk.CheckSuccessful},
		"no end":       {decoded{dg1: dg1, citizen: kiosk.Citizen{NoExpiry: true}}, kiosk.CheckSuccessful},
		"not stated":   {decoded{dg1: dg1}, kiosk.CheckUndetermined},
		"a year alone": {decoded{dg1: dg1, citizen: kiosk.Citizen{Expires: kiosk.Date{Year: 2030}}}, kiosk.CheckUndetermined},
		"nothing read": {decoded{}, kiosk.CheckUndetermined},
	} {
		c.d.today = today
		if got := c.d.checkExpiry(); got.Result != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A proof counts under a trusted signer alone (the clone that brings its own DG14 and EF.SOD).
func TestProofNeedsTrust(t *testing.T) {
	good := kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckSuccessful, Reason: "ECDH"}
	ok := []kiosk.Check{
		{Name: kiosk.CheckSODSignature, Result: kiosk.CheckSuccessful}, {Name: kiosk.CheckSigner, Result: kiosk.CheckSuccessful},
	}
	untrusted := []kiosk.Check{ok[0], {Name: kiosk.CheckSigner, Result: kiosk.CheckUndetermined}}
	for name, c := range map[string]struct {
		checks []kiosk.Check
		hash   bool
		in     kiosk.Check
		want   kiosk.CheckResult
	}{
		"trusted":         {ok, true, good, kiosk.CheckSuccessful},
		"hash differs":    {ok, false, good, kiosk.CheckUndetermined},
		"issuer unknown":  {untrusted, true, good, kiosk.CheckUndetermined},
		"failed, trusted": {ok, true, kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckFailed}, kiosk.CheckFailed},
		"failed, unknown": {untrusted, true, kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckFailed}, kiosk.CheckFailed},
		"not reached":     {ok, true, kiosk.Check{}, kiosk.CheckAborted},
	} {
		p := pa.Result{Checks: c.checks, GroupOK: map[kiosk.FileID]bool{kiosk.FileDG14: c.hash}}
		got := (&visit{}).proof(c.in, kiosk.CheckChipAuth, kiosk.FileDG14, p)
		if got.Result != c.want || got.Name != kiosk.CheckChipAuth {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPassword(t *testing.T) {
	m := card(t, "999301012345", "010102", "410102")
	lines := m.Lines[0] + "/" + m.Lines[1] + "/" + m.Lines[2]
	for _, c := range []struct {
		key        kiosk.CardKey
		name, seed string
		vietnamese bool
	}{
		{kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "012345"}, "CAN", "012345", false},
		{kiosk.CardKey{Kind: kiosk.KeyNumber, Value: "999301012345"}, "CAN", "012345", true},
		{kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: lines}, "MRZ", "", true},
	} {
		p, err := newPassword(c.key)
		if err != nil || p.name != c.name || p.vietnamese != c.vietnamese || c.seed != "" && string(p.seed) != c.seed {
			t.Errorf("%s: %v %v", c.key.Kind, p, err)
		}
	}
	damaged := "9" + lines[1:]
	if _, err := newPassword(kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: damaged[:5] + "999999999" + damaged[14:]}); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("zone with wrong check digits: %v", err)
	}
}
