package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"motcua/kiosk"
)

// Import is what came of reading records: the procedures by code, and what was refused, each with its reason.
type Import struct {
	Procedures map[string]*kiosk.Procedure
	Rejected   []Rejected
}

// Rejected is a record that was not taken.
type Rejected struct {
	Where  string `json:"where"` // the code it stands under, or the row
	Reason string `json:"reason"`
}

func (im *Import) reject(where string, err error) {
	im.Rejected = append(im.Rejected, Rejected{where, err.Error()})
}

// take checks a procedure and keeps it.
func (im *Import) take(where string, p *kiosk.Procedure) {
	err := checkProcedure(p.Code, p)
	if err == nil && im.Procedures[p.Code] != nil {
		err = errors.New("the code stands twice")
	}
	if err != nil {
		im.reject(where, err)
		return
	}
	im.Procedures[p.Code] = p
}

// national is a record of the national portal, as far as it is used.
type national struct {
	ID         string     `json:"id"`
	Code       string     `json:"code"`
	Name       string     `json:"name"`
	DecisionNo string     `json:"decisionNo"`
	Steps      []anyText  `json:"executionSteps"`
	Methods    []method   `json:"executionMethods"`
	Cases      []execCase `json:"executionCases"`
	Categories []anyText  `json:"categories"`
	Subjects   []anyText  `json:"subjectTypes"`
	Executing  []anyText  `json:"departmentsExecuting"`
	Authority  []anyText  `json:"departmentsAuthority"`
	Results    []anyText  `json:"resultsDetails"`
	Legal      []anyText  `json:"legalBasisesDetails"`
	Conditions anyText    `json:"requirementsAndConditions"`
	Keywords   anyTexts   `json:"keywords"`
	Ward       bool       `json:"isWard"`
	Province   bool       `json:"isProvince"`
	Ministry   bool       `json:"isMinistry"`
}

type method struct {
	Submission  string  `json:"submissionMethod"`
	Time        looseN  `json:"processingTime"`
	Unit        string  `json:"processingTimeUnit"`
	Fees        []fee   `json:"fees"`
	Description anyText `json:"description"`
}

type fee struct {
	Type        string  `json:"type"`
	Value       *looseN `json:"value"`
	Description anyText `json:"description"`
}

type execCase struct {
	Name       string `json:"name"`
	Components []struct {
		Name     string `json:"name"`
		Original looseN `json:"originalQty"`
		Copy     looseN `json:"copyQty"`
	} `json:"profileComponents"`
}

// looseN is a number that the portal writes as a number, a text or null.
type looseN int64

// UnmarshalJSON implements [json.Unmarshaler].
func (n *looseN) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `" `)
	if s == "null" || s == "" {
		return nil
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", "."), 64)
	if err != nil || f != float64(int64(f)) || f < 0 || f > 1e12 {
		return fmt.Errorf("%q is not a whole number", s)
	}
	*n = looseN(f)
	return nil
}

// anyText is a text, or an object that carries one beside a code.
type anyText struct{ Text, Code string }

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

var tags = regexp.MustCompile(`<[^>]*>`)

// UnmarshalJSON implements [json.Unmarshaler].
func (t *anyText) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		var o struct{ Name, Title, Content, Description, Code string }
		if err := json.Unmarshal(data, &o); err != nil {
			return err
		}
		t.Code = o.Code
		for _, s := range []string{o.Name, o.Title, o.Content, o.Description} {
			if t.Text = plain(s); t.Text != "" {
				break
			}
		}
		return nil
	}
	var s *string
	if err := json.Unmarshal(data, &s); err != nil || s == nil {
		return err
	}
	t.Text = plain(*s)
	return nil
}

// plain takes the mark-up from a text.
func plain(s string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(s, " "))), " ")
}

// anyTexts is a list of texts, or one with commas.
type anyTexts []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *anyTexts) UnmarshalJSON(data []byte) error {
	var list []anyText
	if bytes.HasPrefix(data, []byte("[")) {
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		*t = textsOf(list)
		return nil
	}
	var one anyText
	if err := one.UnmarshalJSON(data); err != nil {
		return err
	}
	for s := range strings.SplitSeq(one.Text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			*t = append(*t, s)
		}
	}
	return nil
}

func textsOf(list []anyText) []string {
	var out []string
	for _, t := range list {
		if t.Text != "" {
			out = append(out, t.Text)
		}
	}
	return out
}

// ReadNational reads records of the national portal: one record, a list, or an object of records by code. A record must be that
// of the code it stands under: the key, or the file's name when that is a code (1.001193.json). A crawl is known to have stored
// another procedure's page under a code; such records are rejected, each with its reason. Errors: catalogue_invalid for a file
// that is no such JSON at all.
func ReadNational(name string, data []byte) (*Import, error) {
	entries, err := nationalEntries(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), data)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeCatalogue, "read records", "give the national portal's JSON as it was downloaded", "%s: %w", filepath.Base(name), err)
	}
	im := &Import{Procedures: map[string]*kiosk.Procedure{}}
	for _, e := range entries {
		var n national
		if err := json.Unmarshal(e.data, &n); err != nil {
			im.reject(e.under, err)
			continue
		}
		if asked := codeOf(e.under); asked != "" && asked != n.Code {
			im.reject(e.under, fmt.Errorf("the record is that of %q", n.Code))
			continue
		}
		p, err := n.procedure()
		if err != nil {
			im.reject(e.under, err)
			continue
		}
		im.take(e.under, p)
	}
	return im, nil
}

// codeOf gives the code that a key or a file name is, "" when it is none.
func codeOf(s string) string {
	if codeForm.MatchString(s) {
		return s
	}
	return ""
}

// entry is a record with what it stands under: a code, or its place.
type entry struct {
	under string
	data  json.RawMessage
}

func nationalEntries(name string, data []byte) ([]entry, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("it is longer than %d MiB", maxFile>>20)
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(data, []byte("[")) {
		var list []json.RawMessage
		if err := json.Unmarshal(data, &list); err != nil {
			return nil, sentence(data, err)
		}
		var all []entry
		for i, r := range list {
			all = append(all, entry{fmt.Sprintf("record %d", i+1), r})
		}
		return all, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, sentence(data, err)
	}
	if inner, ok := object["data"]; ok && object["code"] == nil {
		return nationalEntries(name, inner)
	}
	if _, ok := object["code"]; ok {
		return []entry{{name, data}}, nil
	}
	var all []entry
	for _, key := range sortedKeys(object) {
		if codeOf(key) == "" {
			return nil, fmt.Errorf("the key %q is no code", key)
		}
		all = append(all, entry{key, object[key]})
	}
	return all, nil
}

var (
	nationalChannels = map[string]kiosk.Channel{"DIRECT": kiosk.ChannelDirect, "ONLINE": kiosk.ChannelOnline, "POSTAL": kiosk.ChannelPostal}
	nationalUnits    = map[string]kiosk.TimeUnit{
		"": kiosk.UnitUnknown, "WORKING_DAY": kiosk.UnitWorkingDay, "DAY": kiosk.UnitDay, "CALENDAR_DAY": kiosk.UnitDay, "HOUR": kiosk.UnitHour, "WORKING_HOUR": kiosk.UnitHour,
	}
	nationalFees = map[string]kiosk.FeeKind{"": kiosk.FeeKindUnknown, "FEE": kiosk.FeeKindFee, "CHARGE": kiosk.FeeKindCharge}
)

func (n *national) procedure() (*kiosk.Procedure, error) {
	p := &kiosk.Procedure{
		Code: n.Code, Name: plain(n.Name), Field: first(textsOf(n.Categories)), Ministry: first(textsOf(n.Authority)),
		Agency: strings.Join(textsOf(n.Executing), "; "), Applicants: textsOf(n.Subjects), Decision: n.DecisionNo, Steps: textsOf(n.Steps), Aliases: n.Keywords,
	}
	if uuidForm.MatchString(n.ID) {
		p.Link = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/" + n.ID
	}
	if p.Field == "" {
		p.Field = "Chưa phân lĩnh vực"
	}
	if c := n.Conditions.Text; c != "" {
		p.Conditions = []string{c}
	}
	for _, l := range []struct {
		is    bool
		level kiosk.Level
	}{{n.Ward, kiosk.LevelCommune}, {n.Province, kiosk.LevelProvince}, {n.Ministry, kiosk.LevelMinistry}} {
		if l.is {
			p.Levels = append(p.Levels, l.level)
		}
	}
	for _, r := range n.Results {
		p.Results = append(p.Results, kiosk.Result{Name: r.Text, Code: r.Code})
	}
	for _, l := range n.Legal {
		p.Legal = append(p.Legal, first([]string{l.Code, l.Text}))
	}
	for _, c := range n.Cases {
		for _, i := range c.Components {
			p.Papers = append(p.Papers, kiosk.Paper{Case: plain(c.Name), Name: plain(i.Name), Original: int(i.Original), Copy: int(i.Copy)})
		}
	}
	for _, m := range n.Methods {
		w, err := m.way()
		if err != nil {
			return nil, err
		}
		p.Ways = append(p.Ways, w)
	}
	return p, nil
}

// first gives the first text that is not empty.
func first(list []string) string {
	i := slices.IndexFunc(list, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return list[i]
}

func (m method) way() (kiosk.Way, error) {
	ch, ok1 := nationalChannels[m.Submission]
	unit, ok2 := nationalUnits[m.Unit]
	if !ok1 || !ok2 {
		return kiosk.Way{}, fmt.Errorf("submission method %q or unit %q is not known", m.Submission, m.Unit)
	}
	w := kiosk.Way{Channel: ch, Duration: int(m.Time), Unit: unit}
	for _, f := range m.Fees {
		kind, ok := nationalFees[f.Type]
		if !ok {
			return kiosk.Way{}, fmt.Errorf("fee type %q is not known", f.Type)
		}
		if says := Fold(f.Description.Text + " " + m.Description.Text); (f.Value == nil || *f.Value == 0) && provinceSets(says) {
			w.Fees = append(w.Fees, kiosk.Fee{Kind: kind, ProvinceDecides: true})
		} else if f.Value != nil {
			w.Fees = append(w.Fees, kiosk.Fee{Kind: kind, Amount: int64(*f.Value)})
		}
	}
	return w, nil
}

// provinceSets reports whether a text says that the provincial council decides.
func provinceSets(folded string) bool {
	return strings.Contains(folded, "hdnd") || strings.Contains(folded, "hoi dong nhan dan")
}
