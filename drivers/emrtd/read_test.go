package emrtd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// The tests of this file read simulated chips: another implementation of the card's side.

type bench struct {
	authority *emrtdtest.Authority
	card      *emrtdtest.Card
	trust     *pa.Store
}

var person = emrtdtest.Person{
	Number: "999301012345", Name: "Nguyễn Thị Thử Nghiệm", Birth: "02/01/2001", Sex: "Nữ", Issued: "05/03/2025",
	Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Thử, Tỉnh Mẫu", Residence: "Số 1, Xã Thử, Tỉnh Mẫu",
	Marks: "Không", Parents: [2]string{"Nguyễn Văn Thử", "Trần Thị Mẫu"},
}

// photo is large enough for a few hundred reads; only its first bytes are looked at.
var photo = func() []byte {
	p := emrtdtest.Silhouette(128)
	return append(p, make([]byte, 16000)...)
}()

var issued = sync.OnceValues(func() (*bench, error) {
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{Curve: "brainpoolP256r1", Explicit: true})
	if err != nil {
		return nil, err
	}
	card, err := emrtdtest.Issue(person, photo, a)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "trust")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if _, err := a.SaveTrust(dir); err != nil {
		return nil, err
	}
	trust, err := pa.LoadStore(dir)
	return &bench{a, card, trust}, err
})

func setUp(t testing.TB) *bench {
	t.Helper()
	b, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var numberKey = kiosk.CardKey{Kind: kiosk.KeyNumber, Value: person.Number}

func (b *bench) mrzKey() kiosk.CardKey {
	m := b.card.MRZ
	return kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: m[0] + "/" + m[1] + "/" + m[2]}
}

func chipOf(t testing.TB, card *emrtdtest.Card, opt emrtdtest.Options) *emrtdtest.Chip {
	t.Helper()
	chip, err := emrtdtest.New(card, opt)
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

// reader puts a chip on a slot and makes a Reader for it.
func (b *bench) reader(t testing.TB, opt emrtdtest.Options, slotOpt emrtdtest.SlotOptions) (*emrtd.Reader, *emrtdtest.Slot) {
	t.Helper()
	slot := emrtdtest.NewSlot(slotOpt)
	slot.Insert(chipOf(t, b.card, opt))
	return emrtd.NewReader(slot, emrtd.Options{Trust: b.trust}), slot
}

func describe(r *kiosk.ChipRead) string {
	s := fmt.Sprintf("%s by %s, %d commands, %d bytes", r.Verdict, r.Access, r.APDUs, r.Bytes)
	for _, c := range r.Checks {
		s += fmt.Sprintf("\n  %-14s %-14s %s", c.Name, c.Result, c.Reason)
	}
	return s
}

func TestReadVerified(t *testing.T) {
	b := setUp(t)
	can := kiosk.CardKey{Kind: kiosk.KeyCAN, Value: person.Number[6:]}
	for name, key := range map[string]kiosk.CardKey{"number": numberKey, "can": can, "mrz": b.mrzKey()} {
		t.Run(name, func(t *testing.T) {
			r, _ := b.reader(t, emrtdtest.Options{}, emrtdtest.SlotOptions{})
			out, err := r.Read(context.Background(), key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if out.Verdict != kiosk.Verified {
				t.Fatal(describe(out))
			}
			for id, raw := range b.card.Files {
				if got, ok := out.Files[id]; ok && !bytes.Equal(got, raw) {
					t.Errorf("%s differs from the card's", id)
				}
			}
			for _, id := range []kiosk.FileID{kiosk.FileCardAccess, kiosk.FileCOM, kiosk.FileSOD, kiosk.FileDG1, kiosk.FileDG2,
				kiosk.FileDG13, kiosk.FileDG14, kiosk.FileDG15} {
				if out.Files[id] == nil {
					t.Errorf("%s not read", id)
				}
			}
			if out.Citizen.Number != person.Number || out.Citizen.Name != person.Name || !bytes.Equal(out.Photo.Data, photo) {
				t.Error("citizen or photo differs from the person's")
			}
			if len(out.Challenge) != 8 || len(out.Signature) == 0 || out.APDUs == 0 || out.Bytes < len(photo) || out.Duration <= 0 {
				t.Error("evidence incomplete: " + describe(out))
			}
			t.Log(describe(out))
		})
	}
}

// Every fault the simulated chip knows ends as it says it must.
func TestFaults(t *testing.T) {
	b := setUp(t)
	for _, f := range emrtdtest.Faults() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			var opt emrtdtest.Options
			if err := f.Apply(b.card, &opt); err != nil {
				t.Fatal(err)
			}
			slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
			slot.Insert(chipOf(t, b.card, opt))
			o := emrtd.Options{Trust: b.trust}
			if f.Code == kiosk.CodeCardTimeout {
				o.Timeout = 200 * time.Millisecond
			}
			out, err := emrtd.NewReader(slot, o).Read(context.Background(), numberKey, nil)
			if f.Code != "" {
				if kiosk.CodeOf(err) != f.Code {
					t.Fatalf("got %v, want %s", err, f.Code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if out.Verdict != f.Verdict {
				t.Fatal(describe(out))
			}
			if c, _ := out.Check(f.Check); f.Check != "" && c.Result == kiosk.CheckSuccessful {
				t.Errorf("%s was to be found by %s\n%s", f.Name, f.Check, describe(out))
			}
			t.Log(describe(out))
		})
	}
}

func TestWrongKey(t *testing.T) {
	b := setUp(t)
	r, _ := b.reader(t, emrtdtest.Options{}, emrtdtest.SlotOptions{})
	_, err := r.Read(context.Background(), kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "999999"}, nil)
	if kiosk.CodeOf(err) != kiosk.CodeCardWrongKey {
		t.Errorf("wrong CAN: %v", err)
	}
	for _, key := range []kiosk.CardKey{
		{}, {Kind: kiosk.KeyCAN, Value: "12345"}, {Kind: kiosk.KeyCAN, Value: "12345x"}, {Kind: kiosk.KeyNumber, Value: "123456"},
		{Kind: kiosk.KeyMRZ, Value: "IDVNM"}, {Kind: "other", Value: "123456"},
	} {
		if _, err := r.Read(context.Background(), key, nil); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("malformed key of kind %q: %v", key.Kind, err)
		}
	}
}

func TestNoCardNoReader(t *testing.T) {
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	r := emrtd.NewReader(slot, emrtd.Options{})
	if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeCardLost {
		t.Errorf("no card: %v", err)
	}
	slot.Unplug()
	if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeReaderMissing {
		t.Errorf("no reader: %v", err)
	}
	slot.Plug()
	slot.Insert(chipOf(t, setUp(t).card, emrtdtest.Options{}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Read(ctx, numberKey, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNoTrust(t *testing.T) {
	b := setUp(t)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
	out, err := emrtd.NewReader(slot, emrtd.Options{}).Read(context.Background(), numberKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := out.Check(kiosk.CheckChipAuth); out.Verdict != kiosk.Undetermined || c.Result == kiosk.CheckSuccessful {
		t.Error(describe(out))
	}
}

// A chip without PACE is opened by BAC with a machine-readable zone only, and is then never verified: DG14 says it has PACE.
func TestBACFallback(t *testing.T) {
	b := setUp(t)
	opt := emrtdtest.Options{NoPACE: true, CardAccess: emrtdtest.AccessAbsent}
	r, _ := b.reader(t, opt, emrtdtest.SlotOptions{})
	out, err := r.Read(context.Background(), b.mrzKey(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := out.Check(kiosk.CheckCardAccess)
	if out.Access != "BAC-MRZ" || out.Verdict != kiosk.Refused || c.Result != kiosk.CheckFailed {
		t.Error(describe(out))
	}
	if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeCardUnsupported {
		t.Errorf("number without pace: %v", err)
	}
}

// The ways cards hand out EF.CardAccess, ending with the known file.
func TestCardAccessLadder(t *testing.T) {
	b := setUp(t)
	for name, opt := range map[string]emrtdtest.Options{
		"free": {}, "refused": {CardAccess: emrtdtest.AccessRefused}, "absent": {CardAccess: emrtdtest.AccessAbsent},
		"no master file": {SelectMF: emrtdtest.MFNever}, "refused, no master file": {
			CardAccess: emrtdtest.AccessRefused, SelectMF: emrtdtest.MFNever,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := b.reader(t, opt, emrtdtest.SlotOptions{})
			out, err := r.Read(context.Background(), numberKey, nil)
			if err != nil {
				t.Fatal(err)
			}
			c, _ := out.Check(kiosk.CheckCardAccess)
			known := c.Reason == "not readable, known for this kind of card"
			if out.Verdict != kiosk.Verified || known != (opt.CardAccess != emrtdtest.AccessFree) ||
				known != (out.Files[kiosk.FileCardAccess] == nil) {
				t.Error(describe(out))
			}
		})
	}
}

func TestShortReader(t *testing.T) {
	b := setUp(t)
	for name, opt := range map[string]emrtdtest.Options{
		"short reader": {}, "end warning": {ShortOnly: true}, "end silent": {EndOfFile: emrtdtest.EndSilent},
		"end exact": {EndOfFile: emrtdtest.EndExact}, "at most 200": {MaxRead: 200}, "at most 64": {MaxRead: 64},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := b.reader(t, opt, emrtdtest.SlotOptions{ShortOnly: true})
			first, err := r.Read(context.Background(), numberKey, nil)
			if err != nil || first.Verdict != kiosk.Verified {
				t.Fatal(err)
			}
			second, err := r.Read(context.Background(), numberKey, nil)
			if err != nil || second.Verdict != kiosk.Verified {
				t.Fatal(err)
			}
			if second.APDUs > first.APDUs {
				t.Errorf("%d commands, then %d: nothing was learnt", first.APDUs, second.APDUs)
			}
			t.Logf("%d, then %d commands", first.APDUs, second.APDUs)
		})
	}
}

// boaster is a slot whose card claims extended lengths in its ATR and has none.
type boaster struct{ apdu.Slot }

type boastingCard struct{ apdu.Card }

func (b boaster) Connect(ctx context.Context) (apdu.Card, error) {
	c, err := b.Slot.Connect(ctx)
	return boastingCard{c}, err
}

func (boastingCard) ATR() []byte {
	return []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC8, 0x21, 0x53, 0}
}

// A card whose session dies of an extended length is opened once more, and the next one of its kind at once rightly.
func TestBoastingCard(t *testing.T) {
	b := setUp(t)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chipOf(t, b.card, emrtdtest.Options{ShortOnly: true}))
	r := emrtd.NewReader(boaster{slot}, emrtd.Options{Trust: b.trust})
	var commands [2]int
	for i := range commands {
		out, err := r.Read(context.Background(), numberKey, nil)
		if err != nil || out.Verdict != kiosk.Verified {
			t.Fatal(err)
		}
		commands[i] = out.APDUs
	}
	if commands[0] <= commands[1] || commands[0] > commands[1]+20 {
		t.Errorf("%d, then %d commands", commands[0], commands[1])
	}
}

func TestProgress(t *testing.T) {
	b := setUp(t)
	r, _ := b.reader(t, emrtdtest.Options{}, emrtdtest.SlotOptions{ShortOnly: true})
	var seen []kiosk.ChipProgress
	out, err := r.Read(context.Background(), numberKey, func(p kiosk.ChipProgress) { seen = append(seen, p) })
	if err != nil {
		t.Fatal(err)
	}
	if seen[0].File != "" || seen[0].Done != 0 {
		t.Errorf("first progress: %+v", seen[0])
	}
	for i, p := range seen[1:] {
		if p.Done < seen[i].Done {
			t.Fatalf("progress goes back from %d to %d", seen[i].Done, p.Done)
		}
		if (p.File == kiosk.FileDG2) != (p.Total > 0) {
			t.Fatalf("total %d while reading %s", p.Total, p.File)
		}
	}
	if last := seen[len(seen)-1]; last.Done != out.Bytes || last.Total != out.Bytes {
		t.Errorf("last progress %+v of %d bytes", last, out.Bytes)
	}
}

// lossy is a Slot whose card is lost after some commands, once.
type lossy struct {
	apdu.Slot
	left int
}

type lossyCard struct {
	apdu.Card
	slot *lossy
}

func (l *lossy) Connect(ctx context.Context) (apdu.Card, error) {
	c, err := l.Slot.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &lossyCard{c, l}, nil
}

func (c *lossyCard) Transmit(ctx context.Context, cmd []byte) ([]byte, error) {
	if c.slot.left--; c.slot.left == 0 {
		return nil, apdu.ErrCardLost
	}
	return c.Card.Transmit(ctx, cmd)
}

// A card torn away after any number of commands is resumed, and the whole is as good as an undisturbed read.
func TestResumeAnywhere(t *testing.T) {
	b := setUp(t)
	plain, _ := b.reader(t, emrtdtest.Options{}, emrtdtest.SlotOptions{ShortOnly: true})
	whole, err := plain.Read(context.Background(), numberKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	step := 2
	if testing.Short() {
		step = 13
	}
	for n := 1; n <= whole.APDUs; n += step {
		slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{ShortOnly: true})
		slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
		r := emrtd.NewReader(&lossy{slot, n}, emrtd.Options{Trust: b.trust})
		if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeCardLost {
			t.Fatalf("torn after %d commands: %v", n, err)
		}
		out, err := r.Read(context.Background(), numberKey, nil)
		if err != nil || out.Verdict != kiosk.Verified {
			t.Fatalf("resumed after %d commands: %v", n, err)
		}
		for id, raw := range whole.Files {
			if !bytes.Equal(out.Files[id], raw) {
				t.Fatalf("torn after %d commands: %s differs", n, id)
			}
		}
		if n > whole.APDUs*3/4 && out.APDUs > whole.APDUs*2/3 {
			t.Fatalf("torn after %d of %d commands: %d more to resume", n, whole.APDUs, out.APDUs)
		}
	}
}

func TestResumeOtherCard(t *testing.T) {
	b := setUp(t)
	other, err := emrtdtest.Issue(emrtdtest.Person{
		Number: "999094654321", Name: "Lê Văn Khác", Birth: "09/09/1994", Sex: "Nam", Issued: "05/03/2025",
	}, photo, b.authority)
	if err != nil {
		t.Fatal(err)
	}
	f, err := emrtdtest.FaultByName("swap")
	if err != nil {
		t.Fatal(err)
	}
	for name, swap := range map[string]func(*emrtdtest.Slot, *emrtdtest.Options){
		"other key": func(s *emrtdtest.Slot, _ *emrtdtest.Options) { s.Swap(chipOf(t, other, emrtdtest.Options{})) },
		"same key":  func(*emrtdtest.Slot, *emrtdtest.Options) {},
	} {
		t.Run(name, func(t *testing.T) {
			var opt emrtdtest.Options
			if err := f.Apply(b.card, &opt); err != nil {
				t.Fatal(err)
			}
			r, slot := b.reader(t, opt, emrtdtest.SlotOptions{})
			if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeCardLost {
				t.Fatal(err)
			}
			if !slot.Present() {
				slot.Insert(chipOf(t, b.card, emrtdtest.Options{Variant: emrtdtest.VariantTwin}))
			}
			swap(slot, &opt)
			if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeCardChanged {
				t.Fatalf("another card: %v", err)
			}
			slot.Swap(chipOf(t, b.card, emrtdtest.Options{}))
			out, err := r.Read(context.Background(), numberKey, nil)
			if err != nil || out.Verdict != kiosk.Verified {
				t.Fatalf("a fresh read after that: %v", err)
			}
		})
	}
}

// What is kept of a torn card is not used for another key, nor after its time, nor after Forget.
func TestResumeForgets(t *testing.T) {
	b := setUp(t)
	for name, spoil := range map[string]func(*emrtd.Reader, *time.Time) kiosk.CardKey{
		"too late": func(_ *emrtd.Reader, now *time.Time) kiosk.CardKey {
			*now = now.Add(31 * time.Second)
			return numberKey
		},
		"forgotten": func(r *emrtd.Reader, _ *time.Time) kiosk.CardKey { r.Forget(); return numberKey },
		"other key": func(*emrtd.Reader, *time.Time) kiosk.CardKey { return b.mrzKey() },
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{ShortOnly: true})
			slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
			r := emrtd.NewReader(&lossy{slot, 80}, emrtd.Options{Trust: b.trust, Now: func() time.Time { return now }})
			if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeCardLost {
				t.Fatal(err)
			}
			key := spoil(r, &now)
			out, err := r.Read(context.Background(), key, nil)
			if err != nil || out.APDUs < 90 {
				t.Fatalf("resumed with %d commands: %v", out.APDUs, err)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	s := setUp(b)
	for name, short := range map[string]bool{"short": true, "extended": false} {
		b.Run(name, func(b *testing.B) {
			r, _ := s.reader(b, emrtdtest.Options{}, emrtdtest.SlotOptions{ShortOnly: short})
			var out *kiosk.ChipRead
			for b.Loop() {
				var err error
				if out, err = r.Read(context.Background(), numberKey, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.APDUs), "apdus")
			b.ReportMetric(float64(out.Bytes), "bytes")
		})
	}
}
