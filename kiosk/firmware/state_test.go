package firmware

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk"
)

// states gives every state there is.
func states() []State {
	var list []State
	for _, first := range []Slot{A, B} {
		for a := range Kept + 1 {
			for b := range Kept + 1 {
				for _, data := range []DataState{DataNew, DataReady} {
					list = append(list, State{first, map[Slot]int{A: a, B: b}, data})
				}
			}
		}
	}
	return list
}

func same(a, b State) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func TestStatesComeBack(t *testing.T) {
	for _, s := range states() {
		d := newDisk(StateRoom)
		if err := StoreState(d, s); err != nil {
			t.Fatal(err)
		}
		if got, err := LoadState(d); err != nil || !same(got, s) {
			t.Fatalf("%v came back as %v, %v", s, got, err)
		}
	}
}

// What U-Boot exports has no head and is padded with zeros.
func TestLoadersFormsAreRead(t *testing.T) {
	want := State{B, map[Slot]int{A: 9, B: 2}, DataReady}
	for name, text := range map[string]string{
		"U-Boot": "data=ready\nfirst=b\nleft_a=9\nleft_b=2\n" + strings.Repeat("\x00", 500),
		"GRUB":   grubHead + "first=b\nleft_b=2\nleft_a=9\ndata=ready\n" + strings.Repeat("#", 700),
		"others": grubHead + "boot_success=1\nfirst=b\nleft_b=2\nleft_a=9\ndata=ready\n###",
	} {
		if got, err := parseState([]byte(text)); err != nil || !same(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestWhatIsNoStateIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "first=a", "data=new\nfirst=c\nleft_a=1\nleft_b=1\n", "data=new\nfirst=a\nleft_a=10\nleft_b=1\n", "data=new\nfirst=a\nleft_a=-1\nleft_b=1\n",
		"data=old\nfirst=a\nleft_a=1\nleft_b=1\n", "#first=a\ndata=new\nleft_a=1\nleft_b=1\n",
	} {
		if s, err := parseState([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, s)
		}
	}
	if _, err := LoadState(newDisk(StateRoom)); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("an empty partition: %v", err)
	}
}

// Either copy is enough.
func TestOneCopyIsEnough(t *testing.T) {
	for i := range copies {
		d := newDisk(StateRoom)
		if err := StoreState(d, Fresh()); err != nil {
			t.Fatal(err)
		}
		copy(d.now[stateBase+i*stateStep:], bytes.Repeat([]byte{0xff}, stateSize))
		if got, err := LoadState(d); err != nil || !same(got, Fresh()) {
			t.Errorf("without copy %d: %v, %v", i, got, err)
		}
	}
}

// Another program reads the file system, finds the copies in it, and finds no fault.
func TestStateIsFilesForGRUB(t *testing.T) {
	for _, tool := range []string{"mtype", "fsck.vfat"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("mtools or dosfstools is not installed")
		}
	}
	d := newDisk(1 << 20)
	if err := errors.Join(FormatState(d, d.Size()), StoreState(d, Fresh())); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path, d.now, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A.ENV", "B.ENV"} {
		out, err := exec.Command("mtype", "-i", path, "::"+name).CombinedOutput()
		if s, perr := parseState(out); err != nil || perr != nil || !same(s, Fresh()) || len(out) != stateSize {
			t.Errorf("%s: %v, %v, %q", name, err, perr, out)
		}
	}
	if out, err := exec.Command("fsck.vfat", "-n", path).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// A sector torn at any byte between two states that follow each other chooses a slot that one of the two would choose.
func TestTornSectorsChooseASafeSlot(t *testing.T) {
	for _, s := range states() {
		for _, n := range successors(s) {
			old, now := s.marshal(), n.marshal()
			if len(old) != len(now) {
				t.Fatal("states differ in length")
			}
			for cut := range len(old) {
				if cut > 0 && old[cut-1] == now[cut-1] {
					continue // the same as one byte before
				}
				torn, err := parseState(append(bytes.Clone(now[:cut]), old[cut:]...))
				if err != nil {
					continue // the second copy is read
				}
				got, _ := torn.Choose()
				if torn.Left[got] > 0 && s.Left[got] == 0 && n.Left[got] == 0 {
					t.Fatalf("%v → %v torn at %d starts %s", s, n, cut, got)
				}
			}
		}
	}
}

// successors are the states that follow one, as the code makes them. The boot loader's step is one character.
func successors(s State) []State {
	var list []State
	for _, slot := range []Slot{A, B} {
		list = append(list, s.Begin(slot), s.Good(slot))
		if s.Left[slot.Other()] == Kept {
			list = append(list, s.Arm(slot))
		}
		if n, ok := s.Bad(slot); ok {
			list = append(list, n)
		}
	}
	return list
}

// A slot without a try is never started while the other has one; every start ends in a slot; tries only go down.
func TestChoose(t *testing.T) {
	for _, s := range states() {
		slot, n := s.Choose()
		if s.Left[slot] == 0 && s.Left[slot.Other()] > 0 {
			t.Errorf("%v starts %s", s, slot)
		}
		if s.Left[s.First] > 0 && slot != s.First {
			t.Errorf("%v does not start its first slot", s)
		}
		want := s.Left[A] + s.Left[B]
		if want > 0 {
			want--
		}
		if n.Left[A]+n.Left[B] != want || n.First != s.First || n.Data != s.Data {
			t.Errorf("%v became %v", s, n)
		}
	}
}

// A slot on trial that never comes up is left after Tries starts, for good.
func TestTrialThatNeverComesUp(t *testing.T) {
	s := Fresh().Begin(A).Arm(B)
	for i := range Tries {
		var slot Slot
		if slot, s = s.Choose(); slot != B {
			t.Fatalf("start %d is of %s", i, slot)
		}
	}
	for range Kept {
		var slot Slot
		if slot, s = s.Choose(); slot != A {
			t.Fatalf("after the trial %s is started: %v", slot, s)
		}
		s = s.Good(A)
	}
}

func TestBadNeedsAnother(t *testing.T) {
	if _, ok := Fresh().Bad(A); ok {
		t.Error("the only slot was given up")
	}
	s, ok := Fresh().Arm(B).Bad(B)
	if slot, _ := s.Choose(); !ok || slot != A || s.Left[B] != 0 {
		t.Errorf("%v", s)
	}
}
