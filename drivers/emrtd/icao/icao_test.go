package icao

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func equal(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("%s: got %X, want %s", what, got, want)
	}
}

// Doc 9303-11 App. D.2 and D.3: keys, cryptogram and MAC of basic access control.
func TestBACExample(t *testing.T) {
	enc, mac := BACKeys("L898902C<369080619406236")
	equal(t, "K_enc", enc, "AB94FDECF2674FDFB9B391F85D7F76F2")
	equal(t, "K_mac", mac, "7962D9ECE03D1ACD4C76089DCE131543")
	block, err := TripleDES.Block(enc)
	if err != nil {
		t.Fatal(err)
	}
	data := unhex(t, "781723860C06C2264608F919887022120B795240CB7049B01C19B33E32804F0B")
	if err := EncryptCBC(block, nil, data); err != nil {
		t.Fatal(err)
	}
	equal(t, "E_ifd", data, "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2")
	m, err := NewMAC(TripleDES, mac)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := m.Token(data)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "M_ifd", sum, "5F1448EEA8AD90A7")
	if err := DecryptCBC(block, nil, data); err != nil {
		t.Fatal(err)
	}
	equal(t, "S", data, "781723860C06C2264608F919887022120B795240CB7049B01C19B33E32804F0B")
}

// Doc 9303-11 App. G.1: password key, nonce and tokens of PACE.
func TestPACEExample(t *testing.T) {
	seed := MRZSeed("T22000129364081251010318")
	equal(t, "seed", seed, "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD")
	kpi := NonceKey(seed, AES128)
	equal(t, "K_pi", kpi, "89DED1B26624EC1E634C1989302849DD")
	block, err := AES128.Block(kpi)
	if err != nil {
		t.Fatal(err)
	}
	nonce := unhex(t, "95A3A016522EE98D01E76CB6B98B42C3")
	if err := DecryptCBC(block, nil, nonce); err != nil {
		t.Fatal(err)
	}
	equal(t, "s", nonce, "3F00C4D39D153F2B2A214A078D899B22")
	shared := unhex(t, "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925")
	equal(t, "KS_enc", KDF(shared, CounterEnc, AES128), "F5F0E35C0D7161EE6724EE513A0D9A7F")
	equal(t, "KS_mac", KDF(shared, CounterMAC, AES128), "FE251C7858B356B24514B3BD5F4297D1")
	in := unhex(t, "7F494F060A04007F000702020402028641049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"+
		"7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094")
	sum, err := CMAC(KDF(shared, CounterMAC, AES128), in)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "T_ifd", sum, "C2B0BD78D94BA866")
}

// K_pi of a card access number, computed independently for the fictional card 012345.
func TestNonceKeyOfCAN(t *testing.T) {
	equal(t, "K_pi", NonceKey([]byte("012345"), AES128), "5E5CD537047973C8F8BFDEA168324EC0")
}

// The longer keys: SHA-256, cut to the key's length (Doc 9303-11 §9.7.1.3-4). Values by `printf '\1\0\0\0\1' | sha256sum`.
func TestKDFLengths(t *testing.T) {
	secret := []byte{1}
	for _, a := range []Algorithm{TripleDES, AES128, AES192, AES256} {
		if k := KDF(secret, CounterEnc, a); len(k) != a.KeySize() {
			t.Errorf("%s: key of %d bytes", a, len(k))
		}
	}
	equal(t, "AES-192", KDF(secret, CounterEnc, AES192), hex.EncodeToString(KDF(secret, CounterEnc, AES256)[:24]))
	equal(t, "AES-256", KDF(secret, CounterEnc, AES256), "A1CB20470D89874F33383802C72D3C27A0668EBFFD81934705AB0CFCBF1A1E3A")
}

func TestDESParity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := KDF(rapid.SliceOf(rapid.Byte()).Draw(t, "secret"), CounterEnc, TripleDES)
		for _, b := range key {
			n := 0
			for ; b != 0; b &= b - 1 {
				n++
			}
			if n%2 != 1 {
				t.Fatalf("even parity in a DES key")
			}
		}
	})
}

func TestPadding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		block := rapid.SampledFrom([]int{8, 16}).Draw(t, "block")
		p := Pad(data, block)
		if len(p)%block != 0 || len(p) <= len(data) || len(p) > len(data)+block {
			t.Fatalf("padded %d bytes to %d", len(data), len(p))
		}
		back, err := Unpad(p)
		if err != nil || !bytes.Equal(back, data) {
			t.Fatalf("unpad: %v", err)
		}
	})
	for _, bad := range [][]byte{nil, {0}, {0, 0}, {1}, {0x80, 1}, {0x81, 0}} {
		if _, err := Unpad(bad); !errors.Is(err, ErrPadding) {
			t.Errorf("unpad %X: %v", bad, err)
		}
	}
}

func TestKeyLengths(t *testing.T) {
	for _, a := range []Algorithm{TripleDES, AES128, AES192, AES256, "other"} {
		for n := range 40 {
			_, errBlock := a.Block(make([]byte, n))
			_, errMAC := NewMAC(a, make([]byte, n))
			if ok := n == a.KeySize() && n > 0; (errBlock == nil) != ok || (errMAC == nil) != ok {
				t.Errorf("%s with %d bytes: %v, %v", a, n, errBlock, errMAC)
			}
		}
	}
	if _, err := RetailMAC(make([]byte, 16), make([]byte, 7)); err == nil {
		t.Error("retail mac of a broken block accepted")
	}
	b, _ := AES128.Block(make([]byte, 16))
	if EncryptCBC(b, nil, make([]byte, 17)) == nil || DecryptCBC(b, make([]byte, 8), make([]byte, 16)) == nil {
		t.Error("cbc of broken blocks accepted")
	}
}
