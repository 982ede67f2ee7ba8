package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// row prints one line of a decoded file; empty values are left out.
func row(w io.Writer, name, value string) {
	if value != "" {
		fmt.Fprintf(w, "  %-16s %s\n", name, value)
	}
}

func rows(w io.Writer, name string, values []string) {
	for _, v := range values {
		row(w, name, v)
	}
}

type hexContent struct {
	Hex string `json:"hex"`
	Cut bool   `json:"cut,omitempty"` // only the first 64 bytes are shown
}

func decodeBytes(raw []byte) (content, error) {
	return hexContent{hex.EncodeToString(raw[:min(len(raw), 64)]), len(raw) > 64}, nil
}

func (c hexContent) print(w io.Writer) { row(w, "begins with", c.Hex) }

type comContent struct {
	LDS     string         `json:"lds"`
	Unicode string         `json:"unicode"`
	Groups  []kiosk.FileID `json:"groups"`
	Unknown string         `json:"unknown,omitempty"` // tags of no known group, hexadecimal
}

func describeCOM(c lds.COM) comContent {
	return comContent{c.LDS, c.Unicode, c.Groups, hex.EncodeToString(c.Unknown)}
}

func (c comContent) print(w io.Writer) {
	row(w, "lds", c.LDS)
	row(w, "unicode", c.Unicode)
	row(w, "groups", strings.Trim(fmt.Sprint(c.Groups), "[]"))
	row(w, "unknown tags", c.Unknown)
}

type sodContent struct {
	Groups    []int        `json:"groups"`
	LDS       string       `json:"lds,omitempty"` // as signed, since LDS 1.8
	Hash      string       `json:"hash"`
	Signature string       `json:"signature"`
	Signer    kiosk.Signer `json:"signer"`
}

func (c sodContent) print(w io.Writer) {
	row(w, "groups", strings.Trim(fmt.Sprint(c.Groups), "[]"))
	row(w, "lds", c.LDS)
	row(w, "hash", c.Hash)
	row(w, "signature", c.Signature)
	printSigner(w, c.Signer)
}

type keyContent struct {
	Key string `json:"key"`
}

func describeKey(k *lds.PublicKey) keyContent { return keyContent{k.String()} }

func (c keyContent) print(w io.Writer) { row(w, "key", c.Key) }

type atrContent struct {
	MaxCommand   int    `json:"max_command"`
	MaxResponse  int    `json:"max_response"`
	Extended     bool   `json:"extended"`
	Chaining     bool   `json:"chaining"`
	Capabilities string `json:"capabilities,omitempty"` // hexadecimal
}

func describeATR(a *lds.ATRInfo) atrContent {
	return atrContent{a.MaxCommand, a.MaxResponse, a.Extended, a.Chaining, hex.EncodeToString(a.Capabilities)}
}

func (c atrContent) print(w io.Writer) {
	row(w, "command", fmt.Sprintf("%d bytes", c.MaxCommand))
	row(w, "response", fmt.Sprintf("%d bytes", c.MaxResponse))
	row(w, "extended lengths", fmt.Sprint(c.Extended))
	row(w, "chaining", fmt.Sprint(c.Chaining))
	row(w, "capabilities", c.Capabilities)
}

type faceContent struct {
	Record  string `json:"record"`
	Version string `json:"version,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Count   int    `json:"count"`
	Points  int    `json:"points"`
	Type    string `json:"type"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Bytes   int    `json:"bytes"`
	data    []byte
}

func describeFace(f lds.Face) faceContent {
	return faceContent{
		f.Record, f.Version, f.Kind, f.Count, f.Points, f.Image.Type, f.Image.Width, f.Image.Height, len(f.Image.Data), f.Image.Data,
	}
}

func (c faceContent) print(w io.Writer) {
	row(w, "record", strings.TrimSpace(c.Record+" "+c.Version))
	row(w, "kind", c.Kind)
	row(w, "images", fmt.Sprint(c.Count))
	row(w, "feature points", fmt.Sprint(c.Points))
	row(w, "picture", fmt.Sprintf("%s, %d by %d, %d bytes", c.Type, c.Width, c.Height, c.Bytes))
}

type zoneContent struct {
	Lines       []string `json:"lines"`
	Valid       bool     `json:"valid"` // all check digits are right
	Code        string   `json:"code"`
	Number      string   `json:"number"`
	Personal    string   `json:"personal_number,omitempty"`
	Name        string   `json:"name"`
	Birth       string   `json:"birth"`
	Sex         string   `json:"sex"`
	Expiry      string   `json:"expiry"`
	State       string   `json:"state"`
	Nationality string   `json:"nationality"`
}

func describeZone(m *mrz.MRZ) zoneContent {
	personal, err := m.PersonalNumber()
	if err != nil {
		personal = ""
	}
	return zoneContent{
		m.Lines, m.Verify() == nil, m.Code, m.Number, personal, m.Name(), m.Birth, m.Sex, m.Expiry, m.State, m.Nationality,
	}
}

func (c zoneContent) print(w io.Writer) {
	rows(w, "line", c.Lines)
	row(w, "check digits", map[bool]string{true: "right", false: "wrong"}[c.Valid])
	for _, f := range [][2]string{
		{"document", c.Code + " " + c.State}, {"number", c.Number}, {"personal number", c.Personal}, {"name", c.Name}, {"birth", c.Birth},
		{"sex", c.Sex}, {"expiry", c.Expiry}, {"nationality", c.Nationality},
	} {
		row(w, f[0], f[1])
	}
}

// field is one field of DG13 as it stands on the card.
type field struct {
	Number int    `json:"n"`
	Name   string `json:"name"`
	Value  string `json:"value"`
}

type dg13Content struct {
	Fields   []field  `json:"fields"`
	Unknown  int      `json:"unknown"`
	Problems []string `json:"problems,omitempty"`
}

func describeDG13(d *lds.DG13) dg13Content {
	out := dg13Content{Unknown: len(d.Unknown), Problems: d.Problems}
	add := func(n int, name string, values ...string) {
		for _, v := range values {
			if v != "" {
				out.Fields = append(out.Fields, field{n, name, v})
			}
		}
	}
	for i, f := range []struct{ name, value string }{
		{"number", d.Number}, {"name", d.Name}, {"birth", d.Birth}, {"sex", d.Sex}, {"nationality", d.Nationality},
		{"ethnicity", d.Ethnicity}, {"religion", d.Religion}, {"origin", d.Origin}, {"residence", d.Residence},
		{"marks", d.Marks}, {"issued", d.Issued}, {"expires", d.Expires},
	} {
		add(i+1, f.name, f.value)
	}
	add(13, "parent", d.Parents...)
	add(14, "spouse", d.Spouse)
	add(15, "old_number", d.OldNumber)
	add(16, "chip_id", d.ChipID)
	return out
}

func (c dg13Content) print(w io.Writer) {
	for _, f := range c.Fields {
		fmt.Fprintf(w, "  %2d %-12s %s\n", f.Number, f.Name, f.Value)
	}
	if c.Unknown > 0 {
		row(w, "kept unread", fmt.Sprintf("%d fields", c.Unknown))
	}
}

type dg11Content struct {
	Name           string     `json:"name,omitempty"`
	OtherNames     []string   `json:"other_names,omitempty"`
	PersonalNumber string     `json:"personal_number,omitempty"`
	Birth          kiosk.Date `json:"birth,omitzero"`
	BirthPlace     []string   `json:"birth_place,omitempty"`
	Address        []string   `json:"address,omitempty"`
	Telephone      string     `json:"telephone,omitempty"`
	Profession     string     `json:"profession,omitempty"`
	Title          string     `json:"title,omitempty"`
	Summary        string     `json:"summary,omitempty"`
	OtherDocuments []string   `json:"other_documents,omitempty"`
	Custody        string     `json:"custody,omitempty"`
	Citizenship    int        `json:"citizenship_bytes,omitempty"`
	Unknown        int        `json:"unknown"`
	Problems       []string   `json:"problems,omitempty"`
}

func describeDG11(d *lds.DG11) dg11Content {
	return dg11Content{
		d.Name, d.OtherNames, d.PersonalNumber, d.Birth, d.BirthPlace, d.Address, d.Telephone, d.Profession, d.Title, d.Summary,
		d.OtherDocuments, d.Custody, len(d.Citizenship), len(d.Unknown), d.Problems,
	}
}

func (c dg11Content) print(w io.Writer) {
	row(w, "name", c.Name)
	rows(w, "other name", c.OtherNames)
	row(w, "personal number", c.PersonalNumber)
	row(w, "birth", c.Birth.String())
	row(w, "birth place", strings.Join(c.BirthPlace, ", "))
	row(w, "address", strings.Join(c.Address, ", "))
	row(w, "telephone", c.Telephone)
	row(w, "profession", c.Profession)
	row(w, "title", c.Title)
	row(w, "summary", c.Summary)
	rows(w, "other document", c.OtherDocuments)
	row(w, "custody", c.Custody)
}

type dg12Content struct {
	Authority    string     `json:"authority,omitempty"`
	Issued       kiosk.Date `json:"issued,omitzero"`
	OtherPersons []string   `json:"other_persons,omitempty"`
	Endorsements string     `json:"endorsements,omitempty"`
	TaxExit      string     `json:"tax_exit,omitempty"`
	Front        int        `json:"front_bytes,omitempty"`
	Rear         int        `json:"rear_bytes,omitempty"`
	Personalised string     `json:"personalised,omitempty"`
	Machine      string     `json:"machine,omitempty"`
	Unknown      int        `json:"unknown"`
	Problems     []string   `json:"problems,omitempty"`
}

func describeDG12(d *lds.DG12) dg12Content {
	return dg12Content{
		d.Authority, d.Issued, d.OtherPersons, d.Endorsements, d.TaxExit, len(d.Front), len(d.Rear), d.Personalised, d.Machine,
		len(d.Unknown), d.Problems,
	}
}

func (c dg12Content) print(w io.Writer) {
	row(w, "authority", c.Authority)
	row(w, "issued", c.Issued.String())
	rows(w, "other person", c.OtherPersons)
	row(w, "endorsements", c.Endorsements)
	row(w, "tax and exit", c.TaxExit)
	row(w, "personalised", c.Personalised)
	row(w, "machine", c.Machine)
}

type infosContent struct {
	PACE     []string `json:"pace,omitempty"`
	Domains  []string `json:"pace_domains,omitempty"`
	ChipAuth []string `json:"chip_auth,omitempty"`
	Keys     []string `json:"chip_auth_keys,omitempty"`
	Terminal []string `json:"terminal_auth,omitempty"`
	Active   []string `json:"active_auth,omitempty"`
	Unknown  []string `json:"unknown,omitempty"`
}

func describeInfos(s *lds.SecurityInfos) infosContent {
	var out infosContent
	for _, i := range s.PACE {
		out.PACE = append(out.PACE, fmt.Sprintf("%v version %d%s", i.Protocol, i.Version, reference("parameters", i.ParameterID)))
	}
	for _, i := range s.PACEDomain {
		out.Domains = append(out.Domains, fmt.Sprintf("%v%s", i.Protocol, reference("parameters", i.ParameterID)))
	}
	for _, i := range s.ChipAuth {
		out.ChipAuth = append(out.ChipAuth, fmt.Sprintf("%v version %d%s", i.Protocol, i.Version, reference("key", i.KeyID)))
	}
	for _, i := range s.ChipAuthKeys {
		out.Keys = append(out.Keys, i.Key.String()+reference("key", i.KeyID))
	}
	for _, i := range s.TerminalAuth {
		out.Terminal = append(out.Terminal, fmt.Sprintf("%v version %d", i.Protocol, i.Version))
	}
	for _, i := range s.ActiveAuth {
		out.Active = append(out.Active, fmt.Sprintf("%v version %d", i.Algorithm, i.Version))
	}
	for _, i := range s.Unknown {
		out.Unknown = append(out.Unknown, i.Protocol.String())
	}
	return out
}

// reference gives " key 7", or nothing where an entry has none.
func reference(name string, id int) string {
	if id == lds.NoID {
		return ""
	}
	return fmt.Sprintf(" %s %d", name, id)
}

func (c infosContent) print(w io.Writer) {
	rows(w, "pace", c.PACE)
	rows(w, "pace domain", c.Domains)
	rows(w, "chip auth", c.ChipAuth)
	rows(w, "chip auth key", c.Keys)
	rows(w, "terminal auth", c.Terminal)
	rows(w, "active auth", c.Active)
	rows(w, "unknown", c.Unknown)
}
