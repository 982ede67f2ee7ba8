package onestop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
)

// Limits of page streams on their way in.
const (
	MaxUnclaimed = 512 << 20           // bytes of one kiosk that no dossier has claimed
	unclaimedFor = 45 * 24 * time.Hour // how long they are kept
	pieceSize    = 1 << 20             // kept per row
)

// Errors of a PartStore that a caller decides on.
var (
	ErrOffset = errors.New("the part does not continue there") // AppendPart: PartState tells where
	ErrHash   = errors.New("the part does not have its hash")  // AppendPart: it is dropped
	ErrParts  = errors.New("parts of the dossier are missing") // Insert: nothing is taken in
)

// PartStore keeps the page streams of dossiers, by kiosk and SHA-256. AppendPart adds a piece at the end and, when it was the last,
// checks the whole; what it has returned is durable. PartState's error is ErrNotFound before the first piece. Each piece is given
// to f in order. SweepParts drops what no dossier claimed since before. Insert of a dossier claims its parts.
type PartStore interface {
	PartState(ctx context.Context, kiosk string, sum [32]byte) (backoffice.PartState, error)
	AppendPart(ctx context.Context, kiosk string, sum [32]byte, size, offset int64, piece []byte, at time.Time) (backoffice.PartState, error)
	PartPieces(ctx context.Context, kiosk string, sum [32]byte, f func([]byte) error) error
	DossierParts(ctx context.Context, dossier string) ([]kiosk.SealedPart, error)
	SweepParts(ctx context.Context, before time.Time) (int, error)
}

// PartState tells how much of a part is here. Error: not_found.
func (d *Desk) PartState(ctx context.Context, device string, sum [32]byte) (backoffice.PartState, error) {
	s, err := d.opt.Store.PartState(ctx, device, sum)
	if errors.Is(err, ErrNotFound) {
		return s, kiosk.Errorf(kiosk.CodeNotFound, "look part up", "", "no such part")
	}
	return s, err
}

// AppendPart keeps a piece of a part; see backoffice.Receiver.
func (d *Desk) AppendPart(ctx context.Context, device string, sum [32]byte, size, offset int64, piece []byte) (backoffice.PartState, error) {
	s, err := d.opt.Store.AppendPart(ctx, device, sum, size, offset, piece, d.Now())
	switch {
	case errors.Is(err, ErrOffset):
		return s, backoffice.ErrOffset
	case errors.Is(err, ErrHash):
		return s, kiosk.Errorf(kiosk.CodeBadInput, "take part in", "", "%w", err)
	}
	return s, err
}

// keepParts takes in the parts that came with the dossier itself, on a stick.
func (d *Desk) keepParts(ctx context.Context, device string, parts []kiosk.SealedPart) error {
	for _, p := range parts {
		if p.Data == nil {
			continue
		}
		state, err := d.opt.Store.PartState(ctx, device, p.SHA256)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		piece := make([]byte, pieceSize)
		for !state.Done {
			b := piece[:min(pieceSize, p.Size-state.Offset)]
			if n, err := p.Data.ReadAt(b, state.Offset); n < len(b) {
				return kiosk.Errorf(kiosk.CodeBadInput, "take part in", "", "part is cut short: %w", errors.Join(err, io.ErrUnexpectedEOF))
			}
			if state, err = d.AppendPart(ctx, device, p.SHA256, p.Size, state.Offset, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// Part reads a sealed page stream of a dossier, in order from 0. Error: ErrNotFound.
func (d *Desk) Part(ctx context.Context, dossier string, n int) (io.Reader, int64, error) {
	it, err := d.opt.Store.Item(ctx, dossier)
	if err != nil {
		return nil, 0, err
	}
	parts, err := d.opt.Store.DossierParts(ctx, dossier)
	if err != nil {
		return nil, 0, err
	}
	if n < 0 || n >= len(parts) {
		return nil, 0, ErrNotFound
	}
	var b bytes.Buffer // at most 16 MB, ciphertext
	if err := d.opt.Store.PartPieces(ctx, it.Kiosk, parts[n].SHA256, func(piece []byte) error {
		b.Write(piece)
		return nil
	}); err != nil {
		return nil, 0, err
	}
	if sha256.Sum256(b.Bytes()) != parts[n].SHA256 {
		return nil, 0, kiosk.Errorf(kiosk.CodeStoreCorrupt, "read part", "restore the database from its last backup", "part does not have its SHA-256")
	}
	return &b, parts[n].Size, nil
}

// SweepParts drops parts that no dossier claimed in time: of a visit that was never finished, or a kiosk that was sent back.
func (d *Desk) SweepParts(ctx context.Context) (int, error) {
	return d.opt.Store.SweepParts(ctx, d.Now().Add(-unclaimedFor))
}
