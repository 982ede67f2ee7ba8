package tlv

import "fmt"

// DER normalises one BER object at the start of b: indefinite lengths become definite, lengths minimal, and strings sent in
// pieces (X.690 §8.7.3, constructed OCTET STRING) whole. Contents of primitive objects and the order of sets are left alone,
// so bytes that already are DER come back equal. rest is what follows the object.
func DER(b []byte) (der, rest []byte, err error) {
	if len(b) > MaxLength {
		return nil, nil, fmt.Errorf("%d bytes: %w", len(b), ErrLimit)
	}
	n := normaliser{}
	return n.object(b, 0)
}

type normaliser struct{ count int }

func (n *normaliser) object(b []byte, depth int) (der, rest []byte, err error) {
	if n.count++; depth > MaxDepth || n.count > MaxCount {
		return nil, nil, fmt.Errorf("object tree: %w", ErrLimit)
	}
	tag, size, err := readTag(b)
	if err != nil {
		return nil, nil, err
	}
	if size < len(b) && b[size] == 0x80 {
		return n.indefinite(tag, b[size+1:], depth)
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
		var d []byte
		if d, left, err = n.object(left, depth+1); err != nil {
			return nil, nil, err
		}
		inner = append(inner, d)
	}
	der, err = join(tag, inner)
	return der, rest, err
}

func (n *normaliser) indefinite(tag Tag, b []byte, depth int) (der, rest []byte, err error) {
	if !tag.Constructed() {
		return nil, nil, fmt.Errorf("primitive object %v: %w", tag, ErrIndefinite)
	}
	var inner [][]byte
	for {
		if len(b) < 2 {
			return nil, nil, fmt.Errorf("end of contents of %v: %w", tag, ErrTruncated)
		}
		if b[0] == 0 && b[1] == 0 {
			der, err = join(tag, inner)
			return der, b[2:], err
		}
		var d []byte
		if d, b, err = n.object(b, depth+1); err != nil {
			return nil, nil, err
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
