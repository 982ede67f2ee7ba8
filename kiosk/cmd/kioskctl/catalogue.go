package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/catalogue"
)

// catalogueFile adds the flag that names the catalogue.
func (c *console) catalogueFile(name, operands string) (open func() (*catalogue.Catalogue, error), parse func(args []string, atLeast, atMost int) ([]string, error), limit *int, field *string) {
	fs := c.flags(name, operands)
	file := fs.String("file", "", "catalogue file; empty for the starter catalogue")
	limit, field = new(int), new(string)
	switch name {
	case "catalogue search":
		fs.IntVar(limit, "limit", 10, "how many results")
	case "catalogue list":
		fs.StringVar(field, "field", "", "only this field")
	}
	return func() (*catalogue.Catalogue, error) { return catalogue.Open(*file) },
		func(args []string, atLeast, atMost int) ([]string, error) { return c.parse(fs, args, atLeast, atMost) }, limit, field
}

// found is one result as it is printed.
type found struct {
	Code  string  `json:"code"`
	Name  string  `json:"name"`
	Title string  `json:"title"`
	Field string  `json:"field"`
	Score float64 `json:"score"`
}

func catalogueSearch(_ context.Context, c *console, args []string) exitCode {
	open, parse, limit, _ := c.catalogueFile("catalogue search", "WORDS...")
	operands, err := parse(args, 1, -1)
	if err != nil {
		return c.usageExit(err)
	}
	cat, err := open()
	if err != nil {
		return c.fail(err)
	}
	s := cat.Search(strings.Join(operands, " "), *limit)
	out := searchAnswer{
		Confident: s.Confident, AskBack: s.AskBack, Twins: s.Twins, Topic: s.Topic, Elsewhere: s.Elsewhere, Replaced: s.Replaced,
		Version: cat.Version(), Results: []found{},
	}
	for _, h := range s.Hits {
		out.Results = append(out.Results, found{h.Procedure.Code, h.Procedure.Name, h.Procedure.Title(), h.Procedure.Field, h.Score})
	}
	code := exitGood
	if len(out.Results) == 0 && s.Elsewhere == nil {
		code = exitRefused
	}
	return c.report(code, out, out.print)
}

// searchAnswer is what is printed for a query.
type searchAnswer struct {
	Confident bool             `json:"confident"`
	AskBack   bool             `json:"ask_back"`
	Twins     int              `json:"twins,omitempty"` // the first so many results are the choices
	Topic     string           `json:"topic,omitempty"` // what they have in common
	Elsewhere *kiosk.Elsewhere `json:"elsewhere,omitempty"`
	Replaced  string           `json:"replaced,omitempty"` // the dead code that was asked for
	Version   string           `json:"version"`
	Results   []found          `json:"results"`
}

func (a searchAnswer) print(w io.Writer) {
	if e := a.Elsewhere; e != nil {
		fmt.Fprintf(w, "not here: %s: %s%s\n", e.Topic, e.Unit, before(e.Was))
	}
	if a.Replaced != "" {
		fmt.Fprintf(w, "%s was replaced\n", a.Replaced)
	}
	for _, r := range a.Results {
		fmt.Fprintf(w, "%.3f  %s  %s\n", r.Score, r.Code, r.Title)
	}
	switch {
	case len(a.Results) == 0:
		fmt.Fprintln(w, "nothing found")
	case a.AskBack:
		fmt.Fprintf(w, "the first %d are near twins: ask back\n", a.Twins)
	case !a.Confident:
		fmt.Fprintln(w, "not sure")
	}
}

func before(unit string) string {
	if unit == "" {
		return ""
	}
	return " (before 01/07/2025: " + unit + ")"
}

func catalogueShow(_ context.Context, c *console, args []string) exitCode {
	open, parse, _, _ := c.catalogueFile("catalogue show", "CODE")
	operands, err := parse(args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	cat, err := open()
	if err != nil {
		return c.fail(err)
	}
	p, err := cat.Procedure(operands[0])
	if err != nil {
		return c.fail(err)
	}
	return c.report(exitGood, p, func(w io.Writer) { showProcedure(w, p) })
}

func showProcedure(w io.Writer, p *kiosk.Procedure) {
	fmt.Fprintf(w, "%s  %s\n%s\nLĩnh vực: %s · %s\n", p.Code, p.Title(), p.Name, p.Field, p.Ministry)
	for _, way := range p.Ways {
		fmt.Fprintf(w, "%-8s thời hạn: %s; phí, lệ phí: %s\n", way.Channel, catalogue.TimeText(way.Duration, way.Unit), catalogue.FeeText(way.Fees))
	}
	if len(p.Ways) == 0 {
		fmt.Fprintf(w, "thời hạn: %s; phí, lệ phí: %[1]s\n", catalogue.Unknown)
	}
	for _, paper := range p.Papers {
		fmt.Fprintf(w, "- %s (bản chính %d, bản sao %d)\n", paper.Name, paper.Original, paper.Copy)
	}
	for _, r := range p.Results {
		fmt.Fprintf(w, "→ %s\n", r.Name)
	}
}

func catalogueList(_ context.Context, c *console, args []string) exitCode {
	open, parse, _, field := c.catalogueFile("catalogue list", "")
	if _, err := parse(args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	cat, err := open()
	if err != nil {
		return c.fail(err)
	}
	type entry struct {
		Code  string `json:"code"`
		Title string `json:"title"`
	}
	type group struct {
		Field      string  `json:"field"`
		Procedures []entry `json:"procedures"`
	}
	out := struct {
		Version string  `json:"version"`
		Count   int     `json:"count"`
		Fields  []group `json:"fields"`
	}{cat.Version(), cat.Count(), []group{}}
	for _, name := range cat.Fields() {
		if *field != "" && catalogue.Fold(*field) != catalogue.Fold(name) {
			continue
		}
		g := group{Field: name}
		for _, p := range cat.InField(name) {
			g.Procedures = append(g.Procedures, entry{p.Code, p.Title()})
		}
		out.Fields = append(out.Fields, g)
	}
	if *field != "" && len(out.Fields) == 0 {
		return c.usageError("no field is called %q", *field)
	}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "version %s, %d procedures\n", out.Version, out.Count)
		for _, g := range out.Fields {
			fmt.Fprintf(w, "\n%s (%d)\n", g.Field, len(g.Procedures))
			for _, e := range g.Procedures {
				fmt.Fprintf(w, "  %s  %s\n", e.Code, e.Title)
			}
		}
	})
}
