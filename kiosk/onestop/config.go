package onestop

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"motcua/kiosk"
	"motcua/kiosk/calendar"
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
	Bundles string `toml:"bundles_dir"`

	Intake   IntakeConfig   `toml:"intake"`
	Officers OfficersConfig `toml:"officers"`
	Number   NumberConfig   `toml:"number"`

	Catalogue string                   `toml:"catalogue"`
	Calendar  CalendarConfig           `toml:"calendar"`
	Time      TimeConfig               `toml:"time"`
	Kiosks    map[string]KioskConfig   `toml:"kiosk"`
	Resolvers map[string]string        `toml:"resolver"`
	Linked    map[string][]ChildConfig `toml:"linked"`
	States    map[string]int           `toml:"states"`
	Letters   map[string]LetterConfig  `toml:"letters"`
	Sync      SyncConfig               `toml:"sync"`

	dir string
}

// CalendarConfig is [calendar].
type CalendarConfig struct {
	File     string `toml:"file"`
	Ordinary string `toml:"ordinary"`
	Saturday string `toml:"saturday"`
}

// TimeConfig is [time].
type TimeConfig struct {
	ApologyHours  int `toml:"apology_hours"`
	HandoverHours int `toml:"handover_hours"`
	FeedbackDays  int `toml:"feedback_days"`
}

// KioskConfig is [kiosk.NAME].
type KioskConfig struct {
	Unit     string `toml:"unit"`
	Channel  string `toml:"channel"`
	Training bool   `toml:"training"`
}

// ChildConfig is one part of [linked].
type ChildConfig struct {
	Code     string `toml:"code"`
	Title    string `toml:"title"`
	Resolver string `toml:"resolver"`
}

// LetterConfig is [letters.KIND].
type LetterConfig struct {
	Title  string   `toml:"title"`
	Fields []string `toml:"fields"`
}

// SyncConfig is [sync].
type SyncConfig struct {
	Protocol string `toml:"protocol"`
	Address  string `toml:"address"`
	Unit     string `toml:"unit"`
	Minutes  int    `toml:"minutes"`
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
		Calendar: CalendarConfig{Ordinary: calendar.DefaultOffice, Saturday: calendar.SaturdayOffice},
		Time:     TimeConfig{ApologyHours: 4, HandoverHours: 8, FeedbackDays: 15},
		Sync:     SyncConfig{Minutes: 5},
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
	if err := c.checkDesk(); err != nil {
		return err
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

// checkDesk checks what the office works by.
func (c Config) checkDesk() error {
	if c.Time.ApologyHours < 0 || c.Time.HandoverHours < 1 || c.Time.FeedbackDays < 1 {
		return errors.New("[time] needs apology_hours of 0 or more, handover_hours and feedback_days of 1 or more")
	}
	for name, k := range c.Kiosks {
		switch kiosk.Channel(k.Channel) {
		case "", kiosk.ChannelDirect, kiosk.ChannelOnline, kiosk.ChannelPostal:
		default:
			return fmt.Errorf("[kiosk.%s] channel is %q, not direct, online or postal", name, k.Channel)
		}
	}
	for code, parts := range c.Linked {
		for _, p := range parts {
			if strings.TrimSpace(p.Title) == "" {
				return fmt.Errorf("[linked] a part of %s has no title", code)
			}
		}
	}
	if _, err := c.StateMap(); err != nil {
		return err
	}
	if _, err := c.LetterForms(); err != nil {
		return err
	}
	if c.Sync.Protocol != "" && c.Sync.Minutes < 1 {
		return errors.New("[sync] minutes must be 1 or more")
	}
	if c.Sync.Protocol != "" && !slices.Contains(SyncProtocols, c.Sync.Protocol) {
		return fmt.Errorf("[sync] protocol is %q, not one of %v", c.Sync.Protocol, SyncProtocols)
	}
	return nil
}

// SyncProtocols are the protocols of national systems that the office speaks.
var SyncProtocols = []string{"DongBoHoSoMC", "NoiHoSo"}

// StateMap gives the national number of each state: its own, unless [states] says otherwise. Two states may share a number.
func (c Config) StateMap() (map[kiosk.DossierState]int, error) {
	out := map[kiosk.DossierState]int{}
	for s := kiosk.StateRegistered; s <= kiosk.StateReturned; s++ {
		out[s] = int(s)
	}
	for key, to := range c.States {
		from, err := strconv.Atoi(key)
		if err != nil || from < 1 || from > 10 || to < 1 || to > 99 {
			return nil, fmt.Errorf("[states] %s = %d: from one of 1 to 10, to a number of the national list", key, to)
		}
		out[kiosk.DossierState(from)] = to
	}
	return out, nil
}

// Place says where a kiosk's dossier of a procedure belongs.
func (c Config) Place(procedures kiosk.Catalogue) func(kioskName, code string) Place {
	return func(kioskName, code string) Place {
		k := c.Kiosks[kioskName]
		p := Place{Receiver: cmp.Or(k.Unit, c.Office), Channel: cmp.Or(kiosk.Channel(k.Channel), kiosk.ChannelDirect), Training: k.Training}
		p.Resolver = cmp.Or(c.Resolvers[code], c.Office)
		if procedures != nil {
			if known, err := procedures.Procedure(code); err == nil {
				p.Field = known.Field
			}
		}
		return p
	}
}

// Children gives the parts of linked procedures by code.
func (c Config) Children() map[string][]Child {
	out := map[string][]Child{}
	for code, parts := range c.Linked {
		for _, p := range parts {
			out[code] = append(out[code], Child{Code: p.Code, Title: p.Title, Resolver: cmp.Or(p.Resolver, c.Office)})
		}
	}
	return out
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
# The folder of what kiosks fetch: catalogue, calendar, rota, consents, places, each as NAME.json, which the office signs, or as
# NAME.bundle, which somebody else has signed (kioskctl bundle sign); "" for none.
bundles_dir = ""
# The catalogue of procedures (fields, time limits); "" for the one inside the program.
catalogue = ""
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

# The calendar of days off ("" for the one inside the program), and which of its offices counts for ordinary procedures and for
# those whose office also receives on Saturday mornings.
[calendar]
file = ""
ordinary = "default"
saturday = "police"

# How many hours before the due instant an apology is drafted, after how many a hand-over that nobody took is warned of, and in
# how many days feedback is answered.
[time]
apology_hours = 4
handover_hours = 8
feedback_days = 15

# National systems: protocol DongBoHoSoMC or NoiHoSo ("" for none), their address, this office's unit there, minutes between runs.
# The account comes from the environment: ONESTOP_SYNC_USER and ONESTOP_SYNC_PASSWORD.
[sync]
protocol = ""
address = ""
unit = ""
minutes = 5

# A kiosk that stands for another unit, files by another channel, or is for training (its dossiers are never counted or sent on):
#   [kiosk.kiosk-02]
#   unit = "Điểm hỗ trợ Thôn Đông"
#   channel = "direct"
#   training = true
# Who settles a procedure, when it is not this office:
#   [resolver]
#   "1.004222" = "Công an Phường"
# Linked procedures: the parts of one submission:
#   [[linked."2.000986"]]
#   code = "1.001193"
#   title = "Đăng ký khai sinh"
#   resolver = ""
# A national state number that differs from the office's:
#   [states]
#   6 = 11
# A letter's title and the fields it prints, in order (kinds: receipt, supplement, refusal, apology, stop):
#   [letters.receipt]
#   title = "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ"
#   fields = ["number", "citizen", "identity", "address", "phone", "procedure", "papers", "accepted", "due", "return", "lookup"]
`, office, hotline)
}
