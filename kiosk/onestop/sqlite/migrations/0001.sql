CREATE TABLE dossier (
    row        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),
    token_id   TEXT    NOT NULL UNIQUE CHECK (length(token_id) = 64),
    sha256     BLOB    NOT NULL CHECK (length(sha256) = 32),
    size       INTEGER NOT NULL CHECK (size > 0),
    kiosk      TEXT    NOT NULL CHECK (kiosk <> ''),
    created    INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    verdict    TEXT    NOT NULL CHECK (verdict IN ('verified', 'refused', 'undetermined')),
    fault      TEXT    NOT NULL,
    label      BLOB,
    state      INTEGER NOT NULL CHECK (state BETWEEN 1 AND 10),
    state_at   INTEGER NOT NULL,
    state_note TEXT    NOT NULL,
    number     TEXT    UNIQUE CHECK (number <> ''),
    -- what is worked on has an official number
    CHECK (number IS NOT NULL OR state NOT IN (2, 4, 6, 9, 10))
) STRICT;

CREATE INDEX dossier_state ON dossier (state, row);

-- The number, once given, is never changed or taken away; ids never change.
CREATE TRIGGER dossier_number_once BEFORE UPDATE OF number ON dossier
WHEN OLD.number IS NOT NULL AND NEW.number IS NOT OLD.number
BEGIN SELECT RAISE(ABORT, 'an official number is given once'); END;
CREATE TRIGGER dossier_fixed BEFORE UPDATE OF id, token_id, sha256, received, kiosk ON dossier
BEGIN SELECT RAISE(ABORT, 'the identity of a dossier never changes'); END;
CREATE TRIGGER dossier_kept BEFORE DELETE ON dossier
BEGIN SELECT RAISE(ABORT, 'dossiers are not deleted'); END;

CREATE TABLE envelope (
    dossier TEXT NOT NULL PRIMARY KEY REFERENCES dossier (id),
    body    BLOB NOT NULL
) STRICT;
CREATE TRIGGER envelope_fixed BEFORE UPDATE ON envelope
BEGIN SELECT RAISE(ABORT, 'envelopes are kept as received'); END;
CREATE TRIGGER envelope_kept BEFORE DELETE ON envelope
BEGIN SELECT RAISE(ABORT, 'envelopes are kept as received'); END;

CREATE TABLE event (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier    TEXT    NOT NULL REFERENCES dossier (id),
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('taken_in', 'moved', 'viewed', 'picture')),
    actor      INTEGER REFERENCES account (id),
    actor_name TEXT    NOT NULL,
    actor_role TEXT    NOT NULL,
    state_from INTEGER NOT NULL CHECK (state_from BETWEEN 0 AND 10),
    state_to   INTEGER NOT NULL CHECK (state_to BETWEEN 0 AND 10),
    note       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    -- everything but a kiosk's delivery is done by a named person
    CHECK (kind = 'taken_in' OR (actor IS NOT NULL AND actor_name <> ''))
) STRICT;
CREATE INDEX event_dossier ON event (dossier, seq);
CREATE TRIGGER event_fixed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER event_kept BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are only added'); END;

CREATE TABLE number_sequence (
    scope TEXT    NOT NULL PRIMARY KEY,
    last  INTEGER NOT NULL CHECK (last > 0)
) STRICT;

CREATE TABLE account (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    login    TEXT    NOT NULL UNIQUE CHECK (login <> ''),
    name     TEXT    NOT NULL CHECK (name <> ''),
    role     TEXT    NOT NULL CHECK (role IN ('head', 'receiver', 'specialist', 'clerk', 'admin')),
    hash     TEXT    NOT NULL CHECK (hash LIKE '$argon2id$%'),
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created  INTEGER NOT NULL
) STRICT;
CREATE TRIGGER account_kept BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'accounts are disabled, not deleted'); END;

CREATE TABLE audit (
    seq    INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    at     INTEGER NOT NULL,
    event  TEXT    NOT NULL,
    fields TEXT    NOT NULL,
    prev   BLOB    NOT NULL CHECK (length(prev) = 32),
    hash   BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit chain is only added to'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit chain is only added to'); END;
