//! The second officer's moves: sign the same bytes, or send them back.

use blocklist::{
    Digest, Timestamp,
    key::Role,
    lifecycle::{Decision, Proposed},
    statement::{Statement, from_canonical},
};

use super::{
    DecideError, check_listing, fresh, lapse, legal, live_case, may_decide,
    moves::{Move, SIGNATURE},
    required,
    signed::{decisions, for_the_log},
};
use crate::{
    case,
    error::{Error, Result},
    officer::{self, Officer},
    pool::{Store, locks, random_id, transaction},
    queue,
};

/// Approves a proposal: the second officer signs the same bytes, and the leaf goes to the log; that of
/// a name of the raised tier once a lawyer has signed as well.
/// `shown` is the hash of the statement on the page the officer read.
pub async fn approve(
    store: &Store,
    officer: &Officer,
    password: &str,
    listing_id: &str,
    shown: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    let proposal = case::proposal(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let case_id = live_case(store, listing_id).await?;
    if proposal.proposed_by == officer.id {
        return Err(DecideError::SameOfficer);
    }
    if proposal.statement_sha256 != shown || Digest::of(&proposal.statement).to_string() != shown {
        return Err(DecideError::StatementChanged);
    }
    if now > lapse::last_moment(proposal.proposed_at) {
        return Err(DecideError::ProposalExpired);
    }
    let list = match from_canonical(&proposal.statement) {
        Ok(Statement::List(list)) => list,
        _ => return Err(Error::stored("proposal", "not a listing").into()),
    };
    let raised = check_listing(store, officer, &list.name, list.scope, &list.basis).await?;
    let waits = legal::waits_for_lawyer(store, listing_id, raised, now).await?;
    let file = case::load(store, &case_id)
        .await?
        .ok_or(DecideError::Stale)?;
    fresh::for_approval(store, &file, &list.name, now).await?;
    // An emergency listing whose day went by before it was approved would end as it begins.
    if list.number_due().is_some_and(|due| now >= due.0) {
        return Err(DecideError::NumberLate);
    }
    let key = officer::unlock(store, officer, password, now).await?;
    let [first] = decisions(store, &list).await?;
    let second = Decision::sign(&list, Role::Officer, &key, Timestamp(now))
        .map_err(|e| Error::stored("proposal", e))?;
    let signature = second.signature.signature;
    let leaf = Proposed::new(list, first)?.approve(second)?.leaf();
    let bytes = for_the_log(store, &leaf).await?;
    let step = Move {
        id: random_id()?,
        case_id: &case_id,
        from: "proposed",
        to: "listed",
        officer,
        kind: "approve",
        reason_code: "approved",
        reason: "",
        at: now,
        review_at: None,
    };
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
        sqlx::query(SIGNATURE)
            .bind(listing_id)
            .bind(2i64)
            .bind(&officer.id)
            .bind(officer.key_id.as_str())
            .bind(shown)
            .bind(&signature.0[..])
            .bind(now)
            .execute(&mut *tx)
            .await?;
        if !waits {
            sqlx::query(queue::INSERT)
                .bind("list")
                .bind(listing_id)
                .bind(&bytes)
                .bind(Digest::of(&bytes).to_string())
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// Sends a proposal back to the open cases; its statement is never used again.
pub async fn send_back(
    store: &Store,
    officer: &Officer,
    listing_id: &str,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    required("reason", reason)?;
    let case_id = live_case(store, listing_id).await?;
    let step = Move {
        id: random_id()?,
        case_id: &case_id,
        from: "proposed",
        to: "open",
        officer,
        kind: "return",
        reason_code: "returned",
        reason,
        at: now,
        review_at: None,
    };
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
    });
    Ok(())
}
