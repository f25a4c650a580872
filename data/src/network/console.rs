//! What the console shows of networks beside [`super::read`]: when sites were seen, where a capture
//! is, which identifiers are a licensed site's, and cuts with the words of whoever made them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Reason, of_host, read::PRESENT};
use crate::{
    error::{Error, Result},
    pool::{Store, on, storable},
};

/// Kind and value of an identifier.
pub type Key = (String, String);

/// When a site was seen, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// First heard of.
    pub first: i64,
    /// Its latest capture, if there is one.
    pub last: Option<i64>,
}

/// When the sites of a network were seen, by host.
///
/// # Errors
/// When the store fails.
pub async fn times(store: &Store, id: &str) -> Result<BTreeMap<String, Times>> {
    let sql = format!(
        "SELECT p.host, s.discovered_at,
            (SELECT MAX(c.fetched_at) FROM capture c WHERE c.host = p.host)
        FROM ({PRESENT}) p JOIN site s ON s.host = p.host WHERE p.network_id = $1"
    );
    let rows: Vec<(String, i64, Option<i64>)> = on!(store, |db| {
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_all(db)
            .await
    })?;
    let times = |(host, first, last)| (host, Times { first, last });
    Ok(rows.into_iter().map(times).collect())
}

/// When anything of each network was last seen on its sites, by network.
///
/// # Errors
/// When the store fails.
pub async fn last_seen(store: &Store) -> Result<BTreeMap<String, i64>> {
    let sql = format!(
        "SELECT p.network_id, MAX(i.last_seen) FROM ({PRESENT}) p JOIN identifier i ON i.host = p.host
        GROUP BY p.network_id"
    );
    let rows: Vec<(String, i64)> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_all(db)
        .await)?;
    Ok(rows.into_iter().collect())
}

/// The newest capture of each body on the sites of a network, by host and hash.
///
/// # Errors
/// When the store fails.
pub async fn captures(store: &Store, id: &str) -> Result<HashMap<(String, String), i64>> {
    let sql = format!(
        "SELECT c.host, c.body_sha256, MAX(c.id) FROM capture c JOIN ({PRESENT}) p ON p.host = c.host
        WHERE p.network_id = $1 GROUP BY c.host, c.body_sha256"
    );
    let rows: Vec<(String, String, i64)> = on!(store, |db| {
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_all(db)
            .await
    })?;
    let by_body = |(host, body, id)| ((host, body), id);
    Ok(rows.into_iter().map(by_body).collect())
}

/// Identifiers of a network's sites that a licensed or guarded site shows too: they tie nobody.
///
/// # Errors
/// When the store fails.
pub async fn reserved(store: &Store, id: &str) -> Result<BTreeSet<Key>> {
    let sql = format!(
        "SELECT DISTINCT i.kind, i.value FROM identifier i JOIN ({PRESENT}) p ON p.host = i.host
        WHERE p.network_id = $1 AND i.role = 'own' AND EXISTS (SELECT 1 FROM identifier r
            WHERE r.value = i.value AND r.kind = i.kind AND r.role = 'reserved')"
    );
    let rows: Vec<Key> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_all(db)
        .await)?;
    Ok(rows.into_iter().collect())
}

/// A cut, or the undoing of one.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Cut {
    /// The first site.
    #[sqlx(rename = "host_a")]
    pub a: String,
    /// The second.
    #[sqlx(rename = "host_b")]
    pub b: String,
    /// `cut` or `undo`.
    pub kind: String,
    /// Who, by display name.
    #[sqlx(rename = "display_name")]
    pub officer: String,
    /// Why, in their words.
    pub why: String,
    /// When, in Unix seconds.
    pub at: i64,
    /// The network in which the first site was last.
    pub network: Option<String>,
    /// Whether no later row of this pair follows.
    pub stands: bool,
}

/// Cuts that touch sites which are or were in a network (any without `id`), the first first.
///
/// # Errors
/// When the store fails.
pub async fn cuts(store: &Store, id: Option<&str>) -> Result<Vec<Cut>> {
    const SQL: &str = "SELECT c.host_a, c.host_b, c.kind, o.display_name, c.why, c.at,
            (SELECT m.network_id FROM network_member m
                WHERE m.host = c.host_a AND m.network_id IS NOT NULL ORDER BY m.seq DESC LIMIT 1) AS network,
            NOT EXISTS (SELECT 1 FROM network_cut n
                WHERE n.host_a = c.host_a AND n.host_b = c.host_b AND n.seq > c.seq) AS stands
        FROM network_cut c JOIN officer o ON o.id = c.officer_id
        WHERE $1 = '' OR EXISTS (SELECT 1 FROM network_member m
            WHERE m.network_id = $1 AND (m.host = c.host_a OR m.host = c.host_b))
        ORDER BY c.seq";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(id.unwrap_or_default())
        .fetch_all(db)
        .await)?)
}

/// What a case says of the network of its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The network.
    pub id: String,
    /// Its other sites.
    pub others: usize,
    /// Of these, listed.
    pub listed: usize,
    /// The strongest tie of the site: to which other one, and its heaviest reason.
    pub strongest: Option<(String, Reason)>,
}

/// The network of a site, if it belongs to one.
///
/// # Errors
/// When the store fails or holds what cannot be read.
pub async fn beside(store: &Store, host: &str) -> Result<Option<Beside>> {
    let Some(id) = of_host(store, host).await? else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT p.host, c.state FROM ({PRESENT}) p
        LEFT JOIN review_case c ON c.host = p.host AND NOT EXISTS (
            SELECT 1 FROM review_case d WHERE d.host = c.host AND d.id > c.id)
        WHERE p.network_id = $1 AND p.host <> $2"
    );
    let others: Vec<(String, Option<String>)> = on!(store, |db| {
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(&id)
            .bind(&*storable(host))
            .fetch_all(db)
            .await
    })?;
    let listed = others
        .iter()
        .filter(|(_, state)| state.as_deref() == Some("listed"))
        .count();
    Ok(Some(Beside {
        strongest: strongest(store, host).await?,
        others: others.len(),
        listed,
        id,
    }))
}

async fn strongest(store: &Store, host: &str) -> Result<Option<(String, Reason)>> {
    const SQL: &str = "SELECT e.host_a, e.host_b, e.reasons FROM network_edge e
        WHERE (e.host_a = $1 OR e.host_b = $1) AND e.strength > 0
        AND NOT EXISTS (SELECT 1 FROM network_edge n
            WHERE n.host_a = e.host_a AND n.host_b = e.host_b AND n.seq > e.seq)
        AND NOT EXISTS (SELECT 1 FROM network_cut c
            WHERE c.host_a = e.host_a AND c.host_b = e.host_b AND c.kind = 'cut'
            AND NOT EXISTS (SELECT 1 FROM network_cut l
                WHERE l.host_a = c.host_a AND l.host_b = c.host_b AND l.seq > c.seq))
        ORDER BY e.strength DESC, e.host_a, e.host_b LIMIT 1";
    let row: Option<(String, String, String)> = on!(store, |db| sqlx::query_as(SQL)
        .bind(&*storable(host))
        .fetch_optional(db)
        .await)?;
    let Some((a, b, reasons)) = row else {
        return Ok(None);
    };
    let reasons: Vec<Reason> =
        serde_json::from_str(&reasons).map_err(|error| Error::stored("network_edge", error))?;
    let other = if a == host { b } else { a };
    Ok(reasons.into_iter().next().map(|reason| (other, reason)))
}
