//! What officers add to networks: cuts between two sites, and volumes with their source. Nothing is
//! ever changed or taken away; a later row undoes a cut, replaces a volume or withdraws it.

use std::collections::BTreeSet;

use blocklist::{Digest, key::Role, time::Day};

use super::{Cause, conn::Conn, keep::regroup};
use crate::{
    audit::append_audit,
    decide::{Document, MAX_DOCUMENT},
    error::Error,
    officer::Officer,
    pool::{Store, locks, random_id, storable, transaction},
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

/// An amount that an officer states for a network over some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// In whole tenge.
    pub kzt: Option<i64>,
    /// In millionths of a USDT.
    pub usdt: Option<i64>,
    /// Tenge for one USDT in ten-thousandths, and the day of that rate.
    pub rate: Option<(i64, Day)>,
    /// The first and the last day.
    pub period: (Day, Day),
}

/// A volume to enter.
#[derive(Clone, Debug)]
pub struct NewVolume<'a> {
    /// How much, and when.
    pub amounts: Amounts,
    /// Where the figure comes from, in words.
    pub source: &'a str,
    /// The paper it stands in.
    pub document: Option<Document>,
    /// The row that this one replaces.
    pub replaces: Option<i64>,
}

/// Enters a volume; gives its row's id.
///
/// # Errors
/// [`NetworkError::Field`] for amounts that are missing or out of bounds, a period that ends before
/// it begins, no source, or a document over [`MAX_DOCUMENT`].
pub async fn add_volume(
    store: &Store,
    officer: &Officer,
    network_id: &str,
    new: NewVolume<'_>,
    at: i64,
) -> Result<i64, NetworkError> {
    let Amounts {
        kzt,
        usdt,
        rate,
        period,
    } = new.amounts;
    // A thousand million million: far over any economy, and sums of many rows still fit.
    let fits = |amount: Option<i64>| {
        amount.is_none_or(|amount| (0..=1_000_000_000_000_000).contains(&amount))
    };
    if kzt.is_none() && usdt.is_none() || !fits(kzt) {
        return Err(NetworkError::Field("kzt"));
    }
    if !fits(usdt) {
        return Err(NetworkError::Field("usdt"));
    }
    if rate.is_some_and(|(rate, _)| !(1..=1_000_000_000).contains(&rate)) {
        return Err(NetworkError::Field("rate"));
    }
    if period.0 > period.1 {
        return Err(NetworkError::Field("period"));
    }
    enter(
        store,
        officer,
        network_id,
        Entry {
            amounts: Some(new.amounts),
            source: new.source,
            document: new.document,
            replaces: new.replaces,
        },
        at,
    )
    .await
}

/// Withdraws a volume; the row stays and counts no more.
///
/// # Errors
/// [`NetworkError::Field`] when that row is not the network's, or was replaced already.
pub async fn withdraw_volume(
    store: &Store,
    officer: &Officer,
    network_id: &str,
    volume: i64,
    why: &str,
    at: i64,
) -> Result<i64, NetworkError> {
    let entry = Entry {
        amounts: None,
        source: why,
        document: None,
        replaces: Some(volume),
    };
    enter(store, officer, network_id, entry, at).await
}

struct Entry<'a> {
    amounts: Option<Amounts>,
    source: &'a str,
    document: Option<Document>,
    replaces: Option<i64>,
}

async fn enter(
    store: &Store,
    officer: &Officer,
    network_id: &str,
    entry: Entry<'_>,
    at: i64,
) -> Result<i64, NetworkError> {
    may(officer)?;
    words("source", entry.source)?;
    if let Some(document) = &entry.document
        && (document.bytes.is_empty() || document.bytes.len() > MAX_DOCUMENT)
    {
        return Err(NetworkError::Field("document"));
    }
    const THERE: &str = "SELECT COUNT(*) FROM network WHERE id = $1";
    const REPLACEABLE: &str =
        "SELECT COUNT(*) FROM network_volume v WHERE id = $1 AND network_id = $2
        AND NOT EXISTS (SELECT 1 FROM network_volume r WHERE r.replaces = v.id)";
    const DOCUMENT: &str = "INSERT INTO network_document
        (sha256, file_name, content_type, bytes, attached_by, attached_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING";
    const SQL: &str = "INSERT INTO network_volume (id, network_id, officer_id, given_at, replaces,
            period_from, period_to, kzt, usdt, rate, rate_on, source, document)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let id = random_id()?;
    let network_id = &*storable(network_id);
    let source = &*storable(entry.source);
    let hash = entry
        .document
        .as_ref()
        .map(|document| Digest::of(&document.bytes).to_string());
    let amounts = entry.amounts;
    let day = |day: Option<Day>| day.map(|day| day.to_string());
    let detail = serde_json::json!({
        "volume": id, "replaces": entry.replaces, "document": hash,
        "withdrawn": amounts.is_none(),
    });
    transaction!(store, locks::OFFICE_AND_NETWORKS, |tx| {
        let there: i64 = sqlx::query_scalar(THERE)
            .bind(network_id)
            .fetch_one(&mut *tx)
            .await?;
        if there == 0 {
            return Err(NetworkError::Unknown(network_id.to_owned()));
        }
        if let Some(replaced) = entry.replaces {
            let free: i64 = sqlx::query_scalar(REPLACEABLE)
                .bind(replaced)
                .bind(network_id)
                .fetch_one(&mut *tx)
                .await?;
            if free == 0 {
                return Err(NetworkError::Field("replaces"));
            }
        }
        if let (Some(document), Some(hash)) = (&entry.document, &hash) {
            sqlx::query(DOCUMENT)
                .bind(hash)
                .bind(storable(&document.file_name))
                .bind(storable(&document.content_type))
                .bind(&document.bytes)
                .bind(&officer.id)
                .bind(at)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(SQL)
            .bind(id)
            .bind(network_id)
            .bind(&officer.id)
            .bind(at)
            .bind(entry.replaces)
            .bind(day(amounts.map(|amounts| amounts.period.0)))
            .bind(day(amounts.map(|amounts| amounts.period.1)))
            .bind(amounts.and_then(|amounts| amounts.kzt))
            .bind(amounts.and_then(|amounts| amounts.usdt))
            .bind(amounts.and_then(|amounts| amounts.rate.map(|rate| rate.0)))
            .bind(day(
                amounts.and_then(|amounts| amounts.rate.map(|rate| rate.1))
            ))
            .bind(source)
            .bind(&hash)
            .execute(&mut *tx)
            .await?;
        append_audit!(tx, at, &officer.id, "network.volume", network_id, &detail);
    });
    Ok(id)
}
