package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"motcua/kiosk/bundle"
	"motcua/kiosk/firmware"
)

// DiskID is the identifier of every kiosk's disk; its partitions count on from it.
const diskID = "6b696f73-6b00-4000-8000-0000000000"

// MiB of each partition, in the order of the disk. The data partition grows at the first start.
var layout = []struct {
	name string
	kind firmware.GUID
	mib  int64
}{
	{firmware.NameFirm, firmware.TypeESP, 64},
	{firmware.NameState, firmware.TypeLinux, 1},
	{firmware.PartitionName(firmware.A, firmware.PartBoot), firmware.TypeLinux, 96},
	{firmware.PartitionName(firmware.A, firmware.PartRoot), firmware.TypeLinux, 1280},
	{firmware.PartitionName(firmware.B, firmware.PartBoot), firmware.TypeLinux, 96},
	{firmware.PartitionName(firmware.B, firmware.PartRoot), firmware.TypeLinux, 1280},
	{firmware.NameData, firmware.TypeLinux, 64},
}

const (
	mib     = 1 << 20
	sectors = mib / 512 // of a MiB
)

func table() (firmware.Table, int64) {
	t := firmware.Table{Disk: diskID + "00"}
	at := int64(1)
	for i, p := range layout {
		t.Entries = append(t.Entries, firmware.Entry{
			Name: p.name, Type: p.kind, ID: firmware.GUID(fmt.Sprintf("%s%02d", diskID, i+1)), First: at * sectors, Last: (at+p.mib)*sectors - 1,
		})
		at += p.mib
	}
	return t, (at + 1) * mib
}

// makeDisk makes the image that is flashed: slot A filled, slot B empty, the state of a fresh machine.
func makeDisk(o options) (err error) {
	f, err := os.Create(o.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	t, size := table()
	if err := f.Truncate(size); err != nil {
		return err
	}
	if err := firmware.WriteTable(f, size, t); err != nil {
		return err
	}
	for name, file := range map[string]string{
		firmware.NameFirm: o.firm,
		firmware.PartitionName(firmware.A, firmware.PartBoot): o.boot,
		firmware.PartitionName(firmware.A, firmware.PartRoot): o.root,
	} {
		e, _ := t.Find(name)
		if err := place(f, e, file); err != nil {
			return err
		}
	}
	e, _ := t.Find(firmware.NameState)
	state := within{f, e.Offset()}
	return errors.Join(firmware.FormatState(state, e.Size()), firmware.StoreState(state, firmware.Fresh()))
}

// within is a part of a file.
type within struct {
	*os.File
	base int64
}

func (w within) ReadAt(b []byte, at int64) (int, error)  { return w.File.ReadAt(b, w.base+at) }
func (w within) WriteAt(b []byte, at int64) (int, error) { return w.File.WriteAt(b, w.base+at) }

// place copies a file into a partition; blocks of zeros stay holes.
func place(to *os.File, e firmware.Entry, file string) error {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	buf := make([]byte, mib)
	for at := int64(0); ; {
		n, err := io.ReadFull(from, buf)
		if at+int64(n) > e.Size() {
			return fmt.Errorf("%s does not fit its partition %s of %d MiB", file, e.Name, e.Size()/mib)
		}
		if !zero(buf[:n]) {
			if _, err := to.WriteAt(buf[:n], e.Offset()+at); err != nil {
				return err
			}
		}
		at += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func makeUpdate(o options) (err error) {
	raw, err := os.ReadFile(o.key)
	if err != nil {
		return err
	}
	key, err := bundle.PrivateKey(raw)
	if err != nil {
		return err
	}
	out, err := os.Create(o.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	boot, err := os.Open(o.boot)
	if err != nil {
		return err
	}
	defer boot.Close()
	root, err := os.Open(o.root)
	if err != nil {
		return err
	}
	defer root.Close()
	r := firmware.Release{Version: o.version, Serial: o.serial, Arch: o.arch, Made: time.Unix(o.made, 0).UTC()}
	return firmware.WriteUpdate(out, r, key, firmware.Source{Name: firmware.PartBoot, ReadSeeker: boot}, firmware.Source{Name: firmware.PartRoot, ReadSeeker: root})
}

// makeKey writes a new release key and, beside it, the public one (.pub). A key that is there stays.
func makeKey(o options) error {
	if _, err := os.Stat(o.out); err == nil {
		return nil
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	pub, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(o.out+".pub", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pub}), 0o644),
		os.WriteFile(o.out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
}
