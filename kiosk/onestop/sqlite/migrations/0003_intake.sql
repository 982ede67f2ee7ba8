-- Page streams on their way in, by the kiosk that brings them and their SHA-256, in pieces as they came. got counts the bytes that
-- are here; done: all are, and the hash was right. A dossier claims its parts when it is taken in; what nobody claims is swept.
CREATE TABLE part (
    kiosk  TEXT    NOT NULL CHECK (kiosk <> ''),
    sha256 BLOB    NOT NULL CHECK (length(sha256) = 32),
    size   INTEGER NOT NULL CHECK (size > 0),
    got    INTEGER NOT NULL CHECK (got BETWEEN 0 AND size),
    done   INTEGER NOT NULL CHECK (done IN (0, 1) AND (done = 0 OR got = size)),
    at     INTEGER NOT NULL,
    PRIMARY KEY (kiosk, sha256)
) STRICT;
CREATE TABLE part_piece (
    kiosk  TEXT    NOT NULL,
    sha256 BLOB    NOT NULL,
    first  INTEGER NOT NULL CHECK (first >= 0),
    body   BLOB    NOT NULL CHECK (length(body) > 0),
    PRIMARY KEY (kiosk, sha256, first),
    FOREIGN KEY (kiosk, sha256) REFERENCES part (kiosk, sha256)
) STRICT;
CREATE TABLE dossier_part (
    dossier TEXT    NOT NULL REFERENCES dossier (id),
    n       INTEGER NOT NULL CHECK (n >= 0),
    kiosk   TEXT    NOT NULL,
    sha256  BLOB    NOT NULL,
    PRIMARY KEY (dossier, n),
    FOREIGN KEY (kiosk, sha256) REFERENCES part (kiosk, sha256)
) STRICT;
CREATE INDEX dossier_part_part ON dossier_part (kiosk, sha256);
CREATE TRIGGER dossier_part_fixed BEFORE UPDATE ON dossier_part
BEGIN SELECT RAISE(ABORT, 'parts are kept as received'); END;
CREATE TRIGGER dossier_part_kept BEFORE DELETE ON dossier_part
BEGIN SELECT RAISE(ABORT, 'parts are kept as received'); END;

-- One-time words by which a kiosk enrols: the SHA-256 of each, never the word.
CREATE TABLE enrolment (
    word_sha256 BLOB    NOT NULL PRIMARY KEY CHECK (length(word_sha256) = 32),
    kiosk       TEXT    NOT NULL CHECK (kiosk <> ''),
    expires     INTEGER NOT NULL,
    used        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TRIGGER enrolment_once BEFORE UPDATE ON enrolment WHEN OLD.used <> 0
BEGIN SELECT RAISE(ABORT, 'a word is used once'); END;
