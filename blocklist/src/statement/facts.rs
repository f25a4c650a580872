//! Where trust begins, what registers show, what time brought, and the head of the audit chain.

use serde::{Deserialize, Serialize};

use super::{KeyGrant, ListingId, Policy};
use crate::{DomainName, Timestamp, digest::Digest, time::Day};

/// Marks that listings changed by time alone: reached `effective_at`, or ended. Written by the
/// publisher without signatures; it changes no entry, it only moves the serial, and a verifier
/// checks that each change it names is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// Always [`super::VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// The listings concerned.
    pub listings: Vec<ListingId>,
    /// The moment by which all of them were due.
    pub at: Timestamp,
}

/// A host that a register row names, with the term in which that row makes it licensed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterHost {
    /// The host.
    pub name: DomainName,
    /// First and last day of a live licence; `None` when the row only names the host.
    pub licensed: Option<Term>,
}

/// The first and last day of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// First day.
    pub from: Day,
    /// Last day; `None` when the register gives no end.
    pub to: Option<Day>,
}

impl Term {
    /// Whether the licence is live at `moment`.
    pub fn covers(&self, moment: Timestamp) -> bool {
        self.from.start() <= moment && self.to.is_none_or(|day| moment < day.end())
    }
}

/// Enters a snapshot of a licence register. Two officers sign. The leaf carries the hosts, so that
/// suspensions and protection follow from the log alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSnapshot {
    /// Always [`super::VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// Which register.
    pub register: String,
    /// The day the snapshot shows.
    pub taken_on: Day,
    /// Hash of the snapshot itself.
    pub sha256: Digest,
    /// Every host its rows name.
    pub hosts: Vec<RegisterHost>,
    /// When the officers signed.
    pub at: Timestamp,
}

/// Binds the day's head of the internal audit chain into the public log. Written by the publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditAnchor {
    /// Always [`super::VERSION`].
    pub v: u32,
    /// The log this statement is for.
    pub origin: String,
    /// Number of rows in the chain.
    pub rows: u64,
    /// Hash of the last row.
    pub head: Digest,
    /// When it was read.
    pub at: Timestamp,
}

/// Leaf 0: where trust begins. Both first admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Always [`super::VERSION`].
    pub v: u32,
    /// The name of the log.
    pub origin: String,
    /// The log's signed-note verifier key.
    pub log_key: String,
    /// The first two admins.
    pub admins: [KeyGrant; 2],
    /// The first policy.
    pub policy: Policy,
    /// A demonstration log: lists only names under `.test`, and no other resolver accepts it.
    pub demo: bool,
    /// When the log was made.
    pub at: Timestamp,
}
