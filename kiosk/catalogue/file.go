package catalogue

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
)

// Format is the version of the file's shape.
const Format = 1

// File is a catalogue file. Synonyms maps an everyday phrase to the official words added to a query that holds it ("*" in the
// phrase stands for up to three words); Redirects maps a code that was replaced to the one in its place; Elsewhere are matters
// that citizens ask the commune for and that others settle.
type File struct {
	Format     int                         `json:"format"`
	Date       string                      `json:"date"` // of the facts, yyyy-mm-dd
	Source     string                      `json:"source"`
	Procedures map[string]*kiosk.Procedure `json:"procedures"`
	Redirects  map[string]string           `json:"redirects"`
	Synonyms   map[string]string           `json:"synonyms"`
	Elsewhere  []Elsewhere                 `json:"elsewhere,omitempty"`
}

// Elsewhere is a matter settled elsewhere, with the phrases by which people ask for it.
type Elsewhere struct {
	kiosk.Elsewhere
	Phrases []string `json:"phrases"`
}

// Limits of what is read.
const (
	maxFile       = 32 << 20
	maxProcedures = 20_000
	maxText       = 4_000 // characters of one text
	maxElsewhere  = 2_000
	maxRedirects  = 10 // of one code, one after another
)

var (
	codeForm = regexp.MustCompile(`^[0-9]\.[0-9]{6}$`)
	linkForm = regexp.MustCompile(`^https://[!-~]{1,200}$`)
	dateForm = regexp.MustCompile(`^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
)

//go:embed starter.json
var starter []byte

var starterOnce = sync.OnceValues(func() (*Catalogue, error) { return Parse("starter", starter) })

// Starter gives the catalogue inside the program.
func Starter() (*Catalogue, error) { return starterOnce() }

// StarterFile gives the starter catalogue's file, to be changed and written under another name.
func StarterFile() (*File, error) { return ParseFile("starter", starter) }

// ParseFile reads and checks a catalogue file without making it searchable. Errors: catalogue_invalid.
func ParseFile(name string, data []byte) (*File, error) {
	f, err := decode(data)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeCatalogue, "read catalogue",
			"get the file again from where it was published, or leave catalogue.file empty to use the starter catalogue",
			"%s: %w", filepath.Base(name), err)
	}
	return f, nil
}

// Merge takes imported procedures into the file. What a record does not say and people know (short name, aliases, whether it is filed in person) is kept from
// the procedure it takes the place of.
func (f *File) Merge(im *Import) {
	for code, p := range im.Procedures {
		if old := f.Procedures[code]; old != nil {
			if p.Short == "" {
				p.Short = old.Short
			}
			if len(p.Aliases) == 0 {
				p.Aliases = old.Aliases
			}
			p.InPerson = p.InPerson || old.InPerson
		}
		f.Procedures[code] = p
		delete(f.Redirects, code)
	}
}

// Encode gives the file's bytes, one procedure per line, and checks them as [Parse] does. Errors: catalogue_invalid.
func (f *File) Encode() ([]byte, error) {
	var b bytes.Buffer
	head, err := encodeLine(struct {
		Format int    `json:"format"`
		Date   string `json:"date"`
		Source string `json:"source"`
	}{f.Format, f.Date, f.Source})
	if err != nil {
		return nil, err
	}
	b.Write(head[:len(head)-1])
	if err := errors.Join(encodeMap(&b, "procedures", f.Procedures), encodeMap(&b, "redirects", f.Redirects), encodeMap(&b, "synonyms", f.Synonyms)); err != nil {
		return nil, err
	}
	b.WriteString(",\n\"elsewhere\": [")
	for i, e := range f.Elsewhere {
		line, err := encodeLine(e)
		if err != nil {
			return nil, err
		}
		b.WriteString(separator(i))
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	_, err = ParseFile("encoded", b.Bytes())
	return b.Bytes(), err
}

func encodeMap[V any](b *bytes.Buffer, name string, m map[string]V) error {
	fmt.Fprintf(b, ",\n%q: {", name)
	for i, k := range sortedKeys(m) {
		key, err := encodeLine(k)
		if err != nil {
			return err
		}
		value, err := encodeLine(m[k])
		if err != nil {
			return err
		}
		b.WriteString(separator(i))
		b.Write(key)
		b.WriteString(": ")
		b.Write(value)
	}
	b.WriteString("\n}")
	return nil
}

func separator(i int) string {
	if i == 0 {
		return "\n"
	}
	return ",\n"
}

func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// Open reads the catalogue file at path; "" gives [Starter]. Errors: catalogue_invalid.
func Open(path string) (*Catalogue, error) {
	if path == "" {
		return Starter()
	}
	data, err := readLimited(path)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeCatalogue, "open catalogue",
			"make the file readable, or leave catalogue.file empty to use the starter catalogue", "%w", err)
	}
	return Parse(path, data)
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is longer than %d MiB", filepath.Base(path), maxFile>>20)
	}
	return data, err
}

// Parse reads a catalogue from data; name is for messages. Errors: catalogue_invalid.
func Parse(name string, data []byte) (*Catalogue, error) {
	f, err := ParseFile(name, data)
	if err != nil {
		return nil, err
	}
	return build(f, data), nil
}

func decode(data []byte) (*File, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var f File
	if err := dec.Decode(&f); err != nil {
		return nil, sentence(data, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("there is something after the end of the catalogue")
	}
	if err := uniqueKeys(json.NewDecoder(bytes.NewReader(data))); err != nil {
		return nil, err
	}
	return &f, nil
}

// sentence puts the line before what encoding/json says.
func sentence(data []byte, err error) error {
	var offset int64 = -1
	var se *json.SyntaxError
	var te *json.UnmarshalTypeError
	switch {
	case errors.As(err, &se):
		offset = se.Offset
	case errors.As(err, &te):
		offset = te.Offset
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the file ends in the middle")
	}
	if offset < 0 || offset > int64(len(data)) {
		return err
	}
	return fmt.Errorf("line %d: %w", bytes.Count(data[:offset], []byte("\n"))+1, err)
}

// uniqueKeys refuses an object in which a key stands twice: encoding/json would keep the last one silently.
func uniqueKeys(dec *json.Decoder) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	d, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for dec.More() {
		if d == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			k, _ := key.(string)
			if seen[k] {
				return fmt.Errorf("the key %q stands twice in one object", k)
			}
			seen[k] = true
		}
		if err := uniqueKeys(dec); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

// check refuses what a kiosk could not show: every text is one clear reason.
func (f *File) check() error {
	switch {
	case f.Format != Format:
		return fmt.Errorf("format %d is not the one this program reads (%d)", f.Format, Format)
	case !dateForm.MatchString(f.Date):
		return errors.New("date is not yyyy-mm-dd")
	case len(f.Procedures) == 0:
		return errors.New("it holds no procedure")
	case len(f.Procedures) > maxProcedures:
		return fmt.Errorf("it holds more than %d procedures", maxProcedures)
	}
	for _, code := range sortedKeys(f.Procedures) {
		if err := checkProcedure(code, f.Procedures[code]); err != nil {
			return fmt.Errorf("procedure %q: %w", code, err)
		}
	}
	for _, old := range sortedKeys(f.Redirects) {
		if err := f.checkRedirect(old, f.Redirects[old]); err != nil {
			return fmt.Errorf("redirect of %q: %w", old, err)
		}
	}
	for _, phrase := range sortedKeys(f.Synonyms) {
		if Fold(phrase) == "" || Fold(f.Synonyms[phrase]) == "" {
			return fmt.Errorf("synonym %q: phrase or words are empty", phrase)
		}
	}
	return checkElsewhere(f.Elsewhere)
}

func checkElsewhere(list []Elsewhere) error {
	if len(list) > maxElsewhere {
		return fmt.Errorf("it holds more than %d matters settled elsewhere", maxElsewhere)
	}
	for _, e := range list {
		if e.Topic == "" || e.Unit == "" || len(e.Phrases) == 0 {
			return fmt.Errorf("the matter %q settled elsewhere has no unit or no phrases", e.Topic)
		}
		for _, p := range e.Phrases {
			if Fold(p) == "" {
				return fmt.Errorf("the matter %q settled elsewhere has an empty phrase", e.Topic)
			}
		}
	}
	return nil
}

func (f *File) checkRedirect(from, to string) error {
	switch {
	case !codeForm.MatchString(from):
		return errors.New("the old code is not d.dddddd")
	case f.Procedures[from] != nil:
		return errors.New("the old code is still a procedure")
	}
	for range maxRedirects {
		if f.Procedures[to] != nil {
			return nil
		}
		next, ok := f.Redirects[to]
		if !ok {
			return fmt.Errorf("there is no procedure %q", to)
		}
		to = next
	}
	return fmt.Errorf("it is followed by more than %d others", maxRedirects)
}

func checkProcedure(key string, p *kiosk.Procedure) error {
	switch {
	case !codeForm.MatchString(key):
		return errors.New("the code is not d.dddddd")
	case p == nil:
		return errors.New("the record is null")
	case p.Code != key:
		return fmt.Errorf("the record is that of %q", p.Code)
	}
	clean(p)
	if p.Name == "" || p.Field == "" {
		return errors.New("name or field is empty")
	}
	if err := checkDays(p); err != nil {
		return err
	}
	for _, s := range texts(p) {
		if n := len([]rune(*s)); n > maxText {
			return fmt.Errorf("a text has %d characters, more than %d", n, maxText)
		}
	}
	for _, w := range p.Ways {
		if err := checkWay(w); err != nil {
			return err
		}
	}
	for _, c := range p.Papers {
		if c.Name == "" || c.Original < 0 || c.Copy < 0 || c.Original+c.Copy > 1000 {
			return errors.New("a paper has no name or an impossible number of copies")
		}
	}
	return nil
}

// checkDays checks the first and the last day, the levels and the link.
func checkDays(p *kiosk.Procedure) error {
	for _, d := range []string{p.From, p.Until} {
		if d != "" && !dateForm.MatchString(d) {
			return fmt.Errorf("%q is not yyyy-mm-dd", d)
		}
	}
	if p.Link != "" && !linkForm.MatchString(p.Link) {
		return errors.New("the link is no short https address")
	}
	if p.From != "" && p.Until != "" && p.Until < p.From {
		return errors.New("it ends before it begins")
	}
	for _, l := range p.Levels {
		if l != kiosk.LevelCommune && l != kiosk.LevelProvince && l != kiosk.LevelMinistry {
			return fmt.Errorf("level %q is not known", l)
		}
	}
	return nil
}

func checkWay(w kiosk.Way) error {
	if !slices.Contains([]kiosk.Channel{kiosk.ChannelDirect, kiosk.ChannelOnline, kiosk.ChannelPostal}, w.Channel) {
		return fmt.Errorf("channel %q is not known", w.Channel)
	}
	if !slices.Contains([]kiosk.TimeUnit{kiosk.UnitUnknown, kiosk.UnitWorkingDay, kiosk.UnitDay, kiosk.UnitHour}, w.Unit) {
		return fmt.Errorf("time unit %q is not known", w.Unit)
	}
	if w.Duration < 0 || w.Duration > 10_000 {
		return fmt.Errorf("a duration of %d is not possible", w.Duration)
	}
	for _, fee := range w.Fees {
		if fee.Amount < 0 || fee.Amount > 1e12 {
			return fmt.Errorf("a fee of %d is not possible", fee.Amount)
		}
		if !slices.Contains([]kiosk.FeeKind{kiosk.FeeKindUnknown, kiosk.FeeKindFee, kiosk.FeeKindCharge}, fee.Kind) {
			return fmt.Errorf("fee kind %q is not known", fee.Kind)
		}
	}
	return checkCommitted(w)
}

// checkCommitted: a commitment shortens the statutory limit, and names the decision and its day.
func checkCommitted(w kiosk.Way) error {
	c := w.Committed
	switch {
	case c == nil:
		return nil
	case c.Decision == "" || !dateForm.MatchString(c.From):
		return errors.New("a committed time names no decision or no first day")
	case c.Duration <= 0 || c.Unit == w.Unit && w.Duration > 0 && c.Duration > w.Duration:
		return errors.New("a committed time is not shorter than the statutory one")
	case !slices.Contains([]kiosk.TimeUnit{kiosk.UnitUnknown, kiosk.UnitWorkingDay, kiosk.UnitDay, kiosk.UnitHour}, c.Unit):
		return fmt.Errorf("time unit %q is not known", c.Unit)
	}
	return nil
}

// texts gives every text of p.
func texts(p *kiosk.Procedure) []*string {
	all := []*string{&p.Name, &p.Short, &p.Field, &p.Ministry, &p.Decision, &p.Agency}
	for _, list := range [][]string{p.Steps, p.Conditions} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	for i := range p.Aliases {
		all = append(all, &p.Aliases[i])
	}
	for i := range p.Applicants {
		all = append(all, &p.Applicants[i])
	}
	for i := range p.Papers {
		all = append(all, &p.Papers[i].Case, &p.Papers[i].Name)
	}
	for i := range p.Results {
		all = append(all, &p.Results[i].Name)
	}
	for i := range p.Legal {
		all = append(all, &p.Legal[i])
	}
	return all
}

// clean brings every text to NFC with single ordinary spaces: source records mix NFC, NFD and no-break spaces.
func clean(p *kiosk.Procedure) {
	for _, s := range texts(p) {
		*s = strings.Join(strings.Fields(norm.NFC.String(*s)), " ")
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
