package powercut

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/outbox"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
	"motcua/kiosk/store"
)

const kioskName = "kiosk-01"

// makeKeys writes the keys of an office and of a kiosk of it into a folder of the real disk.
func makeKeys(dir string) error {
	keys, err := provision.NewOfficeKeys("Xã Thử Nghiệm", "127.0.0.1")
	if err != nil {
		return err
	}
	self, err := provision.GenerateIdentity(kioskName)
	if err != nil {
		return err
	}
	csr, err := self.CSR()
	if err != nil {
		return err
	}
	raw, err := provision.IssueDevice(keys.CA, csr, kioskName)
	if err != nil {
		return err
	}
	cert, err := provision.ParseCertificate(raw)
	if err != nil {
		return err
	}
	return errors.Join(self.SetCertificate(cert), self.Save(filepath.Join(dir, "kiosk")), keys.Save(filepath.Join(dir, "office")))
}

// pair is the keys of both.
type pair struct {
	keys *provision.OfficeKeys
	self *provision.Identity
}

func loadKeys(dir string) (p pair, err error) {
	if p.keys, err = provision.LoadOfficeKeys(filepath.Join(dir, "office")); err != nil {
		return p, err
	}
	p.self, err = provision.LoadIdentity(filepath.Join(dir, "kiosk"))
	return p, err
}

// desk is the office over a database file.
func (p pair) desk(s onestop.Store) (*onestop.Desk, error) {
	return onestop.NewDesk(onestop.Options{
		Office: "Xã Thử Nghiệm", Hotline: "0999 000 111", Store: s, Seal: p.keys.Seal, Ack: p.keys.Ack, Number: onestoptest.Numbering,
		Devices: p.keys.CA.Pool(), Chip: onestoptest.Chip(), Cost: onestoptest.Cheap,
	})
}

// intake serves whichever receiver is set.
type intake struct {
	now atomic.Pointer[http.Handler]
	srv *http.Server
	url string
}

func (p pair) listen() (*intake, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &intake{url: "https://" + ln.Addr().String()}
	i.srv = &http.Server{
		TLSConfig: backoffice.ServerTLS(p.keys.Server, p.keys.CA.Pool()), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*i.now.Load()).ServeHTTP(w, r) }),
	}
	go func() { _ = i.srv.ServeTLS(ln, "", "") }()
	return i, nil
}

func (i *intake) set(r backoffice.Receiver) {
	h := backoffice.Handler(r)
	i.now.Store(&h)
}

func (p pair) client(url string) (*backoffice.Client, error) {
	return backoffice.NewClient(backoffice.Options{
		URL: url, Roots: p.keys.CA.Pool(), Certificate: p.self.TLS(), AckKey: p.keys.Ack.Public().(ed25519.PublicKey),
	})
}

// outbox delivers from a store; witness hears of each acknowledgement before it is acted on.
func (p pair) outbox(s *store.Store, c *backoffice.Client, witness func(word, id string)) *outbox.Outbox {
	return outbox.New(outbox.Options{Store: s, Office: c, Log: audit.Discard(), Deletion: func(a kiosk.Acknowledgement, at time.Time) (kiosk.Deletion, error) {
		witness("acked", a.DossierID)
		return seal.SignDeletion(p.self.Signer(), a, at)
	}})
}

// newDossier seals a dossier with two pages.
func (p pair) newDossier(ctx context.Context, o *outbox.Outbox) (kiosk.Sealed, error) {
	link, err := o.NextLink(ctx)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	token, err := kiosk.NewToken(rand.Reader)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	pages := []seal.Page{bytes.NewReader(make([]byte, 3000)), bytes.NewReader(make([]byte, 9000))}
	s, err := seal.Sealer{Keys: p.keys.PublicKeys(), Device: p.self.Signer()}.Seal(onestoptest.UUID(), time.Now(), link, make([]byte, 2000), pages)
	s.TokenID = kiosk.TokenID(token)
	return s, err
}

// work is the process whose power is cut: a kiosk and an office. It makes dossiers until there are so many and all are delivered.
func work(keys, kioskDir, officeDir string, dossiers int) error {
	ctx := context.Background()
	p, err := loadKeys(keys)
	if err != nil {
		return err
	}
	office, err := sqlite.Open(ctx, filepath.Join(officeDir, "onestop.db"))
	if err != nil {
		return fmt.Errorf("office: %w", err)
	}
	desk, err := p.desk(office)
	if err != nil {
		return err
	}
	in, err := p.listen()
	if err != nil {
		return err
	}
	in.set(desk)
	c, err := p.client(in.url)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, filepath.Join(kioskDir, "kiosk.db"))
	if err != nil {
		return fmt.Errorf("kiosk: %w", err)
	}
	if w := s.Warning(); w != nil {
		return w
	}
	return errors.Join(visit(ctx, p, s, c, dossiers), s.Close(), in.srv.Close(), office.Close())
}

// visit makes the dossiers that are missing and waits until all are delivered.
func visit(ctx context.Context, p pair, s *store.Store, c *backoffice.Client, dossiers int) error {
	o := p.outbox(s, c, say)
	rows, err := s.OutboxRows(ctx)
	if err != nil {
		return err
	}
	o.Start(ctx)
	defer o.Stop()
	for range dossiers - len(rows) {
		d, err := p.newDossier(ctx, o)
		if err != nil {
			return err
		}
		if err := o.Put(ctx, d); err != nil {
			return err
		}
		say("shown", d.ID)
	}
	return drained(ctx, o)
}

// drained waits until nothing is unsent.
func drained(ctx context.Context, o *outbox.Outbox) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		st, err := o.Stats(ctx)
		if err != nil || st.Unsent == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			code, _ := o.Trouble()
			return fmt.Errorf("%d dossiers still wait: %s", st.Unsent, code)
		case <-tick.C:
		}
	}
}

// say tells the test, which writes it into the log, and waits until it is there: what is said has happened before what follows.
func say(word, id string) {
	_, _ = fmt.Fprintf(os.Stdout, "%s %s\n", word, id)
	var ok [1]byte
	_, _ = os.Stdin.Read(ok[:])
}
