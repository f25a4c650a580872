//! The handle to the database, and the one way every statement is written for both engines.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

use crate::error::{Error, Result};

/// How long a connection waits for another writer, in seconds.
const BUSY_SECONDS: u64 = 10;

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
}

/// Runs one expression on whichever engine the store has. The SQL inside is one text for both:
/// `$1` places, no function that only one of them knows. With a second name, that name is bound to
/// the statement that begins a writing transaction.
macro_rules! on {
    ($store:expr, |$db:ident| $body:expr) => {
        match &$store.pool {
            $crate::pool::Pool::Sqlite($db) => $body,
            $crate::pool::Pool::Postgres($db) => $body,
        }
    };
    ($store:expr, |$db:ident, $begin:ident| $body:expr) => {
        match &$store.pool {
            $crate::pool::Pool::Sqlite($db) => {
                // Take the write lock at once: two readers that both upgrade would deadlock.
                let $begin = "BEGIN IMMEDIATE";
                $body
            }
            $crate::pool::Pool::Postgres($db) => {
                let $begin = "BEGIN";
                $body
            }
        }
    };
}
pub(crate) use on;

impl Store {
    /// Opens `sqlite:PATH` (the file is made if it is missing) or `postgres://…`, and brings the
    /// schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let pool = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)
                .map_err(opening(url))?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // A power cut may lose the last second of crawling, but what officers signed is
                // fsynced: WAL with FULL syncs each commit.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(BUSY_SECONDS));
            let pool = SqlitePoolOptions::new()
                .max_connections(8)
                .connect_with(options)
                .await
                .map_err(opening(url))?;
            sqlx::migrate!("migrations/sqlite").run(&pool).await?;
            Pool::Sqlite(pool)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Pool::Postgres(
                PgPoolOptions::new()
                    .max_connections(8)
                    .connect(url)
                    .await
                    .map_err(opening("of the PostgreSQL server"))?,
            )
        } else {
            return Err(Error::Engine(url.chars().take(40).collect()));
        };
        Ok(Self {
            pool,
            record: Arc::default(),
        })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        on!(self, |db| db.close().await);
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
}

fn opening(name: &str) -> impl FnOnce(sqlx::Error) -> Error + use<> {
    let name = name.chars().take(200).collect();
    move |source| Error::Open { name, source }
}

/// A random positive 63-bit id, for rows whose order does not matter.
pub fn random_id() -> Result<i64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Error::Randomness)?;
    Ok(i64::from_be_bytes(bytes) & i64::MAX)
}
