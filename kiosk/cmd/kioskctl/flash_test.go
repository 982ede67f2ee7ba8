package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk/config"
	"motcua/kiosk/firmware"
)

const fleetText = `name,commune,hotline,office,ca,word,pin
khu-01,Xã Thử Nghiệm,0900 000 001,https://office.example:8443,ca.crt,mot-tu-dung-mot-lan,314159
khu-02,Xã Thử Nghiệm,0900 000 002,https://office.example:8443,ca.crt,tu-khac-mot-lan,271828
`

// flashHall is a folder with an image that has a true FAT file system, an empty disk, and a fleet.
func flashHall(t *testing.T) (dir string, image []byte) {
	t.Helper()
	if _, err := exec.LookPath("mkfs.vfat"); err != nil {
		t.Skip("mkfs.vfat is missing (make setup brings it)")
	}
	dir = t.TempDir()
	const mib = 1 << 20
	path := filepath.Join(dir, "kiosk.img")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 40 * mib
	table := firmware.Table{Disk: "6b696f73-6b00-4000-8000-000000000000", Entries: []firmware.Entry{
		{Name: firmware.NameFirm, Type: firmware.TypeESP, ID: "6b696f73-6b00-4000-8000-000000000001", First: 2048, Last: 2048 + 36*2048 - 1},
	}}
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	fat := filepath.Join(dir, "firm")
	if out, err := exec.Command("mkfs.vfat", "-C", "-F", "32", "-s", "1", "-n", "KIOSK", fat, "36864").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	firm, err := os.ReadFile(fat)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(firm, mib); err != nil {
		t.Fatal(err)
	}
	if err := firmware.WriteTable(f, size, table); err != nil {
		t.Fatal(err)
	}
	if image, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(image)
	for name, text := range map[string]string{
		"SHA256SUMS": hex.EncodeToString(sum[:]) + "  kiosk.img\n", "fleet.csv": fleetText,
		"ca.crt": "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	disk, err := os.Create(filepath.Join(dir, "disk"))
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	if err := disk.Truncate(size + 8*mib); err != nil {
		t.Fatal(err)
	}
	return dir, image
}

// flashing runs the command in dir and gives what it printed.
func flashing(dir, typed string, args ...string) (code exitCode, out, said string) {
	var o, e bytes.Buffer
	args = append([]string{"flash", "-json", filepath.Join(dir, "kiosk.img"), filepath.Join(dir, "disk")}, args...)
	code = run(context.Background(), &console{in: strings.NewReader(typed), out: &o, err: &e}, args)
	return code, o.String(), e.String()
}

func TestFlash(t *testing.T) {
	dir, image := flashHall(t)
	label := filepath.Join(dir, "label.png")
	code, out, said := flashing(dir, "disk\n", "-fleet", filepath.Join(dir, "fleet.csv"), "-row", "2", "-label", label)
	if code != exitGood {
		t.Fatalf("%d: %s", code, said)
	}
	var r flashResult
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(image)
	if r.Kiosk != "khu-02" || r.SHA256 != hex.EncodeToString(sum[:]) || r.Size != int64(len(image)) {
		t.Errorf("%+v", r)
	}
	for _, step := range []string{"check", "write", "verify"} {
		if !strings.Contains(said, fmt.Sprintf("%-7s 100%%", step)) {
			t.Errorf("no progress of %s in %q", step, said)
		}
	}
	for _, secret := range []string{"tu-khac-mot-lan", "271828"} {
		if strings.Contains(out+said, secret) {
			t.Error("the word or the PIN was printed")
		}
	}
	text, err := exec.Command("mtype", "-i", filepath.Join(dir, "disk")+"@@1048576", "::/"+config.BootFile).Output()
	if err != nil {
		t.Fatal(err)
	}
	b, err := config.ParseBoot(config.BootFile, text)
	if err != nil || b.Name != "khu-02" || b.Word != "tu-khac-mot-lan" || b.PIN != "271828" || b.Commune != "Xã Thử Nghiệm" {
		t.Errorf("the boot partition says %v, %v", b.Name, err)
	}
	f, err := os.Open(label)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if picture, err := png.Decode(f); err != nil || picture.Bounds().Dx() != 576 {
		t.Errorf("the label: %v", err)
	}
	// Once more: nothing but the boot file's blocks changed.
	code, out, said = flashing(dir, "", "-yes", "-fleet", filepath.Join(dir, "fleet.csv"), "-row", "khu-01")
	if err := json.Unmarshal([]byte(out), &r); code != exitGood || err != nil || r.Written > 6<<20 || r.Kiosk != "khu-01" {
		t.Errorf("%d %+v %v %s", code, r, err, said)
	}
}

func TestFlashRefuses(t *testing.T) {
	dir, _ := flashHall(t)
	fleet := func(text string) []string {
		path := filepath.Join(t.TempDir(), "fleet.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"-yes", "-fleet", path, "-row", "1"}
	}
	for name, c := range map[string]struct {
		typed, want string
		args        []string
	}{
		"nobody agrees":         {"no\n", "nobody agreed", nil},
		"nobody is there":       {"", "nobody agreed", nil},
		"another sum":           {"", "nothing was written", []string{"-yes", "-sha256", strings.Repeat("0", 64)}},
		"no such row":           {"", "there is no row 3", []string{"-yes", "-fleet", filepath.Join(dir, "fleet.csv"), "-row", "3"}},
		"no such kiosk":         {"", "there is no row khu-09", []string{"-yes", "-fleet", filepath.Join(dir, "fleet.csv"), "-row", "khu-09"}},
		"an unknown column":     {"", "column 2 is not one of them", fleet("name,colour\na,b\n")},
		"a row that is short":   {"", "line 2", fleet("name,pin\na\n")},
		"a PIN that is none":    {"", "pin is not 6 to 12 digits", fleet(strings.Replace(strings.Replace(fleetText, "314159", "31", 1), "ca.crt", "-----BEGIN CERTIFICATE-----", 1))},
		"a certificate is away": {"", "row 1", fleet(fleetText)},
		"a label of nobody":     {"", "-label names a kiosk", []string{"-yes", "-label", "x.png"}},
	} {
		code, _, said := flashing(dir, c.typed, c.args...)
		if code != exitFault || !strings.Contains(said, c.want) {
			t.Errorf("%s: %d %q", name, code, said)
		}
		if strings.Contains(said, "mot-tu-dung-mot-lan") {
			t.Errorf("%s: the word was printed", name)
		}
	}
	disk, err := os.ReadFile(filepath.Join(dir, "disk"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(disk, make([]byte, len(disk))) {
		t.Error("a refused flash wrote something")
	}
}
