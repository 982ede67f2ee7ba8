package tlv

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, in         string
		tag              Tag
		value, rest      string
		err              error
		constructed, end bool
	}{
		{name: "short", in: "0401AB", tag: 0x04, value: "AB"},
		{name: "empty", in: "0500", tag: 0x05},
		{name: "two-byte tag", in: "5F1F0241FF00", tag: 0x5F1F, value: "41FF", rest: "00"},
		{name: "constructed two-byte tag", in: "7F6100", tag: 0x7F61, constructed: true},
		{name: "three-byte tag", in: "7F818200", tag: 0x7F8182, err: ErrTruncated},
		{name: "three-byte tag complete", in: "7F81020100", tag: 0x7F8102, value: "00", constructed: true},
		{name: "tag without end", in: "7F8182838485", err: ErrTag},
		{name: "tag with zero", in: "5F8000", err: ErrTag},
		{name: "one length byte", in: "30810141", tag: 0x30, value: "41", constructed: true},
		{name: "padded length", in: "3082000141", tag: 0x30, value: "41", constructed: true},
		{name: "indefinite", in: "30800000", err: ErrIndefinite},
		{name: "length of five bytes", in: "30850000000001", err: ErrLength},
		{name: "length beyond the end", in: "040241", err: ErrTruncated},
		{name: "length beyond the limit", in: "0484FFFFFFFF", err: ErrLimit},
		{name: "nothing", in: "", err: ErrTruncated},
		{name: "tag alone", in: "30", err: ErrTruncated},
		{name: "length cut", in: "308201", err: ErrTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := unhex(t, tt.in)
			o, rest, err := Read(in)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if o.Tag != tt.tag || o.Tag.Constructed() != tt.constructed || hex.EncodeToString(o.Value) != lower(tt.value) ||
				hex.EncodeToString(rest) != lower(tt.rest) || !bytes.Equal(append(bytes.Clone(o.Raw), rest...), in) {
				t.Errorf("got %v %X, rest %X", o.Tag, o.Value, rest)
			}
		})
	}
}

func lower(s string) string { return string(bytes.ToLower([]byte(s))) }

func TestHeaderNeedsNoContents(t *testing.T) {
	tag, size, length, err := Header(unhex(t, "7582EA60"))
	if err != nil || tag != 0x75 || size != 4 || length != 60000 {
		t.Errorf("got %v, %d, %d, %v", tag, size, length, err)
	}
}

func TestReadOne(t *testing.T) {
	if _, err := ReadOne(unhex(t, "040141"), OctetString); err != nil {
		t.Error(err)
	}
	if _, err := ReadOne(unhex(t, "040141"), Sequence); !errors.Is(err, ErrTag) {
		t.Errorf("other tag: %v", err)
	}
	if _, err := ReadOne(unhex(t, "04014100"), OctetString); !errors.Is(err, ErrTrailing) {
		t.Errorf("more bytes: %v", err)
	}
}

func TestLimits(t *testing.T) {
	deep := []byte{}
	for range MaxDepth + 2 {
		deep = Encode(Sequence, deep)
	}
	if err := Walk(deep, func(int, Object) error { return nil }); !errors.Is(err, ErrLimit) {
		t.Errorf("walk of a deep tree: %v", err)
	}
	if _, _, err := DER(deep); !errors.Is(err, ErrLimit) {
		t.Errorf("der of a deep tree: %v", err)
	}
	many := bytes.Repeat([]byte{5, 0}, MaxCount+1)
	if _, err := ReadAll(many); !errors.Is(err, ErrLimit) {
		t.Errorf("many objects: %v", err)
	}
	if err := Walk(many, func(int, Object) error { return nil }); !errors.Is(err, ErrLimit) {
		t.Errorf("walk of many objects: %v", err)
	}
	if _, _, err := DER(Encode(Sequence, many)); !errors.Is(err, ErrLimit) {
		t.Errorf("der of many objects: %v", err)
	}
	if _, _, err := DER(make([]byte, MaxLength+1)); !errors.Is(err, ErrLimit) {
		t.Errorf("der of a long object: %v", err)
	}
}

func TestChildrenAndFind(t *testing.T) {
	o, err := ReadOne(unhex(t, "300602010105000401"+"41")[:8], Sequence)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Children(); !errors.Is(err, ErrTruncated) {
		t.Errorf("child cut: %v", err)
	}
	o, _ = ReadOne(unhex(t, "3005020107"+"0500"), Sequence)
	list, err := o.Children()
	if err != nil || len(list) != 2 {
		t.Fatalf("children: %v, %v", list, err)
	}
	if n, ok := Find(list, Integer); !ok || n.IsZero() {
		t.Error("integer not found")
	}
	if n, ok := Find(list, Set); ok || !n.IsZero() {
		t.Error("found what is not there")
	}
	if _, err := list[0].Children(); !errors.Is(err, ErrTag) {
		t.Errorf("children of a primitive: %v", err)
	}
}

func TestEncodeLengths(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 20} {
		for _, tag := range []Tag{0x04, 0x5F1F, 0x7F8102} {
			b := Encode(tag, make([]byte, n/2), make([]byte, n-n/2))
			o, rest, err := Read(b)
			if err != nil || o.Tag != tag || len(o.Value) != n || len(rest) != 0 {
				t.Errorf("tag %v with %d bytes: %v", tag, n, err)
			}
			if d, _, err := DER(b); !tag.Constructed() && (err != nil || !bytes.Equal(d, b)) {
				t.Errorf("tag %v with %d bytes is not its own der: %v", tag, n, err)
			}
		}
	}
}

func TestDER(t *testing.T) {
	for _, tt := range []struct{ name, in, out, rest string }{
		{"already", "3003020101", "3003020101", ""},
		{"padded lengths", "308200040281010" + "1", "3003020101", ""},
		{"indefinite", "3080020101" + "0000" + "FF", "3003020101", "FF"},
		{"nested indefinite", "3080" + "3080020101" + "0000" + "0000", "30053003020101", ""},
		{"string in pieces", "2480" + "040141" + "04024243" + "0000", "0403414243", ""},
		{"string in pieces, definite", "2407" + "040141" + "04024243", "0403414243", ""},
		{"pieces of pieces", "2480" + "2480" + "040141" + "0000" + "040142" + "0000", "04024142", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, rest, err := DER(unhex(t, tt.in))
			if err != nil || !bytes.Equal(out, unhex(t, tt.out)) || !bytes.Equal(rest, unhex(t, tt.rest)) {
				t.Errorf("got %X, %X, %v", out, rest, err)
			}
		})
	}
	for _, in := range []string{"", "3080020101", "3080020101" + "00", "04800000", "2403020101", "3005020101", "2480" + "020101" + "0000"} {
		if out, _, err := DER(unhex(t, in)); err == nil {
			t.Errorf("%s gives %X", in, out)
		}
	}
}

func TestIntegers(t *testing.T) {
	for _, n := range []int64{0, 1, 127, 128, 255, 256, 65535, 1 << 30} {
		b := EncodeInt(big.NewInt(n))
		o, err := ReadOne(b, Integer)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := o.Int(); err != nil || int64(got) != n || !bytes.Equal(b, AppendInt(nil, int(n))) {
			t.Errorf("%d: %d, %v", n, got, err)
		}
		std, err := asn1.Marshal(big.NewInt(n))
		if err != nil || !bytes.Equal(std, b) {
			t.Errorf("%d: %X, encoding/asn1 has %X", n, b, std)
		}
	}
	for _, in := range []string{"0200", "02020001", "0202FF80", "0201FF", "02058000000000", "040101"} {
		o, _, err := Read(unhex(t, in))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := o.Int(); err == nil {
			t.Errorf("%s is %d", in, n)
		}
	}
	o, _, _ := Read(unhex(t, "0202FF7F"))
	if n, err := o.BigInt(); err != nil || n.Int64() != -129 {
		t.Errorf("-129: %v, %v", n, err)
	}
}

func TestOIDsAndBits(t *testing.T) {
	id := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}
	o, _, err := Read(EncodeOID(id))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := o.OID(); err != nil || !got.Equal(id) {
		t.Errorf("%v, %v", got, err)
	}
	for _, in := range []string{"0600", "060180", "0401"[:4] + "2A"} {
		o, _, _ := Read(unhex(t, in))
		if got, err := o.OID(); err == nil {
			t.Errorf("%s is %v", in, got)
		}
	}
	if o, _, err := Read(EncodeOID(asn1.ObjectIdentifier{9, 99})); err != nil || len(o.Value) != 0 {
		t.Errorf("impossible identifier: %v, %v", o, err)
	}
	o, _, _ = Read(EncodeBits([]byte{1, 2}))
	if b, err := o.Bits(); err != nil || !bytes.Equal(b, []byte{1, 2}) {
		t.Errorf("bits: %X, %v", b, err)
	}
	o, _, _ = Read(unhex(t, "03020780"))
	if b, err := o.Bits(); err == nil {
		t.Errorf("bits that fill no byte: %X", b)
	}
}

// TestPositions tells where a reader stopped, counted in the bytes it was given.
func TestPositions(t *testing.T) {
	der := func(b []byte) error { _, _, err := DER(b); return err }
	walk := func(b []byte) error { return Walk(b, func(int, Object) error { return nil }) }
	one := func(b []byte) error { _, err := ReadOne(b, Sequence); return err }
	children := func(b []byte) error {
		o, _, err := Read(b)
		if err != nil {
			return err
		}
		_, err = o.Children()
		return err
	}
	for _, tt := range []struct {
		name, in string
		read     func([]byte) error
		want     int
		err      error
	}{
		{"no tag", "", one, 0, ErrTruncated},
		{"no length", "30", one, 1, ErrTruncated},
		{"length of two-byte tag", "5F1F80", one, 2, ErrIndefinite},
		{"contents", "308203E8" + "00", one, 4, ErrTruncated},
		{"other tag", "0400", one, 0, ErrTag},
		{"trailing", "300005", one, 2, ErrTrailing},
		{"second child", "3005" + "020101" + "0409", children, 7, ErrTruncated},
		{"no children", "0400", children, 0, ErrTag},
		{"deep", "3008" + "0500" + "3004" + "0500" + "0480", walk, 9, ErrIndefinite},
		{"der, deep", "3008" + "0500" + "3004" + "0500" + "0407", der, 10, ErrTruncated},
		{"der, indefinite", "3080" + "0500" + "3080" + "0500" + "0480", der, 9, ErrIndefinite},
		{"der, no end", "3080" + "0500" + "00", der, 4, ErrTruncated},
		{"der, pieces of another kind", "3005" + "2403020101", der, 2, ErrTag},
	} {
		err := tt.read(unhex(t, tt.in))
		var p *PositionError
		if !errors.As(err, &p) || p.Offset != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v at byte %d", tt.name, err, tt.err, tt.want)
		}
	}
}

// securityObject is a tree of the size and shape of EF.SOD.
func securityObject() []byte {
	var names []byte
	for i := range 12 {
		names = append(names, Encode(Set, Encode(Sequence, EncodeOID(asn1.ObjectIdentifier{2, 5, 4, i}), Encode(UTF8String, make([]byte, 20))))...)
	}
	certificate := Encode(Sequence, Encode(Sequence, AppendInt(nil, 7), names, names, EncodeBits(make([]byte, 500))), EncodeBits(make([]byte, 256)))
	return Encode(0x77, Encode(Sequence, EncodeOID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}), Encode(0xA0, certificate)))
}

func BenchmarkWalk(b *testing.B) {
	raw := securityObject()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Walk(raw, func(int, Object) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDER(b *testing.B) {
	raw := securityObject()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := DER(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChildren(b *testing.B) {
	o, err := ReadOne(Encode(Sequence, bytes.Repeat(AppendInt(nil, 7), 16)), Sequence)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Children(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestWalkStops(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	err := Walk(unhex(t, "3006020101020102"), func(depth int, o Object) error {
		if n++; depth == 1 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 2 {
		t.Errorf("%v after %d objects", err, n)
	}
}

// encodeTree writes a tree again.
func encodeTree(b []byte) ([]byte, error) {
	list, err := ReadAll(b)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, o := range list {
		value := o.Value
		if o.Tag.Constructed() {
			if value, err = encodeTree(o.Value); err != nil {
				return nil, err
			}
		}
		out = Append(out, o.Tag, value)
	}
	return out, nil
}

// FuzzReadWrite reads a tree, writes it, and reads the same again.
func FuzzReadWrite(f *testing.F) {
	for _, s := range []string{"", "0500", "6016" + "5F0104" + "30313037", "7F61080201017F60030401AA", "30820003020101", "2480040141040142" + "0000"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if Walk(in, func(int, Object) error { return nil }) != nil {
			return
		}
		once, err := encodeTree(in)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := encodeTree(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%X, then %X, %v", once, twice, err)
		}
	})
}

// FuzzDER normalises; what comes out is a single object and its own normal form.
func FuzzDER(f *testing.F) {
	for _, s := range []string{"", "3080020101" + "0000", "2480040141040142" + "0000", "30820003020101", "308030800000" + "0000"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, rest, err := DER(in)
		if err != nil {
			return
		}
		if len(rest) > len(in) {
			t.Fatal("more left than there was")
		}
		slow := normaliser{}
		if whole, more, err := slow.object(in, 0); err != nil || !bytes.Equal(whole, out) || !bytes.Equal(more, rest) {
			t.Fatalf("%X the short way, %X the long one, %v", out, whole, err)
		}
		again, left, err := DER(out)
		if err != nil || len(left) != 0 || !bytes.Equal(out, again) {
			t.Fatalf("%X, then %X, %v", out, again, err)
		}
	})
}
