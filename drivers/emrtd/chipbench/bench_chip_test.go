package chipbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/pcsc"
	"motcua/drivers/pcsc/vpcd"
	"motcua/kiosk"
)

var person = emrtdtest.Person{
	Number: "999301012345", Name: "Nguyễn Thị Thử Nghiệm", Birth: "02/01/2001", Sex: "Nữ", Issued: "05/03/2025",
	Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Thử, Tỉnh Mẫu", Residence: "Số 1, Xã Thử, Tỉnh Mẫu",
	Marks: "Nốt ruồi cách 2 cm sau cánh mũi phải", Parents: [2]string{"Nguyễn Văn Thử", "Trần Thị Mẫu"},
}

var key = kiosk.CardKey{Kind: kiosk.KeyNumber, Value: person.Number}

// payload is how many bytes of files a card of this kind is taken to hold: EF.COM 26, DG1 95, DG2 18,000, DG13 650, DG14 390,
// DG15 262, EF.SOD 2,000.
const payload = 21423

// issued is a card with that many bytes.
var issued = sync.OnceValues(func() (*emrtdtest.Card, error) { return cardOf(payload) })

var authority = sync.OnceValues(func() (*emrtdtest.Authority, error) {
	return emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{Curve: "brainpoolP256r1", Explicit: true})
})

// cardOf issues a card whose photo is padded until its files have size bytes.
func cardOf(size int) (*emrtdtest.Card, error) {
	a, err := authority()
	if err != nil {
		return nil, err
	}
	photo := emrtdtest.Silhouette(128)
	card, err := emrtdtest.IssueWith(person, photo, a, emrtdtest.IssueOptions{NoVariants: true})
	if err != nil {
		return nil, err
	}
	have := 0
	for id, f := range card.Files {
		if id != "DG3" && id != kiosk.FileCardAccess {
			have += len(f)
		}
	}
	if have < size {
		photo = append(photo, make([]byte, size-have)...)
	}
	return emrtdtest.IssueWith(person, photo, a, emrtdtest.IssueOptions{NoVariants: true})
}

// trust gives the store of the folder that the authority writes for readers: its certificate and its revocation list.
func trust(t testing.TB) *pa.Store {
	t.Helper()
	a, err := authority()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := a.SaveTrust(dir); err != nil {
		t.Fatal(err)
	}
	store, err := pa.LoadStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// chipOf makes a chip of the card.
func chipOf(t testing.TB, l emrtdtest.Latency) *emrtdtest.Chip {
	t.Helper()
	card, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	chip, err := emrtdtest.New(card, emrtdtest.Options{Latency: l})
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

// timed is a slot that adds up the time its cards take to answer.
type timed struct {
	apdu.Slot
	mu         sync.Mutex
	inside     time.Duration // between command and answer
	model      func(command, response []byte) (wire, card time.Duration)
	wire, card time.Duration // what the model says of it
	chip       time.Duration // processor time of the simulated chip, where this slot is directly at it
}

type timedCard struct {
	apdu.Card
	slot *timed
}

func (s *timed) Connect(ctx context.Context) (apdu.Card, error) {
	c, err := s.Slot.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return timedCard{c, s}, nil
}

func (c timedCard) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	runtime.LockOSThread() // the chip computes in this thread and no other
	defer runtime.UnlockOSThread()
	began, cpu := time.Now(), rusage(syscall.RUSAGE_THREAD)
	r, err := c.Card.Transmit(ctx, command)
	took, chip := time.Since(began), rusage(syscall.RUSAGE_THREAD)-cpu
	c.slot.mu.Lock()
	defer c.slot.mu.Unlock()
	c.slot.inside += took
	c.slot.chip += chip
	if err == nil && c.slot.model != nil {
		wire, card := c.slot.model(command, r)
		c.slot.wire += wire
		c.slot.card += card
	}
	return r, err
}

// spent is what a slot adds up: see [timed].
type spent struct{ inside, wire, card, chip time.Duration }

// take gives what was added up, and begins anew.
func (s *timed) take() spent {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := spent{s.inside, s.wire, s.card, s.chip}
	s.inside, s.wire, s.card, s.chip = 0, 0, 0, 0
	return out
}

// modelOf splits a chip's modelled time into the radio link's and the chip's.
func modelOf(chip *emrtdtest.Chip, l emrtdtest.Latency) func(command, response []byte) (wire, card time.Duration) {
	return func(command, response []byte) (wire, card time.Duration) {
		wire = l.Exchange(len(command), len(response), emrtdtest.CostNone)
		return wire, chip.Time(command, response) - wire
	}
}

// rig is a reader of one link: what the kiosk reads through, and what measures it.
type rig struct {
	name  string
	slot  *emrtdtest.Slot // where the chip lies
	inner *timed          // directly at the chip
	outer *timed          // at the kiosk's end; the same as inner when nothing lies between
	read  *emrtd.Reader
	host  func() time.Duration // modelled time of the host link since the last call; nil to take what was measured between the slots
}

// measure reads the card once and splits the time.
func (r *rig) measure(t testing.TB) Row {
	t.Helper()
	r.inner.take()
	r.outer.take()
	if r.host != nil {
		r.host()
	}
	cpu, began := rusage(syscall.RUSAGE_SELF), time.Now()
	out, err := r.read.Read(context.Background(), key, nil)
	total := time.Since(began)
	if err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	if out.Verdict != kiosk.Verified {
		t.Fatalf("%s: %s: %v", r.name, out.Verdict, out.Checks)
	}
	row := Row{Link: r.name, APDUs: out.APDUs, Bytes: out.Bytes, Total: total, CPU: rusage(syscall.RUSAGE_SELF) - cpu}
	atChip := r.inner.take()
	row.Wire, row.Card = atChip.wire, atChip.card
	if r.inner.Slot != nil { // a simulated PN532 lies between otherwise, and computes too
		row.Ours = max(0, row.CPU-atChip.chip)
	}
	switch {
	case r.host != nil:
		row.Host = r.host()
	case r.outer != r.inner:
		row.Host = max(0, r.outer.take().inside-atChip.inside)
	}
	return row
}

// rusage gives the time that all threads of this process have computed, or this thread alone.
func rusage(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err) // of our own process
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// newRig puts a chip with a time model on a slot and a reader over it. A first read without any waiting teaches the reader what it
// remembers of a kind of card.
func newRig(t testing.TB, name string, l emrtdtest.Latency, opt emrtdtest.SlotOptions) *rig {
	t.Helper()
	slot := emrtdtest.NewSlot(opt)
	chip := chipOf(t, l)
	inner := &timed{Slot: slot, model: modelOf(chip, l)}
	r := &rig{name: name, slot: slot, inner: inner, outer: inner, read: emrtd.NewReader(inner, emrtd.Options{Trust: trust(t)})}
	slot.Insert(chipOf(t, emrtdtest.Latency{}))
	r.measure(t)
	slot.Swap(chip)
	return r
}

func link(t testing.TB, kbps, frame int) emrtdtest.Latency {
	t.Helper()
	l, err := emrtdtest.Link(kbps)
	if err != nil {
		t.Fatal(err)
	}
	l.FrameSize = frame
	return l
}

// rows are the results of all benchmarks that ran, in order.
var rows []Row

// run is the benchmark of one rig; the median goes into the report.
func (r *rig) run(b *testing.B) {
	var all []Row
	for b.Loop() {
		all = append(all, r.measure(b))
	}
	m := Median(all)
	for i := range rows {
		if rows[i].Link == m.Link {
			rows = append(rows[:i], rows[i+1:]...)
			break
		}
	}
	rows = append(rows, m)
	b.ReportMetric(float64(m.APDUs), "apdus")
	b.ReportMetric(float64(m.Bytes), "bytes")
	b.ReportMetric(m.Ratio(), "total/(wire+card)")
	b.ReportMetric(float64(m.PerAPDU().Microseconds()), "rest-µs/apdu")
	if m.Ours > 0 {
		b.ReportMetric(float64(m.OursPerAPDU().Microseconds()), "our-cpu-µs/apdu")
	}
	if m.Host > 0 {
		b.ReportMetric(float64(m.HostPerAPDU().Microseconds()), "host-µs/apdu")
	}
}

// BenchmarkChip reads a whole card over every link, as slowly as the link is.
func BenchmarkChip(b *testing.B) {
	for _, kbps := range []int{106, 212, 424, 848} {
		for _, frame := range []int{64, 256} {
			b.Run(fmt.Sprintf("kbps=%d/fsd=%d", kbps, frame), func(b *testing.B) {
				newRig(b, fmt.Sprintf("%d kbit/s, FSD %d", kbps, frame), link(b, kbps, frame), emrtdtest.SlotOptions{}).run(b)
			})
		}
	}
	for _, kbps := range []int{424, 848} {
		b.Run(fmt.Sprintf("kbps=%d/short", kbps), func(b *testing.B) {
			newRig(b, fmt.Sprintf("%d kbit/s, FSD 256, short APDUs", kbps), link(b, kbps, 256), emrtdtest.SlotOptions{ShortOnly: true}).run(b)
		})
	}
	for _, kbps := range []int{0, 424, 848} {
		b.Run(fmt.Sprintf("usb/kbps=%d", kbps), func(b *testing.B) { usbRig(b, kbps).run(b) })
	}
}

// usbRig reads through the real pcscd; with 0 kbit/s over a link and from a chip that take no time.
func usbRig(b *testing.B, kbps int) *rig {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service, err := vpcd.Start(ctx)
	if err != nil {
		b.Skipf("the real pcscd cannot be used here: %v", err)
	}
	name, l := "USB through pcscd, no waiting", emrtdtest.Latency{}
	if kbps != 0 {
		name, l = fmt.Sprintf("USB through pcscd, %d kbit/s", kbps), link(b, kbps, 256)
	}
	slot, chip := emrtdtest.NewSlot(emrtdtest.SlotOptions{}), chipOf(b, l)
	inner := &timed{Slot: slot, model: modelOf(chip, l)}
	reader := pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName})
	outer := &timed{Slot: reader}
	serving, end := context.WithCancel(context.Background())
	served := make(chan error, 1)
	slot.Insert(chip)
	go func() { served <- vpcd.Serve(serving, vpcd.Address, inner, nil) }()
	b.Cleanup(func() {
		end()
		if err := <-served; !errors.Is(err, context.Canceled) {
			b.Errorf("serve ended with %v", err)
		}
		if err := errors.Join(reader.Halt(), service.Stop()); err != nil {
			b.Error(err)
		}
	})
	if err := reader.Wait(ctx, true); err != nil {
		b.Fatal(err)
	}
	r := &rig{name: name, slot: slot, inner: inner, outer: outer, read: emrtd.NewReader(outer, emrtd.Options{Trust: trust(b)})}
	r.measure(b)
	return r
}

// TestCommands reads a card of 21.4 KB without waiting. With short lengths 99 commands are needed for the files' bytes alone (223 in
// each) and 11 for access and proofs; with extended lengths far fewer than the 106 of a reader that does not use them.
func TestCommands(t *testing.T) {
	for name, c := range map[string]struct {
		opt  emrtdtest.SlotOptions
		most int
	}{"short lengths": {emrtdtest.SlotOptions{ShortOnly: true}, 115}, "extended lengths": {emrtdtest.SlotOptions{}, 32}} {
		row := newRig(t, name, emrtdtest.Latency{}, c.opt).measure(t)
		t.Logf("%s: %d commands for %d bytes", name, row.APDUs, row.Bytes)
		if row.APDUs > c.most {
			t.Errorf("%s: %d commands, at most %d wanted", name, row.APDUs, c.most)
		}
		if row.Bytes < payload-200 || row.Bytes > payload+200 {
			t.Errorf("%d bytes of files, want about %d", row.Bytes, payload)
		}
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := report(); err != nil {
		fmt.Fprintln(os.Stderr, "write the report:", err)
		code = 1
	}
	os.Exit(code)
}

// report writes what benchmarks measured: the table to standard output, table and chart to the files that the environment names.
func report() error {
	if len(rows) == 0 {
		return nil
	}
	var table, chart bytes.Buffer
	if err := errors.Join(Markdown(&table, rows), SVG(&chart, rows)); err != nil {
		return err
	}
	_, err := os.Stdout.WriteString("\n" + table.String())
	return errors.Join(err, save("KIOSK_BENCH_MD", table.Bytes()), save("KIOSK_BENCH_SVG", chart.Bytes()))
}

func save(env string, data []byte) error {
	name := os.Getenv(env)
	if name == "" {
		return nil
	}
	return os.WriteFile(name, data, 0o644)
}
