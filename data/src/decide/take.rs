//! Taking a case for review, and giving it back.

use super::{
    DecideError, may_decide,
    moves::{IN_REVIEW, Move},
};
use crate::{
    error::Error,
    officer::Officer,
    pool::{Store, locks, on, random_id, storable, transaction},
};

/// Takes a case: colleagues see who looks at it, and only the taker proposes or dismisses. A case that a
/// colleague holds is taken over, for people fall ill; both moves stand in its history. Taking one's
/// own case once more changes nothing.
///
/// # Errors
/// [`DecideError::Stale`] for a case that does not wait for a review.
pub async fn take(
    store: &Store,
    officer: &Officer,
    case_id: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    let from = match held(store, case_id).await? {
        Held::Open => OPEN,
        Held::By(taker) if taker.id == officer.id => return Ok(()),
        Held::By(_) => IN_REVIEW,
    };
    step(store, officer, case_id, from, IN_REVIEW, "take", now).await
}

/// Gives a case back to the queue. Any officer may.
///
/// # Errors
/// [`DecideError::Stale`] for a case that nobody has taken.
pub async fn release(
    store: &Store,
    officer: &Officer,
    case_id: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    step(store, officer, case_id, IN_REVIEW, OPEN, "release", now).await
}

/// The state from which this officer may propose or dismiss: nobody has taken the case, or they have.
pub(super) async fn reviewed(
    store: &Store,
    officer: &Officer,
    case_id: &str,
) -> Result<&'static str, DecideError> {
    match held(store, case_id).await? {
        Held::Open => Ok(OPEN),
        Held::By(taker) if taker.id == officer.id => Ok(IN_REVIEW),
        Held::By(taker) => Err(DecideError::Taken(taker.display_name)),
    }
}

const OPEN: &str = "open";

#[derive(sqlx::FromRow)]
struct Taker {
    id: String,
    display_name: String,
}

enum Held {
    Open,
    By(Taker),
}

/// Who has the case, if it waits for a review.
async fn held(store: &Store, case_id: &str) -> Result<Held, DecideError> {
    const STATE: &str = "SELECT state FROM review_case WHERE id = $1";
    const TAKER: &str = "SELECT o.id, o.display_name FROM review_case c
        JOIN officer o ON o.id = c.taken_by WHERE c.id = $1";
    let id = storable(case_id);
    let state: Option<String> = on!(store, |db| sqlx::query_scalar(STATE)
        .bind(&*id)
        .fetch_optional(db)
        .await)
    .map_err(Error::from)?;
    match state.as_deref() {
        Some(OPEN) => return Ok(Held::Open),
        Some(IN_REVIEW) => {}
        _ => return Err(DecideError::Stale),
    }
    let taker: Option<Taker> = on!(store, |db| sqlx::query_as(TAKER)
        .bind(&*id)
        .fetch_optional(db)
        .await)
    .map_err(Error::from)?;
    // Given back between the two looks.
    taker.map(Held::By).ok_or(DecideError::Stale)
}

async fn step(
    store: &Store,
    officer: &Officer,
    case_id: &str,
    from: &'static str,
    to: &'static str,
    kind: &'static str,
    now: i64,
) -> Result<(), DecideError> {
    let step = Move {
        id: random_id()?,
        case_id,
        from,
        to,
        officer,
        kind,
        reason_code: "",
        reason: "",
        at: now,
        review_at: None,
    };
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
    });
    Ok(())
}
