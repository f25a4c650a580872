//! Opening a database by its address.

use std::{fmt, str::FromStr, time::Duration};

use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Pool, Store,
    schema::{self, Older},
};
use crate::error::{Error, Result};

/// Connections of one process.
const CONNECTIONS: u32 = 8;

/// How long a connection waits for another writer of an SQLite file.
const BUSY: Duration = Duration::from_secs(10);

/// How long a caller waits for a connection to a server, a new one included.
const ACQUIRE: Duration = Duration::from_secs(5);

/// What every session asks of a PostgreSQL server, so that nobody waits for ever: not for a lock,
/// not for a statement, and not for a client whose machine went away in the middle of a transaction.
const SESSION: [(&str, &str); 6] = [
    ("statement_timeout", "60s"),
    ("lock_timeout", "20s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];

/// Where a database is.
#[derive(Clone)]
pub enum Address {
    /// `sqlite:PATH`.
    Sqlite(Box<SqliteConnectOptions>),
    /// `postgres://…`.
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => SqliteConnectOptions::from_str(url)
                .map(|options| Self::Sqlite(Box::new(options)))
                .map_err(Error::opening(shown(url))),
            "postgres" | "postgresql" => PgConnectOptions::from_str(url)
                .map(|options| Self::Postgres(Box::new(options)))
                .map_err(Error::opening(shown(url))),
            // What is not understood is not repeated: it may hold a password.
            other => Err(Error::Engine(other.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Address {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(options) => write!(f, "sqlite:{}", options.get_filename().display()),
            Self::Postgres(options) => write!(
                f,
                "postgres://{}@{}:{}/{}",
                options.get_username(),
                options
                    .get_socket()
                    .map_or(options.get_host().into(), |path| path.to_string_lossy()),
                options.get_port(),
                options.get_database().unwrap_or(options.get_username()),
            ),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An address that does not parse, for a message: everything that could be a password is left out.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    let rest = if scheme == "sqlite" {
        rest
    } else {
        rest.rsplit('@').next().unwrap_or_default()
    };
    let rest = rest.split('?').next().unwrap_or_default();
    format!("{scheme}:{rest}").chars().take(200).collect()
}

impl Address {
    /// Connects, and leaves what is there as it is. A missing SQLite file is made.
    pub(crate) async fn connect(&self) -> Result<Pool> {
        let opened = match self {
            Self::Sqlite(options) => {
                let options = options
                    .as_ref()
                    .clone()
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // A power cut may lose the last second of crawling, but what officers signed is
                    // fsynced: WAL with FULL syncs each commit.
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(BUSY);
                SqlitePoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .connect_with(options)
                    .await
                    .map(Pool::Sqlite)
            }
            Self::Postgres(options) => PgPoolOptions::new()
                .max_connections(CONNECTIONS)
                .acquire_timeout(ACQUIRE)
                .connect_with(options.as_ref().clone().options(SESSION))
                .await
                .map(Pool::Postgres),
        };
        opened.map_err(Error::opening(self.to_string()))
    }
}

impl Store {
    /// Opens `sqlite:PATH` (the file is made if it is missing) or `postgres://…`. An empty database
    /// gets its tables. The tables of an older program are brought up to date on SQLite, which one
    /// machine has to itself; on PostgreSQL, where other processes may still be at work with them,
    /// that is said and left to `qalqan db migrate`.
    pub async fn open(url: &str) -> Result<Self> {
        let address: Address = url.parse()?;
        let pool = address.connect().await?;
        let older = match address {
            Address::Sqlite(_) => Older::Migrate,
            Address::Postgres(_) => Older::Refuse,
        };
        schema::bring_up(&pool, older).await?;
        Ok(Self::of(pool))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_shown_without_their_password() {
        for url in [
            "postgres://aliya:hunter2@db.test:6432/qalqan",
            "postgres://aliya@db.test:6432/qalqan?password=hunter2",
            "postgresql://aliya:hun%74er2@db.test:6432/qalqan?sslmode=require",
        ] {
            let address: Address = url.parse().unwrap();
            assert_eq!(
                address.to_string(),
                "postgres://aliya@db.test:6432/qalqan",
                "{url}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_refusal_repeats_a_password(scheme in "postgres|postgresql|mysql|sqlite2|", rest in ".{0,12}",
            query in "(\\?password=hunter2(&sslmode=never)?)?") {
            for url in [format!("{scheme}://u:hunter2{rest}@h:x/d{query}"), format!("{scheme}:u:hunter2@{rest}")] {
                if let Err(error) = url.parse::<Address>() {
                    let mut said = error.to_string();
                    let mut cause = std::error::Error::source(&error);
                    while let Some(error) = cause {
                        said += &error.to_string();
                        cause = error.source();
                    }
                    prop_assert!(!said.contains("hunter2"), "{url}: {said}");
                }
            }
        }
    }
}
