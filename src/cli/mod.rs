//! Every verb and option, as `--help` shows them.

#[cfg(feature = "centre")]
mod office;
mod record;
mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(feature = "centre")]
pub(crate) use self::{
    office::{
        AccountRole, Guard, GuardLoad, GuardReach, GuardTier, ImportRegister, Init, Registry,
        Signers, User,
    },
    serve::{Crawl, Demo, Language, Listen, Publish, Run, Web, Zone},
};
pub(crate) use self::{
    record::{Artefact, Base, List, Log},
    serve::Resolver,
};

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
    /// Database, sqlite:PATH or postgres://… [default: qalqan.db in the data directory]
    // The environment may hold a password, and --help would show it.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "QALQAN_DATABASE",
        hide_env_values = true
    )]
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
        /// Host name, URL, brand or firm, licence number or BIN
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
    /// Names that nobody may list
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    Guard(Guard),
    /// Accounts and their keys
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    User(User),
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
