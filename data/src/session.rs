//! Who is signed in. A browser holds a random token; the store holds its hash.

use blocklist::{Digest, digest::hex};

use crate::{
    error::Result,
    officer::{self, Officer},
    pool::{Store, on},
    seal,
};

/// A session ends after this long without a request, in seconds.
pub const IDLE_SECONDS: i64 = 15 * 60;

/// A session ends after this long in any case, in seconds.
pub const ABSOLUTE_SECONDS: i64 = 8 * 3600;

/// Begins a session and gives its token: 256 random bits in hex.
pub async fn begin(store: &Store, officer_id: &str, now: i64) -> Result<String> {
    let mut token = [0; 32];
    seal::random(&mut token)?;
    let token = hex(&token);
    const SQL: &str = "INSERT INTO session (token_sha256, officer_id, created_at, last_seen_at) VALUES ($1, $2, $3, $3)";
    on!(store, |db| sqlx::query(SQL)
        .bind(&hash(&token)[..])
        .bind(officer_id)
        .bind(now)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(token)
}

/// The person behind a token, if the session is alive; marks it as seen.
pub async fn find(store: &Store, token: &str, now: i64) -> Result<Option<Officer>> {
    const SQL: &str = "UPDATE session SET last_seen_at = $1
        WHERE token_sha256 = $2 AND last_seen_at > $3 AND created_at > $4 RETURNING officer_id";
    let id: Option<String> = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(now)
        .bind(&hash(token)[..])
        .bind(now - IDLE_SECONDS)
        .bind(now - ABSOLUTE_SECONDS)
        .fetch_optional(db)
        .await)?;
    match id {
        Some(id) => officer::load(store, &id).await,
        None => Ok(None),
    }
}

/// Ends a session.
pub async fn end(store: &Store, token: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM session WHERE token_sha256 = $1";
    on!(store, |db| sqlx::query(SQL)
        .bind(&hash(token)[..])
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

fn hash(token: &str) -> [u8; 32] {
    Digest::of(token.as_bytes()).0
}
