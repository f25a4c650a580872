//! Moves that end things: a case without a listing, a listing before its time.

use blocklist::{
    Digest, Timestamp,
    key::Role,
    statement::{Lift, Statement, VERSION, from_canonical},
};

use super::{
    DecideError, MAX_REVIEW_DAYS, check_key, may_decide, moves::Move, required, sign_leaf,
    take::reviewed,
};
use crate::{
    case,
    error::Error,
    officer::{self, Officer},
    pool::{Store, locks, random_id, transaction},
    queue,
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

/// Lifts a listing. One officer is enough: unblocking is faster than blocking.
pub async fn lift(
    store: &Store,
    officer: &Officer,
    password: &str,
    listing_id: &str,
    reason_code: &str,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    required("reason", reason_code)?;
    let case_id = case::of_listing(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let proposal = case::proposal(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let list = match from_canonical(&proposal.statement) {
        Ok(Statement::List(list)) => list,
        _ => return Err(Error::stored("proposal", "not a listing").into()),
    };
    check_key(store, officer).await?;
    let key = officer::unlock(store, officer, password, now).await?;
    let statement = Statement::Lift(Lift {
        v: VERSION,
        origin: list.origin,
        name: list.name,
        listing_id: list.listing_id,
        reason: reason_code.to_owned(),
        at: Timestamp(now),
    });
    let leaf = sign_leaf(statement, &[(Role::Officer, &key)])?;
    let bytes = leaf
        .to_bytes()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let step = Move {
        id: random_id()?,
        case_id: &case_id,
        from: "listed",
        to: "lifted",
        officer,
        kind: "lift",
        reason_code,
        reason,
        at: now,
        review_at: None,
    };
    // With the listing goes the question whether to cancel its order.
    const CANCEL: &str = "SELECT id FROM review_case WHERE about = $1 AND state = 'open'";
    let answered = random_id()?;
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
        let cancel: Option<String> = sqlx::query_scalar(CANCEL)
            .bind(listing_id)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(cancel) = &cancel {
            let answer = Move {
                id: answered,
                case_id: cancel,
                from: "open",
                ..step
            };
            enter_move!(tx, answer);
        }
        sqlx::query(queue::INSERT)
            .bind("lift")
            .bind(listing_id)
            .bind(&bytes)
            .bind(Digest::of(&bytes).to_string())
            .bind(now)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}
