package emrtd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
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
			h := aaHash(c, infos)
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
	if h := aaHash(c, nil); h != crypto.SHA256 {
		t.Errorf("default hash on 256 bits is %v", h)
	}
}

func TestActiveAuthCheck(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	big := &lds.PublicKey{RSA: &rsaKey.PublicKey}
	good := signISO9796(t, rsaKey, crypto.SHA256, 0x6A, []byte{0x34, 0xCC}, challengeForTest)
	extended := []byte{0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xC8, 0x21, 0x53}
	for name, c := range map[string]struct {
		key    *lds.PublicKey
		card   handler
		answer apdu.Response
		want   kiosk.CheckResult
	}{
		"good":                     {big, handler{max: 65536, atr: extended}, apdu.Response{Data: good, SW: apdu.StatusOK}, kiosk.CheckSuccessful},
		"wrong":                    {big, handler{max: 65536, atr: extended}, apdu.Response{Data: good[1:], SW: apdu.StatusOK}, kiosk.CheckFailed},
		"refused":                  {big, handler{max: 65536, atr: extended}, apdu.Response{SW: apdu.StatusWrongData}, kiosk.CheckFailed},
		"nothing":                  {big, handler{max: 65536, atr: extended}, apdu.Response{SW: apdu.StatusOK}, kiosk.CheckFailed},
		"reader too short":         {big, handler{max: 256, atr: extended}, apdu.Response{}, kiosk.CheckUndetermined},
		"card without extended":    {big, handler{max: 65536}, apdu.Response{}, kiosk.CheckUndetermined},
		"key of a kind unknown":    {&lds.PublicKey{DH: &lds.DHKey{}}, handler{}, apdu.Response{}, kiosk.CheckUndetermined},
		"key for RSASSA-PSS alone": {&lds.PublicKey{RSA: big.RSA, PSSOnly: true}, handler{}, apdu.Response{}, kiosk.CheckUndetermined},
	} {
		t.Run(name, func(t *testing.T) {
			term, chip := pairOf(t, icao.AES128)
			card := c.card
			card.answer = func(raw []byte) ([]byte, error) {
				p, err := apdu.ParseCommand(raw)
				if err != nil {
					return nil, err
				}
				if cmd := chip.unprotect(t, p); cmd.INS != 0x88 || !bytes.Equal(cmd.Data, challengeForTest) {
					t.Errorf("command %02X", cmd.INS)
				}
				return chip.protect(t, c.answer, false).Bytes(), nil
			}
			ch := &channel{card: &card, sm: term}
			_, check, err := activeAuthCheck(context.Background(), ch, c.key, nil, challengeForTest)
			if err != nil || check.Result != c.want || check.Name != kiosk.CheckActiveAuth || check.Reason == "" {
				t.Errorf("%+v, %v", check, err)
			}
		})
	}
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
