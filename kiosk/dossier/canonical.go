package dossier

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"unicode/utf8"
)

// canonical writes a JSON tree as RFC 8785 (JSON Canonicalization Scheme) says: no white space, keys sorted, strings with the
// shortest escapes. Keys are ASCII here, so sorting by bytes is sorting by UTF-16 code units; numbers are integers below 2^53,
// whose text is their decimal.
func canonical(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		if v {
			return append(b, "true"...), nil
		}
		return append(b, "false"...), nil
	case json.Number:
		return canonicalNumber(b, v)
	case string:
		return canonicalString(b, v)
	case []any:
		return canonicalList(b, v)
	case map[string]any:
		return canonicalMap(b, v)
	}
	return nil, errors.New("not a JSON value")
}

func canonicalList(b []byte, list []any) (_ []byte, err error) {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = canonical(b, v); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func canonicalMap(b []byte, m map[string]any) (_ []byte, err error) {
	b = append(b, '{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		for _, c := range []byte(k) {
			if c < ' ' || c > '~' {
				return nil, errors.New("a key is not ASCII")
			}
		}
		if b, err = canonicalString(b, k); err != nil {
			return nil, err
		}
		if b, err = canonical(append(b, ':'), m[k]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func canonicalNumber(b []byte, n json.Number) ([]byte, error) {
	i, err := n.Int64()
	if err != nil || i > 1<<53 || i < -1<<53 {
		return nil, errors.New("number is not an integer below 2^53")
	}
	return append(b, n...), nil
}

const hexDigits = "0123456789abcdef"

func canonicalString(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("text is not UTF-8")
	}
	b = append(b, '"')
	for _, c := range []byte(s) {
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\f':
			b = append(b, `\f`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			if c < ' ' {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"'), nil
}
