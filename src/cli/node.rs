//! Options of `resolver`, and its verbs on a running node.

use std::{net::SocketAddr, path::PathBuf};

use blocklist::DomainName;
use clap::{Args, Subcommand, ValueEnum};
use resolver::control::LONGEST_PAUSE;

use super::limits::Clients;

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
    /// Explain blocks in JSON to clients that send this EDNS option (draft-ietf-dnsop-structured-dns-error); IANA has assigned none yet
    #[arg(long, value_name = "CODE")]
    pub(crate) structured_errors: Option<u16>,
    /// Whom such a client may contact, mailto: or tel:; repeat for several
    #[arg(long, value_name = "URI", requires = "structured_errors")]
    pub(crate) structured_contact: Vec<String>,
    /// Who runs this resolver, for such a client
    #[arg(long, value_name = "NAME", requires = "structured_errors")]
    pub(crate) structured_organisation: Option<String>,
    /// Language of what such a client is told
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value = "kk")]
    pub(crate) structured_language: ErrorLanguage,
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
    #[command(flatten)]
    pub(crate) clients: Clients,
}

/// What answers of policy zones say besides their code.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PolicyError {
    /// 15: the operator's policy
    Blocked,
    /// 17: a filter the client asked for
    Filtered,
}

/// A language of structured errors.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ErrorLanguage {
    /// Қазақша
    Kk,
    /// Русский
    Ru,
    /// English
    En,
}

/// Verbs that speak to the node of this data directory.
#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// What the node enforces and how it fares; exit 1 if something is amiss, 3 if no node answers
    Status,
    /// What would happen to a query, and why; nobody is asked for it
    Explain {
        /// The name
        name: DomainName,
        /// Type of record
        #[arg(long = "type", value_name = "TYPE", default_value = "A", value_parser = record_type)]
        kind: RecordKind,
    },
    /// Ask the node for names whose answers are known, over UDP and TCP; exit 1 if one is wrong
    Selftest {
        /// Also a name that must not be blocked; repeat for several
        #[arg(long, value_name = "NAME")]
        also: Vec<DomainName>,
    },
    /// Answer without the list for a while, loudly; it ends by itself, and with the node
    Pause(Pause),
    /// Drop what the node remembers of answers
    Flush {
        /// Of this name alone [default: of all]
        name: Option<DomainName>,
        /// And of all names below it
        #[arg(long, requires = "name")]
        subtree: bool,
    },
    /// Read configuration and policy files again, and ask for the list
    ///
    /// The same as SIGHUP. Nothing is put in force unless all of it can be; what only a restart takes
    /// over is said by name. Options of the command line stay as they were given.
    Reload,
}

/// Options of `resolver pause`.
#[derive(Debug, Args)]
pub(crate) struct Pause {
    /// How long, such as 90s, 30m or 2h; a day at most
    #[arg(
        long = "for",
        value_name = "DURATION",
        value_parser = pause_seconds,
        required_unless_present = "end"
    )]
    pub(crate) seconds: Option<Seconds>,
    /// Why; stands in the log and in status
    #[arg(long, required_unless_present = "end")]
    pub(crate) reason: Option<String>,
    /// Also leave policy zones of your own unenforced
    #[arg(long)]
    pub(crate) own_rules_too: bool,
    /// End the pause now
    #[arg(long, conflicts_with_all = ["seconds", "reason", "own_rules_too"])]
    pub(crate) end: bool,
}

/// A type of record; a type of its own, because in a file it is text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordKind(pub(crate) u16);

/// A length of time, in seconds; a type of its own, because in a file it is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seconds(pub(crate) u64);

fn record_type(text: &str) -> Result<RecordKind, String> {
    resolver::control::record_type(text)
        .map(RecordKind)
        .ok_or_else(|| "not a type of record, such as A, AAAA, HTTPS or TYPE65".to_owned())
}

fn pause_seconds(text: &str) -> Result<Seconds, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600)];
    let parts = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds)
    });
    parts
        .filter(|seconds| (1..=LONGEST_PAUSE).contains(seconds))
        .map(Seconds)
        .ok_or_else(|| "a number with s, m or h, from 1s to 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_pause_has_a_unit_and_bounds() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("24h", Some(86_400)),
            ("25h", None),
            ("0m", None),
            ("30", None),
            ("-1m", None),
            ("99999999999999999999h", None),
            ("18446744073709551615h", None),
        ] {
            assert_eq!(pause_seconds(text).ok(), seconds.map(Seconds), "{text}");
        }
    }
}
