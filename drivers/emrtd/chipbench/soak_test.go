package chipbench

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// leading is a random source that gives private keys whose public point begins with a zero byte, besides random bytes for everything
// that is no key: the coordinates that software which drops leading zeros gets wrong.
type leading struct {
	mu      sync.Mutex
	scalars [][]byte
	next    int
}

// newLeading searches n such keys of the cards' curve.
func newLeading(t *testing.T, n int) *leading {
	t.Helper()
	curve, err := ec.ByName("brainpoolP256r1")
	if err != nil {
		t.Fatal(err)
	}
	l := &leading{}
	for len(l.scalars) < n {
		k, err := curve.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if p := curve.Marshal(k.Public); p[1] == 0 || p[33] == 0 {
			l.scalars = append(l.scalars, k.Bytes())
		}
	}
	return l
}

func (l *leading) Read(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(b) != len(l.scalars[0]) {
		return io.ReadFull(rand.Reader, b)
	}
	l.next++
	return copy(b, l.scalars[l.next%len(l.scalars)]), nil
}

// points counts the public points with a leading zero byte that pass a slot in plain: those of PACE.
type points struct {
	apdu.Slot
	leading int
}

type pointsCard struct {
	apdu.Card
	slot *points
}

func (p *points) Connect(ctx context.Context) (apdu.Card, error) {
	c, err := p.Slot.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return pointsCard{c, p}, nil
}

func (c pointsCard) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if cmd, err := apdu.ParseCommand(command); err == nil && cmd.INS == 0x86 {
		if data, err := tlv.ReadOne(cmd.Data, 0x7C); err == nil {
			o, _, err := tlv.Read(data.Value)
			if p := o.Value; err == nil && len(p) == 65 && p[0] == 4 && (p[1] == 0 || p[33] == 0) {
				c.slot.leading++
			}
		}
	}
	return c.Card.Transmit(ctx, command)
}

// usable gives the faults that end soon; those about time have tests of their own.
func usable() []emrtdtest.Fault {
	var list []emrtdtest.Fault
	for _, f := range emrtdtest.Faults() {
		if f.Code != kiosk.CodeCardTimeout && f.Name != "slow" && !strings.HasPrefix(f.Name, "wtx") {
			list = append(list, f)
		}
	}
	return list
}

// resources are what must not grow.
type resources struct {
	goroutines, files int
	heap              uint64
}

func measureResources(t *testing.T) resources {
	t.Helper()
	runtime.GC()
	runtime.GC() // finalizers of the first
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return resources{runtime.NumGoroutine(), len(fds), m.HeapAlloc}
}

// TestSoakReads reads freshly issued cards one after the other with one reader, as a kiosk does: every card has keys of its own, every
// other read has leading zeros in the reader's public keys, and two of five have a fault, which must end as it says. KIOSK_SOAK says
// how many; KIOSK_SOAK_SEED which faults, in what order.
func TestSoakReads(t *testing.T) {
	if testing.Short() {
		t.Skip("many reads")
	}
	n, seed := number("KIOSK_SOAK", defaultReads), uint64(number("KIOSK_SOAK_SEED", int(time.Now().Unix())))
	t.Logf("%d reads, seed %d", n, seed)
	s := &soak{
		random: mathrand.New(mathrand.NewPCG(seed, 1)), zeros: newLeading(t, 24), faults: usable(),
		slot: emrtdtest.NewSlot(emrtdtest.SlotOptions{}), ended: map[string]int{},
	}
	s.watched = &points{Slot: s.slot}
	s.plain = emrtd.NewReader(s.watched, emrtd.Options{Trust: trust(t)})
	s.forced = emrtd.NewReader(s.watched, emrtd.Options{Trust: trust(t), Rand: s.zeros})
	const warmUp = 30
	var before resources
	began := time.Now()
	for i := range n {
		if i == min(warmUp, n-1) {
			before = measureResources(t)
		}
		s.one(t, i)
	}
	s.slot.Remove()
	after := measureResources(t)
	t.Logf("%d reads in %v, %d commands, %d points with a leading zero, endings %v", n, time.Since(began).Round(time.Millisecond), s.commands, s.watched.leading, s.ended)
	t.Logf("goroutines %d, then %d; files %d, then %d; heap %d, then %d bytes", before.goroutines, after.goroutines, before.files, after.files, before.heap, after.heap)
	if s.watched.leading < n/4 {
		t.Errorf("only %d of %d reads had a leading zero", s.watched.leading, n)
	}
	if after.goroutines > before.goroutines || after.files > before.files || after.heap > before.heap+2<<20 {
		t.Errorf("something grew: %+v, then %+v", before, after)
	}
}

func number(env string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(env)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// soak is a run of reads.
type soak struct {
	random   *mathrand.Rand
	zeros    *leading
	faults   []emrtdtest.Fault
	slot     *emrtdtest.Slot
	watched  *points
	plain    *emrtd.Reader
	forced   *emrtd.Reader
	commands int
	ended    map[string]int
}

// one issues a card, perhaps with a fault, and reads it.
func (s *soak) one(t *testing.T, i int) {
	t.Helper()
	p := person
	p.Number = fmt.Sprintf("999301%06d", s.random.IntN(1_000_000))
	a, err := authority()
	if err != nil {
		t.Fatal(err)
	}
	var fault emrtdtest.Fault
	if s.random.IntN(5) < 2 {
		fault = s.faults[s.random.IntN(len(s.faults))]
	}
	active := []emrtdtest.Active{emrtdtest.ActiveEC, emrtdtest.ActiveEC, emrtdtest.ActiveEC, emrtdtest.ActiveNone}[s.random.IntN(4)]
	if fault.Name != "" {
		active = emrtdtest.ActiveEC
	}
	// The photo is never the one that the fault forged-dg2 puts in its place, which is darker.
	card, err := emrtdtest.IssueWith(p, emrtdtest.Silhouette(byte(60+s.random.IntN(140))), a, emrtdtest.IssueOptions{Active: active, NoVariants: fault.Name == ""})
	if err != nil {
		t.Fatal(err)
	}
	opt := emrtdtest.Options{ShortOnly: s.random.IntN(4) == 0}
	if i%2 == 1 {
		opt.Random = s.zeros
	}
	if fault.Name != "" {
		if err := fault.Apply(card, &opt); err != nil {
			t.Fatalf("read %d: %v", i, err)
		}
	}
	chip, err := emrtdtest.New(card, opt)
	if err != nil {
		t.Fatal(err)
	}
	s.slot.Insert(chip)
	reader := s.plain
	if i%2 == 1 {
		reader = s.forced
	}
	s.read(t, i, reader, kiosk.CardKey{Kind: kiosk.KeyNumber, Value: p.Number}, fault)
	reader.Forget()
}

// read reads and compares the ending with what the fault says; without one the card is verified.
func (s *soak) read(t *testing.T, i int, reader *emrtd.Reader, key kiosk.CardKey, fault emrtdtest.Fault) {
	t.Helper()
	out, err := reader.Read(context.Background(), key, nil)
	want, code := fault.Verdict, fault.Code
	if want == "" && code == "" {
		want = kiosk.Verified
	}
	if kiosk.CodeOf(err) != code {
		t.Fatalf("read %d, fault %q: %v, want %q", i, fault.Name, err, code)
	}
	if err != nil {
		s.ended[string(code)]++
		return
	}
	s.commands += out.APDUs
	s.ended[string(out.Verdict)]++
	if out.Verdict != want {
		t.Fatalf("read %d, fault %q: %s instead of %s: %v", i, fault.Name, out.Verdict, want, out.Checks)
	}
}
