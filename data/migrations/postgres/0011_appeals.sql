-- What owners and citizens hold against a listing, and who decides it. No address of anybody stands here.

CREATE TABLE appeal (                             -- append-only
    id             TEXT COLLATE "C" PRIMARY KEY,  -- A-2026-000001
    listing_id     TEXT NOT NULL REFERENCES proposal(listing_id),
    host           TEXT NOT NULL,                 -- the listed name, or one below it
    kind           TEXT NOT NULL CHECK (kind IN ('owner', 'report')),
    received_at    BIGINT NOT NULL,
    receipt_sha256 TEXT NOT NULL UNIQUE,          -- of the code that was shown once
    token          TEXT,                          -- what an owner publishes to prove control
    fingerprint    TEXT NOT NULL UNIQUE,          -- keyed hash of listing, day and words: the same counts once a day
    CHECK ((kind = 'owner') = (token IS NOT NULL))
);
CREATE INDEX appeal_listing ON appeal (listing_id);

CREATE TABLE appeal_words (                       -- erased some time after the appeal is closed
    appeal_id      TEXT NOT NULL REFERENCES appeal(id),
    part           TEXT NOT NULL CHECK (part IN ('text', 'answer')), -- the sender's, the officer's to the sender
    words          TEXT NOT NULL,
    PRIMARY KEY (appeal_id, part)
);

CREATE TABLE appeal_contact (                     -- sealed; erased with the words
    appeal_id      TEXT NOT NULL PRIMARY KEY REFERENCES appeal(id),
    sealed         BYTEA NOT NULL
);

CREATE TABLE appeal_check (                       -- proofs that are waited for; a row goes with the waiting
    appeal_id      TEXT NOT NULL PRIMARY KEY REFERENCES appeal(id),
    host           TEXT NOT NULL,
    next_at        BIGINT NOT NULL,
    checked_at     BIGINT,
    seen           TEXT NOT NULL                  -- JSON: what was asked, and what was seen there
);
CREATE INDEX appeal_check_next ON appeal_check (next_at);

CREATE TABLE appeal_step (                        -- every step an appeal may take
    from_state     TEXT NOT NULL,                 -- '' before it is there
    kind           TEXT NOT NULL,
    to_state       TEXT NOT NULL,
    who            TEXT NOT NULL CHECK (who IN ('sender', 'machine', 'officer')),
    PRIMARY KEY (from_state, kind, to_state)
);
INSERT INTO appeal_step (from_state, kind, to_state, who) VALUES
    ('', 'receive', 'received', 'sender'),
    ('', 'receive', 'proof-wanted', 'sender'),
    ('proof-wanted', 'prove', 'proved', 'machine'),
    ('proof-wanted', 'lapse', 'withdrawn', 'machine'),
    ('received', 'take', 'taken', 'officer'),
    ('proved', 'take', 'taken', 'officer'),
    ('taken', 'take', 'taken', 'officer'),        -- somebody else takes it over
    ('taken', 'uphold', 'upheld', 'officer'),
    ('taken', 'reject', 'rejected', 'officer'),
    ('received', 'withdraw', 'withdrawn', 'sender'),
    ('proof-wanted', 'withdraw', 'withdrawn', 'sender'),
    ('proved', 'withdraw', 'withdrawn', 'sender'),
    ('taken', 'withdraw', 'withdrawn', 'sender'),
    ('upheld', 'erase', 'upheld', 'machine'),
    ('rejected', 'erase', 'rejected', 'machine'),
    ('withdrawn', 'erase', 'withdrawn', 'machine');

CREATE TABLE appeal_event (                       -- append-only: the state of an appeal is that of its last event
    appeal_id      TEXT NOT NULL REFERENCES appeal(id),
    seq            BIGINT NOT NULL,               -- 1, 2, 3 …
    at             BIGINT NOT NULL,
    kind           TEXT NOT NULL,
    state          TEXT NOT NULL,
    officer_id     TEXT REFERENCES officer(id),   -- of steps that officers take
    outcome        TEXT CHECK (outcome IN ('lift', 'annul')),
    reason_code    TEXT NOT NULL,                 -- shown to the public
    note           TEXT NOT NULL,                 -- for colleagues
    PRIMARY KEY (appeal_id, seq)
);

DO $$
DECLARE kept TEXT;
BEGIN
    FOREACH kept IN ARRAY ARRAY['appeal', 'appeal_event', 'appeal_step'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_stays', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY['appeal', 'appeal_event', 'appeal_step', 'appeal_words', 'appeal_contact'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_keeps', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()',
            kept || '_whole', kept);
    END LOOP;
END $$;

-- What somebody wrote is never changed, and taken away only when nothing is to be decided by it any more.
CREATE FUNCTION appeal_words_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state FROM appeal_event WHERE appeal_id = OLD.appeal_id ORDER BY seq DESC LIMIT 1)
        NOT IN ('upheld', 'rejected', 'withdrawn') THEN
        RAISE EXCEPTION 'the words and the contact of an open appeal stay'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER appeal_words_stays BEFORE DELETE ON appeal_words
    FOR EACH ROW EXECUTE FUNCTION appeal_words_stay();
CREATE TRIGGER appeal_contact_stays BEFORE DELETE ON appeal_contact
    FOR EACH ROW EXECUTE FUNCTION appeal_words_stay();

-- Two steps at once both follow the same last one; the primary key lets one of them in. A listing that
-- is out has all its signatures, so what is read of them here holds at commit.
CREATE FUNCTION appeal_event_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE against appeal%ROWTYPE;
DECLARE last appeal_event%ROWTYPE;
BEGIN
    SELECT * INTO against FROM appeal WHERE id = NEW.appeal_id;
    SELECT * INTO last FROM appeal_event WHERE appeal_id = NEW.appeal_id ORDER BY seq DESC LIMIT 1;
    -- One step after another, each from where the last one led.
    IF NEW.seq <> COALESCE(last.seq, 0) + 1 OR NOT EXISTS (SELECT 1 FROM appeal_step s
            WHERE s.from_state = COALESCE(last.state, '') AND s.kind = NEW.kind AND s.to_state = NEW.state
                AND (s.who = 'officer') = (NEW.officer_id IS NOT NULL)) THEN
        RAISE EXCEPTION 'an appeal cannot take this step' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- A report is not proved; what an owner says is heard once control is.
    IF NEW.kind = 'receive' AND (NEW.state = 'proof-wanted') <> (against.kind = 'owner') THEN
        RAISE EXCEPTION 'an owner proves control, and nobody else' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- To uphold is to end the listing: the signed statement that does it comes first.
    IF (NEW.kind = 'uphold') <> (NEW.outcome IS NOT NULL) OR NEW.kind = 'uphold' AND NOT EXISTS (
            SELECT 1 FROM signed_statement q WHERE q.listing_id = against.listing_id AND q.kind IN ('lift', 'annul')) THEN
        RAISE EXCEPTION 'an upheld appeal ends the listing' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.officer_id IS NULL THEN
        RETURN NEW;
    END IF;
    -- Somebody else decides: whoever proposed, approved or signed a listing of that case in any place does not.
    IF EXISTS (SELECT 1 FROM proposal l JOIN proposal p ON p.case_id = l.case_id
            LEFT JOIN signature s ON s.listing_id = p.listing_id
            WHERE l.listing_id = against.listing_id
                AND (p.proposed_by = NEW.officer_id OR s.officer_id = NEW.officer_id)) THEN
        RAISE EXCEPTION 'whoever signed the listing does not decide an appeal against it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- FOR SHARE: an account that is being disabled at this moment is waited for.
    PERFORM 1 FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only an active officer decides an appeal' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.kind IN ('uphold', 'reject') AND NEW.officer_id IS DISTINCT FROM last.officer_id THEN
        RAISE EXCEPTION 'whoever has taken the appeal decides it' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appeal_event_rules BEFORE INSERT ON appeal_event FOR EACH ROW EXECUTE FUNCTION appeal_event_rules();
