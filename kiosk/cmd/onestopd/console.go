package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"motcua/kiosk"
)

// The exit codes; the numbers are stable.
const (
	exitGood  = 0
	exitFault = 3
)

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
	json     bool
}

// commands is the table of commands. A key has one or two words.
var commands = map[string]func(context.Context, *console, []string) error{
	"init": initOffice, "enrol": enrol, "word": enrolWord, "rotate": rotate, "import": importStick, "evidence": exportEvidence, "officer add": officerAdd, "officer list": officerList,
	"officer password": officerPassword, "officer disable": officerDisable, "officer enable": officerEnable,
}

// usage is shown with -h.
const usage = `usage: onestopd [flags]                                  run the office
       onestopd init -dir DIR                           make an office: keys, trust folder, onestop.toml
       onestopd enrol -dir DIR -kiosk NAME -out FOLDER  enrol a kiosk
       onestopd rotate -dir DIR [-in DAYS]              make the next key that dossiers are sealed to
       onestopd word -dir DIR -kiosk NAME               a one-time word by which a kiosk enrols itself
       onestopd import -dir DIR -receipts OUT FILE      take in what a technician brings on a stick
       onestopd evidence -dir DIR -dossier ID -login NAME -reason WORDS -out FILE   hand a dossier's evidence out; password on stdin
       onestopd officer add|list|password|disable|enable -dir DIR
every command takes -json and -h; exit codes: 0 good, 3 fault or usage
`

// errUsage is a wrong command line that the flag package has explained.
var errUsage = errors.New("usage")

func run(ctx context.Context, c *console, args []string) int {
	err := dispatch(ctx, c, args)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitGood
	case !errors.Is(err, errUsage):
		c.fail(err)
	}
	return exitFault
}

func dispatch(ctx context.Context, c *console, args []string) error {
	for words := min(2, len(args)); words > 0; words-- {
		if cmd, ok := commands[strings.Join(args[:words], " ")]; ok {
			return cmd(ctx, c, args[words:])
		}
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "run onestopd -h", "no command %q", strings.Join(args, " "))
	}
	return serve(ctx, c, args)
}

// flags makes the flag set of one command, with -json in it.
func (c *console) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet("onestopd "+name, flag.ContinueOnError)
	fs.SetOutput(c.err)
	fs.BoolVar(&c.json, "json", false, "print one JSON object")
	return fs
}

// parse reads flags and allows no operands. Each of needed must be set.
func (c *console) parse(fs *flag.FlagSet, args []string, needed ...string) error {
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if fs.NArg() > 0 {
		return kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "run the command with -h", "unexpected argument %q", fs.Arg(0))
	}
	for _, name := range needed {
		if fs.Lookup(name).Value.String() == "" {
			return kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "run the command with -h", "-%s is missing", name)
		}
	}
	return nil
}

// report prints v as one JSON object with -json, and text otherwise.
func (c *console) report(v any, text string) error {
	if !c.json {
		_, err := fmt.Fprintln(c.out, text)
		return err
	}
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// fail prints one sentence, and with -json the same as an object.
func (c *console) fail(err error) {
	fmt.Fprintln(c.err, "onestopd:", strings.ReplaceAll(err.Error(), "\n", "; "))
	if !c.json {
		return
	}
	var e *kiosk.Error
	f := map[string]any{"code": kiosk.CodeOf(err), "text": err.Error()}
	if errors.As(err, &e) && e.Hint != "" {
		f["fix"] = e.Hint
	}
	if err := json.NewEncoder(c.out).Encode(map[string]any{"error": f}); err != nil {
		fmt.Fprintln(c.err, "onestopd: write the result:", err)
	}
}
