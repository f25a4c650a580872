//! Options of the verbs over the published record: `list` and `log`.

use std::path::PathBuf;

use blocklist::export::Format;
use clap::{Args, Subcommand, ValueEnum};

/// Verbs of `list`.
#[derive(Debug, Subcommand)]
pub(crate) enum List {
    /// Replay the whole log and check every artefact against it
    Verify {
        #[command(flatten)]
        base: Base,
        /// Remember here what verified, and refuse what is older or another history the next time; the
        /// log itself is kept in FILE.log, so that the next time only what is new is fetched
        #[arg(long, value_name = "FILE")]
        seen: Option<PathBuf>,
        /// Fetch and replay all of it, not only what is new since --seen
        #[arg(long)]
        full: bool,
    },
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
    /// What changed between two releases of one log, both verified; exit 0 if nothing, 1 if anything
    Diff(Diff),
    /// Which secondary has which release; exit 1 if one is behind, was not told, or never asked
    #[cfg(feature = "centre")]
    Secondaries,
    /// What the list would block of names that people ask for; exit 1 if one of --protected is among them
    DryRun(DryRun),
}

/// Verbs of `log`.
#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Print the leaves, one JSON object a line
    Show(Base),
    /// Check the tree, the checkpoint and every signature
    Verify(Base),
}

/// Options of `list diff`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Diff {
    /// The older release: a directory or an https base
    pub(crate) old: resolver::ListSource,
    /// The newer one [default: the data directory's own]
    pub(crate) new: Option<resolver::ListSource>,
    /// Trust file of both [default: the data directory's own]
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
}

/// Options of `list dry-run`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DryRun {
    /// Names, one a line, each alone or with how often it was asked for; `-` for stdin
    pub(crate) names: PathBuf,
    #[command(flatten)]
    pub(crate) base: Base,
    /// An older release of the same log, to say what changes
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) since: Option<resolver::ListSource>,
    /// Names of your own that must not be blocked, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) protected: Option<PathBuf>,
    /// Names shown at most, those asked for most often
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
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
    /// Response policy zone: BIND, Unbound, Knot Resolver, PowerDNS Recursor
    Rpz,
    /// One name a line, exact
    Domains,
    /// Hosts file
    Hosts,
    /// Options of dnsmasq 2.86 or newer
    Dnsmasq,
    /// Local zones of Unbound, where it has no RPZ
    Unbound,
    /// Empty zones of BIND, where it has no RPZ
    Bind,
    /// Policies of Knot Resolver 5
    Knot,
    /// Filter rules for AdGuard Home and AdGuard DNS
    Adblock,
    /// Table with the days of each listing
    Csv,
    /// Entries with their listings
    Json,
}

impl Artefact {
    /// The format as the list knows it.
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Rpz => Format::Rpz,
            Self::Domains => Format::Domains,
            Self::Hosts => Format::Hosts,
            Self::Dnsmasq => Format::Dnsmasq,
            Self::Unbound => Format::Unbound,
            Self::Bind => Format::Bind,
            Self::Knot => Format::Knot,
            Self::Adblock => Format::Adblock,
            Self::Csv => Format::Csv,
            Self::Json => Format::Json,
        }
    }
}
