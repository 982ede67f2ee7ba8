package daemon

import (
	"context"
	"fmt"
	"net"
	"os"

	"motcua/drivers/speaker"
	"motcua/kiosk/audit"
	"motcua/kiosk/config"
)

// VoiceCommand is the argument that makes kioskd the voice process of another kioskd.
const VoiceCommand = "voice"

// openVoice starts the voice process. The kiosk does not wait for it, now or ever.
func (d *Daemon) openVoice() {
	c := d.opt.Config.Voice
	if !c.Enabled || d.opt.Voice != nil {
		return
	}
	d.voice = speaker.Start(speaker.ClientOptions{
		Command: ownProcess(VoiceCommand), Event: d.voiceEvent,
		Setup: speaker.Setup{Dir: c.Dir, Volume: c.Volume, Numbers: speaker.Dialect(c.Numbers), Earphones: d.earphones()},
	})
	if d.opt.Sim != nil {
		d.opt.Sim.FollowEarphones(func(in bool) {
			out := speaker.Loudspeaker
			if in {
				out = speaker.Earphones
			}
			d.voice.SetOutput(out)
		})
	}
}

// earphones tells the voice process where to look for them; with a simulated world the dock plugs them.
func (d *Daemon) earphones() string {
	if d.opt.Sim != nil {
		return config.EarphonesNever
	}
	return d.opt.Config.Voice.Earphones
}

// voiceEvent logs when the voice begins to be heard, and when it is not.
func (d *Daemon) voiceEvent(err error) {
	part := audit.Word(audit.KeyPart, VoiceCommand)
	if err != nil {
		d.log.Event(context.Background(), audit.PartAbsent, part, audit.Code(err))
		return
	}
	d.log.Event(context.Background(), audit.PartReady, part, audit.MS(0))
}

// RunVoice is the voice process: it speaks for the kioskd that started it until that ends or the sound device fails.
func RunVoice(ctx context.Context) error {
	f := os.NewFile(childSocket, "socket")
	conn, err := net.FileConn(f)
	if err != nil {
		return fmt.Errorf("kioskd %s is started by kioskd alone, with a socket: %w", VoiceCommand, err)
	}
	_ = f.Close()                                                  // FileConn has its own copy
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("500"), 0) // when memory is short, this goes first; not everywhere allowed
	return speaker.Serve(ctx, conn, func(s speaker.Setup) *speaker.Speaker {
		return speaker.New(speaker.Options{Dir: s.Dir, Volume: s.Volume, Numbers: s.Numbers, Text: speaker.Espeak{}})
	})
}
