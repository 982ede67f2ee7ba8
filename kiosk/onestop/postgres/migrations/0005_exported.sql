-- One more kind of event: the evidence was handed to somebody outside.
ALTER TABLE event DROP CONSTRAINT event_kind_check;
ALTER TABLE event ADD CONSTRAINT event_kind_check CHECK (kind IN ('taken_in', 'moved', 'viewed', 'picture', 'exported'));
ALTER TABLE event ADD CONSTRAINT event_exported_check CHECK (kind <> 'exported' OR reason <> '');
