// Command train makes the network of package ocrb from the OCR-B font: cells of rendered lines, small and large, blurred, noisy,
// shifted, turned, in all light, and the smallest network that tells them apart.
//
//	train -out weights.bin [-font /usr/share/fonts/opentype/ocr-b] [-samples 400000] [-seed 1]
//
// It takes minutes and gives the same network for the same seed and number of processors.
package main

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"

	"motcua/vision/ocrb"
)

func main() {
	out := flag.String("out", "weights.bin", "where to write the network")
	fonts := flag.String("font", "/usr/share/fonts/opentype/ocr-b", "folder of the OCR-B fonts (package fonts-ocr-b)")
	samples := flag.Int("samples", 400_000, "cells to learn from")
	seed := flag.Uint64("seed", 1, "of everything random")
	flag.Parse()
	if err := run(*out, *fonts, *samples, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

// batch is the number of cells between two steps.
const batch = 64

func run(out, fonts string, samples int, seed uint64) error {
	press, err := newPress(fonts)
	if err != nil {
		return err
	}
	n := newNet(rand.New(rand.NewPCG(seed, 0)))
	opt := newAdam(n)
	steps := samples / batch
	right, seen := 0, 0
	for step := range steps {
		g, ok := gradient(n, press, seed, uint64(step))
		right, seen = right+ok, seen+batch
		rate := .003 * .5 * (1 + math.Cos(math.Pi*float64(step)/float64(steps)))
		opt.step(n, g, rate)
		if step%200 == 199 || step == steps-1 {
			fmt.Printf("\r%d of %d cells, %.2f %% right of the last %d ", (step+1)*batch, samples, 100*float64(right)/float64(seen), seen)
			right, seen = 0, 0
		}
	}
	fmt.Println()
	final, err := ocrb.LoadNet(n.Bytes()) // as it will be used, in half precision
	if err != nil {
		return err
	}
	fmt.Printf("of 20,000 new cells %.3f %% right\n", 100*accuracy(final, press, seed+1, 20_000))
	return os.WriteFile(out, final.Bytes(), 0o644)
}

// gradient gives the sum over one batch, and how many cells were right.
func gradient(n *ocrb.Net, press *press, seed, step uint64) (*ocrb.Net, int) {
	workers := runtime.GOMAXPROCS(0)
	grads, rights := make([]*ocrb.Net, workers), make([]int, workers)
	var wg sync.WaitGroup
	for w := range workers {
		grads[w] = &ocrb.Net{}
		wg.Go(func() {
			var work ocrb.Work
			for i := w; i < batch; i += workers {
				r := rand.New(rand.NewPCG(seed, step*batch+uint64(i)+1))
				class := press.cell(r, &work.In)
				work.Normalise()
				n.Classify(&work)
				if best(&work) == class {
					rights[w]++
				}
				backward(n, grads[w], &work, class)
			}
		})
	}
	wg.Wait()
	right := rights[0]
	for w := 1; w < workers; w++ {
		add(grads[0], grads[w])
		right += rights[w]
	}
	return grads[0], right
}

func best(w *ocrb.Work) (class int) {
	for i, p := range w.Out {
		if p > w.Out[class] {
			class = i
		}
	}
	return class
}

func accuracy(n *ocrb.Net, press *press, seed uint64, count int) float64 {
	right := 0
	var work ocrb.Work
	for i := range count {
		class := press.cell(rand.New(rand.NewPCG(seed, uint64(i))), &work.In)
		work.Normalise()
		n.Classify(&work)
		if best(&work) == class {
			right++
		}
	}
	return float64(right) / float64(count)
}
