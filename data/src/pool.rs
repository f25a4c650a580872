//! The handle to the database, and the one way every statement is written for both engines.
//!
//! [`open`] names and opens a database, [`schema`] brings its tables up to date, `locks` says what
//! a transaction holds alone while it runs, and [`wake`] tells a publisher that something was queued.

pub(crate) mod locks;
pub mod open;
pub mod schema;
pub mod wake;

use std::sync::Arc;

use sqlx::{PgPool, SqlitePool};
use tokio::sync::Mutex;

use crate::error::{Error, Result};

/// A connection pool of either engine.
#[derive(Clone, Debug)]
pub enum Pool {
    /// SQLite, in one file.
    Sqlite(SqlitePool),
    /// PostgreSQL.
    Postgres(PgPool),
}

/// The store of one centre. Cloning gives another handle to the same store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: Pool,
    /// The log as far as it was last read; see `record`.
    pub(crate) record: Arc<Mutex<Option<blocklist::verify::Replay>>>,
    /// Register snapshots as they were last read; see `register`.
    pub(crate) snapshots: Arc<Mutex<crate::register::Read>>,
    /// What public answers follow from, as it was last put together; see `known`.
    pub(crate) known: Arc<Mutex<Option<crate::known::Held>>>,
}

/// Runs one expression on whichever engine the store has. The SQL inside is one text for both:
/// `$1` places, no function that only one of them knows.
macro_rules! on {
    ($store:expr, |$db:ident| $body:expr) => {
        match &$store.pool {
            $crate::pool::Pool::Sqlite($db) => $body,
            $crate::pool::Pool::Postgres($db) => $body,
        }
    };
}
pub(crate) use on;

/// Runs a block in a writing transaction and commits it; whatever leaves the block early undoes it.
/// The transaction first takes `locks` (see `locks`) and keeps them until it ends. With a second
/// name, that name is bound to the clause by which a `SELECT` locks the rows of the table `s`.
macro_rules! transaction {
    ($store:expr, $locks:expr, |$tx:ident| $body:expr) => {
        $crate::pool::transaction!($store, $locks, |$tx, _row_lock| $body)
    };
    ($store:expr, $locks:expr, |$tx:ident, $row_lock:ident| $body:expr) => {
        match &$store.pool {
            $crate::pool::Pool::Sqlite(db) => {
                // SQLite has one writer at a time: the write lock is every lock. It is taken at
                // once: two readers that both became writers would wait for each other for ever.
                let mut $tx = db.begin_with("BEGIN IMMEDIATE").await?;
                let $row_lock = "";
                let done = $body;
                $tx.commit().await?;
                done
            }
            $crate::pool::Pool::Postgres(db) => {
                let mut $tx = $crate::pool::locks::begin(db, $locks).await?;
                let $row_lock = "FOR NO KEY UPDATE OF s SKIP LOCKED";
                let done = $body;
                $tx.commit().await?;
                done
            }
        }
    };
}
pub(crate) use transaction;

impl Store {
    pub(crate) fn of(pool: Pool) -> Self {
        Self {
            pool,
            record: Arc::default(),
            snapshots: Arc::default(),
            known: Arc::default(),
        }
    }

    /// The connections, for tests that look past this room.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Closes all connections.
    pub async fn close(&self) {
        on!(self, |db| db.close().await);
    }

    /// Whether nothing was ever stored here: no log, no person, no site.
    pub async fn is_empty(&self) -> Result<bool> {
        const SQL: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM meta UNION ALL SELECT 1 FROM officer
            UNION ALL SELECT 1 FROM site LIMIT 1) held";
        let held: i64 = on!(self, |db| sqlx::query_scalar(SQL).fetch_one(db).await)?;
        Ok(held == 0)
    }

    /// Reads a value kept under a name.
    pub async fn meta(&self, key: &str) -> Result<Option<String>> {
        const SQL: &str = "SELECT value FROM meta WHERE key = $1";
        Ok(on!(self, |db| sqlx::query_scalar(SQL)
            .bind(key)
            .fetch_optional(db)
            .await)?)
    }

    /// Keeps a value under a name.
    pub async fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        const SQL: &str = "INSERT INTO meta (key, value) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        on!(self, |db| sqlx::query(SQL)
            .bind(key)
            .bind(value)
            .execute(db)
            .await
            .map(|_| ()))?;
        Ok(())
    }

    /// 32 random octets in hex, made when first asked for: what every process on this store knows
    /// and nobody outside does.
    pub async fn secret(&self, key: &str) -> Result<String> {
        const SQL: &str =
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
        if let Some(held) = self.meta(key).await? {
            return Ok(held);
        }
        let mut fresh = [0; 32];
        getrandom::fill(&mut fresh).map_err(|_| Error::Randomness)?;
        let fresh = blocklist::Digest(fresh).to_string();
        on!(self, |db| sqlx::query(SQL)
            .bind(key)
            .bind(&fresh)
            .execute(db)
            .await
            .map(|_| ()))?;
        Ok(self.meta(key).await?.unwrap_or(fresh))
    }
}

/// A random positive 63-bit id, for rows whose order does not matter.
pub fn random_id() -> Result<i64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Error::Randomness)?;
    Ok(i64::from_be_bytes(bytes) & i64::MAX)
}

/// Text from outside as both engines can keep it: PostgreSQL has no place for U+0000 in text.
pub(crate) fn storable(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text.into()
    }
}
