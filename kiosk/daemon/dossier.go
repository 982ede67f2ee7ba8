package daemon

import (
	"context"
	"crypto/rand"
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
	chain   interface {
		NextLink(ctx context.Context) (kiosk.Link, error)
	}
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
func (m *maker) Seal(ctx context.Context, d *kiosk.Dossier) (kiosk.Sealed, error) {
	pkg, err := dossier.Build(d, dossier.Signer{Device: m.self.Signer(), Software: m.version})
	if err != nil {
		return kiosk.Sealed{}, err
	}
	defer clear(pkg)
	link, err := m.chain.NextLink(ctx)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	sealer := seal.Sealer{Keys: m.office.SealKeys(nil, d.Created), Device: m.self.Signer()}
	sealed, err := sealer.Seal(d.ID, d.Created, link, pkg, nil)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	sealed.TokenID = kiosk.TokenID(d.Token)
	return sealed, nil
}

// Receipt makes what the citizen leaves with.
func (m *maker) Receipt(d *kiosk.Dossier) kiosk.Receipt {
	return kiosk.Receipt{
		Token: kiosk.FormatToken(d.Token), URL: m.office.ReceiptURL(d.Token), Procedure: d.Procedure.Name, Submitted: d.Created,
		Office: m.office.Name, Hotline: m.office.Hotline, Return: d.Return.Method, Papers: len(d.Papers),
	}
}
