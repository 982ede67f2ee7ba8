package backoffice_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/backoffice/backofficetest"
)

func stickOf(t testing.TB, n int) ([]kiosk.Sealed, []byte) {
	t.Helper()
	var list []kiosk.Sealed
	for i := range n {
		s, _ := backofficetest.NewSealed(t, bytes.Repeat([]byte{byte(i + 1)}, 300))
		for _, size := range []int{1, 5000} {
			p := bytes.Repeat([]byte{byte(i), 9}, size)[:size]
			s.Parts = append(s.Parts, kiosk.SealedPart{SHA256: sha256.Sum256(p), Size: int64(size), Data: bytes.NewReader(p)})
		}
		list = append(list, s)
	}
	var b bytes.Buffer
	err := backoffice.WriteStick(&b, list, func(delivery []byte) ([]byte, error) {
		sum := sha256.Sum256(delivery)
		return sum[:], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, b.Bytes()
}

func TestStickCarriesDossiers(t *testing.T) {
	list, file := stickOf(t, 3)
	n := 0
	err := backoffice.ReadStick(bytes.NewReader(file), func(s kiosk.Sealed, delivery, signature []byte) error {
		want := list[n]
		if s.ID != want.ID || s.TokenID != want.TokenID || !s.Created.Equal(want.Created) || !bytes.Equal(s.Body, want.Body) || len(s.Parts) != 2 {
			t.Errorf("dossier %d differs", n)
		}
		for i, p := range s.Parts {
			got, err := io.ReadAll(io.NewSectionReader(p.Data, 0, p.Size))
			if err != nil || sha256.Sum256(got) != want.Parts[i].SHA256 {
				t.Errorf("part %d of dossier %d differs: %v", i, n, err)
			}
		}
		if sum := sha256.Sum256(delivery); !bytes.Equal(sum[:], signature) {
			t.Error("what was signed is not what comes back")
		}
		n++
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("%d dossiers: %v", n, err)
	}
}

// TestDamagedStick flips bits and cuts: nothing that was changed comes through as something else.
func TestDamagedStick(t *testing.T) {
	list, file := stickOf(t, 2)
	read := func(b []byte) (n int, err error) {
		err = backoffice.ReadStick(bytes.NewReader(b), func(s kiosk.Sealed, delivery, signature []byte) error {
			if sum := sha256.Sum256(delivery); !bytes.Equal(sum[:], signature) {
				return errors.New("signature")
			}
			if n >= len(list) || s.ID != list[n].ID || !bytes.Equal(s.Body, list[n].Body) {
				t.Error("a changed dossier came through")
			}
			n++
			return nil
		})
		return n, err
	}
	for at := 0; at < len(file); at += 61 {
		b := bytes.Clone(file)
		b[at] ^= 0x10
		_, _ = read(b)
		if n, err := read(file[:at]); err == nil && n == 2 && at < len(file)-1024-512 { // behind that only padding is cut
			t.Errorf("a file cut at %d of %d reads whole", at, len(file))
		}
	}
}

func TestReceiptsOfTheStick(t *testing.T) {
	key := newKey(t)
	s, _ := backofficetest.NewSealed(t, []byte("body"))
	ack := backoffice.SignAck(key, kiosk.Acknowledgement{DossierID: s.ID, BodySHA256: s.SHA256, Office: "Xã Thử Nghiệm", ReceivedAt: s.Created, State: kiosk.StateRegistered})
	var b bytes.Buffer
	if err := backoffice.WriteReceipts(&b, []kiosk.Acknowledgement{ack, ack}); err != nil {
		t.Fatal(err)
	}
	list, err := backoffice.ReadReceipts(&b)
	if err != nil || len(list) != 2 || backoffice.VerifyAck(public(key), list[1]) != nil {
		t.Errorf("%d receipts: %v", len(list), err)
	}
	if _, err := backoffice.ReadReceipts(bytes.NewReader([]byte("{}\n"))); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("a receipt that is none: %v", err)
	}
}

func FuzzReadStick(f *testing.F) {
	_, file := stickOf(f, 1)
	f.Add(file)
	f.Add([]byte("delivery"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = backoffice.ReadStick(bytes.NewReader(b), func(s kiosk.Sealed, _, _ []byte) error {
			if sha256.Sum256(s.Body) != s.SHA256 || !backoffice.ValidID(s.ID) {
				t.Error("a dossier that is not what it says came through")
			}
			return nil
		})
	})
}
