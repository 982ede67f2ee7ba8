package store

import (
	"context"
	"database/sql"

	"motcua/kiosk"
)

// insertDeletion keeps the record of a purge. The zero record is none: a store that is no kiosk's (a test's) signs nothing.
func insertDeletion(ctx context.Context, tx *sql.Tx, seq int64, a kiosk.Acknowledgement, d kiosk.Deletion) error {
	if d.DossierID == "" && d.Signature == nil {
		return nil
	}
	if d.DossierID != a.DossierID || d.BodySHA256 != a.BodySHA256 {
		return kiosk.Errorf(kiosk.CodeBadInput, "acknowledge dossier", "", "deletion record is about another dossier")
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO deletion (seq, ack_sha256, kiosk, deleted, signature) VALUES (?, ?, ?, ?, ?)",
		seq, d.AckSHA256[:], d.Kiosk, toMicros(d.DeletedAt), d.Signature)
	return err
}

// Deletions lists the signed records of what was purged, oldest first.
func (s *Store) Deletions(ctx context.Context) ([]kiosk.Deletion, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, sha256, ack_sha256, kiosk, deleted, signature
		FROM deletion JOIN outbox USING (seq) ORDER BY seq`)
	if err != nil {
		return nil, s.fault("list deletions", err)
	}
	defer rows.Close()
	var list []kiosk.Deletion
	for rows.Next() {
		var d kiosk.Deletion
		var body, ack []byte
		var at int64
		if err := rows.Scan(&d.DossierID, &body, &ack, &d.Kiosk, &at, &d.Signature); err != nil {
			return nil, s.fault("list deletions", err)
		}
		copy(d.BodySHA256[:], body)
		copy(d.AckSHA256[:], ack)
		d.DeletedAt = fromMicros(at)
		list = append(list, d)
	}
	if err := rows.Err(); err != nil {
		return nil, s.fault("list deletions", err)
	}
	return list, nil
}
