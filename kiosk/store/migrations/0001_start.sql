-- Times are microseconds since 1970 in UTC. States are kiosk.OutboxState.

CREATE TABLE outbox (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,              -- order of arrival, never used twice
  id         TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),
  token_id   TEXT    NOT NULL,
  created    INTEGER NOT NULL,
  sha256     BLOB    NOT NULL CHECK (length(sha256) = 32),
  size       INTEGER NOT NULL CHECK (size > 0),
  state      INTEGER NOT NULL CHECK (state IN (1, 2, 3, 4)), -- waiting, leased, acknowledged, quarantined
  attempts   INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  due        INTEGER NOT NULL,
  owner      TEXT    NOT NULL DEFAULT '',
  lease      INTEGER NOT NULL DEFAULT 0,
  last_error TEXT    NOT NULL DEFAULT '',
  ack_office TEXT, ack_at INTEGER, ack_number TEXT, ack_state INTEGER CHECK (ack_state BETWEEN 1 AND 10),
  ack_signature BLOB CHECK (length(ack_signature) = 64),
  CHECK ((state = 2) = (owner <> '')),
  CHECK ((state = 2) = (lease > 0)),
  CHECK ((state = 3) = (ack_signature IS NOT NULL)),
  CHECK ((state = 3) = (ack_at IS NOT NULL)),
  CHECK (length(token_id) = CASE state WHEN 3 THEN 0 ELSE 64 END) -- purged with the body
) STRICT;

CREATE INDEX outbox_next ON outbox (state, seq);

-- Bodies stand apart so that a change of state does not write megabytes again.
CREATE TABLE outbox_body (
  seq  INTEGER PRIMARY KEY REFERENCES outbox (seq),
  body BLOB NOT NULL
) STRICT;

CREATE TRIGGER outbox_purged BEFORE UPDATE OF state ON outbox
WHEN NEW.state = 3 AND EXISTS (SELECT 1 FROM outbox_body WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an acknowledged dossier still has its body'); END;

CREATE TRIGGER outbox_done BEFORE UPDATE ON outbox WHEN OLD.state = 3
BEGIN SELECT RAISE(ABORT, 'an acknowledged dossier does not change'); END;

CREATE TRIGGER outbox_kept BEFORE DELETE ON outbox
BEGIN SELECT RAISE(ABORT, 'rows of the outbox are kept'); END;

-- The audit chain: only appending, and only at the end.
CREATE TABLE audit (
  seq    INTEGER PRIMARY KEY CHECK (seq > 0),
  at     INTEGER NOT NULL,
  event  TEXT    NOT NULL,
  fields TEXT    NOT NULL CHECK (json_valid(fields)),
  prev   BLOB    NOT NULL CHECK (length(prev) = 32),
  hash   BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_continues BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
  OR NEW.prev <> coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), zeroblob(32))
BEGIN SELECT RAISE(ABORT, 'the audit chain is not continued'); END;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit chain does not change'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit chain does not change'); END;
