//! Options of the verbs people sign with: `init`, `registry` and `user`.

use std::path::PathBuf;

use blocklist::time::Day;
use clap::{Args, Subcommand, ValueEnum};

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

/// Verbs of `registry`.
#[derive(Debug, Subcommand)]
pub(crate) enum Registry {
    /// Enter a register or a list of warnings into the log; two officers sign
    Import(ImportRegister),
    /// Show what is held, shipped and signed, with basis and age
    Show {
        /// Only this register
        #[arg(long, value_name = "NAME")]
        register: Option<String>,
        /// The rows as a table that `import` reads
        #[arg(long)]
        csv: bool,
    },
    /// Compare two snapshots; exit 0 when they are the same, 1 when they differ
    Diff {
        /// A file, or signed:NAME or shipped:NAME for what is held
        a: String,
        /// The same
        b: String,
    },
}

/// Options of `registry import`; docs/REGISTERS.md describes the files.
#[derive(Debug, Args)]
pub(crate) struct ImportRegister {
    /// JSON or TOML snapshot, CSV table, or saved pages: a list and the pages of its firms at once
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Which register a table or page is of, such as afsa
    #[arg(long, value_name = "NAME")]
    pub(crate) register: Option<String>,
    /// The day it shows, such as 2026-11-20
    #[arg(long, value_name = "DAY", value_parser = Day::parse)]
    pub(crate) taken_on: Option<Day>,
    /// Where it was taken from
    #[arg(long, value_name = "URL")]
    pub(crate) source: Option<String>,
    /// For saved pages: a TOML file that says where their fields stand
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// Read it and show what would change; sign nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) signers: Signers,
}

/// Verbs of `guard`.
#[derive(Debug, Subcommand)]
pub(crate) enum Guard {
    /// Show the lists in force: tier, reach, size, and where each comes from
    Show {
        /// Print the names of this list instead
        list: Option<String>,
    },
    /// Enter a list of your own into the log, in place of the one of that name; two admins sign
    Load(GuardLoad),
    /// Record in the log why a register's rows do not protect a host they name; two officers sign
    Except(GuardExcept),
    /// Whether names would be refused, and by which list; exit 0 if none is guarded, 1 if any is
    Test {
        /// The names
        #[arg(required = true)]
        names: Vec<String>,
        /// Ask for a listing of the name with everything below it
        #[arg(long)]
        subtree: bool,
    },
}

/// Options of `guard load`.
#[derive(Debug, Args)]
pub(crate) struct GuardLoad {
    /// CSV file with rank,domain, or one name a line
    pub(crate) file: PathBuf,
    /// Name of the list
    #[arg(long, default_value = "top-sites")]
    pub(crate) list: String,
    /// How strictly its names are protected
    #[arg(long, value_enum, default_value_t = GuardTier::Raised)]
    pub(crate) tier: GuardTier,
    /// How far below each name the protection reaches
    #[arg(long, value_enum, default_value_t = GuardReach::Tree)]
    pub(crate) reach: GuardReach,
    /// What officers read when a name is refused
    #[arg(long)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) signers: Signers,
}

/// Options of `guard except`.
#[derive(Debug, Args)]
pub(crate) struct GuardExcept {
    /// The host, as the register's rows name it
    pub(crate) host: String,
    /// Which register, such as afsa
    #[arg(long, value_name = "NAME")]
    pub(crate) register: String,
    /// Why its rows do not protect the host; it stands in the public log
    #[arg(long)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) signers: Signers,
}

/// How strictly a list protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuardTier {
    /// Cannot be listed
    Never,
    /// Needs a third, legal signature
    Raised,
    /// May be listed for itself, not as part of a subtree above it
    Apart,
}

/// How far a list reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuardReach {
    /// The name alone
    Host,
    /// The name and everything below it
    Tree,
}

/// Verbs of `user`.
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
#[derive(Clone, Debug, Args)]
pub(crate) struct Signers {
    /// File with two lines login:password; without it both are asked for on the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
}
