package backofficetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk/backoffice"
)

func sum(b []byte) [32]byte { return sha256.Sum256(b) }

// spec is as much of an OpenAPI document as is compared with the code.
type spec struct {
	OpenAPI    string              `json:"openapi"`
	Paths      map[string]pathItem `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type pathItem struct{ operations map[string]operation }

// UnmarshalJSON keeps the operations alone.
func (p *pathItem) UnmarshalJSON(b []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	p.operations = make(map[string]operation)
	for _, method := range []string{"get", "put", "post", "head", "delete", "patch"} {
		raw, ok := all[method]
		if !ok {
			continue
		}
		var o operation
		if err := json.Unmarshal(raw, &o); err != nil {
			return err
		}
		p.operations[method] = o
	}
	return nil
}

type operation struct {
	Responses map[string]struct {
		Content map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
		Headers map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"headers"`
	} `json:"responses"`
}

// schema is the part of JSON Schema 2020-12 that the document uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	MaxItems   *int               `json:"maxItems"`
	MaxLength  *int               `json:"maxLength"`
	Pattern    string             `json:"pattern"`
	Format     string             `json:"format"`
	Enum       []string           `json:"enum"`
	Minimum    *float64           `json:"minimum"`
	Maximum    *float64           `json:"maximum"`
	Additional json.RawMessage    `json:"additionalProperties"`
}

func readSpec(t testing.TB) *spec {
	t.Helper()
	s := new(spec)
	if err := json.Unmarshal(backoffice.OpenAPI(), s); err != nil || !strings.HasPrefix(s.OpenAPI, "3.1.") {
		t.Fatalf("OpenAPI document: version %q, %v", s.OpenAPI, err)
	}
	return s
}

// check tells what is wrong with a value, "" when nothing is.
func (s *spec) check(sc *schema, v any, at string) string {
	if sc.Ref != "" {
		named := s.Components.Schemas[strings.TrimPrefix(sc.Ref, "#/components/schemas/")]
		if named == nil {
			return at + ": no schema " + sc.Ref
		}
		return s.check(named, v, at)
	}
	switch x := v.(type) {
	case map[string]any:
		return s.checkObject(sc, x, at)
	case []any:
		if sc.Type != "array" || sc.MaxItems != nil && len(x) > *sc.MaxItems {
			return at + ": not the array described"
		}
		for i, e := range x {
			if why := s.check(sc.Items, e, at+"["+strconv.Itoa(i)+"]"); why != "" {
				return why
			}
		}
	case string:
		return checkString(sc, x, at)
	case float64:
		if sc.Type != "integer" || x != float64(int64(x)) || sc.Minimum != nil && x < *sc.Minimum || sc.Maximum != nil && x > *sc.Maximum {
			return at + ": not the number described"
		}
	default:
		return fmt.Sprintf("%s: a %T", at, v)
	}
	return ""
}

func (s *spec) checkObject(sc *schema, x map[string]any, at string) string {
	if sc.Type != "object" {
		return at + ": an object"
	}
	for _, name := range sc.Required {
		if _, ok := x[name]; !ok {
			return at + "." + name + ": missing"
		}
	}
	for name, e := range x {
		p := sc.Properties[name]
		switch {
		case p != nil:
			if why := s.check(p, e, at+"."+name); why != "" {
				return why
			}
		case string(sc.Additional) == "false":
			return at + "." + name + ": not described"
		}
	}
	return ""
}

func checkString(sc *schema, x, at string) string {
	switch {
	case sc.Type != "string", sc.MaxLength != nil && len(x) > *sc.MaxLength, sc.Enum != nil && !slices.Contains(sc.Enum, x):
		return at + ": not the text described"
	case sc.Pattern != "" && !regexp.MustCompile(sc.Pattern).MatchString(x):
		return at + ": does not match " + sc.Pattern
	case sc.Format == "date-time":
		if _, err := time.Parse(time.RFC3339Nano, x); err != nil {
			return at + ": not a time"
		}
	}
	return ""
}

// recorder compares every answer with the document, and remembers which of those described were given.
type recorder struct {
	spec *spec

	mu    sync.Mutex
	seen  map[string]bool // "post /path 201"
	wrong []string
}

func newRecorder(t testing.TB) *recorder {
	return &recorder{spec: readSpec(t), seen: make(map[string]bool)}
}

// around records what h answers.
func (r *recorder) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c := &capture{ResponseWriter: w, status: http.StatusOK}
		defer func() { r.note(req, c) }()
		h.ServeHTTP(c, req)
	})
}

type capture struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader remembers the status.
func (c *capture) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Write remembers the body.
func (c *capture) Write(b []byte) (int, error) {
	c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

// template finds the path of the document that a request's path is of.
func (r *recorder) template(path string) string {
	for t := range r.spec.Paths {
		prefix, _, parameter := strings.Cut(t, "{")
		if t == path || parameter && strings.HasPrefix(path, prefix) && !strings.Contains(path[len(prefix):], "/") {
			return t
		}
	}
	return ""
}

func (r *recorder) note(req *http.Request, c *capture) {
	path, method := r.template(req.URL.EscapedPath()), strings.ToLower(req.Method)
	op, ok := r.spec.Paths[path].operations[method]
	if !ok {
		return // no route: 404
	}
	key := fmt.Sprintf("%s %s %d", method, path, c.status)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[key] = true
	if why := r.compare(op, c, method); why != "" {
		r.wrong = append(r.wrong, key+": "+why)
	}
}

func (r *recorder) compare(op operation, c *capture, method string) string {
	response, ok := op.Responses[strconv.Itoa(c.status)]
	if !ok {
		return "the document does not describe this status"
	}
	for name, h := range response.Headers {
		if why := checkString(h.Schema, c.Header().Get(name), name); why != "" {
			return why
		}
	}
	if _, ok := response.Content[binary]; ok {
		if method != "head" && c.Header().Get("Content-Type") != binary {
			return "not " + binary
		}
		return ""
	}
	described, ok := response.Content["application/json"]
	switch {
	case method == "head":
		return ""
	case !ok && c.body.Len() > 0:
		return "a body that is not described"
	case !ok:
		return ""
	case c.Header().Get("Content-Type") != "application/json":
		return "not JSON"
	}
	var v any
	if err := json.Unmarshal(c.body.Bytes(), &v); err != nil {
		return err.Error()
	}
	return r.spec.check(described.Schema, v, "body")
}

// binary is what is not JSON.
const binary = "application/octet-stream"

// rare are statuses that a sound office does not give to a test.
var rare = map[string]bool{"500": true, "503": true}

// check reports what was answered and is not described, and, when the office offers everything, what is described and was never
// answered.
func (r *recorder) check(t *testing.T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.wrong {
		t.Errorf("%s", w)
	}
	if t.Failed() || !r.seen["post "+backoffice.PathEnrol+" 201"] || !r.seen["get "+backoffice.PathBundles+"{kind} 200"] {
		return
	}
	for path, item := range r.spec.Paths {
		for method, op := range item.operations {
			for status := range op.Responses {
				if key := method + " " + path + " " + status; !rare[status] && !r.seen[key] {
					t.Errorf("%s is described and was never seen", key)
				}
			}
		}
	}
}
