//! Captures: one row for each HTTP exchange kept in an evidence file.

use crate::error::Result;
use crate::pool::{Store, on, random_id, storable};

/// One stored exchange.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Capture {
    /// Random; set by [`add`].
    pub id: i64,
    /// The site.
    pub host: String,
    /// What was asked for.
    pub url: String,
    /// Unix seconds.
    pub fetched_at: i64,
    /// HTTP status.
    pub status: i64,
    /// The header as sent.
    pub content_type: String,
    /// Encoding and how it was chosen, such as `windows-1251 (markup)`.
    pub charset: String,
    /// The page's title.
    pub title: String,
    /// Hex SHA-256 of the body as stored.
    pub body_sha256: String,
    /// Bytes of the body as stored.
    pub body_bytes: i64,
    /// The body was longer than what is kept, or broke off.
    pub truncated: bool,
    /// Evidence file.
    pub warc_file: String,
    /// Where its record begins.
    pub warc_offset: i64,
    /// The record's compressed length.
    pub warc_length: i64,
    /// Hex SHA-256 of the compressed record.
    pub record_sha256: String,
}

const COLUMNS: &str =
    "id, host, url, fetched_at, status, content_type, charset, title, body_sha256, body_bytes,
    truncated, warc_file, warc_offset, warc_length, record_sha256";

/// Keeps a capture; its `id` is ignored and a new one given back.
pub async fn add(store: &Store, new: &Capture) -> Result<i64> {
    const SQL: &str =
        "INSERT INTO capture (id, host, url, fetched_at, status, content_type, charset, title,
        body_sha256, body_bytes, truncated, warc_file, warc_offset, warc_length, record_sha256)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let id = random_id()?;
    on!(store, |db| sqlx::query(SQL)
        .bind(id)
        .bind(&new.host)
        .bind(storable(&new.url))
        .bind(new.fetched_at)
        .bind(new.status)
        .bind(storable(&new.content_type))
        .bind(storable(&new.charset))
        .bind(storable(&new.title))
        .bind(&new.body_sha256)
        .bind(new.body_bytes)
        .bind(new.truncated)
        .bind(&new.warc_file)
        .bind(new.warc_offset)
        .bind(new.warc_length)
        .bind(&new.record_sha256)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(id)
}

/// The newest capture of each address of a host, at most `limit`, first fetched first.
pub async fn latest(store: &Store, host: &str, limit: i64) -> Result<Vec<Capture>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM capture c WHERE host = $1 AND NOT EXISTS (
            SELECT 1 FROM capture n WHERE n.host = c.host AND n.url = c.url
                AND (n.fetched_at > c.fetched_at OR n.fetched_at = c.fetched_at AND n.id > c.id))
        ORDER BY fetched_at, id LIMIT $2"
    );
    Ok(on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(host)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// One capture.
pub async fn load(store: &Store, id: i64) -> Result<Option<Capture>> {
    let sql = format!("SELECT {COLUMNS} FROM capture WHERE id = $1");
    Ok(on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(db)
        .await)?)
}
