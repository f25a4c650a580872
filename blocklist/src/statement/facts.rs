//! Where trust begins, what registers show, what time brought, and the head of the audit chain.

use serde::{Deserialize, Serialize};

use super::{CanonicalError, KeyGrant, ListingId, Policy, to_canonical};
use crate::{DomainName, Timestamp, digest::Digest, leaf::MAX_LEAF, time::Day};

/// Marks that listings changed by time alone: reached `effective_at`, or ended. Written by the
/// publisher without signatures; it changes no entry, it only moves the serial, and a verifier
/// checks that each change it names is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// The moment by which all of them were due.
    pub at: Timestamp,
    /// The listings concerned.
    pub listings: Vec<ListingId>,
    /// The log this statement is for.
    pub origin: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// A host that a register row names, with the term in which that row makes it licensed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterHost {
    /// First and last day of a live licence; `None` when the row only names the host.
    pub licensed: Option<Term>,
    /// The host.
    pub name: DomainName,
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
/// suspensions and protection follow from the log alone. More hosts than one leaf holds go into
/// several (see [`RegisterSnapshot::in_parts`]), which count once the last of them is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSnapshot {
    /// When the officers signed.
    pub at: Timestamp,
    /// Every host its rows name, or as many of them as this part holds.
    pub hosts: Vec<RegisterHost>,
    /// The log this statement is for.
    pub origin: String,
    /// Which part this is; left out where one leaf holds the snapshot, whose bytes are then those of
    /// a time that knew no parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Which register.
    pub register: String,
    /// Hash of the snapshot itself.
    pub sha256: Digest,
    /// The day the snapshot shows.
    pub taken_on: Day,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// One of the leaves that hold a long snapshot together. They follow one another in the log, with no
/// other snapshot of that register between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// From 1.
    pub number: u32,
    /// How many there are: 2 or more.
    pub of: u32,
}

/// Octets of a `register.snapshot` leaf that are kept free for everything but the hosts: the
/// statement's other fields and two signatures. The register's name is at most
/// [`MAX_REGISTER_NAME`] characters long.
const RESERVED: usize = 8_192;

/// The longest name of a register, in characters.
pub const MAX_REGISTER_NAME: usize = 200;

impl RegisterSnapshot {
    /// Cuts a snapshot into parts that each fit a leaf. A short one stays as it is.
    ///
    /// # Errors
    /// When a host has no canonical form, which no host lacks.
    pub fn in_parts(mut self) -> Result<Vec<Self>, CanonicalError> {
        let mut parts: Vec<Vec<RegisterHost>> = vec![Vec::new()];
        let mut octets = 0;
        for host in std::mem::take(&mut self.hosts) {
            let more = to_canonical(&host)?.len() + ",".len();
            if octets + more > MAX_LEAF - RESERVED {
                parts.push(Vec::new());
                octets = 0;
            }
            octets += more;
            if let Some(part) = parts.last_mut() {
                part.push(host);
            }
        }
        // A leaf has room for hundreds of hosts; no register has 2^32 parts.
        let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let part = |(number, hosts)| Self {
            hosts,
            part: (of > 1).then_some(Part { number, of }),
            ..self.clone()
        };
        Ok((1..).zip(parts).map(part).collect())
    }
}

/// Records why a host that a register row names is not protected by that row, so that it may be
/// proposed like any other. A live licence suspends a listing all the same. Two officers sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterExcept {
    /// When the officers signed.
    pub at: Timestamp,
    /// The host, as the register's rows name it.
    pub name: DomainName,
    /// The log this statement is for.
    pub origin: String,
    /// Why, in words shown to the public.
    pub reason: String,
    /// Which register.
    pub register: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// Binds the day's head of the internal audit chain into the public log. Written by the publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditAnchor {
    /// When it was read.
    pub at: Timestamp,
    /// Hash of the last row.
    pub head: Digest,
    /// The log this statement is for.
    pub origin: String,
    /// Number of rows in the chain.
    pub rows: u64,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// Leaf 0: where trust begins. Both first admins sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The first two admins.
    pub admins: [KeyGrant; 2],
    /// When the log was made.
    pub at: Timestamp,
    /// A demonstration log: lists only names under `.test`, and no other resolver accepts it.
    pub demo: bool,
    /// The log's signed-note verifier key.
    pub log_key: String,
    /// The name of the log.
    pub origin: String,
    /// The first policy.
    pub policy: Policy,
    /// Always [`super::VERSION`].
    pub v: u32,
}
