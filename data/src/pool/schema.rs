//! The tables of a database: whether they are there, and how they come up to date.

use std::sync::LazyLock;

use sqlx::migrate::{Migrate as _, MigrateError, Migrator};

use super::{Pool, Store, open::Address};
use crate::error::{Error, Result};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("migrations/postgres");
    // Whoever runs it holds the lock already, and looks at the tables first.
    migrator.set_locking(false);
    migrator
});

/// What bringing a database up to date came to, in versions of the schema; 0 is an empty database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version before.
    pub from: i64,
    /// The version now.
    pub to: i64,
}

/// What may be done with the tables of an older program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Older {
    /// They are brought up to date.
    Migrate,
    /// They are left alone: somebody may be at work with them.
    Refuse,
}

/// Brings the tables of a database up to date, whatever they were.
pub async fn migrate(url: &str) -> Result<Migrated> {
    let pool = url.parse::<Address>()?.connect().await?;
    let migrated = bring_up(&pool, Older::Migrate).await;
    Store::of(pool).close().await;
    migrated
}

/// Makes the tables of an empty database, and checks or changes those of another.
pub(super) async fn bring_up(pool: &Pool, older: Older) -> Result<Migrated> {
    match pool {
        Pool::Sqlite(db) => {
            const TABLES: &str =
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
            let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(db).await?;
            let from = if is_ours(&tables)? {
                sqlx::query_scalar(VERSION).fetch_one(db).await?
            } else {
                0
            };
            let needs = allowed(from, older, &SQLITE)?;
            SQLITE.run(db).await.map_err(failed)?;
            Ok(Migrated { from, to: needs })
        }
        Pool::Postgres(db) => {
            let mut session = db.acquire().await?;
            // The lock belongs to the session, so an error must not hand the session on.
            session.close_on_drop();
            // One process at a time; whoever comes later finds everything done, and nobody takes
            // tables that are just being made for those of an older program.
            session.lock().await.map_err(failed)?;
            const TABLES: &str =
                "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema()";
            let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *session).await?;
            let from = if is_ours(&tables)? {
                sqlx::query_scalar(VERSION).fetch_one(&mut *session).await?
            } else {
                0
            };
            let needs = allowed(from, older, &POSTGRES)?;
            POSTGRES.run(db).await.map_err(failed)?;
            Ok(Migrated { from, to: needs })
        }
    }
}

const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success";

/// Whether the tables are those of a store: `false` for none. Those of something else are refused:
/// they may have our names.
fn is_ours(tables: &[String]) -> Result<bool> {
    if tables.is_empty() || tables.iter().any(|table| table == "_sqlx_migrations") {
        return Ok(!tables.is_empty());
    }
    Err(Error::Foreign)
}

/// The version this program needs, if it may be reached from `has`.
fn allowed(has: i64, older: Older, migrator: &Migrator) -> Result<i64> {
    let needs = migrator.iter().map(|step| step.version).max().unwrap_or(0);
    if older == Older::Refuse && has != 0 && has < needs {
        return Err(Error::Outdated { has, needs });
    }
    Ok(needs)
}

fn failed(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::Migration(other),
    }
}
