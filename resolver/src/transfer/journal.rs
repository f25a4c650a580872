//! What changed from one release to the next, for secondaries that have an older one (RFC 1995).
//!
//! The journal is a cache: whatever it does not hold, a secondary gets by a whole transfer. It is
//! bounded in octets, the oldest differences go first, and a chain that would be larger than the zone
//! is not offered.

use std::{cmp::Ordering, collections::VecDeque, sync::Arc};

use crate::zone::{Records, WireRecord, ZoneImage};

/// A chain of differences up to this many octets is offered even when the zone is smaller: it takes
/// one message either way.
const ONE_MESSAGE: usize = 16_000;

/// One step from a serial to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) from: u32,
    pub(super) to: u32,
    /// As it is sent (RFC 1995 §4): old SOA, what goes, new SOA, what comes.
    pub(super) records: Box<[u8]>,
}

impl Delta {
    /// The difference of two images of one zone; `None` when no secondary could be told it: another
    /// apex, or a serial that does not grow (RFC 1982).
    pub(super) fn between(old: &ZoneImage, new: &ZoneImage) -> Option<Self> {
        let grown = domain::base::Serial(old.serial()) < domain::base::Serial(new.serial());
        if old.apex() != new.apex() || !grown {
            return None;
        }
        let (removed, added) = changes(old, new);
        let records = [old.soa(), &removed, new.soa(), &added].concat();
        Some(Self {
            from: old.serial(),
            to: new.serial(),
            records: records.into(),
        })
    }
}

/// What is only in `old`, and what is only in `new`. Both are walked once, side by side, in the
/// order in which the zone is made; records out of that order would cost octets, never correctness.
fn changes(old: &ZoneImage, new: &ZoneImage) -> (Vec<u8>, Vec<u8>) {
    let apex = new.apex().as_slice();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    let mut olds = Records(old.body()).peekable();
    let mut news = Records(new.body()).peekable();
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return (removed, added),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) if old.octets == new.octets => Ordering::Equal,
            // The same owner with other data: the old record goes, then the new one comes.
            (Some(old), Some(new)) => zone_order(old, new, apex).then(Ordering::Less),
        };
        let gone = if order.is_le() { olds.next() } else { None };
        let come = if order.is_ge() { news.next() } else { None };
        if order.is_ne() {
            removed.extend_from_slice(gone.map_or(&[][..], |record| record.octets));
            added.extend_from_slice(come.map_or(&[][..], |record| record.octets));
        }
    }
}

/// The order of a policy zone's records: names below the apex as text, a name's wildcard right
/// after it.
fn zone_order(a: &WireRecord<'_>, b: &WireRecord<'_>, apex: &[u8]) -> Ordering {
    let (a_wildcard, a) = below(a.owner, apex);
    let (b_wildcard, b) = below(b.owner, apex);
    text(a).cmp(text(b)).then(a_wildcard.cmp(&b_wildcard))
}

/// The labels of an owner that stand below the apex, and whether a wildcard stood before them.
fn below<'z>(owner: &'z [u8], apex: &[u8]) -> (bool, &'z [u8]) {
    let labels = owner.strip_suffix(apex).unwrap_or(owner);
    match labels.strip_prefix(b"\x01*") {
        Some(name) => (true, name),
        None => (false, labels),
    }
}

/// Labels as text, without an allocation: a dot between any two.
fn text(mut labels: &[u8]) -> impl Iterator<Item = u8> {
    let mut dot = None;
    let labels = std::iter::from_fn(move || {
        let (&length, after) = labels.split_first()?;
        let (label, after) = after.split_at_checked(usize::from(length))?;
        labels = after;
        Some(dot.replace(b'.').into_iter().chain(label.iter().copied()))
    });
    labels.flatten()
}

/// The latest differences, each beginning where the one before ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal {
    deltas: VecDeque<Arc<Delta>>,
    octets: usize,
}

impl Journal {
    /// Adds the newest difference and lets go of the oldest until all fit into `limit` octets.
    pub(super) fn push(&mut self, delta: Delta, limit: usize) {
        if self.deltas.back().is_some_and(|last| last.to != delta.from) {
            *self = Self::default();
        }
        self.octets += delta.records.len();
        self.deltas.push_back(Arc::new(delta));
        while self.octets > limit
            && let Some(oldest) = self.deltas.pop_front()
        {
            self.octets -= oldest.records.len();
        }
    }

    /// The differences that lead from `serial` to `zone`; `None` when they are not held or when the
    /// whole zone is less to send.
    pub(super) fn since(&self, serial: u32, zone: &ZoneImage) -> Option<Vec<Arc<Delta>>> {
        if self.deltas.back()?.to != zone.serial() {
            return None;
        }
        let first = self.deltas.iter().position(|delta| delta.from == serial)?;
        let chain: Vec<_> = self.deltas.range(first..).cloned().collect();
        let octets: usize = chain.iter().map(|delta| delta.records.len()).sum();
        (octets <= zone.records().len().max(ONE_MESSAGE)).then_some(chain)
    }

    /// All differences, the oldest first.
    pub(super) fn deltas(&self) -> impl Iterator<Item = &Delta> {
        self.deltas.iter().map(Arc::as_ref)
    }
}

#[cfg(test)]
pub(super) mod testing {
    //! Zones for tests.

    use std::{collections::BTreeMap, sync::LazyLock};

    use blocklist::{
        Folded, ListingId, PolicyZone, Scope,
        fold::{Action, Entry},
        testing::{START, TestLog, name},
    };

    use crate::zone::ZoneImage;

    static FOLDED: LazyLock<Folded> = LazyLock::new(|| TestLog::new(true).fold(START).1);

    pub(in super::super) type Listed = BTreeMap<String, (Scope, Action)>;

    /// The zone of a log of `size` leaves that lists these names.
    pub(in super::super) fn image(size: u64, listed: &Listed) -> ZoneImage {
        let entry = |(host, (scope, action)): (&String, &(Scope, Action))| Entry {
            name: name(host),
            scope: *scope,
            action: *action,
            listing_id: ListingId::new(2026, 1).unwrap(),
        };
        let mut entries: Vec<_> = listed.iter().map(entry).collect();
        entries.sort();
        let folded = Folded {
            entries,
            size,
            ..FOLDED.clone()
        };
        ZoneImage::new(&PolicyZone::new(&folded)).unwrap()
    }

    pub(in super::super) fn hosts(numbers: std::ops::Range<u32>) -> Listed {
        numbers
            .map(|number| (format!("obmen{number}.test"), (Scope::Host, Action::Block)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use blocklist::{Scope, fold::Action};
    use domain::base::Rtype;
    use proptest::prelude::*;

    use super::{
        testing::{Listed, hosts, image},
        *,
    };

    /// A zone as a secondary holds it: records in no order.
    fn records(octets: &[u8]) -> Vec<Vec<u8>> {
        let mut all: Vec<_> = Records(octets)
            .map(|record| record.octets.to_vec())
            .collect();
        all.sort();
        all
    }

    /// What RFC 1995 §4 has a secondary do; a record to be removed must be there, one to be added
    /// must not.
    fn apply(zone: &mut Vec<Vec<u8>>, delta: &Delta) {
        let mut soas = 0;
        for record in Records(&delta.records) {
            soas += usize::from(record.kind == Rtype::SOA);
            let at = zone.iter().position(|held| held == record.octets);
            match (soas, at) {
                (1, Some(at)) => drop(zone.swap_remove(at)),
                (2, None) => zone.push(record.octets.to_vec()),
                _ => panic!("{record:?} does not fit"),
            }
        }
        assert_eq!(soas, 2);
    }

    fn listed() -> impl Strategy<Value = Listed> {
        let host = prop_oneof![
            (0..12u8).prop_map(|number| format!("obmen{number}.test")),
            (0..6u8).prop_map(|number| format!("a.obmen{number}.test")),
            (0..6u8).prop_map(|number| format!("obmen{number}-x.test")),
        ];
        let what = (
            prop_oneof![Just(Scope::Host), Just(Scope::Subtree)],
            prop_oneof![Just(Action::Block), Just(Action::PassThrough)],
        );
        proptest::collection::btree_map(host, what, 0..20)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn differences_lead_from_any_zone_to_the_newest(
            zones in proptest::collection::vec(listed(), 2..6),
        ) {
            let images: Vec<_> = (10u64..)
                .zip(&zones)
                .map(|(size, listed)| image(size, listed))
                .collect();
            let mut journal = Journal::default();
            for pair in images.windows(2) {
                journal.push(Delta::between(&pair[0], &pair[1]).unwrap(), 1 << 20);
            }
            let newest = images.last().unwrap();
            for old in &images[..images.len() - 1] {
                let chain = journal.since(old.serial(), newest).unwrap();
                let mut zone = records(old.records());
                for delta in &chain {
                    apply(&mut zone, delta);
                }
                zone.sort();
                prop_assert_eq!(zone, records(newest.records()));
            }
        }

        #[test]
        fn a_difference_says_nothing_of_what_stays(old in listed(), new in listed()) {
            let (old_image, new_image) = (image(10, &old), image(11, &new));
            let delta = Delta::between(&old_image, &new_image).unwrap();
            let (before, after) = (records(old_image.body()), records(new_image.body()));
            let changed = before.iter().filter(|record| !after.contains(record)).count()
                + after.iter().filter(|record| !before.contains(record)).count();
            prop_assert_eq!(Records(&delta.records).count(), changed + 2);
        }
    }

    #[test]
    fn the_journal_keeps_the_newest_within_its_bound_and_no_gaps() {
        let images: Vec<_> = (0..6)
            .map(|step| image(10 + u64::from(step), &hosts(0..step)))
            .collect();
        let delta = |at: usize| Delta::between(&images[at], &images[at + 1]).unwrap();
        let room = delta(0).records.len() * 3;
        let mut journal = Journal::default();
        (0..5).for_each(|at| journal.push(delta(at), room));
        let newest = &images[5];
        assert!(journal.since(images[2].serial(), newest).unwrap().len() == 3);
        assert!(journal.since(images[1].serial(), newest).is_none(), "gone");
        assert!(
            journal.since(1, newest).is_none(),
            "a serial that never was"
        );
        assert!(journal.since(images[2].serial(), &images[4]).is_none());
        let mut gap = Journal::default();
        gap.push(delta(0), 1 << 20);
        gap.push(delta(3), 1 << 20);
        assert!(gap.since(images[0].serial(), &images[4]).is_none());
        assert_eq!(gap.since(images[3].serial(), &images[4]).unwrap().len(), 1);
        journal.push(delta(0), 1);
        assert_eq!(
            journal.deltas().count(),
            0,
            "larger than all there is room for"
        );
    }

    #[test]
    fn a_difference_larger_than_the_zone_is_not_offered() {
        let (many, few) = (image(10, &hosts(0..2000)), image(11, &hosts(0..3)));
        let mut journal = Journal::default();
        journal.push(Delta::between(&many, &few).unwrap(), 1 << 20);
        assert!(journal.since(many.serial(), &few).is_none());
        assert!(Delta::between(&few, &many).is_none(), "the serial falls");
        assert!(Delta::between(&few, &few).is_none(), "the serial stands");
    }
}
