//! What can go wrong in the store.

/// An error of the store, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not be reached. Temporary when it is busy or away.
    #[error("the database could not do it")]
    Database(#[from] sqlx::Error),
    /// The schema is older or newer than this program.
    #[error("the database schema does not fit this program; run `qalqan db migrate`")]
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
    /// Statements are signed, but no publisher has sequenced the first of them.
    #[error("the log has no leaf yet; start `qalqan publish` or `qalqan run` once")]
    Unpublished,
    /// The log in the store does not verify.
    #[error("the log in the store does not verify")]
    Record(#[from] blocklist::verify::VerifyError),
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => true,
            Self::Database(sqlx::Error::Database(error)) => error.message().contains("locked"),
            _ => false,
        }
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
