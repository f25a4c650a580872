//! How a node fares, on one screen: what it holds, what it does, and what is amiss with what to do.

use std::net::SocketAddr;

use blocklist::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Control,
    pause::Paused,
    rates::{Counts, Rates},
    reload::LastReload,
};
use crate::{
    enforce::DryRun,
    policy::{CLOCK_TOLERANCE, Freshness},
    status::NodeStatus,
};

/// A release older than this, in seconds, is late: one is signed every hour.
const LATE: i64 = 7200;

/// How a node fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The program's version.
    pub version: String,
    /// The node's clock.
    pub now: Timestamp,
    /// When it started.
    pub started: Timestamp,
    /// Where it listens, over UDP and TCP.
    pub listen: Vec<SocketAddr>,
    /// What somebody should look at; empty when all is well.
    pub amiss: Vec<Amiss>,
    /// The national list.
    pub list: NodeStatus,
    /// Queries that would have been blocked, in a dry run.
    pub would_block: Option<u64>,
    /// The pause, while there is one.
    pub paused: Option<Paused>,
    /// Queries since the start.
    pub queries: Counts,
    /// And in the last minute.
    pub rates: Rates,
    /// What is remembered.
    pub cache: CacheReport,
    /// In the order of the configuration.
    pub upstreams: Vec<UpstreamReport>,
    /// Rules of the operator's own.
    pub policy: PolicyReport,
    /// The last reload, if there was one.
    pub reload: Option<LastReload>,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amiss {
    /// What it is.
    pub what: String,
    /// What to do about it.
    pub action: String,
}

/// Answers in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheReport {
    /// How many.
    pub entries: u64,
    /// Memory they take, their table among it.
    pub octets: u64,
    /// Answers driven out by others since the start.
    pub evictions: u64,
}

/// One upstream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpstreamReport {
    /// As `udp://192.0.2.53:53`.
    pub upstream: String,
    /// Whether it is passed over because it did not answer.
    pub resting: bool,
    /// What an answer takes, smoothed, in milliseconds; `None` before the first.
    pub round_trip_ms: Option<f64>,
    /// Queries sent.
    pub queries: u64,
    /// Answers to them.
    pub answers: u64,
    /// Queries that were not answered in time.
    pub timeouts: u64,
    /// Messages that were no answer to what was asked.
    pub wrong: u64,
}

/// Rules of the operator's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyReport {
    /// In order of priority.
    pub zones: Vec<ZoneReport>,
    /// Names that no zone touches.
    pub allowed_names: u64,
    /// Files that cannot be taken as they are now; what was read of them before is in force.
    pub troubles: Vec<FileTrouble>,
}

/// One policy zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneReport {
    /// Its name.
    pub zone: String,
    /// Its file.
    pub file: String,
    /// The serial of its SOA record.
    pub serial: u32,
    /// Rules in force.
    pub rules: u64,
    /// Whether it only counts.
    pub shadow: bool,
    /// Queries that met a rule, or would have.
    pub queries: u64,
}

/// A file that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTrouble {
    /// The file.
    pub file: String,
    /// Why.
    pub words: String,
}

impl Control {
    pub(super) fn overview(&self) -> Overview {
        let (queries, rates) = self.sampled.now();
        let mut overview = Overview {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now: (self.shared.clock)(),
            started: self.started,
            listen: self.addresses.clone(),
            amiss: Vec::new(),
            list: self.shared.status.borrow().clone(),
            would_block: self.shared.dry_run.as_ref().map(DryRun::would_block),
            paused: self.pauser.current(),
            queries,
            rates,
            cache: self.cache_report(),
            upstreams: self.upstream_reports(),
            policy: self.policy_report(),
            reload: self.reloader.last(),
        };
        overview.amiss = amiss(&overview);
        overview
    }

    fn cache_report(&self) -> CacheReport {
        let stats = self.observed.fast.cache.stats();
        CacheReport {
            entries: stats.entries as u64,
            octets: stats.octets as u64,
            evictions: stats.evictions,
        }
    }

    fn upstream_reports(&self) -> Vec<UpstreamReport> {
        let all = self.observed.upstreams.load().snapshot();
        let report = |upstream: crate::UpstreamSnapshot| UpstreamReport {
            upstream: upstream.to_string(),
            resting: upstream.is_resting,
            round_trip_ms: upstream.round_trip.map(|took| took.as_secs_f64() * 1e3),
            queries: upstream.queries + upstream.streams,
            answers: upstream.answers,
            timeouts: upstream.timeouts,
            wrong: upstream.wrong + upstream.strangers,
        };
        all.into_iter().map(report).collect()
    }

    fn policy_report(&self) -> PolicyReport {
        let policy = self.shared.policy.load_full();
        let zones = policy.zones();
        PolicyReport {
            zones: zones
                .iter()
                .map(|zone| ZoneReport {
                    zone: zone.name().to_owned(),
                    file: zone.path().display().to_string(),
                    serial: zone.serial(),
                    rules: zone.rules(),
                    shadow: zone.is_shadow(),
                    queries: zone.counts().map(|(_, count)| count).sum(),
                })
                .collect(),
            allowed_names: zones.allowed_names(),
            troubles: zones
                .troubles()
                .iter()
                .map(|(path, words)| FileTrouble {
                    file: path.display().to_string(),
                    words: words.clone(),
                })
                .collect(),
        }
    }
}

/// Everything that somebody should look at, what matters most first.
fn amiss(overview: &Overview) -> Vec<Amiss> {
    let mut all = Vec::new();
    let mut say = |what: String, action: &str| {
        let action = action.to_owned();
        all.push(Amiss { what, action });
    };
    if let Some(paused) = &overview.paused {
        say(
            format!("paused until {}: {}", paused.until, paused.reason),
            "`qalqan resolver pause --end` ends it now",
        );
    }
    of_list(overview, &mut say);
    of_upstreams(overview, &mut say);
    for trouble in &overview.policy.troubles {
        say(
            format!("{}: {}", trouble.file, trouble.words),
            "what was read of it before is in force; mend the file, or `qalqan resolver reload` if it is meant",
        );
    }
    if let Some(LastReload {
        error: Some(words), ..
    }) = &overview.reload
    {
        say(
            format!("the last reload was refused: {words}"),
            "what was in force stays in force; mend it and reload again",
        );
    }
    if overview.rates.lost > 0 {
        say(
            format!(
                "{} queries of the last minute were not answered, or told to come again",
                overview.rates.lost
            ),
            "more is asked than is answered: see the upstreams, and add workers or nodes",
        );
    }
    all
}

fn of_list(overview: &Overview, say: &mut impl FnMut(String, &str)) {
    let list = &overview.list;
    if list.source.is_none() {
        return;
    }
    match &list.release {
        None => say(
            "nothing is blocked: no release was ever verified".to_owned(),
            "see why the last pull failed",
        ),
        Some(_) if list.dry_run => say(
            "nothing is blocked: this is a dry run".to_owned(),
            "start the node without --dry-run to enforce the list",
        ),
        Some(release) => {
            let late = overview.now.0.saturating_sub(release.time.0);
            match release.freshness {
                Freshness::Expired => say(
                    format!(
                        "nothing is blocked: the release expired at {}",
                        release.not_after
                    ),
                    "see why no newer one could be had, and tell the publisher",
                ),
                Freshness::ClockBehind => say(
                    format!(
                        "this machine's clock is more than {CLOCK_TOLERANCE} s behind the release"
                    ),
                    "set the clock; the list stays in force",
                ),
                Freshness::Fresh if late > LATE => say(
                    format!("the release is {late} s old, and one is signed every hour"),
                    "see why no newer one could be had, and tell the publisher",
                ),
                Freshness::Fresh => {}
            }
            if release.guarded > 0 {
                say(
                    format!(
                        "{} listings of protected names are in the log",
                        release.guarded
                    ),
                    "they are not enforced; tell the publisher",
                );
            }
        }
    }
    match &list.last_error {
        Some(error) if error.refused => say(
            format!(
                "the release offered at {} was refused: {}",
                error.at, error.words
            ),
            "asking again does not help: tell the publisher; the release held stays in force until it expires",
        ),
        Some(error) => say(
            format!("the last pull failed at {}: {}", error.at, error.words),
            "see whether the source can be reached from here; it is asked again every few seconds",
        ),
        None => {}
    }
}

fn of_upstreams(overview: &Overview, say: &mut impl FnMut(String, &str)) {
    let resting: Vec<_> = overview
        .upstreams
        .iter()
        .filter(|upstream| upstream.resting)
        .map(|upstream| &upstream.upstream[..])
        .collect();
    if resting.is_empty() {
        return;
    }
    let action = "see whether it can be reached from here; it is tried again every few seconds";
    if resting.len() == overview.upstreams.len() {
        let what = "no upstream answers: only listed and remembered names are answered";
        say(format!("{what} ({})", resting.join(", ")), action);
    } else {
        say(format!("{} does not answer", resting.join(", ")), action);
    }
}
