-- The sealed streams of a dossier, in order, and in pieces so that none has to be in memory as a whole.
CREATE TABLE outbox_part (
  seq    INTEGER NOT NULL REFERENCES outbox (seq),
  part   INTEGER NOT NULL CHECK (part >= 0),
  sha256 BLOB    NOT NULL CHECK (length(sha256) = 32),
  size   INTEGER NOT NULL CHECK (size > 0),
  PRIMARY KEY (seq, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_chunk (
  seq   INTEGER NOT NULL,
  part  INTEGER NOT NULL,
  chunk INTEGER NOT NULL CHECK (chunk >= 0),
  body  BLOB    NOT NULL CHECK (length(body) BETWEEN 1 AND 262144),
  PRIMARY KEY (seq, part, chunk),
  FOREIGN KEY (seq, part) REFERENCES outbox_part (seq, part)
) STRICT;

CREATE TRIGGER outbox_parts_purged BEFORE UPDATE OF state ON outbox
WHEN NEW.state = 3 AND EXISTS (SELECT 1 FROM outbox_part WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an acknowledged dossier still has parts'); END;

-- The kiosk's signed word that a dossier was purged: written with the purge, and kept.
CREATE TABLE deletion (
  seq        INTEGER PRIMARY KEY REFERENCES outbox (seq),
  ack_sha256 BLOB    NOT NULL CHECK (length(ack_sha256) = 32),
  kiosk      TEXT    NOT NULL CHECK (kiosk <> ''),
  deleted    INTEGER NOT NULL CHECK (deleted > 0),
  signature  BLOB    NOT NULL CHECK (length(signature) = 64)
) STRICT;

CREATE TRIGGER deletion_fixed BEFORE UPDATE ON deletion
BEGIN SELECT RAISE(ABORT, 'deletion records are kept'); END;

CREATE TRIGGER deletion_kept BEFORE DELETE ON deletion
BEGIN SELECT RAISE(ABORT, 'deletion records are kept'); END;
