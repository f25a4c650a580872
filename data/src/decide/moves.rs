//! What every move has in common: the case changes its state, the decision and the audit row are
//! written, all in the transaction of whatever else the move does.

use crate::officer::Officer;

/// One move of a person on a case.
pub(crate) struct Move<'a> {
    /// Random id of the decision.
    pub(crate) id: i64,
    /// The case.
    pub(crate) case_id: &'a str,
    /// The state it must be in.
    pub(crate) from: &'static str,
    /// The state it comes into.
    pub(crate) to: &'static str,
    /// Who moves.
    pub(crate) officer: &'a Officer,
    /// What is done.
    pub(crate) kind: &'static str,
    /// Code of the reason.
    pub(crate) reason_code: &'a str,
    /// The reason in words.
    pub(crate) reason: &'a str,
    /// When.
    pub(crate) at: i64,
    /// Of a dismissal: from when the same evidence asks again.
    pub(crate) review_at: Option<i64>,
}

impl Move<'_> {
    /// Who reviews the case from now on, and since when: a case in review knows its taker, any other has none.
    pub(crate) fn taken(&self) -> (Option<&str>, Option<i64>) {
        let taken = self.to == IN_REVIEW;
        (
            taken.then_some(self.officer.id.as_str()),
            taken.then_some(self.at),
        )
    }
}

/// The state of a case that somebody took.
pub(crate) const IN_REVIEW: &str = "in_review";

/// Moves a case, if it is still in the state it was seen in.
pub(crate) const STATE: &str =
    "UPDATE review_case SET state = $1, taken_by = $4, taken_at = $5 WHERE id = $2 AND state = $3";

/// What was decided, in which role, and on which evidence.
pub(crate) const DECISION: &str = "INSERT INTO decision
    (id, case_id, officer_id, kind, reason_code, reason, decided_at, review_at, role, evidence_root)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT evidence_root FROM review_case WHERE id = $2))";

pub(crate) const SIGNATURE: &str = "INSERT INTO signature
    (listing_id, place, officer_id, key_id, statement_sha256, signature, signed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Enters a [`Move`] in the open transaction `tx`, which holds [`crate::pool::locks::OFFICE`]; a case that is no longer where it was seen makes
/// the whole transaction fall. A macro, because the two engines' transactions are two types.
macro_rules! enter_move {
    ($tx:ident, $step:expr) => {{
        let step = &$step;
        let (taken_by, taken_at) = step.taken();
        let moved = sqlx::query($crate::decide::moves::STATE)
            .bind(step.to)
            .bind(step.case_id)
            .bind(step.from)
            .bind(taken_by)
            .bind(taken_at)
            .execute(&mut *$tx)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(DecideError::Stale);
        }
        sqlx::query($crate::decide::moves::DECISION)
            .bind(step.id)
            .bind(step.case_id)
            .bind(&step.officer.id)
            .bind(step.kind)
            .bind(&*$crate::pool::storable(step.reason_code))
            .bind(&*$crate::pool::storable(step.reason))
            .bind(step.at)
            .bind(step.review_at)
            .bind(step.officer.role.as_str())
            .execute(&mut *$tx)
            .await?;
        let detail = serde_json::json!({ "key_id": step.officer.key_id.as_str() });
        $crate::audit::append_audit!($tx, step.at, &step.officer.id, step.kind, step.case_id, &detail);
    }};
}
pub(crate) use enter_move;
