package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk/firmware"
)

const (
	hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	line = "BOOT_IMAGE=/vmlinuz kiosk.slot=b kiosk.disk=6B696F73-6b00-4000-8000-000000000000 kiosk.root=" + hash + " kiosk.salt=aa00 kiosk.blocks=77 quiet\n"
)

func TestParseOrder(t *testing.T) {
	o, err := parseOrder(line)
	want := order{firmware.B, "6b696f73-6b00-4000-8000-000000000000", hash, "aa00", 77}
	if err != nil || o != want {
		t.Fatalf("%+v, %v", o, err)
	}
	for _, word := range strings.Fields(line) {
		if !strings.HasPrefix(word, "kiosk.") {
			continue
		}
		if o, err := parseOrder(strings.Replace(line, word, "", 1)); err == nil {
			t.Errorf("without %s: %+v", word, o)
		}
	}
	for _, bad := range []string{"kiosk.slot=c", "kiosk.blocks=0", "kiosk.blocks=-1", "kiosk.root=00"} {
		if o, err := parseOrder(line + bad); err == nil { // the last word of a name counts
			t.Errorf("%s: %+v", bad, o)
		}
	}
}

// The layout of a request is the kernel's struct dm_ioctl with one struct dm_target_spec behind it (linux/dm-ioctl.h).
func TestRequestsLayout(t *testing.T) {
	params := verityTable("/dev/vda4", order{blocks: 77, root: hash, salt: "aa00"})
	if want := "1 /dev/vda4 /dev/vda4 4096 4096 77 78 sha256 " + hash + " aa00 1 restart_on_corruption"; params != want {
		t.Errorf("table %q", params)
	}
	b := dmRequest("kiosk-root", dmReadOnly, 616, "verity", params)
	le := binary.LittleEndian
	if le.Uint32(b) != 4 || int(le.Uint32(b[12:])) != len(b) || le.Uint32(b[16:]) != 312 || le.Uint32(b[20:]) != 1 || le.Uint32(b[28:]) != 1 {
		t.Errorf("head % x", b[:40])
	}
	if string(b[48:59]) != "kiosk-root\x00" || le.Uint64(b[312:]) != 0 || le.Uint64(b[320:]) != 616 || string(b[336:343]) != "verity\x00" {
		t.Errorf("names % x", b[40:360])
	}
	if got := string(b[352 : 352+len(params)+1]); got != params+"\x00" || len(b)%8 != 0 {
		t.Errorf("parameters %q in %d bytes", got, len(b))
	}
	if n := len(dmRequest("kiosk-root", 0, 0, "", "")); n < 312 {
		t.Errorf("a request without a table has %d bytes", n)
	}
}

func TestNodes(t *testing.T) {
	for path, want := range map[string]string{"/dev/vda": "/dev/vda7", "/dev/mmcblk0": "/dev/mmcblk0p7", "/dev/nvme0n1": "/dev/nvme0n1p7"} {
		if got := (disk{path: path}).node(6); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// The key that was made is the one that the next start reads; one that is torn or kept in an unknown way is an error, not another key.
func TestKeyComesBack(t *testing.T) {
	if hasTPM() {
		t.Skip("this machine has a TPM: its key would be sealed by a root that is not here")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	made, err := makeKey(f)
	if err != nil || len(made) != keySize {
		t.Fatal(err)
	}
	if read, err := readKey(f); err != nil || string(read) != string(made) {
		t.Errorf("another key came back: %v", err)
	}
	for name, text := range map[string]string{"empty": strings.Repeat("\x00", keyRoom), "torn": `{"kept":"ba`, "unknown": `{"kept":"cloud","key":""}`, "short": `{"kept":"bare","key":"AAAA"}`} {
		if _, err := f.WriteAt([]byte(text+strings.Repeat("\x00", max(0, keyRoom-len(text)))), firmware.StateRoom); err != nil {
			t.Fatal(err)
		}
		if _, err := readKey(f); err == nil {
			t.Errorf("%s: a key was read", name)
		}
	}
}
