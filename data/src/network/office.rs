//! What officers add to networks: cuts between two sites. Nothing is ever changed or taken away; a
//! later row undoes a cut.

use std::collections::BTreeSet;

use blocklist::key::Role;

use super::{Cause, conn::Conn, keep::regroup};
use crate::{
    audit::append_audit,
    error::Error,
    officer::Officer,
    pool::{Store, locks, storable, transaction},
};

/// Why an officer's move on a network was not made.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Only officers do this.
    #[error("only an officer does this")]
    NotAnOfficer,
    /// A field is missing or out of bounds; the field's name is given.
    #[error("the field `{0}` is missing or not acceptable")]
    Field(&'static str),
    /// There is no such tie or identifier, it is cut or marked already, or there is nothing to take back.
    #[error("there is nothing to do here any more; load the network again")]
    Stale,
    /// No network of that number.
    #[error("there is no network {0}")]
    Unknown(String),
    /// The same statement stands already.
    #[error("the same volume, with the same source, stands already")]
    Known,
    /// One of several volumes, counted from 1: none of them was entered.
    #[error("volume {0}: {1}; nothing was entered")]
    Volume(usize, Box<Self>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for NetworkError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

pub(super) fn may(officer: &Officer) -> Result<(), NetworkError> {
    if officer.role == Role::Officer {
        Ok(())
    } else {
        Err(NetworkError::NotAnOfficer)
    }
}

pub(super) fn words(field: &'static str, text: &str) -> Result<(), NetworkError> {
    if (1..=2000).contains(&text.trim().chars().count()) {
        Ok(())
    } else {
        Err(NetworkError::Field(field))
    }
}

/// Cuts the tie between two sites: whatever they share, it no longer links them. They stay in one
/// network where other sites connect them. `why` is for colleagues.
///
/// # Errors
/// [`NetworkError::Stale`] when the two are not tied, or their tie is cut already.
pub async fn cut(
    store: &Store,
    officer: &Officer,
    hosts: (&str, &str),
    why: &str,
    at: i64,
) -> Result<(), NetworkError> {
    change_cut(store, officer, hosts, why, at, Cause::Cut).await
}

/// Takes a cut back.
///
/// # Errors
/// [`NetworkError::Stale`] when there is no cut.
pub async fn undo_cut(
    store: &Store,
    officer: &Officer,
    hosts: (&str, &str),
    why: &str,
    at: i64,
) -> Result<(), NetworkError> {
    change_cut(store, officer, hosts, why, at, Cause::CutUndone).await
}

async fn change_cut(
    store: &Store,
    officer: &Officer,
    (one, other): (&str, &str),
    why: &str,
    at: i64,
    cause: Cause,
) -> Result<(), NetworkError> {
    may(officer)?;
    words("why", why)?;
    let (a, b) = if one < other {
        (one, other)
    } else {
        (other, one)
    };
    let (a, b, why) = (&*storable(a), &*storable(b), &*storable(why));
    const TIED: &str = "SELECT strength FROM network_edge
        WHERE host_a = $1 AND host_b = $2 ORDER BY seq DESC LIMIT 1";
    const LAST: &str = "SELECT kind FROM network_cut
        WHERE host_a = $1 AND host_b = $2 ORDER BY seq DESC LIMIT 1";
    const SQL: &str = "INSERT INTO network_cut (seq, host_a, host_b, kind, officer_id, why, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let kind = match cause {
        Cause::Cut => "cut",
        _ => "undo",
    };
    transaction!(store, locks::OFFICE_AND_NETWORKS, |tx| {
        let mut conn = Conn::from(&mut *tx);
        let pair = [a.into(), b.into()];
        let tied: Vec<(i64,)> = conn.all(TIED, &pair).await?;
        let last: Vec<(String,)> = conn.all(LAST, &pair).await?;
        let is_tied = tied.first().is_some_and(|row| row.0 > 0);
        let is_cut = last.first().is_some_and(|row| row.0 == "cut");
        let fits = match cause {
            Cause::Cut => is_tied && !is_cut,
            _ => is_cut,
        };
        if !fits {
            return Err(NetworkError::Stale);
        }
        let seq = conn.next_seq("network_cut").await?;
        let values = [
            seq.into(),
            a.into(),
            b.into(),
            kind.into(),
            (&officer.id).into(),
            why.into(),
            at.into(),
        ];
        conn.run(SQL, &values).await?;
        let subject = format!("{a} {b}");
        let hosts = BTreeSet::from([a.to_owned(), b.to_owned()]);
        regroup(&mut conn, hosts, at, cause, &subject).await?;
        let action = match cause {
            Cause::Cut => "network.cut",
            _ => "network.cut.undo",
        };
        let detail = serde_json::json!({ "why": why });
        append_audit!(tx, at, &officer.id, action, &subject, &detail);
    });
    Ok(())
}
