-- What the office needs to settle a dossier in time and to account for it. Times are 0 when there are none.
ALTER TABLE dossier ADD COLUMN receiver TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN resolver TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN field TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN channel TEXT NOT NULL DEFAULT 'direct' CHECK (channel IN ('direct', 'online', 'postal'));
ALTER TABLE dossier ADD COLUMN training INTEGER NOT NULL DEFAULT 0 CHECK (training IN (0, 1));
ALTER TABLE dossier ADD COLUMN evidence BLOB CHECK (evidence IS NULL OR length(evidence) = 32);
ALTER TABLE dossier ADD COLUMN override_by INTEGER REFERENCES account (id);
ALTER TABLE dossier ADD COLUMN override_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN papers INTEGER NOT NULL DEFAULT 0 CHECK (papers >= 0);
ALTER TABLE dossier ADD COLUMN reused INTEGER NOT NULL DEFAULT 0 CHECK (reused >= 0);
ALTER TABLE dossier ADD COLUMN officer INTEGER REFERENCES account (id);
ALTER TABLE dossier ADD COLUMN officer_name TEXT NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN promised INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN finished INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN supplements INTEGER NOT NULL DEFAULT 0 CHECK (supplements >= 0);
ALTER TABLE dossier ADD COLUMN extended INTEGER NOT NULL DEFAULT 0 CHECK (extended IN (0, 1));
ALTER TABLE dossier ADD COLUMN results INTEGER NOT NULL DEFAULT 0 CHECK (results >= 0);
ALTER TABLE dossier ADD COLUMN result_codes INTEGER NOT NULL DEFAULT 0 CHECK (result_codes >= 0);
CREATE INDEX dossier_due ON dossier (due) WHERE due > 0 AND finished = 0 AND closed = 0;
CREATE INDEX dossier_accepted ON dossier (accepted) WHERE training = 0;

-- Every dossier is electronically authenticated: it has its evidence, or a named person's reason; what cannot be opened waits in
-- state 1. What is accepted has a verified identity or that reason.
CREATE TRIGGER dossier_evidence_in BEFORE INSERT ON dossier
WHEN NEW.evidence IS NULL AND (NEW.override_by IS NULL OR NEW.override_reason = '') AND (NEW.fault = '' OR NEW.state <> 1)
BEGIN SELECT RAISE(ABORT, 'a dossier needs evidence or a named override'); END;
CREATE TRIGGER dossier_evidence_up BEFORE UPDATE OF evidence, override_by, override_reason, state, fault ON dossier
WHEN NEW.evidence IS NULL AND (NEW.override_by IS NULL OR NEW.override_reason = '') AND (NEW.fault = '' OR NEW.state <> 1)
BEGIN SELECT RAISE(ABORT, 'a dossier needs evidence or a named override'); END;
CREATE TRIGGER dossier_accepted_evidence BEFORE UPDATE OF number ON dossier
WHEN NEW.number IS NOT NULL AND NEW.verdict <> 'verified' AND (NEW.override_by IS NULL OR NEW.override_reason = '')
BEGIN SELECT RAISE(ABORT, 'an identity that is not verified needs a named override'); END;
-- The envelope's own hash stands in for the evidence of what was taken in before it was kept apart.
UPDATE dossier SET evidence = sha256 WHERE fault = '';

-- The letters of TT 03/2025/TT-VPCP. They name nobody: who is written to stands in the envelope.
CREATE TABLE letter (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier    TEXT    NOT NULL REFERENCES dossier (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('receipt', 'supplement', 'refusal', 'apology', 'stop')),
    status     TEXT    NOT NULL CHECK (status IN ('draft', 'issued', 'withdrawn')),
    number     TEXT    NOT NULL UNIQUE CHECK (number <> ''),
    at         INTEGER NOT NULL,
    actor      INTEGER REFERENCES account (id),
    actor_name TEXT    NOT NULL,
    actor_role TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    due        INTEGER NOT NULL,
    new_due    INTEGER NOT NULL,
    -- only a draft is made by nobody
    CHECK (status <> 'issued' OR (actor IS NOT NULL AND actor_name <> ''))
) STRICT;
CREATE INDEX letter_dossier ON letter (dossier, seq);
-- one apology for a dossier, whatever runs twice
CREATE UNIQUE INDEX letter_apology ON letter (dossier) WHERE kind = 'apology';

CREATE TABLE alert (
    dossier TEXT    NOT NULL REFERENCES dossier (id),
    kind    TEXT    NOT NULL CHECK (kind IN ('day_before', 'due_day', 'handover')),
    due     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (dossier, kind, due)
) STRICT;

-- The children of a linked procedure (một cửa liên thông).
CREATE TABLE child (
    dossier    TEXT    NOT NULL REFERENCES dossier (id),
    ord        INTEGER NOT NULL CHECK (ord > 0),
    code       TEXT    NOT NULL,
    title      TEXT    NOT NULL CHECK (title <> ''),
    resolver   TEXT    NOT NULL,
    done       INTEGER NOT NULL,
    actor      INTEGER REFERENCES account (id),
    actor_name TEXT    NOT NULL,
    PRIMARY KEY (dossier, ord),
    CHECK (done = 0 OR (actor IS NOT NULL AND actor_name <> ''))
) STRICT;

-- Who gave the dossier to whom: the lines of the control sheet (Mẫu 06).
CREATE TABLE handover (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier   TEXT    NOT NULL REFERENCES dossier (id),
    at        INTEGER NOT NULL,
    from_id   INTEGER NOT NULL REFERENCES account (id),
    from_name TEXT    NOT NULL CHECK (from_name <> ''),
    to_id     INTEGER NOT NULL REFERENCES account (id),
    to_name   TEXT    NOT NULL CHECK (to_name <> ''),
    note      TEXT    NOT NULL,
    acked     INTEGER NOT NULL
) STRICT;
CREATE INDEX handover_dossier ON handover (dossier, seq);

-- Results, sealed to the office like the envelope.
CREATE TABLE result (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier   TEXT    NOT NULL REFERENCES dossier (id),
    name      TEXT    NOT NULL CHECK (name <> ''),
    code      TEXT    NOT NULL,
    type      TEXT    NOT NULL,
    size      INTEGER NOT NULL CHECK (size > 0),
    sha256    BLOB    NOT NULL CHECK (length(sha256) = 32),
    signature TEXT    NOT NULL CHECK (signature IN ('none', 'valid', 'invalid', 'unknown')),
    at        INTEGER NOT NULL,
    actor     INTEGER NOT NULL REFERENCES account (id),
    actor_name TEXT   NOT NULL CHECK (actor_name <> ''),
    body      BLOB    NOT NULL
) STRICT;
CREATE INDEX result_dossier ON result (dossier, seq);

-- One rating for a token and a moment; who was rated reads how many and how good, never by whom.
CREATE TABLE rating (
    token_id TEXT    NOT NULL CHECK (length(token_id) = 64),
    moment   TEXT    NOT NULL CHECK (moment IN ('receipt', 'return')),
    score    INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
    day      INTEGER NOT NULL,
    training INTEGER NOT NULL CHECK (training IN (0, 1)),
    PRIMARY KEY (token_id, moment)
) STRICT;

-- Feedback (phản ánh, kiến nghị). The words are encrypted like the inbox's names; a published answer is public.
CREATE TABLE feedback (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    code       TEXT    NOT NULL UNIQUE CHECK (length(code) = 11),
    at         INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    answer     TEXT    NOT NULL,
    answered   INTEGER NOT NULL,
    published  INTEGER NOT NULL CHECK (published IN (0, 1)),
    actor      INTEGER REFERENCES account (id),
    actor_name TEXT    NOT NULL,
    CHECK (answered = 0 OR (actor IS NOT NULL AND answer <> ''))
) STRICT;

-- Queue numbers of a day.
CREATE TABLE ticket (
    day      TEXT    NOT NULL CHECK (length(day) = 10),
    number   INTEGER NOT NULL CHECK (number > 0),
    at       INTEGER NOT NULL,
    status   TEXT    NOT NULL CHECK (status IN ('waiting', 'called', 'served', 'absent')),
    counter  INTEGER NOT NULL,
    called   INTEGER NOT NULL,
    calls    INTEGER NOT NULL,
    actor    INTEGER REFERENCES account (id),
    PRIMARY KEY (day, number)
) STRICT;

-- Certified electronic copies: nothing is signed that nobody compared with the original.
CREATE TABLE ecopy (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier     TEXT    NOT NULL REFERENCES dossier (id),
    paper       INTEGER NOT NULL CHECK (paper > 0),
    sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
    pages       INTEGER NOT NULL CHECK (pages > 0),
    fee         INTEGER NOT NULL CHECK (fee >= 0),
    compared    INTEGER NOT NULL,
    compared_by INTEGER REFERENCES account (id),
    compared_name TEXT  NOT NULL,
    signed      INTEGER NOT NULL,
    signed_by   INTEGER REFERENCES account (id),
    signed_name TEXT    NOT NULL,
    signature   BLOB,
    CHECK (compared = 0 OR compared_by IS NOT NULL),
    CHECK (signed = 0 OR (compared > 0 AND signed_by IS NOT NULL AND signature IS NOT NULL))
) STRICT;
CREATE INDEX ecopy_dossier ON ecopy (dossier, seq);

-- What a national system has been told: one row for a dossier and a target, whatever is sent twice.
CREATE TABLE outsync (
    dossier  TEXT    NOT NULL REFERENCES dossier (id),
    target   TEXT    NOT NULL CHECK (target <> ''),
    remote   TEXT    NOT NULL,
    sent     INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    error    TEXT    NOT NULL,
    PRIMARY KEY (dossier, target)
) STRICT;

-- The last word of each kiosk about itself.
CREATE TABLE beat (
    kiosk TEXT    NOT NULL PRIMARY KEY CHECK (kiosk <> ''),
    at    INTEGER NOT NULL,
    body  TEXT    NOT NULL
) STRICT;
CREATE TRIGGER letter_kept BEFORE DELETE ON letter BEGIN SELECT RAISE(ABORT, 'letters are withdrawn, not deleted'); END;
CREATE TRIGGER handover_kept BEFORE DELETE ON handover BEGIN SELECT RAISE(ABORT, 'hand-overs are only added'); END;
CREATE TRIGGER rating_fixed BEFORE UPDATE ON rating BEGIN SELECT RAISE(ABORT, 'a rating is given once'); END;
