//! What a node says about itself, for `resolver status`, metrics and people at 3 a.m.

use blocklist::{ListingId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{metrics::Page, policy::Freshness, state::Held};

/// The state of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Where releases are pulled from; `None` for a node without a list.
    pub source: Option<String>,
    /// Whether listed names are blocked right now. False is an alarm on any node with a source.
    pub list_active: bool,
    /// Whether that is because this node only tries the list out.
    pub dry_run: bool,
    /// The release held, if any.
    pub release: Option<HeldRelease>,
    /// Pulls since the node started, whatever came of them.
    pub pulls: u64,
    /// When the source was last found to have a release that is held now.
    pub last_pull: Option<Timestamp>,
    /// Why the last pull failed; `None` after one that did not.
    pub last_error: Option<PullFailure>,
}

impl NodeStatus {
    /// Writes what docs/isp/watching.md lists. `would_block` is given in a dry run.
    pub(crate) fn write_metrics(&self, page: &mut Page, would_block: Option<u64>, now: Timestamp) {
        let flag = u8::from;
        page.gauge(
            "qalqan_list_active",
            "Whether listed names are blocked.",
            flag(self.list_active),
        );
        if let Some(held) = &self.release {
            page.release(held.serial, held.size, (held.time, held.not_after), now);
            page.entries(held.names, held.guarded);
        }
        page.counter(
            "qalqan_list_pulls_total",
            "Times the source was asked for a release.",
            self.pulls,
        );
        if let Some(at) = self.last_pull {
            page.gauge(
                "qalqan_list_last_success_timestamp_seconds",
                "When the source last had what is held, or something newer that verified.",
                at.0,
            );
        }
        let refused = self.last_error.as_ref().is_some_and(|error| error.refused);
        page.gauge(
            "qalqan_list_verified",
            "Whether the last release offered was not refused.",
            flag(!refused),
        );
        page.gauge(
            "qalqan_list_pull_failed",
            "Whether the last pull came to nothing.",
            flag(self.last_error.is_some()),
        );
        page.gauge(
            "qalqan_list_dry_run",
            "Whether nothing is blocked because this is a dry run.",
            flag(self.dry_run),
        );
        if let Some(count) = would_block {
            page.counter(
                "qalqan_list_would_block_total",
                "Queries that would have been blocked.",
                count,
            );
        }
    }
}

/// The release a node holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRelease {
    /// SOA serial of the zone.
    pub serial: u32,
    /// Leaves in the log.
    pub size: u64,
    /// When it was made.
    pub time: Timestamp,
    /// From when on it is no longer enforced.
    pub not_after: Timestamp,
    /// Whether its dates allow enforcing it.
    pub freshness: Freshness,
    /// Owner names in the compiled list.
    pub names: u64,
    /// Listings the guard holds back; each one is an alarm.
    pub guarded: u64,
}

/// A pull that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullFailure {
    /// When.
    pub at: Timestamp,
    /// Why, in words.
    pub words: String,
    /// True when the release was refused: asking again does not help, somebody has to look.
    pub refused: bool,
}

impl HeldRelease {
    pub(crate) fn of(held: &Held, freshness: Freshness) -> Self {
        Self {
            serial: held.release.serial,
            size: held.release.size,
            time: held.release.time,
            not_after: held.release.not_after,
            freshness,
            names: held.set.len() as u64,
            guarded: held.guarded,
        }
    }
}

/// What would happen to a query for a name, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The name, as it was understood.
    pub name: String,
    /// Whether a client is told that the name is blocked.
    pub blocked: bool,
    /// The listing that names it, also when the list is not enforced now.
    pub listing_id: Option<ListingId>,
    /// Where a person reads about the listing.
    pub url: Option<String>,
    /// Rules of the operator's own zones that the name meets, in order of priority; the first that is
    /// not in shadow decides, unless the list does or the operator's own list keeps the zones off.
    pub own_rules: Vec<OwnRule>,
    /// Whether the operator's own list keeps all zones from touching the name.
    pub own_allowed: bool,
    /// Whether the list is enforced now.
    pub list_active: bool,
    /// The release that decided.
    pub release: Option<HeldRelease>,
}

/// A rule of an operator's own zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRule {
    /// The rule and its zone, as `*.example.com of policy zone rpz.example`.
    pub rule: String,
    /// What it does, as `nxdomain` or `data`.
    pub action: String,
    /// The file it stands in.
    pub file: String,
    /// The serial of its zone.
    pub serial: u32,
    /// Whether it only counts what it would do.
    pub shadow: bool,
}
