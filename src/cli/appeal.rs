//! Options of the verb that looks after appeals: `appeal`.

use std::net::SocketAddr;

use clap::Subcommand;

/// Verbs of `appeal`.
#[derive(Debug, Subcommand)]
pub(crate) enum Appeal {
    /// Look for what owners published to prove that a listed name is theirs
    ///
    /// Also closes what was never proved and erases what senders left, twelve months after the end.
    /// `run` and `crawl` do the same all the time; this is for machines that have neither.
    Check {
        /// Name server asked, never a filter; repeat for several
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:53")]
        upstream: Vec<SocketAddr>,
    },
}
