package dossier

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCanonical: the example strings of RFC 8785 §3.2.2.2 and the order of §3.2.3, as far as keys are ASCII.
func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		`{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}`: `{"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"b": [1, -2, {"z": null, "a": true}], "a": false, "": ""}`:  `{"":"","a":false,"b":[1,-2,{"a":true,"z":null}]}`,
		"\"\\u2028\\u2029<>&\\u007f\\b\\t\\f\\r\"":                    "\"\u2028\u2029<>&\u007f\\b\\t\\f\\r\"",
	} {
		got, err := canonicalOf(in)
		if err != nil || got != want {
			t.Errorf("%s gives %s, %v", in, got, err)
		}
	}
	for _, bad := range []string{`1.5`, `1e3`, `9007199254740994`, `{"ö": 1}`} {
		if got, err := canonicalOf(bad); err == nil {
			t.Errorf("%s gives %s", bad, got)
		}
	}
}

func canonicalOf(in string) (string, error) {
	d := json.NewDecoder(strings.NewReader(in))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return "", err
	}
	b, err := canonical(nil, tree)
	return string(b), err
}
