package ui

import (
	"fmt"
	"strings"

	"motcua/kiosk"
)

// Volume is one step of the voice as a choice.
type Volume struct {
	Key, Text string
	Now       bool
}

// Volumes are the steps, softest first.
func (p *page) Volumes() (all []Volume) {
	for i, key := range []string{"low", "normal", "loud"} {
		v := kiosk.Volume(i + 1)
		all = append(all, Volume{Key: key, Text: fmt.Sprintf("volume.%d", v), Now: v == p.volume()})
	}
	return all
}

func (p *page) volume() kiosk.Volume {
	if p.D.Volume < kiosk.VolumeLow || p.D.Volume > kiosk.VolumeLoud {
		return kiosk.VolumeNormal
	}
	return p.D.Volume
}

// VolumeNow says how loud the voice is.
func (p *page) VolumeNow() (string, error) {
	step, err := p.T.get(fmt.Sprintf("volume.%d", p.volume()))
	if err != nil {
		return "", err
	}
	return p.T.get("volume.now", "step", step)
}

// Subtitle is the office under the commune's name, "" when the name says it already.
func (p *page) Subtitle() (string, error) {
	office, err := p.T.get("app.office")
	if name := p.V.Kiosk.Commune; name == "" || strings.Contains(strings.ToLower(name), strings.ToLower(office)) {
		return "", err
	}
	return office, err
}
