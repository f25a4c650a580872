//! Names of the raised tier: top sites and global brands. Two officers agree as on any other; then the
//! name stands a day in public notice ([`notices`]), and a lawyer signs the same bytes third before the
//! leaf goes to the log ([`legal_sign`]) or sends them back ([`withhold`]).
//!
//! When such a listing takes effect is signed with it, so the first officer's proposal leaves time for
//! the other signatures and the notice: [`AHEAD_SECONDS`]. Where the second officer comes so late that a
//! day no longer fits, or the lawyer after that time, the signature is refused.

use blocklist::{
    Digest, DomainName, Scope, Timestamp,
    guard::Refusal,
    key::Role,
    lifecycle::{Decision, Proposed},
    statement::{List, Statement, from_canonical},
    time::DAY_SECONDS,
};

use super::{
    DecideError,
    moves::{Move, SIGNATURE},
    required,
    signed::{decisions, for_the_log},
};
use crate::{
    case::{self, ProposalRow},
    error::{Error, Result},
    officer::{self, Officer},
    pool::{Store, locks, on, random_id, storable, transaction},
    queue,
};

/// How long a name of the raised tier stands in public notice before it is blocked, in seconds.
pub const RAISED_NOTICE_SECONDS: i64 = DAY_SECONDS;

/// From the first officer's signature to the moment the listing takes effect, in seconds: the notice,
/// and three days (a weekend among them) for the second officer to begin it.
pub const AHEAD_SECONDS: i64 = RAISED_NOTICE_SECONDS + 3 * DAY_SECONDS;

/// Marks a proposal as one of a name of the raised tier: it needs a third signature and the notice.
pub(super) const MARK: &str =
    "INSERT INTO raised_notice (listing_id, list, protected, effective_at)
    VALUES ($1, $2, $3, $4)";

/// Refuses what a proposal of a name of the raised tier cannot ask for.
pub(super) fn check_proposal(
    raised: Option<&Refusal>,
    urgent: Option<&str>,
) -> Result<(), DecideError> {
    match (raised, urgent) {
        (Some(_), Some(_)) => Err(DecideError::RaisedUrgent),
        _ => Ok(()),
    }
}

/// Whether the listing waits for a lawyer once the second officer signs at `now`.
///
/// # Errors
/// The guard's refusal for a name that became raised after it was proposed, and
/// [`DecideError::NoticeTooShort`] when a day of notice from now no longer fits.
pub(super) async fn waits_for_lawyer(
    store: &Store,
    listing_id: &str,
    raised: Option<Box<Refusal>>,
    now: i64,
) -> Result<bool, DecideError> {
    match (effective_at(store, listing_id).await?, raised) {
        (None, None) => Ok(false),
        (None, Some(refusal)) => Err(DecideError::Guarded(refusal)),
        (Some(effective_at), _) if now + RAISED_NOTICE_SECONDS <= effective_at => Ok(true),
        (Some(effective_at), _) => Err(DecideError::NoticeTooShort(Timestamp(effective_at))),
    }
}

/// When a marked listing takes effect; `None` for one that is not marked.
async fn effective_at(store: &Store, listing_id: &str) -> Result<Option<i64>> {
    const SQL: &str = "SELECT effective_at FROM raised_notice WHERE listing_id = $1";
    Ok(on!(store, |db| sqlx::query_scalar(SQL)
        .bind(&*storable(listing_id))
        .fetch_optional(db)
        .await)?)
}

/// Signs third, as a lawyer, and hands the leaf with all three signatures to the publisher. `shown` is
/// the hash of the statement on the page the lawyer read.
///
/// # Errors
/// [`DecideError::NotLegal`] for an account of another role, [`DecideError::Stale`] for a listing that
/// does not wait for a lawyer, [`DecideError::NoticeTooShort`] after the listing was to take effect.
pub async fn legal_sign(
    store: &Store,
    officer: &Officer,
    password: &str,
    listing_id: &str,
    shown: &str,
    now: i64,
) -> Result<(), DecideError> {
    if officer.role != Role::Legal {
        return Err(DecideError::NotLegal);
    }
    let (case_id, proposal) = waiting(store, listing_id).await?;
    if proposal.statement_sha256 != shown || Digest::of(&proposal.statement).to_string() != shown {
        return Err(DecideError::StatementChanged);
    }
    let list = listed(&proposal)?;
    // Since the second officer signed, the name stood in public notice: a day fits, or they had been
    // refused. What is left is that nothing takes effect the moment it enters the log.
    if now >= list.effective_at.0 {
        return Err(DecideError::NoticeTooShort(list.effective_at));
    }
    check(store, officer, &list).await?;
    let key = officer::unlock(store, officer, password, now).await?;
    let [first, second] = decisions(store, &list).await?;
    let third = Decision::sign(&list, Role::Legal, &key, Timestamp(now))
        .map_err(|e| Error::stored("proposal", e))?;
    let signature = third.signature.signature;
    let approved = Proposed::new(list, first)?.approve(second)?;
    let bytes = for_the_log(store, &approved.with_legal(third)?.leaf()).await?;
    let step = Move {
        id: random_id()?,
        case_id: &case_id,
        from: "listed",
        to: "listed",
        officer,
        kind: "legal-sign",
        reason_code: "signed",
        reason: "",
        at: now,
        review_at: None,
    };
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
        sqlx::query(SIGNATURE)
            .bind(listing_id)
            .bind(3i64)
            .bind(&officer.id)
            .bind(officer.key_id.as_str())
            .bind(shown)
            .bind(&signature.0[..])
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(queue::INSERT)
            .bind("list")
            .bind(listing_id)
            .bind(&bytes)
            .bind(Digest::of(&bytes).to_string())
            .bind(now)
            .execute(&mut *tx)
            .await?;
    });
    Ok(())
}

/// Sends a listing that waits for a lawyer back to the open cases, as the lawyer or an officer; its
/// notice ends, and its statement is never used again.
///
/// # Errors
/// [`DecideError::Stale`] for a listing that does not wait for a lawyer.
pub async fn withhold(
    store: &Store,
    officer: &Officer,
    listing_id: &str,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    if officer.role == Role::Admin {
        return Err(DecideError::NotLegal);
    }
    required("reason", reason)?;
    let (case_id, _) = waiting(store, listing_id).await?;
    let step = Move {
        id: random_id()?,
        case_id: &case_id,
        from: "listed",
        to: "open",
        officer,
        kind: "return",
        reason_code: "withheld",
        reason,
        at: now,
        review_at: None,
    };
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
    });
    Ok(())
}

/// Whether two officers signed this listing and a lawyer has to.
///
/// # Errors
/// When the store fails.
pub async fn awaits_lawyer(store: &Store, listing_id: &str) -> Result<bool> {
    match waiting(store, listing_id).await {
        Ok(_) => Ok(true),
        Err(DecideError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

/// The case and the proposal of a listing that two officers signed and a lawyer has to.
async fn waiting(store: &Store, listing_id: &str) -> Result<(String, ProposalRow), DecideError> {
    let proposal = case::proposal(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let case_id = case::of_listing(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let file = case::load(store, &case_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let waits = file.case.state == "listed"
        && file.case.listing_id.as_deref() == Some(listing_id)
        && proposal.signatures == 2
        && effective_at(store, listing_id).await?.is_some();
    if waits {
        Ok((case_id, proposal))
    } else {
        Err(DecideError::Stale)
    }
}

fn listed(proposal: &ProposalRow) -> Result<List> {
    match from_canonical(&proposal.statement) {
        Ok(Statement::List(list)) => Ok(list),
        Ok(_) => Err(Error::stored("proposal", "not a listing")),
        Err(error) => Err(Error::stored("proposal", error)),
    }
}

/// The checks of the third door: the lawyer's key, the ground, and a guard that has not become stricter.
async fn check(store: &Store, officer: &Officer, list: &List) -> Result<(), DecideError> {
    let mut record = store.read_record().await?;
    let fold = record.replay()?.fold();
    if fold.key(&officer.key_id, Role::Legal).is_none() {
        return Err(DecideError::KeyNotActive(officer.key_id.clone()));
    }
    if !fold.policy().bases.contains(&list.basis) {
        return Err(DecideError::Basis(list.basis.chars().take(80).collect()));
    }
    record.guard()?.check_with_legal(&list.name, list.scope)?;
    Ok(())
}

/// A name under public notice. Nothing in it is about people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The number the listing will have.
    pub listing_id: String,
    /// The name.
    pub name: DomainName,
    /// How far the listing reaches.
    pub scope: Scope,
    /// Code of the legal ground.
    pub basis: String,
    /// The body that gave the order.
    pub authority: String,
    /// Since when the notice is public: both officers have signed.
    pub from: Timestamp,
    /// When the listing takes effect, if a lawyer signs before.
    pub effective_at: Timestamp,
    /// Whether a lawyer has signed.
    pub signed: bool,
}

/// Names under notice at `now`, the newest first: from the second officer's signature until the listing
/// takes effect, is sent back or ends.
///
/// # Errors
/// When the store fails or holds what cannot be read.
pub async fn notices(store: &Store, now: i64) -> Result<Vec<Notice>> {
    const SQL: &str = "SELECT p.listing_id, p.statement, s.signed_at,
            (SELECT COUNT(*) FROM signature t WHERE t.listing_id = p.listing_id AND t.place = 3)
        FROM raised_notice n JOIN proposal p ON p.listing_id = n.listing_id
        JOIN signature s ON s.listing_id = p.listing_id AND s.place = 2
        JOIN review_case c ON c.id = p.case_id
        WHERE c.state = 'listed' AND n.effective_at > $1
            AND p.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = p.case_id)
        ORDER BY s.signed_at DESC, p.listing_id DESC";
    let rows: Vec<(String, Vec<u8>, i64, i64)> = on!(store, |db| sqlx::query_as(SQL)
        .bind(now)
        .fetch_all(db)
        .await)?;
    rows.into_iter()
        .map(|(listing_id, statement, from, third)| {
            let list = match from_canonical(&statement) {
                Ok(Statement::List(list)) => list,
                _ => return Err(Error::stored("proposal", "not a listing")),
            };
            Ok(Notice {
                listing_id,
                name: list.name,
                scope: list.scope,
                basis: list.basis,
                authority: list.order.authority,
                from: Timestamp(from),
                effective_at: list.effective_at,
                signed: third > 0,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
