// Command kioskd runs a kiosk: the citizen's page, the visit, and the delivery of sealed dossiers.
//
//	kioskd [-config kiosk.toml] [-sim] [-dock ADDR] [-officer URL] [-story] [-version] [-json]
//
// kioskd vision and kioskd voice are its own children: the process that looks at pictures and the one that speaks. Nobody starts
// them by hand.
//
//	kioskd uplink [-allow FILE] [-user NAME]
//
// is the only process with a network: it passes kioskd's connections on to the destinations in the file (one HOST:PORT a line,
// /etc/kiosk-uplink/allow) and sees ciphertext alone. It takes its socket from systemd (kiosk-uplink.socket); without such a
// service, as in the demo, kioskd starts one itself.
//
// With -sim the devices named "sim" in the configuration are simulated, from the cast in the folder sim beside it (see
// kioskctl demo), and the demo dock is served. Exit codes: 0 stopped as asked, 3 fault or usage.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exitFault is the exit code of a fault or of wrong usage.
const exitFault = 3

type flags struct {
	config, dock, officer     string
	sim, story, json, version bool
}

func parse(args []string, stderr io.Writer) (f flags, err error) {
	set := flag.NewFlagSet("kioskd", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.config, "config", "/etc/kiosk/kiosk.toml", "configuration `file`")
	set.BoolVar(&f.sim, "sim", false, "simulate the devices named \"sim\" and serve the demo dock")
	set.StringVar(&f.dock, "dock", "127.0.0.1:8081", "with -sim: `address` of the dock")
	set.StringVar(&f.officer, "officer", "", "with -sim: `URL` of the officer's pages, for the dock's link")
	set.BoolVar(&f.story, "story", false, "serve every page with canned state at /story")
	set.BoolVar(&f.json, "json", false, "print one JSON object with the addresses when ready, and log as JSON")
	set.BoolVar(&f.version, "version", false, "print the version and exit")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 {
		return f, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	return f, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == daemon.VisionCommand {
		return runChild(daemon.RunVision, stderr)
	}
	if len(args) == 1 && args[0] == daemon.VoiceCommand {
		return runChild(daemon.RunVoice, stderr)
	}
	if len(args) > 0 && args[0] == daemon.UplinkCommand {
		return runUplink(ctx, args[1:], stderr)
	}
	f, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return complain(stderr, err)
	case f.version:
		fmt.Fprintln(stdout, version)
		return 0
	}
	if err := serve(ctx, f, stdout, stderr); err != nil {
		return complain(stderr, err)
	}
	return 0
}

// runUplink is the process with the network.
func runUplink(ctx context.Context, args []string, stderr io.Writer) int {
	err := daemon.RunUplink(ctx, args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return complain(stderr, err)
	}
	return 0
}

// runChild is a process of another kioskd. Signals of the terminal are for that one: it ends this one in its time.
func runChild(serve func(context.Context) error, stderr io.Writer) int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	if err := serve(context.Background()); err != nil {
		return complain(stderr, err)
	}
	return 0
}

// complain says in one line what is wrong and what to do.
func complain(w io.Writer, err error) int {
	fmt.Fprintf(w, "kioskd: %v\n", err)
	return exitFault
}

func serve(ctx context.Context, f flags, stdout, stderr io.Writer) error {
	c, err := config.Load(f.config)
	if f.sim && errors.Is(err, fs.ErrNotExist) {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, "open configuration",
			"make a simulated kiosk with kioskctl demo -dir DIR -setup-only, then give -config DIR/kiosk/kiosk.toml", "there is no %s", f.config)
	}
	if err != nil {
		return err
	}
	if daemon.Marked(c) {
		return daemon.WipeMachine(c, f.config)
	}
	o := daemon.Options{Config: c, Version: version, Log: logger(c.Log.Level, f.json, stderr), Strict: f.sim, Story: f.story, Officer: f.officer, Runtime: os.Getenv("RUNTIME_DIRECTORY")}
	if f.sim {
		if o.Sim, o.Photos, err = daemon.LoadWorld(filepath.Join(filepath.Dir(f.config), "sim")); err != nil {
			return err
		}
		o.Dock = f.dock
	}
	d, err := daemon.Open(ctx, o)
	if err != nil {
		return err
	}
	announce(stdout, f, d)
	err = d.Watch(ctx)
	_, _ = sd.SdNotify(false, sd.SdNotifyStopping) // not under systemd: nobody to tell
	if cerr := d.Close(); err == nil || daemon.IsRestart(err) {
		err = cerr
	}
	if err == nil && daemon.Marked(c) {
		return daemon.WipeMachine(c, f.config)
	}
	return err
}

func logger(level string, asJSON bool, w io.Writer) slog.Handler {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // config has checked it
	if asJSON {
		return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})
	}
	return slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})
}

// announce tells the addresses. The page's token is told in a demo alone: a service's standard output goes to the journal.
func announce(w io.Writer, f flags, d *daemon.Daemon) {
	at := map[string]string{"kiosk": "http://" + d.PageAddr() + "/"}
	if f.sim {
		at["kiosk"] = d.PageURL()
	}
	if d.DockAddr() != "" {
		at["dock"] = "http://" + d.DockAddr() + "/"
	}
	if f.json {
		_ = json.NewEncoder(w).Encode(at) // nobody reads: no harm
	} else {
		fmt.Fprintf(w, "kiosk  %s\n", at["kiosk"])
		if at["dock"] != "" {
			fmt.Fprintf(w, "dock   %s\n", at["dock"])
		}
	}
	_, _ = sd.SdNotify(false, sd.SdNotifyReady)
}
