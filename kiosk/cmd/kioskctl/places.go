package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/places"
)

func placesFind(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("places find", "NAME...")
	dir := fs.String("dir", "", "folder of provinces.json and communes.json")
	province := fs.String("province", "", "code of the province; empty for the whole country")
	limit := fs.Int("limit", 10, "how many results")
	operands, err := c.parse(fs, args, 1, -1)
	if err != nil {
		return c.usageExit(err)
	}
	p, err := places.Open(*dir)
	if err != nil {
		return c.fail(err)
	}
	found := p.Find(strings.Join(operands, " "), *province, *limit)
	code := exitGood
	if len(found) == 0 {
		code = exitRefused
	}
	return c.report(code, map[string]any{"results": emptyNotNil(found)}, func(w io.Writer) {
		for _, v := range found {
			fmt.Fprintln(w, placeLine(p, v))
		}
		if len(found) == 0 {
			fmt.Fprintln(w, "nothing found")
		}
	})
}

func emptyNotNil(list []kiosk.Place) []kiosk.Place {
	if list == nil {
		return []kiosk.Place{}
	}
	return list
}

// placeLine shows a unit with its province.
func placeLine(p *places.Places, v kiosk.Place) string {
	line := v.Code + "  " + v.Name
	if province, err := p.Place(v.Province); err == nil {
		line += ", " + province.Name
	}
	return line
}

func placesResolve(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("places resolve", "ADDRESS")
	dir := fs.String("dir", "", "folder of provinces.json and communes.json")
	operands, err := c.parse(fs, args, 1, -1)
	if err != nil {
		return c.usageExit(err)
	}
	p, err := places.Open(*dir)
	if err != nil {
		return c.fail(err)
	}
	line, communes, province := p.Resolve(strings.Join(operands, " "))
	code := exitGood
	switch {
	case province == nil:
		code = exitRefused
	case len(communes) != 1:
		code = exitUndetermined
	}
	return c.report(code, map[string]any{"line": line, "communes": emptyNotNil(communes), "province": province}, func(w io.Writer) {
		for _, v := range communes {
			fmt.Fprintln(w, placeLine(p, v))
		}
		switch {
		case province == nil:
			fmt.Fprintln(w, "the province is not known")
		case len(communes) == 0:
			fmt.Fprintf(w, "%s  %s; the commune is not known\n", province.Code, province.Name)
		}
	})
}
