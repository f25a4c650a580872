-- The tables of migrations/sqlite, column for column.
-- Operators' networks: what sites show, what ties them together, and what officers said of it.
-- Personal data (phones, handles, addresses) stands here and in captures only; exports mask it.

CREATE TABLE identifier (                         -- grows; only role and last_seen ever change
    host         TEXT COLLATE "C" NOT NULL REFERENCES site(host),
    kind         TEXT COLLATE "C" NOT NULL,       -- 'wallet.tron', 'analytics.metrika', 'phone', …
    value        TEXT COLLATE "C" NOT NULL,                   -- normalised
    role         TEXT NOT NULL CHECK (role IN ('own', 'mentioned', 'reserved')),
    place        TEXT NOT NULL,
    url          TEXT NOT NULL,
    capture      TEXT NOT NULL,                   -- hex SHA-256 of the body it was first seen in
    quote        TEXT NOT NULL,
    first_seen   BIGINT NOT NULL,
    last_seen    BIGINT NOT NULL,
    PRIMARY KEY (host, kind, value)
);
CREATE INDEX identifier_value ON identifier (value, kind);

CREATE TABLE sketch (                             -- the newest sketch of a site's text, for resemblance
    host         TEXT COLLATE "C" NOT NULL REFERENCES site(host),
    part         TEXT NOT NULL CHECK (part IN ('main', 'legal')),
    minhash      TEXT NOT NULL,                   -- hex, 64 numbers of 32 bits
    words        BIGINT NOT NULL,
    url          TEXT NOT NULL,
    capture      TEXT NOT NULL,
    quote        TEXT NOT NULL,
    seen_at      BIGINT NOT NULL,
    PRIMARY KEY (host, part)
);

CREATE TABLE network (                            -- append-only
    id           TEXT COLLATE "C" PRIMARY KEY,    -- N-2026-000001
    formed_at    BIGINT NOT NULL
);

CREATE TABLE network_member (                     -- append-only: from here on the host belongs there
    seq          BIGINT PRIMARY KEY,
    host         TEXT COLLATE "C" NOT NULL REFERENCES site(host),
    network_id   TEXT REFERENCES network(id),     -- NULL: to none
    at           BIGINT NOT NULL
);
CREATE INDEX network_member_host ON network_member (host, seq);
CREATE INDEX network_member_network ON network_member (network_id);

CREATE TABLE network_event (                      -- append-only
    seq          BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('formed', 'grown', 'merged', 'split', 'shrunk', 'ended', 'restored')),
    network_id   TEXT NOT NULL REFERENCES network(id),
    other_id     TEXT REFERENCES network(id),     -- merged: the one taken in; split: the one it came from
    sites        BIGINT NOT NULL,                 -- members afterwards
    cause        TEXT NOT NULL CHECK (cause IN ('site', 'cut', 'cut_undone', 'rebuild')),
    subject      TEXT NOT NULL                    -- the site assessed, or the two sites cut apart
);
CREATE INDEX network_event_network ON network_event (network_id);

CREATE TABLE network_edge (                       -- append-only: the newest row of a pair holds
    seq          BIGINT PRIMARY KEY,
    host_a       TEXT COLLATE "C" NOT NULL REFERENCES site(host),
    host_b       TEXT COLLATE "C" NOT NULL REFERENCES site(host),
    at           BIGINT NOT NULL,
    strength     BIGINT NOT NULL,                 -- hundredths; 100 and more link, 0: no longer tied
    reasons      TEXT NOT NULL,                   -- JSON: what both show, with its weight
    CHECK (host_a < host_b)
);
CREATE INDEX network_edge_a ON network_edge (host_a, host_b, seq);
CREATE INDEX network_edge_b ON network_edge (host_b);

CREATE TABLE network_cut (                        -- append-only: the newest row of a pair holds
    seq          BIGINT PRIMARY KEY,
    host_a       TEXT COLLATE "C" NOT NULL REFERENCES site(host),
    host_b       TEXT COLLATE "C" NOT NULL REFERENCES site(host),
    kind         TEXT NOT NULL CHECK (kind IN ('cut', 'undo')),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    why          TEXT NOT NULL,
    at           BIGINT NOT NULL,
    CHECK (host_a < host_b)
);
CREATE INDEX network_cut_pair ON network_cut (host_a, host_b, seq);

CREATE TABLE network_document (                   -- append-only
    sha256       TEXT PRIMARY KEY,
    file_name    TEXT NOT NULL,
    content_type TEXT NOT NULL,
    bytes        BYTEA NOT NULL,
    attached_by  TEXT NOT NULL REFERENCES officer(id),
    attached_at  BIGINT NOT NULL
);

CREATE TABLE network_volume (                     -- append-only: a later row replaces or withdraws
    id           BIGINT PRIMARY KEY,
    network_id   TEXT NOT NULL REFERENCES network(id),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    given_at     BIGINT NOT NULL,
    replaces     BIGINT UNIQUE REFERENCES network_volume(id),
    period_from  TEXT,                            -- a day; none when the row only withdraws
    period_to    TEXT,                            -- the last day
    kzt          BIGINT CHECK (kzt >= 0),         -- whole tenge
    usdt         BIGINT CHECK (usdt >= 0),        -- millionths
    rate         BIGINT CHECK (rate > 0),         -- tenge for one USDT, in ten-thousandths
    rate_on      TEXT,                            -- the day of the rate
    source       TEXT NOT NULL,
    document     TEXT REFERENCES network_document(sha256),
    CHECK ((period_from IS NULL) = (period_to IS NULL) AND (rate IS NULL) = (rate_on IS NULL)
        AND (period_from IS NULL) = (kzt IS NULL AND usdt IS NULL)
        AND (period_from IS NOT NULL OR replaces IS NOT NULL))
);
CREATE INDEX network_volume_network ON network_volume (network_id);

-- Only role and last_seen of an identifier change.
CREATE FUNCTION first_seen_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'identifier keeps what was first seen' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER identifier_keeps BEFORE UPDATE OF host, kind, value, place, url, capture, quote, first_seen
    ON identifier FOR EACH ROW EXECUTE FUNCTION first_seen_stays();
CREATE TRIGGER identifier_stays BEFORE DELETE ON identifier FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER identifier_whole BEFORE TRUNCATE ON identifier FOR EACH STATEMENT EXECUTE FUNCTION append_only();

DO $$
DECLARE kept TEXT;
BEGIN
    FOREACH kept IN ARRAY ARRAY['network', 'network_member', 'network_event', 'network_edge', 'network_cut',
        'network_document', 'network_volume']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_keeps', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_stays', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()',
            kept || '_whole', kept);
    END LOOP;
END $$;
