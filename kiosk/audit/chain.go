package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"motcua/kiosk"
)

// domain separates these hashes from every other use of SHA-256 here and numbers the canonical form.
const domain = "motcua audit 1\x00"

// Canonical gives the bytes that a record's hash is over:
//
//	"motcua audit 1" 00 | Prev (32) | Seq (8) | At, Unix microseconds (8) | len(Event) (2) | Event | len(Fields) (4) | Fields
//
// Integers are big-endian. Every variable part has its length before it, so no two records share a form.
func Canonical(r kiosk.AuditRecord) []byte {
	b := make([]byte, 0, len(domain)+32+8+8+2+len(r.Event)+4+len(r.Fields))
	b = append(b, domain...)
	b = append(b, r.Prev[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMicro()))
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Event)))
	b = append(b, r.Event...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Fields)))
	return append(b, r.Fields...)
}

// Hash gives the hash a record must carry: SHA-256 over [Canonical].
func Hash(r kiosk.AuditRecord) [32]byte { return sha256.Sum256(Canonical(r)) }

// fields encodes attributes as the JSON object of a record: sorted keys, no spaces. Check has passed them before.
func fields(attrs []slog.Attr) (string, error) {
	m := make(map[string]any, len(attrs))
	for _, a := range attrs {
		m[a.Key] = a.Value.Any()
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode audit fields: %w", err)
	}
	return string(b), nil
}

// Chain appends to the audit log of a store. It is safe for concurrent use. Several processes over one store may each have one:
// a record that another of them has overtaken is made again behind that one.
type Chain struct {
	store kiosk.AuditStore
	now   func() time.Time

	mu   sync.Mutex
	last *kiosk.AuditRecord // nil until read, and after a failed append
}

// NewChain continues the chain in store. now is the clock, time.Now when nil.
func NewChain(store kiosk.AuditStore, now func() time.Time) *Chain {
	if now == nil {
		now = time.Now
	}
	return &Chain{store: store, now: now}
}

// Append adds one link. The event must be one that [Events] marks Kept. Errors: bad_input for an event or attribute outside
// the list, and what the store gives (store_corrupt, store_full).
func (c *Chain) Append(ctx context.Context, e Event, attrs ...slog.Attr) error {
	if err := Check(e, attrs...); err != nil {
		return &kiosk.Error{Code: kiosk.CodeBadInput, Op: "append to the audit log", Err: err}
	}
	if !Events[e].Kept {
		return kiosk.Errorf(kiosk.CodeBadInput, "append to the audit log", "", "event %s is not one the chain keeps", e)
	}
	f, err := fields(attrs)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		last, err := c.lastLocked(ctx)
		if err != nil {
			return err
		}
		r := kiosk.AuditRecord{Seq: last.Seq + 1, At: c.now().UTC().Truncate(time.Microsecond), Event: string(e), Fields: f, Prev: last.Hash}
		r.Hash = Hash(r)
		err = c.store.AppendAudit(ctx, r)
		if err == nil {
			c.last = &r
			return nil
		}
		c.last = nil // it may or may not be on disk: ask again next time
		if kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt || !c.overtaken(ctx, last) {
			return fmt.Errorf("append to the audit log: %w", err)
		}
	}
}

// overtaken reports whether the store's chain has grown since last was its end: another process was faster. Each round of
// Append thus has seen the chain grow, so that it ends.
func (c *Chain) overtaken(ctx context.Context, last kiosk.AuditRecord) bool {
	now, err := c.lastLocked(ctx)
	return err == nil && now.Seq > last.Seq
}

func (c *Chain) lastLocked(ctx context.Context) (kiosk.AuditRecord, error) {
	if c.last != nil {
		return *c.last, nil
	}
	last, err := c.store.LastAudit(ctx)
	if err != nil {
		return last, fmt.Errorf("read the end of the audit log: %w", err)
	}
	c.last = &last
	return last, nil
}

// Report is what [Verify] found. Broken is the Seq at which the chain first breaks, 0 when it holds; Reason says how.
type Report struct {
	Records int64
	Head    kiosk.AuditRecord // the last good record
	Broken  int64
	Reason  string
}

// Reasons of a broken chain.
const (
	BrokenGap   = "gap"   // a record is missing, repeated or out of order
	BrokenLink  = "link"  // Prev is not the hash of the record before
	BrokenHash  = "hash"  // the record was changed after it was written
	BrokenClock = "clock" // the time is not in whole microseconds of UTC, so it is not what was hashed
	BrokenEnd   = "end"   // the store's last record is not the end of the chain
)

// errStop ends the walk at the first broken link.
var errStop = errors.New("stop")

// Verify walks the whole chain of store and stops at the first broken link. The error is the store's, never the finding's.
func Verify(ctx context.Context, store kiosk.AuditStore) (Report, error) {
	var rep Report
	err := store.EachAudit(ctx, 1, func(r kiosk.AuditRecord) error {
		if reason := broken(rep.Head, r); reason != "" {
			rep.Broken, rep.Reason = rep.Head.Seq+1, reason
			return errStop
		}
		rep.Head, rep.Records = r, rep.Records+1
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		return rep, fmt.Errorf("walk the audit log: %w", err)
	}
	if rep.Broken != 0 {
		return rep, nil
	}
	last, err := store.LastAudit(ctx)
	if err != nil {
		return rep, fmt.Errorf("read the end of the audit log: %w", err)
	}
	if last.Seq < rep.Head.Seq || last.Seq == rep.Head.Seq && last.Hash != rep.Head.Hash {
		rep.Broken, rep.Reason = rep.Head.Seq, BrokenEnd
	}
	return rep, nil
}

// broken says how r fails to continue the chain after prev; "" when it does.
func broken(prev, r kiosk.AuditRecord) string {
	switch {
	case r.Seq != prev.Seq+1:
		return BrokenGap
	case !r.At.Equal(r.At.Truncate(time.Microsecond)):
		return BrokenClock
	case r.Prev != prev.Hash:
		return BrokenLink
	case r.Hash != Hash(r):
		return BrokenHash
	}
	return ""
}
