package emrtd

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"strings"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
)

// recordPACE runs PACE once against the simulated chip, and gives what is needed to run the terminal's side of it again: the
// random bytes it drew and the chip's answers.
func recordPACE(b *testing.B, card *emrtdtest.Card, v *paceVariant) (random []byte, answers [][]byte) {
	b.Helper()
	c := insert(b, card, emrtdtest.Options{})
	var drawn bytes.Buffer
	ch := &channel{card: extendedReader{&handler{answer: func(cmd []byte) ([]byte, error) {
		r, err := c.Transmit(context.Background(), cmd)
		answers = append(answers, bytes.Clone(r))
		return r, err
	}}}}
	if _, err := pace(context.Background(), ch, v, canOf(card), io.TeeReader(rand.Reader, &drawn)); err != nil {
		b.Fatal(err)
	}
	return drawn.Bytes(), answers
}

// BenchmarkPACE is the terminal's whole share of PACE, one line for every mapping and every curve or group with AES-128, and beside
// it the whole protocol with the simulated chip, which computes the other half with math/big: what is over is math/big's.
func BenchmarkPACE(b *testing.B) {
	simulated, _ := universal(b)
	for _, info := range everyPACE() {
		if info.Protocol[len(info.Protocol)-1] != 2 {
			continue
		}
		v, err := variantOf(info)
		if err != nil {
			b.Fatal(err)
		}
		v.state = true
		random, answers := recordPACE(b, simulated, v)
		name := strings.NewReplacer(" ", "/", "/", "-").Replace(v.name)
		b.Run(name+"/terminal", func(b *testing.B) {
			for b.Loop() {
				next := 0
				card := extendedReader{&handler{answer: func([]byte) ([]byte, error) { next++; return answers[next-1], nil }}}
				if _, err := pace(context.Background(), &channel{card: card}, v, canOf(simulated), bytes.NewReader(random)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/with-math-big-chip", func(b *testing.B) {
			for b.Loop() {
				if _, err := pace(context.Background(), &channel{card: insert(b, simulated, emrtdtest.Options{})}, v, canOf(simulated), rand.Reader); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
