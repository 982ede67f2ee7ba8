package onestop

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"time"
)

// Copy is a certified electronic copy (chứng thực bản sao điện tử) of one paper of a dossier: a person compares the picture with the
// original, and a person who may certify signs.
type Copy struct {
	Seq        int64
	Dossier    string
	Paper      int      // number of the paper in the dossier, from 1
	SHA256     [32]byte // of the page as the kiosk pictured it
	Pages      int
	Fee        int // VND
	Compared   time.Time
	ComparedBy Person
	Signed     time.Time
	SignedBy   Person
	Signature  []byte // Ed25519 over CopyText by the office's acknowledgement key
}

// CopyStore keeps certified copies. SignCopy of one that nobody compared: ErrNotFound; the database refuses it as well.
type CopyStore interface {
	AddCopy(ctx context.Context, c Copy) (Copy, error)
	Copy(ctx context.Context, seq int64) (Copy, error)
	Copies(ctx context.Context, dossier string) ([]Copy, error)
	CompareCopy(ctx context.Context, seq int64, by Person, at time.Time) error
	SignCopy(ctx context.Context, seq int64, by Person, at time.Time, signature []byte) error
}

// ErrNotCompared means that nobody has compared the copy with its original.
var ErrNotCompared = errors.New("a copy is signed after it was compared with the original")

// CopyFee is the fee of a certified copy in VND (TT 226/2016/TT-BTC): 2,000 a page, from the third page on 1,000, at most 200,000
// a copy.
func CopyFee(pages int) int {
	const first, rest, most = 2000, 1000, 200_000
	if pages <= 0 {
		return 0
	}
	return min(first*min(pages, 2)+rest*max(pages-2, 0), most)
}

// MaxPages bounds the pages of one copy.
const MaxPages = 1000

// AddCopy begins the certification of a paper of a dossier. Errors: ErrDenied, ErrNotFound, ErrRefused for a number of pages that
// cannot be, the store's.
func (d *Desk) AddCopy(ctx context.Context, a Account, dossier string, paper, pages int) (Copy, error) {
	if !a.Role.May(PermCompare) {
		return Copy{}, ErrDenied
	}
	if pages < 1 || pages > MaxPages {
		return Copy{}, ErrRefused
	}
	it, err := d.opt.Store.Item(ctx, dossier)
	if err != nil {
		return Copy{}, err
	}
	o, err := d.openStored(ctx, it, false)
	if err != nil {
		return Copy{}, err
	}
	defer o.Wipe()
	if o.Dossier == nil || paper < 1 || paper > len(o.Dossier.Papers) {
		return Copy{}, ErrNotFound
	}
	return d.opt.Store.AddCopy(ctx, Copy{Dossier: dossier, Paper: paper, SHA256: o.Dossier.Papers[paper-1].SHA256, Pages: pages, Fee: CopyFee(pages)})
}

// CompareCopy is a person's word that the picture equals the original. Errors: ErrDenied, ErrNotFound, the store's.
func (d *Desk) CompareCopy(ctx context.Context, a Account, seq int64) error {
	if !a.Role.May(PermCompare) {
		return ErrDenied
	}
	return d.did(ctx, a, "copy_compared", d.opt.Store.CompareCopy(ctx, seq, Person{a.ID, a.Name}, d.Now().UTC().Truncate(time.Microsecond)))
}

// SignCopy certifies a copy that was compared. Errors: ErrDenied, ErrNotCompared, ErrNotFound, the store's.
func (d *Desk) SignCopy(ctx context.Context, a Account, seq int64) (Copy, error) {
	if !a.Role.May(PermSign) {
		return Copy{}, ErrDenied
	}
	c, err := d.opt.Store.Copy(ctx, seq)
	switch {
	case err != nil:
		return Copy{}, err
	case c.Compared.IsZero():
		return Copy{}, ErrNotCompared
	}
	now := d.Now().UTC().Truncate(time.Microsecond)
	err = d.opt.Store.SignCopy(ctx, seq, Person{a.ID, a.Name}, now, ed25519.Sign(d.opt.Ack, CopyText(c, d.opt.Office, now)))
	if err := d.did(ctx, a, "copy_signed", err); err != nil {
		return Copy{}, err
	}
	return d.opt.Store.Copy(ctx, seq)
}

// CopyText is what a certification signs:
//
//	"motcua certified copy 1" 00 | SHA-256 of the page (32) | pages (4) | signed, Unix microseconds (8) | len(office) (2) | office
//
// Integers are big-endian.
func CopyText(c Copy, office string, signed time.Time) []byte {
	b := append([]byte("motcua certified copy 1\x00"), c.SHA256[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(c.Pages))            //nolint:gosec // at most MaxPages
	b = binary.BigEndian.AppendUint64(b, uint64(signed.UnixMicro())) //nolint:gosec // after 1970
	b = binary.BigEndian.AppendUint16(b, uint16(len(office)&0xffff)) //nolint:gosec // bounded
	return append(b, office...)
}

// Copies lists the certified copies of a dossier. Errors: ErrDenied, the store's.
func (d *Desk) Copies(ctx context.Context, a Account, dossier string) ([]Copy, error) {
	if !a.Role.May(PermOpen) {
		return nil, ErrDenied
	}
	return d.opt.Store.Copies(ctx, dossier)
}
