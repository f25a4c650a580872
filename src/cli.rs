//! Every verb and option, as `--help` shows them.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Qalqan: finds unlicensed crypto exchanges that serve Kazakhstan, puts each before two officers,
/// and enforces what they sign through DNS, in public view.
#[derive(Debug, Parser)]
#[command(name = "qalqan", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Data directory [default: ./qalqan-data; for demo: ./qalqan-demo]
    #[arg(long, global = true, value_name = "DIR", env = "QALQAN_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Database, sqlite:PATH [default: qalqan.db in the data directory]
    #[arg(long, global = true, value_name = "URL", env = "QALQAN_DATABASE")]
    pub(crate) database: Option<String>,
    /// Output on stdout: text for people, or one JSON object
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Say more on stderr; repeat for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say only errors on stderr
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Show no progress
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One documented object.
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole path on an invented web, without any network
    ///
    /// With --format json it prints one line once everything answers: the bound `ports`, the
    /// `officers` with login and password, the `data` directory and the `trust` file; it then stays
    /// up until it is stopped. With --once as well: `agreed`, and `rows` of what was expected and seen.
    #[cfg(feature = "centre")]
    Demo(Demo),
    /// Make a new log with its key and first two admins
    #[cfg(feature = "centre")]
    Init(Init),
    /// Run everything on this machine: crawler, web, publisher, resolver, zone transfer
    #[cfg(feature = "centre")]
    Run(Run),
    /// Crawl from seeds until nothing is left to fetch
    #[cfg(feature = "centre")]
    Crawl(Crawl),
    /// Serve the console, the public pages, the block page and the evidence origin
    #[cfg(feature = "centre")]
    Web(Web),
    /// Sequence signed decisions, publish releases, serve the zone
    #[cfg(feature = "centre")]
    Publish(Publish),
    /// Answer DNS queries with the national list in front of your resolver
    Resolver(Resolver),
    /// What is known of a site; exit 0 only if it is licensed
    #[cfg(feature = "centre")]
    Check {
        /// Host name or URL
        query: String,
    },
    /// Assess a saved page
    #[cfg(feature = "centre")]
    Assess {
        /// The HTML file
        file: PathBuf,
        /// The address it was saved from
        #[arg(long)]
        url: String,
        /// Print the ledger of signals
        #[arg(long)]
        explain: bool,
    },
    /// The published list
    #[command(subcommand)]
    List(List),
    /// The public log
    #[command(subcommand)]
    Log(Log),
    /// Licence registers
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    Registry(Registry),
    /// Accounts and their keys
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    User(User),
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Play both officers from the fixed script, compare with what is expected, and end
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Language of what is printed [default: from LANG]
    #[arg(long, value_enum)]
    pub(crate) language: Option<Language>,
}

/// A language of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Қазақша
    Kk,
    /// Русский
    Ru,
    /// English
    En,
}

/// Where a centre listens; port 0 takes a free one, `ports.json` in the data directory tells which.
#[derive(Clone, Debug, Args)]
pub(crate) struct Listen {
    /// Console and public pages
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) web: SocketAddr,
    /// Block page
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    pub(crate) block_page: SocketAddr,
    /// Origin that shows captured originals, apart from everything else
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8082")]
    pub(crate) evidence: SocketAddr,
    /// DNS over UDP and TCP
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1053")]
    pub(crate) dns: SocketAddr,
    /// Zone transfer
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1054")]
    pub(crate) transfer: SocketAddr,
}

#[cfg(feature = "centre")]
impl Listen {
    /// The same addresses with every port free to choose.
    pub(crate) fn on_free_ports(mut self) -> Self {
        for address in [
            &mut self.web,
            &mut self.block_page,
            &mut self.evidence,
            &mut self.dns,
            &mut self.transfer,
        ] {
            address.set_port(0);
        }
        self
    }
}

#[cfg(feature = "centre")]
impl Zone {
    /// Transfers to this machine only, nobody told.
    pub(crate) fn loopback() -> Self {
        let allow = ["127.0.0.0/8", "::1/128"]
            .iter()
            .filter_map(|net| net.parse().ok())
            .collect();
        Self {
            allow,
            notify: Vec::new(),
        }
    }
}

/// Options of `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Name of the log, such as qalqan.kz/log
    #[arg(long)]
    pub(crate) origin: String,
    /// Address of the public pages, such as <https://qalqan.kz>
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: String,
    /// Domain of the service; the zone is `rpz.` below it
    #[arg(long)]
    pub(crate) domain: String,
    /// Added to the log's size to give the zone's SOA serial
    #[arg(long, default_value_t = 2_026_000_000)]
    pub(crate) serial_base: u32,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) crawl: Crawl,
    #[command(flatten)]
    pub(crate) zone: Zone,
}

/// Options of `crawl`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Crawl {
    /// CSV file with the columns url,source
    #[arg(long, value_name = "FILE")]
    pub(crate) seeds: Option<PathBuf>,
    /// Pages fetched at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: u16,
    /// Name server asked for crawling, never a filter; repeat for several
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:53")]
    pub(crate) upstream: Vec<SocketAddr>,
}

/// Options of `web`.
#[derive(Debug, Args)]
pub(crate) struct Web {
    /// Console and public pages
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) web: SocketAddr,
    /// Block page
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    pub(crate) block_page: SocketAddr,
    /// Origin that shows captured originals
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8082")]
    pub(crate) evidence: SocketAddr,
}

/// Options of `publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// Zone transfer
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1054")]
    pub(crate) transfer: SocketAddr,
    #[command(flatten)]
    pub(crate) zone: Zone,
}

/// Who gets the zone.
#[derive(Clone, Debug, Args)]
pub(crate) struct Zone {
    /// Network that may transfer the zone; repeat for several
    #[arg(long = "allow-transfer", value_name = "NET", default_values = ["127.0.0.0/8", "::1/128"])]
    pub(crate) allow: Vec<resolver::access::Prefix>,
    /// Secondary that is told of each release; repeat for several
    #[arg(long, value_name = "ADDR")]
    pub(crate) notify: Vec<SocketAddr>,
}

/// Options of `resolver`.
#[derive(Debug, Args)]
pub(crate) struct Resolver {
    /// Address for UDP and TCP; repeat for several
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1053")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Network whose clients may ask; repeat for several
    #[arg(long, value_name = "NET", default_values = ["127.0.0.0/8", "::1/128"])]
    pub(crate) allow: Vec<resolver::access::Prefix>,
    /// Resolver that answers what is not listed; repeat for several
    #[arg(long, value_name = "ADDR", required = true)]
    pub(crate) forward: Vec<SocketAddr>,
    /// Believe the AD bit of the forwarders: they validate, and nobody else can write to the path
    #[arg(long)]
    pub(crate) forward_validates: bool,
    /// National list: a release directory or an https base
    #[arg(long, value_name = "DIR|URL", requires = "trust")]
    pub(crate) list: Option<resolver::ListSource>,
    /// The publisher's trust file
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Accept the list of a demonstration log
    #[arg(long)]
    pub(crate) accept_demo: bool,
    /// Answer, unfiltered, before any release was ever verified
    #[arg(long)]
    pub(crate) start_empty: bool,
    /// Tasks that read the socket
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,
}

/// Verbs of `list`.
#[derive(Debug, Subcommand)]
pub(crate) enum List {
    /// Replay the whole log and check every artefact against it
    Verify(Base),
    /// Write the verified list in a format
    Export {
        #[command(flatten)]
        base: Base,
        /// The format
        #[arg(value_enum)]
        artefact: Artefact,
    },
    /// Show every listing and where it stands
    Show(Base),
}

/// Verbs of `log`.
#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Print the leaves, one JSON object a line
    Show(Base),
    /// Check the tree, the checkpoint and every signature
    Verify(Base),
}

/// Which release, and whom it must come from.
#[derive(Clone, Debug, Args)]
pub(crate) struct Base {
    /// Release directory or https base [default: the data directory's own]
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) base: Option<resolver::ListSource>,
    /// Trust file [default: the data directory's own]
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
}

/// A format of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Artefact {
    /// Response policy zone
    Rpz,
    /// One name a line
    Domains,
    /// Entries with their listings
    Json,
}

/// Verbs of `registry`.
#[cfg(feature = "centre")]
#[derive(Debug, Subcommand)]
pub(crate) enum Registry {
    /// Enter a snapshot into the log; two officers sign
    Import {
        /// JSON file with the snapshot
        file: PathBuf,
        #[command(flatten)]
        signers: Signers,
    },
    /// Show the snapshots in force
    Show,
}

/// Verbs of `user`.
#[cfg(feature = "centre")]
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make an account and add its key to the log; two admins sign
    Add {
        /// What they type to sign in
        login: String,
        /// How colleagues see them
        #[arg(long)]
        name: String,
        /// What they may do
        #[arg(long, value_enum, default_value_t = AccountRole::Officer)]
        role: AccountRole,
        #[command(flatten)]
        signers: Signers,
    },
    /// Show accounts and key ids
    List,
}

/// Role of a new account.
#[cfg(feature = "centre")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccountRole {
    /// Proposes, approves and lifts
    Officer,
    /// Third signature for names of the raised tier
    Legal,
    /// Keys, policy, guard lists
    Admin,
}

/// The two people who sign on the command line.
#[cfg(feature = "centre")]
#[derive(Clone, Debug, Args)]
pub(crate) struct Signers {
    /// File with two lines login:password; without it both are asked for on the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
