package bsi

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// The holder of every card. The province prefix 999 is nobody's.
var holder = emrtdtest.Person{
	Number: "999301012345", Name: "Nguyễn Thị Thử Nghiệm", Birth: "02/01/2001", Sex: "Nữ", Issued: "05/03/2025",
	Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Thử, Tỉnh Mẫu", Residence: "Số 1, Xã Thử, Tỉnh Mẫu",
	Marks: "Không", Parents: [2]string{"Nguyễn Văn Thử", "Trần Thị Mẫu"},
}

// clock is the moment at which everything is read.
func clock() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }

// photo is the picture of every card, unless a case makes its own.
var photo = sync.OnceValue(func() []byte { return emrtdtest.Silhouette(96) })

// bench is what cases share: an issuing authority that is trusted, and the cards issued so far. Cases run side by side.
type bench struct {
	authority *emrtdtest.Authority
	trust     *pa.Store
	cards     *cardBox
}

// cardBox makes every card once.
type cardBox struct {
	mu    sync.Mutex
	cards map[string]func() *emrtdtest.Card
}

// get gives the card of that name, made by make when it is the first time.
func (c *cardBox) get(t *testing.T, name string, make func() *emrtdtest.Card) *emrtdtest.Card {
	t.Helper()
	c.mu.Lock()
	once := c.cards[name]
	if once == nil {
		once = sync.OnceValue(make)
		c.cards[name] = once
	}
	c.mu.Unlock()
	card := once()
	if card == nil {
		t.Fatalf("the card %q could not be made", name)
	}
	return card
}

func newBench(t *testing.T) *bench {
	t.Helper()
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: clock().AddDate(-3, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := pa.NewStore(a.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{authority: a, trust: trust, cards: &cardBox{cards: map[string]func() *emrtdtest.Card{}}}
}

// issue makes a card of the holder. Variants are left out: cases have their own ways to change a card.
func (b *bench) issue(t *testing.T, opt emrtdtest.IssueOptions) *emrtdtest.Card {
	t.Helper()
	return b.issueTo(t, holder, photo(), opt)
}

// issueTo makes a card of somebody else, or with another picture.
func (b *bench) issueTo(t *testing.T, p emrtdtest.Person, picture []byte, opt emrtdtest.IssueOptions) *emrtdtest.Card {
	t.Helper()
	opt.NoVariants = true
	if opt.Now.IsZero() {
		opt.Now = clock()
	}
	card, err := emrtdtest.IssueWith(p, picture, b.authority, opt)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// card is issue with a memory: the card of that name is made once. It must not be changed.
func (b *bench) card(t *testing.T, name string, opt emrtdtest.IssueOptions) *emrtdtest.Card {
	t.Helper()
	return b.cards.get(t, name, func() *emrtdtest.Card { return b.issue(t, opt) })
}

// ordinary is the card of the profile with nothing special about it.
func (b *bench) ordinary(t *testing.T) *emrtdtest.Card {
	t.Helper()
	return b.card(t, "ordinary", emrtdtest.IssueOptions{})
}

// reading is one read of one card. The zero value of everything but Card is the ordinary way.
type reading struct {
	Card   *emrtdtest.Card       // which card; nil: the ordinary one
	Chip   emrtdtest.Options     // how its chip behaves
	Slot   emrtdtest.SlotOptions // what the reader can
	Key    kiosk.CardKey         // zero: the 12-digit number of the card
	Reader emrtd.Options         // Trust and Now are filled in when they are nil
	Bare   bool                  // leave Reader.Trust nil
}

// outcome is what became of a read.
type outcome struct {
	read  *kiosk.ChipRead // nil when there was an error
	err   error
	trace []exchange // the raw APDUs, as they crossed the air
	chip  *emrtdtest.Chip
}

// exchange is one command with its response, nil when there was none.
type exchange struct{ command, response []byte }

// mrzKey is the key of the card's machine-readable zone.
func mrzKey(c *emrtdtest.Card) kiosk.CardKey {
	return kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: strings.Trim(strings.Join(c.MRZ[:], "/"), "/")}
}

// canKey is the card access number.
func canKey(c *emrtdtest.Card) kiosk.CardKey { return kiosk.CardKey{Kind: kiosk.KeyCAN, Value: c.CAN} }

// read lets the real reader read a card.
func (b *bench) read(t *testing.T, r reading) outcome {
	t.Helper()
	if r.Card == nil {
		r.Card = b.ordinary(t)
	}
	if r.Key.Kind == "" {
		r.Key = kiosk.CardKey{Kind: kiosk.KeyNumber, Value: r.Card.Number}
	}
	if r.Reader.Trust == nil && !r.Bare {
		r.Reader.Trust = b.trust
	}
	if r.Reader.Now == nil {
		r.Reader.Now = clock
	}
	chip, err := emrtdtest.New(r.Card, r.Chip)
	if err != nil {
		t.Fatal(err)
	}
	slot := &tracedSlot{Slot: emrtdtest.NewSlot(r.Slot)}
	slot.Insert(chip)
	out := outcome{chip: chip}
	out.read, out.err = emrtd.NewReader(slot, r.Reader).Read(context.Background(), r.Key, nil)
	out.trace = slot.trace
	return out
}

// tracedSlot notes what crosses the air.
type tracedSlot struct {
	*emrtdtest.Slot
	trace []exchange
}

func (s *tracedSlot) Connect(ctx context.Context) (apdu.Card, error) {
	card, err := s.Slot.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &tracedCard{Card: card, slot: s}, nil
}

type tracedCard struct {
	apdu.Card
	slot *tracedSlot
}

func (c *tracedCard) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	response, err := c.Card.Transmit(ctx, command)
	c.slot.trace = append(c.slot.trace, exchange{append([]byte(nil), command...), append([]byte(nil), response...)})
	return response, err
}

// String describes an outcome without personal data.
func (o outcome) String() string {
	if o.err != nil {
		return fmt.Sprintf("error %s: %v", kiosk.CodeOf(o.err), o.err)
	}
	s := fmt.Sprintf("%s by %s, %d commands", o.read.Verdict, o.read.Access, o.read.APDUs)
	for _, c := range o.read.Checks {
		s += fmt.Sprintf("\n  %-16s %-14s %s", c.Name, c.Result, c.Reason)
	}
	return s
}

// result gives the result of a check, "" when it was not made.
func (o outcome) result(name kiosk.CheckName) kiosk.CheckResult {
	if o.read == nil {
		return ""
	}
	c, _ := o.read.Check(name)
	return c.Result
}

// verified expects the document to be accepted.
func (o outcome) verified(t *testing.T) {
	t.Helper()
	if o.err != nil || o.read.Verdict != kiosk.Verified {
		t.Errorf("want verified, got %v", o)
	}
}

// refused expects the document to be refused, with these checks failed.
func (o outcome) refused(t *testing.T, names ...kiosk.CheckName) {
	t.Helper()
	o.verdict(t, kiosk.Refused)
	for _, name := range names {
		o.check(t, name, kiosk.CheckFailed)
	}
}

// undetermined expects that the document is neither accepted nor refused, with none of these checks successful.
func (o outcome) undetermined(t *testing.T, names ...kiosk.CheckName) {
	t.Helper()
	o.verdict(t, kiosk.Undetermined)
	for _, name := range names {
		if r := o.result(name); r == kiosk.CheckSuccessful || r == "" {
			t.Errorf("want %s not successful, got %v", name, o)
		}
	}
}

func (o outcome) verdict(t *testing.T, want kiosk.Verdict) {
	t.Helper()
	if o.err != nil || o.read.Verdict != want {
		t.Errorf("want %s, got %v", want, o)
	}
}

// check expects a result of one check.
func (o outcome) check(t *testing.T, name kiosk.CheckName, want kiosk.CheckResult) {
	t.Helper()
	if o.err != nil || o.result(name) != want {
		t.Errorf("want %s %s, got %v", name, want, o)
	}
}

// reason expects that the reason of a check contains a text.
func (o outcome) reason(t *testing.T, name kiosk.CheckName, part string) {
	t.Helper()
	if o.read == nil {
		t.Errorf("want a read, got %v", o)
		return
	}
	if c, _ := o.read.Check(name); !strings.Contains(c.Reason, part) {
		t.Errorf("want %q in the reason of %s, got %v", part, name, o)
	}
}

// fails expects that the read ended with an error of this code.
func (o outcome) fails(t *testing.T, code kiosk.Code) {
	t.Helper()
	if o.err == nil || kiosk.CodeOf(o.err) != code {
		t.Errorf("want the error %s, got %v", code, o)
	}
}

// rejected expects that the document is not accepted, in whichever way: an error with a code other than internal, or a verdict
// other than verified.
func (o outcome) rejected(t *testing.T) {
	t.Helper()
	if o.err == nil && o.read.Verdict == kiosk.Verified || o.err != nil && kiosk.CodeOf(o.err) == kiosk.CodeInternal {
		t.Errorf("want anything but verified, got %v", o)
	}
}

// The ordinary card is verified: what the cases find is what they changed.
func TestOrdinaryCard(t *testing.T) {
	b := newBench(t)
	start := time.Now()
	for _, key := range []kiosk.CardKey{{}, mrzKey(b.ordinary(t)), canKey(b.ordinary(t))} {
		b.read(t, reading{Key: key}).verified(t)
	}
	t.Logf("%v a read", time.Since(start)/3)
}
