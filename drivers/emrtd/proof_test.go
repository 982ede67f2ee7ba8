package emrtd_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// issue makes another card of the person under the same authority.
func (b *bench) issue(t *testing.T, opt emrtdtest.IssueOptions) *emrtdtest.Card {
	t.Helper()
	opt.NoVariants = true
	card, err := emrtdtest.IssueWith(person, photo, b.authority, opt)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func (b *bench) read(t *testing.T, card *emrtdtest.Card, key kiosk.CardKey, opt emrtdtest.Options) *kiosk.ChipRead {
	t.Helper()
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chipOf(t, card, opt))
	out, err := emrtd.NewReader(slot, emrtd.Options{Trust: b.trust}).Read(context.Background(), key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func zoneKey(c *emrtdtest.Card) kiosk.CardKey {
	v := c.MRZ[0] + "/" + c.MRZ[1]
	if c.MRZ[2] != "" {
		v += "/" + c.MRZ[2]
	}
	return kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: v}
}

// What chips without one of the proofs, or with a refused one, are worth.
func TestProofs(t *testing.T) {
	b := setUp(t)
	none := []emrtdtest.ChipAuthOffer{}
	gm := []emrtdtest.PACEOffer{{Parameter: 13}}
	type results map[kiosk.CheckName]kiosk.CheckResult
	for name, c := range map[string]struct {
		issue  emrtdtest.IssueOptions
		chip   emrtdtest.Options
		checks results
		want   kiosk.Verdict
	}{
		"both": {want: kiosk.Verified, checks: results{kiosk.CheckChipAuth: kiosk.CheckSuccessful, kiosk.CheckActiveAuth: kiosk.CheckSuccessful}},
		"chip authentication alone": {
			issue: emrtdtest.IssueOptions{Active: emrtdtest.ActiveNone}, want: kiosk.Verified,
			checks: results{kiosk.CheckActiveAuth: kiosk.CheckNotSupported},
		},
		"active authentication refused": {
			chip: emrtdtest.Options{ActiveRefused: true}, want: kiosk.Verified,
			checks: results{kiosk.CheckChipAuth: kiosk.CheckSuccessful, kiosk.CheckActiveAuth: kiosk.CheckAborted},
		},
		"a clone that refuses": {chip: emrtdtest.Options{Clone: emrtdtest.CloneRefuses}, want: kiosk.Refused, checks: results{kiosk.CheckChipAuth: kiosk.CheckFailed}},
		"a clone that forges":  {chip: emrtdtest.Options{Clone: emrtdtest.CloneForges}, want: kiosk.Refused, checks: results{kiosk.CheckChipAuth: kiosk.CheckFailed}},
		"Vietnamese card without chip authentication": {
			issue: emrtdtest.IssueOptions{ChipAuth: none}, want: kiosk.Undetermined,
			checks: results{kiosk.CheckChipAuth: kiosk.CheckUndetermined, kiosk.CheckActiveAuth: kiosk.CheckSuccessful},
		},
		"Vietnamese card without any proof": {
			issue: emrtdtest.IssueOptions{ChipAuth: none, Active: emrtdtest.ActiveNone}, want: kiosk.Undetermined,
			checks: results{kiosk.CheckChipAuth: kiosk.CheckUndetermined},
		},
		"Vietnamese card without DG14": {
			issue: emrtdtest.IssueOptions{Edit: func(files map[kiosk.FileID][]byte) error { delete(files, kiosk.FileDG14); return nil }},
			want:  kiosk.Undetermined, checks: results{kiosk.CheckChipAuth: kiosk.CheckUndetermined},
		},
		"DG14 taken off": {
			chip: emrtdtest.Options{Replace: map[kiosk.FileID][]byte{kiosk.FileDG14: nil}}, want: kiosk.Refused, checks: results{kiosk.CheckGroups: kiosk.CheckFailed},
		},
		"passport with active authentication": {
			issue: emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportPACE, PACE: gm, ChipAuth: none, Active: "ec"}, want: kiosk.Verified,
			checks: results{kiosk.CheckChipAuth: kiosk.CheckNotSupported, kiosk.CheckActiveAuth: kiosk.CheckSuccessful},
		},
		"passport that refuses active authentication": {
			issue: emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportPACE, PACE: gm, ChipAuth: none, Active: "ec"},
			chip:  emrtdtest.Options{ActiveRefused: true}, want: kiosk.Undetermined, checks: results{kiosk.CheckActiveAuth: kiosk.CheckAborted},
		},
		"passport without a proof": {
			issue: emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportPACE, PACE: gm, ChipAuth: none, Active: emrtdtest.ActiveNone}, want: kiosk.Undetermined,
		},
		"passport of the first generation": {
			issue: emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportBAC}, want: kiosk.Verified,
			checks: results{kiosk.CheckCardAccess: kiosk.CheckNotSupported},
		},
		"passport of today": {issue: emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportPACE}, want: kiosk.Verified},
	} {
		t.Run(name, func(t *testing.T) {
			card := b.issue(t, c.issue)
			out := b.read(t, card, zoneKey(card), c.chip)
			if out.Verdict != c.want {
				t.Errorf("want %s: %s", c.want, describe(out))
			}
			for name, want := range c.checks {
				if got, _ := out.Check(name); got.Result != want || got.Reason == "" {
					t.Errorf("want %s %s: %s", name, want, describe(out))
				}
			}
		})
	}
}

// The pieces told as they come are the file, also when it is resumed; DG2 comes last.
func TestPieces(t *testing.T) {
	b := setUp(t)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{ShortOnly: true})
	slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
	r := emrtd.NewReader(&lossy{slot, 70}, emrtd.Options{Trust: b.trust})
	var order []kiosk.FileID
	pieces := map[kiosk.FileID][]byte{}
	tell := func(p kiosk.ChipProgress) {
		if p.File == "" {
			order, pieces = nil, map[kiosk.FileID][]byte{}
			return
		}
		if pieces[p.File] == nil {
			order = append(order, p.File)
		}
		pieces[p.File] = append(pieces[p.File], p.Chunk...)
	}
	if _, err := r.Read(context.Background(), numberKey, tell); kiosk.CodeOf(err) != kiosk.CodeCardLost {
		t.Fatal(err)
	}
	torn := pieces[kiosk.FileDG2]
	if !bytes.HasPrefix(b.card.Files[kiosk.FileDG2], torn) || len(torn) == 0 || len(torn) > 15000 {
		t.Fatalf("%d bytes of DG2 before the card was lost", len(torn))
	}
	out, err := r.Read(context.Background(), numberKey, tell)
	if err != nil || out.Verdict != kiosk.Verified {
		t.Fatal(err)
	}
	want := []kiosk.FileID{kiosk.FileSOD, kiosk.FileDG14, kiosk.FileCOM, kiosk.FileDG15, kiosk.FileDG1, kiosk.FileDG13, kiosk.FileDG2}
	for i, id := range want {
		if i >= len(order) || order[i] != id {
			t.Fatalf("order %v, want %v", order, want)
		}
		if !bytes.Equal(pieces[id], out.Files[id]) {
			t.Errorf("the pieces of %s are %d bytes, the file has %d", id, len(pieces[id]), len(out.Files[id]))
		}
	}
}

// faulty is a slot whose card answers with an error from some command on.
type faulty struct {
	apdu.Slot
	after int
	err   error
}

type faultyCard struct {
	apdu.Card
	slot *faulty
}

func (f *faulty) Connect(ctx context.Context) (apdu.Card, error) {
	if f.after < 0 {
		return nil, f.err
	}
	c, err := f.Slot.Connect(ctx)
	return &faultyCard{c, f}, err
}

func (c *faultyCard) Transmit(ctx context.Context, cmd []byte) ([]byte, error) {
	if c.slot.after--; c.slot.after <= 0 {
		return nil, c.slot.err
	}
	return c.Card.Transmit(ctx, cmd)
}

// Every error a read can end with, provoked at the beginning, while access is got, and in a session. A hint goes with each.
func TestTypedErrors(t *testing.T) {
	b := setUp(t)
	for name, c := range map[string]struct {
		err  error
		want kiosk.Code
	}{
		"card lost":      {apdu.ErrCardLost, kiosk.CodeCardLost},
		"no card":        {apdu.ErrNoCard, kiosk.CodeCardLost},
		"no reader":      {apdu.ErrNoReader, kiosk.CodeReaderMissing},
		"reader fault":   {apdu.ErrReader, kiosk.CodeReaderFault},
		"too long":       {apdu.ErrLength, kiosk.CodeReaderFault},
		"no answer":      {apdu.ErrTimeout, kiosk.CodeCardTimeout},
		"something else": {errors.New("unheard of"), kiosk.CodeReaderFault},
	} {
		for _, after := range []int{-1, 1, 4, 12, 40} {
			if after < 0 && c.want == kiosk.CodeReaderFault && name == "something else" {
				continue // what Connect gives unasked for is a defect of ours
			}
			slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{ShortOnly: true})
			slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
			_, err := emrtd.NewReader(&faulty{slot, after, c.err}, emrtd.Options{Trust: b.trust}).Read(context.Background(), numberKey, nil)
			var k *kiosk.Error
			if kiosk.CodeOf(err) != c.want || !errors.As(err, &k) || k.Hint == "" {
				t.Errorf("%s after %d commands: %v", name, after, err)
			}
		}
	}
	wrong := kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "000001"}
	for name, c := range map[string]struct {
		key  kiosk.CardKey
		chip emrtdtest.Options
		want kiosk.Code
	}{
		"wrong key":         {wrong, emrtdtest.Options{}, kiosk.CodeCardWrongKey},
		"chip of other CAN": {numberKey, emrtdtest.Options{OtherCAN: true}, kiosk.CodeCardWrongKey},
		"no access at all":  {numberKey, emrtdtest.Options{NoPACE: true, NoBAC: true, CardAccess: emrtdtest.AccessAbsent}, kiosk.CodeCardUnsupported},
		"broken mac":        {numberKey, emrtdtest.Options{BadMAC: kiosk.FileDG1}, kiosk.CodeCardProtocol},
	} {
		slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
		slot.Insert(chipOf(t, b.card, c.chip))
		_, err := emrtd.NewReader(slot, emrtd.Options{Trust: b.trust}).Read(context.Background(), c.key, nil)
		var k *kiosk.Error
		if kiosk.CodeOf(err) != c.want || !errors.As(err, &k) || k.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A card that takes long for every command, as one that asks for waiting time extensions does, is slow, not lost; one that takes
// longer than a read may is a timeout.
func TestSlowCard(t *testing.T) {
	b := setUp(t)
	today := time.Now() // inside the bubble it is another year
	for pause, want := range map[time.Duration]kiosk.Code{300 * time.Millisecond: "", 20 * time.Second: kiosk.CodeCardTimeout} {
		synctest.Test(t, func(t *testing.T) {
			slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
			slot.Insert(chipOf(t, b.card, emrtdtest.Options{Latency: emrtdtest.Latency{APDU: pause}}))
			start := time.Now()
			out, err := emrtd.NewReader(slot, emrtd.Options{Trust: b.trust, Now: func() time.Time { return today }}).Read(context.Background(), numberKey, nil)
			if kiosk.CodeOf(err) != want || want == "" && out.Verdict != kiosk.Verified {
				t.Errorf("%v a command: %v", pause, err)
			}
			if d := time.Since(start); d > time.Minute {
				t.Errorf("%v a command: %v", pause, d)
			}
		})
	}
}

// The chunk falls to what a reader can carry, and the next card in the same reader is read so at once; another reader begins anew.
func TestReadLengthPerReader(t *testing.T) {
	b := setUp(t)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{ShortOnly: true})
	r := emrtd.NewReader(slot, emrtd.Options{Trust: b.trust})
	var refused [2]int
	for i := range refused {
		slot.Swap(chipOf(t, b.card, emrtdtest.Options{Hooks: &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
			if c.INS == 0xB0 && c.Ne > 112 {
				refused[i]++
				return &apdu.Response{SW: apdu.StatusWrongLength}
			}
			return nil
		}}}))
		if out, err := r.Read(context.Background(), numberKey, nil); err != nil || out.Verdict != kiosk.Verified {
			t.Fatal(err)
		}
	}
	if refused[0] == 0 || refused[0] > 10 || refused[1] > 1 { // EF.CardAccess is read before the kind of card is known
		t.Errorf("refused %d times, then %d", refused[0], refused[1])
	}
}

// What a torn read has learnt of the card's lengths is not learnt again when it is resumed.
func TestResumeKeepsLengths(t *testing.T) {
	b := setUp(t)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{ShortOnly: true})
	refused := 0
	slot.Insert(chipOf(t, b.card, emrtdtest.Options{Hooks: &emrtdtest.Hooks{Command: func(c apdu.Command) *apdu.Response {
		if c.INS == 0xB0 && c.Ne > 128 {
			refused++
			return &apdu.Response{SW: apdu.StatusWrongLength}
		}
		return nil
	}}}))
	r := emrtd.NewReader(&lossy{slot, 80}, emrtd.Options{Trust: b.trust})
	if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeCardLost || refused == 0 {
		t.Fatalf("%v, %d lengths refused", err, refused)
	}
	refused = 0
	out, err := r.Read(context.Background(), numberKey, nil)
	if err != nil || out.Verdict != kiosk.Verified || refused > 0 {
		t.Errorf("%v, %d lengths refused again", err, refused)
	}
}
