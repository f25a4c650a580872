//! "This identifier is nobody's": an officer's word that what many sites show says nothing about who
//! runs them, such as a studio's phone or the key of a host of many. From then on it ties nobody.
//! Nothing is changed or taken away; a later row takes the mark back.

use std::collections::HashSet;

use serde::Serialize;

use super::{
    Cause, NetworkError, Rules,
    conn::{Conn, Value},
    keep, mask,
    office::{may, words},
    seen,
};
use crate::{
    audit::append_audit,
    error::Result,
    officer::Officer,
    pool::{Store, locks, on, storable, transaction},
};

/// A mark that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Mark {
    /// The identifier's kind.
    pub kind: String,
    /// The identifier, in full: it may be a person's.
    pub value: String,
    /// Who, by display name: for the console only.
    pub officer: String,
    /// Why, in their words.
    pub why: String,
    /// When, in Unix seconds.
    #[serde(with = "super::rfc3339")]
    pub at: i64,
}

/// Marks an identifier, given by kind and value, as nobody's: it ties no two sites from now on.
/// `why` is for colleagues.
///
/// # Errors
/// [`NetworkError::Stale`] when no site shows it, or it is marked already.
pub async fn mark_nobodys(
    store: &Store,
    officer: &Officer,
    identifier: (&str, &str),
    why: &str,
    at: i64,
    rules: &impl Rules,
) -> Result<(), NetworkError> {
    change(store, officer, identifier, why, at, Cause::Mark, rules).await
}

/// Takes a mark back.
///
/// # Errors
/// [`NetworkError::Stale`] when there is none.
pub async fn undo_nobodys(
    store: &Store,
    officer: &Officer,
    identifier: (&str, &str),
    why: &str,
    at: i64,
    rules: &impl Rules,
) -> Result<(), NetworkError> {
    change(
        store,
        officer,
        identifier,
        why,
        at,
        Cause::MarkUndone,
        rules,
    )
    .await
}

async fn change(
    store: &Store,
    officer: &Officer,
    (kind, value): (&str, &str),
    why: &str,
    at: i64,
    cause: Cause,
    rules: &impl Rules,
) -> Result<(), NetworkError> {
    const SHOWN: &str = "SELECT COUNT(*) FROM identifier WHERE value = $1 AND kind = $2";
    const LAST: &str = "SELECT mark FROM identifier_mark
        WHERE value = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1";
    const SQL: &str = "INSERT INTO identifier_mark (seq, kind, value, mark, officer_id, why, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    may(officer)?;
    words("why", why)?;
    let (kind, value, why) = (&*storable(kind), &*storable(value), &*storable(why));
    let (mark, action) = match cause {
        Cause::Mark => ("nobodys", "network.nobodys"),
        _ => ("undo", "network.nobodys.undo"),
    };
    // Histories and the audit chain are kept for ever; a person's number does not belong there.
    let subject = format!("{kind} {}", mask::value(kind, value));
    transaction!(store, locks::OFFICE_AND_NETWORKS, |tx| {
        let mut conn = Conn::from(&mut *tx);
        let of: [Value<'_>; 2] = [value.into(), kind.into()];
        let shown: Vec<(i64,)> = conn.all(SHOWN, &of).await?;
        let last: Vec<(String,)> = conn.all(LAST, &of).await?;
        let is_marked = last.first().is_some_and(|row| row.0 == "nobodys");
        let fits = match cause {
            Cause::Mark => shown.first().is_some_and(|row| row.0 > 0) && !is_marked,
            _ => is_marked,
        };
        if !fits {
            return Err(NetworkError::Stale);
        }
        let seq = conn.next_seq("identifier_mark").await?;
        let values = [
            seq.into(),
            kind.into(),
            value.into(),
            mark.into(),
            (&officer.id).into(),
            why.into(),
            at.into(),
        ];
        conn.run(SQL, &values).await?;
        let key = (kind.to_owned(), value.to_owned());
        let rows = seen::of_keys(&mut conn, &HashSet::from([&key])).await?;
        let hosts: HashSet<String> = rows.into_iter().map(|row| row.host).collect();
        keep::again(&mut conn, &hosts, at, (cause, &subject), rules).await?;
        let detail = serde_json::json!({ "why": why, "mark": seq });
        append_audit!(tx, at, &officer.id, action, &subject, &detail);
    });
    Ok(())
}

/// The marks that stand, the newest first.
///
/// # Errors
/// When the store fails.
pub async fn marks(store: &Store) -> Result<Vec<Mark>> {
    const SQL: &str = "SELECT m.kind, m.value, o.display_name AS officer, m.why, m.at
        FROM identifier_mark m JOIN officer o ON o.id = m.officer_id
        WHERE m.mark = 'nobodys' AND NOT EXISTS (SELECT 1 FROM identifier_mark n
            WHERE n.kind = m.kind AND n.value = m.value AND n.seq > m.seq)
        ORDER BY m.seq DESC";
    Ok(on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?)
}
