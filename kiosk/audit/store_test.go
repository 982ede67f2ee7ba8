package audit

import (
	"context"
	"errors"
	"sync"

	"motcua/kiosk"
)

// memory is an AuditStore as strict as the port demands, with a way to break it.
type memory struct {
	mu      sync.Mutex
	records []kiosk.AuditRecord
	fail    error
}

func (m *memory) LastAudit(context.Context) (kiosk.AuditRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.records) == 0 {
		return kiosk.AuditRecord{}, nil
	}
	return m.records[len(m.records)-1], nil
}

func (m *memory) AppendAudit(_ context.Context, r kiosk.AuditRecord) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	var last kiosk.AuditRecord
	if n := len(m.records); n > 0 {
		last = m.records[n-1]
	}
	if r.Seq != last.Seq+1 || r.Prev != last.Hash {
		return &kiosk.Error{Code: kiosk.CodeStoreCorrupt, Op: "append", Err: errors.New("does not continue the chain")}
	}
	m.records = append(m.records, r)
	return nil
}

func (m *memory) EachAudit(_ context.Context, from int64, f func(kiosk.AuditRecord) error) error {
	m.mu.Lock()
	records := append([]kiosk.AuditRecord(nil), m.records...)
	m.mu.Unlock()
	for _, r := range records {
		if r.Seq < from {
			continue
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}
