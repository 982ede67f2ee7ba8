-- Which envelope the kiosk sealed before this one (NULL: in no chain, or taken in before this was kept), so that two that claim the same
-- place are found; and what the chain is looked up by.
ALTER TABLE dossier ADD COLUMN previous BLOB CHECK (previous IS NULL OR length(previous) = 32);
CREATE INDEX dossier_previous ON dossier (kiosk, previous) WHERE previous IS NOT NULL;
CREATE INDEX dossier_sha256 ON dossier (sha256);
CREATE TRIGGER dossier_previous_fixed BEFORE UPDATE OF previous ON dossier
BEGIN SELECT RAISE(ABORT, 'the place in the chain never changes'); END;
