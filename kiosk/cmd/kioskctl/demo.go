package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"motcua/kiosk/daemon"
)

// demo sets up and runs a whole hall on simulated devices until it is interrupted.
func demo(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("demo", "")
	d := &daemon.Demo{Log: c.err}
	var setUp, quiet bool
	fs.StringVar(&d.Dir, "dir", "build/demo", "`folder` of the demo; kept, so that dossiers survive")
	fs.StringVar(&d.Bin, "bin", ownDir(), "`folder` of kioskd and onestopd")
	fs.StringVar(&d.Kiosk, "kiosk", "127.0.0.1:8080", "`address` of the citizen's page")
	fs.StringVar(&d.Dock, "dock", "127.0.0.1:8082", "`address` of the demo dock")
	fs.StringVar(&d.Intake, "intake", "127.0.0.1:8443", "`address` of the office's intake")
	fs.StringVar(&d.Officers, "officers", "127.0.0.1:8081", "`address` of the officers' pages")
	fs.StringVar(&d.Models, "models", "", "`folder` of the models; empty: $KIOSK_MODELS, then ../shared/data/models")
	fs.StringVar(&d.Clips, "clips", "", "`folder` of the spoken prompts; empty: silence")
	fs.StringVar(&d.Places, "places", "", "`folder` of provinces.json and communes.json; empty: addresses are typed")
	fs.BoolVar(&d.Story, "story", false, "serve every page with canned state at /story")
	fs.BoolVar(&setUp, "setup-only", false, "make everything, start nothing")
	fs.BoolVar(&quiet, "quiet", false, "do not show what the commands log")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if quiet {
		d.Log = io.Discard
	}
	for _, dir := range []*string{&d.Dir, &d.Models, &d.Clips, &d.Places} { // kiosk.toml reads paths from its own folder
		if *dir == "" {
			continue
		}
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return c.fail(err)
		}
		*dir = abs
	}
	if err := d.SetUp(ctx, func(what string) { fmt.Fprintf(c.err, "  tạo %s…\n", what) }); err != nil {
		return c.fail(err)
	}
	if setUp {
		return exitGood
	}
	return runDemo(ctx, c, d)
}

// ownDir is where this command stands; the others are built beside it.
func ownDir() string {
	self, err := os.Executable()
	if err != nil {
		return "build"
	}
	return filepath.Dir(self)
}

func runDemo(ctx context.Context, c *console, d *daemon.Demo) exitCode {
	office, err := d.StartOffice(ctx)
	if err != nil {
		return c.fail(err)
	}
	k, err := d.StartKiosk(ctx)
	if err != nil {
		_ = office.Stop() // the other fault is the one to tell
		return c.fail(err)
	}
	login, err := d.Officer()
	if err != nil {
		return c.fail(err)
	}
	at := map[string]string{
		"kiosk": d.PageURL(), "dock": "http://" + d.Dock + "/", "officer": "http://" + d.Officers + "/",
		"login": login.Login, "password": login.Password,
	}
	c.report(exitGood, at, func(w io.Writer) {
		fmt.Fprintf(w, "\n  Ki-ốt          %s\n  Bàn giả lập    %s\n  Trang cán bộ   %s   (%s / %s)\n\n  Ctrl-C để dừng.\n\n",
			at["kiosk"], at["dock"], at["officer"], at["login"], at["password"])
	})
	select {
	case <-ctx.Done():
	case <-k.Done():
	case <-office.Done():
	}
	code := exitGood
	if ctx.Err() == nil {
		fmt.Fprintln(c.err, "kioskctl: one of the demo's commands ended by itself; its last lines stand above")
		code = exitFault
	}
	for _, p := range []*daemon.Process{k, office} {
		if err := p.Stop(); err != nil && code == exitGood {
			code = c.fail(err)
		}
	}
	return code
}
