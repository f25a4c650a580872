//! Closing a case without a listing.

use super::{DecideError, MAX_REVIEW_DAYS, may_decide, moves::Move, required, take::reviewed};
use crate::{
    case,
    officer::Officer,
    pool::{Store, locks, random_id, transaction},
};

/// Closes an open case without a listing. The same evidence opens no other case of the site for
/// `review_days`, between 1 and [`MAX_REVIEW_DAYS`]; something new in substance does.
pub async fn dismiss(
    store: &Store,
    officer: &Officer,
    case_id: &str,
    reason_code: &str,
    reason: &str,
    review_days: u32,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    required("reason", reason_code)?;
    if !(1..=MAX_REVIEW_DAYS).contains(&review_days) {
        return Err(DecideError::Field("review_days"));
    }
    let step = Move {
        id: random_id()?,
        case_id,
        from: reviewed(store, officer, case_id).await?,
        to: "dismissed",
        officer,
        kind: "dismiss",
        reason_code,
        reason,
        at: now,
        review_at: Some(case::review_at(now, review_days)),
    };
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
    });
    Ok(())
}
