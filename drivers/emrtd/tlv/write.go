package tlv

import "encoding/binary"

// Append appends one object to b: tag, minimal definite length and the parts joined as its value.
func Append(b []byte, tag Tag, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b = appendTag(b, tag)
	b = appendLength(b, n)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// Encode gives one object: tag, minimal definite length and the parts joined as its value.
func Encode(tag Tag, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	return Append(make([]byte, 0, n+10), tag, parts...)
}

func appendTag(b []byte, tag Tag) []byte {
	var t [4]byte
	binary.BigEndian.PutUint32(t[:], uint32(tag))
	i := 0
	for i < 3 && t[i] == 0 {
		i++
	}
	return append(b, t[i:]...)
}

func appendLength(b []byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(b, byte(n))
	case n < 0x100:
		return append(b, 0x81, byte(n))
	case n < 0x10000:
		return append(b, 0x82, byte(n>>8), byte(n))
	case n < 0x1000000:
		return append(b, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(b, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
