package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"motcua/kiosk/bundle"
	"motcua/kiosk/firmware"
)

func TestResolve(t *testing.T) {
	dep := parseDep("kernel/drivers/md/dm-verity.ko.xz: kernel/drivers/md/dm-bufio.ko.xz kernel/drivers/md/dm-mod.ko.xz\n" +
		"kernel/drivers/md/dm-bufio.ko.xz: kernel/drivers/md/dm-mod.ko.xz\nkernel/drivers/md/dm-mod.ko.xz:\n")
	got := resolve(dep, words("dm-mod dm_verity # the root\nunknown"))
	want := []string{"kernel/drivers/md/dm-mod.ko.xz", "kernel/drivers/md/dm-bufio.ko.xz", "kernel/drivers/md/dm-verity.ko.xz"}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// The image has a table that the kiosk reads, each file in its partition, and the state of a fresh machine; made twice it is the same.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	o := options{}
	for name, to := range map[string]*string{"firm": &o.firm, "boot": &o.boot, "root": &o.root} {
		*to = filepath.Join(dir, name)
		if err := os.WriteFile(*to, bytes.Repeat([]byte(name), 300_000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var sums [2][32]byte
	for i := range sums {
		o.out = filepath.Join(dir, "image")
		if err := makeDisk(o); err != nil {
			t.Fatal(err)
		}
		sums[i] = head(t, o.out, 200*mib)
	}
	if sums[0] != sums[1] {
		t.Error("two images differ")
	}
	f, err := os.Open(o.out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	table, err := firmware.ReadTable(f, info.Size())
	if err != nil || len(table.Entries) != len(layout) {
		t.Fatalf("%+v, %v", table, err)
	}
	for name, word := range map[string]string{firmware.NameFirm: "firm", "kiosk-boot-a": "boot", "kiosk-root-a": "root"} {
		e, ok := table.Find(name)
		b := make([]byte, 4)
		if _, err := f.ReadAt(b, e.Offset()); !ok || err != nil || string(b) != word {
			t.Errorf("%s holds %q", name, b)
		}
	}
	e, _ := table.Find(firmware.NameState)
	if s, err := firmware.LoadState(within{f, e.Offset()}); err != nil || s.First != firmware.A || s.Data != firmware.DataNew {
		t.Errorf("%+v, %v", s, err)
	}
}

func head(t *testing.T, file string, n int) [32]byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, n)
	if _, err := f.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestAFileThatDoesNotFit(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, 97*mib); err != nil {
		t.Fatal(err)
	}
	small := filepath.Join(dir, "small")
	if err := os.WriteFile(small, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeDisk(options{firm: small, boot: big, root: small, out: filepath.Join(dir, "image")}); err == nil {
		t.Error("it was cut off")
	}
}

// A key is made once; what it signs is taken by its public half.
func TestKeyAndUpdate(t *testing.T) {
	dir := t.TempDir()
	o := options{out: filepath.Join(dir, "release.key")}
	if err := makeKey(o); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(o.out)
	if err := makeKey(o); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(o.out); !bytes.Equal(before, after) {
		t.Error("the key was replaced")
	}
	part := filepath.Join(dir, "part")
	if err := os.WriteFile(part, make([]byte, 1024), 0o600); err != nil {
		t.Fatal(err)
	}
	u := options{boot: part, root: part, key: o.out, version: "1.2", serial: 7, arch: "amd64", made: 1, out: filepath.Join(dir, "update")}
	if err := makeUpdate(u); err != nil {
		t.Fatal(err)
	}
	pem, _ := os.ReadFile(o.out + ".pub")
	keys, err := bundle.PublicKeys(pem)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(u.out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	h, err := firmware.ReadHeader(bufio.NewReader(file), keys)
	if err != nil || h.Serial != 7 || h.Size() != 2048 {
		t.Errorf("%+v, %v", h, err)
	}
}
