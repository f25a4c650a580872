//! What is blocked right now. A policy is immutable; a new release, or the passing of a date,
//! swaps in another one, and the next packet sees it. Nobody who asks waits for anybody who swaps.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use blocklist::{BlockSet, DomainName, ListingId, Monitoring, Release, Timestamp};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType, rdata::SOA};

use crate::{
    config::{BLOCK_TTL, PauseScope},
    rpz::{Hit, Zones},
    settings::Settings,
    wire,
};

/// How far in seconds this machine's clock may stand behind a release before that is an alarm;
/// smaller differences are ordinary between machines.
pub const CLOCK_TOLERANCE: i64 = 60;

/// Whether a release may be enforced at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    soa: Option<Arc<Soa>>,
    active: bool,
    /// The operator's own zones, which stand behind the list.
    zones: Arc<Zones>,
    settings: Arc<Settings>,
    /// Another number for each policy that was ever in force in this process.
    generation: u64,
}

/// What a name meets.
#[derive(Debug, Clone)]
pub(crate) enum Verdict<'p> {
    /// Nothing.
    Open,
    /// It is on the list.
    Blocked(Blocked<'p>),
    /// A rule of the operator's own.
    Rule(Hit<'p>),
}

/// Why a name is blocked, and what to say with it.
#[derive(Debug, Clone)]
pub(crate) struct Blocked<'p> {
    /// `None` for the name that is always blocked, which is no listing.
    pub(crate) listing: Option<ListingId>,
    pub(crate) soa: Option<&'p Soa>,
}

/// A start of authority, as a record and as it stands in an answer, uncompressed.
#[derive(Debug)]
pub(crate) struct Soa {
    pub(crate) record: Record,
    pub(crate) octets: Box<[u8]>,
}

impl Policy {
    /// No release: nothing is blocked.
    pub(crate) fn empty() -> Self {
        Self {
            set: Arc::default(),
            monitoring: None,
            soa: None,
            active: false,
            zones: Arc::default(),
            settings: Arc::default(),
            generation: 0,
        }
    }

    /// A verified list. `zone` is the policy zone's apex; `active` is false once it has expired.
    pub(crate) fn new(set: Arc<BlockSet>, zone: &str, serial: u32, active: bool) -> Self {
        Self {
            set,
            monitoring: public_domain(zone).as_ref().and_then(Monitoring::of),
            soa: soa(zone, serial).map(Arc::new),
            active,
            zones: Arc::default(),
            settings: Arc::default(),
            generation: 0,
        }
    }

    /// The same list with another answer to "may it be enforced now".
    pub(crate) fn with_active(&self, active: bool) -> Self {
        Self {
            active,
            ..self.clone()
        }
    }

    /// What a name meets: first the list, which no rule of an operator's own takes anything from,
    /// then the operator's zones. `wire` is as for [`Self::find`].
    pub(crate) fn decide<'a>(&'a self, wire: &'a [u8]) -> Verdict<'a> {
        if let Some(blocked) = self.find(wire) {
            return Verdict::Blocked(blocked);
        }
        if self.settings.pause == Some(PauseScope::Everything) {
            return Verdict::Open;
        }
        match self.zones.find(wire) {
            Some(hit) => Verdict::Rule(hit),
            None => Verdict::Open,
        }
    }

    /// Counts what the operator's own zones say of a name, and what a dry run would have blocked, for
    /// whoever acts on the verdict: once for each query.
    pub(crate) fn count(&self, wire: &[u8], verdict: &Verdict<'_>) {
        if let Some(dry_run) = &self.settings.dry_run
            && self.is_listed(wire)
        {
            dry_run.count();
        }
        match verdict {
            Verdict::Blocked(_) => {}
            Verdict::Open => self.zones.count_shadows(wire),
            Verdict::Rule(hit) => {
                hit.count();
                self.zones.count_shadows(wire);
            }
        }
    }

    /// In a dry run, counts a query whose answer leads to a listed name by way of `targets`, unless it
    /// was counted for its own name.
    pub(crate) fn count_aliases<'t>(
        &self,
        name: &[u8],
        mut targets: impl Iterator<Item = &'t [u8]>,
    ) {
        if let Some(dry_run) = &self.settings.dry_run
            && targets.any(|target| self.is_listed(target))
            && !self.is_listed(name)
        {
            dry_run.count();
        }
    }

    /// What the operator decided beside the rules.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    #[cfg(test)]
    pub(crate) fn with_settings(self, settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            ..self
        }
    }

    /// The operator's own zones.
    pub(crate) fn zones(&self) -> &Zones {
        &self.zones
    }

    #[cfg(test)]
    pub(crate) fn soa(&self) -> Option<&Soa> {
        self.soa.as_deref()
    }

    /// By which an answer remembers under which policy its aliases were looked at.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Why a name is blocked now, if it is. `wire` is the uncompressed lower-case name
    /// with its root octet.
    pub(crate) fn find(&self, wire: &[u8]) -> Option<Blocked<'_>> {
        if !self.is_enforced() {
            return None;
        }
        self.named(wire)
    }

    /// Whether the list names it and may be enforced, whatever the operator says.
    fn is_listed(&self, wire: &[u8]) -> bool {
        self.active && self.named(wire).is_some()
    }

    fn named(&self, wire: &[u8]) -> Option<Blocked<'_>> {
        let listing = match self.set.find(wire) {
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
    fn is_always_blocked(&self, wire: &[u8]) -> bool {
        let monitoring = self.monitoring();
        monitoring.and_then(|names| names.find(wire)) == Some(true)
    }

    /// The names by which operators see that the list is in force.
    pub(crate) fn monitoring(&self) -> Option<&Monitoring> {
        self.monitoring.as_ref()
    }

    /// The same whether or not the list may be enforced now.
    pub(crate) fn find_listed(&self, wire: &[u8]) -> Option<ListingId> {
        self.set.find(wire)
    }

    /// Whether listed names are blocked: there is a release, it has not expired, and the operator
    /// neither paused it nor only tries it out.
    pub(crate) fn is_enforced(&self) -> bool {
        self.active && self.settings.enforce_list()
    }
}

/// The publisher's own domain, below whose label `rpz` the policy zone stands.
fn public_domain(zone: &str) -> Option<DomainName> {
    DomainName::parse(zone.strip_prefix("rpz.")?.strip_suffix('.')?).ok()
}

fn soa(zone: &str, serial: u32) -> Option<Soa> {
    let apex = Name::from_ascii(zone).ok()?;
    let contact = apex.prepend_label("hostmaster").ok()?;
    let soa = SOA::new(apex.clone(), contact, serial, 3600, 600, 86_400, BLOCK_TTL);
    let record = Record::from_rdata(apex, BLOCK_TTL, RData::SOA(soa));
    let octets = octets_of(&record)?;
    Some(Soa { record, octets })
}

/// The record written out whole: inside an answer its names could point at nothing else.
fn octets_of(record: &Record) -> Option<Box<[u8]>> {
    let RData::SOA(soa) = &record.data else {
        return None;
    };
    let numbers = [
        soa.serial,
        soa.refresh as u32,
        soa.retry as u32,
        soa.expire as u32,
        soa.minimum,
    ];
    let mut data = [wire::lower(&soa.mname), wire::lower(&soa.rname)].concat();
    data.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    let mut octets = wire::lower(&record.name);
    octets.extend(u16::from(RecordType::SOA).to_be_bytes());
    octets.extend(u16::from(DNSClass::IN).to_be_bytes());
    octets.extend(record.ttl.to_be_bytes());
    octets.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
    octets.extend(data);
    Some(octets.into())
}

/// The place everybody reads the policy from.
#[derive(Debug)]
pub(crate) struct PolicyCell {
    current: ArcSwap<Policy>,
    /// Held by whoever changes a part of it: the list and the zones come from different tasks.
    changing: Mutex<()>,
}

impl PolicyCell {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            current: ArcSwap::from_pointee(policy),
            changing: Mutex::default(),
        }
    }

    /// The policy in force; hold it for one query or one batch of them, no longer.
    pub(crate) fn load(&self) -> arc_swap::Guard<Arc<Policy>> {
        self.current.load()
    }

    /// As [`Self::load`], for whoever waits while holding it.
    pub(crate) fn load_full(&self) -> Arc<Policy> {
        self.current.load_full()
    }

    /// Puts another list in force for the next packet.
    pub(crate) fn swap(&self, list: Policy) {
        self.change(|now| Policy {
            zones: now.zones.clone(),
            settings: now.settings.clone(),
            ..list
        });
    }

    /// Puts other decisions of the operator's in force for the next packet.
    pub(crate) fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.change(|now| {
            let mut settings = Settings::clone(&now.settings);
            change(&mut settings);
            Policy {
                settings: Arc::new(settings),
                ..now.clone()
            }
        });
    }

    /// Puts other zones of the operator's in force for the next packet.
    pub(crate) fn swap_zones(&self, zones: Arc<Zones>) {
        self.change(|now| Policy {
            zones,
            ..now.clone()
        });
    }

    fn change(&self, to: impl FnOnce(&Policy) -> Policy) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.current.load();
        let next = Policy {
            generation: now.generation + 1,
            ..to(&now)
        };
        self.current.store(Arc::new(next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blocklist::Digest;

    #[test]
    fn an_soa_written_out_is_the_record() {
        use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

        let soa = soa("rpz.qalqan.test.", 7).unwrap();
        let mut decoder = BinDecoder::new(&soa.octets);
        assert_eq!(Record::read(&mut decoder).unwrap(), soa.record);
        assert!(decoder.is_empty());
    }

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
