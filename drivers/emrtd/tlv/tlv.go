// Package tlv reads and writes BER-TLV data objects within fixed limits, and turns BER into DER.
//
// Chips, certificates and security objects all speak BER-TLV. Everything read here comes from outside, so every reader is
// bounded in depth, length and count, never panics and never copies: an [Object] points into the bytes it was read from, so
// that hashes are taken over the bytes as received. Readers take definite lengths only; [DER] normalises the indefinite
// lengths and split strings that some signers write into CMS.
//
// Sources: ISO/IEC 8825-1 (X.690) §8.1 and §10, ISO/IEC 7816-4:2020 §5.2.2.2 and §6.3, ICAO Doc 9303-10 §4.
package tlv

import (
	"errors"
	"fmt"
)

// The limits of every reader.
const (
	MaxDepth  = 32      // nesting
	MaxLength = 8 << 20 // one object: a CSCA master list has about 1 MB
	MaxCount  = 1 << 17 // objects in one tree
	MaxTag    = 4       // bytes of a tag
)

// The errors of readers, always wrapped with what was being read.
var (
	ErrTruncated  = errors.New("data ends early")
	ErrTag        = errors.New("bad tag")
	ErrLength     = errors.New("bad length")
	ErrIndefinite = errors.New("indefinite length")
	ErrLimit      = errors.New("limit exceeded")
	ErrTrailing   = errors.New("bytes after the object")
	ErrMissing    = errors.New("object missing")
)

// PositionError says where in the bytes given to a reader it stopped.
type PositionError struct {
	Offset int // of the tag, length or contents that is wrong
	Err    error
}

// Error gives "at byte 17: …".
func (e *PositionError) Error() string { return fmt.Sprintf("at byte %d: %v", e.Offset, e.Err) }

// Unwrap gives the cause.
func (e *PositionError) Unwrap() error { return e.Err }

// at puts an error at an offset, or moves one that has a position already.
func at(offset int, err error) error {
	if p, ok := err.(*PositionError); ok { //nolint:errorlint // a wrapped one has its own bytes to count from
		return &PositionError{offset + p.Offset, p.Err}
	}
	return &PositionError{offset, err}
}

// Tag is a tag as its bytes stand on the wire, big-endian: 0x30, 0x5F1F, 0x7F61.
type Tag uint32

// Constructed reports whether the object holds other objects (bit 6 of the first byte).
func (t Tag) Constructed() bool { return t.first()&0x20 != 0 }

func (t Tag) first() byte {
	for t > 0xFF {
		t >>= 8
	}
	return byte(t)
}

// String gives the tag in hexadecimal.
func (t Tag) String() string { return fmt.Sprintf("%02X", uint32(t)) }

// Object is one data object. Raw is the whole encoding, Value its contents; both point into the bytes read.
type Object struct {
	Tag   Tag
	Raw   []byte
	Value []byte
}

// IsZero reports whether nothing was read into the object.
func (o Object) IsZero() bool { return o.Raw == nil }

// Header reads tag and length from the first bytes of an object: size is the number of header bytes, length the number of
// bytes that follow. Six bytes are enough for every file of a chip. Lengths need not be minimal (ISO/IEC 7816-4).
func Header(b []byte) (tag Tag, size, length int, err error) {
	tag, size, err = readTag(b)
	if err != nil {
		return 0, 0, 0, at(0, err)
	}
	n, length, err := readLength(b[size:])
	if err != nil {
		return 0, 0, 0, at(size, fmt.Errorf("object %v: %w", tag, err))
	}
	return tag, size + n, length, nil
}

func readTag(b []byte) (tag Tag, n int, err error) {
	if len(b) == 0 {
		return 0, 0, fmt.Errorf("tag: %w", ErrTruncated)
	}
	tag = Tag(b[0])
	if b[0]&0x1F != 0x1F {
		return tag, 1, nil
	}
	for n = 1; n < MaxTag; n++ {
		if n >= len(b) {
			return 0, 0, fmt.Errorf("tag: %w", ErrTruncated)
		}
		if b[0] == 0 || n == 1 && b[n]&0x7F == 0 {
			return 0, 0, ErrTag
		}
		tag = tag<<8 | Tag(b[n])
		if b[n]&0x80 == 0 {
			return tag, n + 1, nil
		}
	}
	return 0, 0, fmt.Errorf("tag longer than %d bytes: %w", MaxTag, ErrTag)
}

func readLength(b []byte) (n, length int, err error) {
	if len(b) == 0 {
		return 0, 0, fmt.Errorf("length: %w", ErrTruncated)
	}
	switch c := int(b[0]); {
	case c < 0x80:
		return 1, c, nil
	case c == 0x80:
		return 0, 0, ErrIndefinite
	case c > 0x84:
		return 0, 0, ErrLength
	case len(b) < 1+c-0x80:
		return 0, 0, fmt.Errorf("length: %w", ErrTruncated)
	default:
		for _, v := range b[1 : 1+c-0x80] {
			length = length<<8 | int(v)
		}
		if length > MaxLength {
			return 0, 0, fmt.Errorf("%d bytes: %w", length, ErrLimit)
		}
		return 1 + c - 0x80, length, nil
	}
}

// Read reads the first object of b and gives what follows it.
func Read(b []byte) (o Object, rest []byte, err error) {
	tag, size, length, err := Header(b)
	if err != nil {
		return Object{}, nil, err
	}
	if length > len(b)-size {
		return Object{}, nil, at(size, fmt.Errorf("object %v of %d bytes: %w", tag, length, ErrTruncated))
	}
	end := size + length
	return Object{Tag: tag, Raw: b[:end:end], Value: b[size:end:end]}, b[end:], nil
}

// ReadOne reads b as exactly one object with that tag.
func ReadOne(b []byte, tag Tag) (Object, error) {
	o, rest, err := Read(b)
	switch {
	case err != nil:
		return Object{}, err
	case o.Tag != tag:
		return Object{}, at(0, fmt.Errorf("want %v, found %v: %w", tag, o.Tag, ErrTag))
	case len(rest) > 0:
		return Object{}, at(len(o.Raw), fmt.Errorf("object %v: %d %w", tag, len(rest), ErrTrailing))
	}
	return o, nil
}

// ReadAll reads b as a list of objects.
func ReadAll(b []byte) ([]Object, error) {
	all := make([]Object, 0, count(b))
	for done := 0; done < len(b); {
		if len(all) >= MaxCount {
			return nil, at(done, fmt.Errorf("more than %d objects: %w", MaxCount, ErrLimit))
		}
		o, _, err := Read(b[done:])
		if err != nil {
			return nil, at(done, err)
		}
		all = append(all, o)
		done += len(o.Raw)
	}
	return all, nil
}

// count gives the number of objects in b, as far as they can be read: the list of them is then allocated once.
func count(b []byte) (n int) {
	for len(b) > 0 && n < MaxCount {
		_, size, length, err := Header(b)
		if err != nil || length > len(b)-size {
			return n
		}
		b = b[size+length:]
		n++
	}
	return n
}

// Children reads the objects inside a constructed object. Positions of errors are counted from its tag.
func (o Object) Children() ([]Object, error) {
	if !o.Tag.Constructed() {
		return nil, at(0, fmt.Errorf("object %v has no objects inside: %w", o.Tag, ErrTag))
	}
	all, err := ReadAll(o.Value)
	if err != nil {
		return nil, fmt.Errorf("in %v: %w", o.Tag, at(len(o.Raw)-len(o.Value), err))
	}
	return all, nil
}

// Find gives the first object with that tag in a list; ok is false when there is none.
func Find(list []Object, tag Tag) (o Object, ok bool) {
	for _, o := range list {
		if o.Tag == tag {
			return o, true
		}
	}
	return Object{}, false
}

// Walk calls visit for every object of b, outer before inner, with its depth. It stops at visit's first error.
func Walk(b []byte, visit func(depth int, o Object) error) error {
	w := walker{visit: visit}
	return w.walk(b, 0, 0)
}

type walker struct {
	visit func(int, Object) error
	count int
}

// walk visits the objects of b, which stand at offset in the bytes given.
func (w *walker) walk(b []byte, offset, depth int) error {
	if depth > MaxDepth {
		return at(offset, fmt.Errorf("deeper than %d: %w", MaxDepth, ErrLimit))
	}
	for len(b) > 0 {
		if w.count++; w.count > MaxCount {
			return at(offset, fmt.Errorf("more than %d objects: %w", MaxCount, ErrLimit))
		}
		o, rest, err := Read(b)
		if err != nil {
			return at(offset, err)
		}
		if err := w.visit(depth, o); err != nil {
			return err
		}
		if o.Tag.Constructed() {
			if err := w.walk(o.Value, offset+len(o.Raw)-len(o.Value), depth+1); err != nil {
				return err
			}
		}
		b, offset = rest, offset+len(o.Raw)
	}
	return nil
}
