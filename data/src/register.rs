//! Licence register snapshots, kept whole with their hash.

use blocklist::register::Snapshot;

use crate::{
    error::{Error, Result},
    pool::{Store, on},
};

/// Keeps a snapshot. The same snapshot twice is kept once.
pub async fn add(store: &Store, snapshot: &Snapshot) -> Result<()> {
    const SQL: &str = "INSERT INTO register_snapshot (sha256, register, taken_at, source, snapshot)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sha256) DO NOTHING";
    let text =
        serde_json::to_string(snapshot).map_err(|e| Error::stored("register_snapshot", e))?;
    on!(store, |db| sqlx::query(SQL)
        .bind(snapshot.digest().to_string())
        .bind(&snapshot.register)
        .bind(snapshot.taken_on.start().0)
        .bind(&snapshot.source)
        .bind(&text)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

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
    let mut snapshots = Vec::with_capacity(signed.len());
    for sha256 in signed {
        const SQL: &str = "SELECT snapshot FROM register_snapshot WHERE sha256 = $1";
        let text: String = on!(store, |db| sqlx::query_scalar(SQL)
            .bind(&sha256)
            .fetch_one(db)
            .await)?;
        let snapshot = Snapshot::from_json(text.as_bytes())
            .map_err(|e| Error::stored("register_snapshot", e))?;
        snapshots.push(snapshot);
    }
    Ok(snapshots)
}
