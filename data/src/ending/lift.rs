//! Lifting: one officer takes a name off the list, for unblocking is faster than blocking. Another
//! officer looks at it afterwards ([`super::review`]).

use blocklist::{
    Digest, Timestamp,
    key::Role,
    statement::{Lift, Statement, VERSION},
};

use super::{
    LIFTS_A_DAY, close_matters, enter_lift,
    motion::{Action, Draft, enter_motion, oldest},
    subject,
};
use crate::{
    audit::append_audit,
    calendar,
    decide::{DecideError, check_key, enter_move, may_decide, moves::Move, required, sign_leaf},
    error::Error,
    officer::{self, Officer},
    pool::{Store, locks, random_id, transaction},
    queue,
};

/// What came of a lift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifted {
    /// The name is off the list as soon as the leaf is in the log.
    Done,
    /// The officer made [`LIFTS_A_DAY`] that day: it waits for another officer's signature.
    Waits,
}

/// Lifts a listing by one signature; beyond [`LIFTS_A_DAY`] of that officer in one day of the
/// [`calendar`], lets the lift wait for another officer ([`super::motion::second`]).
///
/// # Errors
/// When the listing is not on the list any more, or not yet; see [`DecideError`].
pub async fn lift(
    store: &Store,
    officer: &Officer,
    password: &str,
    listing_id: &str,
    reason_code: &str,
    reason: &str,
    now: i64,
) -> Result<Lifted, DecideError> {
    const MADE: &str = "SELECT COUNT(*) FROM lift WHERE lifted_by = $1 AND lifted_at >= $2";
    const MOVED: &str = "SELECT COUNT(*) FROM motion
        WHERE listing_id = $1 AND action = 'lift' AND moved_by = $2 AND moved_at > $3";
    may_decide(officer)?;
    required("reason", reason_code)?;
    let subject = subject(store, listing_id).await?;
    if subject.state != "listed" {
        return Err(DecideError::Stale);
    }
    check_key(store, officer).await?;
    let key = officer::unlock(store, officer, password, now).await?;
    let statement = Statement::Lift(Lift {
        v: VERSION,
        origin: subject.list.origin,
        name: subject.list.name,
        listing_id: subject.list.listing_id,
        reason: reason_code.to_owned(),
        at: Timestamp(now),
    });
    let leaf = sign_leaf(statement, &[(Role::Officer, &key)])?;
    let signed = leaf
        .statement
        .to_bytes()
        .map_err(|e| Error::stored("motion", e))?;
    let [signature] = leaf.signatures.as_slice() else {
        return Err(Error::stored("signed_statement", "one signature was made").into());
    };
    let bytes = leaf
        .to_bytes()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let step = Move {
        id: random_id()?,
        case_id: &subject.case_id,
        from: "listed",
        to: "lifted",
        officer,
        kind: "lift",
        reason_code,
        reason,
        at: now,
        review_at: None,
    };
    let draft = Draft {
        action: Action::Lift,
        listing_id,
        statement: &signed,
        signature: &signature.signature,
        reason_code,
        reason,
        officer,
        at: now,
    };
    let calendar = calendar::shipped()?;
    let (today, due_at) = (calendar.day_start(now), calendar.working_days(now, 1));
    let answered = random_id()?;
    let detail = serde_json::json!({ "key_id": officer.key_id.as_str(), "listing": listing_id });
    let lifted = transaction!(store, locks::OFFICE, |tx| {
        let made: i64 = sqlx::query_scalar(MADE)
            .bind(&officer.id)
            .bind(today)
            .fetch_one(&mut *tx)
            .await?;
        if made >= LIFTS_A_DAY {
            let moved: i64 = sqlx::query_scalar(MOVED)
                .bind(listing_id)
                .bind(&officer.id)
                .bind(oldest(now))
                .fetch_one(&mut *tx)
                .await?;
            if moved > 0 {
                // It waits already, and asking twice is no second signature.
                return Ok(Lifted::Waits);
            }
            // No move yet: the case stays where it is until somebody signs as well.
            enter_motion!(tx, draft);
            append_audit!(
                tx,
                now,
                &officer.id,
                "lift-propose",
                &subject.case_id,
                &detail
            );
            Lifted::Waits
        } else {
            enter_move!(tx, step);
            enter_lift!(tx, listing_id, &officer.id, None::<&str>, now, due_at);
            close_matters!(tx, listing_id, step, answered, "lift");
            sqlx::query(queue::INSERT)
                .bind("lift")
                .bind(listing_id)
                .bind(&bytes)
                .bind(Digest::of(&bytes).to_string())
                .bind(now)
                .execute(&mut *tx)
                .await?;
            Lifted::Done
        }
    });
    Ok(lifted)
}
