package daemon

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/dossier"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

// maker names, builds and seals dossiers for the session.
type maker struct {
	office  *provision.Office
	self    *provision.Identity
	version string

	mu        sync.Mutex
	catalogue kiosk.Catalogue
	deadlines kiosk.Deadlines
	announced []seal.Announcement // keys that the office announced since this kiosk was enrolled

	nonce *dossier.Nonce     // the office's last one; nil when there is none, or it is too old
	id    string             // of the dossier of the visit that runs
	asked *dossier.Challenge // of the last card that was asked in it
	chain interface {
		NextLink(ctx context.Context) (kiosk.Link, error)
	}
}

// New gives a random UUID (RFC 9562 §5.4) and a receipt token. A visit asks for them before it reads a card, so that the chip can
// sign for this very dossier.
func (m *maker) New() (id, token string) {
	token, _ = kiosk.NewToken(rand.Reader) // never fails (crypto/rand)
	id = newID()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.id, m.asked = id, nil
	return id, token
}

// challenge is what the reader asks a chip to sign: bound to the dossier of the visit that runs.
func (m *maker) challenge() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.nonce != nil && time.Since(m.nonce.At) > dossier.NonceTime {
		m.nonce = nil
	}
	c := dossier.NewChallenge(time.Now(), m.nonce)
	m.asked = &c
	return c.Derive(m.id, m.self.Certificate())
}

// answered gives from what the challenge of a dossier's chip was derived; nil when it was not ours.
func (m *maker) answered(d *kiosk.Dossier) *dossier.Challenge {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.Chip == nil || m.asked == nil || !bytes.Equal(m.asked.Derive(d.ID, m.self.Certificate()), d.Chip.Challenge) {
		return nil
	}
	return m.asked
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Seal builds the signed package and seals it to the office. The package in the clear is wiped before Seal returns.
func (m *maker) Seal(ctx context.Context, d *kiosk.Dossier) (kiosk.Sealed, error) {
	pkg, err := dossier.Build(d, dossier.Signer{Device: m.self.Signer(), Software: m.version, Challenge: m.answered(d), Beside: true})
	if err != nil {
		return kiosk.Sealed{}, err
	}
	defer clear(pkg)
	link, err := m.chain.NextLink(ctx)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	sealer := seal.Sealer{Keys: m.keys(d.Created), Device: m.self.Signer()}
	var pages []seal.Page
	for i := range d.Papers {
		pages = append(pages, bytes.NewReader(d.Papers[i].Page.Data))
	}
	sealed, err := sealer.Seal(d.ID, d.Created, link, pkg, pages)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	sealed.TokenID = kiosk.TokenID(d.Token)
	return sealed, nil
}

// setAnnounced takes newly announced keys.
func (m *maker) setAnnounced(list []seal.Announcement) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.announced = list
}

// takeNonce takes the office's newest nonce. Error: office_untrusted.
func (m *maker) takeNonce(wire backoffice.Nonce) error {
	n := &dossier.Nonce{At: wire.At.UTC().Truncate(time.Microsecond), Signature: wire.Signature}
	copy(n.Value[:], wire.Value)
	if err := n.Verify(m.office.AckKey); err != nil {
		return kiosk.Errorf(kiosk.CodeOfficeUntrusted, "take the office's nonce", "compare the office's acknowledgement key with the one in office.json", "%w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nonce = n
	return nil
}

// keys are those to seal to.
func (m *maker) keys(at time.Time) []seal.PublicKey {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.office.SealKeys(m.announced, at)
}

// Receipt makes what the citizen leaves with.
func (m *maker) Receipt(d *kiosk.Dossier) kiosk.Receipt {
	return kiosk.Receipt{
		Token: kiosk.FormatToken(d.Token), URL: m.office.ReceiptURL(d.Token), Procedure: d.Procedure.Name, Submitted: d.Created,
		Office: m.office.Name, Hotline: m.office.Hotline, Return: d.Return.Method, Papers: len(d.Papers), Estimated: m.estimate(d),
	}
}

// renew gives the catalogue and the calendars of the visits to come.
func (m *maker) renew(c kiosk.Catalogue, d kiosk.Deadlines) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.catalogue, m.deadlines = c, d
}

// estimate gives by when the result may be ready, were the dossier received now; the zero time when the catalogue states no time.
func (m *maker) estimate(d *kiosk.Dossier) time.Time {
	m.mu.Lock()
	catalogue, deadlines := m.catalogue, m.deadlines
	m.mu.Unlock()
	if catalogue == nil || deadlines == nil {
		return time.Time{}
	}
	p, err := catalogue.Procedure(d.Procedure.Code)
	if err != nil {
		return time.Time{}
	}
	due, err := deadlines.Due(p, kiosk.ChannelDirect, d.Created)
	if err != nil {
		return time.Time{}
	}
	return due.At
}
