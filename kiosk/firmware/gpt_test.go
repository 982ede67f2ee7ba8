package firmware

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"motcua/kiosk"
)

const mib = 1 << 20

func table() Table {
	return Table{Disk: "6b696f73-6b00-4000-8000-000000000000", Entries: []Entry{
		{NameFirm, TypeESP, "6b696f73-6b00-4000-8000-000000000001", 2048, 4095},
		{NameState, TypeLinux, "6b696f73-6b00-4000-8000-000000000002", 4096, 6143},
		{NameData, TypeLinux, "6b696f73-6b00-4000-8000-000000000007", 6144, 8191},
	}}
}

func TestTableComesBack(t *testing.T) {
	d := newDisk(8 * mib)
	if err := WriteTable(d, d.Size(), table()); err != nil {
		t.Fatal(err)
	}
	got, err := ReadTable(d, d.Size())
	if err != nil || !reflect.DeepEqual(got, table()) {
		t.Fatalf("%+v, %v", got, err)
	}
	clear(d.now[512:1024]) // the copy at the end is left
	if got, err := ReadTable(d, d.Size()); err != nil || !reflect.DeepEqual(got, table()) {
		t.Fatalf("%+v, %v", got, err)
	}
	clear(d.now[d.Size()-512:])
	if _, err := ReadTable(d, d.Size()); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("%v", err)
	}
}

// Another program agrees: sgdisk finds no problem and the same partitions.
func TestTableIsOneForOthers(t *testing.T) {
	sgdisk, err := exec.LookPath("sgdisk")
	if err != nil {
		t.Skip("sgdisk (package gdisk) is not installed")
	}
	d := newDisk(8 * mib)
	if err := WriteTable(d, d.Size(), table()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(path, d.now, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(sgdisk, "--verify", "--print", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "No problems found") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, e := range table().Entries {
		if !strings.Contains(string(out), e.Name) || !strings.Contains(string(out), fmt.Sprint(e.First)) {
			t.Errorf("%s is missing:\n%s", e.Name, out)
		}
	}
}

func TestGrow(t *testing.T) {
	d := newDisk(8 * mib)
	if err := WriteTable(d, d.Size(), table()); err != nil {
		t.Fatal(err)
	}
	big := newDisk(16 * mib)
	copy(big.now, d.now)
	copy(big.safe, d.now)
	before, err := ReadTable(big, big.Size())
	if err != nil {
		t.Fatal(err)
	}
	after, more := before.Grow(big.Size())
	if !more || after.Entries[2].Size() < 11*mib || after.Entries[2].Offset() != before.Entries[2].Offset() {
		t.Fatalf("%+v", after)
	}
	if _, more := after.Grow(big.Size()); more {
		t.Error("it grows for ever")
	}
	// The power fails at every write of the new table: one of the two is read, the old or the new.
	rng := rand.New(rand.NewPCG(3, 3))
	for cut := 1; cut <= 10; cut++ {
		for range 4 {
			d := newDisk(16 * mib)
			copy(d.now, big.now)
			copy(d.safe, big.now)
			d.power = &power{cutAt: cut}
			_ = WriteTable(d, d.Size(), after)
			d.outage(rng, 0.5)
			got, err := ReadTable(d, d.Size())
			if err != nil || !reflect.DeepEqual(got, before) && !reflect.DeepEqual(got, after) {
				t.Fatalf("cut at %d: %+v, %v", cut, got, err)
			}
		}
	}
}

func TestTablesThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Table){
		"overlap": func(t *Table) { t.Entries[1].First = 4000 }, "too large": func(t *Table) { t.Entries[2].Last = 1 << 30 }, "guid": func(t *Table) { t.Disk = "x" },
		"name": func(t *Table) { t.Entries[0].Name = strings.Repeat("n", 40) }, "backwards": func(t *Table) { t.Entries[0].Last = 1 },
	} {
		tab := table()
		change(&tab)
		d := newDisk(8 * mib)
		if err := WriteTable(d, d.Size(), tab); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}
