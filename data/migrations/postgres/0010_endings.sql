-- How listings end, and the number that an emergency listing still lacks.

-- What one officer has signed about a listing and another has to sign as well: the number of an
-- emergency listing's order, an annulment, a lift beyond what one officer may do in a day.
CREATE TABLE motion (                             -- append-only
    id               BIGINT PRIMARY KEY,          -- in the order of arrival; of one listing and action the last counts
    listing_id       TEXT COLLATE "C" NOT NULL REFERENCES proposal(listing_id),
    action           TEXT NOT NULL CHECK (action IN ('order.number', 'lift', 'annul')),
    statement        BYTEA NOT NULL,              -- RFC 8785 JSON
    statement_sha256 TEXT NOT NULL,
    reason_code      TEXT NOT NULL,
    reason           TEXT NOT NULL,
    moved_by         TEXT NOT NULL REFERENCES officer(id),
    moved_at         BIGINT NOT NULL
);
CREATE INDEX motion_listing ON motion (listing_id, action);

CREATE TABLE motion_signature (                   -- append-only
    motion_id        BIGINT NOT NULL REFERENCES motion(id),
    place            BIGINT NOT NULL CHECK (place IN (1, 2)),
    officer_id       TEXT NOT NULL REFERENCES officer(id),
    key_id           TEXT NOT NULL,
    statement_sha256 TEXT NOT NULL,
    signature        BYTEA NOT NULL,
    signed_at        BIGINT NOT NULL,
    PRIMARY KEY (motion_id, place),
    UNIQUE (motion_id, officer_id),               -- one officer cannot sign twice
    UNIQUE (motion_id, key_id)
);

CREATE TABLE lift (                               -- append-only: every lift, to be looked at by another officer
    listing_id       TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES proposal(listing_id),
    lifted_by        TEXT NOT NULL REFERENCES officer(id),
    second_by        TEXT REFERENCES officer(id), -- beyond the day's few: who signed as well
    lifted_at        BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,             -- when another officer should have looked at it
    UNIQUE (listing_id, lifted_by),
    CHECK (second_by IS NULL OR second_by <> lifted_by)
);

CREATE TABLE lift_review (                        -- append-only
    listing_id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    lifted_by        TEXT NOT NULL,               -- of the lift, so that the check below can compare
    reviewed_by      TEXT NOT NULL REFERENCES officer(id),
    outcome          TEXT NOT NULL CHECK (outcome IN ('confirmed', 'reversed')),
    reason           TEXT NOT NULL,
    reviewed_at      BIGINT NOT NULL,
    FOREIGN KEY (listing_id, lifted_by) REFERENCES lift (listing_id, lifted_by),
    CHECK (reviewed_by <> lifted_by)              -- nobody reviews their own lift
);

CREATE TABLE question (                           -- a date of a listing has come: what follows?
    listing_id       TEXT COLLATE "C" NOT NULL REFERENCES proposal(listing_id),
    why              TEXT NOT NULL CHECK (why IN ('review', 'expiry')),
    asked_at         BIGINT NOT NULL,
    answer           TEXT CHECK (answer IN ('keep', 'lift', 'annul', 'expired')),
    answered_at      BIGINT,
    PRIMARY KEY (listing_id, why),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);

-- Lifts made before there was a review wait for theirs.
INSERT INTO lift (listing_id, lifted_by, lifted_at, due_at)
    SELECT p.listing_id, d.officer_id, d.decided_at, d.decided_at + 86400
    FROM decision d JOIN proposal p ON p.case_id = d.case_id
    WHERE d.kind = 'lift'
        AND p.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = d.case_id);

DO $$
DECLARE kept TEXT;
BEGIN
    FOREACH kept IN ARRAY ARRAY['motion', 'motion_signature', 'lift', 'lift_review']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_keeps', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_stays', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()',
            kept || '_whole', kept);
    END LOOP;
END $$;

-- Four eyes, as for a proposal: the mover first, somebody else second, both over the same bytes.
CREATE FUNCTION motion_signature_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moved motion%ROWTYPE;
DECLARE own_key TEXT;
BEGIN
    SELECT * INTO moved FROM motion WHERE id = NEW.motion_id;
    IF NEW.statement_sha256 IS DISTINCT FROM moved.statement_sha256 THEN
        RAISE EXCEPTION 'the signature is over other bytes than the motion'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.place = 1) IS DISTINCT FROM (NEW.officer_id = moved.moved_by) THEN
        RAISE EXCEPTION 'the mover signs first and never second'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- FOR SHARE: of a signature and the end of its account one is first.
    SELECT key_id INTO own_key FROM officer
        WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL FOR SHARE;
    IF NEW.key_id IS DISTINCT FROM own_key THEN
        RAISE EXCEPTION 'only an active officer signs, with their own key'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER motion_signature_rules BEFORE INSERT ON motion_signature
    FOR EACH ROW EXECUTE FUNCTION motion_signature_rules();

-- Nobody empties the list alone: as many a day as ending::LIFTS_A_DAY, the day of data/office/calendar.toml
-- (UTC+5 since 2024), and each one more by two. The officer's row is locked, so that two lifts at once
-- are counted one after the other.
CREATE FUNCTION lift_few_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM officer WHERE id = NEW.lifted_by FOR NO KEY UPDATE;
    IF NEW.second_by IS NULL AND (SELECT COUNT(*) FROM lift WHERE lifted_by = NEW.lifted_by
            AND (lifted_at + 18000) / 86400 = (NEW.lifted_at + 18000) / 86400) >= 3 THEN
        RAISE EXCEPTION 'one more lift of that day takes another officer''s signature'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lift_few_alone BEFORE INSERT ON lift FOR EACH ROW EXECUTE FUNCTION lift_few_alone();

-- Signatures and lifts only ever come, so what is found here holds at commit.
CREATE FUNCTION ending_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind IN ('order.number', 'annul') AND NOT EXISTS (
        SELECT 1 FROM motion m JOIN motion_signature s ON s.motion_id = m.id AND s.place = 2
        WHERE m.listing_id = NEW.listing_id AND m.action = NEW.kind) THEN
        RAISE EXCEPTION 'two officers sign an order number and an annulment'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.kind = 'lift' AND NOT EXISTS (SELECT 1 FROM lift WHERE listing_id = NEW.listing_id) THEN
        RAISE EXCEPTION 'a lift is entered where another officer reviews it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ending_is_whole BEFORE INSERT ON signed_statement
    FOR EACH ROW EXECUTE FUNCTION ending_is_whole();
