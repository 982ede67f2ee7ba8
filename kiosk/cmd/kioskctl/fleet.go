package main

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/config"
)

// The limits of a fleet's file.
const (
	maxFleet = 4 << 20 // bytes: some ten thousand kiosks
	maxCA    = 64 << 10
)

// fleetColumns are the columns of a fleet's file: the keys of provision.toml.
var fleetColumns = []string{"name", "commune", "hotline", "office", "ca", "word", "pin"}

// fleetRow gives one kiosk of a fleet, by the number of its row (from 1, the names of the columns not counted) or by its name. No error
// quotes a word or a PIN. Errors: config_invalid.
func fleetRow(path, which string) (config.Boot, error) {
	fault := func(hint, format string, args ...any) (config.Boot, error) {
		return config.Boot{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "read the fleet's file", hint, format, args...)
	}
	f, err := os.Open(path)
	if err != nil {
		return fault("name it with -fleet", "%w", err)
	}
	defer f.Close()
	r := csv.NewReader(io.LimitReader(f, maxFleet))
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		var e *csv.ParseError
		if errors.As(err, &e) {
			return fault("put texts with commas or quotation marks between quotation marks", "line %d: %w", e.Line, e.Err)
		}
		return fault("is this the right file?", "%w", err)
	}
	if len(rows) < 2 {
		return fault("its first row names the columns: "+strings.Join(fleetColumns, ", "), "it has no kiosk")
	}
	head := rows[0]
	head[0] = strings.TrimPrefix(head[0], "\ufeff") // spreadsheets put it there
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
		if !slices.Contains(fleetColumns, head[i]) || slices.Contains(head[:i], head[i]) {
			return fault("the columns are "+strings.Join(fleetColumns, ", ")+", each once", "column %d is not one of them", i+1)
		}
	}
	value := func(row []string, name string) string {
		if i := slices.Index(head, name); i >= 0 {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	rows = rows[1:]
	at, err := strconv.Atoi(which)
	if err != nil {
		named := func(row []string) bool { return value(row, "name") == which }
		at = slices.IndexFunc(rows, named) + 1
		if at > 0 && slices.ContainsFunc(rows[at:], named) {
			return fault("give each kiosk its own name", "two rows are named %s", which)
		}
	}
	if at < 1 || at > len(rows) {
		return fault("name a row from 1 to "+strconv.Itoa(len(rows))+", or a kiosk's name", "there is no row %s", which)
	}
	row := rows[at-1]
	b := config.Boot{
		Name: value(row, "name"), Commune: value(row, "commune"), Hotline: value(row, "hotline"),
		Office: value(row, "office"), CA: value(row, "ca"), Word: value(row, "word"), PIN: value(row, "pin"),
	}
	if !strings.Contains(b.CA, "-----BEGIN") && b.CA != "" {
		ca, err := readLimited(filepath.Join(filepath.Dir(path), b.CA), maxCA)
		if err != nil {
			return fault("the column ca names the office's ca.crt, beside this file", "row %d: %w", at, err)
		}
		b.CA = string(ca)
	}
	if _, err := b.Write(); err != nil {
		return config.Boot{}, err
	}
	return b, nil
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("it is too long")
	}
	return data, err
}
