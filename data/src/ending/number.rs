//! The number of an emergency listing's order (DESIGN rule 1): the order itself was attached before
//! anybody signed; its number may follow within 24 hours, by two officers, or the listing ends.

use std::collections::BTreeSet;

use blocklist::{
    Timestamp,
    statement::{OrderNumber, Statement, VERSION},
};

use super::{
    Subject,
    motion::{self, Action, Asked},
    subject,
};
use crate::{
    decide::{DecideError, may_decide},
    error::Result,
    officer::Officer,
    pool::{Store, on},
};

/// The longest number of an order, in characters.
pub const MAX_NUMBER: usize = 200;

/// Moves the number of an emergency listing's order: the first officer signs, and it waits for another
/// (see [`motion::second`]).
///
/// # Errors
/// When the listing has its number already, or has ended for want of it; see [`DecideError`].
pub async fn give(
    store: &Store,
    officer: &Officer,
    password: &str,
    listing_id: &str,
    number: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    let number = number.trim();
    if !(1..=MAX_NUMBER).contains(&number.chars().count()) {
        return Err(DecideError::Field("order_number"));
    }
    let subject = subject(store, listing_id).await?;
    open(store, &subject, now).await?;
    let statement = Statement::OrderNumber(OrderNumber {
        v: VERSION,
        origin: subject.list.origin.clone(),
        listing_id: subject.list.listing_id.clone(),
        number: number.to_owned(),
        at: Timestamp(now),
    });
    let asked = Asked {
        action: Action::OrderNumber,
        kind: "number",
        statement: &statement,
        reason_code: "order-number",
        reason: number,
    };
    motion::move_it(store, officer, password, &subject, asked, now).await
}

/// Refuses unless the listing lacks its number and there is time to bring it.
pub(super) async fn open(store: &Store, subject: &Subject, now: i64) -> Result<(), DecideError> {
    let due = subject.list.number_due().ok_or(DecideError::NumberKnown)?;
    if given(store, subject.list.listing_id.as_str()).await? {
        return Err(DecideError::NumberKnown);
    }
    if now >= due.0 {
        return Err(DecideError::NumberLate);
    }
    if subject.state == "listed" {
        Ok(())
    } else {
        Err(DecideError::Stale)
    }
}

/// Whether two officers have signed the number of a listing's order after the listing.
///
/// # Errors
/// When the store fails.
pub async fn given(store: &Store, listing_id: &str) -> Result<bool> {
    const SQL: &str =
        "SELECT COUNT(*) FROM signed_statement WHERE kind = 'order.number' AND listing_id = $1";
    let signed: i64 = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(listing_id)
        .fetch_one(db)
        .await)?;
    Ok(signed > 0)
}

/// The listings whose order got its number after they were signed.
///
/// # Errors
/// When the store fails.
pub async fn given_later(store: &Store) -> Result<BTreeSet<String>> {
    const SQL: &str = "SELECT listing_id FROM signed_statement
        WHERE kind = 'order.number' AND listing_id IS NOT NULL";
    let later: Vec<String> = on!(store, |db| sqlx::query_scalar(SQL).fetch_all(db).await)?;
    Ok(later.into_iter().collect())
}
