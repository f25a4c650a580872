//! Why publication stops or cannot begin.

use std::path::PathBuf;

use blocklist::{Timestamp, log::LogError};

use crate::error::Error;

/// Why publication stops or cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Another publisher holds the lease.
    #[error("another publisher is at work on this store; only one may hold the log key")]
    Leased,
    /// The directory holds a later or another log than the store: an old backup was restored.
    #[error(
        "the published log ({published} leaves) is not continued by the store ({stored} leaves): an old or foreign store; restore the newest backup, never publish a second history"
    )]
    Behind {
        /// Leaves in the published checkpoint.
        published: u64,
        /// Leaves in the store.
        stored: u64,
    },
    /// The log key is missing or not the one in the trust file.
    #[error("{0} is not the private key of this log")]
    LogKey(PathBuf),
    /// The clock of this machine is behind what was published; readers would take what is signed
    /// now for a roll-back.
    #[error(
        "this machine's clock says {now}, and the last release was signed at {last}: set the clock; until then nothing is published, and nothing signed is lost"
    )]
    Clock {
        /// What the clock says.
        now: Timestamp,
        /// When the last release was signed.
        last: Timestamp,
    },
    /// A queued statement does not verify; it is named and nothing after it is published.
    #[error("queued statement {id} does not verify: {problem}; find out who changed the store")]
    Queued {
        /// Its id.
        id: i64,
        /// What is wrong.
        problem: String,
    },
    /// The tree or a note could not be made.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store or a file failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl PublishError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Leased | Self::Clock { .. } => true,
            Self::Store(error) => error.is_temporary(),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for PublishError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
