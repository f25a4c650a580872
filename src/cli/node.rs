//! Options of `resolver`, and its verbs on a running node.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

/// Options of `resolver`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Resolver {
    #[command(subcommand)]
    pub(crate) verb: Option<Node>,
    /// Address for UDP and TCP; repeat for several. Sockets from a service manager stand in their place
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1053")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Network whose clients may ask; repeat for several
    #[arg(long, value_name = "NET", default_values = ["127.0.0.0/8", "::1/128"])]
    pub(crate) allow: Vec<resolver::access::Prefix>,
    /// Resolver that answers what is not listed: ADDR, tcp://ADDR or tls://ADDR#NAME, each with a port or without; repeat for several
    #[arg(long, value_name = "ADDR")]
    pub(crate) forward: Vec<resolver::Upstream>,
    /// Ask the first forwarder that answers, not the fastest
    #[arg(long)]
    pub(crate) forward_in_order: bool,
    /// Authorities that may vouch for tls:// forwarders, in place of this machine's (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) forward_ca: Option<PathBuf>,
    /// Believe the AD bit of the forwarders: they validate, and nobody else can write to the path
    #[arg(long)]
    pub(crate) forward_validates: bool,
    /// National list: a release directory or an https base; needs --trust
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) list: Option<resolver::ListSource>,
    /// The publisher's trust file
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Rules of your own: a response policy zone as a zone file; repeat in order of priority
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// A policy zone that only counts what it would do, asked before the others; repeat for several
    #[arg(long, value_name = "FILE")]
    pub(crate) policy_shadow: Vec<PathBuf>,
    /// Names that no policy zone touches, one a line, each with all below it; the list is another matter
    #[arg(long, value_name = "FILE")]
    pub(crate) allow_names: Option<PathBuf>,
    /// Extended error of what policy zones answer
    #[arg(long, value_enum, value_name = "ERROR", default_value = "blocked")]
    pub(crate) policy_error: PolicyError,
    /// Only read the files of policy zones and allowed names, and say what would not be in force
    #[arg(long, conflicts_with = "list")]
    pub(crate) check: bool,
    /// Accept the list of a demonstration log
    #[arg(long)]
    pub(crate) accept_demo: bool,
    /// Answer, unfiltered, before any release was ever verified
    #[arg(long)]
    pub(crate) start_empty: bool,
    /// Block nothing; only count what the list would block
    #[arg(long, requires = "list")]
    pub(crate) dry_run: bool,
    /// Where GET /metrics is answered; nowhere unless given
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Take the place of the node that runs on this data directory, without a query lost, and let the next one do the same
    #[arg(long)]
    pub(crate) take_over: bool,
    /// Tasks that read the socket
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,
}

/// What answers of policy zones say besides their code.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PolicyError {
    /// 15: the operator's policy
    Blocked,
    /// 17: a filter the client asked for
    Filtered,
}

/// Verbs that speak to the node of this data directory.
#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// What the node enforces and how it fares (not built yet)
    Status,
    /// Why a name is answered as it is (not built yet)
    Explain {
        /// The name
        name: String,
    },
    /// Ask the node for names whose answers are known (not built yet)
    Selftest,
    /// Answer without the list for a while (not built yet)
    Pause {
        /// How long, such as 30m
        #[arg(long = "for", value_name = "DURATION")]
        length: String,
        /// Why; stands in the log
        #[arg(long)]
        reason: String,
    },
    /// Drop what the node remembers of answers (not built yet)
    Flush,
    /// Read the configuration and the list again (not built yet)
    Reload,
}
