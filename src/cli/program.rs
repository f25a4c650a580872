//! Options of the verbs about the program itself: `config`, `completions` and `man`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write one page a verb into this directory, which is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Verbs of `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print a file with every key, what it means and its default
    Default,
    /// Read the file and say everything that is wrong with it; exit 2 if anything is
    Check,
    /// Show every value in effect and where it comes from
    Show,
}
