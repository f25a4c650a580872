//! Annulment: two officers say that a listing should never have been. One moves, another seconds
//! ([`motion::second`]); what is public then says that it was our error.

use blocklist::{
    Timestamp,
    statement::{Annul, Statement, VERSION},
};

use super::{
    motion::{self, Action, Asked},
    subject,
};
use crate::{
    decide::{DecideError, may_decide, required},
    error::Result,
    officer::Officer,
    pool::Store,
};

/// Moves to annul a listing: one that is listed, was lifted or is over. `reason_code` is shown to the
/// public, `reason` to colleagues.
///
/// # Errors
/// When the listing is not in the log yet or was annulled; see [`DecideError`].
pub async fn propose(
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
    required("reason", reason)?;
    let subject = subject(store, listing_id).await?;
    let statement = Statement::Annul(Annul {
        v: VERSION,
        origin: subject.list.origin.clone(),
        listing_id: subject.list.listing_id.clone(),
        reason: reason_code.to_owned(),
        at: Timestamp(now),
    });
    let asked = Asked {
        action: Action::Annul,
        kind: "annul-propose",
        statement: &statement,
        reason_code,
        reason,
    };
    motion::move_it(store, officer, password, &subject, asked, now).await
}
