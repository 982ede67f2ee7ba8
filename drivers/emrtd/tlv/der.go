package tlv

import (
	"bytes"
	"fmt"
)

// DER normalises one BER object at the start of b: indefinite lengths become definite, lengths minimal, and strings sent in
// pieces (X.690 §8.7.3, constructed OCTET STRING) whole. Contents of primitive objects and the order of sets are left alone,
// so bytes that already are DER come back equal. rest is what follows the object.
func DER(b []byte) (der, rest []byte, err error) {
	if len(b) > MaxLength {
		return nil, nil, fmt.Errorf("%d bytes: %w", len(b), ErrLimit)
	}
	count := 0
	if size, ok := normal(b, 0, &count); ok {
		return bytes.Clone(b[:size]), b[size:], nil
	}
	n := normaliser{}
	return n.object(b, 0)
}

// normal reports whether the object at the start of b is in the form that DER gives already, and its size.
func normal(b []byte, depth int, count *int) (size int, ok bool) {
	if *count++; depth > MaxDepth || *count > MaxCount {
		return 0, false
	}
	tag, head, length, err := Header(b)
	if err != nil || length > len(b)-head || tag == ConstructedOctetString || head != headerSize(tag, length) {
		return 0, false
	}
	if tag.Constructed() {
		for left := b[head : head+length]; len(left) > 0; {
			n, ok := normal(left, depth+1, count)
			if !ok {
				return 0, false
			}
			left = left[n:]
		}
	}
	return head + length, true
}

// headerSize gives the bytes of a tag with a minimal length.
func headerSize(tag Tag, length int) int {
	n := 1
	for t := tag; t > 0xFF; t >>= 8 {
		n++
	}
	switch {
	case length < 0x80:
		return n + 1
	case length < 0x100:
		return n + 2
	case length < 0x10000:
		return n + 3
	}
	return n + 4
}

type normaliser struct{ count int }

func (n *normaliser) object(b []byte, depth int) (der, rest []byte, err error) {
	if n.count++; depth > MaxDepth || n.count > MaxCount {
		return nil, nil, at(0, fmt.Errorf("object tree: %w", ErrLimit))
	}
	tag, size, err := readTag(b)
	if err != nil {
		return nil, nil, at(0, err)
	}
	if size < len(b) && b[size] == 0x80 {
		if !tag.Constructed() {
			return nil, nil, at(size, fmt.Errorf("primitive object %v: %w", tag, ErrIndefinite))
		}
		if der, rest, err = n.indefinite(tag, b[size+1:], depth); err != nil {
			return nil, nil, at(size+1, err)
		}
		return der, rest, nil
	}
	o, rest, err := Read(b)
	if err != nil {
		return nil, nil, err
	}
	if !tag.Constructed() {
		return Encode(tag, o.Value), rest, nil
	}
	var inner [][]byte
	for left := o.Value; len(left) > 0; {
		done := len(o.Raw) - len(left)
		var d []byte
		if d, left, err = n.object(left, depth+1); err != nil {
			return nil, nil, at(done, err)
		}
		inner = append(inner, d)
	}
	if der, err = join(tag, inner); err != nil {
		return nil, nil, at(0, err)
	}
	return der, rest, nil
}

func (n *normaliser) indefinite(tag Tag, b []byte, depth int) (der, rest []byte, err error) {
	var inner [][]byte
	for left := b; ; {
		done := len(b) - len(left)
		if len(left) < 2 {
			return nil, nil, at(done, fmt.Errorf("end of contents of %v: %w", tag, ErrTruncated))
		}
		if left[0] == 0 && left[1] == 0 {
			if der, err = join(tag, inner); err != nil {
				return nil, nil, at(0, err)
			}
			return der, left[2:], nil
		}
		var d []byte
		if d, left, err = n.object(left, depth+1); err != nil {
			return nil, nil, at(done, err)
		}
		inner = append(inner, d)
	}
}

// join builds a constructed object, or the whole string of a string sent in pieces.
func join(tag Tag, inner [][]byte) ([]byte, error) {
	if tag != ConstructedOctetString {
		return Encode(tag, inner...), nil
	}
	parts := make([][]byte, 0, len(inner))
	for _, d := range inner {
		o, err := ReadOne(d, OctetString)
		if err != nil {
			return nil, fmt.Errorf("string in pieces: %w", err)
		}
		parts = append(parts, o.Value)
	}
	return Encode(OctetString, parts...), nil
}
