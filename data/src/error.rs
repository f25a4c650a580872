//! What can go wrong in the store.

/// An error of the store, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not be reached. Temporary when it is busy or away.
    #[error("the database could not do it")]
    Database(#[from] sqlx::Error),
    /// The database could not be opened at all.
    #[error("the database {name} cannot be opened")]
    Open {
        /// The file, or the kind of server; never an address with a password in it.
        name: String,
        /// The cause.
        source: sqlx::Error,
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
    #[error("`{0}` is not a database this program speaks; write sqlite:PATH or postgres://…")]
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
    /// The log in the store does not verify.
    #[error("the log in the store does not verify")]
    Record(#[from] blocklist::verify::VerifyError),
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::EmptyLog => true,
            Self::Database(error) | Self::Open { source: error, .. } => match error {
                sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => true,
                sqlx::Error::Database(error) => error.message().contains("locked"),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether whoever called the program must name another database, or make a log first.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Engine(_) | Self::NoLog)
            || matches!(self, Self::Open { .. }) && !self.is_temporary()
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

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;
