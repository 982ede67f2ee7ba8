package doctor

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Disk checks the free space for a folder: below minMB no dossier is taken in, below four times that somebody should look.
func Disk(dir string, minMB int) Check {
	return Check{Name: "disk", Run: func(context.Context) Finding {
		var s syscall.Statfs_t
		if err := syscall.Statfs(existing(dir), &s); err != nil {
			return Failed("the free space cannot be read: "+err.Error(), "check that "+dir+" can be made and read")
		}
		return space(int64(s.Bavail)*int64(s.Bsize)>>20, int64(minMB), dir) //nolint:unconvert // the field's type differs by platform
	}}
}

func space(free, wanted int64, dir string) Finding {
	text := fmt.Sprintf("%d MB free for %s, %d MB are the least", free, dir, wanted)
	switch {
	case free < wanted:
		return Failed(text, "free some space: no dossier is taken in until then")
	case free < 4*wanted:
		return Warned(text, "free some space soon")
	}
	return Good("%s", text)
}

// existing gives dir or its nearest parent that exists.
func existing(dir string) string {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
	}
}

// clockSlack is how far files may be ahead of the clock: time set by hand is seldom exact.
const clockSlack = 2 * time.Minute

// Clock checks the wall clock against the day the program was built and against files written before: a machine whose clock
// went back would judge certificates wrongly. files may be missing. A zero built is not compared.
func Clock(built time.Time, now func() time.Time, files ...string) Check {
	return Check{Name: "clock", Run: func(context.Context) Finding {
		const fix = "set the clock (timedatectl set-time) and check the battery of the real-time clock"
		t := now()
		if t.Before(built) {
			return Failed("the clock shows "+day(t)+", before the program was built on "+day(built), fix)
		}
		if t.Year() > 2100 {
			return Failed("the clock shows "+day(t), fix)
		}
		for _, f := range files {
			if s, err := os.Stat(f); err == nil && s.ModTime().After(t.Add(clockSlack)) {
				return Failed(fmt.Sprintf("the clock shows %s, but %s was written later", t.Format(time.RFC3339), filepath.Base(f)), fix)
			}
		}
		return Good("%s", t.Format(time.RFC3339))
	}}
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// Device checks that a device file is there and may be opened. path may be "none" or "sim". name is the check's name.
func Device(name, path, what string) Check {
	return Check{Name: name, Run: func(context.Context) Finding {
		switch path {
		case "none":
			return Missing("no "+what+" is configured", "")
		case "sim":
			return Good("simulated")
		}
		s, err := os.Stat(path)
		if err != nil {
			return Failed(path+" is not there", "plug in the "+what+", or name its device in kiosk.toml (ls -l /dev/v4l/by-id)")
		}
		if s.Mode()&os.ModeCharDevice == 0 {
			return Failed(path+" is not a device", "name a device in kiosk.toml (ls -l /dev/v4l/by-id)")
		}
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
		if err != nil {
			return Failed(path+" cannot be opened: "+cause(err), "put the user into the group that owns the device (ls -l "+path+")")
		}
		if err := f.Close(); err != nil {
			return Failed(path+" cannot be closed: "+cause(err), "unplug the device and plug it in again")
		}
		return Good("%s", path)
	}}
}

// cause gives the bare reason of a file error: "permission denied".
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// maxManifest limits what is read of a manifest.
const maxManifest = 1 << 20

// manifest is the part of MANIFEST.json that says which files must be there.
type manifest struct {
	Recogniser string `json:"recogniser"`
	Models     []struct {
		File   string `json:"file"`
		SHA256 string `json:"sha256"`
	} `json:"models"`
}

// Models checks the model files in dir against MANIFEST.json there. Without models every citizen goes to the officer.
func Models(dir string) Check {
	const fix = "run \"make models\", or name the folder with MANIFEST.json in kiosk.toml, [models] dir"
	return Check{Name: "models", Timeout: time.Minute, Run: func(ctx context.Context) Finding {
		m, err := readManifest(filepath.Join(dir, "MANIFEST.json"))
		if err != nil {
			return Failed("no usable MANIFEST.json in "+dir+": "+cause(err), fix)
		}
		missing := 0
		for _, file := range m.Models {
			if ctx.Err() != nil {
				return Failed("the files could not all be read in time", "check the disk")
			}
			sum, err := sumOf(filepath.Join(dir, filepath.Base(file.File)))
			switch {
			case err != nil && file.File == m.Recogniser:
				return Failed("the recogniser "+file.File+" is not there", fix)
			case err != nil:
				missing++
			case sum != file.SHA256:
				return Failed(file.File+" is not the file the manifest names: its SHA-256 differs", "get the file again")
			}
		}
		if missing > 0 {
			return Warned(fmt.Sprintf("%d of %d files of the manifest are not in %s", missing, len(m.Models), dir), fix)
		}
		return Good("%d files as the manifest says in %s", len(m.Models), dir)
	}}
}

func readManifest(path string) (manifest, error) {
	var m manifest
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxManifest)).Decode(&m); err != nil {
		return m, err
	}
	if len(m.Models) == 0 {
		return m, fmt.Errorf("it names no file")
	}
	return m, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Certificate checks the days left of the device certificate in a PEM file: a warning below 30, a failure when it is over.
func Certificate(path string, now func() time.Time) Check {
	return Check{Name: "certificate", Run: func(context.Context) Finding {
		const fix = "get a new device certificate from the back office"
		c, err := readCertificate(path)
		if err != nil {
			return Failed("the device certificate cannot be read: "+cause(err), "put office.json, device.key and device.crt into the folder of [office] dir")
		}
		t := now()
		days := int(c.NotAfter.Sub(t).Hours() / 24)
		switch {
		case t.Before(c.NotBefore):
			return Failed("the device certificate is valid only from "+day(c.NotBefore), "check the clock")
		case t.After(c.NotAfter):
			return Failed("the device certificate ended on "+day(c.NotAfter), fix)
		case days < 30:
			return Warned(fmt.Sprintf("the device certificate ends in %d days, on %s", days, day(c.NotAfter)), fix)
		}
		return Good("the device certificate is valid for %d more days", days)
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
