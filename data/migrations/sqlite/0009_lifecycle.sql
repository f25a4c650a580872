-- The lifecycle of a case: its states, the moves between them, and who may not make two of them.
--
-- SQLite changes no CHECK, so three tables are made anew under their names. What refers to them is
-- looked at when the transaction ends, and finds the rows in their places again.

PRAGMA defer_foreign_keys = ON;

-- The moves: the table of blocklist::lifecycle, row for row (a test compares them). A move that leaves a
-- case where it is has its row, too.
CREATE TABLE case_step (                          -- append-only
    from_state   TEXT NOT NULL,
    to_state     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    PRIMARY KEY (from_state, kind)                -- one outcome a move
);
INSERT INTO case_step (kind, from_state, to_state) VALUES
    ('take', 'open', 'in_review'), ('take', 'in_review', 'in_review'),
    ('release', 'in_review', 'open'),
    ('dismiss', 'open', 'dismissed'), ('dismiss', 'in_review', 'dismissed'),
    ('propose', 'open', 'proposed'), ('propose', 'in_review', 'proposed'),
    ('return', 'proposed', 'open'),
    ('approve', 'proposed', 'listed'),
    ('legal-sign', 'proposed', 'proposed'), ('legal-sign', 'listed', 'listed'),
    ('number', 'listed', 'listed'),
    ('keep', 'listed', 'listed'),
    ('lift', 'listed', 'lifted'), ('lift', 'open', 'lifted'), ('lift', 'in_review', 'lifted'),
    ('confirm-lift', 'lifted', 'lifted'),
    ('reverse-lift', 'lifted', 'open'),
    ('annul-propose', 'listed', 'listed'), ('annul-propose', 'lifted', 'lifted'),
    ('annul-propose', 'expired', 'expired'),
    ('annul', 'listed', 'annulled'), ('annul', 'lifted', 'annulled'), ('annul', 'expired', 'annulled'),
    ('annul', 'open', 'annulled'), ('annul', 'in_review', 'annulled'),
    ('appeal-uphold', 'listed', 'listed'), ('appeal-uphold', 'lifted', 'lifted'),
    ('appeal-uphold', 'expired', 'expired'), ('appeal-uphold', 'annulled', 'annulled'),
    ('appeal-reject', 'listed', 'listed'), ('appeal-reject', 'lifted', 'lifted'),
    ('appeal-reject', 'expired', 'expired'), ('appeal-reject', 'annulled', 'annulled'),
    -- Nobody makes these: a proposal that waited too long, a register's word that holds no more, a
    -- listing whose time is over.
    ('lapse', 'proposed', 'open'),
    ('withdraw', 'open', 'dismissed'),
    ('expire', 'listed', 'expired');

CREATE TABLE kept_case AS SELECT * FROM review_case;
CREATE TABLE kept_decision AS SELECT * FROM decision;
CREATE TABLE kept_signature AS SELECT * FROM signature;
DROP TABLE signature;
DROP TABLE decision;
DROP TABLE review_case;

CREATE TABLE review_case (
    id            TEXT PRIMARY KEY,               -- C-2026-000001
    host          TEXT NOT NULL REFERENCES site(host),
    opened_at     BIGINT NOT NULL,
    assessment_id BIGINT NOT NULL REFERENCES assessment(id),
    evidence_root TEXT NOT NULL REFERENCES evidence(root),
    licence_match TEXT NOT NULL,                  -- JSON of matching::Match plus claim findings
    state         TEXT NOT NULL CHECK (state IN ('open', 'in_review', 'proposed', 'listed', 'dismissed',
                      'lifted', 'annulled', 'expired')),
    reason        TEXT NOT NULL DEFAULT 'assessment'
        CHECK (reason IN ('assessment', 'licence', 'cancel')), -- what is asked of people
    fact          TEXT,                           -- what of a register it follows from; NULL once it holds no more
    about         TEXT REFERENCES proposal(listing_id), -- the listing to be cancelled
    taken_by      TEXT REFERENCES officer(id),    -- who reviews it
    taken_at      BIGINT,
    CHECK ((state = 'in_review') = (taken_by IS NOT NULL)),
    CHECK ((taken_by IS NULL) = (taken_at IS NULL))
);
INSERT INTO review_case (id, host, opened_at, assessment_id, evidence_root, licence_match, state, reason, fact, about)
    SELECT id, host, opened_at, assessment_id, evidence_root, licence_match, state, reason, fact, about
    FROM kept_case;
DROP TABLE kept_case;
-- A listed site has its case already; whether its order is to be cancelled is another.
CREATE UNIQUE INDEX one_live_case ON review_case (host)
    WHERE state IN ('open', 'in_review', 'proposed', 'listed') AND reason <> 'cancel';
CREATE UNIQUE INDEX one_case_a_fact ON review_case (fact) WHERE fact IS NOT NULL;

CREATE TABLE decision (                           -- append-only: every move a person made on a case
    id           BIGINT PRIMARY KEY,
    case_id      TEXT NOT NULL REFERENCES review_case(id),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    kind         TEXT NOT NULL CHECK (kind IN ('take', 'release', 'dismiss', 'propose', 'return', 'approve',
                     'number', 'legal-sign', 'lift', 'confirm-lift', 'reverse-lift', 'annul-propose', 'annul',
                     'keep', 'appeal-uphold', 'appeal-reject')),
    reason_code  TEXT NOT NULL,
    reason       TEXT NOT NULL,
    decided_at   BIGINT NOT NULL,
    review_at    BIGINT,                          -- of a dismissal: until then it stays on the same evidence; older ones have none
    role         TEXT NOT NULL CHECK (role IN ('officer', 'legal')), -- in which it was made
    evidence_root TEXT NOT NULL REFERENCES evidence(root) -- what the case stood on at that moment
);
INSERT INTO decision (id, case_id, officer_id, kind, reason_code, reason, decided_at, review_at, role, evidence_root)
    SELECT d.id, d.case_id, d.officer_id, d.kind, d.reason_code, d.reason, d.decided_at, d.review_at,
        'officer', c.evidence_root
    FROM kept_decision d JOIN review_case c ON c.id = d.case_id;
DROP TABLE kept_decision;
CREATE INDEX decision_case ON decision (case_id, kind);

CREATE TABLE signature (                          -- append-only
    listing_id       TEXT NOT NULL REFERENCES proposal(listing_id),
    place            BIGINT NOT NULL CHECK (place IN (1, 2, 3)), -- proposer, approver, legal
    officer_id       TEXT NOT NULL REFERENCES officer(id),
    key_id           TEXT NOT NULL,
    statement_sha256 TEXT NOT NULL,
    signature        BLOB NOT NULL,
    signed_at        BIGINT NOT NULL,
    PRIMARY KEY (listing_id, place),
    UNIQUE (listing_id, officer_id),              -- one person signs once, whatever the place
    UNIQUE (listing_id, key_id)
);
INSERT INTO signature SELECT * FROM kept_signature;
DROP TABLE kept_signature;
CREATE INDEX proposal_case ON proposal (case_id);

-- Cases move along case_step, and only a case that asks to cancel an order is answered by the end of
-- somebody's listing.
CREATE TRIGGER review_case_begins BEFORE INSERT ON review_case WHEN NEW.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'a case begins open'); END;

CREATE TRIGGER review_case_step BEFORE UPDATE OF state ON review_case
WHEN NEW.state <> OLD.state AND NOT EXISTS (
    SELECT 1 FROM case_step WHERE from_state = OLD.state AND to_state = NEW.state)
BEGIN SELECT RAISE(ABORT, 'no move leads a case from that state to this one'); END;

CREATE TRIGGER review_case_question BEFORE UPDATE OF state ON review_case
WHEN OLD.state IN ('open', 'in_review')
    AND (OLD.reason = 'cancel' AND NEW.state = 'proposed'
        OR OLD.reason <> 'cancel' AND NEW.state IN ('lifted', 'annulled'))
BEGIN SELECT RAISE(ABORT, 'that does not answer what the case asks'); END;

CREATE TRIGGER case_step_keeps BEFORE UPDATE ON case_step BEGIN SELECT RAISE(ABORT, 'case_step is append-only'); END;
CREATE TRIGGER case_step_stays BEFORE DELETE ON case_step BEGIN SELECT RAISE(ABORT, 'case_step is append-only'); END;
CREATE TRIGGER decision_keeps BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_stays BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER signature_keeps BEFORE UPDATE ON signature BEGIN SELECT RAISE(ABORT, 'signature is append-only'); END;
CREATE TRIGGER signature_stays BEFORE DELETE ON signature BEGIN SELECT RAISE(ABORT, 'signature is append-only'); END;

-- A decision is written once the case has moved, by an account that may make it.
CREATE TRIGGER decision_fits BEFORE INSERT ON decision
WHEN NOT EXISTS (SELECT 1 FROM case_step s JOIN review_case c ON c.state = s.to_state
    WHERE c.id = NEW.case_id AND s.kind = NEW.kind)
BEGIN SELECT RAISE(ABORT, 'a move of this kind does not leave a case in that state'); END;

CREATE TRIGGER decision_own_role BEFORE INSERT ON decision
WHEN NOT EXISTS (SELECT 1 FROM officer WHERE id = NEW.officer_id AND role = NEW.role AND disabled_at IS NULL)
    OR NEW.kind = 'legal-sign' AND NEW.role <> 'legal'
    OR NEW.kind NOT IN ('legal-sign', 'return') AND NEW.role <> 'officer'
BEGIN SELECT RAISE(ABORT, 'an active account makes this move, in the role it is for'); END;

CREATE TRIGGER decision_on_evidence BEFORE INSERT ON decision
WHEN NEW.evidence_root <> (SELECT evidence_root FROM review_case WHERE id = NEW.case_id)
BEGIN SELECT RAISE(ABORT, 'the decision names other evidence than its case'); END;

-- Nobody answers their own move, and who signed a listing does not judge the appeal against it.
CREATE TRIGGER decision_by_another BEFORE INSERT ON decision
WHEN NEW.kind = 'approve' AND NEW.officer_id = (
        SELECT proposed_by FROM proposal WHERE case_id = NEW.case_id ORDER BY listing_id DESC LIMIT 1)
    OR NEW.kind IN ('appeal-uphold', 'appeal-reject') AND EXISTS (
        SELECT 1 FROM signature s JOIN proposal p ON p.listing_id = s.listing_id
        WHERE p.case_id = NEW.case_id AND s.officer_id = NEW.officer_id)
    OR EXISTS (
        SELECT 1 FROM decision d WHERE d.case_id = NEW.case_id AND d.officer_id = NEW.officer_id
            AND d.kind = CASE WHEN NEW.kind = 'annul' THEN 'annul-propose'
                WHEN NEW.kind IN ('confirm-lift', 'reverse-lift') THEN 'lift' END
            AND NOT EXISTS (SELECT 1 FROM decision later WHERE later.case_id = d.case_id
                AND later.kind = d.kind AND later.decided_at > d.decided_at))
BEGIN SELECT RAISE(ABORT, 'another person must make this move'); END;

-- Four eyes. The proposer signs first, somebody else second, a lawyer third, all over the bytes of the
-- proposal, and only while it is the one that its case waits on: a statement that was sent back or
-- waited too long is never signed again.
CREATE TRIGGER signature_same_bytes BEFORE INSERT ON signature
WHEN NEW.statement_sha256 <> (SELECT statement_sha256 FROM proposal WHERE listing_id = NEW.listing_id)
BEGIN SELECT RAISE(ABORT, 'the signature is over other bytes than the proposal'); END;

CREATE TRIGGER signature_proposer_first BEFORE INSERT ON signature
WHEN (NEW.place = 1) <> (NEW.officer_id = (SELECT proposed_by FROM proposal WHERE listing_id = NEW.listing_id))
BEGIN SELECT RAISE(ABORT, 'the proposer signs first and never second'); END;

CREATE TRIGGER signature_own_key BEFORE INSERT ON signature
WHEN NOT EXISTS (SELECT 1 FROM officer WHERE id = NEW.officer_id AND key_id = NEW.key_id AND disabled_at IS NULL
    AND role = CASE NEW.place WHEN 3 THEN 'legal' ELSE 'officer' END)
BEGIN SELECT RAISE(ABORT, 'only an active officer signs, and a lawyer third, each with their own key'); END;

CREATE TRIGGER signature_live BEFORE INSERT ON signature
WHEN NOT EXISTS (SELECT 1 FROM proposal p JOIN review_case c ON c.id = p.case_id
    WHERE p.listing_id = NEW.listing_id AND c.state IN ('proposed', 'listed')
        AND p.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = p.case_id))
BEGIN SELECT RAISE(ABORT, 'the proposal is no longer the one its case waits on'); END;

DROP TRIGGER listing_two_officers;
CREATE TRIGGER listing_two_officers BEFORE INSERT ON signed_statement
WHEN NEW.kind = 'list' AND (SELECT COUNT(DISTINCT officer_id) FROM signature
        WHERE listing_id = NEW.listing_id AND place IN (1, 2)) < 2
BEGIN SELECT RAISE(ABORT, 'a listing needs the signatures of two officers'); END;
