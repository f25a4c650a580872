//! What can go wrong in the store.

/// An error of the store, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused what was asked of it: a defect, or a store that somebody changed.
    #[error("the database could not do it")]
    Database(#[source] sqlx::Error),
    /// The database cannot be reached, or just stopped. Nothing half done was kept.
    #[error(
        "the database does not answer; nothing was changed; see that its server runs and can be reached, then try again"
    )]
    Away(#[source] sqlx::Error),
    /// Others were at the same rows for too long, or in each other's way. Nothing was changed.
    #[error("the database is busy with the same rows; nothing was changed; try again")]
    Busy(#[source] sqlx::Error),
    /// The disk under the database is full or failing. Nothing was changed.
    #[error(
        "the database could not do it; its disk is full or failing: make room and start again, nothing stored is lost"
    )]
    Disk(#[source] sqlx::Error),
    /// The database could not be opened at all.
    #[error("the database {name} cannot be opened; {}", advice(.source))]
    Open {
        /// Its address, never with a password in it.
        name: String,
        /// The cause.
        source: sqlx::Error,
    },
    /// The database holds tables, and none of this program.
    #[error(
        "the database holds tables of something else; make one for Qalqan alone (createdb qalqan), or name another"
    )]
    Foreign,
    /// The tables are those of an older program, and others may be at work with them.
    #[error(
        "the database has schema {has}, and this program needs {needs}: stop what still runs on it, then `qalqan db migrate`"
    )]
    Outdated {
        /// The version in the database.
        has: i64,
        /// The version of this program.
        needs: i64,
    },
    /// No log was made in this store yet.
    #[error("there is no log yet; make one with `qalqan init`")]
    NoLog,
    /// A log was made, but its first leaf is not sequenced yet.
    #[error(
        "the log is still empty; start `qalqan run` or `qalqan publish`, which writes its first leaf"
    )]
    EmptyLog,
    /// The schema is older or newer than this program.
    #[error(
        "the database was made by a newer program than this one, or its schema was altered; install the newer program"
    )]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The database URL names an engine this program does not speak.
    #[error("`{0}:` is not a database this program speaks; write sqlite:PATH or postgres://…")]
    Engine(String),
    /// A stored value cannot be read back: the store was written by another hand.
    #[error("{table} holds a value that cannot be read: {problem}")]
    Stored {
        /// The table.
        table: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A file beside the database could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// Reference data shipped with the program cannot be used.
    #[error("what is shipped with this program cannot be used; install it anew")]
    Reference(#[source] &'static crate::reference::ReferenceError),
    /// The log in the store does not verify.
    #[error("the log in the store does not verify")]
    Record(#[from] blocklist::verify::VerifyError),
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::EmptyLog | Self::Away(_) | Self::Busy(_) => true,
            Self::Open { source, .. } => matches!(trouble(source), Trouble::Away | Trouble::Busy),
            _ => false,
        }
    }

    /// Whether whoever called the program must name another database, or make a log first.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Engine(_) | Self::NoLog | Self::Foreign | Self::Outdated { .. }
        ) || matches!(self, Self::Open { source, .. } if trouble(source) == Trouble::Other)
    }

    /// A database of this name that could not be opened.
    pub(crate) fn opening(name: String) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Open { name, source }
    }

    /// A stored value that cannot be read.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "errors are handed over and end here"
    )]
    pub fn stored(table: &'static str, problem: impl ToString) -> Self {
        Self::Stored {
            table,
            problem: problem.to_string(),
        }
    }

    /// A file that could not be read or written.
    pub fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match trouble(&error) {
            Trouble::Away => Self::Away(error),
            Trouble::Busy => Self::Busy(error),
            Trouble::Disk => Self::Disk(error),
            Trouble::Other => Self::Database(error),
        }
    }
}

/// What kind of trouble the database is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Away,
    Busy,
    Disk,
    Other,
}

fn trouble(error: &sqlx::Error) -> Trouble {
    use sqlx::Error as E;
    match error {
        E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => Trouble::Away,
        E::Database(error) => error
            .code()
            .map_or(Trouble::Other, |code| trouble_of_code(&code)),
        _ => Trouble::Other,
    }
}

/// By SQLSTATE (five characters), or by SQLite's result code (a number).
fn trouble_of_code(code: &str) -> Trouble {
    match code {
        // Serialization failure, deadlock, lock or statement timeout.
        "40001" | "40P01" | "55P03" | "57014" => Trouble::Busy,
        // Disk full, and an I/O error of the server.
        "53100" | "58030" => Trouble::Disk,
        // The low octet of SQLite's is the primary code, the rest says more.
        code if code.len() < 5 => match code.parse::<u32>().map(|code| code & 0xff) {
            Ok(5 | 6) => Trouble::Busy,   // SQLITE_BUSY, SQLITE_LOCKED
            Ok(10 | 13) => Trouble::Disk, // SQLITE_IOERR, SQLITE_FULL
            _ => Trouble::Other,
        },
        // The server ends the session (idle in a transaction), shuts down, or is just starting.
        "25P03" | "57P01" | "57P02" | "57P03" | "57P05" => Trouble::Away,
        // Connection exceptions; too many connections, out of memory.
        code if (code.starts_with("08") || code.starts_with("53")) => Trouble::Away,
        _ => Trouble::Other,
    }
}

/// What to do about a database that does not open.
fn advice(error: &sqlx::Error) -> &'static str {
    match trouble(error) {
        Trouble::Away | Trouble::Busy => {
            return "see that its server runs and can be reached, then try again";
        }
        Trouble::Disk => {
            return "its disk is full or failing: make room and start again, nothing stored is lost";
        }
        Trouble::Other => {}
    }
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some("28000" | "28P01") => "check the user and the password (PGPASSWORD, or ~/.pgpass)",
        Some("3D000") => "make it first: createdb",
        // SQLITE_READONLY, whatever its upper octets add.
        Some(code) if code.parse::<u32>().is_ok_and(|code| code & 0xff == 8) => {
            "this user may not write there"
        }
        _ => "check the address",
    }
}

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;
