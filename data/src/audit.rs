//! Who did what, inside: append-only and hash-chained, so that a changed or missing row shows. A chain
//! that was computed anew from its first row on shows by the anchors in the public log ([`Anchored`]).

mod walk;

pub use walk::{Anchored, Broken, Head, Walked, anchors, walk};

use blocklist::Digest;
use serde_json::Value;

use crate::{
    error::{Error, Result},
    pool::{Store, locks, transaction},
};

/// The hash before the first row.
pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A row of the chain.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Its place, from 1.
    pub seq: i64,
    /// When.
    pub at: i64,
    /// An officer's id, or `crawler`, `publisher`, `cli`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More, as JSON.
    pub detail: String,
    /// Hash of the row before.
    pub prev_hash: String,
    /// Hash of this row.
    pub hash: String,
}

pub(crate) const LAST: &str = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
pub(crate) const INSERT: &str =
    "INSERT INTO audit (seq, at, actor, action, subject, detail, prev_hash, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// The next row after `last` (its place and hash).
pub(crate) fn next(
    last: Option<(i64, String)>,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Row {
    let (seq, prev_hash) = last.unwrap_or((0, START.to_owned()));
    let detail = detail.to_string();
    let seq = seq + 1;
    let hash = hash(seq, at, actor, action, subject, &detail, &prev_hash);
    let own = str::to_owned;
    Row {
        seq,
        at,
        actor: own(actor),
        action: own(action),
        subject: own(subject),
        detail,
        prev_hash,
        hash,
    }
}

fn hash(
    seq: i64,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
    prev: &str,
) -> String {
    // A JSON array keeps the fields apart, whatever they hold.
    let fields = serde_json::json!([seq, at, actor, action, subject, detail, prev]);
    Digest::of(fields.to_string().as_bytes()).to_string()
}

/// Appends a row inside the open transaction `tx`, so that what was done and the record of it stand
/// or fall together. The transaction holds [`crate::pool::locks::OFFICE`], so the row it finds last is
/// the last; a fork of the chain would break on the primary key besides. A macro, because the two engines' transactions are two types.
macro_rules! append_audit {
    ($tx:ident, $at:expr, $actor:expr, $action:expr, $subject:expr, $detail:expr) => {{
        let last: Option<(i64, String)> = sqlx::query_as($crate::audit::LAST)
            .fetch_optional(&mut *$tx)
            .await?;
        let row = $crate::audit::next(last, $at, $actor, $action, $subject, $detail);
        sqlx::query($crate::audit::INSERT)
            .bind(row.seq)
            .bind(row.at)
            .bind(&row.actor)
            .bind(&row.action)
            .bind(&row.subject)
            .bind(&row.detail)
            .bind(&row.prev_hash)
            .bind(&row.hash)
            .execute(&mut *$tx)
            .await?;
    }};
}
pub(crate) use append_audit;

/// Adds a row to the chain.
pub async fn record(
    store: &Store,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Result<()> {
    transaction!(store, locks::OFFICE, |tx| {
        append_audit!(tx, at, actor, action, subject, detail);
    });
    Ok(())
}

/// Walks the whole chain. Gives the number of rows and the last hash; a broken chain is an error
/// that names the row. [`walk()`] names every one of them.
pub async fn verify(store: &Store) -> Result<(i64, String)> {
    let walked = walk(store, Head::default(), &[]).await?;
    match walked.broken.first() {
        None => Ok((walked.head.rows, walked.head.hash)),
        Some(broken) => Err(Error::stored("audit", broken)),
    }
}
