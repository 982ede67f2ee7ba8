package image

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/firmware"
)

var (
	images = flag.String("images", "", "folder of the small images: 1, 2, sick (make image-test makes them)")
	cuts   = flag.Int("cuts", 5, "how often the power is cut at a random moment")
	logs   = flag.String("log", "", "folder for what the consoles say; empty keeps nothing")
)

const (
	firmwareCode = "/usr/share/OVMF/OVMF_CODE.fd"
	firmwareVars = "/usr/share/OVMF/OVMF_VARS.fd"
	diskSize     = 4 << 30
	patience     = 15 * time.Minute // for one line of the console, on a machine that has other things to do
)

// machine is a computer made of files.
type machine struct {
	t          *testing.T
	disk, vars string
	starts     int
}

func needImages(t *testing.T) {
	t.Helper()
	if *images == "" {
		t.Skip("give -images; make image-test does")
	}
}

// flash copies an image onto a new disk that is larger than it.
func flash(t *testing.T, image string) *machine {
	t.Helper()
	dir := t.TempDir()
	m := &machine{t: t, disk: filepath.Join(dir, "disk"), vars: filepath.Join(dir, "vars")}
	for from, to := range map[string]string{filepath.Join(*images, image, "kiosk-amd64.img"): m.disk, firmwareVars: m.vars} {
		if out, err := exec.Command("cp", "--sparse=always", from, to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := os.Truncate(m.disk, diskSize); err != nil {
		t.Fatal(err)
	}
	return m
}

// run is one start of the machine, until its power is cut.
type run struct {
	m     *machine
	cmd   *exec.Cmd
	begun time.Time
	lines chan string
	seen  []string
	saved int // the last record that was said to be safe
}

// on switches the machine on, with an update file on a second disk unless update is "".
func (m *machine) on(update string) *run {
	m.t.Helper()
	m.starts++
	args := []string{
		"-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1024", "-display", "none", "-net", "none", "-serial", "stdio", "-monitor", "none",
		"-drive", "if=pflash,format=raw,readonly=on,file=" + firmwareCode, "-drive", "if=pflash,format=raw,file=" + m.vars,
		"-drive", "file=" + m.disk + ",format=raw,if=none,id=d", "-device", "virtio-blk-pci,drive=d,bootindex=1",
	}
	if update != "" {
		info, err := os.Stat(update)
		if err != nil {
			m.t.Fatal(err)
		}
		padded := filepath.Join(m.t.TempDir(), "update") // QEMU wants whole sectors
		if out, err := exec.Command("cp", update, padded).CombinedOutput(); err != nil {
			m.t.Fatalf("%v: %s", err, out)
		}
		if err := os.Truncate(padded, (info.Size()+4095)/4096*4096); err != nil {
			m.t.Fatal(err)
		}
		args = append(args, "-drive", "file="+padded+",format=raw,if=none,id=u,readonly=on", "-device", fmt.Sprintf("virtio-blk-pci,drive=u,serial=%d", info.Size()))
	}
	r := &run{m: m, cmd: exec.Command("qemu-system-x86_64", args...), begun: time.Now(), lines: make(chan string, 1000)}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	r.cmd.Stderr = os.Stderr
	if err := r.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(r.cut)
	go r.read(out)
	return r
}

func (r *run) read(out io.Reader) {
	defer close(r.lines)
	var to io.Writer = io.Discard
	if *logs != "" {
		name := fmt.Sprintf("%s-%02d.txt", strings.ReplaceAll(r.m.t.Name(), "/", "-"), r.m.starts)
		if f, err := os.Create(filepath.Join(*logs, name)); err == nil {
			defer f.Close()
			to = f
		}
	}
	for s := bufio.NewScanner(out); s.Scan(); {
		_, _ = fmt.Fprintf(to, "%7.1f %s\n", time.Since(r.begun).Seconds(), s.Text())
		r.lines <- s.Text()
	}
}

// cut cuts the power. It may be called twice.
func (r *run) cut() {
	_ = r.cmd.Process.Kill() // it may be gone
	for line := range r.lines {
		r.note(line)
	}
	_ = r.cmd.Wait() // killed
}

var savedLine = regexp.MustCompile(`^AGENT saved (\d+)`)

func (r *run) note(line string) {
	r.seen = append(r.seen, line)
	if m := savedLine.FindStringSubmatch(line); m != nil {
		r.saved, _ = strconv.Atoi(m[1])
	}
}

// see waits for a line and gives what the pattern's groups hold.
func (r *run) see(pattern string) []string {
	r.m.t.Helper()
	re := regexp.MustCompile(pattern)
	end := time.After(patience)
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				r.m.t.Fatalf("the machine ended before %q; the last it said:\n%s", pattern, r.tail())
			}
			r.note(line)
			if strings.HasPrefix(line, "AGENT fault") {
				r.m.t.Fatalf("%s\n%s", line, r.tail())
			}
			if m := re.FindStringSubmatch(line); m != nil {
				return m
			}
		case <-end:
			r.m.t.Fatalf("no %q within %v; the last it said:\n%s", pattern, patience, r.tail())
		}
	}
}

func (r *run) tail() string { return strings.Join(r.seen[max(0, len(r.seen)-15):], "\n") }

// up waits until the agent runs and gives slot, serial number and records.
func (r *run) up() (slot firmware.Slot, serial, records int) {
	r.m.t.Helper()
	m := r.see(`^AGENT up slot (.) serial (\d+) records (\d+)`)
	serial, _ = strconv.Atoi(m[2])
	records, _ = strconv.Atoi(m[3])
	return firmware.Slot(m[1]), serial, records
}

// is demands what runs.
func (r *run) is(slot firmware.Slot, serial int) (records int) {
	r.m.t.Helper()
	s, n, records := r.up()
	if s != slot || n != serial {
		r.m.t.Fatalf("slot %s with release %d runs, not %s with %d", s, n, slot, serial)
	}
	return records
}

func (r *run) took(what string) {
	r.m.t.Helper()
	r.m.t.Logf("| %s | %.0f s |", what, time.Since(r.begun).Seconds())
}

func file(image string) string { return filepath.Join(*images, image, "kiosk-amd64.update") }

// A flashed machine comes up, makes its data partition, takes an update, keeps it, refuses an older one, goes back from one whose
// page never paints, and starts the other slot when the root of the first no longer verifies. The records outlive all of it.
func TestImageUpdates(t *testing.T) {
	needImages(t)
	m := flash(t, "1")
	r := m.on("")
	r.is(firmware.A, 1)
	r.took("first start, data partition made")
	r.see(`^AGENT verdict healthy`)
	r.see(`^AGENT saved 3`)
	r.cut()
	safe := r.saved

	r = m.on(file("2"))
	if n := r.is(firmware.A, 1); n < safe {
		t.Fatalf("%d records of %d are left", n, safe)
	}
	r.took("start")
	r.see(`^AGENT armed`)
	r.took("start, update written and read back")
	r.is(firmware.B, 2)
	r.see(`^AGENT verdict kept`)
	r.took("start, update, start of the new slot, kept")
	r.see(`^AGENT refused older`) // the same file is still there
	r.cut()
	safe = r.saved

	r = m.on(file("sick"))
	if n := r.is(firmware.B, 2); n < safe {
		t.Fatalf("%d records of %d are left", n, safe)
	}
	r.see(`^AGENT armed`)
	begun := time.Now()
	r.is(firmware.A, 3)
	r.see(`^AGENT verdict rolled_back the page was not painted`)
	r.is(firmware.B, 2)
	t.Logf("| from the update that never paints back to the one before | %.0f s |", time.Since(begun).Seconds())
	r.cut()

	r = m.on(file("2"))
	r.is(firmware.B, 2)
	r.see(`^AGENT refused older`)
	r.cut()
}

// The root of a slot that was kept is damaged: each start ends at once and takes a try, until the other slot is started.
func TestImageDamagedSlot(t *testing.T) {
	needImages(t)
	m := flash(t, "1")
	r := m.on(file("2"))
	r.is(firmware.A, 1)
	r.see(`^AGENT armed`)
	r.is(firmware.B, 2)
	r.see(`^AGENT verdict kept`)
	r.cut()
	m.damage(firmware.B)
	r = m.on("")
	r.see(`verity: .* is corrupted`) // the kernel starts the machine anew, until the good slot's nine tries are gone
	r.is(firmware.A, 1)
	r.took("start with a damaged first slot, the other one up")
	r.cut()
}

// damage turns a bit in the first block of a slot's root.
func (m *machine) damage(slot firmware.Slot) {
	m.t.Helper()
	f, err := os.OpenFile(m.disk, os.O_RDWR, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	table, err := firmware.ReadTable(f, diskSize)
	if err != nil {
		m.t.Fatal(err)
	}
	e, _ := table.Find(firmware.PartitionName(slot, firmware.PartRoot))
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, e.Offset()+64); err != nil {
		m.t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, e.Offset()+64); err != nil {
		m.t.Fatal(err)
	}
}

// An update that a stranger signed, one that is cut short and one that was changed are refused, and the same slot stays.
func TestImageRefusesBadUpdates(t *testing.T) {
	needImages(t)
	whole, err := os.ReadFile(file("2"))
	if err != nil {
		t.Fatal(err)
	}
	m := flash(t, "1")
	for _, c := range []struct {
		name, want string
		change     func([]byte) []byte
	}{
		{"changed header", "unsigned", func(b []byte) []byte { b[20] ^= 1; return b }},
		{"cut short", "broken", func(b []byte) []byte { return b[:len(b)*2/3] }},
		{"changed in the root", "broken", func(b []byte) []byte { b[len(b)-5000] ^= 1; return b }},
	} {
		bad := filepath.Join(t.TempDir(), "update")
		if err := os.WriteFile(bad, c.change(append([]byte{}, whole...)), 0o600); err != nil {
			t.Fatal(err)
		}
		r := m.on(bad)
		r.is(firmware.A, 1)
		r.see(`^AGENT refused ` + c.want)
		r.took("update refused: " + c.name)
		r.cut()
	}
	r := m.on("")
	r.is(firmware.A, 1)
	r.cut()
}

// The power is cut at random moments while records are made and an update is written: the machine comes up every time, in a slot
// that is whole, and no record that was said to be safe is missing.
func TestImagePower(t *testing.T) {
	needImages(t)
	m := flash(t, "1")
	r := m.on("")
	r.is(firmware.A, 1)
	r.took("first start")
	whole := time.Since(r.begun)
	r.see(`^AGENT saved 1`)
	r.cut()
	safe, rng := r.saved, rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	ups, news := 0, 0
	for i := range *cuts {
		r := m.on(file("2"))
		at := time.Duration(rng.Float64() * 2 * float64(whole))
		ctx, cancel := context.WithTimeout(t.Context(), at)
		<-ctx.Done()
		cancel()
		r.cut()
		for _, line := range r.seen {
			f := strings.Fields(line)
			if !strings.HasPrefix(line, "AGENT up") || len(f) < 8 {
				continue
			}
			ups++
			if n, _ := strconv.Atoi(f[7]); n < safe {
				t.Fatalf("cut %d: %d records of %d are left\n%s", i, n, safe, r.tail())
			}
			if f[5] == "2" {
				news++
			}
		}
		if strings.Contains(strings.Join(r.seen, "\n"), "AGENT fault") {
			t.Fatalf("cut %d:\n%s", i, r.tail())
		}
		safe = max(safe, r.saved)
	}
	r = m.on("")
	slot, serial, n := r.up()
	if n < safe {
		t.Fatalf("%d records of %d are left", n, safe)
	}
	r.cut()
	t.Logf("| cuts | %d |\n| starts that came up between them | %d, %d of them in the new release |\n| at the end | slot %s, release %d, %d records, %d of them said to be safe |", *cuts, ups, news, slot, serial, n, safe)
}
