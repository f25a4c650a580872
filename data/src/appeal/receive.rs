//! Taking an appeal in: once for the same words, and never more than people can read.

use blocklist::{
    Digest, DomainName, Scope, Timestamp,
    statement::{Statement, from_canonical},
};

use super::{
    AppealError, Kind, LONGEST_CONTACT, MOST_OPEN, MOST_WAITING, State, TEXT, bounded,
    code::{self, PUBLISHED_AS, Receipt},
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
    /// The receipt of an [`AppealError::ProofFirst`], of an owner who sends again.
    pub receipt: Option<&'a Receipt>,
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

/// How many said the same today or sent this receipt, and how many of this kind are open about this
/// listing; of owners, those of the listed name or those of names below it.
const CROWD: &str = "SELECT
    (SELECT COUNT(*) FROM appeal WHERE fingerprint = $1 OR receipt_sha256 = $7),
    (SELECT COUNT(*) FROM appeal a JOIN appeal_event e ON e.appeal_id = a.id
        JOIN proposal p ON p.listing_id = a.listing_id JOIN review_case c ON c.id = p.case_id
        WHERE a.listing_id = $2 AND a.kind = $3
            AND (a.kind = 'report' OR (a.host = c.host) = (c.host = $6))
            AND e.seq = (SELECT MAX(seq) FROM appeal_event WHERE appeal_id = a.id)
            AND e.state IN ($4, $5))";

/// Takes an appeal in.
///
/// # Errors
/// [`AppealError::Known`] and [`AppealError::Full`] before anything is written, so that a flood costs
/// little; [`AppealError::ProofFirst`] in place of the latter for an owner; [`AppealError::NotListed`],
/// [`AppealError::Field`].
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
    let receipt = match new.receipt {
        Some(receipt) => receipt.clone(),
        None => Receipt::new()?,
    };
    let door = Door::of(store, &new, receipt, most).await?;
    let receipt = door.receipt.sha256();
    let crowd: (i64, i64) = on!(store, |db| sqlx::query_as(CROWD)
        .bind(&fingerprint)
        .bind(&*storable(new.listing_id))
        .bind(new.kind.as_str())
        .bind(to.as_str())
        .bind(open.as_str())
        .bind(new.host.as_str())
        .bind(&receipt)
        .fetch_one(db)
        .await)?;
    door.admits(crowd)?;
    is_listed(store, &new, now).await?;
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
            .bind(new.host.as_str())
            .bind(&receipt)
            .fetch_one(&mut *tx)
            .await?;
        door.admits(crowd)?;
        let count: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *tx).await?;
        let id = format!("A-{:04}-{:06}", Timestamp(now).year(), count + 1);
        sqlx::query(SQL)
            .bind(&id)
            .bind(new.listing_id)
            .bind(new.host.as_str())
            .bind(new.kind.as_str())
            .bind(now)
            .bind(&receipt)
            .bind(&door.token)
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
    let Door { receipt, token, .. } = door;
    Ok(Received { id, receipt, token })
}

/// How many go in, and who goes in beyond them.
struct Door {
    most: i64,
    receipt: Receipt,
    /// An owner's.
    token: Option<String>,
    /// Whether the token stands at the host, as was seen when another's was looked for.
    seen: bool,
}

impl Door {
    async fn of(
        store: &Store,
        new: &NewAppeal<'_>,
        receipt: Receipt,
        most: i64,
    ) -> Result<Self, Error> {
        const SEEN: &str = "SELECT COUNT(*) FROM appeal_check WHERE host = $1 AND seen LIKE $2";
        let host = new.host.as_str();
        let token = match new.kind {
            Kind::Owner => Some(code::token(store, &receipt, new.listing_id, host).await?),
            Kind::Report => None,
        };
        // A fresh receipt's token stands nowhere yet.
        let seen: i64 = match (&token, new.receipt) {
            (Some(token), Some(_)) => on!(store, |db| sqlx::query_scalar(SEEN)
                .bind(host)
                .bind(format!("%{PUBLISHED_AS}{token}%"))
                .fetch_one(db)
                .await)?,
            _ => 0,
        };
        Ok(Self {
            most,
            receipt,
            token,
            seen: seen > 0,
        })
    }

    fn admits(&self, (same, open): (i64, i64)) -> Result<(), AppealError> {
        match &self.token {
            _ if same > 0 => Err(AppealError::Known),
            _ if open < self.most || self.seen => Ok(()),
            None => Err(AppealError::Full),
            Some(token) => Err(AppealError::ProofFirst {
                receipt: self.receipt.clone(),
                token: token.clone(),
            }),
        }
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
