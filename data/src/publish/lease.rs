//! One publisher at a time: a lock on a file for one machine, a lease in the store for many.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use crate::{
    error::{Error, Result},
    pool::{Store, on},
    publish::{PublishError, files},
    seal,
};

/// How long a lease is good for, in seconds; a dead holder on another machine is waited out.
const SECONDS: i64 = 10;

/// The held lease. Dropping it releases the file lock; the lease in the store runs out.
#[derive(Debug)]
pub(super) struct Lease {
    holder: String,
    until: i64,
    _lock: File,
}

impl Lease {
    /// Takes both, or says that somebody else has them. The holder's name is kept in the data
    /// directory, so a publisher that was killed takes its own lease back at once.
    pub(super) async fn take(store: &Store, dir: &Path, now: i64) -> Result<Self, PublishError> {
        let lock = lock(dir)?.ok_or(PublishError::Leased)?;
        let mut lease = Self {
            holder: holder(dir)?,
            until: 0,
            _lock: lock,
        };
        lease.hold(store, now).await?;
        Ok(lease)
    }

    /// The name under which the lease is held.
    pub(super) fn holder(&self) -> &str {
        &self.holder
    }

    /// Makes sure the lease is good for a while; renews it when half is gone.
    pub(super) async fn hold(&mut self, store: &Store, now: i64) -> Result<(), PublishError> {
        if self.until - now > SECONDS / 2 {
            return Ok(());
        }
        const SQL: &str = "INSERT INTO lease (name, holder, until) VALUES ('publish', $1, $2)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
            WHERE lease.holder = excluded.holder OR lease.until <= $3";
        let until = now + SECONDS;
        let done = on!(store, |db| sqlx::query(SQL)
            .bind(&self.holder)
            .bind(until)
            .bind(now)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if done != 1 {
            return Err(PublishError::Leased);
        }
        self.until = until;
        Ok(())
    }
}

/// Takes the lock on this machine; `None` while another process has it.
fn lock(dir: &Path) -> Result<Option<File>> {
    let path = dir.join("publish.lock");
    let lock = File::create(&path).map_err(Error::file(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::file(&path)(error)),
    }
}

/// Whether a publisher of this data directory is at work on this machine.
pub fn is_running(dir: &Path) -> Result<bool> {
    Ok(lock(dir)?.is_none())
}

fn holder(dir: &Path) -> Result<String> {
    let path = dir.join("publisher.id");
    if let Some(bytes) = files::read(&path)? {
        return Ok(String::from_utf8_lossy(&bytes).trim().to_owned());
    }
    let mut bytes = [0; 16];
    seal::random(&mut bytes)?;
    let holder = blocklist::digest::hex(&bytes);
    files::write(&path, holder.as_bytes())?;
    Ok(holder)
}
