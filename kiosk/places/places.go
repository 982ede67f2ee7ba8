// Package places knows the provinces and communes: by code, by name as people type it, and what a unit of before the reforms is
// called now.
//
// The units are data that the kiosk is given, not part of the program: a folder with provinces.json and communes.json, named in
// kiosk.toml. A unit may say what it was made of ("was": names or codes); where it does, old names are found and resolved. Which
// provinces were joined on 01/07/2025 (Resolution 202/2025/QH15) is a short list of facts and is part of the program.
//
// Shapes: provinces.json is {"as_of", "list": [{code, name, was}]}, communes.json is [{code, name, province, was}]. Further keys
// are left alone.
package places

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/catalogue"
)

// Places is a [kiosk.Places] in memory. It never changes.
type Places struct {
	asOf      string
	provinces []kiosk.Place
	communes  map[string][]kiosk.Place // by province
	byCode    map[string]kiosk.Place
	units     []unit
	old       map[string][]string // folded old name or code to codes
}

// unit is a commune as it is searched.
type unit struct {
	code, province string
	names          []string // folded, without the kind, the present one first
}

var _ kiosk.Places = (*Places)(nil)

// Limits of what is read.
const (
	maxFile     = 16 << 20
	maxCommunes = 20_000
)

var (
	provinceCode = regexp.MustCompile(`^[0-9]{2}$`)
	communeCode  = regexp.MustCompile(`^[0-9]{5}$`)
)

// Open reads the folder. Errors: config_invalid, since the folder is named in kiosk.toml.
func Open(dir string) (*Places, error) {
	var provinces struct {
		AsOf string        `json:"as_of"`
		List []kiosk.Place `json:"list"`
	}
	var communes []kiosk.Place
	err := errors.Join(read(filepath.Join(dir, "provinces.json"), &provinces), read(filepath.Join(dir, "communes.json"), &communes))
	var p *Places
	if err == nil {
		p, err = build(provinces.AsOf, provinces.List, communes)
	}
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "read places", "name a folder with provinces.json and communes.json in [places] dir, or leave it empty", "%w", err)
	}
	return p, nil
}

// Parse reads both lists from one object, {"provinces", "communes"}, each as its file has it. Errors: bad_input.
func Parse(data []byte) (*Places, error) {
	var both struct {
		Provinces struct {
			AsOf string        `json:"as_of"`
			List []kiosk.Place `json:"list"`
		} `json:"provinces"`
		Communes []kiosk.Place `json:"communes"`
	}
	err := json.Unmarshal(data, &both)
	var p *Places
	if err == nil {
		p, err = build(both.Provinces.AsOf, both.Provinces.List, both.Communes)
	}
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read places", "make one object of provinces.json and communes.json", "%w", err)
	}
	return p, nil
}

func read(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("it is too long")
	}
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

func build(asOf string, provinces, communes []kiosk.Place) (*Places, error) {
	if len(provinces) == 0 || len(communes) == 0 || len(communes) > maxCommunes {
		return nil, errors.New("there are no provinces or communes, or too many")
	}
	p := &Places{asOf: asOf, communes: map[string][]kiosk.Place{}, byCode: map[string]kiosk.Place{}, old: map[string][]string{}}
	for _, v := range provinces {
		v.Province = ""
		if err := p.add(v, provinceCode); err != nil {
			return nil, err
		}
		p.provinces = append(p.provinces, v)
	}
	for _, c := range communes {
		if _, ok := p.byCode[c.Province]; !ok {
			return nil, fmt.Errorf("the commune %q is in no province of the list", c.Code)
		}
		if err := p.add(c, communeCode); err != nil {
			return nil, err
		}
		p.communes[c.Province] = append(p.communes[c.Province], c)
		u := unit{code: c.Code, province: c.Province, names: []string{bare(c.Name)}}
		for _, w := range c.Was {
			u.names = append(u.names, bare(w))
		}
		p.units = append(p.units, u)
	}
	p.joined()
	for _, list := range append([][]kiosk.Place{p.provinces}, values(p.communes)...) {
		slices.SortFunc(list, func(a, b kiosk.Place) int {
			return cmp.Or(cmp.Compare(bare(a.Name), bare(b.Name)), cmp.Compare(a.Code, b.Code))
		})
	}
	return p, nil
}

func values(m map[string][]kiosk.Place) (all [][]kiosk.Place) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func (p *Places) add(v kiosk.Place, form *regexp.Regexp) error {
	if !form.MatchString(v.Code) || v.Name == "" || len(v.Name) > 200 {
		return fmt.Errorf("the unit %q has no code or no name", v.Code)
	}
	if _, twice := p.byCode[v.Code]; twice {
		return fmt.Errorf("the code %q stands twice", v.Code)
	}
	p.byCode[v.Code] = v
	for _, w := range v.Was {
		p.note(w, v.Code)
	}
	return nil
}

// note keeps that an old name or code is a unit's now.
func (p *Places) note(old, code string) {
	for _, key := range []string{catalogue.Fold(old), bare(old)} {
		if key != "" && !slices.Contains(p.old[key], code) {
			p.old[key] = append(p.old[key], code)
		}
	}
}

// joined notes the provinces of before 01/07/2025.
func (p *Places) joined() {
	for _, now := range p.provinces {
		for _, old := range joinedProvinces[bare(now.Name)] {
			p.note("Tỉnh "+old, now.Code)
		}
	}
}

// kinds are the folded kinds that stand before names, longest first.
var kinds = []string{"thanh pho", "dac khu", "thi tran", "thi xa", "phuong", "huyen", "quan", "tinh", "xa", "tp", "tt"}

// bare gives a folded name without its kind: "Phường Ba Đình" is "ba dinh".
func bare(name string) string {
	f := catalogue.Fold(name)
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(f, k+" "); ok && rest != "" {
			return rest
		}
	}
	return f
}

// AsOf is the day of the list of provinces, "" when it does not say.
func (p *Places) AsOf() string { return p.asOf }

// Provinces gives every province by name.
func (p *Places) Provinces() []kiosk.Place { return slices.Clone(p.provinces) }

// Communes gives a province's communes by name; nil for an unknown province.
func (p *Places) Communes(province string) []kiosk.Place { return slices.Clone(p.communes[province]) }

// Place gives a unit by code. Error: not_found.
func (p *Places) Place(code string) (kiosk.Place, error) {
	if v, ok := p.byCode[code]; ok {
		return v, nil
	}
	return kiosk.Place{}, kiosk.Errorf(kiosk.CodeNotFound, "find place", "look for it by name", "no province and no commune has this code")
}

// Renamed gives the units that an old name or code belongs to now; nil when that is not known.
func (p *Places) Renamed(old string) []kiosk.Place {
	codes := p.old[catalogue.Fold(old)]
	if codes == nil {
		codes = p.old[bare(old)]
	}
	return p.places(codes)
}

func (p *Places) places(codes []string) []kiosk.Place {
	var all []kiosk.Place
	for _, c := range codes {
		all = append(all, p.byCode[c])
	}
	return all
}
