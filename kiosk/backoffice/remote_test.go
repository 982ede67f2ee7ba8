package backoffice_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/backoffice/backofficetest"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

// TestRemote asks the suite of an office that runs somewhere: INTAKE_KIOSK is the folder of a kiosk that it has enrolled (device.key,
// device.crt, office.json). The office keeps the dossiers.
func TestRemote(t *testing.T) {
	dir := os.Getenv("INTAKE_KIOSK")
	if dir == "" {
		t.Skip("INTAKE_KIOSK names no enrolled kiosk's folder")
	}
	self, err := provision.LoadIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	office, err := provision.LoadOffice(dir)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := office.Pool()
	if err != nil {
		t.Fatal(err)
	}
	o := backofficetest.Office{
		AckKey: office.AckKey,
		Seal: func(t testing.TB, id, token string, pages ...[]byte) kiosk.Sealed {
			var list []seal.Page
			for _, p := range pages {
				list = append(list, bytes.NewReader(p))
			}
			s, err := seal.Sealer{Keys: office.SealKeys(nil, time.Now()), Device: self.Signer()}.Seal(id, time.Now(), kiosk.Link{}, []byte("conformance suite"), list)
			if err != nil {
				t.Fatal(err)
			}
			s.TokenID = kiosk.TokenID(token)
			return s
		},
		SealFeedback: func(t testing.TB, id, code string) []byte {
			plain, err := json.Marshal(kiosk.Feedback{Code: code, Kiosk: self.Name, At: time.Now(), Text: "conformance suite"})
			if err != nil {
				t.Fatal(err)
			}
			body, err := seal.SealFile(office.SealKey, self.Name, id, plain)
			if err != nil {
				t.Fatal(err)
			}
			return body
		},
	}
	backofficetest.RunRemote(t, o, backoffice.Options{URL: office.Intake, Roots: roots, Certificate: self.TLS(), AckKey: office.AckKey})
}
