package daemon

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"motcua/ui/technician"
)

// Guessing at the screen is slow, and pulling the plug gives no new tries.
func TestPINGuard(t *testing.T) {
	dir := t.TempDir()
	clock := time.Unix(1_790_000_000, 0)
	fresh := func() *pinGuard {
		return &pinGuard{hash: filepath.Join(dir, PINFile), tries: filepath.Join(dir, pinTries), now: func() time.Time { return clock }}
	}
	if _, _, err := fresh().enter("246802"); !errors.Is(err, technician.ErrNoPIN) {
		t.Errorf("no PIN was set: %v", err)
	}
	for _, bad := range []string{"", "12345", "123456", "654321", "000000", "1234567890123", "24680a", "２４６８０２"} {
		if SetPIN(dir, bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if err := SetPIN(dir, "246802"); err != nil {
		t.Fatal(err)
	}
	g := fresh()
	for n := range 2 {
		if good, wait, err := g.enter("111112"); good || wait != 0 || err != nil {
			t.Errorf("try %d: %v %v %v", n, good, wait, err)
		}
	}
	if good, wait, _ := g.enter("111112"); good || wait != pinWait {
		t.Errorf("third wrong try: %v %v", good, wait)
	}
	if good, wait, _ := g.enter("246802"); good || wait == 0 {
		t.Errorf("the right PIN within the wait: %v %v", good, wait)
	}
	g = fresh() // switched off and on
	if good, wait, _ := g.enter("246802"); good || wait != pinWait {
		t.Errorf("after a start: %v %v", good, wait)
	}
	clock = clock.Add(pinWait + time.Second)
	if good, wait, _ := g.enter("111112"); good || wait != 2*pinWait {
		t.Errorf("fourth wrong try: %v %v", good, wait)
	}
	clock = clock.Add(2*pinWait + time.Second)
	if good, _, err := g.enter("246802"); !good || err != nil {
		t.Errorf("the right PIN: %v %v", good, err)
	}
	if good, wait, _ := g.enter("111112"); good || wait != 0 {
		t.Errorf("after a right one: %v %v", good, wait)
	}
	if d := delay(1000); d != pinLonger {
		t.Errorf("the longest wait is %v", d)
	}
}
