package daemon

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/outbox"
	"motcua/kiosk/provision"
	"motcua/kiosk/store"
)

// The canaries of TestNothingInMemory stand here with every bit turned, so that only what the child makes of them is found.
var turned = map[string][]byte{
	"page": turn("canary: a page of paper 7f31"), "photo": turn("canary: the photo of DG2 19c4"), "frame": turn("canary: a frame of the face 55e0"),
	"chip": turn("canary: what DG13 tells 83aa"),
}

func turn(s string) []byte {
	b := []byte(s)
	flip(b)
	return b
}

func flip(b []byte) {
	for i := range b {
		b[i] ^= 0xff
	}
}

// canary makes a buffer full of one.
func canary(name string, times int) []byte {
	b := bytes.Repeat(turned[name], times)
	flip(b)
	return b
}

// TestNothingInMemory seals and stores a dossier in a process of its own, wipes the visit, and then reads that process's whole
// memory: no picture, page or file of the chip is in it any more, and none is in the database's files. Texts are Go strings, which
// cannot be zeroed; they are not looked for.
func TestNothingInMemory(t *testing.T) {
	if dir := os.Getenv("KIOSK_MEMORY_CHILD"); dir != "" {
		memoryChild(t, dir)
		return
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestNothingInMemory$", "-test.v")
	cmd.Env = append(os.Environ(), "KIOSK_MEMORY_CHILD="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("looked at")) || !bytes.Contains(out, []byte("before the wipe: chip frame page photo")) {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"kiosk.db", "kiosk.db-wal", "kiosk.db-shm"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && name == "kiosk.db" {
			t.Fatal(err)
		}
		if found := canariesIn(bytes.NewReader(b)); len(found) > 0 {
			t.Errorf("%s holds %v", name, found)
		}
	}
}

func memoryChild(t *testing.T, dir string) {
	keys, err := provision.NewOfficeKeys("UBND xã Thử Nghiệm", "localhost")
	must(t, err)
	self, err := provision.GenerateIdentity("kiosk-01")
	must(t, err)
	csr, err := self.CSR()
	must(t, err)
	crt, err := provision.IssueDevice(keys.CA, csr, "kiosk-01")
	must(t, err)
	cert, err := provision.ParseCertificate(crt)
	must(t, err)
	must(t, self.SetCertificate(cert))
	s, err := store.Open(t.Context(), filepath.Join(dir, "kiosk.db"))
	must(t, err)
	defer func() { _ = s.Close() }()
	box := outbox.New(outbox.Options{Store: s})
	m := &maker{office: keys.Office("UBND xã Thử Nghiệm", "https://localhost", "0999 000 111", "https://localhost/"), self: self, chain: box}
	sealVisit(t, m, box)
	runtime.GC()
	debug.FreeOSMemory()
	if found := inMemory(t); found != "" {
		t.Errorf("in memory after the wipe: %s", found)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sealVisit does what the session does with a visit, from the citizen's confirmation to the wipe.
func sealVisit(t *testing.T, m *maker, box *outbox.Outbox) {
	page := canary("page", 20_000)
	id, token := m.New()
	d := &kiosk.Dossier{
		ID: id, Token: token, Kiosk: "kiosk-01", Created: time.Now(), Procedure: kiosk.ProcedureRef{Code: "1.001193", Name: "Khai sinh"},
		Papers: []kiosk.Document{{Paper: "Giấy chứng sinh", Page: kiosk.Image{Data: page, Type: "image/jpeg"}, SHA256: sha256.Sum256(page)}},
		Chip:   &kiosk.ChipRead{Files: map[kiosk.FileID][]byte{kiosk.FileDG2: canary("photo", 500), kiosk.FileDG13: canary("chip", 20)}},
		Face:   kiosk.FaceResult{Best: kiosk.Image{Data: canary("frame", 1000), Type: "image/jpeg"}},
	}
	sealed, err := m.Seal(t.Context(), d)
	must(t, err)
	must(t, box.Put(t.Context(), sealed))
	fmt.Println("before the wipe:", inMemory(t)) // or the search would find nothing because it is blind
	sealed.Wipe()
	d.Chip.Wipe()
	d.Face.Best.Wipe()
	d.Papers[0].Page.Wipe()
}

// shadow is the size from which on a mapping is the race detector's, which holds no data.
const shadow = 8 << 30

// inMemory reads every writable mapping of this process.
func inMemory(t *testing.T) string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	mem, err := os.Open("/proc/self/mem")
	must(t, err)
	defer mem.Close()
	names, total := map[string]bool{}, int64(0)
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to int64
		var perm string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &perm); n != 3 || !strings.HasPrefix(perm, "rw") || to-from > shadow {
			continue
		}
		total += to - from
		for _, name := range canariesIn(io.NewSectionReader(mem, from, to-from)) {
			names[name] = true
		}
	}
	fmt.Printf("looked at %d MB\n", total>>20)
	var found []string
	for _, name := range []string{"chip", "frame", "page", "photo"} {
		if names[name] {
			found = append(found, name)
		}
	}
	return strings.Join(found, " ")
}

// canariesIn turns what it reads, compares, and turns it back: its own buffer, which it reads as well, then holds a canary only where
// the memory did. What cannot be read (a guard page) is passed over.
func canariesIn(r io.Reader) (names []string) {
	const keep = 64
	b := make([]byte, keep+1<<20)
	have := 0
	seen := map[string]bool{}
	for {
		n, err := io.ReadFull(r, b[have:])
		flip(b[:have+n])
		for name, c := range turned {
			if !seen[name] && bytes.Contains(b[:have+n], c) {
				seen[name] = true
				names = append(names, name)
			}
		}
		flip(b[:have+n])
		if err != nil {
			clear(b)
			return names
		}
		have = copy(b, b[have+n-keep:have+n])
	}
}
