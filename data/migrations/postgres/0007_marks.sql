-- Identifiers that officers say are nobody's: they tie no sites until the mark is taken back.

CREATE TABLE identifier_mark (                    -- append-only: the newest row of an identifier holds
    seq          BIGINT PRIMARY KEY,
    kind         TEXT NOT NULL,
    value        TEXT COLLATE "C" NOT NULL,
    mark         TEXT NOT NULL CHECK (mark IN ('nobodys', 'undo')),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    why          TEXT NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX identifier_mark_value ON identifier_mark (value, kind, seq);

CREATE TRIGGER identifier_mark_keeps BEFORE UPDATE ON identifier_mark FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER identifier_mark_stays BEFORE DELETE ON identifier_mark FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER identifier_mark_whole BEFORE TRUNCATE ON identifier_mark FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A mark is one more cause for which networks change.
ALTER TABLE network_event DROP CONSTRAINT network_event_cause_check;
ALTER TABLE network_event ADD CONSTRAINT network_event_cause_check
    CHECK (cause IN ('site', 'cut', 'cut_undone', 'mark', 'mark_undone', 'rebuild'));
