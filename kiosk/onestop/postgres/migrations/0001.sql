-- What may only be added to, or never changes, is guarded by one function; the trigger gives the words.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE TABLE dossier (
    "row"      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         text    NOT NULL UNIQUE CHECK (length(id) = 36),
    token_id   text    NOT NULL UNIQUE CHECK (length(token_id) = 64),
    sha256     bytea   NOT NULL CHECK (length(sha256) = 32),
    size       bigint  NOT NULL CHECK (size > 0),
    kiosk      text    NOT NULL CHECK (kiosk <> ''),
    created    bigint  NOT NULL,
    received   bigint  NOT NULL,
    code       text    NOT NULL,
    title      text    NOT NULL,
    verdict    text    NOT NULL CHECK (verdict IN ('verified', 'refused', 'undetermined')),
    fault      text    NOT NULL,
    label      bytea,
    state      integer NOT NULL CHECK (state BETWEEN 1 AND 10),
    state_at   bigint  NOT NULL,
    state_note text    NOT NULL,
    number     text    UNIQUE CHECK (number <> ''),
    -- what is worked on has an official number
    CHECK (number IS NOT NULL OR state NOT IN (2, 4, 6, 9, 10))
);

CREATE INDEX dossier_state ON dossier (state, "row");

CREATE TRIGGER dossier_number_once BEFORE UPDATE OF number ON dossier FOR EACH ROW
WHEN (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number)
EXECUTE FUNCTION refuse('an official number is given once');
CREATE TRIGGER dossier_fixed BEFORE UPDATE OF id, token_id, sha256, received, kiosk ON dossier FOR EACH ROW
EXECUTE FUNCTION refuse('the identity of a dossier never changes');
CREATE TRIGGER dossier_kept BEFORE DELETE OR TRUNCATE ON dossier FOR EACH STATEMENT
EXECUTE FUNCTION refuse('dossiers are not deleted');

CREATE TABLE envelope (
    dossier text  NOT NULL PRIMARY KEY REFERENCES dossier (id),
    body    bytea NOT NULL
);
ALTER TABLE envelope ALTER COLUMN body SET STORAGE EXTERNAL; -- ciphertext does not compress
CREATE TRIGGER envelope_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON envelope FOR EACH STATEMENT
EXECUTE FUNCTION refuse('envelopes are kept as received');

CREATE TABLE account (
    id       bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login    text    NOT NULL UNIQUE CHECK (login <> ''),
    name     text    NOT NULL CHECK (name <> ''),
    role     text    NOT NULL CHECK (role IN ('head', 'receiver', 'specialist', 'clerk', 'admin')),
    hash     text    NOT NULL CHECK (hash LIKE '$argon2id$%'),
    disabled integer NOT NULL CHECK (disabled IN (0, 1)),
    created  bigint  NOT NULL
);
CREATE TRIGGER account_kept BEFORE DELETE OR TRUNCATE ON account FOR EACH STATEMENT
EXECUTE FUNCTION refuse('accounts are disabled, not deleted');

CREATE TABLE event (
    seq        bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier    text    NOT NULL REFERENCES dossier (id),
    at         bigint  NOT NULL,
    kind       text    NOT NULL CHECK (kind IN ('taken_in', 'moved', 'viewed', 'picture')),
    actor      bigint  REFERENCES account (id),
    actor_name text    NOT NULL,
    actor_role text    NOT NULL,
    state_from integer NOT NULL CHECK (state_from BETWEEN 0 AND 10),
    state_to   integer NOT NULL CHECK (state_to BETWEEN 0 AND 10),
    note       text    NOT NULL,
    reason     text    NOT NULL,
    -- everything but a kiosk's delivery is done by a named person
    CHECK (kind = 'taken_in' OR (actor IS NOT NULL AND actor_name <> ''))
);
CREATE INDEX event_dossier ON event (dossier, seq);
CREATE TRIGGER event_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON event FOR EACH STATEMENT
EXECUTE FUNCTION refuse('events are only added');

CREATE TABLE number_sequence (
    scope text   NOT NULL PRIMARY KEY,
    last  bigint NOT NULL CHECK (last > 0)
);

CREATE TABLE audit (
    seq    bigint NOT NULL PRIMARY KEY CHECK (seq > 0),
    at     bigint NOT NULL,
    event  text   NOT NULL,
    fields text   NOT NULL,
    prev   bytea  NOT NULL CHECK (length(prev) = 32),
    hash   bytea  NOT NULL CHECK (length(hash) = 32)
);
CREATE TRIGGER audit_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT
EXECUTE FUNCTION refuse('the audit chain is only added to');
