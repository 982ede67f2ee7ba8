package icao

import (
	"bytes"
	"math/big"
	"testing"
)

// Doc 9303-11 App. H.1 and H.2: the pseudo-random function for brainpoolP256r1 and for the group MODP-1024/160, both AES-128.
func TestResidueExamples(t *testing.T) {
	brainpool, _ := new(big.Int).SetString("a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377", 16)
	r, err := Residue(AES128, unhex(t, "2923BE84E16CD6AE529049F1F1BBE9EB"), unhex(t, "5DD4CBFC96F5453B130D890A1CDBAE32"), brainpool)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "R_p of H.1", r.Bytes(), "A2F8FF2DF50E52C6599F386ADCB595D229F6A167ADE2BE5F2C3296ADD5B7430E")
	s, u := unhex(t, "FA5B7E3E49753A0DB9178B7B9BD898C8"), unhex(t, "B3A6DB3C870C3E99245E0D1C06B747DE")
	x, err := stretch(AES128, s, u, 1024+64)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "R of H.2", x, "EAB98D13E09052952AA729907C3C946184DEA0FE74AD2B3AF506F0A83018459C38099CD1F7FF4EA0A078DB1FAC136550"+
		"5E3DC85500EF95E20B4EEF2E88489233BEE0546B472F994B618D168702406791DEEF3CB4810932EC278F3533FDB860EB"+
		"4835C36FA4F1BF3FA0B828A718C96BDE88FBA38A3E6C35AAA10959251EB5FC710FC187258995944C0F926E249373F485")
	modp, _ := new(big.Int).SetString("b10b8f96a080e01dde92de5eae5d54ec52c99fbcfb06a3c69a6a9dca52d23b616073e28675a23d189838ef1e2ee652c0"+
		"13ecb4aea906112324975c3cd49b83bfaccbdd7d90c4bd7098488e9c219a73724effd6fae5644738faa31a4ff55bccc0a151af5f0dc8b4bd45bf37df365c1a65"+
		"e68cfda76d4da708df1fb2bc2e4a4371", 16)
	if r, err = Residue(AES128, s, u, modp); err != nil {
		t.Fatal(err)
	}
	equal(t, "R_p of H.2", r.Bytes(), "A0C7C50C002061A51CC87D254EF38068607417B6EE1B36473CFB800D2D2E5FA2B6980F01105D24FAB22ACD1BFA5C8A4C"+
		"093ECDFAFE6D7125D42A843E338603835CF19AFAFF75EFE21DC5F6AA1F9AE46C25087E7368166FB08C1E4627AFED7D93"+
		"570417B790FF7F747E57F432B04E1236819E0DFEF5B6E77CA4999925328182D2")
}

// The length of the output, the truncation of AES-192's keys, and nonces of wrong lengths.
func TestResidueLengths(t *testing.T) {
	for a, n := range map[Algorithm]int{TripleDES: 16, AES128: 16, AES192: 32, AES256: 32} {
		if a.NonceSize() != n {
			t.Errorf("%s: nonce of %d bytes", a, a.NonceSize())
		}
		s, u := bytes.Repeat([]byte{7}, n), bytes.Repeat([]byte{9}, a.KeySize())
		for _, bits := range []int{192, 256, 521, 2048} {
			x, err := stretch(a, s, u, bits+64)
			if err != nil || 8*len(x) < bits+64 || 8*(len(x)-n) >= bits+64 {
				t.Errorf("%s, %d bits: %d bytes, %v", a, bits, len(x), err)
			}
		}
		first, err := encrypted(a, u, s)
		if err != nil {
			t.Fatal(err)
		}
		c1 := mapping128[1]
		if n == 32 {
			c1 = mapping256[1]
		}
		want, err := encrypted(a, first[:a.KeySize()], c1)
		if err != nil {
			t.Fatal(err)
		}
		if x, err := stretch(a, s, u, 1); err != nil || !bytes.Equal(x, want) {
			t.Errorf("%s: first block differs: %v", a, err)
		}
		p := big.NewInt(97)
		for _, bad := range [][2][]byte{{s[1:], u}, {s, u[1:]}, {nil, u}, {s, nil}, {append(s, s...), u}} {
			if _, err := Residue(a, bad[0], bad[1], p); err == nil {
				t.Errorf("%s: nonces of %d and %d bytes accepted", a, len(bad[0]), len(bad[1]))
			}
		}
	}
	if _, err := Residue("other", nil, nil, big.NewInt(97)); err == nil {
		t.Error("unknown algorithm accepted")
	}
}
