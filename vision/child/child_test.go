package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"motcua/kiosk"
)

// roleEnv makes this test program the child: its value says what kind of child.
const roleEnv = "KIOSK_TEST_VISION_CHILD"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(childMain(role))
	}
	goleak.VerifyTestMain(m)
}

func childMain(role string) int {
	signal.Ignore(os.Interrupt)
	if role == "broken" {
		return 1
	}
	conn, err := net.FileConn(os.NewFile(3, "socket"))
	if err != nil {
		return 1
	}
	switch role {
	case "slow":
		wait(context.Background(), 150*time.Millisecond)
	case "late":
		wait(context.Background(), 1200*time.Millisecond)
	}
	if role == "garbage" {
		_, _ = conn.Write(bytes.Repeat([]byte{0xFF}, 64))
		select {}
	}
	err = Serve(context.Background(), mutable{conn}, func(states map[string][]byte) (Parts, error) {
		p := &fakeParts{name: string(states["name"])}
		return Parts{Face: p, Camera: p, Scanner: p, Spotter: p, Shown: p.shown, Set: p.set}, nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fakeParts are parts whose behaviour the photo's bytes ask for.
type fakeParts struct {
	name  string
	state atomic.Value
	hoard [][]byte
}

func (p *fakeParts) set(name string, value []byte) error {
	p.state.Store(name + "=" + string(value))
	return nil
}

func (p *fakeParts) Ready(context.Context) error {
	if p.name == "absent" {
		return kiosk.Errorf(kiosk.CodeModelMissing, "open models", "run make models", "no models")
	}
	return nil
}

func (p *fakeParts) Match(ctx context.Context, photo kiosk.Image, hint func(kiosk.FaceHint)) (kiosk.FaceResult, error) {
	switch string(photo.Data) {
	case "crash":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	case "hang":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		select {} // it takes a moment until every thread stands
	case "mute":
		muteForTest()
	case "stuck":
		select {}
	case "grow":
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			p.hoard = append(p.hoard, b)
			wait(ctx, 5*time.Millisecond)
		}
	case "wait":
		hint(kiosk.HintNoFace)
		<-ctx.Done()
		return kiosk.FaceResult{Verdict: kiosk.Undetermined, Score: math.NaN(), Liveness: math.NaN(), Hint: kiosk.HintNoFace}, nil
	case "unreadable":
		return kiosk.FaceResult{}, kiosk.Errorf(kiosk.CodePhotoUnreadable, "read photo", "hint", "no face")
	}
	for _, h := range kiosk.FaceHints {
		hint(h)
	}
	return kiosk.FaceResult{
		Verdict: kiosk.Verified, Checks: []kiosk.Check{{Name: kiosk.CheckFaceMatch, Result: kiosk.CheckSuccessful, Reason: "x"}}, Score: .75,
		Threshold: .466, Liveness: math.NaN(), Frames: 5, Best: kiosk.Image{Data: photo.Data, Type: "image/jpeg", Width: 3, Height: 4}, Model: "aa",
		Models: map[string]string{"a.onnx": "aa"}, LivenessPass: .5,
		Duration: time.Second,
	}, nil
}

func (p *fakeParts) Preview(ctx context.Context, frame func([]byte) error) error {
	for i := 0; ; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := frame([]byte(strconv.Itoa(i))); err != nil {
			return err
		}
		wait(ctx, time.Millisecond)
	}
}

func (p *fakeParts) Scan(context.Context) (kiosk.Image, error) {
	if p.name == "blank" {
		return kiosk.Image{}, kiosk.Errorf(kiosk.CodePaperUnreadable, "scan paper", "", "%w", kiosk.PaperBlank)
	}
	s, _ := p.state.Load().(string)
	return kiosk.Image{Data: []byte(p.name + ";" + s), Type: "image/jpeg", Width: 1, Height: 2}, nil
}

func (p *fakeParts) Spot(ctx context.Context) (kiosk.CardKey, error) {
	if p.name == "absent" {
		<-ctx.Done()
		return kiosk.CardKey{}, ctx.Err()
	}
	return kiosk.CardKey{Kind: kiosk.KeyNumber, Value: "999301012345"}, nil
}

func (p *fakeParts) shown(i kiosk.Image) (kiosk.Image, error) {
	return kiosk.Image{Data: i.Data, Type: "image/jpeg"}, nil
}

// mute holds up whoever wants to say something to the parent, for ever.
var mute sync.Mutex

func muteForTest() {
	mute.Lock()
	select {}
}

// mutable is the child's connection, which can be held up.
type mutable struct{ net.Conn }

func (m mutable) Write(b []byte) (int, error) {
	mute.Lock()
	defer mute.Unlock()
	return m.Conn.Write(b)
}

// start runs a client with a child of that role.
func start(t testing.TB, role string, opts Options) *Client {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	opts.Command = func() *exec.Cmd {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), roleEnv+"="+role)
		cmd.Stderr = io.Discard
		return cmd
	}
	if opts.Quiet == 0 {
		opts.Quiet = 2 * time.Second // a loaded test machine is slow
	}
	if opts.Wait == 0 {
		opts.Wait = 10 * time.Second
	}
	c := Start(opts, map[string][]byte{"name": []byte(role)})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (c *Client) running(t testing.TB) *process {
	t.Helper()
	p, err := c.serving(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFaceResultCrossesUnchanged(t *testing.T) {
	m := start(t, "good", Options{}).Face()
	if err := m.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	photo := kiosk.Image{Data: []byte("photo"), Type: "image/jpeg"}
	var hints []kiosk.FaceHint
	r, err := m.Match(context.Background(), photo, func(h kiosk.FaceHint) { hints = append(hints, h) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(hints, kiosk.FaceHints) {
		t.Errorf("hints %v", hints)
	}
	if r.Verdict != kiosk.Verified || r.Score != .75 || r.Threshold != .466 || !math.IsNaN(r.Liveness) || r.Frames != 5 || r.Model != "aa" || r.Models["a.onnx"] != "aa" || r.LivenessPass != .5 ||
		r.Duration != time.Second || len(r.Checks) != 1 || r.Checks[0].Name != kiosk.CheckFaceMatch {
		t.Errorf("%+v", r)
	}
	if string(r.Best.Data) != "photo" || r.Best.Width != 3 || r.Best.Height != 4 || r.Best.Type != "image/jpeg" {
		t.Errorf("best frame %+v", r.Best)
	}
}

func TestErrorsKeepCodeAndHint(t *testing.T) {
	m := start(t, "absent", Options{}).Face()
	var k *kiosk.Error
	if err := m.Ready(t.Context()); !errors.As(err, &k) || k.Code != kiosk.CodeModelMissing || k.Hint != "run make models" {
		t.Errorf("%v", err)
	}
	if _, err := m.Match(context.Background(), kiosk.Image{Data: []byte("unreadable")}, nil); kiosk.CodeOf(err) != kiosk.CodePhotoUnreadable {
		t.Errorf("%v", err)
	}
	var flaw kiosk.PaperFlaw
	if _, err := start(t, "blank", Options{}).Scanner().Scan(context.Background()); !errors.As(err, &flaw) || flaw != kiosk.PaperBlank {
		t.Errorf("a paper's flaw: %v", err)
	}
	c := start(t, "good", Options{})
	if err := c.Preview(PartPaper).Preview(context.Background(), nil); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
		t.Errorf("a part that is not there: %v", err)
	}
}

// When the try's time is over, the child says what it saw; the citizen gets the hint, not an error.
func TestEndedMatchGivesWhatWasSeen(t *testing.T) {
	m := start(t, "good", Options{}).Face()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := m.Match(ctx, kiosk.Image{Data: []byte("wait")}, func(kiosk.FaceHint) { cancel() })
	if err != nil || r.Verdict != kiosk.Undetermined || r.Hint != kiosk.HintNoFace || !math.IsNaN(r.Score) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestPreviewEndsWithItsConsumer(t *testing.T) {
	c := start(t, "good", Options{})
	n, enough := 0, errors.New("enough")
	err := c.Preview(PartCamera).Preview(context.Background(), func(b []byte) error {
		if n++; n == 5 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 5 {
		t.Errorf("%d frames, %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = c.Preview(PartCamera).Preview(ctx, func([]byte) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestSpottedNumberCrosses(t *testing.T) {
	key, err := start(t, "good", Options{}).Spotter().Spot(context.Background())
	if err != nil || key.Kind != kiosk.KeyNumber || key.Value != "999301012345" {
		t.Errorf("%v, %v", key, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := start(t, "absent", Options{}).Spotter().Spot(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing shown: %v", err)
	}
}

// A consumer that is slow gets the newest picture: pictures must not pile up, nor hold up other calls.
func TestSlowPreviewGetsTheNewest(t *testing.T) {
	c := start(t, "good", Options{})
	var got []int
	_ = c.Preview(PartCamera).Preview(context.Background(), func(b []byte) error {
		n, err := strconv.Atoi(string(b))
		if err != nil {
			return err
		}
		got = append(got, n)
		wait(context.Background(), 60*time.Millisecond)
		if len(got) == 4 {
			return io.EOF
		}
		if err := c.Face().Ready(t.Context()); err != nil {
			t.Error(err)
		}
		return nil
	})
	if len(got) != 4 || got[3] < 10 || !slices.IsSorted(got) {
		t.Errorf("frames %v", got)
	}
}

func TestStateReachesTheChildAndTheNextOne(t *testing.T) {
	c := start(t, "good", Options{})
	scan := func() string {
		t.Helper()
		img, err := c.Scanner().Scan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return string(img.Data)
	}
	if got := scan(); got != "good;" {
		t.Errorf("before: %q", got)
	}
	c.Set("scene", []byte("dark"))
	if got := scan(); got != "good;scene=dark" {
		t.Errorf("after: %q", got)
	}
	c.Set("name", []byte("renamed"))
	p := c.running(t)
	_ = syscall.Kill(p.pid(), syscall.SIGKILL)
	<-p.dead
	if got := scan(); got != "renamed;" {
		t.Errorf("the next child: %q", got)
	}
}

// A state that changes while a child starts must reach it: what it was started with is old by then.
func TestStateReachesAStartingChild(t *testing.T) {
	c := start(t, "slow", Options{})
	wait(context.Background(), 50*time.Millisecond) // it sleeps before it reads its states
	for i := range 20 {
		c.Set("scene", []byte(strconv.Itoa(i)))
		wait(context.Background(), 10*time.Millisecond)
	}
	img, err := c.Scanner().Scan(context.Background())
	if err != nil || string(img.Data) != "slow;scene=19" {
		t.Errorf("%q, %v", img.Data, err)
	}
}

// What can happen to a child, what the call under way gets, and that the next call is answered.
func TestChildThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		photo string
		opts  Options
		why   error
	}{
		"crashes":      {"crash", Options{}, ErrEnded},
		"is stopped":   {"hang", Options{Quiet: time.Minute}, ErrHalted},
		"says nothing": {"mute", Options{Quiet: 700 * time.Millisecond}, ErrQuiet},
		"grows":        {"grow", Options{Memory: 256 << 20}, ErrMemory},
		"never stops":  {"stuck", Options{Stuck: 2 * time.Second}, ErrStuck},
	} {
		t.Run(name, func(t *testing.T) {
			ends := make(chan error, 16)
			c.opts.Event = func(e Event) {
				if e.Err != nil {
					ends <- e.Err
				}
			}
			client := start(t, "good", c.opts)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if c.photo == "stuck" {
				client.running(t) // a call that is given up before there is a child has stuck nobody
				time.AfterFunc(100*time.Millisecond, cancel)
			}
			_, err := client.Face().Match(ctx, kiosk.Image{Data: []byte(c.photo)}, nil)
			if kiosk.CodeOf(err) != kiosk.CodeCameraFault && !errors.Is(err, context.Canceled) {
				t.Errorf("the call: %v", err)
			}
			if why := <-ends; !errors.Is(why, c.why) {
				t.Errorf("ended for %v, want %v", why, c.why)
			}
			if r, err := client.Face().Match(context.Background(), kiosk.Image{Data: []byte("photo")}, func(kiosk.FaceHint) {}); err != nil || r.Verdict != kiosk.Verified {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

// A child that dies while it starts is replaced at once, not when its time to start is over.
func TestChildThatDiesWhileItStarts(t *testing.T) {
	client := start(t, "slow", Options{Start: time.Minute})
	var first int
	for first == 0 {
		client.mu.Lock()
		first = client.next.pid()
		client.mu.Unlock()
	}
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := client.Face().Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the next child served after %v", took)
	}
	if client.running(t).pid() == first {
		t.Error("it was not killed")
	}
}

// A child that speaks nonsense, or does not start, is given up and tried again slowly; calls end with a camera fault.
func TestChildThatNeverServes(t *testing.T) {
	for _, role := range []string{"broken", "garbage"} {
		t.Run(role, func(t *testing.T) {
			var starts atomic.Int32
			client := start(t, role, Options{Wait: 700 * time.Millisecond, Event: func(e Event) { starts.Add(1) }})
			begun := time.Now()
			_, err := client.Face().Match(context.Background(), kiosk.Image{Data: []byte("x")}, nil)
			if kiosk.CodeOf(err) != kiosk.CodeCameraFault {
				t.Errorf("%v", err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v to say so", took)
			}
			if n := starts.Load(); n > 6 {
				t.Errorf("%d starts in 0.7 s", n)
			}
		})
	}
}

func TestCloseEndsTheChildAndCalls(t *testing.T) {
	c := start(t, "good", Options{})
	p := c.running(t)
	errs := make(chan error, 1)
	go func() {
		_, err := c.Face().Match(context.Background(), kiosk.Image{Data: []byte("wait")}, func(kiosk.FaceHint) { go c.Close() })
		errs <- err
	}()
	if err := <-errs; kiosk.CodeOf(err) != kiosk.CodeCameraFault {
		t.Errorf("the call under way: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.pid(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child still runs: %v", err)
	}
	if err := c.Face().Ready(t.Context()); kiosk.CodeOf(err) != kiosk.CodeCameraFault {
		t.Errorf("after Close: %v", err)
	}
}

// TestSoakKills kills and stops the child again and again: each time the next call must be answered, within a second when the
// variable KIOSK_SOAK says how often (up to 200 times), soon in an everyday run, whose machine may be busy.
func TestSoakKills(t *testing.T) {
	times, limit := 10, 10*time.Second
	if n, err := strconv.Atoi(os.Getenv("KIOSK_SOAK")); err == nil {
		times, limit = min(n, 200), time.Second
	}
	c := start(t, "good", Options{})
	var slowest time.Duration
	for i := range times {
		p := c.running(t)
		begun := time.Now()
		sig := []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP}[i%2]
		if err := syscall.Kill(p.pid(), sig); err != nil {
			t.Fatal(err)
		}
		<-p.dead
		if err := c.Face().Ready(t.Context()); err != nil {
			t.Fatalf("after %d: %v", i, err)
		}
		slowest = max(slowest, time.Since(begun))
	}
	t.Logf("%d times killed or stopped, the slowest recovery took %v", times, slowest)
	if slowest > limit {
		t.Errorf("want at most %v", limit)
	}
}

func FuzzReadFrame(f *testing.F) {
	var b bytes.Buffer
	_ = writeFrame(&b, frame{header: header{Call: 7, Kind: kindResult, Body: body(faceOf(kiosk.FaceResult{}))}, blob: []byte("jpeg")})
	f.Add(b.Bytes())
	f.Add([]byte{0, 0, 0, 2, 0, 0, 0, 0, '{', '}'})
	f.Add(bytes.Repeat([]byte{0xFF}, 8))
	f.Fuzz(func(t *testing.T, raw []byte) {
		f, err := readFrame(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := writeFrame(&out, f); err != nil && !errors.Is(err, errFrame) {
			t.Fatal(err)
		}
		_ = f.Error.err()
	})
}

// BenchmarkBoundary is what the border between the processes costs: a preview picture, and a round trip with a picture each way.
func BenchmarkBoundary(b *testing.B) {
	c := start(b, "good", Options{})
	jpeg := bytes.Repeat([]byte{0x55}, 60<<10)
	if _, err := c.Shown(context.Background(), kiosk.Image{Data: jpeg}); err != nil {
		b.Fatal(err)
	}
	b.Run("round-trip-60KB", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Shown(context.Background(), kiosk.Image{Data: jpeg}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ready", func(b *testing.B) {
		for b.Loop() {
			if err := c.Face().Ready(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Whoever comes to the camera while the kiosk starts waits for the first child, however long its networks take to load, and loses
// nothing. Who goes away meanwhile does not wait.
func TestTheFirstChildIsWaitedFor(t *testing.T) {
	c := start(t, "late", Options{Wait: 50 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.Face().Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who went away got %v", err)
	}
	if err := c.Face().Ready(t.Context()); err != nil {
		t.Errorf("who waited got %v", err)
	}
	if r, err := c.Face().Match(t.Context(), kiosk.Image{Data: []byte("photo")}, nil); err != nil || r.Verdict != kiosk.Verified {
		t.Errorf("%s, %v", r.Verdict, err)
	}
	broken := start(t, "broken", Options{Wait: 50 * time.Millisecond})
	if err := broken.Face().Ready(t.Context()); kiosk.CodeOf(err) != kiosk.CodeCameraFault {
		t.Errorf("a child that cannot start: %v", err)
	}
}
