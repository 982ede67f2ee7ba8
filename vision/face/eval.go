package face

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// maxPairs bounds a pair list.
const maxPairs = 2_000_000

// Pair is one line of a pair list: two picture files and whether they show the same person. B is the one that takes the place
// of the chip's photo.
type Pair struct {
	A, B string
	Same bool
}

// ReadPairs reads a pair list: lines of "file TAB file TAB 1|0"; lines beginning with # are comments. Errors: bad_input.
func ReadPairs(r io.Reader) ([]Pair, error) {
	var out []Pair
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimRight(sc.Text(), "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 || f[0] == "" || f[1] == "" || (f[2] != "0" && f[2] != "1") || len(out) == maxPairs {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, "read pair list", "each line: file TAB file TAB 1 or 0", "line %d", n)
		}
		out = append(out, Pair{f[0], f[1], f[2] == "1"})
	}
	if err := sc.Err(); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read pair list", "each line: file TAB file TAB 1 or 0", "%w", err)
	}
	return out, nil
}

// EvalOpts say how the pictures of a list are looked at.
type EvalOpts struct {
	Condition string // name of one of [Conditions] that the second picture of each pair is put through; "" for none
	Flip      *bool  // overrides whether a picture is also described mirrored; nil: as the recogniser's manifest says
	Cross     bool   // every two pictures of the list are a pair, persons being told by file names
	Workers   int    // pictures at a time; default: as many as there are processors
	Progress  func(done, of int)
}

// Eval compares the pairs, whose files lie below root, and gives the error rates. Each picture is read and described once.
// While it runs, OpenCV uses one thread for each picture. Errors: ctx's, bad_input, model_missing.
func (e *Engine) Eval(ctx context.Context, root *os.Root, pairs []Pair, opts EvalOpts) (Report, error) {
	var cond *Condition
	if opts.Condition != "" {
		if cond = conditionOf(opts.Condition); cond == nil {
			return Report{}, kiosk.Errorf(kiosk.CodeBadInput, "choose condition", "one of "+ConditionNames(), "no condition %q", opts.Condition)
		}
	}
	people := identify(pairs)
	if opts.Cross {
		if !people.named {
			return Report{}, kiosk.Errorf(kiosk.CodeBadInput, "pair all pictures", "name files PERSON_NUMBER.jpg, or leave -cross away",
				"the file names do not tell the persons that the list does")
		}
		if n := len(people.names); n*(n-1)/2 > maxPairs {
			return Report{}, kiosk.Errorf(kiosk.CodeBadInput, "pair all pictures", "use fewer pictures", "%d pictures make more than %d pairs", n, maxPairs)
		}
		pairs = people.cross()
	}
	seen, err := e.describeAll(ctx, root, people.names, cond, opts)
	if err != nil {
		return Report{}, err
	}
	flip := e.rec.pre.Flip
	if opts.Flip != nil {
		flip = *opts.Flip
	}
	return report(e, pairs, people, seen, cond, flip, opts.Cross), nil
}

// seen is what was made of one picture.
type seen struct {
	plain, changed  Embedding // nil: not described; changed is under the condition
	noFace, noLook  bool      // decoded but no face found; not decoded or not described
	changedFaceless bool      // no face found under the condition
}

// describeAll looks at every picture once, with as many engines as workers.
func (e *Engine) describeAll(ctx context.Context, root *os.Root, names []string, cond *Condition, opts EvalOpts) (map[string]seen, error) {
	workers := opts.Workers
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	engines, err := e.crew(min(workers, max(len(names), 1)), opts.Flip)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, w := range engines {
			_ = w.Close() // each is a copy of its own
		}
	}()
	was := vision.Threads()
	vision.SetThreads(1)
	defer vision.SetThreads(was)
	return gather(ctx, engines, names, opts.Progress, func(w *Engine, name string) (seen, error) {
		data, err := readBelow(root, name)
		if err != nil {
			return seen{}, kiosk.Errorf(kiosk.CodeBadInput, "read picture", "check -root and the pair list", "%w", err)
		}
		return w.look(data, cond), nil
	})
}

// crew gives n engines with networks of their own, because one network takes one picture at a time.
func (e *Engine) crew(n int, flip *bool) (out []*Engine, err error) {
	for range n {
		w, err := e.again()
		if err != nil {
			for _, o := range out {
				_ = o.Close()
			}
			return nil, err
		}
		if flip != nil {
			w.rec.pre.Flip = *flip
		}
		out = append(out, w)
	}
	return out, nil
}

// gather shares the names among the engines; the first error ends it.
func gather(ctx context.Context, engines []*Engine, names []string, progress func(done, of int),
	look func(*Engine, string) (seen, error),
) (map[string]seen, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan string)
	out := make(map[string]seen, len(names))
	var mu sync.Mutex
	var crew sync.WaitGroup
	for _, w := range engines {
		crew.Go(func() {
			for name := range jobs {
				s, err := look(w, name)
				if err != nil {
					cancel(err)
					continue
				}
				mu.Lock()
				out[name] = s
				if progress != nil {
					progress(len(out), len(names))
				}
				mu.Unlock()
			}
		})
	}
feed:
	for _, name := range names {
		select {
		case jobs <- name:
		case <-ctx.Done():
			break feed
		}
	}
	close(jobs)
	crew.Wait()
	return out, context.Cause(ctx)
}

// look describes a picture as it is, and as the condition makes it.
func (e *Engine) look(data []byte, cond *Condition) (s seen) {
	m, err := vision.Decode(data)
	if err != nil {
		s.noLook = true
		return s
	}
	defer m.Close()
	f, err := e.middle(&m)
	if err != nil {
		s.noFace, s.noLook = errors.Is(err, ErrNoFace), !errors.Is(err, ErrNoFace)
		return s
	}
	if s.plain, _, err = e.Describe(&m, f); err != nil {
		s.noLook = true
		return s
	}
	if cond != nil {
		if s.changed, err = e.under(&m, f, cond); err != nil {
			s.changedFaceless = true
		}
	}
	return s
}

// under describes a picture as a condition makes it. The face is looked for anew.
func (e *Engine) under(m *gocv.Mat, f *Face, cond *Condition) (Embedding, error) {
	data, err := cond.make(m, f)
	if err != nil {
		return nil, err
	}
	return e.Central(data)
}

func readBelow(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, vision.MaxBytes+1))
	if err == nil && len(data) > vision.MaxBytes {
		err = fmt.Errorf("%w: too many bytes", vision.ErrPicture)
	}
	return data, err
}
