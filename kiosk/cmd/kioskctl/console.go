package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"motcua/kiosk"
)

// exitCode is what a command ends with; the numbers are stable.
type exitCode int

// The exit codes.
const (
	exitGood         exitCode = 0
	exitRefused      exitCode = 1
	exitUndetermined exitCode = 2
	exitFault        exitCode = 3 // a fault of ours or of the machine, or wrong usage
)

// command is one entry of the table: what it does in a few words, and the function that does it.
type command struct {
	summary string
	run     func(ctx context.Context, c *console, args []string) exitCode
}

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
	json     bool // set by the flag -json
}

// run finds the command that fits args and runs it.
func run(ctx context.Context, c *console, args []string) exitCode {
	for words := min(2, len(args)); words > 0; words-- {
		if cmd, ok := commands[strings.Join(args[:words], " ")]; ok {
			return cmd.run(ctx, c, args[words:])
		}
	}
	w, code := c.err, exitFault
	if len(args) > 0 && slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		w, code = c.out, exitGood
	} else if len(args) > 0 {
		fmt.Fprintf(w, "kioskctl: no command %q\n\n", args[0])
	}
	usage(w)
	return code
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: kioskctl COMMAND [flags]; every command takes -json and -h")
	for _, name := range sortedNames() {
		fmt.Fprintf(w, "  %-20s %s\n", name, commands[name].summary)
	}
	fmt.Fprintln(w, "exit codes: 0 good, 1 refused or not ok, 2 undetermined, 3 fault or usage")
}

func sortedNames() []string {
	names := make([]string, 0, len(commands))
	for name := range commands {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// flags makes the flag set of one command, with -json in it. operands is shown in the usage line.
func (c *console) flags(name, operands string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(c.err)
	fs.BoolVar(&c.json, "json", false, "print one JSON object")
	fs.Usage = func() {
		fmt.Fprintf(c.err, "usage: kioskctl %s [flags] %s\n", name, operands)
		fs.PrintDefaults()
	}
	return fs
}

// errUsage is a wrong command line; the flag package or usageErrorf has already said why.
var errUsage = errors.New("usage")

// parse reads flags and operands in any order and checks the number of operands; atMost < 0 means any number.
// On an error the usage was printed and the command ends with [console.usageExit].
func (c *console) parse(fs *flag.FlagSet, args []string, atLeast, atMost int) (operands []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		if fs.NArg() == 0 {
			break
		}
		operands, args = append(operands, fs.Arg(0)), fs.Args()[1:]
	}
	if len(operands) < atLeast || (atMost >= 0 && len(operands) > atMost) {
		fs.Usage()
		return nil, errUsage
	}
	return operands, nil
}

// usageExit gives the exit code for an error of [console.parse].
func (c *console) usageExit(err error) exitCode {
	if errors.Is(err, flag.ErrHelp) {
		return exitGood
	}
	return exitFault
}

// usageError says what is wrong with the command line.
func (c *console) usageError(format string, args ...any) exitCode {
	return c.fail(kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "run the command with -h", format, args...))
}

// report prints v as one JSON object with -json, and calls text otherwise. code is passed through.
func (c *console) report(code exitCode, v any, text func(w io.Writer)) exitCode {
	if !c.json {
		text(c.out)
		return code
	}
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return c.fail(fmt.Errorf("write the result: %w", err))
	}
	return code
}

// failure is what a command prints with -json when it could not do its work.
type failure struct {
	Error struct {
		Code kiosk.Code `json:"code"`
		Text string     `json:"text"`
		Fix  string     `json:"fix,omitempty"`
	} `json:"error"`
}

// fail prints one sentence on standard error (with -json also an object {"error": …}) and gives the exit code for a fault.
func (c *console) fail(err error) exitCode {
	var e *kiosk.Error
	fmt.Fprintln(c.err, "kioskctl:", err)
	if !c.json {
		return exitFault
	}
	var f failure
	f.Error.Code, f.Error.Text = kiosk.CodeOf(err), err.Error()
	if errors.As(err, &e) {
		f.Error.Fix = e.Hint
	}
	if err := json.NewEncoder(c.out).Encode(f); err != nil {
		fmt.Fprintln(c.err, "kioskctl: write the result:", err)
	}
	return exitFault
}
