//! One publisher at a time: a lock on a file for one machine, a lease in the store for many.
//!
//! The lease is a row with a name and a time, judged by the clock of whoever asks. Clocks that differ
//! make a take-over early or late and nothing else: every leaf is appended under the condition that
//! the appender still holds the lease, and its position is a primary key, so that two who both
//! believe in it cannot write two histories.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use blocklist::Digest;

use crate::{
    error::{Error, Result},
    pool::{Store, on},
    publish::PublishError,
    seal,
};

/// How long a lease is good for, in seconds; a dead holder is waited out by those with another data
/// directory.
const SECONDS: i64 = 10;

/// The held lease. Dropping it releases the file lock; the lease in the store runs out.
#[derive(Debug)]
pub(super) struct Lease {
    holder: String,
    until: i64,
    _lock: File,
}

impl Lease {
    /// Takes both, or says that somebody else has them.
    pub(super) async fn take(store: &Store, dir: &Path, now: i64) -> Result<Self, PublishError> {
        let lock = lock(dir)?.ok_or(PublishError::Leased)?;
        let mut lease = Self {
            holder: holder(&lock, dir)?,
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

    /// Makes sure the lease is good for a while; renews it when half is gone. Gives whether it had
    /// run out, so that somebody else may have published meanwhile.
    pub(super) async fn hold(&mut self, store: &Store, now: i64) -> Result<bool, PublishError> {
        if self.until - now > SECONDS / 2 {
            return Ok(false);
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
        let lapsed = self.until < now;
        self.until = until;
        Ok(lapsed)
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

/// The holder's name: this lock file on this machine since it was started. A publisher that was
/// killed and is started again takes its own lease back at once, because the lock on the file proves
/// that it is gone; a copy of the data directory, here or on another machine, has another name.
fn holder(lock: &File, dir: &Path) -> Result<String> {
    use std::os::unix::fs::MetadataExt as _;
    let file = lock.metadata().map_err(Error::file(dir))?;
    let mut machine = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    if machine.is_empty() {
        // No such thing on this system: a name for this process alone, so a dead one is waited out.
        machine = vec![0; 16];
        seal::random(&mut machine)?;
    }
    let place = format!("\n{}\n{}", file.dev(), file.ino());
    Ok(Digest::of(&[machine.as_slice(), place.as_bytes()].concat()).to_string())
}
