-- What no program error and no insider with a console may do.

CREATE TRIGGER capture_keeps BEFORE UPDATE ON capture BEGIN SELECT RAISE(ABORT, 'capture is append-only'); END;
CREATE TRIGGER capture_stays BEFORE DELETE ON capture BEGIN SELECT RAISE(ABORT, 'capture is append-only'); END;
CREATE TRIGGER evidence_keeps BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_stays BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER assessment_keeps BEFORE UPDATE ON assessment BEGIN SELECT RAISE(ABORT, 'assessment is append-only'); END;
CREATE TRIGGER assessment_stays BEFORE DELETE ON assessment BEGIN SELECT RAISE(ABORT, 'assessment is append-only'); END;
CREATE TRIGGER register_snapshot_keeps BEFORE UPDATE ON register_snapshot BEGIN SELECT RAISE(ABORT, 'register_snapshot is append-only'); END;
CREATE TRIGGER register_snapshot_stays BEFORE DELETE ON register_snapshot BEGIN SELECT RAISE(ABORT, 'register_snapshot is append-only'); END;
CREATE TRIGGER decision_keeps BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_stays BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER order_document_keeps BEFORE UPDATE ON order_document BEGIN SELECT RAISE(ABORT, 'order_document is append-only'); END;
CREATE TRIGGER order_document_stays BEFORE DELETE ON order_document BEGIN SELECT RAISE(ABORT, 'order_document is append-only'); END;
CREATE TRIGGER proposal_keeps BEFORE UPDATE ON proposal BEGIN SELECT RAISE(ABORT, 'proposal is append-only'); END;
CREATE TRIGGER proposal_stays BEFORE DELETE ON proposal BEGIN SELECT RAISE(ABORT, 'proposal is append-only'); END;
CREATE TRIGGER signature_keeps BEFORE UPDATE ON signature BEGIN SELECT RAISE(ABORT, 'signature is append-only'); END;
CREATE TRIGGER signature_stays BEFORE DELETE ON signature BEGIN SELECT RAISE(ABORT, 'signature is append-only'); END;
CREATE TRIGGER signed_statement_keeps BEFORE UPDATE ON signed_statement BEGIN SELECT RAISE(ABORT, 'signed_statement is append-only'); END;
CREATE TRIGGER signed_statement_stays BEFORE DELETE ON signed_statement BEGIN SELECT RAISE(ABORT, 'signed_statement is append-only'); END;
CREATE TRIGGER log_leaf_keeps BEFORE UPDATE ON log_leaf BEGIN SELECT RAISE(ABORT, 'log_leaf is append-only'); END;
CREATE TRIGGER log_leaf_stays BEFORE DELETE ON log_leaf BEGIN SELECT RAISE(ABORT, 'log_leaf is append-only'); END;
CREATE TRIGGER released_keeps BEFORE UPDATE ON released BEGIN SELECT RAISE(ABORT, 'released is append-only'); END;
CREATE TRIGGER released_stays BEFORE DELETE ON released BEGIN SELECT RAISE(ABORT, 'released is append-only'); END;
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- Four eyes. The proposer signs first, somebody else second, and both over the bytes of the proposal.
CREATE TRIGGER signature_same_bytes BEFORE INSERT ON signature
WHEN NEW.statement_sha256 <> (SELECT statement_sha256 FROM proposal WHERE listing_id = NEW.listing_id)
BEGIN SELECT RAISE(ABORT, 'the signature is over other bytes than the proposal'); END;

CREATE TRIGGER signature_proposer_first BEFORE INSERT ON signature
WHEN (NEW.place = 1) <> (NEW.officer_id = (SELECT proposed_by FROM proposal WHERE listing_id = NEW.listing_id))
BEGIN SELECT RAISE(ABORT, 'the proposer signs first and never second'); END;

CREATE TRIGGER signature_own_key BEFORE INSERT ON signature
WHEN NEW.key_id <> (SELECT key_id FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL)
    OR NOT EXISTS (SELECT 1 FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'only an active officer signs, with their own key'); END;

CREATE TRIGGER listing_two_officers BEFORE INSERT ON signed_statement
WHEN NEW.kind = 'list'
    AND (SELECT COUNT(DISTINCT officer_id) FROM signature WHERE listing_id = NEW.listing_id) < 2
BEGIN SELECT RAISE(ABORT, 'a listing needs the signatures of two officers'); END;

CREATE TRIGGER log_leaf_in_order BEFORE INSERT ON log_leaf
WHEN NEW.position <> (SELECT COUNT(*) FROM log_leaf)
BEGIN SELECT RAISE(ABORT, 'leaves are sequenced one after another'); END;
