//! Options of the verb that looks after the database: `db`.

use std::path::PathBuf;

use clap::Subcommand;

/// Verbs of `db`.
#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Bring the tables up to date
    ///
    /// An SQLite store does this by itself. On PostgreSQL stop the other processes first.
    Migrate,
    /// Check that the store is whole; exit 1 and name the rows when it is not
    ///
    /// The file itself (SQLite), the audit chain, every leaf of the log with its signatures, every
    /// release that was signed, the published checkpoint, and each row named by a hash.
    Check,
    /// Write a consistent copy of the store to a new file
    ///
    /// SQLite: a store to put in the place of another. PostgreSQL: what pg_restore reads. Keep it
    /// like the keys: it holds password hashes and sealed keys.
    Backup {
        /// The file; it must not be there yet
        file: PathBuf,
    },
}
