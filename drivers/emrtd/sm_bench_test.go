package emrtd

import (
	"bytes"
	"fmt"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
)

// The sizes of a piece of a file: a short response under AES, and an extended one.
var pieceSizes = []int{223, 2048}

// BenchmarkSMRead is secure messaging's share of one READ BINARY: wrap the command, unwrap the answer. The whole of ours must stay
// below 100 µs per APDU, public-key work apart.
func BenchmarkSMRead(b *testing.B) {
	for _, alg := range algorithms {
		for _, n := range pieceSizes {
			b.Run(fmt.Sprintf("%s/%d", alg, n), func(b *testing.B) {
				term, chip := pairOf(b, alg)
				data := bytes.Repeat([]byte{0xA5}, n)
				cmd := apdu.Command{INS: 0xB0, P1: 1, Ne: n}
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					copy(chip.ssc, term.ssc)
					chip.count()
					r := chip.protect(b, apdu.Response{Data: data, SW: apdu.StatusOK}, false)
					b.StartTimer()
					if _, err := term.wrap(cmd); err != nil {
						b.Fatal(err)
					}
					if _, err := term.unwrap(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSMWrap protects a command with data: SELECT, and the longest piece of a chain.
func BenchmarkSMWrap(b *testing.B) {
	for _, n := range []int{2, 223, 2048} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			term, _ := pairOf(b, icao.AES128)
			cmd := apdu.Command{INS: 0xA4, Data: make([]byte, n)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := term.wrap(cmd); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
