// Command kioskctl is the technician's and the tester's tool: cards, faces, catalogue, outbox, checks of a machine.
//
// Every command takes -json and then prints one object on standard output; people read standard output without it. Faults
// go to standard error as one sentence with what to do. Exit codes: 0 good, 1 refused or not ok, 2 undetermined,
// 3 fault or usage.
//
// A command is one entry in [commands] and a function in a file of its own. Flags and operands may come in any order.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// commands is the table of commands. A key has one or two words; the longest key that fits the command line wins.
var commands = map[string]command{
	"card issue":       {"makes a simulated card from a person file and a face image", cardIssue},
	"card read":        {"reads and verifies a card", cardRead},
	"card simulate":    {"serves a simulated chip to pcscd", cardSimulate},
	"calendar due":     {"the due instant of a procedure", calendarDue},
	"bundle install":   {"takes a signed bundle, when it is newer and signed by a trusted key", bundleInstall},
	"bundle show":      {"which signed bundle is in use, and what was refused", bundleShow},
	"bundle sign":      {"makes a signed bundle of a catalogue or calendar file", bundleSign},
	"catalogue export": {"writes the catalogue as JSON, CSV, a printed listing or a signed bundle", catalogueExport},
	"catalogue import": {"reads records (JSON, CSV, XLSX) into a catalogue file, or installs a signed bundle", catalogueImport},
	"catalogue list":   {"lists the procedures by field", catalogueList},
	"catalogue search": {"finds procedures as citizens type", catalogueSearch},
	"catalogue show":   {"shows a procedure", catalogueShow},
	"demo":             {"sets up and runs a whole hall on simulated devices", demo},
	"dg show":          {"shows a data group, decoded", dgShow},
	"doctor":           {"checks the machine: every check, its result and the fix", doctorRun},
	"evidence verify":  {"checks an evidence package offline, as any third party could", evidenceVerify},
	"flash":            {"writes an image to a card or disk, reads it back, tells it which kiosk it is", flashRun},
	"face compare":     {"compares the faces of two pictures", faceCompare},
	"face eval":        {"error rates of the recogniser over a list of pairs", faceEval},
	"face liveness":    {"whether pictures show a person or a picture of one", faceLiveness},
	"models fetch":     {"brings the model files into a folder", modelsFetch},
	"outbox accept":    {"purges what receipts from the office, brought on a stick, say it has", outboxAccept},
	"outbox export":    {"writes what waits into a file for the office, sealed, without a network", outboxExport},
	"outbox retry":     {"sends quarantined or waiting dossiers on their way now", outboxRetry},
	"outbox list":      {"what waits for the back office, since when, why", outboxList},
	"pin":              {"sets the PIN of the technician's pages, read from standard input", pinSet},
	"places find":      {"finds communes by name as people type it, old names included", placesFind},
	"places resolve":   {"the present units of an address as an older document writes it", placesResolve},
	"provision":        {"enrols this machine at its office by a one-time word", provisionRun},
	"scan mrz":         {"reads the machine-readable zone in a picture", scanMRZ},
	"scan qr":          {"reads the QR codes in a picture", scanQR},
	"scan paper":       {"finds, judges and straightens the pages on pictures", scanPaper},
	"statement verify": {"checks offline what a kiosk says of itself in its QR code", statementVerify},
	"update":           {"writes a signed update into the other slot and starts it on trial", updateInstall},
	"update check":     {"whether this machine takes an update file", updateCheck},
	"update commit":    {"keeps the running image when it is healthy, else goes back (run at every start)", updateCommit},
	"update rollback":  {"goes back to the image before", updateRollback},
	"update status":    {"what runs, what is on trial, what came of the last update", updateStatus},
	"timings":          {"how long citizens and devices stay on each screen", timings},
	"sod verify":       {"passive authentication of files", sodVerify},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &console{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(int(code))
}
