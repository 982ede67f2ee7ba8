package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"motcua/drivers/printer"
	"motcua/kiosk"
	"motcua/kiosk/doctor"
	"motcua/kiosk/statement"
	"motcua/ui/technician"
	"motcua/vision/child"
)

// bench is this kiosk as its technician's pages need it.
type bench struct {
	*Daemon
	pin *pinGuard
}

// technicianPages gives the technician's pages.
func (d *Daemon) technicianPages() technician.Options {
	b := bench{d, &pinGuard{
		hash: filepath.Join(d.opt.Config.Office.Dir, PINFile), tries: filepath.Join(d.opt.Config.Data.Dir, pinTries), now: time.Now,
	}}
	return technician.Options{Machine: b, PxPerMM: d.opt.Config.UI.PxPerMM, Painted: func() { d.runner.Painted(0) }}
}

func (b bench) Name() (name, version string) { return b.self.Name, b.opt.Version }

func (b bench) Enter(pin string) (good bool, wait time.Duration, err error) { return b.pin.enter(pin) }

func (b bench) Doctor(ctx context.Context, names ...string) (doctor.Report, error) {
	return b.Daemon.Doctor(ctx, true, names...)
}

// Statement signs what this kiosk says of itself.
func (b bench) Statement(rep doctor.Report) (string, error) {
	program, err := programHash()
	if err != nil {
		return "", err
	}
	line, _ := os.ReadFile("/proc/cmdline") // a machine that hides it has no verified root to tell of
	s := statement.Statement{
		Version: b.opt.Version, Program: program, At: b.now(), OK: rep.Count(doctor.OK), Warn: rep.Count(doctor.Warn), Fail: rep.Count(doctor.Fail),
		Root: found(rootHash, string(line)), Slot: found(slotName, string(line)),
	}
	for _, f := range rep.Checks {
		if f.Result == doctor.Fail || f.Result == doctor.Warn {
			s.Wrong = append(s.Wrong, f.Name+"="+string(f.Fault))
		}
	}
	return statement.Sign(b.self.Signer(), s)
}

// What the kernel's command line says of a verified image.
var (
	rootHash = regexp.MustCompile(`(?:^|[ .])roothash=([0-9a-f]{64})(?: |\n|$)`)
	slotName = regexp.MustCompile(`(?:^|[ .])slot=([ab])(?: |\n|$)`)
)

func found(r *regexp.Regexp, s string) string {
	if m := r.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// programHash gives the SHA-256 of the program that runs.
func programHash() (string, error) {
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", fmt.Errorf("measure the program: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("measure the program: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Picture gives one picture of a camera.
func (b bench) Picture(ctx context.Context, which string) (picture []byte, err error) {
	part := map[string]string{"face": child.PartCamera, "paper": child.PartPaper}[which]
	ctx, cancel := context.WithTimeout(ctx, sightWithin)
	defer cancel()
	err = b.dev.vision.Preview(part).Preview(ctx, func(jpeg []byte) error {
		picture = append(picture[:0], jpeg...)
		return errEnough
	})
	if picture == nil {
		return nil, errors.Join(errors.New("the camera gives no picture"), err)
	}
	return picture, nil
}

// Volume says a sentence at one of the three steps.
func (b bench) Volume(ctx context.Context, step int) error {
	var v kiosk.Voice = b.opt.Voice
	if v == nil && b.voice != nil {
		v = b.voice
	}
	if v == nil {
		return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "try the loudspeaker"}
	}
	if err := v.Ready(); err != nil {
		return err
	}
	v.SetVolume(kiosk.VolumeLow + kiosk.Volume(step))
	v.Say(ctx, kiosk.Prompt("welcome"))
	return nil
}

// Brightness reads the panel's, and sets it.
func (b bench) Brightness(percent int) (int, error) {
	lights, err := filepath.Glob("/sys/class/backlight/*")
	if err != nil || len(lights) == 0 {
		return 0, errors.New("this panel cannot be dimmed")
	}
	most, err := readInt(filepath.Join(lights[0], "max_brightness"))
	if err != nil || most <= 0 {
		return 0, errors.New("this panel cannot be dimmed")
	}
	if percent >= 0 {
		if err := os.WriteFile(filepath.Join(lights[0], "brightness"), []byte(strconv.Itoa(max(1, most*percent/100))), 0o600); err != nil {
			return 0, err
		}
	}
	now, err := readInt(filepath.Join(lights[0], "brightness"))
	return now * 100 / most, err
}

func readInt(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

// Print prints a test slip: every Vietnamese letter with its marks, and a code to be read back.
func (b bench) Print(ctx context.Context) error {
	if b.dev.printer == nil {
		return &kiosk.Error{Code: kiosk.CodePrinterOffline, Op: "print test slip"}
	}
	dots, err := printer.Width(b.opt.Config.Printer.WidthMM)
	if err != nil {
		return err
	}
	slip, err := printer.RenderNote(printer.Note{
		Title: "PHIẾU THỬ", Code: "TEST " + b.self.Name,
		Lines: []string{b.self.Name + ", " + b.opt.Version, b.now().Format("15:04, 02/01/2006"), "ẮẰẲẴẶ ẾỀỂỄỆ ỐỒỔỖỘ ỚỜỞỠỢ ỨỪỬỮỰ Đ đ ỹ ỵ", "0123456789"},
	}, dots)
	if err != nil {
		return err
	}
	return b.dev.printer.PrintBitmap(ctx, slip)
}

func (b bench) Waiting(ctx context.Context) (int, error) {
	stats, err := b.outbox.Stats(ctx)
	return stats.Unsent + stats.Quarantine, err
}

// Restart ends this process; whoever started it starts it again.
func (b bench) Restart(context.Context) error { return b.ask(errRestart) }

// Wipe marks the machine to be wiped and ends this process. The mark stays until everything is gone, so a power cut between only
// delays it.
func (b bench) Wipe(context.Context) error {
	if err := MarkForWipe(b.opt.Config); err != nil {
		return err
	}
	return b.ask(errRestart)
}

// errRestart ends Watch: the process is to be started again.
var errRestart = errors.New("a technician asked for it")

// IsRestart tells whether Watch ended because a technician asked for a new start.
func IsRestart(err error) bool { return errors.Is(err, errRestart) }

// ask ends Watch after the answer to this request had time to reach the page.
func (d *Daemon) ask(why error) error {
	time.AfterFunc(time.Second, func() {
		select {
		case d.web.failed <- why:
		default: // it ends already
		}
	})
	return nil
}
