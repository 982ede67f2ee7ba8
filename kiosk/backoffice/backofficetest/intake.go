package backofficetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/bundle"
)

func partKey(device string, sum [32]byte) string { return device + " " + string(sum[:]) }

// complete reports whether all parts are here whole.
func (m *Memory) complete(device string, parts []kiosk.SealedPart) bool {
	for _, p := range parts {
		if have := m.parts[partKey(device, p.SHA256)]; have == nil || !have.done {
			return false
		}
	}
	return true
}

// PartState tells how much of a part is here.
func (m *Memory) PartState(_ context.Context, device string, sum [32]byte) (backoffice.PartState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.parts[partKey(device, sum)]
	if p == nil {
		return backoffice.PartState{}, kiosk.Errorf(kiosk.CodeNotFound, "part", "", "no such part")
	}
	return p.state(), nil
}

func (p *memoryPart) state() backoffice.PartState {
	return backoffice.PartState{Size: p.size, Offset: int64(len(p.got)), Done: p.done}
}

// AppendPart keeps a piece.
func (m *Memory) AppendPart(_ context.Context, device string, sum [32]byte, size, offset int64, piece []byte) (backoffice.PartState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return backoffice.PartState{}, m.fail
	}
	key := partKey(device, sum)
	p := m.parts[key]
	if p == nil {
		p = &memoryPart{size: size}
		m.parts[key] = p
	}
	switch {
	case p.done:
		return p.state(), nil
	case p.size != size || int64(len(p.got)) != offset:
		return p.state(), backoffice.ErrOffset
	}
	p.got = append(p.got, piece...)
	if int64(len(p.got)) < size {
		return p.state(), nil
	}
	if sha256.Sum256(p.got) != sum {
		delete(m.parts, key)
		return backoffice.PartState{}, kiosk.Errorf(kiosk.CodeBadInput, "part", "", "wrong hash")
	}
	p.done = true
	return p.state(), nil
}

// DropParts forgets every part that is here, as an office does with what no dossier claimed.
func (m *Memory) DropParts() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.parts)
}

// Part gives the bytes of a part that a device brought, nil when there is none.
func (m *Memory) Part(device string, sum [32]byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.parts[partKey(device, sum)]; p != nil && p.done {
		return p.got
	}
	return nil
}

// Changes lists what happened to a kiosk's dossiers.
func (m *Memory) Changes(_ context.Context, device string, after int64, limit int) (list []backoffice.Change, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.changes {
		if c.device == device && c.Cursor > after && len(list) < limit {
			list = append(list, c.Change)
		}
	}
	return list, nil
}

// SetBundle makes a bundle that kiosks may fetch.
func (m *Memory) SetBundle(kind bundle.Kind, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bundles[kind] = body
}

// Bundle signs a bundle.
func (m *Memory) Bundle(_ context.Context, _ string, kind bundle.Kind) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, ok := m.bundles[kind]
	if !ok {
		return nil, kiosk.Errorf(kiosk.CodeNotFound, "bundle", "", "no such bundle")
	}
	return bundle.Sign(bundle.Header{Kind: kind, Serial: 1, From: "2026-01-01"}, body, m.key)
}

// Nonce gives a value that nobody has signed: this receiver knows no chips.
func (m *Memory) Nonce(context.Context, string) (backoffice.Nonce, error) {
	n := backoffice.Nonce{Value: make([]byte, 16), At: time.Now().UTC().Truncate(time.Microsecond), Signature: make([]byte, 64)}
	_, _ = rand.Read(n.Value) // never fails (crypto/rand)
	return n, nil
}

// Heartbeat keeps the last one.
func (m *Memory) Heartbeat(_ context.Context, device string, h backoffice.Heartbeat) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.beats[device] = h
	return nil
}

// Beats gives the last heartbeat of each kiosk.
func (m *Memory) Beats() map[string]backoffice.Heartbeat {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.beats)
}

// TakeFeedback keeps sealed feedback, once.
func (m *Memory) TakeFeedback(_ context.Context, _ string, s kiosk.Sealed) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.feedback[s.ID] = s
	return nil
}

// TakeRating keeps a rating.
func (m *Memory) TakeRating(_ context.Context, _ string, r backoffice.Rating) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.taken {
		if d.sealed.TokenID == r.TokenID {
			m.ratings[r.TokenID] = r.Score
			return nil
		}
	}
	return kiosk.Errorf(kiosk.CodeNotFound, "rate", "", "no such token")
}

// Certify gives the memory an authority and a word for one kiosk.
func (m *Memory) Certify(word, name string, issue func(csr []byte, name string) ([]byte, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.words[word], m.certify = name, issue
}

// Enrol spends a word.
func (m *Memory) Enrol(_ context.Context, word string, csr []byte) (backoffice.Enrolled, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name, ok := m.words[word]
	if !ok || m.certify == nil {
		return backoffice.Enrolled{}, kiosk.Errorf(kiosk.CodeNotFound, "enrol", "", "no such word")
	}
	cert, err := m.certify(csr, name)
	if err != nil {
		return backoffice.Enrolled{}, err
	}
	delete(m.words, word)
	return backoffice.Enrolled{Certificate: string(cert), Office: json.RawMessage("{}")}, nil
}

// Renew certifies again.
func (m *Memory) Renew(_ context.Context, device string, csr []byte) (backoffice.Enrolled, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.certify == nil {
		return backoffice.Enrolled{}, kiosk.Errorf(kiosk.CodeUnavailable, "renew", "", "no authority")
	}
	cert, err := m.certify(csr, device)
	return backoffice.Enrolled{Certificate: string(cert), Office: json.RawMessage("{}")}, err
}
