package daemon

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"motcua/kiosk"
	"motcua/kiosk/dossier"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

// maker names, builds and seals dossiers for the session.
type maker struct {
	office  *provision.Office
	self    *provision.Identity
	version string
}

// New gives a random UUID (RFC 9562 §5.4) and a receipt token.
func (m *maker) New() (id, token string) {
	token, _ = kiosk.NewToken(rand.Reader) // never fails (crypto/rand)
	return newID(), token
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Seal builds the signed package and seals it to the office. The package in the clear is wiped before Seal returns.
func (m *maker) Seal(_ context.Context, d *kiosk.Dossier) (kiosk.Sealed, error) {
	key, cert := m.self.Signer()
	pkg, err := dossier.Build(d, dossier.Signer{Key: key, Certificate: cert, Software: m.version})
	if err != nil {
		return kiosk.Sealed{}, err
	}
	defer clear(pkg)
	body, err := seal.Seal(m.office.SealKey, m.self.Name, d.ID, pkg)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	return kiosk.Sealed{ID: d.ID, TokenID: kiosk.TokenID(d.Token), Created: d.Created, Body: body, SHA256: sha256.Sum256(body)}, nil
}

// Receipt makes what the citizen leaves with.
func (m *maker) Receipt(d *kiosk.Dossier) kiosk.Receipt {
	return kiosk.Receipt{
		Token: kiosk.FormatToken(d.Token), URL: m.office.ReceiptURL(d.Token), Procedure: d.Procedure.Name, Submitted: d.Created,
		Office: m.office.Name, Hotline: m.office.Hotline, Return: d.Return.Method, Papers: len(d.Papers),
	}
}
