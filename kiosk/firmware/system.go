package firmware

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
)

// Places are where the running image keeps what an update needs.
type Places struct {
	Disks   string // folder with one name for each partition
	Cmdline string // the kernel's command line
	Release string // JSON of [Release]
	Keys    string // PEM of the release keys
	Records string // folder on the data partition: the trial and the last outcome
}

// ImagePlaces are those of the image.
func ImagePlaces() Places {
	return Places{
		Disks: "/dev/disk/by-partlabel", Cmdline: "/proc/cmdline", Release: "/usr/lib/kiosk/release.json", Keys: "/usr/lib/kiosk/release.pub",
		Records: "/var/lib/kiosk-update",
	}
}

// maxSmall bounds the small files that are read here.
const maxSmall = 4 << 20

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err == nil && len(b) > maxSmall {
		err = fmt.Errorf("%s is too long", filepath.Base(path))
	}
	return b, err
}

// Open gives the running machine. Close its State when done. Errors: unavailable when this is no image with slots, key_missing.
func (p Places) Open() (*Machine, func() error, error) {
	m := &Machine{Open: p.partition}
	var err error
	if m.Running, err = p.running(); err != nil {
		return nil, nil, err
	}
	raw, err := readSmall(p.Release)
	if err == nil {
		err = json.Unmarshal(raw, &m.Release)
	}
	if err != nil {
		return nil, nil, notAnImage(err)
	}
	if raw, err = readSmall(p.Keys); err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeKeyMissing, "read the release keys", "flash the machine anew", "%w", err)
	}
	if m.Trusted, err = bundle.PublicKeys(raw); err != nil {
		return nil, nil, err
	}
	state, err := os.OpenFile(filepath.Join(p.Disks, NameState), os.O_RDWR, 0)
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeUnavailable, "open the boot state", "run this as root on the kiosk", "%w", err)
	}
	m.State = state
	return m, state.Close, nil
}

func notAnImage(err error) error {
	return kiosk.Errorf(kiosk.CodeUnavailable, "look at the image", "this machine was not flashed with the kiosk's image: update its packages instead", "%w", err)
}

func (p Places) running() (Slot, error) {
	raw, err := readSmall(p.Cmdline)
	if err != nil {
		return "", notAnImage(err)
	}
	for word := range strings.FieldsSeq(string(raw)) {
		if slot, ok := strings.CutPrefix(word, "kiosk.slot="); ok && Slot(slot).Known() {
			return Slot(slot), nil
		}
	}
	return "", notAnImage(errors.New("the kernel was not told a slot"))
}

func (p Places) partition(s Slot, name PartName) (Partition, error) {
	f, err := os.OpenFile(filepath.Join(p.Disks, PartitionName(s, name)), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return device{f, size}, nil
}

// device is a partition of a disk, or a file in its place.
type device struct {
	*os.File
	size int64
}

func (d device) Size() int64 { return d.size }

// Forget drops the kernel's copy of a block device (BLKFLSBUF, linux/fs.h); a plain file has none to drop.
func (d device) Forget() error {
	const blkflsbuf = 0x1261
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, d.Fd(), blkflsbuf, 0)
	if errno != 0 && errno != syscall.ENOTTY && errno != syscall.EINVAL {
		return errno
	}
	return nil
}

// The files of Places.Records.
const (
	fileTrial   = "trial.json"
	fileOutcome = "outcome.json"
)

// Trial gives the trial on record, nil when there is none. One that cannot be read counts as none: the tries still run out.
func (p Places) Trial() *Trial {
	var t Trial
	if raw, err := readSmall(filepath.Join(p.Records, fileTrial)); err != nil || json.Unmarshal(raw, &t) != nil || !t.Slot.Known() {
		return nil
	}
	return &t
}

// Outcome gives what came of the last update, nil when there was none.
func (p Places) Outcome() *Outcome {
	var o Outcome
	if raw, err := readSmall(filepath.Join(p.Records, fileOutcome)); err != nil || json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return &o
}

// SaveTrial puts a trial on record.
func (p Places) SaveTrial(t Trial) error { return p.save(fileTrial, t) }

// SaveOutcome puts the end of a trial on record.
func (p Places) SaveOutcome(o Outcome) error {
	if err := p.save(fileOutcome, o); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(p.Records, fileTrial)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// save writes a record: the old one or the new one is there after a power cut.
func (p Places) save(name string, v any) (err error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	path := filepath.Join(p.Records, name)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(raw); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(p.Records)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
