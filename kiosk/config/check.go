package config

import (
	"fmt"
	"net"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"motcua/kiosk"
)

var (
	kioskName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	hotline   = regexp.MustCompile(`^\+?[0-9][0-9 .()-]{2,23}$`)
)

// Validate checks every value against its limits; [Load] has done it for a file. Errors: config_invalid.
func (c Config) Validate() error {
	if p := c.problem(); p != nil {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, "check configuration", p.hint, "%s %s", p.key, p.text)
	}
	return nil
}

// problem gives the first finding, nil when every value is within its limits.
func (c *Config) problem() *problem {
	for _, check := range []func() *problem{c.checkKiosk, c.checkHTTP, c.checkData, c.checkDevices, c.checkVoice, c.checkPrinter, c.checkPanel, c.checkDecisions, c.checkOffice, c.checkFront} {
		if p := check(); p != nil {
			return p
		}
	}
	return nil
}

func (c *Config) checkKiosk() *problem {
	k := c.Kiosk
	switch {
	case k.Name == "":
		return &problem{"kiosk.name", "is missing", "give this kiosk a name, like \"kiosk-1\""}
	case !kioskName.MatchString(k.Name):
		return &problem{"kiosk.name", "is not a name of 1 to 40 lower-case letters, digits and hyphens", "use a name like \"kiosk-1\""}
	case k.Commune == "":
		return &problem{"kiosk.commune", "is missing", "write the office's name as citizens read it"}
	case !shortText(k.Commune, 120):
		return &problem{"kiosk.commune", "is not one line of at most 120 characters", "write the office's name alone"}
	case k.Hotline == "":
		return &problem{"kiosk.hotline", "is missing", "citizens must be able to call somebody: write the office's telephone number"}
	case !hotline.MatchString(k.Hotline):
		return &problem{"kiosk.hotline", "is not a telephone number", "write digits and spaces, like \"1900 0000\""}
	}
	return nil
}

func shortText(s string, limit int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= limit && !strings.ContainsAny(s, "\n\r\t\x00")
}

func (c *Config) checkHTTP() *problem {
	const hint = "use a loopback address with a port, like \"127.0.0.1:8080\""
	host, port, err := net.SplitHostPort(c.HTTP.Listen)
	if err != nil {
		return &problem{"http.listen", "is not an address with a port", hint}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &problem{"http.listen", "would serve the citizen's pages outside this machine", hint}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return &problem{"http.listen", "has no port from 0 to 65535", hint}
	}
	return nil
}

func (c *Config) checkData() *problem {
	if c.Data.Dir == "" {
		return &problem{"data.dir", "is empty", "name the folder of the database"}
	}
	return within("data.min_free_mb", float64(c.Data.MinFreeMB), 1, 1<<20)
}

func (c *Config) checkDevices() *problem {
	if p := oneOf("reader.kind", c.Reader.Kind, KindPCSC, KindPN532, KindSim, KindNone); p != nil {
		return p
	}
	if c.Reader.Kind == KindPN532 && !readerPort(c.Reader.Port) {
		return &problem{"reader.port", fmt.Sprintf("is %q, which names no port", c.Reader.Port), "write /dev/ttyAMA0, /dev/ttyUSB0, spi:0.0 or i2c:1"}
	}
	if !shortText(c.Reader.Name, 120) {
		return &problem{"reader.name", "is not one line of at most 120 characters", "write a part of the reader's name"}
	}
	if c.Trust.Dir == "" {
		return &problem{"trust.dir", "is empty", "name the folder of trust anchors; it may be an empty folder"}
	}
	if p := camera("camera.face", c.Camera.Face); p != nil {
		return p
	}
	if p := camera("camera.paper", c.Camera.Paper); p != nil {
		return p
	}
	if !slices.Contains([]int{0, 90, 180, 270}, c.Camera.Rotate) {
		return &problem{"camera.rotate", fmt.Sprintf("is %d", c.Camera.Rotate), "use 0, 90, 180 or 270"}
	}
	return nil
}

// readerPort reports whether a text names a serial port by its path, or a bus.
func readerPort(s string) bool {
	kind, bus, ok := strings.Cut(s, ":")
	return filepath.IsAbs(s) || ok && bus != "" && (kind == "spi" || kind == "i2c")
}

func camera(key, value string) *problem {
	if value == KindSim || value == KindNone || filepath.IsAbs(value) {
		return nil
	}
	return &problem{key, fmt.Sprintf("is %q", value), "use a device path like \"/dev/video0\", \"sim\" or \"none\""}
}

func (c *Config) checkVoice() *problem {
	v := c.Voice
	if p := within("voice.volume", float64(v.Volume), 0, 100); p != nil {
		return p
	}
	if _, err := v.QuietAt(0); err != nil {
		return &problem{"voice.quiet", "is not two times of day", "write it like \"18:00-07:00\", or leave it empty"}
	}
	if p := oneOf("voice.numbers", v.Numbers, NumbersNorth, NumbersSouth); p != nil {
		return p
	}
	if filepath.IsAbs(v.Earphones) {
		return nil
	}
	return oneOf("voice.earphones", v.Earphones, EarphonesJack, EarphonesAlways, EarphonesNever)
}

func (c *Config) checkPrinter() *problem {
	p := c.Printer
	if p.Device != KindSim && p.Device != KindNone && !filepath.IsAbs(p.Device) {
		return &problem{"printer.device", fmt.Sprintf("is %q", p.Device), "use a device path like \"/dev/usb/lp0\", \"sim\" or \"none\""}
	}
	if p.WidthMM != 80 && p.WidthMM != 58 {
		return &problem{"printer.width_mm", fmt.Sprintf("is %d", p.WidthMM), "use 80 or 58, the width of the paper"}
	}
	return nil
}

func (c *Config) checkPanel() *problem {
	if p := oneOf("panel.kind", c.Panel.Kind, KindGPIO, KindSim, KindNone); p != nil {
		return p
	}
	seen := map[string]string{}
	for _, l := range []struct{ key, line string }{
		{"panel.staff", c.Panel.Staff}, {"panel.card", c.Panel.Card}, {"panel.paper", c.Panel.Paper}, {"panel.presence", c.Panel.Presence},
	} {
		if !shortText(l.line, 40) {
			return &problem{l.key, "is not the name of a line", "write a name like \"GPIO17\", or leave it empty"}
		}
		if other := seen[l.line]; l.line != "" && other != "" {
			return &problem{l.key, "names the same line as " + other, "give every lamp and the sensor a line of its own"}
		}
		seen[l.line] = l.key
	}
	return nil
}

func (c *Config) checkDecisions() *problem {
	if p := oneOf("match.liveness", c.Match.Liveness, LivenessRequired, LivenessAdvise); p != nil {
		return p
	}
	if p := oneOf("match.turn", c.Match.Turn, TurnAsk, TurnOff); p != nil {
		return p
	}
	return within("match.threshold", c.Match.Threshold, 0, 1)
}

// maxSocket is how long the path of a Unix socket may be.
const maxSocket = 107

func (c *Config) checkOffice() *problem {
	if c.Office.Dir == "" {
		return &problem{"office.dir", "is empty", "name the folder that holds office.json, device.key and device.crt"}
	}
	if len(c.Uplink.Socket) > maxSocket {
		return &problem{"uplink.socket", fmt.Sprintf("has more than %d bytes", maxSocket), "the system takes no longer path of a socket (unix(7)): use a shorter one"}
	}
	return nil
}

func (c *Config) checkFront() *problem {
	if p := within("ui.px_per_mm", c.UI.PxPerMM, 1, 20); p != nil {
		return p
	}
	if p := oneOf("ui.tone", c.UI.Tone, ToneOld, ToneNew); p != nil {
		return p
	}
	return oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
}

// within also refuses NaN.
func within(key string, v, low, high float64) *problem {
	if v >= low && v <= high {
		return nil
	}
	return &problem{key, fmt.Sprintf("is %v", v), fmt.Sprintf("use a number from %v to %v", low, high)}
}

func oneOf(key, v string, list ...string) *problem {
	if slices.Contains(list, v) {
		return nil
	}
	hint := "use one of: " + strings.Join(list, ", ")
	if near := nearest(v, list); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	return &problem{key, fmt.Sprintf("is %q", v), hint}
}

// Keys lists every key as "section.key", in the order of [Config].
func Keys() []string {
	var keys []string
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		section := t.Field(i)
		for j := range section.Type.NumField() {
			keys = append(keys, section.Tag.Get("toml")+"."+section.Type.Field(j).Tag.Get("toml"))
		}
	}
	return keys
}

// sections lists every section.
func sections() []string {
	var names []string
	for _, k := range Keys() {
		name, _, _ := strings.Cut(k, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// nearest gives the candidate with the fewest changed letters, "" when none is near: more than a third would have to change.
func nearest(s string, candidates []string) string {
	best, least := "", len(s)/3+1
	for _, c := range candidates {
		if d := distance(s, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is Levenshtein's, over bytes: keys are ASCII.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
