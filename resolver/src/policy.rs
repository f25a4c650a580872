//! What is blocked right now. A policy is immutable; a new release, or the passing of a date,
//! swaps in another one, and the next packet sees it. Nobody who asks waits for anybody who swaps.

use std::sync::Arc;

use arc_swap::ArcSwap;
use blocklist::{BlockSet, DomainName, ListingId, Monitoring, Release, Timestamp};
use hickory_proto::rr::{Name, RData, Record, rdata::SOA};

use crate::config::BLOCK_TTL;

/// How far in seconds this machine's clock may stand behind a release before that is an alarm;
/// smaller differences are ordinary between machines.
pub const CLOCK_TOLERANCE: i64 = 60;

/// Whether a release may be enforced at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Within its dates.
    Fresh,
    /// The clock stands before the release was made: the clock is wrong, the list is kept.
    ClockBehind,
    /// Past `not_after`: nobody vouches for it any more, names are answered unfiltered, loudly.
    Expired,
}

impl Freshness {
    /// Judges a release at the moment `now`.
    pub fn of(release: &Release, now: Timestamp) -> Self {
        if !release.is_fresh(now) {
            Self::Expired
        } else if now < release.time.plus(-CLOCK_TOLERANCE) {
            Self::ClockBehind
        } else {
            Self::Fresh
        }
    }
}

/// The list in force.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// Compiled names; shared with the policies before and after when only a date passed.
    set: Arc<BlockSet>,
    /// The names by which operators see that it is in force.
    monitoring: Option<Monitoring>,
    /// The SOA of blocked answers, owned by the zone in which other name servers carry this list.
    soa: Option<Arc<Record>>,
    active: bool,
}

/// Why a name is blocked, and what to say with it.
#[derive(Debug, Clone)]
pub(crate) struct Blocked<'p> {
    /// `None` for the name that is always blocked, which is no listing.
    pub(crate) listing: Option<ListingId>,
    pub(crate) soa: Option<&'p Record>,
}

impl Policy {
    /// No release: nothing is blocked.
    pub(crate) fn empty() -> Self {
        Self {
            set: Arc::default(),
            monitoring: None,
            soa: None,
            active: false,
        }
    }

    /// A verified list. `zone` is the policy zone's apex; `active` is false once it has expired.
    pub(crate) fn new(set: Arc<BlockSet>, zone: &str, serial: u32, active: bool) -> Self {
        Self {
            set,
            monitoring: public_domain(zone).as_ref().and_then(Monitoring::of),
            soa: soa(zone, serial).map(Arc::new),
            active,
        }
    }

    /// The same list with another answer to "may it be enforced now".
    pub(crate) fn with_active(&self, active: bool) -> Self {
        Self {
            active,
            ..self.clone()
        }
    }

    /// Why a name is blocked now, if it is. `wire` is the uncompressed lower-case name
    /// with its root octet.
    pub(crate) fn find(&self, wire: &[u8]) -> Option<Blocked<'_>> {
        let listing = match self.set.find(wire) {
            _ if !self.active => return None,
            Some(listing) => Some(listing),
            None if self.is_always_blocked(wire) => None,
            None => return None,
        };
        Some(Blocked {
            listing,
            soa: self.soa.as_deref(),
        })
    }

    /// Whether this is the name for monitoring that is blocked while the list is in force, or below it.
    pub(crate) fn is_always_blocked(&self, wire: &[u8]) -> bool {
        let monitoring = self.monitoring.as_ref();
        monitoring.and_then(|names| names.find(wire)) == Some(true)
    }

    /// The same whether or not the list may be enforced now.
    pub(crate) fn find_listed(&self, wire: &[u8]) -> Option<ListingId> {
        self.set.find(wire)
    }

    /// Whether listed names are blocked: there is a release and it has not expired.
    pub(crate) fn is_active(&self) -> bool {
        self.active
    }
}

/// The publisher's own domain, below whose label `rpz` the policy zone stands.
fn public_domain(zone: &str) -> Option<DomainName> {
    DomainName::parse(zone.strip_prefix("rpz.")?.strip_suffix('.')?).ok()
}

fn soa(zone: &str, serial: u32) -> Option<Record> {
    let apex = Name::from_ascii(zone).ok()?;
    let contact = apex.prepend_label("hostmaster").ok()?;
    let soa = SOA::new(apex.clone(), contact, serial, 3600, 600, 86_400, BLOCK_TTL);
    Some(Record::from_rdata(apex, BLOCK_TTL, RData::SOA(soa)))
}

/// The place everybody reads the policy from.
#[derive(Debug)]
pub(crate) struct PolicyCell(ArcSwap<Policy>);

impl PolicyCell {
    pub(crate) fn new(policy: Policy) -> Self {
        Self(ArcSwap::from_pointee(policy))
    }

    /// The policy in force; hold it for one query, no longer.
    pub(crate) fn load(&self) -> arc_swap::Guard<Arc<Policy>> {
        self.0.load()
    }

    /// Puts another policy in force for the next packet.
    pub(crate) fn swap(&self, policy: Policy) {
        self.0.store(Arc::new(policy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blocklist::Digest;

    #[test]
    fn a_release_is_enforced_from_its_making_until_its_end() {
        let release = Release {
            size: 1,
            root: Digest::of(b""),
            fold_version: 1,
            serial: 1,
            time: Timestamp(1000),
            not_after: Timestamp(2000),
            artefacts: std::collections::BTreeMap::new(),
        };
        let at = |now| Freshness::of(&release, Timestamp(now));
        assert_eq!(at(1000), Freshness::Fresh);
        assert_eq!(at(1999), Freshness::Fresh);
        assert_eq!(at(2000), Freshness::Expired);
        assert_eq!(at(1000 - CLOCK_TOLERANCE), Freshness::Fresh);
        assert_eq!(at(1000 - CLOCK_TOLERANCE - 1), Freshness::ClockBehind);
    }
}
