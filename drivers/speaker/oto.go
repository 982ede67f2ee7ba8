package speaker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ebitengine/oto/v3"

	"motcua/kiosk"
)

// Times of the device.
const (
	openLimit  = 5 * time.Second        // for the device to become ready
	graceLimit = 200 * time.Millisecond // for Ready to wait for that
	idleLimit  = 5 * time.Second        // after the last clip, then the context is suspended
	lateLimit  = time.Second            // a clip may end this much late
	pollEvery  = 20 * time.Millisecond  // how soon the end of a clip is noticed
	playBuffer = 100 * time.Millisecond
)

// Device is the machine's sound device through oto. A process has one: [OpenDevice] gives the same every time.
type Device struct {
	ready chan struct{} // closed when opening has ended, either way

	mu   sync.Mutex
	ctx  *oto.Context
	err  error // why nothing is heard
	idle *time.Timer
	uses int // clips being played
}

var deviceOnce = sync.OnceValue(openDevice)

// OpenDevice begins to open the sound device and returns at once; [Device.Ready] tells how that went.
func OpenDevice() *Device { return deviceOnce() }

func openDevice() *Device {
	d := &Device{ready: make(chan struct{})}
	go d.open()
	return d
}

// errNoSound is a machine without a sound device.
var errNoSound = errors.New("this machine has no sound device")

// hasSound reports whether there can be a sound device: one of the kernel's, or one that ALSA's configuration names (a sound
// server). Without either, ALSA would only write a page of complaints to standard error.
func hasSound() bool {
	home, _ := os.UserHomeDir() // no home: no file in it
	for _, pattern := range []string{"/dev/snd/pcm*", "/etc/asound.conf", filepath.Join(home, ".asoundrc"), filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "pulse", "native")} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return os.Getenv("PULSE_SERVER") != "" || os.Getenv("ALSA_CONFIG_PATH") != ""
}

func (d *Device) open() {
	defer close(d.ready)
	if !hasSound() {
		d.mu.Lock()
		d.err = unavailable(errNoSound)
		d.mu.Unlock()
		return
	}
	ctx, opened, err := oto.NewContext(&oto.NewContextOptions{
		SampleRate: Rate, ChannelCount: 2, Format: oto.FormatFloat32LE, BufferSize: playBuffer,
	})
	if err == nil {
		timer := time.NewTimer(openLimit)
		defer timer.Stop()
		select {
		case <-opened:
			err = ctx.Err()
		case <-timer.C:
			err = context.DeadlineExceeded
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.err = unavailable(err)
		return
	}
	d.ctx = ctx
	d.idle = time.AfterFunc(idleLimit, d.suspend)
}

func unavailable(err error) error {
	return kiosk.Errorf(kiosk.CodeUnavailable, "open sound device", "connect a loudspeaker and check it with: speaker-test -c 2", "%w", err)
}

// String names the device.
func (d *Device) String() string { return "the default sound device" }

// Ready gives nil when the device is open and without a fault. Right after the start it waits for the opening to end, which
// takes a few milliseconds, but never longer than graceLimit: then "being opened" is the answer.
func (d *Device) Ready() error {
	grace := time.NewTimer(graceLimit)
	defer grace.Stop()
	select {
	case <-d.ready:
	case <-grace.C:
		return kiosk.Errorf(kiosk.CodeUnavailable, "open sound device", "wait a moment", "it is being opened")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil && d.ctx != nil && d.ctx.Err() != nil {
		d.err = unavailable(d.ctx.Err()) // permanent: oto does not open a device again
	}
	return d.err
}

// Wait waits until opening has ended, then gives Ready. For the doctor; the visit never waits.
func (d *Device) Wait(ctx context.Context) error {
	select {
	case <-d.ready:
		return d.Ready()
	case <-ctx.Done():
		return kiosk.Errorf(kiosk.CodeUnavailable, "open sound device", "restart the sound device", "%w", ctx.Err())
	}
}

// suspend lets the processor rest while nothing is said.
func (d *Device) suspend() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.uses == 0 && d.ctx != nil && d.err == nil {
		if err := d.ctx.Suspend(); err != nil {
			d.err = unavailable(err)
		}
	}
}

// begin wakes the device for one clip.
func (d *Device) begin() (*oto.Context, error) {
	if err := d.Ready(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle.Stop()
	d.uses++
	if err := d.ctx.Resume(); err != nil {
		d.uses--
		d.err = unavailable(err)
		return nil, d.err
	}
	return d.ctx, nil
}

func (d *Device) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.uses--
	d.idle.Reset(idleLimit)
}

// Play plays a clip on both channels.
func (d *Device) Play(ctx context.Context, c Clip) error {
	out, err := d.begin()
	if err != nil {
		return err
	}
	defer d.end()
	p := out.NewPlayer(bytes.NewReader(stereo(c.Samples)))
	defer p.Pause() // a player nobody holds is collected; pausing cuts it off at once
	p.Play()
	deadline := time.NewTimer(c.Length() + lateLimit)
	defer deadline.Stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return kiosk.Errorf(kiosk.CodeUnavailable, "play clip", "check the loudspeaker", "the clip did not end in time")
		case <-poll.C:
			if err := d.Ready(); err != nil {
				return err
			}
			if !p.IsPlaying() {
				return p.Err()
			}
		}
	}
}

// stereo encodes samples as two channels of little-endian 32-bit floats.
func stereo(samples []float32) []byte {
	b := make([]byte, 0, 8*len(samples))
	for _, s := range samples {
		u := math.Float32bits(s)
		b = binary.LittleEndian.AppendUint32(b, u)
		b = binary.LittleEndian.AppendUint32(b, u)
	}
	return b
}

// Halt suspends the device: oto cannot close it. It may be called twice.
func (d *Device) Halt() error {
	d.suspend()
	return nil
}
