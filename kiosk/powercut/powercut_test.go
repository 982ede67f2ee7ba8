package powercut

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/seal"
	"motcua/kiosk/store"
)

// How much is looked at by default; POWERCUT_N says how many states, each recording gives up to perRecording.
const (
	defaultStates = 240
	perRecording  = 2500
	dossiers      = 10
)

func TestMain(m *testing.M) {
	if keys := os.Getenv("POWERCUT_KEYS"); keys != "" {
		n, _ := strconv.Atoi(os.Getenv("POWERCUT_DOSSIERS"))
		if err := work(keys, os.Getenv("POWERCUT_KIOSK"), os.Getenv("POWERCUT_OFFICE"), n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func wanted(t *testing.T) int {
	s := os.Getenv("POWERCUT_N")
	if s == "" {
		return defaultStates
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("POWERCUT_N is not a number of states: %q", s)
	}
	return n
}

// lab is the folders of one recording.
type lab struct {
	disk                *disk
	keys, kiosk, office string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	dir := t.TempDir()
	l := &lab{new(disk), filepath.Join(dir, "keys"), filepath.Join(dir, "kiosk"), filepath.Join(dir, "office")}
	if err := makeKeys(l.keys); err != nil {
		t.Fatal(err)
	}
	l.disk.mount(t, "kiosk", l.kiosk, nil)
	l.disk.mount(t, "office", l.office, nil)
	return l
}

// start runs the process and hears what it says. The channel gives its end.
func (l *lab) start(t *testing.T) (*exec.Cmd, <-chan error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "POWERCUT_KEYS="+l.keys, "POWERCUT_KIOSK="+l.kiosk, "POWERCUT_OFFICE="+l.office, "POWERCUT_DOSSIERS="+strconv.Itoa(dossiers))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			word, id, _ := strings.Cut(lines.Text(), " ")
			l.disk.add(entry{kind: witnessed, file: word, data: []byte(id)})
			_, _ = io.WriteString(in, ".")
		}
		if err := cmd.Wait(); err != nil {
			end <- fmt.Errorf("%w: %s", err, said.String())
			return
		}
		end <- nil
	}()
	return cmd, end
}

// record runs the process to its end.
func (l *lab) record(t *testing.T) {
	t.Helper()
	_, end := l.start(t)
	if err := <-end; err != nil {
		t.Fatal(err)
	}
}

// bench goes on from states.
type bench struct {
	pair
	in     *intake
	client *backoffice.Client
	dir    string
	n      int
}

func newBench(t *testing.T, keys string) *bench {
	t.Helper()
	p, err := loadKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{pair: p, dir: t.TempDir()}
	if shm := "/dev/shm"; os.MkdirAll(shm, 0o755) == nil {
		if dir, err := os.MkdirTemp(shm, "powercut-"); err == nil {
			b.dir = dir
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
		}
	}
	if b.in, err = p.listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.in.srv.Close() })
	if b.client, err = p.client(b.in.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	return b
}

// lay writes a machine's files; the shared memory of SQLite does not survive a cut.
func lay(dir string, f files) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, data := range f {
		if strings.HasSuffix(name, "-shm") {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// said is what the process had said before a point of the log.
type said struct{ shown, acked []string }

// goOn opens both machines as they are, checks what must be there, and delivers what waits.
func (b *bench) goOn(ctx context.Context, kioskFiles, officeFiles files, before said) (err error) {
	b.n++
	dir := filepath.Join(b.dir, strconv.Itoa(b.n))
	defer func() { _ = os.RemoveAll(dir) }()
	if err := lay(filepath.Join(dir, "k"), kioskFiles); err != nil {
		return err
	}
	if err := lay(filepath.Join(dir, "o"), officeFiles); err != nil {
		return err
	}
	office, err := sqlite.Open(ctx, filepath.Join(dir, "o", "onestop.db"))
	if err != nil {
		return fmt.Errorf("office does not open: %w", err)
	}
	defer office.Close()
	s, err := store.Open(ctx, filepath.Join(dir, "k", "kiosk.db"))
	if err != nil {
		return fmt.Errorf("kiosk does not open: %w", err)
	}
	defer s.Close()
	if w := s.Warning(); w != nil {
		return fmt.Errorf("kiosk had to be repaired: %w", w)
	}
	for _, id := range before.acked {
		if _, err := office.Item(ctx, id); err != nil {
			return fmt.Errorf("acknowledged and not at the office: %w", err)
		}
	}
	if err := whole(ctx, s, before.shown); err != nil {
		return err
	}
	return b.finish(ctx, s, office, before)
}

// whole checks that each dossier with a receipt is there, or delivered.
func whole(ctx context.Context, s *store.Store, shown []string) error {
	rows, err := s.OutboxRows(ctx)
	if err != nil {
		return err
	}
	states := make(map[string]kiosk.OutboxRow)
	for _, r := range rows {
		states[r.ID] = r
	}
	for _, id := range shown {
		r, ok := states[id]
		switch {
		case !ok:
			return fmt.Errorf("a receipt was shown and the dossier is lost")
		case r.State == kiosk.OutboxAcknowledged:
			continue
		}
		if _, err := s.OutboxBody(ctx, id); err != nil {
			return fmt.Errorf("a receipt was shown: %w", err)
		}
		parts, err := s.OutboxParts(ctx, id)
		if err != nil || len(parts) != 2 {
			return fmt.Errorf("a receipt was shown and %d of 2 parts are there: %w", len(parts), err)
		}
	}
	return nil
}

// finish lets kiosk and office work until nothing waits, and counts.
func (b *bench) finish(ctx context.Context, s *store.Store, office *sqlite.DB, before said) error {
	desk, err := b.desk(office)
	if err != nil {
		return err
	}
	b.in.set(desk)
	o := b.outbox(s, b.client, func(string, string) {})
	o.Start(ctx)
	err = drained(ctx, o)
	o.Stop()
	if err != nil {
		return err
	}
	rows, err := s.OutboxRows(ctx)
	if err != nil {
		return err
	}
	counts, err := office.Counts(ctx)
	if err != nil {
		return err
	}
	if counts.Total() != len(rows) || len(rows) < len(before.shown) {
		return fmt.Errorf("%d receipts, %d dossiers at the kiosk, %d at the office", len(before.shown), len(rows), counts.Total())
	}
	return b.checkEnds(ctx, s, office, rows)
}

// checkEnds checks acknowledgement, parts and deletion record of each.
func (b *bench) checkEnds(ctx context.Context, s *store.Store, office *sqlite.DB, rows []kiosk.OutboxRow) error {
	records, err := s.Deletions(ctx)
	if err != nil {
		return err
	}
	if len(records) != len(rows) {
		return fmt.Errorf("%d purges and %d signed records of them", len(rows), len(records))
	}
	cert := b.self.Certificate()
	for i, r := range rows {
		it, err := office.Item(ctx, r.ID)
		if err != nil || it.SHA256 != r.SHA256 {
			return fmt.Errorf("the office does not have what was delivered: %w", err)
		}
		if parts, err := office.DossierParts(ctx, r.ID); err != nil || len(parts) != 2 {
			return fmt.Errorf("the office has %d of 2 parts: %w", len(parts), err)
		}
		if err := backoffice.VerifyAck(b.keys.Ack.Public().(ed25519.PublicKey), r.Ack); err != nil {
			return err
		}
		if err := seal.VerifyDeletion(cert, r.Ack, records[i]); err != nil {
			return err
		}
	}
	return nil
}

// TestPowerCut cuts the power in every interval between two flushes of either machine, in each way, until enough states are seen.
func TestPowerCut(t *testing.T) {
	n, begun := wanted(t), time.Now()
	tally := make(map[string]int)
	seen, intervals, lost := 0, 0, 0
	for round := 0; seen < n && lost < 5; round++ {
		l := newLab(t)
		l.record(t)
		b := newBench(t, l.keys)
		s, i, bad := b.cutAll(t, l.disk.log, min(n-seen, perRecording), uint64(round), tally)
		seen, intervals, lost = seen+s, intervals+i, lost+bad
	}
	t.Logf("%d states from %d intervals between flushes: %v; %d bad; %v", seen, intervals, tally, lost, time.Since(begun).Round(time.Second))
}

// cutAll walks a log and looks at up to most states, spread over all its intervals.
func (b *bench) cutAll(t *testing.T, log []entry, most int, seed uint64, tally map[string]int) (seen, intervals, bad int) {
	cuts := cutPoints(log)
	dice := rand.New(rand.NewPCG(seed, 11))
	each := max(1, (most+len(cuts)-1)/len(cuts))
	chance := float64(most) / float64(each*len(cuts))
	k, o := &tracker{"kiosk", files{}, nil}, &tracker{"office", files{}, nil}
	var before said
	next := 0
	for i, e := range log {
		if next < len(cuts) && cuts[next].at == i {
			for j := range each {
				if seen >= most || dice.Float64() > chance {
					continue
				}
				m := mode((next + j) % int(modes))
				kf, of := k.cut(prefix, dice), o.cut(prefix, dice)
				if cuts[next].machine == "kiosk" {
					kf = k.cut(m, dice)
				} else {
					of = o.cut(m, dice)
				}
				seen++
				tally[cuts[next].machine+" "+m.String()]++
				if err := b.goOn(t.Context(), kf, of, before); err != nil {
					bad++
					t.Errorf("cut of the %s before entry %d of %d, unflushed: %v: %v", cuts[next].machine, i, len(log), m, err)
				}
			}
			next++
		}
		k.step(e)
		o.step(e)
		if e.kind == witnessed {
			if e.file == "shown" {
				before.shown = append(before.shown, string(e.data))
			} else {
				before.acked = append(before.acked, string(e.data))
			}
		}
	}
	return seen, len(cuts), bad
}

// cut is a point of the log: the power goes just before that entry.
type cut struct {
	at      int
	machine string
}

// cutPoints are the points just before each flush (all that it would flush is pending), one in the middle of what is pending, and just
// after. Before a machine's database exists there is nothing to cut.
func cutPoints(log []entry) (list []cut) {
	last := map[string]int{}
	for i, e := range log {
		if e.kind != flushed {
			continue
		}
		if from, ok := last[e.machine]; ok && i-from > 2 {
			list = append(list, cut{(from + i) / 2, e.machine})
		}
		list = append(list, cut{i, e.machine})
		last[e.machine] = i + 1
	}
	slices.SortStableFunc(list, func(a, b cut) int { return a.at - b.at })
	return list
}

// TestKill kills the process at random points of its log, again and again, until it comes to its end: then everything is there once.
func TestKill(t *testing.T) {
	rounds := max(3, wanted(t)/400)
	dice := rand.New(rand.NewPCG(5, 5))
	kills := 0
	for range rounds {
		l := newLab(t)
		kills += l.killed(t, dice)
		k, o := &tracker{"kiosk", files{}, nil}, &tracker{"office", files{}, nil}
		var all said
		for _, e := range l.disk.log {
			k.step(e)
			o.step(e)
			if e.kind == witnessed && e.file == "shown" {
				all.shown = append(all.shown, string(e.data))
			}
		}
		b := newBench(t, l.keys)
		if err := b.goOn(t.Context(), k.cut(prefix, dice), o.cut(prefix, dice), all); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d kills in %d runs", kills, rounds)
}

// killed runs the process to its end, killing it a few times on the way.
func (l *lab) killed(t *testing.T, dice *rand.Rand) (kills int) {
	for tries := 0; ; tries++ {
		var once sync.Once
		cmd, end := l.start(t)
		if tries < 4 {
			l.disk.mu.Lock()
			at := len(l.disk.log) + 40 + dice.IntN(400)
			l.disk.mu.Unlock()
			l.disk.onEntry(func(n int) {
				if n >= at {
					once.Do(func() { _ = cmd.Process.Kill() })
				}
			})
		} else {
			l.disk.onEntry(nil)
		}
		err := <-end
		l.disk.onEntry(nil)
		switch {
		case err == nil:
			return kills
		case strings.Contains(err.Error(), "killed"):
			kills++
		default:
			t.Fatal(err)
		}
	}
}

// TestControl: a log from which the flushes are taken loses dossiers, and the laboratory says so.
func TestControl(t *testing.T) {
	l := newLab(t)
	l.record(t)
	b := newBench(t, l.keys)
	k, o := &tracker{"kiosk", files{}, nil}, &tracker{"office", files{}, nil}
	var before said
	for _, e := range l.disk.log {
		if e.machine == "kiosk" && e.kind == flushed && len(before.shown) > 2 {
			continue // from the third receipt on the disk is never told to flush
		}
		k.step(e)
		o.step(e)
		if e.kind == witnessed && e.file == "shown" {
			before.shown = append(before.shown, string(e.data))
		}
		if len(before.shown) == 6 {
			break
		}
	}
	dice := rand.New(rand.NewPCG(1, 1))
	if err := b.goOn(t.Context(), k.cut(nothing, dice), o.cut(prefix, dice), before); err == nil {
		t.Error("a disk that never flushes loses nothing: the laboratory is blind")
	}
}
