package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
	"motcua/kiosk/calendar"
	"motcua/kiosk/catalogue"
	"motcua/kiosk/provision"
)

// importAnswer is what is printed after an import.
type importAnswer struct {
	Imported   int          `json:"imported"`
	Rejected   []rejected   `json:"rejected"`
	Incomplete []incomplete `json:"incomplete"` // imported, but silent about statutory parts
	Out        string       `json:"out"`
}

type rejected struct {
	File string `json:"file"`
	catalogue.Rejected
}

type incomplete struct {
	Code    string       `json:"code"`
	Missing []kiosk.Part `json:"missing"`
}

func catalogueImport(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("catalogue import", "FILE...")
	var shelf shelfOptions
	shelf.flags(fs, false)
	base := fs.String("base", "", "catalogue file that the records are added to; empty for the starter, none for an empty one")
	out := fs.String("out", "", "where the catalogue file goes")
	operands, err := c.parse(fs, args, 1, -1)
	if err != nil {
		return c.usageExit(err)
	}
	first, err := readInput(operands[0])
	if err != nil {
		return c.fail(err)
	}
	if bundle.Is(first) || strings.EqualFold(filepath.Ext(operands[0]), ".bundle") {
		return c.install(shelf, first)
	}
	if *out == "" {
		return c.usageError("-out is missing: it names the catalogue file to write")
	}
	f, err := baseFile(*base)
	if err != nil {
		return c.fail(err)
	}
	a := importAnswer{Rejected: []rejected{}, Incomplete: []incomplete{}, Out: *out}
	for _, path := range operands {
		if err := a.read(f, path); err != nil {
			return c.fail(err)
		}
	}
	f.Date = time.Now().In(calendar.Zone).Format(time.DateOnly)
	data, err := f.Encode()
	if err == nil {
		err = provision.WriteFile(*out, data, 0o644)
	}
	if err != nil {
		return c.fail(err)
	}
	code := exitGood
	if len(a.Rejected) > 0 {
		code = exitRefused
	}
	return c.report(code, a, a.print)
}

// baseFile gives the file that records are added to.
func baseFile(path string) (*catalogue.File, error) {
	switch path {
	case "":
		return catalogue.StarterFile()
	case "none":
		f, err := catalogue.StarterFile()
		if err != nil {
			return nil, err
		}
		return &catalogue.File{
			Format: f.Format, Source: "imported", Procedures: map[string]*kiosk.Procedure{}, Redirects: map[string]string{}, Synonyms: f.Synonyms, Elsewhere: f.Elsewhere,
		}, nil
	}
	data, err := readInput(path)
	if err != nil {
		return nil, err
	}
	return catalogue.ParseFile(path, data)
}

// read adds the records of one file.
func (a *importAnswer) read(f *catalogue.File, path string) error {
	data, err := readInput(path)
	if err != nil {
		return err
	}
	var im *catalogue.Import
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		im, err = catalogue.ReadNational(path, data)
	case ".csv":
		im, err = catalogue.ReadCSV(path, data)
	case ".xlsx":
		im, err = catalogue.ReadXLSX(path, data)
	default:
		return kiosk.Errorf(kiosk.CodeBadInput, "read records", "name files .json, .csv or .xlsx after what they hold", "%s is of no known kind", filepath.Base(path))
	}
	if err != nil {
		return err
	}
	for _, r := range im.Rejected {
		a.Rejected = append(a.Rejected, rejected{filepath.Base(path), r})
	}
	codes := make([]string, 0, len(im.Procedures))
	for code := range im.Procedures {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		if missing := im.Procedures[code].Missing(); missing != nil {
			a.Incomplete = append(a.Incomplete, incomplete{code, missing})
		}
	}
	a.Imported += len(codes)
	f.Merge(im)
	return nil
}

func (a importAnswer) print(w io.Writer) {
	for _, r := range a.Rejected {
		fmt.Fprintf(w, "%s: %s: %s\n", r.File, r.Where, r.Reason)
	}
	fmt.Fprintf(w, "%d imported, %d rejected, %d without all statutory parts; %s is written\n", a.Imported, len(a.Rejected), len(a.Incomplete), a.Out)
}

func catalogueExport(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("catalogue export", "")
	var sign signOptions
	sign.flags(fs)
	file := fs.String("file", "", "catalogue file; empty for the starter catalogue")
	form := fs.String("form", "json", "json, csv, html (a listing that prints on A4), bundle (signed)")
	var office catalogue.Office
	fs.StringVar(&office.Name, "office", "", "html: the office that posts the listing")
	fs.StringVar(&office.Hotline, "hotline", "", "html: its telephone number")
	fs.StringVar(&sign.out, "out", "", "where it goes")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if sign.out == "" || *form == "bundle" && sign.key == "" {
		return c.usageError("-out is missing, or -key for a bundle")
	}
	f, err := baseFile(*file)
	if err == nil {
		err = export(f, *form, office, sign)
	}
	if err != nil {
		return c.fail(err)
	}
	n := len(f.Procedures)
	return c.report(exitGood, map[string]any{"count": n, "form": *form, "out": sign.out}, func(w io.Writer) {
		fmt.Fprintf(w, "%d procedures are in %s\n", n, sign.out)
	})
}

func export(f *catalogue.File, form string, office catalogue.Office, sign signOptions) error {
	data, err := f.Encode()
	if err != nil {
		return err
	}
	var b strings.Builder
	switch form {
	case "json":
		return provision.WriteFile(sign.out, data, 0o644)
	case "bundle":
		return sign.write(bundle.KindCatalogue, data)
	case "csv":
		err = catalogue.WriteCSV(&b, f.Procedures)
	case "html":
		var cat *catalogue.Catalogue
		if cat, err = catalogue.Parse("export", data); err == nil {
			err = cat.WriteListing(&b, office)
		}
	default:
		return kiosk.Errorf(kiosk.CodeBadInput, "export the catalogue", "use -form json, csv, html or bundle", "there is no form %q", form)
	}
	if err != nil {
		return err
	}
	return provision.WriteFile(sign.out, []byte(b.String()), 0o644)
}
