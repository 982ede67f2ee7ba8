package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
	"motcua/kiosk/provision"
	"motcua/kiosk/uplink"
)

// provisionRun enrols this machine at its office: the key is made here and never leaves, a one-time word of the office (onestopd word)
// buys the certificate. The office's authority comes in a file, by the image or the technician: no other server is believed.
func provisionRun(ctx context.Context, c *console, args []string) exitCode {
	set := c.flags("provision", "")
	dir := set.String("dir", "", "folder for the kiosk's keys ([office] dir in kiosk.toml)")
	intake := set.String("intake", "", "the office's intake, https://host[:port]")
	ca := set.String("ca", "", "file with the certificate of the office's authority, PEM")
	word := set.String("word", "", "the one-time word")
	allow := set.String("allow", uplink.AllowFile, "`file` in which the uplink's service is told the office's address; left alone where its folder is not")
	socket := set.String("uplink", config.Default().Uplink.Socket, "`socket` of the uplink's service; without one this command uses the network itself")
	file := set.String("file", "", "the `file` of the boot partition, which says all of this and more; it is erased in the end")
	target := set.String("config", defaultConfig, "with -file: the kiosk.toml to write")
	base := set.String("base", "", "with -file: the `kiosk.toml` of this kind of machine that is given the names; the sample without it")
	if _, err := c.parse(set, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if *file != "" {
		self, office, err := daemon.FirstBoot{Boot: *file, Config: *target, Base: *base, Allow: *allow, Socket: *socket}.Run(ctx)
		return tellEnrolment(c, self, office, err)
	}
	for name, value := range map[string]string{"dir": *dir, "intake": *intake, "ca": *ca, "word": *word} {
		if value == "" {
			return c.usageError("-%s is missing", name)
		}
	}
	self, office, err := enrolByHand(ctx, backoffice.Options{URL: *intake, Dial: daemon.Dialer(*socket)}, *dir, *ca, *word, *allow)
	return tellEnrolment(c, self, office, err)
}

// tellEnrolment tells what this machine has become.
func tellEnrolment(c *console, self *provision.Identity, office *provision.Office, err error) exitCode {
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		Kiosk  string    `json:"kiosk"`
		Office string    `json:"office"`
		Until  time.Time `json:"until"`
	}{self.Name, office.Name, self.Certificate().NotAfter.UTC()}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "this is kiosk %s of %s until %s; [kiosk] name in kiosk.toml is to be %q\n", out.Kiosk, out.Office, out.Until.Format(time.DateOnly), out.Kiosk)
	})
}

// enrolByHand enrols with what the command line names.
func enrolByHand(ctx context.Context, o backoffice.Options, dir, ca, word, allow string) (*provision.Identity, *provision.Office, error) {
	const op, hint = "enrol kiosk", "name the authority's certificate with -ca"
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeKeyMissing, op, hint, "%w", err)
	}
	root, err := provision.ParseCertificate(text)
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeKeyMissing, op, hint, "%w", err)
	}
	if err := daemon.AllowOffice(allow, o.URL); err != nil {
		return nil, nil, err
	}
	return provision.Enrol(ctx, dir, o, root, word)
}
