package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"motcua/kiosk"
)

// maxFile limits what is read: no honest configuration is longer.
const maxFile = 64 << 10

// Load reads, completes and checks the file at path. Errors: config_invalid with one sentence, a line and a hint.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "open configuration",
			"write the file (kioskctl and kioskd take -config FILE) and make it readable", "%w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "read configuration", "make the file readable", "%w", err)
	}
	if len(data) > maxFile {
		return Config{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "read configuration", "is this the right file?",
			"%s is longer than %d KiB", filepath.Base(path), maxFile>>10)
	}
	return Parse(path, data)
}

// Parse reads a configuration from data; name is the file's path, for messages and for relative paths.
func Parse(name string, data []byte) (Config, error) {
	c, err := decode(name, data)
	if err != nil {
		return Config{}, err
	}
	if p := c.problem(); p != nil {
		return Config{}, fileError(name, lineOf(data, p.key), p)
	}
	c.resolve(filepath.Dir(name))
	return c, nil
}

// decode reads strictly over the defaults, without checking values.
func decode(name string, data []byte) (Config, error) {
	c := Default()
	meta, err := toml.Decode(string(data), &c)
	if err != nil {
		return Config{}, syntaxError(name, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		key := unknown[0].String()
		hint := "remove it; the sample lists every key"
		if near := nearest(key, append(sections(), Keys()...)); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return Config{}, fileError(name, lineOf(data, key), &problem{key, "is not a known key", hint})
	}
	return c, nil
}

// problem is one finding: which key, what is wrong with it, what to do.
type problem struct{ key, text, hint string }

func fileError(name string, line int, p *problem) error {
	where := filepath.Base(name)
	if line > 0 {
		where = fmt.Sprintf("%s line %d", where, line)
	}
	return kiosk.Errorf(kiosk.CodeConfigInvalid, "read configuration", p.hint, "%s: %s %s", where, p.key, p.text)
}

func syntaxError(name string, err error) error {
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, "read configuration", "compare with the sample", "%s: %s", filepath.Base(name), oneLine(err.Error()))
	}
	text := pe.Message
	if text == "" {
		text = strings.TrimPrefix(oneLine(pe.Error()), "toml: ")
	}
	what := "this line cannot be read"
	if pe.LastKey != "" {
		what = pe.LastKey + " cannot be read"
	}
	return kiosk.Errorf(kiosk.CodeConfigInvalid, "read configuration", "compare the line with the sample",
		"%s line %d: %s: %s", filepath.Base(name), pe.Position.Line, what, oneLine(text))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// lineOf gives the line, from 1, on which key ("section.key" or "section") is set; 0 when it is not.
func lineOf(data []byte, key string) int {
	section := ""
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t\r")
			if section == key {
				return i + 1
			}
			continue
		}
		left, _, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		full := strings.Trim(strings.TrimSpace(left), `"'`)
		if section != "" {
			full = section + "." + full
		}
		if full == key {
			return i + 1
		}
	}
	return 0
}

// resolve makes relative paths relative to dir.
func (c *Config) resolve(dir string) {
	for _, p := range []*string{&c.Data.Dir, &c.Trust.Dir, &c.Models.Dir, &c.Office.Dir, &c.Uplink.Socket, &c.Catalogue.File, &c.Catalogue.Bundles, &c.Catalogue.Keys, &c.Calendar.File, &c.Places.Dir, &c.Voice.Dir, &c.UI.Languages} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// BundlesDir says where the signed bundles are kept.
func (c Config) BundlesDir() string {
	if c.Catalogue.Bundles != "" {
		return c.Catalogue.Bundles
	}
	return filepath.Join(c.Data.Dir, "bundles")
}

// ModelsDir says where the model files are: $KIOSK_MODELS, else the configured folder, else ../shared/data/models beside the
// module that the program is run from (its sources' neighbour), else that path relative to the working directory.
func (c Config) ModelsDir() string {
	if dir := os.Getenv("KIOSK_MODELS"); dir != "" {
		return dir
	}
	if c.Models.Dir != "" {
		return c.Models.Dir
	}
	shared := filepath.Join("..", "shared", "data", "models")
	wd, err := os.Getwd()
	if err != nil {
		return shared
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, shared)
		}
		if dir == filepath.Dir(dir) {
			return shared
		}
	}
}
