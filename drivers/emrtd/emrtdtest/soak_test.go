package emrtdtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// soakRuns is how often TestSoakChip runs when KIOSK_SOAK does not say.
const soakRuns = 300

// TestSoakChip issues cards with random keys of random kinds and reads them: PACE, chip and active authentication. In every other
// run keys, secrets and signatures begin with a zero byte, which happens once in 256 by itself and which readers have been seen
// to get wrong. KIOSK_SOAK=10000 makes it long.
func TestSoakChip(t *testing.T) {
	runs := soakRuns
	if s := os.Getenv("KIOSK_SOAK"); s != "" {
		var err error
		if runs, err = strconv.Atoi(s); err != nil || runs < 1 {
			t.Fatalf("KIOSK_SOAK is not a number of runs: %q", s)
		}
	} else if testing.Short() {
		runs = 30
	}
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: clock().AddDate(-1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	options := emrtd.Options{Trust: trust(t, authority), Timeout: 30 * time.Second, Now: clock}
	photo := emrtdtest.Silhouette(90)
	var next, failures atomic.Int64
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(runs) || failures.Load() > 10 {
					return
				}
				if what, err := soak(uint64(n), authority, photo, options); err != nil {
					failures.Add(1)
					t.Errorf("run %d (%s): %v", n, what, err)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d runs, %d failures", runs, failures.Load())
}

// soak is one run with kinds chosen by a seed.
func soak(seed uint64, authority *emrtdtest.Authority, photo []byte, options emrtd.Options) (what string, err error) {
	r := rand.New(rand.NewPCG(seed, 5))
	ciphers := []emrtdtest.Cipher{emrtdtest.TripleDES, emrtdtest.AES128, emrtdtest.AES192, emrtdtest.AES256}
	mappings := []emrtdtest.Mapping{emrtdtest.MappingGM, emrtdtest.MappingIM, emrtdtest.MappingCAM}
	domains := []int{0, 8, 9, 11, 12, 13, 13, 13}
	active := []emrtdtest.Active{
		"ec:P-192:sha1", "ec:brainpoolP192r1:sha1", "ec:P-256:sha256", "ec:brainpoolP256r1:sha256:der", "ec:P-224:sha224",
		"ec:P-256:sha512", "ec:brainpoolP224r1:sha1", "rsa:1024:sha1:bc",
	}
	pick := func(n int) int { return r.IntN(n) }
	offer := emrtdtest.PACEOffer{Mapping: mappings[pick(3)], Cipher: ciphers[pick(4)], Parameter: domains[pick(len(domains))]}
	if offer.Check() != nil {
		offer.Mapping = emrtdtest.MappingGM
	}
	opt := emrtdtest.IssueOptions{
		PACE:     []emrtdtest.PACEOffer{offer},
		ChipAuth: []emrtdtest.ChipAuthOffer{{Parameter: domains[pick(len(domains))], Cipher: ciphers[pick(4)]}},
		Active:   active[pick(len(active))], NoVariants: true,
	}
	zeros := seed%2 == 0
	if zeros {
		opt = emrtdtest.WithZeros(opt)
	}
	what = fmt.Sprint(offer, opt.ChipAuth[0], opt.Active, zeros)
	card, err := emrtdtest.IssueWith(person(), photo, authority, opt)
	if err != nil {
		return what, err
	}
	chip, err := emrtdtest.New(card, emrtdtest.Options{ShortSecrets: zeros})
	if err != nil {
		return what, err
	}
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chip)
	read, err := emrtd.NewReader(slot, options).Read(context.Background(), kiosk.CardKey{Kind: kiosk.KeyNumber, Value: card.Number}, nil)
	if err != nil {
		return what, err
	}
	for _, name := range []kiosk.CheckName{kiosk.CheckAccess, kiosk.CheckChipAuth, kiosk.CheckActiveAuth} {
		if c, _ := read.Check(name); c.Result != kiosk.CheckSuccessful {
			return what, fmt.Errorf("check %s: %s, %s", name, c.Result, c.Reason)
		}
	}
	if read.Verdict != kiosk.Verified {
		return what, fmt.Errorf("verdict %s", read.Verdict)
	}
	return what, nil
}
