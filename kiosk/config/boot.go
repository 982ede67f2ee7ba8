package config

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"motcua/kiosk"
)

// BootFile is the name of the file with which a freshly flashed machine is told who it is, on the boot partition.
const BootFile = "provision.toml"

// Boot is what that file says: one kiosk of a fleet. It is read once and erased.
type Boot struct {
	Name    string `toml:"name"`    // the kiosk's name; the office decides it, and another is refused
	Commune string `toml:"commune"` // the office's name as citizens read it
	Hotline string `toml:"hotline"` // the telephone number on every screen
	Office  string `toml:"office"`  // the office's intake, https://host[:port]
	CA      string `toml:"ca"`      // the certificate of the office's authority, PEM
	Word    string `toml:"word"`    // the one-time word (onestopd word)
	PIN     string `toml:"pin"`     // of the technician's pages, six to twelve digits
}

// LoadBoot reads a boot file. Unknown keys, missing ones and values out of their limits are refused, with a line and what to do; no
// error quotes the word or the PIN. Error: config_invalid.
func LoadBoot(path string) (Boot, error) {
	f, err := os.Open(path)
	if err != nil {
		return Boot{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "open "+BootFile, "write it with kioskctl flash, or by hand from the printed page", "%w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("it is too long")
	}
	if err != nil {
		return Boot{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "read "+BootFile, "is this the right file?", "%w", err)
	}
	return ParseBoot(filepath.Base(path), data)
}

// ParseBoot reads a boot file's text.
func ParseBoot(name string, data []byte) (Boot, error) {
	var b Boot
	meta, err := toml.Decode(string(data), &b)
	if err != nil {
		return Boot{}, bootError(name, "is not TOML", "write key = \"value\", a line each", position(err))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		key := unknown[0].String()
		hint := "remove it; known are " + strings.Join(bootKeys, ", ")
		if near := nearest(key, bootKeys); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return Boot{}, bootError(name, key+" is not a known key", hint, lineOf(data, key))
	}
	if p := b.problem(); p != nil {
		return Boot{}, bootError(name, p.key+" "+p.text, p.hint, lineOf(data, p.key))
	}
	return b, nil
}

var bootKeys = []string{"name", "commune", "hotline", "office", "ca", "word", "pin"}

// bootError says what is wrong and where, never what stands there.
func bootError(name, text, hint string, line int) error {
	if line > 0 {
		name = fmt.Sprintf("%s line %d", name, line)
	}
	return kiosk.Errorf(kiosk.CodeConfigInvalid, "read "+BootFile, hint, "%s: %s", name, text)
}

func position(err error) int {
	var e toml.ParseError
	if errors.As(err, &e) {
		return e.Position.Line
	}
	return 0
}

func (b Boot) problem() *problem {
	c := Default()
	c.Kiosk = Kiosk{Name: b.Name, Commune: b.Commune, Hotline: b.Hotline}
	if p := c.checkKiosk(); p != nil {
		return &problem{strings.TrimPrefix(p.key, "kiosk."), p.text, p.hint}
	}
	u, err := url.Parse(b.Office)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return &problem{"office", "is not an address like https://host:port", "write the address that the office gave"}
	case !strings.Contains(b.CA, "-----BEGIN CERTIFICATE-----"):
		return &problem{"ca", "is no certificate", "put the text of the office's ca.crt between three quotation marks"}
	case strings.TrimSpace(b.Word) == "" || !shortText(b.Word, 60):
		return &problem{"word", "is missing or no one-time word", "ask the office for a word (onestopd word)"}
	case len(b.PIN) < 6 || len(b.PIN) > 12 || strings.Trim(b.PIN, "0123456789") != "":
		return &problem{"pin", "is not 6 to 12 digits", "choose a PIN for the technician's pages"}
	}
	return nil
}

// Write gives the text of a boot file.
func (b Boot) Write() (string, error) {
	if p := b.problem(); p != nil {
		return "", kiosk.Errorf(kiosk.CodeConfigInvalid, "write "+BootFile, p.hint, "%s %s", p.key, p.text)
	}
	var out strings.Builder
	out.WriteString("# Read once at the first start, then erased.\n")
	for _, kv := range [][2]string{{"name", b.Name}, {"commune", b.Commune}, {"hotline", b.Hotline}, {"office", b.Office}, {"word", b.Word}, {"pin", b.PIN}} {
		fmt.Fprintf(&out, "%s = %q\n", kv[0], kv[1])
	}
	fmt.Fprintf(&out, "ca = '''\n%s\n'''\n", strings.TrimSpace(b.CA))
	return out.String(), nil
}

// Set gives the text of a kiosk.toml with the values of keys replaced, by "section.key": text as TOML writes it. It is checked.
// Errors: config_invalid.
func Set(name, text string, values map[string]string) (string, error) {
	lines := strings.Split(text, "\n")
	section, set := "", map[string]bool{}
	for i, l := range lines {
		if s, ok := strings.CutPrefix(strings.TrimSpace(l), "["); ok {
			section, _, _ = strings.Cut(s, "]")
			continue
		}
		key, _, ok := strings.Cut(l, "=")
		full := section + "." + strings.TrimSpace(key)
		if v, wanted := values[full]; ok && wanted && !strings.HasPrefix(strings.TrimSpace(l), "#") {
			lines[i], set[full] = strings.TrimSpace(key)+" = "+v, true
		}
	}
	for key := range values {
		if !set[key] {
			return "", kiosk.Errorf(kiosk.CodeConfigInvalid, "write configuration", "begin from the sample", "there is no %s to set", key)
		}
	}
	text = strings.Join(lines, "\n")
	_, err := Parse(name, []byte(text))
	return text, err
}
