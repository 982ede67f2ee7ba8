package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"motcua/kiosk"
	"motcua/vision/face"
)

// evalFlags are the flags of face eval.
type evalFlags struct {
	models, pairs, root string
	svg, md             string
	opts                face.EvalOpts
}

// faceEval is `kioskctl face eval -pairs FILE -root DIR`: error rates of the recogniser over a pair list, with a chart and a
// page when files for them are named.
func faceEval(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("face eval", "-pairs FILE -root DIR")
	var f evalFlags
	fs.StringVar(&f.models, "models", "", "folder of models")
	fs.StringVar(&f.pairs, "pairs", "", "pair list: file TAB file TAB 1|0 on each line")
	fs.StringVar(&f.root, "root", "", "folder that the list's files lie in")
	fs.StringVar(&f.svg, "svg", "", "write a chart of false rejects over false accepts (DET) to this file")
	fs.StringVar(&f.md, "md", "", "write a page with tables to this file")
	fs.StringVar(&f.opts.Condition, "condition", "", "also put the second picture of each pair through one of: "+face.ConditionNames())
	fs.BoolVar(&f.opts.Cross, "cross", false, "pair every two pictures of the list; files are named PERSON_NUMBER")
	fs.BoolFunc("flip", "describe each face mirrored as well, or not with -flip=false (default as the manifest says)", func(v string) error {
		on := v != "false"
		f.opts.Flip = &on
		return nil
	})
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if f.pairs == "" || f.root == "" {
		return c.usageError("-pairs and -root are needed")
	}
	if known := strings.Split(face.ConditionNames(), ", "); f.opts.Condition != "" && !slices.Contains(known, f.opts.Condition) {
		return c.usageError("-condition %q is none of %s", f.opts.Condition, face.ConditionNames())
	}
	m := newMeter(c)
	f.opts.Progress = m.pictures
	r, err := f.eval(ctx)
	m.clear()
	if err == nil {
		err = f.write(&r)
	}
	if err != nil {
		return c.fail(err)
	}
	return c.report(exitGood, r, func(w io.Writer) { evalText(w, &r) })
}

// pictures shows how many pictures were looked at.
func (m *meter) pictures(done, of int) {
	m.show(kiosk.ChipProgress{Done: done, Total: of, File: "pictures"})
}

func (f *evalFlags) eval(ctx context.Context) (face.Report, error) {
	list, err := os.Open(f.pairs)
	if err != nil {
		return face.Report{}, kiosk.Errorf(kiosk.CodeBadInput, "open pair list", "check -pairs", "%w", err)
	}
	defer list.Close()
	pairs, err := face.ReadPairs(list)
	if err != nil {
		return face.Report{}, err
	}
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return face.Report{}, kiosk.Errorf(kiosk.CodeBadInput, "open folder of pictures", "check -root", "%w", err)
	}
	defer root.Close()
	e, err := face.Open(f.models)
	if err != nil {
		return face.Report{}, err
	}
	defer e.Close()
	return e.Eval(ctx, root, pairs, f.opts)
}

// write writes the chart and the page.
func (f *evalFlags) write(r *face.Report) error {
	var chart, page bytes.Buffer
	if err := face.DET(&chart, "False rejects over false accepts", r.Curves()); err != nil {
		return err
	}
	name := ""
	if f.svg != "" {
		name = filepath.Base(f.svg)
	}
	if err := r.Page(&page, name); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		data []byte
	}{{f.svg, chart.Bytes()}, {f.md, page.Bytes()}} {
		if x.name == "" {
			continue
		}
		if err := os.WriteFile(x.name, x.data, 0o644); err != nil { //nolint:gosec // a page for everybody
			return kiosk.Errorf(kiosk.CodeBadInput, "write the result", "name a file in a folder that exists", "%w", err)
		}
	}
	return nil
}

// evalText prints a report for people.
func evalText(w io.Writer, r *face.Report) {
	fmt.Fprintf(w, "%d pictures of %d persons: %d without a face, %d without an embedding\n", r.Pictures, r.People, r.FailedToDetect, r.FailedToAcquire)
	fmt.Fprintf(w, "%d pairs: %d genuine (mean %.3f), %d impostor (mean %.3f)\n", r.Pairs, r.Genuine, r.GenuineMean, r.Impostor, r.ImpostorMean)
	ratesText(w, &r.Rates)
	shippedText(w, r.Shipped)
	if c := r.Condition; c != nil {
		fmt.Fprintf(w, "against %s (%s): %d without a face\n", c.Name, c.Text, c.FailedToDetect)
		ratesText(w, &c.Rates)
		for _, far := range face.FARs {
			fmt.Fprintf(w, "  false accepts %s: %.2f points fewer true accepts, %.2f at the threshold of the pictures as they are\n",
				far, 100*c.Drop[far], 100*c.FixedDrop[far])
		}
		shippedText(w, c.Shipped)
	}
	if f := r.Fusion; f != nil {
		fmt.Fprintf(w, "of %d persons with several pictures, up to %d together (one picture of the same: EER %.2f %%", f.People, f.Images, 100*f.One.EER)
		for _, far := range face.FARs {
			fmt.Fprintf(w, ", %.4f @ %s", f.One.TARAtFAR[far], far)
		}
		fmt.Fprintln(w, "):")
		ratesText(w, &f.Fused)
	}
}

func ratesText(w io.Writer, r *face.Rates) {
	fmt.Fprintf(w, "  equal error rate %.2f %% (95 %%: %.2f to %.2f)\n", 100*r.EER, 100*r.EERInterval[0], 100*r.EERInterval[1])
	for _, far := range face.FARs {
		i, b := r.TARInterval[far], r.TARBootstrap[far]
		fmt.Fprintf(w, "  false accepts %s: true accepts %.4f (95 %%: pairs %.4f to %.4f, persons %.4f to %.4f) at threshold %.3f\n",
			far, r.TARAtFAR[far], i[0], i[1], b[0], b[1], r.ThresholdAtFAR[far])
	}
	if len(r.Unresolved) > 0 {
		fmt.Fprintf(w, "  too few impostor pairs to resolve %s\n", strings.Join(r.Unresolved, ", "))
	}
}

func shippedText(w io.Writer, rows []face.Shipped) {
	for _, s := range rows {
		fmt.Fprintf(w, "  at the manifest's %.3f (%s, %s): false accepts %.5f, true accepts %.4f\n", s.Threshold, s.Population, s.For, s.FAR, s.TAR)
	}
}
