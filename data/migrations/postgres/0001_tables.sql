-- The store of one centre on PostgreSQL: the tables of migrations/sqlite, column for column (a test
-- compares them). Times are Unix seconds. Tables marked append-only are held so by triggers.
--
-- What is put in order by its text is compared octet by octet (COLLATE "C"), as SQLite does: the
-- latest listing number must not depend on the locale somebody made the database with.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- People -----------------------------------------------------------------------------------------

CREATE TABLE officer (
    id            TEXT PRIMARY KEY,               -- random, never shown to the public
    login         TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('admin', 'officer', 'legal')),
    password_phc  TEXT NOT NULL,
    key_id        TEXT NOT NULL UNIQUE,           -- hex, as in the public log
    public_key    BYTEA NOT NULL,
    sealed_key    BYTEA NOT NULL,                 -- opened by the password for one signature
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

CREATE TABLE sign_in_failure (                    -- attempts that failed, or have not ended yet
    id           BIGINT PRIMARY KEY,              -- random
    login        TEXT NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_login ON sign_in_failure (login, at);

CREATE TABLE session (
    token_sha256  BYTEA PRIMARY KEY,
    officer_id    TEXT NOT NULL REFERENCES officer(id),
    created_at    BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL
);

-- Crawl ------------------------------------------------------------------------------------------

CREATE TABLE site (
    id              BIGINT PRIMARY KEY,           -- random positive 63-bit, made by the caller
    host            TEXT COLLATE "C" NOT NULL UNIQUE, -- DomainName
    discovered_at   BIGINT NOT NULL,
    discovered_from TEXT NOT NULL,                -- 'seed', or the URL that linked here
    state           TEXT NOT NULL CHECK (state IN ('new', 'crawling', 'assessed', 'failed')),
    assessed_at     BIGINT,
    robots_sha256   TEXT,
    failure         TEXT,                         -- why, in words, when state = 'failed'
    visitor         TEXT,                         -- the crawl that asked it last
    rest_until      BIGINT                        -- until then no other crawl asks it
);

CREATE TABLE frontier (
    url          TEXT COLLATE "C" PRIMARY KEY,
    host         TEXT NOT NULL REFERENCES site(host),
    depth        BIGINT NOT NULL,
    priority     BIGINT NOT NULL,                 -- higher first
    source       TEXT NOT NULL CHECK (source IN ('seed', 'link', 'sitemap', 'feed', 'redirect')),
    found_on     TEXT,
    state        TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'refused')),
    lease_until  BIGINT,
    lease_holder TEXT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    outcome      TEXT                             -- why done or refused, in words
);
CREATE INDEX frontier_next ON frontier (state, priority DESC);
CREATE INDEX frontier_host ON frontier (host, state);

CREATE TABLE capture (                            -- append-only: one HTTP exchange as stored in a WARC
    id            BIGINT PRIMARY KEY,
    host          TEXT NOT NULL REFERENCES site(host),
    url           TEXT NOT NULL,
    fetched_at    BIGINT NOT NULL,
    status        BIGINT NOT NULL,
    content_type  TEXT NOT NULL,
    charset       TEXT NOT NULL,
    title         TEXT NOT NULL,
    body_sha256   TEXT NOT NULL,
    body_bytes    BIGINT NOT NULL,
    truncated     BOOLEAN NOT NULL,
    warc_file     TEXT NOT NULL,
    warc_offset   BIGINT NOT NULL,
    warc_length   BIGINT NOT NULL,
    record_sha256 TEXT NOT NULL                   -- of the compressed WARC record
);
CREATE INDEX capture_host ON capture (host, fetched_at);

CREATE TABLE evidence (                           -- append-only: the frozen manifest of a site's captures
    root         TEXT PRIMARY KEY,                -- hex SHA-256 of the RFC 8785 manifest
    host         TEXT NOT NULL REFERENCES site(host),
    manifest     TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE TABLE assessment (                         -- append-only
    id           BIGINT PRIMARY KEY,
    host         TEXT NOT NULL REFERENCES site(host),
    assessed_at  BIGINT NOT NULL,
    exchange     DOUBLE PRECISION NOT NULL CHECK (exchange BETWEEN 0 AND 1),
    serves_kz    DOUBLE PRECISION NOT NULL CHECK (serves_kz BETWEEN 0 AND 1),
    verdict      TEXT NOT NULL CHECK (verdict IN ('flag', 'review', 'clear')),
    evidence_root TEXT NOT NULL REFERENCES evidence(root),
    report       TEXT NOT NULL                    -- the assessment JSON
);
CREATE INDEX assessment_host ON assessment (host, assessed_at);

-- Registers --------------------------------------------------------------------------------------

CREATE TABLE register_snapshot (                  -- append-only
    sha256       TEXT PRIMARY KEY,                -- of the snapshot bytes
    register     TEXT NOT NULL,
    taken_at     BIGINT NOT NULL,
    source       TEXT NOT NULL,
    snapshot     TEXT NOT NULL                    -- JSON
);

-- Cases ------------------------------------------------------------------------------------------

CREATE TABLE review_case (
    id            TEXT COLLATE "C" PRIMARY KEY,   -- C-2026-000001
    host          TEXT NOT NULL REFERENCES site(host),
    opened_at     BIGINT NOT NULL,
    assessment_id BIGINT NOT NULL REFERENCES assessment(id),
    evidence_root TEXT NOT NULL REFERENCES evidence(root),
    licence_match TEXT NOT NULL,                  -- JSON of matching::Match plus claim findings
    state         TEXT NOT NULL CHECK (state IN ('open', 'proposed', 'listed', 'dismissed', 'lifted'))
);
CREATE UNIQUE INDEX one_live_case ON review_case (host) WHERE state IN ('open', 'proposed', 'listed');

CREATE TABLE decision (                           -- append-only: every move a person made on a case
    id           BIGINT PRIMARY KEY,
    case_id      TEXT NOT NULL REFERENCES review_case(id),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    kind         TEXT NOT NULL CHECK (kind IN ('dismiss', 'propose', 'approve', 'return', 'lift')),
    reason_code  TEXT NOT NULL,
    reason       TEXT NOT NULL,
    decided_at   BIGINT NOT NULL
);

CREATE TABLE order_document (                     -- append-only
    sha256       TEXT PRIMARY KEY,
    file_name    TEXT NOT NULL,
    content_type TEXT NOT NULL,
    bytes        BYTEA NOT NULL,
    attached_by  TEXT NOT NULL REFERENCES officer(id),
    attached_at  BIGINT NOT NULL
);

CREATE TABLE proposal (                           -- append-only: the bytes that two officers sign
    listing_id       TEXT COLLATE "C" PRIMARY KEY,
    case_id          TEXT NOT NULL REFERENCES review_case(id),
    statement        BYTEA NOT NULL,              -- RFC 8785 JSON
    statement_sha256 TEXT NOT NULL UNIQUE,
    order_sha256     TEXT NOT NULL REFERENCES order_document(sha256),
    proposed_by      TEXT NOT NULL REFERENCES officer(id),
    proposed_at      BIGINT NOT NULL
);

CREATE TABLE signature (                          -- append-only
    listing_id       TEXT NOT NULL REFERENCES proposal(listing_id),
    place            BIGINT NOT NULL CHECK (place IN (1, 2)),
    officer_id       TEXT NOT NULL REFERENCES officer(id),
    key_id           TEXT NOT NULL,
    statement_sha256 TEXT NOT NULL,
    signature        BYTEA NOT NULL,
    signed_at        BIGINT NOT NULL,
    PRIMARY KEY (listing_id, place),
    UNIQUE (listing_id, officer_id),              -- four eyes: one officer cannot sign twice
    UNIQUE (listing_id, key_id)
);

-- The record -------------------------------------------------------------------------------------

CREATE TABLE signed_statement (                   -- append-only: fully signed leaves waiting for, or in, the log
    id           BIGINT PRIMARY KEY,              -- order of arrival
    kind         TEXT NOT NULL,
    listing_id   TEXT,
    leaf         BYTEA NOT NULL,
    leaf_sha256  TEXT NOT NULL UNIQUE,
    signed_at    BIGINT NOT NULL
);

CREATE TABLE log_leaf (                           -- append-only
    position     BIGINT PRIMARY KEY,
    statement_id BIGINT UNIQUE REFERENCES signed_statement(id),
    leaf         BYTEA NOT NULL,
    sequenced_at BIGINT NOT NULL
);

CREATE TABLE released (                           -- append-only: every release note that was signed
    size         BIGINT NOT NULL,
    released_at  BIGINT NOT NULL,
    note         TEXT NOT NULL,
    PRIMARY KEY (size, released_at)
);

CREATE TABLE lease (
    name         TEXT PRIMARY KEY,
    holder       TEXT NOT NULL,
    until        BIGINT NOT NULL
);

CREATE TABLE audit (                              -- append-only, hash-chained
    seq          BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,                   -- officer id, or 'crawler', 'publisher', 'cli'
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    detail       TEXT NOT NULL,                   -- JSON
    prev_hash    TEXT NOT NULL,
    hash         TEXT NOT NULL
);
