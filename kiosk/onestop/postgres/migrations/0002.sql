-- What the office needs to settle a dossier in time and to account for it. Times are 0 when there are none.
ALTER TABLE dossier ADD COLUMN receiver text NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN resolver text NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN field text NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN channel text NOT NULL DEFAULT 'direct' CHECK (channel IN ('direct', 'online', 'postal'));
ALTER TABLE dossier ADD COLUMN training bigint NOT NULL DEFAULT 0 CHECK (training IN (0, 1));
ALTER TABLE dossier ADD COLUMN evidence bytea CHECK (evidence IS NULL OR length(evidence) = 32);
ALTER TABLE dossier ADD COLUMN override_by bigint REFERENCES account (id);
ALTER TABLE dossier ADD COLUMN override_reason text NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN papers bigint NOT NULL DEFAULT 0 CHECK (papers >= 0);
ALTER TABLE dossier ADD COLUMN reused bigint NOT NULL DEFAULT 0 CHECK (reused >= 0);
ALTER TABLE dossier ADD COLUMN officer bigint REFERENCES account (id);
ALTER TABLE dossier ADD COLUMN officer_name text NOT NULL DEFAULT '';
ALTER TABLE dossier ADD COLUMN accepted bigint NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN promised bigint NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN due bigint NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN finished bigint NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN returned bigint NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN closed bigint NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN paused bigint NOT NULL DEFAULT 0;
ALTER TABLE dossier ADD COLUMN supplements bigint NOT NULL DEFAULT 0 CHECK (supplements >= 0);
ALTER TABLE dossier ADD COLUMN extended bigint NOT NULL DEFAULT 0 CHECK (extended IN (0, 1));
ALTER TABLE dossier ADD COLUMN results bigint NOT NULL DEFAULT 0 CHECK (results >= 0);
ALTER TABLE dossier ADD COLUMN result_codes bigint NOT NULL DEFAULT 0 CHECK (result_codes >= 0);
CREATE INDEX dossier_due ON dossier (due) WHERE due > 0 AND finished = 0 AND closed = 0;
CREATE INDEX dossier_accepted ON dossier (accepted) WHERE training = 0;

-- Every dossier is electronically authenticated: it has its evidence, or a named person's reason; what cannot be opened waits in
-- state 1. What is accepted has a verified identity or that reason.
UPDATE dossier SET evidence = sha256 WHERE fault = ''; -- of what was taken in before it was kept apart
ALTER TABLE dossier ADD CHECK (evidence IS NOT NULL OR (override_by IS NOT NULL AND override_reason <> '') OR (fault <> '' AND state = 1));
ALTER TABLE dossier ADD CHECK (number IS NULL OR verdict = 'verified' OR (override_by IS NOT NULL AND override_reason <> ''));

-- The letters of TT 03/2025/TT-VPCP. They name nobody: who is written to stands in the envelope.
CREATE TABLE letter (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier    text    NOT NULL REFERENCES dossier (id),
    kind       text    NOT NULL CHECK (kind IN ('receipt', 'supplement', 'refusal', 'apology', 'stop')),
    status     text    NOT NULL CHECK (status IN ('draft', 'issued', 'withdrawn')),
    number     text    NOT NULL UNIQUE CHECK (number <> ''),
    at         bigint NOT NULL,
    actor      bigint REFERENCES account (id),
    actor_name text    NOT NULL,
    actor_role text    NOT NULL,
    note       text    NOT NULL,
    due        bigint NOT NULL,
    new_due    bigint NOT NULL,
    -- only a draft is made by nobody
    CHECK (status <> 'issued' OR (actor IS NOT NULL AND actor_name <> ''))
);
CREATE INDEX letter_dossier ON letter (dossier, seq);
-- one apology for a dossier, whatever runs twice
CREATE UNIQUE INDEX letter_apology ON letter (dossier) WHERE kind = 'apology';

CREATE TABLE alert (
    dossier text    NOT NULL REFERENCES dossier (id),
    kind    text    NOT NULL CHECK (kind IN ('day_before', 'due_day', 'handover')),
    due     bigint NOT NULL,
    at      bigint NOT NULL,
    PRIMARY KEY (dossier, kind, due)
);

-- The children of a linked procedure (một cửa liên thông).
CREATE TABLE child (
    dossier    text    NOT NULL REFERENCES dossier (id),
    ord        bigint NOT NULL CHECK (ord > 0),
    code       text    NOT NULL,
    title      text    NOT NULL CHECK (title <> ''),
    resolver   text    NOT NULL,
    done       bigint NOT NULL,
    actor      bigint REFERENCES account (id),
    actor_name text    NOT NULL,
    PRIMARY KEY (dossier, ord),
    CHECK (done = 0 OR (actor IS NOT NULL AND actor_name <> ''))
);

-- Who gave the dossier to whom: the lines of the control sheet (Mẫu 06).
CREATE TABLE handover (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier   text    NOT NULL REFERENCES dossier (id),
    at        bigint NOT NULL,
    from_id   bigint NOT NULL REFERENCES account (id),
    from_name text    NOT NULL CHECK (from_name <> ''),
    to_id     bigint NOT NULL REFERENCES account (id),
    to_name   text    NOT NULL CHECK (to_name <> ''),
    note      text    NOT NULL,
    acked     bigint NOT NULL
);
CREATE INDEX handover_dossier ON handover (dossier, seq);

-- Results, sealed to the office like the envelope.
CREATE TABLE result (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier   text    NOT NULL REFERENCES dossier (id),
    name      text    NOT NULL CHECK (name <> ''),
    code      text    NOT NULL,
    type      text    NOT NULL,
    size      bigint NOT NULL CHECK (size > 0),
    sha256    bytea    NOT NULL CHECK (length(sha256) = 32),
    signature text    NOT NULL CHECK (signature IN ('none', 'valid', 'invalid', 'unknown')),
    at        bigint NOT NULL,
    actor     bigint NOT NULL REFERENCES account (id),
    actor_name text   NOT NULL CHECK (actor_name <> ''),
    body      bytea    NOT NULL
);
CREATE INDEX result_dossier ON result (dossier, seq);

-- One rating for a token and a moment; who was rated reads how many and how good, never by whom.
CREATE TABLE rating (
    token_id text    NOT NULL CHECK (length(token_id) = 64),
    moment   text    NOT NULL CHECK (moment IN ('receipt', 'return')),
    score    bigint NOT NULL CHECK (score BETWEEN 1 AND 5),
    day      bigint NOT NULL,
    training bigint NOT NULL CHECK (training IN (0, 1)),
    PRIMARY KEY (token_id, moment)
);

-- Feedback (phản ánh, kiến nghị). The words are encrypted like the inbox's names; a published answer is public.
CREATE TABLE feedback (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text    NOT NULL UNIQUE CHECK (length(code) = 11),
    at         bigint NOT NULL,
    due        bigint NOT NULL,
    body       bytea    NOT NULL,
    answer     text    NOT NULL,
    answered   bigint NOT NULL,
    published  bigint NOT NULL CHECK (published IN (0, 1)),
    actor      bigint REFERENCES account (id),
    actor_name text    NOT NULL,
    CHECK (answered = 0 OR (actor IS NOT NULL AND answer <> ''))
);

-- Queue numbers of a day.
CREATE TABLE ticket (
    day      text    NOT NULL CHECK (length(day) = 10),
    number   bigint NOT NULL CHECK (number > 0),
    at       bigint NOT NULL,
    status   text    NOT NULL CHECK (status IN ('waiting', 'called', 'served', 'absent')),
    counter  bigint NOT NULL,
    called   bigint NOT NULL,
    calls    bigint NOT NULL,
    actor    bigint REFERENCES account (id),
    PRIMARY KEY (day, number)
);

-- Certified electronic copies: nothing is signed that nobody compared with the original.
CREATE TABLE ecopy (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier     text    NOT NULL REFERENCES dossier (id),
    paper       bigint NOT NULL CHECK (paper > 0),
    sha256      bytea    NOT NULL CHECK (length(sha256) = 32),
    pages       bigint NOT NULL CHECK (pages > 0),
    fee         bigint NOT NULL CHECK (fee >= 0),
    compared    bigint NOT NULL,
    compared_by bigint REFERENCES account (id),
    compared_name text  NOT NULL,
    signed      bigint NOT NULL,
    signed_by   bigint REFERENCES account (id),
    signed_name text    NOT NULL,
    signature   bytea,
    CHECK (compared = 0 OR compared_by IS NOT NULL),
    CHECK (signed = 0 OR (compared > 0 AND signed_by IS NOT NULL AND signature IS NOT NULL))
);
CREATE INDEX ecopy_dossier ON ecopy (dossier, seq);

-- What a national system has been told: one row for a dossier and a target, whatever is sent twice.
CREATE TABLE outsync (
    dossier  text    NOT NULL REFERENCES dossier (id),
    target   text    NOT NULL CHECK (target <> ''),
    remote   text    NOT NULL,
    sent     bigint NOT NULL,
    attempts bigint NOT NULL,
    error    text    NOT NULL,
    PRIMARY KEY (dossier, target)
);

-- The last word of each kiosk about itself.
CREATE TABLE beat (
    kiosk text    NOT NULL PRIMARY KEY CHECK (kiosk <> ''),
    at    bigint NOT NULL,
    body  text    NOT NULL
);
ALTER TABLE result ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TRIGGER letter_kept BEFORE DELETE OR TRUNCATE ON letter FOR EACH STATEMENT EXECUTE FUNCTION refuse('letters are withdrawn, not deleted');
CREATE TRIGGER handover_kept BEFORE DELETE OR TRUNCATE ON handover FOR EACH STATEMENT EXECUTE FUNCTION refuse('hand-overs are only added');
CREATE TRIGGER rating_fixed BEFORE UPDATE ON rating FOR EACH STATEMENT EXECUTE FUNCTION refuse('a rating is given once');
