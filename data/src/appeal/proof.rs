//! Proof of control: which tokens are to be looked for where, and what was seen there.
//!
//! Whoever looks (a process with a crawler in it) asks once for a host, whatever number of appeals
//! wait for it, and compares what is published with the token of each.

use blocklist::{DomainName, time::DAY_SECONDS};
use serde::{Deserialize, Serialize};

use super::{
    AppealError, MOST_OPEN, State, keep,
    trail::{Actor, Step},
};
use crate::{
    error::{Error, Result},
    pool::{Store, locks, on, transaction},
};

/// Days an owner has to publish the token.
pub const PROOF_DAYS: i64 = 7;

/// Between two looks at one host, in seconds.
pub const LOOK_EVERY: i64 = 600;

/// Between two looks that a sender asks for, in seconds.
pub const LOOK_AGAIN: i64 = 60;

/// The longest text of others that is kept of one look, in characters.
pub const LONGEST_SEEN: usize = 300;

/// One place that was asked, and what was seen there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// What was asked: `TXT _qalqan.obmen.test`, or an address.
    pub asked: String,
    /// What came of it.
    pub seen: Seen,
    /// In the words of whoever answered: another text, a status, an error. At most [`LONGEST_SEEN`]
    /// characters, written by nobody we trust.
    pub detail: String,
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The token.
    Token,
    /// Something else than the token.
    Other,
    /// The name does not exist, or has no such record; the file is not there.
    Nothing,
    /// No answer, or one that says nothing either way.
    NoAnswer,
}

/// A host at which tokens are waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The host.
    pub host: DomainName,
    /// Appeals about it, each with its token.
    pub tokens: Vec<(String, String)>,
}

/// The next host at which a look is due, taken for this process: others come to it after
/// [`LOOK_EVERY`].
///
/// # Errors
/// When the store fails.
pub async fn next(store: &Store, now: i64) -> Result<Option<Waiting>> {
    const DUE: &str =
        "SELECT host FROM appeal_check WHERE next_at <= $1 ORDER BY next_at, host LIMIT 1";
    const TAKE: &str = "UPDATE appeal_check SET next_at = $1 WHERE host = $2 AND next_at <= $3";
    const TOKENS: &str =
        "SELECT a.id, a.token FROM appeal_check c JOIN appeal a ON a.id = c.appeal_id
        WHERE c.host = $1 AND a.token IS NOT NULL ORDER BY a.id";
    loop {
        let due: Option<String> = on!(store, |db| sqlx::query_scalar(DUE)
            .bind(now)
            .fetch_optional(db)
            .await)?;
        let Some(host) = due else { return Ok(None) };
        let taken = on!(store, |db| sqlx::query(TAKE)
            .bind(now + LOOK_EVERY)
            .bind(&host)
            .bind(now)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        // Another process was first; there may be another host.
        if taken == 0 {
            continue;
        }
        let tokens = on!(store, |db| sqlx::query_as(TOKENS)
            .bind(&host)
            .fetch_all(db)
            .await)?;
        let host =
            DomainName::parse(&host).map_err(|error| Error::stored("appeal_check", error))?;
        return Ok(Some(Waiting { host, tokens }));
    }
}

/// Keeps what was seen for one appeal; with the token among it, control is proved. Gives whether the
/// appeal went on to people: not when it is no longer waiting, nor while [`MOST_OPEN`] of its kind
/// are before them, of owners of the listed name or of owners of names below it.
///
/// # Errors
/// When the store fails.
pub async fn found(store: &Store, id: &str, looks: &[Look], now: i64) -> Result<bool, AppealError> {
    const SEEN: &str = "UPDATE appeal_check SET checked_at = $1, seen = $2 WHERE appeal_id = $3";
    const OPEN: &str = "SELECT COUNT(*) FROM appeal a JOIN appeal_event e ON e.appeal_id = a.id
        JOIN appeal mine ON mine.listing_id = a.listing_id
        JOIN proposal p ON p.listing_id = a.listing_id JOIN review_case c ON c.id = p.case_id
        WHERE mine.id = $1 AND a.kind = 'owner' AND (a.host = c.host) = (mine.host = c.host)
            AND e.seq = (SELECT MAX(seq) FROM appeal_event WHERE appeal_id = a.id)
            AND e.state IN ('proved', 'taken')";
    let seen = serde_json::to_string(looks).map_err(|e| Error::stored("appeal_check", e))?;
    on!(store, |db| sqlx::query(SEEN)
        .bind(now)
        .bind(&*crate::pool::storable(&seen))
        .bind(id)
        .execute(db)
        .await
        .map(|_| ()))?;
    if !looks.iter().any(|look| look.seen == Seen::Token) {
        return Ok(false);
    }
    transaction!(store, locks::OFFICE, |tx| {
        let (state, _) = last_state!(tx, id);
        let open: i64 = sqlx::query_scalar(OPEN)
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
        if state != State::ProofWanted || open >= MOST_OPEN {
            return Ok(false);
        }
        let mut step = Step::new(id, "prove", State::Proved, Actor::Machine, now);
        step.note = &seen;
        enter_step!(tx, step);
        sqlx::query(keep::NO_CHECK)
            .bind(id)
            .execute(&mut *tx)
            .await?;
    });
    Ok(true)
}

/// Reads what was kept of a look.
pub(super) fn looks(seen: &str) -> Result<Vec<Look>> {
    serde_json::from_str(seen).map_err(|error| Error::stored("appeal_check", error))
}

/// The days until an appeal received at `at` lapses unproved.
pub fn lapses_at(at: i64) -> i64 {
    at.saturating_add(PROOF_DAYS * DAY_SECONDS)
}
