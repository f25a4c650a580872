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

/// The snapshots of these hashes, in their order: the latest of each register that stands in the
/// log. One that officers have not signed into it yet proves nothing.
pub(crate) async fn snapshots(store: &Store, signed: &[String]) -> Result<Vec<Snapshot>> {
    let mut held = store.snapshots.lock().await;
    held.retain(|(sha256, _)| signed.contains(sha256));
    for sha256 in signed {
        if !held.iter().any(|(read, _)| read == sha256) {
            held.push((sha256.clone(), read(store, sha256).await?));
        }
    }
    let in_order = signed.iter().filter_map(|sha256| {
        let read = held.iter().find(|(read, _)| read == sha256);
        read.map(|(_, snapshot)| snapshot.clone())
    });
    Ok(in_order.collect())
}

async fn read(store: &Store, sha256: &str) -> Result<Snapshot> {
    const SQL: &str = "SELECT snapshot FROM register_snapshot WHERE sha256 = $1";
    let text: String = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(sha256)
        .fetch_one(db)
        .await)?;
    Snapshot::from_json(text.as_bytes()).map_err(|e| Error::stored("register_snapshot", e))
}
