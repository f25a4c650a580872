-- Certificates under which captures were delivered.

CREATE TABLE certificate (                        -- append-only: each once, whatever it was seen on
    sha256       TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- of the DER
    der          BYTEA NOT NULL,
    first_seen   BIGINT NOT NULL
);

CREATE TABLE capture_certificate (                -- append-only
    capture_id   BIGINT NOT NULL PRIMARY KEY REFERENCES capture(id),
    certificate  TEXT COLLATE "C" NOT NULL REFERENCES certificate(sha256)
);

DO $$
DECLARE kept TEXT;
BEGIN
    FOREACH kept IN ARRAY ARRAY['certificate', 'capture_certificate']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_keeps', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_stays', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()',
            kept || '_whole', kept);
    END LOOP;
END $$;
