// Command makestarter makes starter.json: the facts of the core procedures and of those named in words.txt, from a record file of
// the national portal, with this project's own short names, aliases, synonyms and matters settled elsewhere. It is run by hand when the facts or the words change:
//
//	go run ./kiosk/catalogue/makestarter -facts FILE
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/catalogue"
)

func main() {
	facts := flag.String("facts", "../shared/data/catalogue/catalogue.json", "the record file")
	dir := flag.String("dir", "kiosk/catalogue", "the folder of words.txt, synonyms.txt and starter.json")
	flag.Parse()
	if err := run(*facts, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "makestarter:", err)
		os.Exit(1)
	}
}

// inPerson are the procedures which nobody may file for another (Circular 04/2020/TT-BTP Art. 2): marriage, marriage again,
// recognition of parents and children, and a birth together with it.
var inPerson = []string{"1.000894", "1.004746", "1.001022", "1.000689"}

func run(facts, dir string) error {
	f := catalogue.File{Format: catalogue.Format, Redirects: map[string]string{}}
	words, err := lines(filepath.Join(dir, "words.txt"), "|", 3)
	if err != nil {
		return fmt.Errorf("read words: %w", err)
	}
	named := map[string]bool{}
	for _, row := range words {
		named[row[0]] = true
	}
	if f.Procedures, f.Date, err = procedures(facts, named); err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	f.Source = "facts of the national portal of public services; see package catalogue"
	if err := addWords(words, f.Procedures); err != nil {
		return fmt.Errorf("read words: %w", err)
	}
	for _, code := range inPerson {
		if p := f.Procedures[code]; p != nil {
			p.InPerson = true
		}
	}
	if f.Synonyms, f.Redirects, err = synonyms(filepath.Join(dir, "synonyms.txt")); err != nil {
		return fmt.Errorf("read synonyms: %w", err)
	}
	if f.Elsewhere, err = elsewhere(filepath.Join(dir, "elsewhere.txt")); err != nil {
		return fmt.Errorf("read elsewhere: %w", err)
	}
	data, err := f.Encode()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "starter.json"), data, 0o644)
}

// lines gives the lines of a hand-edited file without comments and blank ones, cut at sep into at least n parts.
func lines(path, sep string, n int) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all [][]string
	s := bufio.NewScanner(bytes.NewReader(data))
	for no := 1; s.Scan(); no++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, sep)
		if len(parts) < n {
			return nil, fmt.Errorf("%s line %d: %d parts, want %d", filepath.Base(path), no, len(parts), n)
		}
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		all = append(all, parts)
	}
	return all, s.Err()
}

// list cuts at semicolons and leaves out empty parts.
func list(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// addWords takes rows of "code | short name | alias; alias".
func addWords(rows [][]string, all map[string]*kiosk.Procedure) error {
	var errs []error
	for _, row := range rows {
		p := all[row[0]]
		if p == nil {
			errs = append(errs, fmt.Errorf("no procedure %s", row[0]))
			continue
		}
		p.Short, p.Aliases = row[1], list(row[2])
	}
	return errors.Join(errs...)
}

// elsewhere reads "topic | who settles it | who did before the reform | how to go about it | phrase; phrase".
func elsewhere(path string) ([]catalogue.Elsewhere, error) {
	rows, err := lines(path, "|", 5)
	if err != nil {
		return nil, err
	}
	var all []catalogue.Elsewhere
	for _, row := range rows {
		all = append(all, catalogue.Elsewhere{
			Elsewhere: kiosk.Elsewhere{Topic: row[0], Unit: row[1], Was: row[2], Note: row[3]}, Phrases: list(row[4]),
		})
	}
	return all, nil
}

// synonyms reads "official words = phrase; phrase" and "old code -> code".
func synonyms(path string) (syn, redirects map[string]string, err error) {
	syn, redirects = map[string]string{}, map[string]string{}
	rows, err := lines(path, "\n", 1)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		if from, to, ok := strings.Cut(row[0], "->"); ok {
			redirects[strings.TrimSpace(from)] = strings.TrimSpace(to)
			continue
		}
		official, phrases, ok := strings.Cut(row[0], "=")
		if !ok {
			return nil, nil, fmt.Errorf("%q has no =", row[0])
		}
		for _, p := range list(phrases) {
			if syn[p] != "" {
				return nil, nil, fmt.Errorf("%q stands twice", p)
			}
			syn[p] = strings.TrimSpace(official)
		}
	}
	return syn, redirects, nil
}
