// Command onestopd is the reference one-stop back office: the kiosks' intake and the officers' pages.
//
//	onestopd [-config onestop.toml]                          runs it
//	onestopd init -dir DIR [-name OFFICE] [-hotline N] …     makes keys, trust folder and a commented onestop.toml
//	onestopd enrol -dir DIR -kiosk NAME -out KIOSKDIR        makes a kiosk's identity and its office.json
//	onestopd word -dir DIR -kiosk NAME                       makes a one-time word by which a kiosk enrols itself
//	onestopd rotate -dir DIR [-in DAYS] [-recovery FILE]     makes the next key that dossiers are sealed to, or a recovery key
//	onestopd import -dir DIR -receipts OUT FILE              takes in dossiers from a stick, writes signed receipts for it
//	onestopd officer add -dir DIR -name NAME -role ROLE      adds a person; also list, password, disable, enable
//
// Every command takes -json and then prints one object on standard output; running prints it when ready. Faults go to standard
// error as one sentence with what to do. Exit codes: 0 good, 3 fault or usage.
//
// The office links no driver by itself: this command gives it passive authentication and the readers of data groups.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &console{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}
