package catalogue

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

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
	dated     bool             // some procedure has a first or last day
	now       func() time.Time // for those
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
		now:       time.Now,
	}
	all := make([]*kiosk.Procedure, 0, len(f.Procedures))
	for _, code := range sortedKeys(f.Procedures) {
		all = append(all, f.Procedures[code])
	}
	title := make(map[*kiosk.Procedure]string, len(all))
	for _, p := range all {
		orderPapers(p)
		title[p] = Fold(p.Title())
		c.byField[p.Field] = append(c.byField[p.Field], p)
		c.dated = c.dated || p.From != "" || p.Until != ""
	}
	for field, list := range c.byField {
		slices.SortStableFunc(list, func(a, b *kiosk.Procedure) int { return cmp.Compare(title[a], title[b]) })
		c.fields = append(c.fields, field)
	}
	slices.SortFunc(c.fields, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(c.byField[b]), len(c.byField[a])), cmp.Compare(Fold(a), Fold(b)))
	})
	c.index = newIndex(all, f.Synonyms, f.Elsewhere)
	return c
}

// Version is the date of the facts and the first 12 hexadecimal digits of the file's SHA-256.
func (c *Catalogue) Version() string { return c.version }

// Count is the number of procedures in force.
func (c *Catalogue) Count() int {
	n := 0
	for _, p := range c.byCode {
		if c.inForce(p) {
			n++
		}
	}
	return n
}

// inForce leaves out what is not valid yet or not any more, today in Vietnam.
func (c *Catalogue) inForce(p *kiosk.Procedure) bool {
	return !c.dated || p.Valid(c.now().In(vietnam))
}

// vietnam is the zone of validity; it has no summer time.
var vietnam = time.FixedZone("ICT", 7*60*60)

// Fields gives every field, the one with most procedures first.
func (c *Catalogue) Fields() []string { return slices.Clone(c.fields) }

// InField gives a field's procedures in force by title; nil for an unknown field.
func (c *Catalogue) InField(field string) []*kiosk.Procedure {
	var list []*kiosk.Procedure
	for _, p := range c.byField[field] {
		if c.inForce(p) {
			list = append(list, p)
		}
	}
	return list
}

// Procedure gives the procedure of a code, also of one that was replaced, and also one that is not in force. Error: not_found.
func (c *Catalogue) Procedure(code string) (*kiosk.Procedure, error) {
	for range maxRedirects {
		if p := c.byCode[code]; p != nil {
			return p, nil
		}
		next, ok := c.redirects[code]
		if !ok {
			break
		}
		code = next
	}
	return nil, kiosk.Errorf(kiosk.CodeNotFound, "find procedure", "list the codes with: kioskctl catalogue list", "no procedure has this code")
}

// Redirect gives the code that replaced a dead one, "" when it was not replaced.
func (c *Catalogue) Redirect(code string) string { return c.redirects[code] }

// Search finds procedures as citizens type; limit ≤ 0 means 10.
func (c *Catalogue) Search(query string, limit int) kiosk.Search {
	if limit <= 0 {
		limit = 10
	}
	if s, ok := c.byCodeIn(query); ok {
		return s
	}
	if !c.dated {
		return c.index.search(query, limit, nil)
	}
	return c.index.search(query, limit, c.inForce)
}

// byCodeIn answers a query that names a code.
func (c *Catalogue) byCodeIn(query string) (kiosk.Search, bool) {
	code := codeIn(query)
	if code == "" {
		return kiosk.Search{}, false
	}
	p, err := c.Procedure(code)
	if err != nil {
		return kiosk.Search{}, false
	}
	s := kiosk.Search{Hits: []kiosk.Hit{{Procedure: p, Score: 1}}}
	if p.Code != code {
		s.Replaced = code
	}
	s.Elsewhere = settledAbove(p)
	s.Confident = s.Elsewhere == nil && c.inForce(p)
	return s, true
}
