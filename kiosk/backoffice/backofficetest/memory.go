package backofficetest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/bundle"
)

// Memory is a receiver that keeps everything in memory. It is safe for concurrent use.
type Memory struct {
	key ed25519.PrivateKey

	mu       sync.Mutex
	taken    map[string]taken
	fail     error
	lose     int
	parts    map[string]*memoryPart
	changes  []memoryChange
	beats    map[string]backoffice.Heartbeat
	feedback map[string]kiosk.Sealed
	ratings  map[string]int
	words    map[string]string
	bundles  map[bundle.Kind][]byte
	certify  func(csr []byte, name string) ([]byte, error)
}

type memoryPart struct {
	size int64
	got  []byte
	done bool
}

type memoryChange struct {
	device string
	backoffice.Change
}

type taken struct {
	sealed kiosk.Sealed
	device string
	ack    kiosk.Acknowledgement
}

// NewMemory makes an empty receiver with a key of its own.
func NewMemory(t testing.TB) *Memory {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Memory{
		key: key, taken: make(map[string]taken), parts: make(map[string]*memoryPart), beats: make(map[string]backoffice.Heartbeat),
		feedback: make(map[string]kiosk.Sealed), ratings: make(map[string]int), words: make(map[string]string),
		bundles: make(map[bundle.Kind][]byte),
	}
}

// AckKey verifies its acknowledgements.
func (m *Memory) AckKey() ed25519.PublicKey { return m.key.Public().(ed25519.PublicKey) }

// Fail makes every Receive from now on answer err; nil ends it.
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// LoseAnswers makes the next n deliveries be taken in without the kiosk being told.
func (m *Memory) LoseAnswers(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lose = n
}

// Taken gives the ids taken in, each with its body.
func (m *Memory) Taken() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string][]byte)
	for id, d := range m.taken {
		all[id] = d.sealed.Body
	}
	return all
}

// Receive takes a dossier in.
func (m *Memory) Receive(_ context.Context, device string, s kiosk.Sealed) (kiosk.Acknowledgement, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return kiosk.Acknowledgement{}, false, m.fail
	}
	d, replay := m.taken[s.ID]
	switch {
	case replay && d.sealed.SHA256 != s.SHA256:
		return kiosk.Acknowledgement{}, false, backoffice.ErrConflict
	case !replay && !m.complete(device, s.Parts):
		return kiosk.Acknowledgement{}, false, backoffice.ErrMissing
	case !replay:
		m.changes = append(m.changes, memoryChange{device, backoffice.Change{
			Cursor: int64(len(m.changes) + 1), DossierID: s.ID, At: time.Now(), State: kiosk.StateRegistered,
		}})
		d = taken{sealed: s, device: device, ack: backoffice.SignAck(m.key, kiosk.Acknowledgement{
			DossierID: s.ID, BodySHA256: s.SHA256, Office: "Xã Thử Nghiệm", ReceivedAt: time.Now(), State: kiosk.StateRegistered,
		})}
		m.taken[s.ID] = d
	}
	if m.lose > 0 {
		m.lose--
		return kiosk.Acknowledgement{}, false, kiosk.Errorf(kiosk.CodeUnavailable, "receive", "", "answer is lost")
	}
	return d.ack, replay, nil
}

// StatusByToken finds a dossier by its token's id.
func (m *Memory) StatusByToken(_ context.Context, tokenID string) (kiosk.Status, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.taken {
		if d.sealed.TokenID == tokenID {
			return kiosk.Status{
				State: d.ack.State, Submitted: d.sealed.Created, Updated: d.ack.ReceivedAt, Office: d.ack.Office,
			}, nil
		}
	}
	return kiosk.Status{}, kiosk.Errorf(kiosk.CodeNotFound, "status", "", "no such token")
}
