package pa

import (
	"crypto"
	"testing"

	"motcua/drivers/emrtd/tlv"
)

func TestTimes(t *testing.T) {
	for in, year := range map[string]int{
		"240101000000Z": 2024, "500101000000Z": 1950, "2401010000Z": 2024, "240101000000+0700": 2023,
	} {
		if got, err := parseTime(tlv.Object{Tag: tlv.UTCTime, Value: []byte(in)}); err != nil || got.Year() != year {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	for in, year := range map[string]int{"20500101000000Z": 2050, "20500101000000.5Z": 2050} {
		if got, err := parseTime(tlv.Object{Tag: tlv.GeneralizedTime, Value: []byte(in)}); err != nil || got.Year() != year {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "2", "241301000000Z", "24-101000000Z"} {
		if got, err := parseTime(tlv.Object{Tag: tlv.UTCTime, Value: []byte(in)}); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}

func TestPSSParameters(t *testing.T) {
	good := algorithm{scheme: schemePSS, hash: crypto.SHA256, mgf: crypto.SHA256, salt: 32}
	key := newRSASigner(t)
	k, err := parseKey(key.spki())
	if err != nil {
		t.Fatal(err)
	}
	sig := key.sign(t, good, []byte("text"))
	if err := good.verify(k, []byte("text"), sig); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*algorithm){
		"salt": func(a *algorithm) { a.salt = 31 }, "no salt": func(a *algorithm) { a.salt = 0 }, "long salt": func(a *algorithm) { a.salt = 1000 },
		"mask hash": func(a *algorithm) { a.mgf = crypto.SHA1 }, "hash": func(a *algorithm) { a.hash, a.mgf = crypto.SHA512, crypto.SHA512 },
	} {
		a := good
		change(&a)
		if err := a.verify(k, []byte("text"), sig); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	seq := func(parts ...[]byte) []byte { return tlv.Encode(tlv.Sequence, parts...) }
	for name, params := range map[string][]byte{
		"trailer 2":  seq(tlv.Encode(0xA3, tlv.AppendInt(nil, 2))),
		"field 4":    seq(tlv.Encode(0xA4, tlv.AppendInt(nil, 2))),
		"twice":      seq(tlv.Encode(0xA2, tlv.AppendInt(nil, 2)), tlv.Encode(0xA2, tlv.AppendInt(nil, 2))),
		"two values": seq(tlv.Encode(0xA2, tlv.AppendInt(nil, 2), tlv.AppendInt(nil, 2))),
		"other mask": seq(tlv.Encode(0xA1, seq(tlv.EncodeOID(oidRSA), hashIdentifier(crypto.SHA256)))),
	} {
		if _, err := pssParameters(params); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if a, err := pssParameters(nil); err != nil || a.hash != crypto.SHA1 || a.mgf != crypto.SHA1 || a.salt != 20 {
		t.Errorf("no parameters: %+v, %v", a, err)
	}
	if a, err := pssParameters(seq(tlv.Encode(0xA3, tlv.AppendInt(nil, 1)))); err != nil || a.hash != crypto.SHA1 || a.salt != 20 {
		t.Errorf("defaults: %+v, %v", a, err)
	}
}

func TestNames(t *testing.T) {
	o, _, err := tlv.Read(dn(tlv.UTF8String, "C", "vn", "O", "  Một   Cửa\x01", "CN", "x"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := parseName(o)
	if err != nil || n.country() != "VN" || n.String() != "C=vn, O=  Một   Cửa, CN=x" {
		t.Errorf("%v, %s, %v", n, n.country(), err)
	}
	if a := (attribute{tag: tlv.BMPString, value: []byte{0x1E, 0xD9}}); a.text() != "ộ" {
		t.Errorf("two-byte text: %q", a.text())
	}
	if a := (attribute{tag: tlv.TeletexString, value: []byte{0xE9}}); a.text() != "é" {
		t.Errorf("one-byte text: %q", a.text())
	}
	one := func(tag tlv.Tag, parts ...string) name {
		o, _, _ := tlv.Read(dn(tag, parts...))
		n, _ := parseName(o)
		return n
	}
	if one(tlv.UTF8String, "C", "VN", "CN", "a").matches(one(tlv.PrintableString, "C", "VN", "CN", "a")) {
		t.Error("one text of another type: a single byte could have been changed")
	}
	if one(tlv.UTF8String, "C", "VN").matches(one(tlv.UTF8String, "C", "VN", "CN", "a")) {
		t.Error("a part is missing")
	}
	if one(tlv.IA5String, "O", "b", "CN", "a").matches(one(tlv.UTF8String, "O", "b", "CN", "a")) {
		t.Error("texts of a type that names do not have")
	}
}
