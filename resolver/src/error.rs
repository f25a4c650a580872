//! What can go wrong, told apart by what the caller can do about it.

use std::{net::SocketAddr, path::PathBuf};

use blocklist::{
    release::ReleaseError,
    set::SetError,
    verify::{SuccessionError, VerifyError},
    witness::WitnessError,
};

/// Why a node or a transfer server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; stop what listens there (`ss -lptun` names it), or choose another address"
    )]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A descriptor that was handed over is of no use.
    #[error(
        "descriptor {number}, which this process was started with, is no UDP socket and no listening TCP socket ({source}); hand over sockets of DNS alone"
    )]
    Inherited {
        /// Its number.
        number: i32,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The node that runs cannot be replaced.
    #[error(
        "the node at {path} cannot be replaced: {source}; it goes on answering; stop it, then start this one"
    )]
    Handover {
        /// Where it takes visitors.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The configuration makes no node.
    #[error("{0}")]
    Config(&'static str),
    /// The node's own directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The upstreams cannot be asked.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// A file of the operator's own rules cannot be read: other rules than were given are not enforced.
    #[error(transparent)]
    Own(#[from] crate::rpz::LoadError),
    /// The secrets of DNS cookies cannot be had.
    #[error(transparent)]
    Secret(#[from] crate::limits::SecretError),
    /// The source cannot be set up.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No verified list, neither kept nor to be had: listening would answer unfiltered.
    #[error(
        "there is no verified list yet, so nothing is answered: {0}; allow it with --start-empty"
    )]
    NoList(#[source] PullError),
}

impl UpstreamError {
    /// Whether it is about what the operator wrote, and not about the machine.
    pub fn is_configured(&self) -> bool {
        !matches!(self, Self::Io(_))
    }
}

impl StartError {
    /// Whether trying again later can help without anybody changing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::NoList(error) => error.is_temporary(),
            _ => false,
        }
    }
}

/// Why upstreams cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// More than can be kept track of.
    #[error("more than {0} upstreams are given; leave the slowest out")]
    TooMany(usize),
    /// A name that no certificate can carry.
    #[error(
        "`{0}` is no name that a certificate can carry; give a host name or an address behind #"
    )]
    TlsName(String),
    /// The authorities' file.
    #[error("{path} cannot be used to check upstreams: {reason}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// TLS cannot be set up with this machine's authorities.
    #[error("upstreams over TLS cannot be checked: {0}; install this system's certificates")]
    Tls(String),
    /// The system refused a socket or a thread.
    #[error("upstreams cannot be asked: {0}")]
    Io(#[from] std::io::Error),
}

/// Why the node's own directory cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The directory was filled under another trust file.
    #[error(
        "{0} holds the list of another log than the trust file names; give this log a directory of its own, or remove that one"
    )]
    OtherLog(PathBuf),
    /// A file is not what the state file says; nothing of it is used.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

/// Why something could not be fetched from a release source.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The base is neither a directory nor an http(s) URL.
    #[error("`{0}` is neither a directory nor an http(s) address")]
    Base(String),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
    /// Not there (yet).
    #[error("{0} is not there")]
    NotFound(String),
    /// Larger than such a file may be.
    #[error("{path} is larger than {limit} octets")]
    TooLarge {
        /// What was fetched.
        path: String,
        /// The bound in octets.
        limit: u64,
    },
    /// The directory could not be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The server could not be reached or broke off.
    #[error("{path}: {source}")]
    Http {
        /// What was fetched.
        path: String,
        /// The client's reason.
        source: reqwest::Error,
    },
    /// The server answered with an error.
    #[error("{path}: the server answered {status}")]
    Status {
        /// What was fetched.
        path: String,
        /// HTTP status code.
        status: u16,
    },
}

/// Why a release was not taken. The list held before stays in force, unless said otherwise.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Parts of the release do not fit together; a publication in progress looks like this.
    #[error("the release is incomplete: {0}")]
    Torn(String),
    /// Not a release of this log.
    #[error("the release is refused: {0}")]
    Note(#[from] ReleaseError),
    /// Older than what is held, or another history.
    #[error("the release is refused: {0}")]
    Succession(#[from] SuccessionError),
    /// The new log does not contain the log held before.
    #[error(
        "the release is refused: the log of {size} leaves verified before is not part of it: a fork; keep both and tell the publisher and the public"
    )]
    Fork {
        /// Leaves held.
        size: u64,
    },
    /// The log does not verify.
    #[error("the release is refused: {0}")]
    Verify(#[from] VerifyError),
    /// The policy asks for witnesses that cannot be.
    #[error("the release is refused: {0}")]
    Witness(#[from] WitnessError),
    /// Larger than this program takes.
    #[error("the release is refused: {0} leaves are more than this program takes")]
    TooManyLeaves(u64),
    /// More names than this program can look up in.
    #[error("the release cannot be enforced: {0}")]
    Compile(#[from] SetError),
    /// The new list proved right and could not be kept. It is enforced; a restart would not know it.
    #[error("the list cannot be kept and would be lost by a restart: {0}; make room")]
    State(#[from] StateError),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}

impl PullError {
    /// Whether the same source may simply be asked again; otherwise somebody should look.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Source(_) | Self::Torn(_) | Self::State(_) | Self::Stopping
        )
    }
}
