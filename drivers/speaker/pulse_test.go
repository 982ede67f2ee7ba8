package speaker

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
)

// sink is a sound server with a device that nobody hears and that can be recorded.
func sink(t *testing.T) (server string) {
	t.Helper()
	for _, tool := range []string{"pulseaudio", "parec"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "native")
	server = "unix:" + socket
	cmd := exec.Command("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes",
		"-L", "module-native-protocol-unix socket="+socket+" auth-anonymous=1",
		"-L", fmt.Sprintf("module-null-sink sink_name=hall rate=%d channels=2 format=s16le", Rate))
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "HOME="+dir, "PULSE_RUNTIME_PATH="+dir, "DBUS_SESSION_BUS_ADDRESS=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("pulseaudio: %s", out.String())
		}
	})
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			return server
		}
	}
	t.Fatal("the sound server does not start")
	return ""
}

// loudness below which a moment is silence, and how long a moment is.
const (
	quietLevel = 0.02
	moment     = Rate / 100
)

// heardOf gives the length from the first loud moment to the last, the longest silence between, and the pitch by zero crossings.
func heardOf(samples []float64) (length, gap time.Duration, pitch float64) {
	first, last, quiet, longest := -1, -1, 0, 0
	for i := 0; i+moment <= len(samples); i += moment {
		var peak float64
		for _, s := range samples[i : i+moment] {
			peak = max(peak, math.Abs(s))
		}
		switch {
		case peak < quietLevel:
			quiet++
			continue
		case first < 0:
			first = i
		default:
			longest = max(longest, quiet)
		}
		quiet, last = 0, i+moment
	}
	if first < 0 {
		return 0, 0, 0
	}
	crossings := 0
	for i := first + 1; i < last; i++ {
		if samples[i-1] < 0 && samples[i] >= 0 {
			crossings++
		}
	}
	length = time.Duration(last-first) * time.Second / Rate
	return length, time.Duration(longest) * 10 * time.Millisecond, float64(crossings) / length.Seconds()
}

// TestHeardThroughASoundServer has the voice process say a phrase of six clips through oto, ALSA and a sound server, records what
// comes out, and finds the clips' pitch and the phrase's length in it, without a gap.
func TestHeardThroughASoundServer(t *testing.T) {
	server := sink(t)
	asound := filepath.Join(t.TempDir(), "asound.conf")
	conf := fmt.Sprintf("</usr/share/alsa/alsa.conf>\npcm.!default { type pulse server %q }\nctl.!default { type pulse server %q }\n", server, server)
	if err := os.WriteFile(asound, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALSA_CONFIG_PATH", asound)
	t.Setenv("PULSE_SERVER", server)
	dir := t.TempDir()
	for _, key := range []string{"welcome", "home"} {
		if err := os.WriteFile(filepath.Join(dir, key+".ogg"), tone(t, "tone.ogg"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, _, _ := voice(t, "device", ClientOptions{Setup: Setup{Dir: dir, Volume: 100}, Quiet: 20 * time.Second})
	c.SetVolume(kiosk.VolumeLoud)
	wait(t, "the voice is ready", func() bool { return c.Ready() == nil })

	phrase := kiosk.Phrase{}
	for range 3 {
		phrase.Parts = append(phrase.Parts, kiosk.Spoken{Prompt: "welcome"}, kiosk.Spoken{Prompt: "home"})
	}
	one, err := decode(tone(t, "tone.ogg"))
	if err != nil {
		t.Fatal(err)
	}
	wantSamples := make([]float64, len(one))
	for i, s := range one {
		wantSamples[i] = float64(s)
	}
	wantLength, _, wantPitch := heardOf(wantSamples)
	whole := 6 * wantLength
	var found string
	for range 3 { // a machine that is busy for a moment makes a gap in the sound: then once more
		length, gap, pitch := heardOf(record(t, server, whole, func() { c.Say(t.Context(), phrase) }))
		found = fmt.Sprintf("heard %s at %.0f Hz, the longest gap %s; six clips are %s at %.0f Hz", length, pitch, gap, whole, wantPitch)
		t.Log(found)
		if math.Abs(pitch-wantPitch) < 0.05*wantPitch && length > whole-200*time.Millisecond && length < whole+200*time.Millisecond && gap < 100*time.Millisecond {
			return
		}
	}
	t.Error(found)
}

// tape is what a recorder writes while the test looks.
type tape struct {
	mu sync.Mutex
	b  []byte
}

func (r *tape) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.b = append(r.b, b...)
	return len(b), nil
}

func (r *tape) samples() []float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]float64, len(r.b)/2)
	for i := range list {
		list[i] = float64(int16(binary.LittleEndian.Uint16(r.b[2*i:]))) / 32768
	}
	return list
}

// record records what the sound server plays, from before say until the phrase is over.
func record(t *testing.T, server string, length time.Duration, say func()) []float64 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &tape{}
	rec := exec.CommandContext(ctx, "parec", "--server="+server, "-d", "hall.monitor", "--format=s16le", "--channels=1", fmt.Sprintf("--rate=%d", Rate), "--latency-msec=50")
	rec.Stdout = r
	if err := rec.Start(); err != nil {
		t.Fatal(err)
	}
	wait(t, "the recorder hears the silence", func() bool { return len(r.samples()) > Rate/10 })
	say()
	wait(t, "the phrase is heard", func() bool { n, _, _ := heardOf(r.samples()); return n > length-200*time.Millisecond })
	time.Sleep(500 * time.Millisecond) // whatever comes after it
	cancel()
	_ = rec.Wait() // it was told to end
	return r.samples()
}
