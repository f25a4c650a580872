-- What no program error and no insider with a console may do: the rules of migrations/sqlite.

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- One trigger for rows and one for TRUNCATE, which fires no row trigger.
DO $$
DECLARE kept TEXT;
BEGIN
    FOREACH kept IN ARRAY ARRAY['capture', 'evidence', 'assessment', 'register_snapshot', 'decision',
        'order_document', 'proposal', 'signature', 'signed_statement', 'log_leaf', 'released', 'audit']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_keeps', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_stays', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()',
            kept || '_whole', kept);
    END LOOP;
END $$;

-- Four eyes. The proposer signs first, somebody else second, and both over the bytes of the proposal.
-- A proposal never changes once it is there, so what is read of it here holds at commit.
CREATE FUNCTION signature_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE proposed proposal%ROWTYPE;
DECLARE own_key TEXT;
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
    SELECT key_id INTO own_key FROM officer
        WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL FOR SHARE;
    IF NEW.key_id IS DISTINCT FROM own_key THEN
        RAISE EXCEPTION 'only an active officer signs, with their own key'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signature_rules BEFORE INSERT ON signature FOR EACH ROW EXECUTE FUNCTION signature_rules();

-- Counts what is committed and what this transaction itself has signed. Signatures only ever come,
-- so a count that is high enough stays so; one that another transaction has not committed is not
-- counted, and the listing refused.
CREATE FUNCTION listing_two_officers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'list'
        AND (SELECT COUNT(DISTINCT officer_id) FROM signature WHERE listing_id = NEW.listing_id) < 2 THEN
        RAISE EXCEPTION 'a listing needs the signatures of two officers'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_two_officers BEFORE INSERT ON signed_statement
    FOR EACH ROW EXECUTE FUNCTION listing_two_officers();

-- Two that append at once both see the same end of the log; the primary key lets one of them in.
CREATE FUNCTION log_leaf_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position <> (SELECT COALESCE(MAX(position) + 1, 0) FROM log_leaf) THEN
        RAISE EXCEPTION 'leaves are sequenced one after another'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER log_leaf_in_order BEFORE INSERT ON log_leaf
    FOR EACH ROW EXECUTE FUNCTION log_leaf_in_order();

-- Wakes the publisher, on whatever machine it is, when the transaction commits.
CREATE FUNCTION wake_publisher() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('qalqan_queue', '');
    RETURN NULL;
END $$;
CREATE TRIGGER signed_statement_wakes AFTER INSERT ON signed_statement
    FOR EACH STATEMENT EXECUTE FUNCTION wake_publisher();
