package ui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
)

// A tongue is one language the pages speak. What it lacks is said in Vietnamese, sentence by sentence, in writing and in sound.
type tongue struct {
	Tag  string // BCP 47, "vi"
	Name string // in the language itself
	all  texts  // its own sentences over the Vietnamese ones
	own  texts
}

const (
	vi        = "vi"
	en        = "en"
	maxPack   = 1 << 20 // bytes of a language pack
	maxPacks  = 14
	maxLetter = 400 // letters of one sentence
)

// inside are the languages of the program itself, complete.
var inside = []*tongue{
	{Tag: vi, Name: vietnamese["lang.name"].Text, all: vietnamese, own: vietnamese},
	newTongue(en, mustTexts("texts/en.json")),
}

func newTongue(tag string, own texts) *tongue {
	all := maps.Clone(vietnamese)
	maps.Copy(all, own)
	name := own["lang.name"].Text
	if name == "" {
		name = tag
	}
	return &tongue{Tag: tag, Name: name, all: all, own: own}
}

// readTongues gives the languages of the program and the packs of a folder, "" for none. A pack is TAG.json in the form of
// texts/vi.json; each of its sentences replaces the program's, and what it lacks stays Vietnamese. A pack or a sentence that
// cannot be used is left out; problems tells which and why, for a technician.
func readTongues(dir string) (all []*tongue, problems []error) {
	all = slices.Clone(inside)
	if dir == "" {
		return all, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return all, []error{fmt.Errorf("language packs: %w", err)}
	}
	slices.Sort(files)
	if len(files) > maxPacks {
		problems = append(problems, fmt.Errorf("language packs: %d in the folder, %d are used", len(files), maxPacks))
		files = files[:maxPacks]
	}
	for _, f := range files {
		t, bad := readPack(f)
		problems = append(problems, bad...)
		if t != nil {
			all = place(all, t)
		}
	}
	return all, problems
}

// CheckLanguages tells what is wrong with the language packs of a folder; such packs and sentences are left out by [New].
func CheckLanguages(dir string) (tags []string, err error) {
	all, problems := readTongues(dir)
	for _, t := range all {
		tags = append(tags, t.Tag)
	}
	return tags, errors.Join(problems...)
}

// place puts t among the others: over the one of the same tag, else in the order of the tags, behind those inside.
func place(all []*tongue, t *tongue) []*tongue {
	if i := slices.IndexFunc(all, func(o *tongue) bool { return o.Tag == t.Tag }); i >= 0 {
		own := maps.Clone(all[i].own)
		maps.Copy(own, t.own)
		all[i] = newTongue(t.Tag, own)
		return all
	}
	all = append(all, t)
	slices.SortStableFunc(all[len(inside):], func(a, b *tongue) int { return cmp.Compare(a.Tag, b.Tag) })
	return all
}

func readPack(path string) (*tongue, []error) {
	name := filepath.Base(path)
	tag, err := language.Parse(strings.TrimSuffix(name, ".json"))
	if err != nil || tag.String()+".json" != name {
		return nil, []error{fmt.Errorf("language pack %s: the name is not a language's BCP 47 tag", name)}
	}
	data, err := readBounded(path)
	if err != nil {
		return nil, []error{fmt.Errorf("language pack %s: %w", name, err)}
	}
	var own texts
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&own); err != nil {
		return nil, []error{fmt.Errorf("language pack %s: %w", name, err)}
	}
	problems := own.weed(name)
	if tag.String() == vi && len(own) > 0 { // the consent's words are hashed and the fall-back of all: they stay as they are
		return nil, append(problems, fmt.Errorf("language pack %s: Vietnamese is inside the program", name))
	}
	return newTongue(tag.String(), own), problems
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // names the file
	}
	if !info.Mode().IsRegular() || info.Size() > maxPack {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("not a file of at most %d bytes", maxPack)}
	}
	return os.ReadFile(path) //nolint:wrapcheck // names the file
}

// weed takes out what cannot stand for the Vietnamese sentence: keys nobody asks for, empty or endless texts, other placeholders.
func (t texts) weed(name string) (problems []error) {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		s, want := t[key], vietnamese[key]
		s.Text, s.Say = norm.NFC.String(strings.TrimSpace(s.Text)), norm.NFC.String(strings.TrimSpace(s.Say))
		t[key] = s
		if why := unfit(s, want); why != "" {
			delete(t, key)
			problems = append(problems, fmt.Errorf("language pack %s: %s %s", name, key, why))
		}
	}
	return problems
}

func unfit(s, want sentence) string {
	switch {
	case want.Text == "":
		return "is no sentence of the pages"
	case s.Text == "":
		return "is empty"
	case len([]rune(s.Text)) > maxLetter || len([]rune(s.Say)) > maxLetter:
		return fmt.Sprintf("is longer than %d letters", maxLetter)
	case !slices.Equal(holes(s.Text), holes(want.Text)):
		return "has other placeholders than the Vietnamese sentence"
	}
	return ""
}

var placeholder = regexp.MustCompile(`\{\w*\}?`)

// holes gives the placeholders of a sentence, sorted.
func holes(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// match gives the language of that tag, else the nearest one, else Vietnamese.
func match(all []*tongue, tag string) *tongue {
	for _, t := range all {
		if t.Tag == tag {
			return t
		}
	}
	tags := make([]language.Tag, len(all))
	for i, t := range all {
		tags[i] = language.Make(t.Tag)
	}
	want, err := language.Parse(tag)
	if err != nil {
		return all[0]
	}
	if _, i, sure := language.NewMatcher(tags).Match(want); sure >= language.High {
		return all[i]
	}
	return all[0]
}

// SpokenIn gives what is said for a key in a language: its own spoken form or text, else the Vietnamese one, "" for an
// unknown key. A text without a spoken form of its own is read as it is written, never in another language.
func SpokenIn(tag, key string) string { return match(inside, tag).all.spoken(key) }

func (t texts) spoken(key string) string { return cmp.Or(t[key].Say, t[key].Text) }

// ConsentLanguages gives the text shown for each purpose, per language of the program and of the packs in dir. A language that
// lacks one of them asks in Vietnamese, and its consent names the Vietnamese text.
func ConsentLanguages(dir string) map[string]map[kiosk.Purpose]ConsentText {
	all, _ := readTongues(dir) // what is wrong with a pack is doctor's to tell
	out := map[string]map[kiosk.Purpose]ConsentText{}
	for _, t := range all {
		out[t.Tag] = t.consents()
	}
	return out
}

func (t *tongue) consents() map[kiosk.Purpose]ConsentText {
	out := map[kiosk.Purpose]ConsentText{}
	for purpose, c := range ConsentTexts() {
		key := "consent." + string(purpose)
		if s := t.own[key].Text; s != "" && t.Tag != vi {
			c = ConsentText{ID: c.ID + "/" + t.Tag, Text: s}
		}
		out[purpose] = c
	}
	return out
}
