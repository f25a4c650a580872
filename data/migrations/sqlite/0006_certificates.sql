-- Certificates under which captures were delivered.

CREATE TABLE certificate (                        -- append-only: each once, whatever it was seen on
    sha256       TEXT NOT NULL PRIMARY KEY,       -- of the DER
    der          BLOB NOT NULL,
    first_seen   BIGINT NOT NULL
);

CREATE TABLE capture_certificate (                -- append-only
    capture_id   BIGINT NOT NULL PRIMARY KEY REFERENCES capture(id),
    certificate  TEXT NOT NULL REFERENCES certificate(sha256)
);

CREATE TRIGGER certificate_keeps BEFORE UPDATE ON certificate BEGIN SELECT RAISE(ABORT, 'certificate is append-only'); END;
CREATE TRIGGER certificate_stays BEFORE DELETE ON certificate BEGIN SELECT RAISE(ABORT, 'certificate is append-only'); END;
CREATE TRIGGER capture_certificate_keeps BEFORE UPDATE ON capture_certificate BEGIN SELECT RAISE(ABORT, 'capture_certificate is append-only'); END;
CREATE TRIGGER capture_certificate_stays BEFORE DELETE ON capture_certificate BEGIN SELECT RAISE(ABORT, 'capture_certificate is append-only'); END;
