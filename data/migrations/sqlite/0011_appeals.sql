-- What owners and citizens hold against a listing, and who decides it. No address of anybody stands here.

CREATE TABLE appeal (                             -- append-only
    id             TEXT PRIMARY KEY,              -- A-2026-000001
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
    sealed         BLOB NOT NULL
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

CREATE TRIGGER appeal_keeps BEFORE UPDATE ON appeal BEGIN SELECT RAISE(ABORT, 'appeal is append-only'); END;
CREATE TRIGGER appeal_stays BEFORE DELETE ON appeal BEGIN SELECT RAISE(ABORT, 'appeal is append-only'); END;
CREATE TRIGGER appeal_event_keeps BEFORE UPDATE ON appeal_event BEGIN SELECT RAISE(ABORT, 'appeal_event is append-only'); END;
CREATE TRIGGER appeal_event_stays BEFORE DELETE ON appeal_event BEGIN SELECT RAISE(ABORT, 'appeal_event is append-only'); END;
CREATE TRIGGER appeal_step_keeps BEFORE UPDATE ON appeal_step BEGIN SELECT RAISE(ABORT, 'appeal_step is append-only'); END;
CREATE TRIGGER appeal_step_stays BEFORE DELETE ON appeal_step BEGIN SELECT RAISE(ABORT, 'appeal_step is append-only'); END;

-- What somebody wrote is never changed, and taken away only when nothing is to be decided by it any more.
CREATE TRIGGER appeal_words_keeps BEFORE UPDATE ON appeal_words BEGIN SELECT RAISE(ABORT, 'appeal_words is append-only'); END;
CREATE TRIGGER appeal_words_stays BEFORE DELETE ON appeal_words
WHEN (SELECT state FROM appeal_event WHERE appeal_id = OLD.appeal_id ORDER BY seq DESC LIMIT 1)
    NOT IN ('upheld', 'rejected', 'withdrawn')
BEGIN SELECT RAISE(ABORT, 'the words and the contact of an open appeal stay'); END;
CREATE TRIGGER appeal_contact_keeps BEFORE UPDATE ON appeal_contact BEGIN SELECT RAISE(ABORT, 'appeal_contact is append-only'); END;
CREATE TRIGGER appeal_contact_stays BEFORE DELETE ON appeal_contact
WHEN (SELECT state FROM appeal_event WHERE appeal_id = OLD.appeal_id ORDER BY seq DESC LIMIT 1)
    NOT IN ('upheld', 'rejected', 'withdrawn')
BEGIN SELECT RAISE(ABORT, 'the words and the contact of an open appeal stay'); END;

-- One step after another, each from where the last one led.
CREATE TRIGGER appeal_event_step BEFORE INSERT ON appeal_event
WHEN NEW.seq <> (SELECT COUNT(*) + 1 FROM appeal_event WHERE appeal_id = NEW.appeal_id)
    OR NOT EXISTS (SELECT 1 FROM appeal_step s
        WHERE s.from_state = COALESCE((SELECT e.state FROM appeal_event e
                WHERE e.appeal_id = NEW.appeal_id ORDER BY e.seq DESC LIMIT 1), '')
            AND s.kind = NEW.kind AND s.to_state = NEW.state
            AND (s.who = 'officer') = (NEW.officer_id IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'an appeal cannot take this step'); END;

-- A report is not proved; what an owner says is heard once control is.
CREATE TRIGGER appeal_event_proof BEFORE INSERT ON appeal_event
WHEN NEW.kind = 'receive'
    AND (NEW.state = 'proof-wanted') <> ((SELECT kind FROM appeal WHERE id = NEW.appeal_id) = 'owner')
BEGIN SELECT RAISE(ABORT, 'an owner proves control, and nobody else'); END;

-- Somebody else decides: whoever proposed, approved or signed a listing of that case in any place does not.
CREATE TRIGGER appeal_event_apart BEFORE INSERT ON appeal_event
WHEN NEW.officer_id IS NOT NULL AND EXISTS (SELECT 1 FROM appeal a
    JOIN proposal l ON l.listing_id = a.listing_id JOIN proposal p ON p.case_id = l.case_id
    LEFT JOIN signature s ON s.listing_id = p.listing_id
    WHERE a.id = NEW.appeal_id AND (p.proposed_by = NEW.officer_id OR s.officer_id = NEW.officer_id))
BEGIN SELECT RAISE(ABORT, 'whoever signed the listing does not decide an appeal against it'); END;

CREATE TRIGGER appeal_event_officer BEFORE INSERT ON appeal_event
WHEN NEW.officer_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'only an active officer decides an appeal'); END;

CREATE TRIGGER appeal_event_holder BEFORE INSERT ON appeal_event
WHEN NEW.kind IN ('uphold', 'reject') AND NEW.officer_id IS NOT NULL
    AND NEW.officer_id IS NOT (SELECT e.officer_id FROM appeal_event e
        WHERE e.appeal_id = NEW.appeal_id ORDER BY e.seq DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'whoever has taken the appeal decides it'); END;

-- To uphold is to end the listing: the signed statement that does it comes first.
CREATE TRIGGER appeal_event_outcome BEFORE INSERT ON appeal_event
WHEN (NEW.kind = 'uphold') <> (NEW.outcome IS NOT NULL)
    OR NEW.kind = 'uphold' AND NOT EXISTS (SELECT 1 FROM signed_statement q JOIN appeal a ON a.listing_id = q.listing_id
        WHERE a.id = NEW.appeal_id AND q.kind IN ('lift', 'annul'))
BEGIN SELECT RAISE(ABORT, 'an upheld appeal ends the listing'); END;
