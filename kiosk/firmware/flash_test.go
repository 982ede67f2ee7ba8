package firmware

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"

	"motcua/kiosk"
)

// kioskImage is an image of a few blocks, with a table.
func kioskImage(t *testing.T) []byte {
	t.Helper()
	d := newDisk(6*block + 512)
	random := rand.NewChaCha8([32]byte{1})
	for i := block; i < len(d.now)-block; i += 2 * block {
		random.Read(d.now[i : i+block])
	}
	table := Table{Disk: "6b696f73-6b00-4000-8000-000000000000", Entries: []Entry{{
		Name: NameFirm, Type: TypeESP, ID: "6b696f73-6b00-4000-8000-000000000001", First: block / sector, Last: 2*block/sector - 1,
	}}}
	if err := WriteTable(d, d.Size(), table); err != nil {
		t.Fatal(err)
	}
	return d.now
}

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func flash(to Partition, image []byte, sum string) (Flashed, error) {
	return Flash(context.Background(), to, bytes.NewReader(image), int64(len(image)), sum, func(string, int64, int64) {})
}

// used is a disk on which something else was.
func used(size int) *memDisk {
	d := newDisk(size)
	rand.NewChaCha8([32]byte{2}).Read(d.now)
	copy(d.safe, d.now)
	return d
}

func TestFlash(t *testing.T) {
	image := kioskImage(t)
	d := used(len(image) + 3*block)
	rest := bytes.Clone(d.now[len(image):])
	f, err := flash(d, image, sumOf(image))
	if err != nil {
		t.Fatal(err)
	}
	if f.SHA256 != sumOf(image) || f.Written != f.Size || !bytes.Equal(d.safe[:len(image)], image) || !bytes.Equal(d.safe[len(image):], rest) {
		t.Errorf("%+v, the image is there: %v", f, bytes.Equal(d.safe[:len(image)], image))
	}
	if f, err = flash(d, image, ""); err != nil || f.Written != 0 {
		t.Errorf("a second time wrote %d bytes, %v", f.Written, err)
	}
}

// The power fails, or the card is pulled out, at each write. The disk must not look like a kiosk's until it is one, and the next run
// must not begin anew.
func TestFlashIsCutAndGoesOn(t *testing.T) {
	image := kioskImage(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for cut := 1; ; cut++ {
		if cut == 100 {
			t.Fatal("it never ends")
		}
		d := used(len(image))
		d.cutAt = cut
		_, err := flash(d, image, "")
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("cut %d: %v", cut, err)
		}
		d.outage(rng, 0.5)
		if _, err := readTable(d.ReadAt, 1); err == nil && !bytes.Equal(d.now, image) {
			t.Errorf("cut %d: half an image starts", cut)
		}
		f, err := flash(d, image, "")
		if err != nil || !bytes.Equal(d.safe, image) {
			t.Errorf("cut %d: the second run: %v", cut, err)
		}
		if cut > 9 && f.Written == f.Size {
			t.Errorf("cut %d: the second run began anew", cut)
		}
	}
}

func TestFlashRefuses(t *testing.T) {
	image := kioskImage(t)
	other := bytes.Clone(image)
	other[3*block] ^= 1
	for name, c := range map[string]struct {
		to    *memDisk
		image []byte
		code  kiosk.Code
		wrote bool
	}{
		"a small disk":        {used(len(image) - 1), image, kiosk.CodeBadInput, false},
		"a damaged image":     {used(len(image)), other, kiosk.CodeBadInput, false},
		"something else":      {used(len(image)), used(len(image)).now, kiosk.CodeBadInput, false},
		"a disk that is lost": {&memDisk{power: &power{}, now: make([]byte, len(image)), safe: make([]byte, len(image)), lies: true}, image, kiosk.CodeInternal, true},
	} {
		before := bytes.Clone(c.to.now)
		_, err := flash(c.to, c.image, sumOf(image))
		if kiosk.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Equal(before, c.to.now) == c.wrote {
			t.Errorf("%s: written: %v", name, c.wrote)
		}
	}
}

func TestFlashCancelled(t *testing.T) {
	image := kioskImage(t)
	ctx, cancel := context.WithCancel(context.Background())
	d := used(len(image))
	_, err := Flash(ctx, d, bytes.NewReader(image), int64(len(image)), "", func(_ string, done, _ int64) {
		if done > 3*block {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	f, err := flash(d, image, "")
	if err != nil || f.Written >= f.Size {
		t.Errorf("went on with %d of %d bytes, %v", f.Written, f.Size, err)
	}
}
