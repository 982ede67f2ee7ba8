package face

import (
	"path"
	"slices"
	"strings"
)

// identities tell which pictures of a pair list show the same person.
type identities struct {
	names []string       // of the pictures, in order
	of    map[string]int // picture → person
	count int            // persons
	named bool           // the file names tell persons, and the list never contradicts them
}

// identify finds the persons of a list: by the file names (PERSON_NUMBER.jpg, or a folder for each person) when the list agrees
// with them in every pair, else by the pairs of the same person alone.
func identify(pairs []Pair) identities {
	p := identities{of: map[string]int{}, named: true}
	for _, x := range pairs {
		p.named = p.named && (personOf(x.A) == personOf(x.B)) == x.Same
		p.names = append(p.names, x.A, x.B)
	}
	slices.Sort(p.names)
	p.names = slices.Compact(p.names)
	key := personOf
	if !p.named {
		key = joined(pairs)
	}
	seen := map[string]int{}
	for _, n := range p.names {
		k := key(n)
		if _, ok := seen[k]; !ok {
			seen[k] = len(seen)
		}
		p.of[n] = seen[k]
	}
	p.count = len(seen)
	return p
}

// personOf is a file's name without its number and ending: "a/Nam_0002.jpg" is of "a/Nam", "b/0002.jpg" of "b".
func personOf(name string) string {
	s := strings.TrimSuffix(name, path.Ext(name))
	if dir, base := path.Split(s); dir != "" && strings.Trim(base, "0123456789") == "" {
		return dir
	}
	if i := strings.LastIndexByte(s, '_'); i > 0 && i+1 < len(s) && strings.Trim(s[i+1:], "0123456789") == "" {
		return s[:i]
	}
	return s
}

// joined puts pictures together that pairs of the same person connect.
func joined(pairs []Pair) func(string) string {
	up := map[string]string{}
	var root func(n string) string
	root = func(n string) string {
		if u, ok := up[n]; ok && u != n {
			up[n] = root(u)
			return up[n]
		}
		return n
	}
	for _, p := range pairs {
		if p.Same {
			up[root(p.A)] = root(p.B)
		}
	}
	return root
}

// cross pairs every two pictures; they must not be so many that there are more than maxPairs pairs.
func (p *identities) cross() (out []Pair) {
	for i, a := range p.names {
		for _, b := range p.names[i+1:] {
			out = append(out, Pair{a, b, p.of[a] == p.of[b]})
		}
	}
	return out
}

// groups gives the pictures of each person who has at least n of them.
func (p *identities) groups(n int) [][]string {
	by := make([][]string, p.count)
	for _, name := range p.names {
		by[p.of[name]] = append(by[p.of[name]], name)
	}
	return slices.DeleteFunc(by, func(g []string) bool { return len(g) < n })
}
