package emrtd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// signISO9796 makes what a chip answers: ISO/IEC 9796-2 scheme 1 with partial recovery.
func signISO9796(t testing.TB, key *rsa.PrivateKey, h crypto.Hash, first byte, trailer, challenge []byte) []byte {
	t.Helper()
	k := key.Size()
	m1 := make([]byte, k-1-h.Size()-len(trailer))
	if _, err := rand.Read(m1); err != nil {
		t.Fatal(err)
	}
	f := append([]byte{first}, m1...)
	f = append(f, digest(h, m1, challenge)...)
	f = append(f, trailer...)
	s := new(big.Int).Exp(new(big.Int).SetBytes(f), key.D, key.N)
	return s.FillBytes(make([]byte, k))
}

var challengeForTest = []byte{1, 2, 3, 4, 5, 6, 7, 8}

// TR-03105-5.1 ISO7816_F_01, F_04 to F_08.
func TestActiveAuthRSA(t *testing.T) {
	trailers := map[string]struct {
		h crypto.Hash
		t []byte
	}{
		"SHA-1 BC": {crypto.SHA1, []byte{0xBC}}, "SHA-1": {crypto.SHA1, []byte{0x33, 0xCC}}, "SHA-224": {crypto.SHA224, []byte{0x38, 0xCC}},
		"SHA-256": {crypto.SHA256, []byte{0x34, 0xCC}}, "SHA-384": {crypto.SHA384, []byte{0x36, 0xCC}}, "SHA-512": {crypto.SHA512, []byte{0x35, 0xCC}},
	}
	for _, bits := range []int{1024, 1792, 2048} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		pub := &lds.PublicKey{RSA: &key.PublicKey}
		verify := func(sig []byte) error { return VerifyActiveAuth(pub, nil, challengeForTest, sig) }
		for name, c := range trailers {
			sig := signISO9796(t, key, c.h, 0x6A, c.t, challengeForTest)
			if err := verify(sig); err != nil {
				t.Errorf("RSA %d %s: %v", bits, name, err)
			}
			other := new(big.Int).Sub(key.N, new(big.Int).SetBytes(sig)).FillBytes(make([]byte, key.Size()))
			if err := verify(other); err != nil {
				t.Errorf("RSA %d %s, complement: %v", bits, name, err)
			}
			if verify(signISO9796(t, key, c.h, 0x6A, c.t, []byte("87654321"))) == nil {
				t.Errorf("RSA %d %s: another challenge accepted", bits, name)
			}
			if verify(signISO9796(t, key, c.h, 0x4A, c.t, challengeForTest)) == nil {
				t.Errorf("RSA %d %s: another header accepted", bits, name)
			}
		}
		for name, sig := range map[string][]byte{
			"unknown hash":   signISO9796(t, key, crypto.SHA256, 0x6A, []byte{0x31, 0xCC}, challengeForTest),
			"wrong hash":     signISO9796(t, key, crypto.SHA256, 0x6A, []byte{0x33, 0xCC}, challengeForTest),
			"no trailer":     signISO9796(t, key, crypto.SHA1, 0x6A, []byte{0xB0}, challengeForTest),
			"empty":          nil,
			"short":          make([]byte, key.Size()-1),
			"zero":           make([]byte, key.Size()),
			"above modulus":  bytes.Repeat([]byte{0xFF}, key.Size()),
			"one byte ahead": make([]byte, key.Size()+1),
		} {
			if verify(sig) == nil {
				t.Errorf("RSA %d: %s accepted", bits, name)
			}
		}
	}
}

// TR-03105-5.1 ISO7816_F_02: plain signatures, and DER ones as some chips make them.
func TestActiveAuthECDSA(t *testing.T) {
	for _, c := range ec.Curves()[:6] {
		key, err := c.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		pub := &lds.PublicKey{EC: key.Public}
		for arc := 0; arc <= 5; arc++ { // 0: DG14 names none
			var infos *lds.SecurityInfos
			if arc > 0 {
				oid := append(append(asn1.ObjectIdentifier{}, oidPlainECDSA...), arc)
				infos = &lds.SecurityInfos{ActiveAuth: []lds.ActiveAuthenticationInfo{{Version: 1, Algorithm: oid}}}
			}
			h, err := aaHash(c, infos)
			if err != nil {
				t.Fatal(err)
			}
			r, s, err := key.Sign(rand.Reader, digest(h, challengeForTest))
			if err != nil {
				t.Fatal(err)
			}
			der, err := ec.MarshalDER(r, s)
			if err != nil {
				t.Fatal(err)
			}
			for form, sig := range map[string][]byte{"plain": c.MarshalPlain(r, s), "der": der} {
				if err := VerifyActiveAuth(pub, infos, challengeForTest, sig); err != nil {
					t.Errorf("%s %v %s: %v", c, h, form, err)
				}
				if VerifyActiveAuth(pub, infos, []byte("87654321"), sig) == nil {
					t.Errorf("%s %v %s: another challenge accepted", c, h, form)
				}
				sig[len(sig)-1] ^= 1
				if VerifyActiveAuth(pub, infos, challengeForTest, sig) == nil {
					t.Errorf("%s %v %s: changed signature accepted", c, h, form)
				}
			}
		}
	}
	c, _ := ec.ByID(13)
	if h, err := aaHash(c, nil); h != crypto.SHA256 || err != nil {
		t.Errorf("default hash on 256 bits is %v, %v", h, err)
	}
}

func TestActiveAuthCheck(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	big := &lds.PublicKey{RSA: &rsaKey.PublicKey}
	good := signISO9796(t, rsaKey, crypto.SHA256, 0x6A, []byte{0x34, 0xCC}, challengeForTest)
	const naked apdu.Status = 0x6701 // here: 6700 without secure messaging
	extended := []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC8, 0x21, 0x53}
	for name, c := range map[string]struct {
		key    *lds.PublicKey
		card   handler
		answer apdu.Response
		want   kiosk.CheckResult
	}{
		"good":                     {big, handler{max: 65536, atr: extended}, apdu.Response{Data: good, SW: apdu.StatusOK}, kiosk.CheckSuccessful},
		"wrong":                    {big, handler{max: 65536, atr: extended}, apdu.Response{Data: good[1:], SW: apdu.StatusOK}, kiosk.CheckFailed},
		"refused":                  {big, handler{max: 65536, atr: extended}, apdu.Response{SW: apdu.StatusWrongData}, kiosk.CheckAborted},
		"nothing":                  {big, handler{max: 65536, atr: extended}, apdu.Response{SW: apdu.StatusOK}, kiosk.CheckFailed},
		"reader too short":         {big, handler{max: 256, atr: extended}, apdu.Response{SW: naked}, kiosk.CheckUndetermined},
		"card without extended":    {big, handler{max: 65536}, apdu.Response{SW: naked}, kiosk.CheckUndetermined},
		"naked, though it fits":    {big, handler{max: 65536, atr: extended}, apdu.Response{SW: naked}, kiosk.CheckFailed},
		"short, in pieces":         {big, handler{max: 256, atr: extended}, apdu.Response{Data: good, SW: apdu.StatusOK}, kiosk.CheckSuccessful},
		"key of a kind unknown":    {&lds.PublicKey{DH: &lds.DHKey{}}, handler{}, apdu.Response{}, kiosk.CheckUndetermined},
		"key for RSASSA-PSS alone": {&lds.PublicKey{RSA: big.RSA, PSSOnly: true}, handler{max: 65536, atr: extended}, apdu.Response{Data: good, SW: apdu.StatusOK}, kiosk.CheckFailed},
	} {
		t.Run(name, func(t *testing.T) {
			term, chip := pairOf(t, icao.AES128)
			card := c.card
			var rest []byte // of an answer in pieces
			piece := func(out []byte) []byte {
				if p, err := apdu.ParseResponse(out); err != nil || c.card.max != 256 || len(p.Data) <= 256 {
					return out
				}
				rest = out[256:]
				return append(bytes.Clone(out[:256]), 0x61, byte(min(len(rest)-2, 255)))
			}
			card.answer = func(raw []byte) ([]byte, error) {
				p, err := apdu.ParseCommand(raw)
				if err != nil {
					return nil, err
				}
				if p.INS == 0xC0 {
					return piece(rest), nil
				}
				if c.answer.SW == naked {
					return []byte{0x67, 0}, nil
				}
				if cmd := chip.unprotect(t, p); cmd.INS != 0x88 || !bytes.Equal(cmd.Data, challengeForTest) {
					t.Errorf("command %02X", cmd.INS)
				}
				return piece(chip.protect(t, c.answer, false).Bytes()), nil
			}
			ch := &channel{card: &card, sm: term}
			_, check, err := activeAuthCheck(context.Background(), ch, c.key, nil, challengeForTest)
			if err != nil || check.Result != c.want || check.Name != kiosk.CheckActiveAuth || check.Reason == "" {
				t.Errorf("%+v, %v", check, err)
			}
		})
	}
}

// DG14 must name an algorithm with which chips sign (TR-03105-5.1 ISO7816_F_09).
func TestActiveAuthAlgorithm(t *testing.T) {
	c, _ := ec.ByID(13)
	for name, info := range map[string]lds.ActiveAuthenticationInfo{
		"unknown":       {Version: 1, Algorithm: asn1.ObjectIdentifier{1, 2, 3}},
		"unknown hash":  {Version: 1, Algorithm: append(append(asn1.ObjectIdentifier{}, oidPlainECDSA...), 9)},
		"other version": {Version: 0, Algorithm: append(append(asn1.ObjectIdentifier{}, oidPlainECDSA...), 3)},
	} {
		if h, err := aaHash(c, &lds.SecurityInfos{ActiveAuth: []lds.ActiveAuthenticationInfo{info}}); err == nil {
			t.Errorf("%s: taken for %v", name, h)
		}
	}
	for id, want := range map[string]crypto.Hash{"1.2.840.10045.4.1": crypto.SHA1, "1.2.840.10045.4.3.2": crypto.SHA256, "1.2.840.10045.4.3.4": crypto.SHA512} {
		var oid asn1.ObjectIdentifier
		for _, part := range strings.Split(id, ".") {
			n, err := strconv.Atoi(part)
			if err != nil {
				t.Fatal(err)
			}
			oid = append(oid, n)
		}
		if got := namedHash(oid); got != want {
			t.Errorf("%s is %v", id, got)
		}
	}
}

// Headers with padding and total recovery (ISO/IEC 9796-2 §8): nothing but the challenge may stand in for the challenge.
func TestActiveAuthRecovery(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(head, message, hashed []byte) []byte {
		f := append(append(bytes.Clone(head), message...), digest(crypto.SHA256, hashed)...)
		f = append(f, 0x34, 0xCC)
		pad := key.Size() - len(f)
		f = append(append(bytes.Repeat([]byte{0xBB}, pad+1), 0xBA), f[len(head):]...)[:key.Size()]
		f[0] = head[0]
		return new(big.Int).Exp(new(big.Int).SetBytes(f), key.D, key.N).FillBytes(make([]byte, key.Size()))
	}
	m1 := []byte("part of the message that the signature holds")
	whole := append(bytes.Clone(m1), challengeForTest...)
	for name, c := range map[string]struct {
		sig  []byte
		good bool
	}{
		"partial, padded":         {sign([]byte{0x6B, 0xBA}, m1, whole), true},
		"total":                   {sign([]byte{0x4B, 0xBA}, whole, whole), true},
		"total, no challenge":     {sign([]byte{0x4B, 0xBA}, m1, m1), false},
		"total, hash of another":  {sign([]byte{0x4B, 0xBA}, whole, m1), false},
		"partial, hash of itself": {sign([]byte{0x6B, 0xBA}, m1, m1), false},
		"unknown header":          {sign([]byte{0x2B, 0xBA}, m1, whole), false},
	} {
		if err := verifyISO9796(&key.PublicKey, challengeForTest, c.sig); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TR-03105-5.1 ISO7816_F_03: a key that is for RSASSA-PSS by its algorithm identifier.
func TestActiveAuthPSS(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	sha256 := tlv.Encode(tlv.Sequence, tlv.EncodeOID(append(append(asn1.ObjectIdentifier{}, oidSHA2...), 1)))
	mgf := tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidMGF1), sha256)
	salt := func(n int) []byte { return tlv.Encode(0xA2, tlv.AppendInt(nil, n)) }
	params := tlv.Encode(tlv.Sequence, tlv.Encode(0xA0, sha256), tlv.Encode(0xA1, mgf), salt(32))
	sign := func(h crypto.Hash, n int) []byte {
		sig, err := rsa.SignPSS(rand.Reader, key, h, digest(h, challengeForTest), &rsa.PSSOptions{SaltLength: n})
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	for name, c := range map[string]struct {
		params []byte
		sig    []byte
		good   bool
	}{
		"SHA-256":              {params, sign(crypto.SHA256, 32), true},
		"no parameters":        {nil, sign(crypto.SHA256, 20), true},
		"defaults":             {tlv.Encode(tlv.Sequence), sign(crypto.SHA1, 20), true},
		"other hash":           {params, sign(crypto.SHA1, 32), false},
		"other salt":           {params, sign(crypto.SHA256, 20), false},
		"other mask":           {tlv.Encode(tlv.Sequence, tlv.Encode(0xA0, sha256)), sign(crypto.SHA256, 20), false},
		"salt out of range":    {tlv.Encode(tlv.Sequence, salt(0)), sign(crypto.SHA1, 20), false},
		"trailer out of range": {tlv.Encode(tlv.Sequence, tlv.Encode(0xA3, tlv.AppendInt(nil, 2))), sign(crypto.SHA1, 20), false},
		"parameters broken":    {[]byte{0x30, 0x05}, sign(crypto.SHA1, 20), false},
		"unknown member":       {tlv.Encode(tlv.Sequence, tlv.Encode(0xA4)), sign(crypto.SHA1, 20), false},
	} {
		pub := &lds.PublicKey{RSA: &key.PublicKey, PSSOnly: true, PSS: c.params}
		if err := VerifyActiveAuth(pub, nil, challengeForTest, c.sig); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if c.good && VerifyActiveAuth(pub, nil, []byte("87654321"), c.sig) == nil {
			t.Errorf("%s: another challenge accepted", name)
		}
	}
}

func FuzzPSSParameters(f *testing.F) {
	f.Add([]byte{0x30, 0})
	f.Add(tlv.Encode(tlv.Sequence, tlv.Encode(0xA2, tlv.AppendInt(nil, 32)), tlv.Encode(0xA3, tlv.AppendInt(nil, 1))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if opt, err := pssOptions(raw); err == nil && (!opt.Hash.Available() || opt.SaltLength <= 0) {
			t.Fatalf("%+v", opt)
		}
	})
}

func FuzzISO9796(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signISO9796(f, key, crypto.SHA1, 0x6A, []byte{0xBC}, challengeForTest)[:127])
	f.Fuzz(func(t *testing.T, sig []byte) {
		if verifyISO9796(&key.PublicKey, challengeForTest, sig) == nil {
			t.Fatal("a signature made without the key was accepted")
		}
	})
}
