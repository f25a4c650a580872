//! The log as it stands in the store, verified leaf by leaf as it grows.

use std::sync::Arc;

use blocklist::{
    Folded, Timestamp, Trust, fold::Fold, guard::Guard, register::Snapshot, verify::Replay,
};
use tokio::sync::MutexGuard;

use crate::{
    error::{Error, Result},
    pool::{Store, on},
    reference,
};

/// Leaves that are read at a time, so that a long log is never whole in memory: 16 entry bundles.
const SOME: u64 = 16 * blocklist::log::BUNDLE_WIDTH;

/// Name under which the store keeps its trust file.
pub(crate) const TRUST: &str = "trust";

/// The log, read up to its end and locked for as long as this is held.
pub struct Record<'a>(MutexGuard<'a, Option<Replay>>);

impl Record<'_> {
    /// The verified log.
    pub fn replay(&mut self) -> Result<&mut Replay> {
        self.0.as_mut().ok_or(Error::EmptyLog)
    }

    /// Every name protected now: what the log protects, and every host of a shipped row whose
    /// register no signed snapshot covers.
    pub fn guard(&mut self) -> Result<Arc<Guard>> {
        let fold = self.replay()?.fold();
        let mut guard = fold.guard();
        for snapshot in shipped(fold)? {
            Arc::make_mut(&mut guard).add(&reference::guard_list(std::slice::from_ref(snapshot)));
        }
        Ok(guard)
    }
}

impl Store {
    /// The trust file of the log this store holds.
    pub async fn trust(&self) -> Result<Trust> {
        let text = self.meta(TRUST).await?.ok_or(Error::NoLog)?;
        Trust::from_json(text.as_bytes()).map_err(|error| Error::stored("meta", error))
    }

    /// Reads and verifies what was sequenced since the last call.
    pub async fn read_record(&self) -> Result<Record<'_>> {
        let mut held = self.record.lock().await;
        loop {
            let from = held.as_ref().map_or(0, |replay| replay.tree().size());
            let some = leaves(self, from, SOME).await?;
            let count = some.len() as u64;
            let mut some = some.as_slice();
            if held.is_none()
                && let Some((first, rest)) = some.split_first()
            {
                *held = Some(Replay::begin(&self.trust().await?, first)?);
                some = rest;
            }
            if let Some(replay) = held.as_mut() {
                replay.push_all(some)?;
            }
            if count < SOME {
                return Ok(Record(held));
            }
        }
    }

    /// Forgets what was read: somebody may have put another store in the place of this one.
    pub(crate) async fn read_anew(&self) {
        *self.record.lock().await = None;
        *self.known.lock().await = None;
    }

    /// What is listed at `now`, by the log in the store.
    pub async fn folded(&self, now: Timestamp) -> Result<Folded> {
        Ok(self.read_record().await?.replay()?.fold().at(now))
    }
}

/// Shipped snapshots of registers that no signed snapshot covers; none for a demonstration, whose
/// firms are invented.
pub(crate) fn shipped(fold: &Fold) -> Result<impl Iterator<Item = &'static Snapshot> + use<'_>> {
    let all: &[Snapshot] = if fold.demo() {
        &[]
    } else {
        &reference::shipped()?.snapshots
    };
    Ok(all.iter().filter(move |shipped| {
        fold.registers()
            .all(|signed| signed.register != shipped.register)
    }))
}

/// Leaves from position `from` on, in order, `count` of them at most.
pub async fn leaves(store: &Store, from: u64, count: u64) -> Result<Vec<Vec<u8>>> {
    const SQL: &str =
        "SELECT leaf FROM log_leaf WHERE position >= $1 AND position < $2 ORDER BY position";
    let to = i64::try_from(from.saturating_add(count)).unwrap_or(i64::MAX);
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    Ok(on!(store, |db| sqlx::query_scalar(SQL)
        .bind(from)
        .bind(to)
        .fetch_all(db)
        .await)?)
}
