package session

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"motcua/kiosk"
)

// loudness keeps what volumes were set.
type loudness struct {
	voiceBench
	mu  sync.Mutex
	set []kiosk.Volume
}

func (l *loudness) SetVolume(v kiosk.Volume) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set = append(l.set, v)
}

func TestVolumeIsOfOneVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		night, voice := false, &loudness{}
		b := newBench(t, func(p *Ports) {
			voice.voiceBench = p.Voice.(voiceBench)
			p.Voice, p.Night = voice, func() bool { return night }
		})
		defer b.Close()
		b.do(t, Home, IntentStart)
		b.do(t, Home, IntentVolume)
		b.do(t, Home, IntentVolume, "step", "low")
		b.do(t, Queue, IntentQueue)
		b.do(t, Queue, IntentVolume, "step", "nonsense")
		b.View(func(v *View) {
			if v.Visit.Volume != kiosk.VolumeNormal {
				t.Errorf("%v", v.Visit.Volume)
			}
		})
		b.do(t, Attract, IntentExit)
		b.do(t, Attract, IntentVolume) // nobody is here
		night = true
		b.do(t, Home, IntentStart)
		want := []kiosk.Volume{kiosk.VolumeNormal, kiosk.VolumeLoud, kiosk.VolumeLow, kiosk.VolumeNormal, kiosk.VolumeLow}
		if !slices.Equal(voice.set, want) {
			t.Errorf("%v, want %v", voice.set, want)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if !slices.Contains(b.said, "volume_loud") || !slices.Contains(b.said, "volume_low") {
			t.Errorf("not confirmed: %v", b.said)
		}
	})
}
