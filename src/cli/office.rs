//! Options of the verbs people sign with: `init`, `registry` and `user`.

use std::path::PathBuf;

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
