package emrtd

import (
	"context"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// FuzzOpen: what a chip with the right keys puts into a cryptogram cannot hurt either.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{1}, true)
	f.Add(append([]byte{1}, make([]byte, 16)...), true)
	f.Add(make([]byte, 32), false)
	f.Fuzz(func(t *testing.T, value []byte, padded bool) {
		term, chip := pairOf(t, icao.AES128)
		term.count()
		chip.count()
		chip.count()
		tag := tagCryptogram
		if padded {
			tag = tagCryptogramPad
		}
		objects := tlv.Append(tlv.Encode(tag, value), tagStatus, []byte{0x90, 0})
		mac, err := chip.checksum(nil, objects)
		if err != nil {
			t.Fatal(err)
		}
		r, err := term.unwrap(apdu.Response{Data: tlv.Append(objects, tagMAC, mac), SW: apdu.StatusOK})
		if err == nil && len(r.Data) >= len(value) {
			t.Fatalf("%d bytes out of a cryptogram of %d", len(r.Data), len(value))
		}
	})
}

// FuzzChipAuthentication: a DG14 of any contents, and a chip that answers anything, end in a check or an error with a code.
func FuzzChipAuthentication(f *testing.F) {
	f.Add(lds.MarshalDG14(lds.MarshalInfo(lds.OIDCAECDHAES, 1, 3)), []byte{0x90, 0})
	f.Add(lds.MarshalDG14(lds.MarshalInfo(lds.OIDCAECDHAES, 1, lds.NoID), lds.MarshalInfo(lds.OIDPACEGMAES, 2, 13)), []byte{0x6A, 0x80})
	f.Fuzz(func(t *testing.T, dg14, answer []byte) {
		infos, err := lds.ParseDG14(dg14)
		if err != nil {
			return
		}
		way, check := chooseCA(infos)
		if way == nil {
			if check.Result == kiosk.CheckSuccessful || check.Name != kiosk.CheckChipAuth {
				t.Fatalf("%+v", check)
			}
			return
		}
		term, _ := pairOf(t, icao.AES128)
		ch := &channel{card: &handler{answer: func([]byte) ([]byte, error) { return answer, nil }}, sm: term}
		check, err = chipAuthentication(context.Background(), ch, way, zeroReader{1})
		if err == nil && check.Result != kiosk.CheckFailed || err != nil && kiosk.CodeOf(err) == kiosk.CodeInternal {
			t.Fatalf("%+v, %v", check, err)
		}
	})
}

// zeroReader gives one byte for ever.
type zeroReader struct{ b byte }

func (r zeroReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.b
	}
	return len(p), nil
}

// FuzzActiveAuthentication: any DG15 and any answer end in a check that is not successful.
func FuzzActiveAuthentication(f *testing.F) {
	f.Add([]byte{0x6F, 0}, []byte{1, 2, 3})
	f.Add(tlv.Encode(0x6F, tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence), []byte{3, 1, 0})), make([]byte, 64))
	f.Fuzz(func(t *testing.T, dg15, answer []byte) {
		key, err := lds.ParseDG15(dg15)
		if err != nil {
			return
		}
		if len(answer) > 0 && key.RSA != nil && key.RSA.E == 1 {
			return
		}
		if err := VerifyActiveAuth(key, nil, challengeForTest, answer); err == nil && key.RSA == nil {
			t.Fatal("a signature made without a key was accepted")
		}
	})
}
