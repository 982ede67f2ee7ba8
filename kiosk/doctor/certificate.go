package doctor

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Certificate checks the days left of the device certificate in a PEM file: a warning below 30, a failure when it is over.
func Certificate(path string, now func() time.Time) Check {
	return Check{Name: "certificate", Run: func(context.Context) Finding {
		const fix = "get a new device certificate from the back office"
		c, err := readCertificate(path)
		if err != nil {
			return Failed(FaultCertificate, "the device certificate cannot be read: "+cause(err), "put office.json, device.key and device.crt into the folder of [office] dir")
		}
		t := now()
		days := int(c.NotAfter.Sub(t).Hours() / 24)
		switch {
		case t.Before(c.NotBefore):
			return Failed(FaultClockWrong, "the device certificate is valid only from "+day(c.NotBefore), "check the clock")
		case t.After(c.NotAfter):
			return Failed(FaultCertificate, "the device certificate ended on "+day(c.NotAfter), fix)
		case days < 30:
			return Warned(FaultCertificateSoon, fmt.Sprintf("the device certificate ends in %d days, on %s", days, day(c.NotAfter)), fix)
		}
		return Good("the device certificate is valid for %d more days", days)
	}}
}

// authorityDays is how long before its end the office's own certificate needs a person: every kiosk must be enrolled again.
const authorityDays = 180

// Authority checks the days left of the certificate that the office's other certificates hang on.
func Authority(read func() (*x509.Certificate, error), now func() time.Time) Check {
	return Check{Name: "authority", Run: func(context.Context) Finding {
		c, err := read()
		if err != nil {
			return FromError(err)
		}
		days := int(c.NotAfter.Sub(now()).Hours() / 24)
		switch {
		case days < 0:
			return Failed(FaultCertificate, "the office's authority ended on "+day(c.NotAfter), "the office needs a new authority, and every kiosk a new enrolment")
		case days < authorityDays:
			return Warned(FaultAuthoritySoon, fmt.Sprintf("the office's authority ends in %d days, on %s", days, day(c.NotAfter)), "the office needs a new authority, and every kiosk a new enrolment")
		}
		return Good("the office's authority is valid for %d more days", days)
	}}
}

func readCertificate(path string) (*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s holds no certificate", filepath.Base(path))
	}
	return x509.ParseCertificate(block.Bytes)
}
