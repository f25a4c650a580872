//! What `crawl status` tells beside the counts: sites by state, and addresses that make trouble.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::pool::{Store, on};

/// An address whose last attempt failed and that will be tried again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, sqlx::FromRow)]
pub struct Trouble {
    /// The address.
    pub url: String,
    /// Why the last attempt failed, in words.
    pub outcome: String,
    /// How often it was tried.
    pub attempts: i64,
}

/// How many sites are in each state; a state without sites is missing.
pub async fn site_counts(store: &Store) -> Result<BTreeMap<String, i64>> {
    const SQL: &str = "SELECT state, COUNT(*) FROM site GROUP BY state";
    let rows: Vec<(String, i64)> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    Ok(rows.into_iter().collect())
}

/// Addresses that wait for another attempt, those tried most often first, at most `limit`.
pub async fn troubles(store: &Store, limit: i64) -> Result<Vec<Trouble>> {
    const SQL: &str = "SELECT url, outcome, attempts FROM frontier
        WHERE state = 'queued' AND outcome IS NOT NULL ORDER BY attempts DESC, url LIMIT $1";
    Ok(on!(store, |db| sqlx::query_as(SQL)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}
