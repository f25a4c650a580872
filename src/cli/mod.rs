//! Every verb and option, as `--help` shows them.

#[cfg(feature = "centre")]
mod appeal;
#[cfg(feature = "centre")]
mod campaign;
mod limits;
#[cfg(feature = "centre")]
mod measure;
mod node;
#[cfg(feature = "centre")]
mod office;
mod program;
mod record;
#[cfg(feature = "centre")]
mod serve;
#[cfg(feature = "centre")]
mod store;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(feature = "centre")]
pub(crate) use self::{
    appeal::Appeal,
    campaign::{Campaign, CampaignAdd, CampaignFigure, OneSigner},
    measure::Evaluate,
    office::{
        AccountRole, Guard, GuardExcept, GuardLoad, GuardReach, GuardTier, ImportRegister, Init,
        Registry, Signers, User,
    },
    serve::{Crawl, CrawlCommand, CrawlVerb, Demo, Language, Listen, Publish, Run, Web, Zone},
    store::Db,
};
pub(crate) use self::{
    node::{ErrorLanguage, Node, Pause, PolicyError, RecordKind, Resolver, Seconds},
    program::{Completions, Config, Man},
    record::{Base, Diff, DryRun, List, Log},
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
#[command(next_help_heading = "Options of every command")]
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
    /// Configuration file [default: qalqan.toml in the data directory, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "QALQAN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
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
    /// Colours; auto: on a terminal, and as NO_COLOR and CLICOLOR_FORCE say
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal that shows them.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for clap::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
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
    Crawl(CrawlCommand),
    /// Serve the console, the public pages, the block page and the evidence origin
    #[cfg(feature = "centre")]
    Web(Web),
    /// Sequence signed decisions, publish releases, serve the zone
    #[cfg(feature = "centre")]
    Publish(Publish),
    /// Answer DNS queries with the national list in front of your resolver
    Resolver(Box<Resolver>),
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
    /// Measure the machine's judgement on pages whose answer is known; exit 0 without an error
    #[cfg(feature = "centre")]
    Evaluate(Evaluate),
    /// Sites that one operator seems to run
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    Network(Network),
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
    /// Campaigns and the figures public totals are made of
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    Campaign(Campaign),
    /// Accounts and their keys
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    User(User),
    /// What is held against listings
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    Appeal(Appeal),
    /// The database: bring it up to date, check it, back it up
    #[cfg(feature = "centre")]
    #[command(subcommand)]
    Db(Db),
    /// The configuration file
    #[command(subcommand)]
    Config(Config),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page
    Man(Man),
}

/// Verbs of `network`.
#[cfg(feature = "centre")]
#[derive(Debug, Subcommand)]
pub(crate) enum Network {
    /// Show the networks, or one: its sites, what ties them together, activity, wallets, volumes
    ///
    /// Phones, handles and mail addresses are shortened, quotes and officers' names left out: these
    /// are people. --unmask shows them, and the reason given goes into the audit chain.
    Show(NetworkShow),
}

/// Options of `network show`.
#[cfg(feature = "centre")]
#[derive(Debug, Args)]
pub(crate) struct NetworkShow {
    /// A network, such as N-2026-000001, or a site of it; all networks without it
    pub(crate) network: Option<String>,
    /// Add figures over all networks, each with what it is made of
    #[arg(long)]
    pub(crate) totals: bool,
    /// Also write sites and ties as a graph
    #[arg(long, value_name = "FILE")]
    pub(crate) graphml: Option<PathBuf>,
    /// Show phones, handles, mail addresses and quotes in full, for this reason
    #[arg(long, value_name = "REASON")]
    pub(crate) unmask: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// In the configuration file both are keys of one table.
    #[test]
    fn no_verb_is_named_as_an_option_beside_it() {
        fn check(command: &clap::Command) {
            for (long, _) in crate::config::file::options(command) {
                assert!(command.find_subcommand(long).is_none(), "{long}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
