//! Certificates under which captures were delivered: each kept once in full, with every capture that
//! came under it, so that who spoke for a site can be shown beside what it said.

use std::collections::{BTreeMap, HashMap};

use blocklist::Digest;

use crate::capture::Capture;
use crate::error::Result;
use crate::pool::{Store, on};

/// A certificate, the captures that were delivered under it, and where the first of them is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Hex SHA-256 of the certificate.
    pub sha256: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// Ids of the captures delivered under it.
    pub captures: Vec<i64>,
    /// Where it was seen.
    pub url: String,
    /// Hex SHA-256 of the body delivered.
    pub capture: String,
}

/// Keeps the certificate (DER) under which a capture was delivered at `at`.
///
/// # Errors
/// When the store fails.
pub async fn keep(store: &Store, capture_id: i64, der: &[u8], at: i64) -> Result<()> {
    const ONCE: &str = "INSERT INTO certificate (sha256, der, first_seen) VALUES ($1, $2, $3)
        ON CONFLICT (sha256) DO NOTHING";
    const OF: &str = "INSERT INTO capture_certificate (capture_id, certificate) VALUES ($1, $2)";
    let hash = Digest::of(der).to_string();
    on!(store, |db| {
        sqlx::query(ONCE)
            .bind(&hash)
            .bind(der)
            .bind(at)
            .execute(db)
            .await
            .map(|_| ())
    })?;
    on!(store, |db| sqlx::query(OF)
        .bind(capture_id)
        .bind(&hash)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The certificates under which `captures` of `host` were delivered, each with the first of them.
///
/// # Errors
/// When the store fails.
pub async fn of_captures(store: &Store, host: &str, captures: &[Capture]) -> Result<Vec<Served>> {
    const OF_HOST: &str = "SELECT k.capture_id, k.certificate FROM capture_certificate k
        JOIN capture c ON c.id = k.capture_id WHERE c.host = $1";
    const DER: &str = "SELECT der FROM certificate WHERE sha256 = $1";
    let rows: Vec<(i64, String)> = on!(store, |db| sqlx::query_as(OF_HOST)
        .bind(host)
        .fetch_all(db)
        .await)?;
    let of_capture: HashMap<i64, String> = rows.into_iter().collect();
    let mut under: BTreeMap<&str, Vec<&Capture>> = BTreeMap::new();
    for capture in captures {
        if let Some(hash) = of_capture.get(&capture.id) {
            under.entry(hash).or_default().push(capture);
        }
    }
    let mut served = Vec::new();
    for (hash, captures) in under {
        let Some(first) = captures.first() else {
            continue;
        };
        let der: Vec<u8> = on!(store, |db| sqlx::query_scalar(DER)
            .bind(hash)
            .fetch_one(db)
            .await)?;
        served.push(Served {
            sha256: hash.to_owned(),
            der,
            captures: captures.iter().map(|capture| capture.id).collect(),
            url: first.url.clone(),
            capture: first.body_sha256.clone(),
        });
    }
    Ok(served)
}
