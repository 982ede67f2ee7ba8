-- What is given and taken without a dossier.

-- The last queue number given out, by day (in Vietnam) and service.
CREATE TABLE queue (
  day     TEXT    NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  service TEXT    NOT NULL CHECK (service IN ('A', 'B', 'C', 'D')),
  last    INTEGER NOT NULL CHECK (last > 0),
  PRIMARY KEY (day, service)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER queue_rises BEFORE UPDATE ON queue WHEN NEW.last <> OLD.last + 1 OR NEW.day <> OLD.day OR NEW.service <> OLD.service
BEGIN SELECT RAISE(ABORT, 'queue numbers are given out one by one'); END;

-- What citizens wrote to the office, sealed; the body goes when the office has it.
CREATE TABLE feedback (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),
  token_id TEXT    NOT NULL CHECK (length(token_id) = 64),
  created  INTEGER NOT NULL,
  sha256   BLOB    NOT NULL CHECK (length(sha256) = 32),
  body     BLOB    CHECK (length(body) > 0),             -- NULL: delivered
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  due      INTEGER NOT NULL DEFAULT 0
) STRICT;
