package sqlstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop"
)

func partState(ctx context.Context, q asker, device string, sum [32]byte, lock string) (s backoffice.PartState, err error) {
	err = q.row(ctx, "SELECT size, got, done FROM part WHERE kiosk = $1 AND sha256 = $2"+lock, device, sum[:]).Scan(&s.Size, &s.Offset, &s.Done)
	return s, none(err)
}

// PartState tells how much of a part is here.
func (d *DB) PartState(ctx context.Context, device string, sum [32]byte) (backoffice.PartState, error) {
	s, err := partState(ctx, d.ask(), device, sum, "")
	return s, d.fault("look part up", err)
}

// AppendPart adds a piece; see onestop.PartStore.
func (d *DB) AppendPart(ctx context.Context, device string, sum [32]byte, size, offset int64, piece []byte, at time.Time) (s backoffice.PartState, err error) {
	wrong := false
	err = d.write(ctx, func(q asker) error {
		wrong = false
		s, err = partState(ctx, q, device, sum, d.d.Lock)
		if errors.Is(err, onestop.ErrNotFound) {
			s, err = backoffice.PartState{Size: size}, beginPart(ctx, q, device, sum, size, at)
		}
		switch {
		case err != nil:
			return err
		case s.Done:
			return nil
		case s.Size != size || s.Offset != offset || len(piece) == 0 || offset+int64(len(piece)) > size:
			return onestop.ErrOffset
		}
		wrong, err = addPiece(ctx, q, device, sum, &s, piece, at)
		return err
	})
	if wrong && err == nil { // the transaction dropped the part
		s, err = backoffice.PartState{Size: size}, onestop.ErrHash
	}
	return s, d.fault("take part in", err)
}

// beginPart makes the row of a part, when its kiosk has not too many on the way.
func beginPart(ctx context.Context, q asker, device string, sum [32]byte, size int64, at time.Time) error {
	var open int64
	if err := q.row(ctx, `SELECT coalesce(sum(size), 0) FROM part WHERE kiosk = $1 AND NOT EXISTS
		(SELECT 1 FROM dossier_part d WHERE d.kiosk = part.kiosk AND d.sha256 = part.sha256)`, device).Scan(&open); err != nil {
		return err
	}
	if open+size > onestop.MaxUnclaimed {
		return kiosk.Errorf(kiosk.CodeStoreFull, "take part in", "find out why this kiosk sends parts and no dossiers", "%d MB of one kiosk belong to no dossier", open>>20)
	}
	return q.exec(ctx, "INSERT INTO part (kiosk, sha256, size, got, done, at) VALUES ($1, $2, $3, 0, 0, $4)", device, sum[:], size, micros(at))
}

// addPiece adds a piece where the part ends; wrong when it was the last and the whole does not have its hash: it is gone then.
func addPiece(ctx context.Context, q asker, device string, sum [32]byte, s *backoffice.PartState, piece []byte, at time.Time) (wrong bool, err error) {
	end := s.Offset + int64(len(piece))
	if end == s.Size {
		h := sha256.New()
		if err := eachPiece(ctx, q, device, sum, func(b []byte) error { _, err := h.Write(b); return err }); err != nil {
			return false, err
		}
		h.Write(piece)
		if !bytes.Equal(h.Sum(nil), sum[:]) {
			return true, errors.Join(
				q.exec(ctx, "DELETE FROM part_piece WHERE kiosk = $1 AND sha256 = $2", device, sum[:]),
				q.exec(ctx, "DELETE FROM part WHERE kiosk = $1 AND sha256 = $2", device, sum[:]))
		}
		s.Done = true
	}
	if err := q.exec(ctx, "INSERT INTO part_piece (kiosk, sha256, first, body) VALUES ($1, $2, $3, $4)", device, sum[:], s.Offset, piece); err != nil {
		return false, err
	}
	s.Offset = end
	return false, q.exec(ctx, "UPDATE part SET got = $1, done = $2, at = $3 WHERE kiosk = $4 AND sha256 = $5",
		end, number(s.Done), micros(at), device, sum[:])
}

func eachPiece(ctx context.Context, q asker, device string, sum [32]byte, f func([]byte) error) error {
	return q.each(ctx, func(s scanner) error {
		var b []byte
		if err := s.Scan(&b); err != nil {
			return err
		}
		return f(b)
	}, "SELECT body FROM part_piece WHERE kiosk = $1 AND sha256 = $2 ORDER BY first", device, sum[:])
}

// PartPieces gives the pieces of a part in order.
func (d *DB) PartPieces(ctx context.Context, device string, sum [32]byte, f func([]byte) error) error {
	return d.fault("read part", eachPiece(ctx, d.ask(), device, sum, f))
}

// claimParts binds the parts to a dossier, all of them or none.
func claimParts(ctx context.Context, q asker, dossier, device string, parts []kiosk.SealedPart) error {
	for n, p := range parts {
		s, err := partState(ctx, q, device, p.SHA256, "")
		if errors.Is(err, onestop.ErrNotFound) || err == nil && !s.Done {
			return onestop.ErrParts
		}
		if err != nil {
			return err
		}
		if err := q.exec(ctx, "INSERT INTO dossier_part (dossier, n, kiosk, sha256) VALUES ($1, $2, $3, $4)", dossier, n, device, p.SHA256[:]); err != nil {
			return err
		}
	}
	return nil
}

// DossierParts lists the parts of a dossier in order, without data.
func (d *DB) DossierParts(ctx context.Context, dossier string) (out []kiosk.SealedPart, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		var p kiosk.SealedPart
		var sum []byte
		err := s.Scan(&sum, &p.Size)
		copy(p.SHA256[:], sum)
		out = append(out, p)
		return err
	}, "SELECT p.sha256, p.size FROM dossier_part d JOIN part p ON p.kiosk = d.kiosk AND p.sha256 = d.sha256 WHERE d.dossier = $1 ORDER BY d.n", dossier)
	return out, d.fault("list parts", err)
}

// SweepParts drops unclaimed parts that nobody touched since before.
func (d *DB) SweepParts(ctx context.Context, before time.Time) (n int, err error) {
	const old = `SELECT 1 FROM part p WHERE p.kiosk = part_piece.kiosk AND p.sha256 = part_piece.sha256 AND p.at < $1 AND NOT EXISTS
		(SELECT 1 FROM dossier_part d WHERE d.kiosk = p.kiosk AND d.sha256 = p.sha256)`
	const which = ` FROM part WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM dossier_part d WHERE d.kiosk = part.kiosk AND d.sha256 = part.sha256)`
	err = d.write(ctx, func(q asker) error {
		if err := q.row(ctx, "SELECT count(*)"+which, micros(before)).Scan(&n); err != nil || n == 0 {
			return err
		}
		if err := q.exec(ctx, "DELETE FROM part_piece WHERE EXISTS ("+old+")", micros(before)); err != nil {
			return err
		}
		return q.exec(ctx, "DELETE"+which, micros(before))
	})
	return n, d.fault("sweep parts", err)
}
