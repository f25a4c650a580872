-- Identifiers that officers say are nobody's: they tie no sites until the mark is taken back.

CREATE TABLE identifier_mark (                    -- append-only: the newest row of an identifier holds
    seq          BIGINT PRIMARY KEY,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    mark         TEXT NOT NULL CHECK (mark IN ('nobodys', 'undo')),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    why          TEXT NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX identifier_mark_value ON identifier_mark (value, kind, seq);

CREATE TRIGGER identifier_mark_keeps BEFORE UPDATE ON identifier_mark BEGIN SELECT RAISE(ABORT, 'identifier_mark is append-only'); END;
CREATE TRIGGER identifier_mark_stays BEFORE DELETE ON identifier_mark BEGIN SELECT RAISE(ABORT, 'identifier_mark is append-only'); END;

-- A mark is one more cause for which networks change. SQLite changes a CHECK only with its table.
ALTER TABLE network_event RENAME TO network_event_before;
CREATE TABLE network_event (                      -- append-only
    seq          BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('formed', 'grown', 'merged', 'split', 'shrunk', 'ended', 'restored')),
    network_id   TEXT NOT NULL REFERENCES network(id),
    other_id     TEXT REFERENCES network(id),     -- merged: the one taken in; split: the one it came from
    sites        BIGINT NOT NULL,                 -- members afterwards
    cause        TEXT NOT NULL CHECK (cause IN ('site', 'cut', 'cut_undone', 'mark', 'mark_undone', 'rebuild')),
    subject      TEXT NOT NULL                    -- the site assessed, the two sites cut apart, or the identifier, masked
);
INSERT INTO network_event SELECT seq, at, kind, network_id, other_id, sites, cause, subject FROM network_event_before;
DROP TABLE network_event_before;
CREATE INDEX network_event_network ON network_event (network_id);
CREATE TRIGGER network_event_keeps BEFORE UPDATE ON network_event BEGIN SELECT RAISE(ABORT, 'network_event is append-only'); END;
CREATE TRIGGER network_event_stays BEFORE DELETE ON network_event BEGIN SELECT RAISE(ABORT, 'network_event is append-only'); END;
