-- Page streams on their way in, by the kiosk that brings them and their SHA-256, in pieces as they came. got counts the bytes that
-- are here; done: all are, and the hash was right. A dossier claims its parts when it is taken in; what nobody claims is swept.
CREATE TABLE part (
    kiosk  text    NOT NULL CHECK (kiosk <> ''),
    sha256 bytea    NOT NULL CHECK (length(sha256) = 32),
    size   bigint NOT NULL CHECK (size > 0),
    got    bigint NOT NULL CHECK (got BETWEEN 0 AND size),
    done   bigint NOT NULL CHECK (done IN (0, 1) AND (done = 0 OR got = size)),
    at     bigint NOT NULL,
    PRIMARY KEY (kiosk, sha256)
);
CREATE TABLE part_piece (
    kiosk  text    NOT NULL,
    sha256 bytea    NOT NULL,
    first  bigint NOT NULL CHECK (first >= 0),
    body   bytea    NOT NULL CHECK (length(body) > 0),
    PRIMARY KEY (kiosk, sha256, first),
    FOREIGN KEY (kiosk, sha256) REFERENCES part (kiosk, sha256)
);
CREATE TABLE dossier_part (
    dossier text    NOT NULL REFERENCES dossier (id),
    n       bigint NOT NULL CHECK (n >= 0),
    kiosk   text    NOT NULL,
    sha256  bytea    NOT NULL,
    PRIMARY KEY (dossier, n),
    FOREIGN KEY (kiosk, sha256) REFERENCES part (kiosk, sha256)
);
CREATE INDEX dossier_part_part ON dossier_part (kiosk, sha256);
CREATE TRIGGER dossier_part_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON dossier_part FOR EACH STATEMENT
EXECUTE FUNCTION refuse('parts are kept as received');

-- One-time words by which a kiosk enrols: the SHA-256 of each, never the word.
CREATE TABLE enrolment (
    word_sha256 bytea    NOT NULL PRIMARY KEY CHECK (length(word_sha256) = 32),
    kiosk       text    NOT NULL CHECK (kiosk <> ''),
    expires     bigint NOT NULL,
    used        bigint NOT NULL DEFAULT 0
);
CREATE TRIGGER enrolment_once BEFORE UPDATE ON enrolment FOR EACH ROW WHEN (OLD.used <> 0) EXECUTE FUNCTION refuse('a word is used once');
