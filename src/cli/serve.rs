//! Options of the verbs of a centre that stay up: `demo`, `run`, `crawl`, `web` and `publish`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use resolver::transfer::Keyed;

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
    #[command(flatten)]
    pub(crate) pages: Web,
    /// DNS over UDP and TCP
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1053")]
    pub(crate) dns: SocketAddr,
    /// Zone transfer
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1054")]
    pub(crate) transfer: SocketAddr,
}

impl Listen {
    /// The same addresses with every port free to choose.
    pub(crate) fn on_free_ports(mut self) -> Self {
        for address in [
            &mut self.pages.web,
            &mut self.pages.block_page,
            &mut self.pages.evidence,
            &mut self.dns,
            &mut self.transfer,
        ] {
            address.set_port(0);
        }
        self
    }
}

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
            keys: None,
        }
    }
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
    /// Where GET /metrics is answered for publisher and node; nowhere unless given
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
}

/// `crawl`, and its verb.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CrawlCommand {
    #[command(subcommand)]
    pub(crate) verb: Option<CrawlVerb>,
    #[command(flatten)]
    pub(crate) options: Crawl,
}

/// Verbs of `crawl`.
#[derive(Debug, Subcommand)]
pub(crate) enum CrawlVerb {
    /// How far the crawl is: addresses and sites by state, and what went wrong
    Status {
        /// Sites and errors shown at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
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

/// Options of `web`: where its three listeners stand.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Web {
    /// Console and public pages
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) web: SocketAddr,
    /// Block page
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    pub(crate) block_page: SocketAddr,
    /// Origin that shows captured originals, apart from everything else
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
    /// Where GET /metrics is answered; nowhere unless given
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// While another publisher is at work on the store, wait, and take over when it ends
    #[arg(long)]
    pub(crate) standby: bool,
}

/// Who gets the zone.
#[derive(Clone, Debug, Args)]
pub(crate) struct Zone {
    /// Network that may transfer the zone, after `KEY@` if it has to sign; repeat for several
    #[arg(long = "allow-transfer", value_name = "[KEY@]NET", default_values = ["127.0.0.0/8", "::1/128"])]
    pub(crate) allow: Vec<Keyed<resolver::access::Prefix>>,
    /// Secondary that is told of each release, after `KEY@` if signed; repeat for several
    #[arg(long, value_name = "[KEY@]ADDR")]
    pub(crate) notify: Vec<Keyed<SocketAddr>>,
    /// File with the keys, as `tsig-keygen` prints them
    #[arg(long = "transfer-keys", value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
}
