package catalogue

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"motcua/kiosk"
)

// Catalogue is a [kiosk.Catalogue] in memory.
type Catalogue struct {
	version   string
	byCode    map[string]*kiosk.Procedure
	byField   map[string][]*kiosk.Procedure
	fields    []string
	redirects map[string]string
	index     *index
}

var _ kiosk.Catalogue = (*Catalogue)(nil)

// build makes the catalogue of a checked file.
func build(f *File, data []byte) *Catalogue {
	sum := sha256.Sum256(data)
	c := &Catalogue{
		version:   f.Date + "-" + hex.EncodeToString(sum[:6]),
		byCode:    f.Procedures,
		byField:   map[string][]*kiosk.Procedure{},
		redirects: f.Redirects,
	}
	all := make([]*kiosk.Procedure, 0, len(f.Procedures))
	for _, code := range sortedKeys(f.Procedures) {
		all = append(all, f.Procedures[code])
	}
	for _, p := range all {
		c.byField[p.Field] = append(c.byField[p.Field], p)
	}
	for field, list := range c.byField {
		slices.SortStableFunc(list, func(a, b *kiosk.Procedure) int { return cmp.Compare(Fold(a.Title()), Fold(b.Title())) })
		c.fields = append(c.fields, field)
	}
	slices.SortFunc(c.fields, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(c.byField[b]), len(c.byField[a])), cmp.Compare(Fold(a), Fold(b)))
	})
	c.index = newIndex(all, f.Synonyms)
	return c
}

// Version is the date of the facts and the first 12 hexadecimal digits of the file's SHA-256.
func (c *Catalogue) Version() string { return c.version }

// Count is the number of procedures.
func (c *Catalogue) Count() int { return len(c.byCode) }

// Fields gives every field, the one with most procedures first.
func (c *Catalogue) Fields() []string { return slices.Clone(c.fields) }

// InField gives a field's procedures by title; nil for an unknown field.
func (c *Catalogue) InField(field string) []*kiosk.Procedure { return slices.Clone(c.byField[field]) }

// Procedure gives the procedure of a code, also of one that was replaced. Error: not_found.
func (c *Catalogue) Procedure(code string) (*kiosk.Procedure, error) {
	if p := c.byCode[code]; p != nil {
		return p, nil
	}
	if p := c.byCode[c.redirects[code]]; p != nil {
		return p, nil
	}
	return nil, kiosk.Errorf(kiosk.CodeNotFound, "find procedure", "list the codes with: kioskctl catalogue list", "no procedure has this code")
}

// Search finds procedures as citizens type; limit ≤ 0 means 10.
func (c *Catalogue) Search(query string, limit int) kiosk.Search {
	if limit <= 0 {
		limit = 10
	}
	if code := codeIn(query); code != "" {
		if p, err := c.Procedure(code); err == nil {
			return kiosk.Search{Confident: true, Hits: []kiosk.Hit{{Procedure: p, Score: 1}}}
		}
	}
	return c.index.search(query, limit)
}
