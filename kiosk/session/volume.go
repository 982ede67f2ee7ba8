package session

import "motcua/kiosk"

var volumes = map[string]kiosk.Volume{"low": kiosk.VolumeLow, "normal": kiosk.VolumeNormal, "loud": kiosk.VolumeLoud}

var volumePrompts = map[kiosk.Volume]string{kiosk.VolumeLow: "volume_low", kiosk.VolumeNormal: "volume_normal", kiosk.VolumeLoud: "volume_loud"}

// volume sets how loud this visit is spoken to, and says so that loud. The lock is held.
func (r *Runner) volume(in Intent) Event {
	v, ok := volumes[in.Values["step"]]
	if !ok {
		v = r.visit.Volume%kiosk.VolumeLoud + 1
	}
	if r.state.InVisit() {
		r.setVolume(v)
		r.say(volumePrompts[v])
		r.changed()
	}
	return Event{Kind: EvTouch}
}

// setVolume remembers the volume for the visit. The lock is held.
func (r *Runner) setVolume(v kiosk.Volume) {
	r.visit.Volume = v
	if r.ports.Voice != nil {
		r.ports.Voice.SetVolume(v)
	}
}

// firstVolume is how loud a visit begins: softly when the hall is quiet.
func (r *Runner) firstVolume() kiosk.Volume {
	if r.ports.Night != nil && r.ports.Night() {
		return kiosk.VolumeLow
	}
	return kiosk.VolumeNormal
}
