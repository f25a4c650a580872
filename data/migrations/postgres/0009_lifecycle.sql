-- The lifecycle of a case: its states, the moves between them, and who may not make two of them.

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

ALTER TABLE review_case ADD COLUMN taken_by TEXT REFERENCES officer(id); -- who reviews it
ALTER TABLE review_case ADD COLUMN taken_at BIGINT;
ALTER TABLE review_case DROP CONSTRAINT review_case_state_check;
ALTER TABLE review_case ADD CONSTRAINT review_case_state_check CHECK (state IN ('open', 'in_review',
    'proposed', 'listed', 'dismissed', 'lifted', 'annulled', 'expired'));
ALTER TABLE review_case ADD CHECK ((state = 'in_review') = (taken_by IS NOT NULL));
ALTER TABLE review_case ADD CHECK ((taken_by IS NULL) = (taken_at IS NULL));
-- A listed site has its case already; whether its order is to be cancelled is another.
DROP INDEX one_live_case;
CREATE UNIQUE INDEX one_live_case ON review_case (host)
    WHERE state IN ('open', 'in_review', 'proposed', 'listed') AND reason <> 'cancel';

ALTER TABLE decision DROP CONSTRAINT decision_kind_check;
ALTER TABLE decision ADD CONSTRAINT decision_kind_check CHECK (kind IN ('take', 'release', 'dismiss',
    'propose', 'return', 'approve', 'number', 'legal-sign', 'lift', 'confirm-lift', 'reverse-lift',
    'annul-propose', 'annul', 'keep', 'appeal-uphold', 'appeal-reject'));
ALTER TABLE decision ADD COLUMN role TEXT CHECK (role IN ('officer', 'legal')); -- in which it was made
ALTER TABLE decision ADD COLUMN evidence_root TEXT REFERENCES evidence(root); -- what the case stood on at that moment
ALTER TABLE decision DISABLE TRIGGER decision_keeps;
UPDATE decision SET role = 'officer',
    evidence_root = (SELECT evidence_root FROM review_case WHERE id = decision.case_id);
ALTER TABLE decision ENABLE TRIGGER decision_keeps;
ALTER TABLE decision ALTER COLUMN role SET NOT NULL;
ALTER TABLE decision ALTER COLUMN evidence_root SET NOT NULL;
CREATE INDEX decision_case ON decision (case_id, kind);

ALTER TABLE signature DROP CONSTRAINT signature_place_check;
ALTER TABLE signature ADD CONSTRAINT signature_place_check CHECK (place IN (1, 2, 3)); -- proposer, approver, legal
CREATE INDEX proposal_case ON proposal (case_id);

CREATE TRIGGER case_step_keeps BEFORE UPDATE ON case_step FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER case_step_stays BEFORE DELETE ON case_step FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER case_step_whole BEFORE TRUNCATE ON case_step FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Cases move along case_step, and only a case that asks to cancel an order is answered by the end of
-- somebody's listing.
CREATE FUNCTION review_case_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a case begins open' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM case_step WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'no move leads a case from that state to this one'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state IN ('open', 'in_review')
        AND (OLD.reason = 'cancel' AND NEW.state = 'proposed'
            OR OLD.reason <> 'cancel' AND NEW.state IN ('lifted', 'annulled')) THEN
        RAISE EXCEPTION 'that does not answer what the case asks'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_case_rules BEFORE INSERT OR UPDATE OF state ON review_case
    FOR EACH ROW EXECUTE FUNCTION review_case_rules();

CREATE FUNCTION decision_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A decision is written once the case has moved, by an account that may make it.
    IF NOT EXISTS (SELECT 1 FROM case_step s JOIN review_case c ON c.state = s.to_state
        WHERE c.id = NEW.case_id AND s.kind = NEW.kind) THEN
        RAISE EXCEPTION 'a move of this kind does not leave a case in that state'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- FOR SHARE, as for a signature: of a move and the end of its account one is first.
    PERFORM 1 FROM officer
        WHERE id = NEW.officer_id AND role = NEW.role AND disabled_at IS NULL FOR SHARE;
    IF NOT FOUND
        OR NEW.kind = 'legal-sign' AND NEW.role <> 'legal'
        OR NEW.kind NOT IN ('legal-sign', 'return') AND NEW.role <> 'officer' THEN
        RAISE EXCEPTION 'an active account makes this move, in the role it is for'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.evidence_root <> (SELECT evidence_root FROM review_case WHERE id = NEW.case_id) THEN
        RAISE EXCEPTION 'the decision names other evidence than its case'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Nobody answers their own move, and who signed a listing does not judge the appeal against it.
    IF NEW.kind = 'approve' AND NEW.officer_id = (
            SELECT proposed_by FROM proposal WHERE case_id = NEW.case_id ORDER BY listing_id DESC LIMIT 1)
        OR NEW.kind IN ('appeal-uphold', 'appeal-reject') AND EXISTS (
            SELECT 1 FROM signature s JOIN proposal p ON p.listing_id = s.listing_id
            WHERE p.case_id = NEW.case_id AND s.officer_id = NEW.officer_id)
        OR EXISTS (
            SELECT 1 FROM decision d WHERE d.case_id = NEW.case_id AND d.officer_id = NEW.officer_id
                AND d.kind = CASE WHEN NEW.kind = 'annul' THEN 'annul-propose'
                    WHEN NEW.kind IN ('confirm-lift', 'reverse-lift') THEN 'lift' END
                AND NOT EXISTS (SELECT 1 FROM decision later WHERE later.case_id = d.case_id
                    AND later.kind = d.kind AND later.decided_at > d.decided_at)) THEN
        RAISE EXCEPTION 'another person must make this move'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_rules BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION decision_rules();

-- Four eyes. The proposer signs first, somebody else second, a lawyer third, all over the bytes of the
-- proposal, and only while it is the one that its case waits on: a statement that was sent back or
-- waited too long is never signed again. Which case a proposal is for never changes once it is there.
CREATE OR REPLACE FUNCTION signature_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE proposed proposal%ROWTYPE;
BEGIN
    SELECT * INTO proposed FROM proposal WHERE listing_id = NEW.listing_id;
    IF NEW.statement_sha256 IS DISTINCT FROM proposed.statement_sha256 THEN
        RAISE EXCEPTION 'the signature is over other bytes than the proposal'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.place = 1) IS DISTINCT FROM (NEW.officer_id = proposed.proposed_by) THEN
        RAISE EXCEPTION 'the proposer signs first and never second'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- FOR SHARE: an account that is being disabled at this moment is waited for, so that of a
    -- signature and the end of its account one is first.
    PERFORM 1 FROM officer WHERE id = NEW.officer_id AND key_id = NEW.key_id AND disabled_at IS NULL
        AND role = CASE NEW.place WHEN 3 THEN 'legal' ELSE 'officer' END FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only an active officer signs, and a lawyer third, each with their own key'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- The case is locked: it does not move on between this look and the commit.
    PERFORM 1 FROM review_case WHERE id = proposed.case_id AND state IN ('proposed', 'listed') FOR SHARE;
    IF NOT FOUND
        OR NEW.listing_id <> (SELECT MAX(listing_id) FROM proposal WHERE case_id = proposed.case_id) THEN
        RAISE EXCEPTION 'the proposal is no longer the one its case waits on'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- Counts what is committed and what this transaction itself has signed. Signatures only ever come,
-- so a count that is high enough stays so; one that another transaction has not committed is not
-- counted, and the listing refused.
CREATE OR REPLACE FUNCTION listing_two_officers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'list' AND (SELECT COUNT(DISTINCT officer_id) FROM signature
            WHERE listing_id = NEW.listing_id AND place IN (1, 2)) < 2 THEN
        RAISE EXCEPTION 'a listing needs the signatures of two officers'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
