package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"motcua/drivers/printer"
	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/firmware"
)

// flashResult is what a flash prints.
type flashResult struct {
	firmware.Flashed
	Image string `json:"image"`
	Kiosk string `json:"kiosk,omitempty"` // whose file stands on the boot partition
	Label string `json:"label,omitempty"`
}

// flashRun writes an image to a card or disk, reads it back, and puts one kiosk's file on its boot partition.
func flashRun(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("flash", "IMAGE DEVICE")
	fleet := fs.String("fleet", "", "the fleet's `file`: CSV with a first row of names (name, commune, hotline, office, ca, word, pin); ca is a file beside it")
	row := fs.String("row", "", "which kiosk of the fleet: the `number` of its row, from 1, or its name")
	label := fs.String("label", "", "write a label for the machine to this `file` (PNG): name, commune, image, with a QR code; no word and no PIN")
	sum := fs.String("sha256", "", "the image's SHA-256; without it the one in SHA256SUMS beside the image, where there is one")
	yes := fs.Bool("yes", false, "do not ask before everything on DEVICE is overwritten")
	operands, err := c.parse(fs, args, 2, 2)
	if err != nil {
		return c.usageExit(err)
	}
	image, device := operands[0], operands[1]
	var boot *config.Boot
	switch {
	case *fleet != "" && *row != "":
		b, err := fleetRow(*fleet, *row)
		if err != nil {
			return c.fail(err)
		}
		boot = &b
	case *fleet != "" || *row != "":
		return c.usageError("-fleet and -row go together")
	case *label != "":
		return c.usageError("-label names a kiosk: give -fleet and -row")
	}
	out, err := c.flash(ctx, image, device, *sum, boot, *yes)
	if err != nil {
		return c.fail(err)
	}
	if *label != "" {
		if err := writeLabel(*label, *boot, out); err != nil {
			return c.fail(err)
		}
		out.Label = *label
	}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "%s holds %s: %d MB, %d MB of them written anew, read back: SHA-256 %s\n", device, out.Image, out.Size/1e6, out.Written/1e6, out.SHA256)
		if out.Kiosk != "" {
			fmt.Fprintf(w, "the first start makes it kiosk %s\n", out.Kiosk)
		}
		if out.Label != "" {
			fmt.Fprintf(w, "label: %s\n", out.Label)
		}
	})
}

func (c *console) flash(ctx context.Context, image, device, sum string, boot *config.Boot, yes bool) (out flashResult, err error) {
	const op = "flash the disk"
	from, err := os.Open(image)
	if err != nil {
		return out, kiosk.Errorf(kiosk.CodeBadInput, op, "name the image that make image wrote", "%w", err)
	}
	defer from.Close()
	size, err := from.Seek(0, io.SeekEnd)
	if err != nil {
		return out, kiosk.Errorf(kiosk.CodeBadInput, op, "name the image that make image wrote", "%w", err)
	}
	if sum == "" {
		if sum, err = listedSum(image); err != nil {
			return out, err
		}
	}
	firm, err := firmware.FirmOf(from, size)
	if err != nil {
		return out, err
	}
	to, err := firmware.OpenWhole(device)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if !yes {
		if err := c.agree(device, to.Size()); err != nil {
			return out, err
		}
	}
	out.Image = filepath.Base(image)
	if out.Flashed, err = firmware.Flash(ctx, to, from, size, sum, c.bar()); err != nil {
		return out, err
	}
	if boot == nil {
		return out, nil
	}
	if err := putBootFile(ctx, device, firm.Offset(), *boot); err != nil {
		return out, err
	}
	out.Kiosk = boot.Name
	return out, nil
}

// agree lets a person see what is about to be lost.
func (c *console) agree(device string, size int64) error {
	fmt.Fprintf(c.err, "Everything on %s (%s, %.1f GB) will be overwritten. Type its name to go on: ", device, model(device), float64(size)/1e9)
	line, err := bufio.NewReader(io.LimitReader(c.in, 4096)).ReadString('\n')
	if said := strings.TrimSpace(line); said == "" || said != device && said != filepath.Base(device) {
		return kiosk.Errorf(kiosk.CodeBadInput, "flash the disk", "run it again and type "+filepath.Base(device)+", or give -yes", "nobody agreed: %w", errors.Join(err, errNotAgreed))
	}
	return nil
}

var errNotAgreed = errors.New("another name was typed")

// model tells a person which thing a device is, from what the kernel says of it.
func model(device string) string {
	real, err := filepath.EvalSymlinks(device)
	if err != nil {
		real = device
	}
	for _, file := range []string{"device/model", "device/name"} {
		text, err := os.ReadFile(filepath.Join("/sys/class/block", filepath.Base(real), file))
		if name := strings.TrimSpace(string(text)); err == nil && name != "" {
			return name
		}
	}
	return "a file or a device without a name"
}

// listedSum gives the SHA-256 of an image by the list beside it, "" when there is no list or the image is not in it.
func listedSum(image string) (string, error) {
	f, err := os.Open(filepath.Join(filepath.Dir(image), "SHA256SUMS"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeBadInput, "read SHA256SUMS", "remove it, or name the sum with -sha256", "%w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, 1<<20))
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), " ")
		if strings.TrimLeft(name, " *") == filepath.Base(image) {
			return sum, nil
		}
	}
	return "", lines.Err()
}

// bar tells how far a flash is: a line that is written over on a terminal, a line for each tenth elsewhere.
func (c *console) bar() firmware.Progress {
	begun, lastStep, lastTold := time.Now(), "", time.Time{}
	terminal := isTerminal(c.err)
	tenth := int64(-1)
	return func(step string, done, total int64) {
		if step != lastStep {
			begun, lastStep, lastTold, tenth = time.Now(), step, time.Time{}, -1
		}
		whole := done >= total
		switch {
		case terminal && !whole && time.Since(lastTold) < 200*time.Millisecond, !terminal && done*10/total == tenth:
			return
		}
		lastTold, tenth = time.Now(), done*10/total
		pace := float64(done) / 1e6 / max(time.Since(begun).Seconds(), 0.001)
		text := fmt.Sprintf("%-7s %3d%%  %d of %d MB  %.0f MB/s", step, done*100/total, done/1e6, total/1e6, pace)
		switch {
		case !terminal:
			fmt.Fprintln(c.err, text)
		case whole:
			fmt.Fprintf(c.err, "\r\x1b[K%s\n", text)
		default:
			fmt.Fprintf(c.err, "\r\x1b[K%s  %.0f s left", text, float64(total-done)/1e6/max(pace, 0.001))
		}
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// putBootFile writes provision.toml into the FAT file system that begins offset bytes into a disk, and reads it back. mtools does it
// without a mount. The text goes through a pipe: it holds the one-time word and the PIN, and must not stay in a file of this machine.
func putBootFile(ctx context.Context, device string, offset int64, b config.Boot) error {
	text, err := b.Write()
	if err != nil {
		return err
	}
	disk := fmt.Sprintf("%s@@%d", device, offset)
	if _, err := mtools(ctx, text, "mcopy", "-o", "-i", disk, "-", "::/"+config.BootFile); err != nil {
		return err
	}
	if err := syncFile(device); err != nil {
		return kiosk.Errorf(kiosk.CodeInternal, "write "+config.BootFile, "try once more; if it happens again, replace the card", "%w", err)
	}
	back, err := mtools(ctx, "", "mtype", "-i", disk, "::/"+config.BootFile)
	if err == nil && back != text {
		err = kiosk.Errorf(kiosk.CodeInternal, "write "+config.BootFile, "try once more; if it happens again, replace the card", "the disk gives it back changed")
	}
	return err
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// mtools runs one of the programs of that package. Its words go into the error; its input does not.
func mtools(ctx context.Context, in, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "MTOOLS_SKIP_CHECK=1", "LC_ALL=C.UTF-8")
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &out, &said
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", kiosk.Errorf(kiosk.CodeUnavailable, "write "+config.BootFile, "apt install mtools", "%w", err)
	case err != nil:
		return "", kiosk.Errorf(kiosk.CodeInternal, "write "+config.BootFile, "is this image whole? flash it again", "%s: %w: %s", name, err, strings.TrimSpace(said.String()))
	}
	return out.String(), nil
}

// writeLabel draws what is stuck on the machine: which kiosk it is and what was put into it. It names no secret.
func writeLabel(path string, b config.Boot, f flashResult) (err error) {
	day := time.Now().Format(time.DateOnly)
	note, err := printer.RenderNote(printer.Note{
		Title: b.Name,
		Lines: []string{b.Commune, f.Image, "SHA-256 " + f.SHA256[:16] + "…", day},
		Code:  strings.Join([]string{"motcua-kiosk/1", b.Name, f.SHA256, day}, " "),
	}, 576)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "write the label", "name a file that can be written", "%w", err)
	}
	return errors.Join(note.WritePNG(file), file.Close())
}
