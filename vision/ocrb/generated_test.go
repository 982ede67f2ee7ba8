package ocrb

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"motcua/kiosk/mrz"
	"motcua/vision"
	"motcua/vision/visiontest"
)

// fictional makes the zone of a Vietnamese card of nobody: 999 is no province.
func fictional(t testing.TB, r *rand.Rand) []string {
	t.Helper()
	digit := func(s string) string {
		d, err := mrz.CheckDigit(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(d)
	}
	number := "999" + fmt.Sprintf("%09d", r.IntN(1_000_000_000))
	names := []string{"NGUYEN<<VAN<THU", "TRAN<<THI<MAU<HOA", "LE<<DUY", "HOANG<<GIA<DINH<BAO", "DANG<<QUOC<PHUONG", "VU<<XUAN<YEN"}
	name := (names[r.IntN(len(names))] + "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<")[:30]
	doc, birth, expiry := number[3:], fmt.Sprintf("%02d%02d%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28)), fmt.Sprintf("%02d%02d%02d", 26+r.IntN(40), 1+r.IntN(12), 1+r.IntN(28))
	one := "IDVNM" + doc + digit(doc) + number + "<<" + digit(number)
	two := birth + digit(birth) + []string{"M", "F"}[r.IntN(2)] + expiry + digit(expiry) + "VNM<<<<<<<<<<<"
	two += digit(one[5:30] + two[0:7] + two[8:15] + two[18:29])
	return []string{one, two, name}
}

// photographed gives the zone of a fictional card and what is read of its picture; see visiontest.Severities for how hard it is.
func photographed(t testing.TB, s visiontest.Severity, i int) (want []string, z *Zone, took time.Duration, err error) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(len(s.Name)), uint64(i)))
	want = fictional(t, r)
	card, err := visiontest.NewCard(visiontest.FontsOCRB, want...)
	if err != nil {
		t.Skip("the OCR-B font is not here: apt install fonts-ocr-b: ", err)
	}
	picture := card.Picture(r, s.MinInk+(s.MaxInk-s.MinInk)*r.Float64())
	m, err := vision.FromImage(visiontest.Photograph(r, picture, s, 1280, 720, r.IntN(4) == 0))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	begun := time.Now()
	z, err = Read(t.Context(), &m)
	return want, z, time.Since(begun), err
}

// TestGeneratedCards reads warped, shaded, blurred, noisy cards of three severities. KIOSK_CARDS says how many of each: 100 for
// the figures this package quotes; a few keep the tests short.
func TestGeneratedCards(t *testing.T) {
	count := 12
	if n, err := strconv.Atoi(os.Getenv("KIOSK_CARDS")); err == nil {
		count = n
	}
	lines, exact := 0, 0
	for _, s := range visiontest.Severities {
		good, valid, none := 0, 0, 0
		var sum time.Duration
		for i := range count {
			want, z, took, err := photographed(t, s, i)
			sum += took
			lines += 3
			if err != nil {
				none++
				continue
			}
			for k := range 3 {
				if len(z.Lines) == 3 && z.Lines[k] == want[k] {
					exact++
					good++
				}
			}
			if z.Valid {
				valid++
				if z.Lines[0] != want[0] || z.Lines[1] != want[1] {
					t.Errorf("%s card %d was accepted with something wrong", s.Name, i)
				}
			}
		}
		t.Logf("%s: %d of %d lines exact, %d of %d zones valid, %d not found, %v each",
			s.Name, good, 3*count, valid, count, none, (sum / time.Duration(count)).Round(time.Millisecond))
	}
	if exact < lines*95/100 {
		t.Errorf("%d of %d lines exact, want 95 %%", exact, lines)
	}
}
