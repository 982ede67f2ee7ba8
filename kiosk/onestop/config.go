package onestop

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"motcua/kiosk"
)

// Config is onestop.toml. Paths that are not absolute are relative to the file's folder. Every key is documented in
// [SampleConfig].
type Config struct {
	Office  string `toml:"office"`
	Hotline string `toml:"hotline"`
	Data    string `toml:"data"`
	Keys    string `toml:"keys"`
	Trust   string `toml:"trust_dir"`
	Log     string `toml:"log_level"`

	Intake   IntakeConfig   `toml:"intake"`
	Officers OfficersConfig `toml:"officers"`
	Number   NumberConfig   `toml:"number"`

	dir string
}

// IntakeConfig is [intake].
type IntakeConfig struct {
	Listen  string   `toml:"listen"`
	Public  string   `toml:"public"`
	Revoked []string `toml:"revoked"`
}

// OfficersConfig is [officers].
type OfficersConfig struct {
	Listen      string `toml:"listen"`
	Public      string `toml:"public"`
	Certificate string `toml:"certificate"`
	Key         string `toml:"key"`
}

// NumberConfig is [number].
type NumberConfig struct {
	Agency  string `toml:"agency"`
	Pattern string `toml:"pattern"`
	Check   string `toml:"check"`
}

// DefaultConfig is what a key has that the file does not set.
func DefaultConfig() Config {
	return Config{
		Office: "", Hotline: "", Data: "onestop.db", Keys: "keys", Trust: "trust", Log: "info",
		Intake:   IntakeConfig{Listen: "127.0.0.1:8443", Public: "https://localhost:8443", Revoked: []string{}},
		Officers: OfficersConfig{Listen: "127.0.0.1:8081", Public: "http://localhost:8081"},
		Number:   NumberConfig{Agency: "H00.00", Pattern: DefaultPattern, Check: ""},
	}
}

const maxConfig = 64 << 10

// LoadConfig reads onestop.toml strictly: an unknown key, a wrong type or an impossible value is one clear sentence.
// Error: config_invalid.
func LoadConfig(path string) (Config, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxConfig {
		err = errors.New("the file is too large to be a configuration")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return Config{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "read "+path, "name the file with -config, or make one with onestopd init", "%w", err)
	}
	c, err := ParseConfig(string(text), filepath.Dir(path))
	if err != nil {
		return Config{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "read "+path, "correct the file; onestopd init -dir DIR writes a commented one", "%w", err)
	}
	return c, nil
}

// ParseConfig reads the text of an onestop.toml that stands in folder dir.
func ParseConfig(text, dir string) (Config, error) {
	c := DefaultConfig()
	c.dir = dir
	meta, err := toml.Decode(text, &c)
	var perr toml.ParseError
	if errors.As(err, &perr) {
		return Config{}, fmt.Errorf("line %d: %s", perr.Position.Line, perr.Message)
	}
	if err != nil {
		return Config{}, err
	}
	if un := meta.Undecoded(); len(un) > 0 {
		return Config{}, fmt.Errorf("the key %q is not known", un[0].String())
	}
	return c, c.check()
}

func (c Config) check() error {
	switch {
	case strings.TrimSpace(c.Office) == "":
		return errors.New("office is not set: the office's name, as citizens read it")
	case strings.TrimSpace(c.Hotline) == "":
		return errors.New("hotline is not set: the telephone that screens and receipts show")
	case (c.Officers.Certificate == "") != (c.Officers.Key == ""):
		return errors.New("[officers] needs certificate and key, or neither")
	}
	if !logLevels[c.Log] {
		return fmt.Errorf("log_level is %q, not debug, info, warn or error", c.Log)
	}
	n := c.Numbering()
	if err := n.Check(); err != nil {
		return fmt.Errorf("[number] %w", err)
	}
	if c.Number.Check == "" {
		return nil
	}
	re, err := regexp.Compile(`^(?:` + c.Number.Check + `)$`)
	if err != nil {
		return fmt.Errorf("[number] check is not a regular expression: %w", err)
	}
	if sample := n.Format(time.Now(), 1); !re.MatchString(sample) {
		return fmt.Errorf("[number] the pattern makes %s, which does not match check", sample)
	}
	return nil
}

var logLevels = map[string]bool{"debug": true, "info": true, "warn": true, "error": true}

// Numbering gives the office's way of numbering.
func (c Config) Numbering() Numbering {
	return Numbering{Agency: c.Number.Agency, Pattern: c.Number.Pattern}
}

// Path makes a path of the file absolute, or relative to the working folder.
func (c Config) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// SampleConfig is a commented onestop.toml with every key; the values are the defaults, office and hotline the caller's.
func SampleConfig(office, hotline string) string {
	return fmt.Sprintf(`# onestop.toml: the one-stop back office. Paths are relative to this file's folder.

# The office's name, as citizens read it on the status page and in acknowledgements.
office = %q
# The telephone that screens, receipts and the status page show.
hotline = %q
# The database: a SQLite file, or a PostgreSQL server (postgres://user@host/name), before which several receivers may stand; its
# password belongs into ~/.pgpass. Beside a SQLite file lie -wal and -shm: back up all three, or use "sqlite3 FILE .backup".
data = "onestop.db"
# The folder with the office's private keys (onestopd init). Lose seal.key and no dossier can be opened again.
keys = "keys"
# The folder with the trust anchors (CSCA certificates, *.crt, *.cer, *.der, *.pem). Without any, every chip stays "undetermined".
trust_dir = "trust"
# debug, info, warn or error. Logs hold event names, codes and durations, never a person.
log_level = "info"

# Where kiosks deliver: HTTPS with mutual TLS.
[intake]
listen = "127.0.0.1:8443"
# The address kiosks are told at enrolment (office.json).
public = "https://localhost:8443"
# Names of kiosks that are no longer let in, stolen or out of service. Enrol a replacement under another name.
revoked = []

# Where officers work. Without certificate and key only a loopback address is allowed (then put a TLS proxy before it).
[officers]
listen = "127.0.0.1:8081"
# The address of these pages as seen from outside: receipts' QR codes hold it followed by /tra-cuu/ and the token.
public = "http://localhost:8081"
certificate = ""
key = ""

# Official numbers (mã hồ sơ). Placeholders: {agency} {yyyymmdd} {yymmdd} {yyyy} {seq:N}. The sequence restarts each year when
# the pattern names the year.
[number]
agency = "H00.00"
pattern = "{agency}-{yyyymmdd}-{seq:7}"
# A regular expression that every number must match; "" for none.
check = ""
`, office, hotline)
}
