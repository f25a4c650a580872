//! Licence register snapshots, kept whole with their hash.

use blocklist::register::Snapshot;

use crate::{
    error::{Error, Result},
    pool::{Store, on},
};

/// The statement that keeps a snapshot; the same snapshot twice is kept once. It runs inside the
/// transaction that queues the officers' signatures.
pub(crate) const INSERT: &str =
    "INSERT INTO register_snapshot (sha256, register, taken_at, source, snapshot)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sha256) DO NOTHING";

/// Snapshots that were read, by their hash: they never change, and every page needs them.
pub(crate) type Read = Vec<(String, Snapshot)>;

/// The latest snapshot of each register that stands in the log; one that officers have not signed
/// into it yet proves nothing.
pub async fn snapshots(store: &Store) -> Result<Vec<Snapshot>> {
    let signed: Vec<String> = {
        let mut record = store.read_record().await?;
        record
            .replay()?
            .fold()
            .registers()
            .map(|snapshot| snapshot.sha256.to_string())
            .collect()
    };
    let mut held = store.snapshots.lock().await;
    held.retain(|(sha256, _)| signed.contains(sha256));
    for sha256 in &signed {
        if !held.iter().any(|(read, _)| read == sha256) {
            held.push((sha256.clone(), read(store, sha256).await?));
        }
    }
    Ok(held.iter().map(|(_, snapshot)| snapshot.clone()).collect())
}

async fn read(store: &Store, sha256: &str) -> Result<Snapshot> {
    const SQL: &str = "SELECT snapshot FROM register_snapshot WHERE sha256 = $1";
    let text: String = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(sha256)
        .fetch_one(db)
        .await)?;
    Snapshot::from_json(text.as_bytes()).map_err(|e| Error::stored("register_snapshot", e))
}
