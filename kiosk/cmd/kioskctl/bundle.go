package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
	"motcua/kiosk/calendar"
	"motcua/kiosk/daemon"
	"motcua/kiosk/provision"
)

// readInput reads a file that a command was given, within a bundle's limit.
func readInput(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, badInput(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, bundle.MaxSize+1))
	if err == nil && len(data) > bundle.MaxSize {
		err = fmt.Errorf("%s is longer than %d MiB", filepath.Base(path), bundle.MaxSize>>20)
	}
	if err != nil {
		return nil, badInput(err)
	}
	return data, nil
}

func badInput(err error) error {
	return kiosk.Errorf(kiosk.CodeBadInput, "read a file", "give a file that is there and readable", "%w", err)
}

// signOptions is how a bundle is to be made.
type signOptions struct {
	key, from, until, out string
	serial                int64
}

func (o *signOptions) flags(fs *flag.FlagSet) {
	fs.StringVar(&o.key, "key", "", "Ed25519 private key (PEM) that signs the bundle")
	fs.Int64Var(&o.serial, "serial", 0, "serial number of the bundle, higher than the one before")
	fs.StringVar(&o.from, "from", time.Now().In(calendar.Zone).Format(time.DateOnly), "first day in force, yyyy-mm-dd")
	fs.StringVar(&o.until, "until", "", "last day in force, yyyy-mm-dd; empty has no end")
}

// write signs a payload and writes the bundle to out.
func (o *signOptions) write(kind bundle.Kind, payload []byte) error {
	if err := daemon.Readable(kind, payload); err != nil {
		return err
	}
	pem, err := readInput(o.key)
	if err != nil {
		return err
	}
	key, err := bundle.PrivateKey(pem)
	if err != nil {
		return err
	}
	h := bundle.Header{Kind: kind, Serial: o.serial, Made: time.Now().UTC().Truncate(time.Second), From: o.from, Until: o.until}
	data, err := bundle.Sign(h, payload, key)
	if err != nil {
		return err
	}
	return provision.WriteFile(o.out, data, 0o644)
}

// shelfOptions is which shelf of bundles is meant.
type shelfOptions struct{ kind, dir, trust string }

func (o *shelfOptions) flags(fs *flag.FlagSet, withKind bool) {
	if withKind {
		fs.StringVar(&o.kind, "kind", "", "catalogue, calendar, rota, consents, places or sealkeys")
	} else {
		o.kind = string(bundle.KindCatalogue)
	}
	fs.StringVar(&o.dir, "dir", "", "folder of the installed bundles")
	fs.StringVar(&o.trust, "trust", "", "Ed25519 public keys (PEM) whose bundles are taken")
}

func (o *shelfOptions) shelf() (*bundle.Shelf, error) {
	return daemon.Shelf(bundle.Kind(o.kind), o.dir, o.trust)
}

func bundleSign(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("bundle sign", "FILE")
	var o signOptions
	kind := fs.String("kind", "", "catalogue, calendar, rota, consents, places or sealkeys")
	fs.StringVar(&o.out, "out", "", "where the bundle goes")
	o.flags(fs)
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	if *kind == "" || o.out == "" || o.key == "" {
		return c.usageError("-kind, -key or -out is missing")
	}
	payload, err := readInput(operands[0])
	if err == nil {
		err = o.write(bundle.Kind(*kind), payload)
	}
	if err != nil {
		return c.fail(err)
	}
	return c.report(exitGood, map[string]any{"kind": *kind, "serial": o.serial, "out": o.out}, func(w io.Writer) {
		fmt.Fprintf(w, "%s %d is in %s\n", *kind, o.serial, o.out)
	})
}

func bundleInstall(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("bundle install", "FILE")
	var o shelfOptions
	o.flags(fs, true)
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	data, err := readInput(operands[0])
	if err != nil {
		return c.fail(err)
	}
	return c.install(o, data)
}

// install puts a bundle on a shelf and says which is there now.
func (c *console) install(o shelfOptions, data []byte) exitCode {
	shelf, err := o.shelf()
	if err != nil {
		return c.fail(err)
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return c.fail(badInput(err))
	}
	b, err := shelf.Install(data)
	if err != nil {
		return c.fail(err)
	}
	return c.report(exitGood, b.Header, func(w io.Writer) { fmt.Fprintf(w, "%s %d is installed, in force from %s\n", b.Kind, b.Serial, b.From) })
}

func bundleShow(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("bundle show", "")
	var o shelfOptions
	o.flags(fs, true)
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	shelf, err := o.shelf()
	if err != nil {
		return c.fail(err)
	}
	b, err := shelf.Current()
	if err != nil {
		return c.fail(err)
	}
	alarm, err := shelf.Alarm()
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		*bundle.Header
		Overdue bool          `json:"overdue"`
		Alarm   *bundle.Alarm `json:"alarm"`
	}{Alarm: alarm}
	code := exitRefused
	if b != nil {
		out.Header, out.Overdue, code = &b.Header, shelf.Overdue(b), exitGood
	}
	return c.report(code, out, func(w io.Writer) {
		if b == nil {
			fmt.Fprintln(w, "no bundle is in force: the starter is used")
		} else {
			fmt.Fprintf(w, "%s %d, from %s until %s\n", b.Kind, b.Serial, b.From, b.Until)
		}
		if alarm != nil {
			fmt.Fprintf(w, "refused: %s: %s\n", alarm.At.Format(time.RFC3339), alarm.Text)
		}
	})
}
