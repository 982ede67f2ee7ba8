-- One more kind of event: the evidence was handed to somebody outside. SQLite changes a CHECK by a new table only.
CREATE TABLE event_next (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier    TEXT    NOT NULL REFERENCES dossier (id),
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('taken_in', 'moved', 'viewed', 'picture', 'exported')),
    actor      INTEGER REFERENCES account (id),
    actor_name TEXT    NOT NULL,
    actor_role TEXT    NOT NULL,
    state_from INTEGER NOT NULL CHECK (state_from BETWEEN 0 AND 10),
    state_to   INTEGER NOT NULL CHECK (state_to BETWEEN 0 AND 10),
    note       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    -- everything but a kiosk's delivery is done by a named person
    CHECK (kind = 'taken_in' OR (actor IS NOT NULL AND actor_name <> '')),
    CHECK (kind <> 'exported' OR reason <> '')
) STRICT;
INSERT INTO event_next SELECT * FROM event ORDER BY seq;
DROP TABLE event;
ALTER TABLE event_next RENAME TO event;
CREATE INDEX event_dossier ON event (dossier, seq);
CREATE TRIGGER event_fixed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER event_kept BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
