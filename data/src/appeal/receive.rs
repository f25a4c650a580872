//! Taking an appeal in: once for the same words, and never more than people can read.

use blocklist::{
    Digest, DomainName, Scope, Timestamp,
    statement::{Statement, from_canonical},
};

use super::{
    AppealError, Kind, LONGEST_CONTACT, MOST_OPEN, MOST_WAITING, State, TEXT, bounded,
    code::{self, Receipt},
    keep,
    trail::{Actor, Step},
};
use crate::{
    calendar, case,
    error::Error,
    pool::{Store, locks, on, storable, transaction},
};

/// What a sender fills in.
#[derive(Clone, Copy, Debug)]
pub struct NewAppeal<'a> {
    /// The listing.
    pub listing_id: &'a str,
    /// The name it is about: the listed one, or one below it.
    pub host: &'a DomainName,
    /// Who appeals.
    pub kind: Kind,
    /// What they say, [`TEXT`] letters.
    pub text: &'a str,
    /// Where to answer, if they like, up to [`LONGEST_CONTACT`] letters.
    pub contact: Option<&'a str>,
}

/// What the sender is told, once.
#[derive(Clone, Debug)]
pub struct Received {
    /// `A-2026-000001`.
    pub id: String,
    /// By which the sender comes back.
    pub receipt: Receipt,
    /// What an owner publishes to prove control.
    pub token: Option<String>,
}

/// Name of the secret in the hashes by which the same words are known again: without it nobody can
/// try from a copy of the table what somebody wrote.
const SAME_WORDS: &str = "appeal-words";

/// How many said the same today, and how many of this kind are open about this listing.
const CROWD: &str = "SELECT (SELECT COUNT(*) FROM appeal WHERE fingerprint = $1),
    (SELECT COUNT(*) FROM appeal a JOIN appeal_event e ON e.appeal_id = a.id
        WHERE a.listing_id = $2 AND a.kind = $3
            AND e.seq = (SELECT MAX(seq) FROM appeal_event WHERE appeal_id = a.id)
            AND e.state IN ($4, $5))";

/// Takes an appeal in.
///
/// # Errors
/// [`AppealError::Known`] and [`AppealError::Full`] before anything is written, so that a flood costs
/// little; [`AppealError::NotListed`], [`AppealError::Field`].
pub async fn receive(store: &Store, new: NewAppeal<'_>, now: i64) -> Result<Received, AppealError> {
    bounded("text", new.text, TEXT)?;
    let contact = new.contact.map(str::trim).filter(|text| !text.is_empty());
    bounded("contact", contact.unwrap_or_default(), 0..=LONGEST_CONTACT)?;
    let fingerprint = fingerprint(store, &new, now).await?;
    // A report goes on to people; an owner's waits for its proof.
    let (to, open, most) = match new.kind {
        Kind::Report => (State::Received, State::Taken, MOST_OPEN),
        Kind::Owner => (State::ProofWanted, State::ProofWanted, MOST_WAITING),
    };
    let crowd: (i64, i64) = on!(store, |db| sqlx::query_as(CROWD)
        .bind(&fingerprint)
        .bind(&*storable(new.listing_id))
        .bind(new.kind.as_str())
        .bind(to.as_str())
        .bind(open.as_str())
        .fetch_one(db)
        .await)?;
    bound(crowd, most)?;
    is_listed(store, &new, now).await?;
    let receipt = Receipt::new()?;
    let token = match new.kind {
        Kind::Owner => Some(code::token()?),
        Kind::Report => None,
    };
    const COUNT: &str = "SELECT COUNT(*) FROM appeal";
    const SQL: &str = "INSERT INTO appeal
        (id, listing_id, host, kind, received_at, receipt_sha256, token, fingerprint)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const CHECK: &str = "INSERT INTO appeal_check (appeal_id, host, next_at, seen)
        VALUES ($1, $2, $3, '[]')";
    let sealing = keep::Sealing::of(store).await?;
    let id = transaction!(store, locks::OFFICE, |tx| {
        let crowd: (i64, i64) = sqlx::query_as(CROWD)
            .bind(&fingerprint)
            .bind(new.listing_id)
            .bind(new.kind.as_str())
            .bind(to.as_str())
            .bind(open.as_str())
            .fetch_one(&mut *tx)
            .await?;
        bound(crowd, most)?;
        let count: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *tx).await?;
        let id = format!("A-{:04}-{:06}", Timestamp(now).year(), count + 1);
        sqlx::query(SQL)
            .bind(&id)
            .bind(new.listing_id)
            .bind(new.host.as_str())
            .bind(new.kind.as_str())
            .bind(now)
            .bind(receipt.sha256())
            .bind(&token)
            .bind(&fingerprint)
            .execute(&mut *tx)
            .await?;
        sqlx::query(keep::WORDS)
            .bind(&id)
            .bind(keep::TEXT_PART)
            .bind(&*storable(new.text.trim()))
            .execute(&mut *tx)
            .await?;
        if let Some(contact) = contact {
            sqlx::query(keep::CONTACT)
                .bind(&id)
                .bind(sealing.seal(&id, contact)?)
                .execute(&mut *tx)
                .await?;
        }
        enter_step!(tx, Step::new(&id, "receive", to, Actor::Sender, now));
        if new.kind == Kind::Owner {
            sqlx::query(CHECK)
                .bind(&id)
                .bind(new.host.as_str())
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        id
    });
    Ok(Received { id, receipt, token })
}

fn bound((same, open): (i64, i64), most: i64) -> Result<(), AppealError> {
    match (same, open) {
        (1.., _) => Err(AppealError::Known),
        (_, open) if open >= most => Err(AppealError::Full),
        _ => Ok(()),
    }
}

/// A keyed hash of what is said about what on which day: spaces, signs and case do not make it new.
async fn fingerprint(store: &Store, new: &NewAppeal<'_>, now: i64) -> Result<String, Error> {
    let said: String = new
        .text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let secret = store.secret(SAME_WORDS).await?;
    let parts = (
        secret,
        new.listing_id,
        new.kind.as_str(),
        new.host.as_str(),
        calendar::shipped()?.day_start(now),
        said,
    );
    // Texts and a number always have a form.
    let bytes = serde_json::to_vec(&parts).map_err(|e| Error::stored("appeal", e))?;
    Ok(Digest::of(&bytes).to_string())
}

/// Whether the listing stands, and covers the name.
async fn is_listed(store: &Store, new: &NewAppeal<'_>, now: i64) -> Result<(), AppealError> {
    let not_listed = || AppealError::NotListed;
    let case_id = case::of_listing(store, new.listing_id)
        .await?
        .ok_or_else(not_listed)?;
    let file = case::load(store, &case_id).await?.ok_or_else(not_listed)?;
    let current = file.case.listing_id.as_deref() == Some(new.listing_id);
    if file.case.state != "listed" || !current {
        return Err(not_listed());
    }
    let proposal = file.proposal.ok_or_else(not_listed)?;
    let Ok(Statement::List(list)) = from_canonical(&proposal.statement) else {
        return Err(Error::stored("proposal", "not a listing").into());
    };
    let covers = match list.scope {
        Scope::Host => *new.host == list.name,
        Scope::Subtree => new.host.is_at_or_below(&list.name),
    };
    if covers && list.expires_at > Timestamp(now) {
        Ok(())
    } else {
        Err(not_listed())
    }
}
