//! Why the demo world could not be read or started: every message names the file and what to do.

/// Why the demo world could not be read or started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorldError {
    /// A file says something it must not.
    #[error("data/demo/{file}:{line}: {reason}. Correct the file and build again.")]
    Content {
        /// Path below `data/demo`.
        file: String,
        /// 1-based line.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A file that another one names is not there.
    #[error(
        "data/demo/{file} is named in {named_in} but does not exist. Add it, or take the name out, and build again."
    )]
    Missing {
        /// Path below `data/demo`.
        file: String,
        /// The file that names it.
        named_in: String,
    },
    /// A loopback address or port could not be taken.
    #[error(
        "cannot listen on {address}: {source}. The demo needs the loopback addresses 127.77.0.x, which Linux has without set-up, and one port that is free on all of them."
    )]
    Listen {
        /// The address that failed.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}
