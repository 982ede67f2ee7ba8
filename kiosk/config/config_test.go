package config

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"motcua/kiosk"
)

// required fills the keys that have no default.
const required = "[kiosk]\nname = \"kiosk-1\"\ncommune = \"Phường Mẫu\"\nhotline = \"1900 0000\"\n"

func TestSampleIsTheDefaults(t *testing.T) {
	got, err := decode("kiosk.toml", []byte(Sample()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got); diff != "" {
		t.Errorf("the sample is not the defaults (-default +sample):\n%s", diff)
	}
}

// Every key stands in the sample, on a line of its own, under a comment in Vietnamese and English.
func TestEveryKeyIsDocumented(t *testing.T) {
	var raw map[string]map[string]any
	if _, err := toml.Decode(Sample(), &raw); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(Sample(), "\n")
	for _, key := range Keys() {
		section, name, _ := strings.Cut(key, ".")
		if _, ok := raw[section][name]; !ok {
			t.Errorf("%s is not in the sample", key)
			continue
		}
		at := lineOf([]byte(Sample()), key) - 1
		var comment string
		for i := at - 1; i >= 0 && strings.HasPrefix(lines[i], "#"); i-- {
			comment = lines[i] + comment
		}
		if len(comment) < 40 {
			t.Errorf("%s has no comment of any use: %q", key, comment)
		}
	}
}

func TestDefaultsWithRequiredKeysAreValid(t *testing.T) {
	c, err := Parse("/etc/kiosk/kiosk.toml", []byte(required))
	if err != nil {
		t.Fatal(err)
	}
	if c.Kiosk.Commune != "Phường Mẫu" || c.HTTP.Listen != "127.0.0.1:8080" {
		t.Errorf("got %+v", c)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestRelativePaths(t *testing.T) {
	c, err := Parse("/srv/demo/kiosk.toml", []byte(required+"[data]\ndir = \"var\"\n[catalogue]\nfile = \"c.json\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Data.Dir != "/srv/demo/var" || c.Catalogue.File != "/srv/demo/c.json" || c.Trust.Dir != "/etc/kiosk/trust" || c.Models.Dir != "" {
		t.Errorf("data %q catalogue %q trust %q models %q", c.Data.Dir, c.Catalogue.File, c.Trust.Dir, c.Models.Dir)
	}
}

// Each bad file gives config_invalid, a hint, and one sentence that holds these words.
func TestBadFiles(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"misspelt key":        {required + "hotlin = \"1\"\n", []string{"line 5", "kiosk.hotlin", `did you mean "kiosk.hotline"?`}},
		"misspelt section":    {required + "[offce]\ndir = \"x\"\n", []string{"line 5", "offce", `did you mean "office"?`}},
		"unknown key":         {required + "[http]\ntls = true\n", []string{"line 6", "http.tls is not a known key"}},
		"wrong type":          {required + "[camera]\nrotate = \"three\"\n", []string{"line 6", "rotate"}},
		"not TOML":            {"[kiosk\n", []string{"line", "expected"}},
		"key twice":           {required + "name = \"b\"\n", []string{"line 5"}},
		"no name":             {"", []string{"kiosk.name is missing"}},
		"no hotline":          {"[kiosk]\nname = \"a\"\ncommune = \"b\"\n", []string{"kiosk.hotline is missing"}},
		"open to the network": {required + "[http]\nlisten = \"0.0.0.0:8080\"\n", []string{"line 6", "http.listen", "outside this machine"}},
		"open by no host":     {required + "[http]\nlisten = \":8080\"\n", []string{"http.listen", "outside this machine"}},
		"no port":             {required + "[http]\nlisten = \"127.0.0.1\"\n", []string{"http.listen is not an address with a port"}},
		"bad port":            {required + "[http]\nlisten = \"127.0.0.1:99999\"\n", []string{"http.listen has no port"}},
		"reader kind":         {required + "[reader]\nkind = \"pcscd\"\n", []string{"line 6", "reader.kind", `did you mean "pcsc"?`}},
		"reader without port": {required + "[reader]\nkind = \"pn532\"\n", []string{"reader.port", "/dev/ttyAMA0"}},
		"reader port":         {required + "[reader]\nkind = \"pn532\"\nport = \"ttyS0\"\n", []string{"reader.port is \"ttyS0\""}},
		"camera":              {required + "[camera]\nface = \"video0\"\n", []string{"camera.face", "/dev/video0"}},
		"rotation":            {required + "[camera]\nrotate = 45\n", []string{"camera.rotate is 45", "use 0, 90, 180 or 270"}},
		"threshold":           {required + "[match]\nthreshold = 1.5\n", []string{"match.threshold is 1.5"}},
		"threshold NaN":       {required + "[match]\nthreshold = nan\n", []string{"match.threshold is NaN"}},
		"liveness":            {required + "[match]\nliveness = \"off\"\n", []string{"match.liveness", "required"}},
		"turn":                {required + "[match]\nturn = \"nod\"\n", []string{"match.turn", "ask"}},
		"free space":          {required + "[data]\nmin_free_mb = 0\n", []string{"data.min_free_mb is 0"}},
		"volume":              {required + "[voice]\nvolume = 101\n", []string{"voice.volume is 101"}},
		"numbers":             {required + "[voice]\nnumbers = \"west\"\n", []string{"voice.numbers is \"west\""}},
		"earphones":           {required + "[voice]\nearphones = \"event3\"\n", []string{"voice.earphones", "jack"}},
		"printer":             {required + "[printer]\ndevice = \"lp0\"\n", []string{"printer.device is \"lp0\"", "/dev/usb/lp0"}},
		"paper":               {required + "[printer]\nwidth_mm = 76\n", []string{"printer.width_mm is 76", "80 or 58"}},
		"panel":               {required + "[panel]\nkind = \"usb\"\n", []string{"panel.kind is \"usb\""}},
		"a line twice":        {required + "[panel]\nstaff = \"GPIO17\"\ncard = \"GPIO17\"\n", []string{"panel.card names the same line as panel.staff"}},
		"level":               {required + "[log]\nlevel = \"verbose\"\n", []string{"log.level is \"verbose\""}},
		"multi-line name":     {"[kiosk]\nname = \"a\"\nhotline = \"113\"\ncommune = \"a\\nb\"\n", []string{"kiosk.commune is not one line"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("dir/kiosk.toml", []byte(c.text))
			if kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
				t.Fatalf("error %v, want config_invalid", err)
			}
			var e *kiosk.Error
			if !errors.As(err, &e) || e.Hint == "" {
				t.Errorf("no hint in %v", err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q lacks %q", err, w)
				}
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kiosk.toml")
	if _, err := Load(path); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte(required+"[trust]\ndir = \"trust\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil || c.Trust.Dir != filepath.Join(dir, "trust") {
		t.Errorf("Load = %+v, %v", c.Trust, err)
	}
	if err := os.WriteFile(path, []byte("#"+strings.Repeat("x", maxFile)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Errorf("huge file: %v", err)
	}
}

func TestModelsDir(t *testing.T) {
	c := Default()
	t.Setenv("KIOSK_MODELS", "/models")
	c.Models.Dir = "/configured"
	if got := c.ModelsDir(); got != "/models" {
		t.Errorf("with KIOSK_MODELS: %s", got)
	}
	t.Setenv("KIOSK_MODELS", "")
	if got := c.ModelsDir(); got != "/configured" {
		t.Errorf("configured: %s", got)
	}
	c.Models.Dir = ""
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.ModelsDir(), filepath.Join(root, "../shared/data/models"); got != want {
		t.Errorf("default: %s, want %s", got, want)
	}
}

// Every value that [Default] gives can be broken, and the check notices: no key is left unchecked by mistake.
func TestEveryNumberHasALimit(t *testing.T) {
	base, err := Parse("kiosk.toml", []byte(required))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(&base).Elem()
	for i := range v.NumField() {
		for j := range v.Field(i).NumField() {
			f := v.Field(i).Field(j)
			old := reflect.ValueOf(f.Interface())
			switch f.Kind() {
			case reflect.Int, reflect.Int64:
				f.SetInt(math.MaxInt32 * 1000)
			case reflect.Float64:
				f.SetFloat(math.Inf(1))
			default:
				continue
			}
			if base.Validate() == nil {
				t.Errorf("%s has no limit", Keys()[keyIndex(v, i, j)])
			}
			f.Set(old)
		}
	}
}

func keyIndex(v reflect.Value, section, key int) int {
	n := key
	for i := range section {
		n += v.Field(i).NumField()
	}
	return n
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Sample()))
	f.Add([]byte(required))
	f.Add([]byte("[http]\nlisten=\"[::1]:1\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("kiosk.toml", data)
		if err != nil {
			if kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
				t.Errorf("error without its code: %v", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("accepted, but not valid: %v", err)
		}
	})
}
