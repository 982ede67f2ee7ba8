package speaker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"motcua/kiosk"
)

// roleKey makes this test's program a voice process: which kind, and for "paced" the file that notes what was said.
const roleKey, noteKey = "SPEAKER_TEST_ROLE", "SPEAKER_TEST_NOTE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleKey); role != "" {
		if err := child(role); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// noting is a backend in real time that notes what was said, in a file that the test reads.
type noting struct {
	Paced
	path string
}

func (n *noting) Play(ctx context.Context, c Clip) error {
	f, err := os.OpenFile(n.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	fmt.Fprintln(f, c.Key)
	f.Close()
	return n.Paced.Play(ctx, c)
}

func child(role string) error {
	f := os.NewFile(3, "socket")
	conn, err := net.FileConn(f)
	if err != nil {
		return err
	}
	f.Close()
	switch role {
	case "dies":
		return errors.New("it dies")
	case "mute": // takes nothing and says nothing
		select {}
	case "babbles":
		_, err := conn.Write(bytes.Repeat([]byte("x"), 2*maxLine))
		return err
	case "device":
		return Serve(context.Background(), conn, func(s Setup) *Speaker { return New(Options{Dir: s.Dir, Volume: s.Volume, Numbers: s.Numbers}) })
	}
	return Serve(context.Background(), conn, func(s Setup) *Speaker {
		data, err := os.ReadFile("testdata/tone.ogg")
		if err != nil {
			panic(err)
		}
		clips := fstest.MapFS{}
		for _, k := range []string{"welcome", "home", "confirm"} {
			clips[k+".ogg"] = &fstest.MapFile{Data: data}
		}
		return New(Options{Backend: &noting{path: os.Getenv(noteKey)}, Clips: clips, Volume: s.Volume})
	})
}

// voice starts a client whose process has that role.
func voice(t *testing.T, role string, o ClientOptions) (c *Client, note string, events func() []error) {
	t.Helper()
	note = filepath.Join(t.TempDir(), "said")
	o.Command = func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), roleKey+"="+role, noteKey+"="+note)
		return cmd
	}
	if o.Hope == nil {
		o.Hope = func() bool { return true }
	}
	o.Again = [2]time.Duration{20 * time.Millisecond, 100 * time.Millisecond}
	var mu sync.Mutex
	var list []error
	o.Event = func(err error) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, err)
	}
	c = Start(o)
	t.Cleanup(func() {
		for range 2 {
			if err := c.Halt(); err != nil {
				t.Error(err)
			}
		}
	})
	return c, note, func() []error {
		mu.Lock()
		defer mu.Unlock()
		return append([]error(nil), list...)
	}
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("waited in vain: " + what)
}

func said(note string) []string {
	raw, err := os.ReadFile(note)
	if err != nil {
		return nil
	}
	return strings.Fields(string(raw))
}

func TestClientSpeaks(t *testing.T) {
	c, note, _ := voice(t, "paced", ClientOptions{Setup: Setup{Volume: 50}})
	wait(t, "the voice is ready", func() bool { return c.Ready() == nil })
	c.Say(t.Context(), kiosk.Prompt("welcome"))
	wait(t, "welcome is said", func() bool { return len(said(note)) == 1 })
	private := kiosk.Phrase{Private: true, Parts: kiosk.Prompt("confirm").Parts}
	c.Say(t.Context(), private) // by the loudspeaker: never
	c.Say(t.Context(), kiosk.Prompt("home"))
	wait(t, "home is said", func() bool { return len(said(note)) == 2 })
	c.SetOutput(Earphones)
	c.Say(t.Context(), private)
	wait(t, "the earphones say it", func() bool { return len(said(note)) == 3 })
	if got := strings.Join(said(note), " "); got != "welcome home confirm" {
		t.Errorf("said %s", got)
	}
}

// A process that dies is started again, and knows what the last one knew.
func TestClientRestarts(t *testing.T) {
	c, note, events := voice(t, "paced", ClientOptions{})
	c.SetOutput(Earphones)
	wait(t, "the voice is ready", func() bool { return c.Ready() == nil })
	pid := children(t)
	if len(pid) != 1 {
		t.Fatalf("%d voice processes", len(pid))
	}
	if err := syscall.Kill(pid[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wait(t, "it is ready again", func() bool { e := events(); return len(e) >= 3 && e[len(e)-1] == nil })
	c.Say(t.Context(), kiosk.Phrase{Private: true, Parts: kiosk.Prompt("confirm").Parts})
	wait(t, "the new process knows of the earphones", func() bool { return len(said(note)) == 1 })
	if e := events(); kiosk.CodeOf(e[1]) != kiosk.CodeUnavailable {
		t.Errorf("told %v", e)
	}
}

// children lists this process's children.
func children(t *testing.T) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(files) == 0 {
		t.Skip("no list of children here: ", err)
	}
	var raw []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err == nil {
			raw = append(raw, b...)
		}
	}
	for _, s := range strings.Fields(string(raw)) {
		var pid int
		if _, err := fmt.Sscan(s, &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Whatever the voice process does, those who speak wait for nothing: a thousand phrases take no longer than handing them over.
func TestVoiceNeverDelays(t *testing.T) {
	for _, role := range []string{"mute", "dies", "babbles", "absent"} {
		t.Run(role, func(t *testing.T) {
			o := ClientOptions{Quiet: 300 * time.Millisecond}
			if role == "absent" { // a machine without a sound device starts no process at all
				o.Hope = func() bool { return false }
			}
			c, _, events := voice(t, role, o)
			wait(t, "the reason is told", func() bool { return len(events()) > 0 })
			begun := time.Now()
			for range 1000 {
				c.Say(t.Context(), kiosk.Prompt("welcome"))
				c.SetVolume(kiosk.VolumeLoud)
				c.Silence()
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("3000 calls took %s", took)
			}
			if err := c.Ready(); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
				t.Errorf("Ready: %v", err)
			}
		})
	}
}

// The true device, as this machine has it: the process says in the end whether it is heard, and why not.
func TestClientOnThisMachine(t *testing.T) {
	c, _, events := voice(t, "device", ClientOptions{Setup: Setup{Dir: t.TempDir()}, Hope: hasSound})
	wait(t, "it is told", func() bool { return len(events()) > 0 })
	if err := c.Ready(); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
		t.Errorf("without a clip the voice is ready: %v", err)
	}
}

// The voice process believes nothing: what is no order ends it.
func TestServeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no set-up": "{\"do\":\"say\"}\n", "not an object": "hello\n", "nothing": "", "no phrase": "{\"do\":\"setup\",\"setup\":{}}\n{\"do\":\"say\"}\n",
		"unheard of": "{\"do\":\"setup\",\"setup\":{}}\n{\"do\":\"shout\"}\n", "too long": strings.Repeat("x", 2*maxLine),
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() {
				_, _ = ours.Write([]byte(text)) // it may hang up before the end
				if text == "" {
					_ = ours.Close()
				}
			}()
			go func() { _, _ = io.Copy(io.Discard, ours) }()
			err := Serve(t.Context(), theirs, func(Setup) *Speaker { return New(Options{Backend: &Paced{}, Clips: clips(t, "welcome")}) })
			if !errors.Is(err, errWire) {
				t.Errorf("Serve: %v", err)
			}
			_ = theirs.Close()
			_ = ours.Close()
		})
	}
}

func TestFindJack(t *testing.T) {
	list := fstest.MapFS{
		"event0/device/capabilities/sw":  {Data: []byte("0\n")},
		"event1/device/capabilities/sw":  {Data: []byte("1\n")},
		"event3/device/capabilities/key": {Data: []byte("ffff\n")},
		"event7/device/capabilities/sw":  {Data: []byte("0 14\n")},
	}
	if got := findJack(list); got != "/dev/input/event7" {
		t.Errorf("found %q", got)
	}
	delete(list, "event7/device/capabilities/sw")
	if got := findJack(list); got != "" {
		t.Errorf("found %q where there is none", got)
	}
}

func TestReadSwitch(t *testing.T) {
	event := func(kind, code uint16, value uint32) []byte {
		b := make([]byte, eventSize-8)
		b = binary.NativeEndian.AppendUint16(b, kind)
		b = binary.NativeEndian.AppendUint16(b, code)
		return binary.NativeEndian.AppendUint32(b, value)
	}
	stream := bytes.Join([][]byte{
		event(evSwitch, switchHeadphone, 1), event(0, 0, 0), event(evSwitch, 0x04, 1), event(1, switchHeadphone, 0), event(evSwitch, switchHeadphone, 0), {1, 2, 3},
	}, nil)
	var told []Output
	err := readSwitch(bytes.NewReader(stream), func(o Output) { told = append(told, o) })
	if err == nil || len(told) != 2 || told[0] != Earphones || told[1] != Loudspeaker {
		t.Errorf("told %v, %v", told, err)
	}
}

func TestEarphonesAsConfigured(t *testing.T) {
	for how, want := range map[string][]Output{"always": {Earphones}, "never": nil, "": nil} {
		var told []Output
		watchEarphones(t.Context(), how, func(o Output) { told = append(told, o) })
		if len(told) != len(want) || len(told) > 0 && told[0] != want[0] {
			t.Errorf("%q: told %v", how, told)
		}
	}
}

// What a loudspeaker says in the place of a private phrase, and never what could tell something of a person.
func TestPublicPart(t *testing.T) {
	for name, c := range map[string]struct {
		phrase kiosk.Phrase
		want   int
	}{
		"the prompt alone":      {kiosk.Personal("confirm", kiosk.Spoken{Text: "tên"}), 1},
		"nothing":               {kiosk.Phrase{Private: true, Parts: kiosk.Prompt("confirm").Parts}, 0},
		"a token in its public": {kiosk.Phrase{Private: true, Parts: kiosk.Prompt("confirm").Parts, Public: []kiosk.Spoken{{Code: "K7QRN-WXYZ2"}}}, 0},
	} {
		p := &Paced{}
		s := New(Options{Backend: p, Clips: clips(t, "confirm")})
		s.Say(t.Context(), c.phrase)
		if c.want > 0 {
			wait(t, name, func() bool { return len(p.Said()) == c.want })
		}
		halt(t, s)
		if len(p.Said()) != c.want {
			t.Errorf("%s: said %v", name, p.Said())
		}
	}
}

// A private phrase ends when the earphones are pulled out in the middle of it.
func TestEarphonesPulledOut(t *testing.T) {
	p := &Paced{}
	s := New(Options{Backend: p, Clips: clips(t, "confirm", "home")})
	s.SetOutput(Earphones)
	s.Say(t.Context(), kiosk.Phrase{Private: true, Parts: kiosk.Prompt("confirm").Parts})
	wait(t, "it is begun", func() bool { return len(p.Said()) == 1 })
	s.SetOutput(Loudspeaker)
	halt(t, s)
	if p.Said()[0].Whole {
		t.Error("the loudspeaker said the rest")
	}
}

func TestEspeak(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("espeak-ng is not installed")
	}
	c, err := Espeak{}.Synthesise(t.Context(), "vi", "Đúng là ông bà thử nghiệm không")
	if err != nil || c.Length() < 500*time.Millisecond || c.Length() > 10*time.Second {
		t.Errorf("%s of speech, %v", c.Length(), err)
	}
	for _, text := range []string{strings.Repeat("a ", maxText)} {
		if _, err := (Espeak{}).Synthesise(t.Context(), "vi", text); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
			t.Errorf("%d letters: %v", len(text), err)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 100), []byte("RIFF")} {
		if _, err := fromWAV(b); err == nil {
			t.Errorf("%d bytes are taken for speech", len(b))
		}
	}
}
