//! How many places each network holds, counted without its address and without a lock.
//!
//! Each network has one counter in each of two rows, and holds as many places as the lower one says: it
//! can only be counted too high, and only when both of its counters are another's as well. With a
//! thousand networks at once that happens to one in some four thousand.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use super::network::Network;

/// Counters of a row, a power of two; both rows are 512 KiB.
const COUNTERS: usize = 1 << 16;
const ROWS: usize = 2;

/// The counters.
pub(super) struct Shares {
    rows: [Box<[AtomicU32]>; ROWS],
    keys: RandomState,
    most: u32,
}

/// A place; it is free again when this is dropped.
#[derive(Default)]
pub(crate) struct Share(Option<(Arc<Shares>, [usize; ROWS])>);

impl Shares {
    /// At most so many places for each network; 0 is no limit.
    pub(super) fn new(most: u32) -> Self {
        Self {
            rows: std::array::from_fn(|_| (0..COUNTERS).map(|_| AtomicU32::new(0)).collect()),
            keys: RandomState::new(),
            most,
        }
    }

    /// Takes a place for a network; `None` when it has enough.
    pub(super) fn enter(self: &Arc<Self>, network: Network) -> Option<Share> {
        if self.most == 0 {
            return Some(Share::default());
        }
        let hash = self.keys.hash_one(network);
        let places = [hash as usize % COUNTERS, (hash >> 32) as usize % COUNTERS];
        let held = self
            .counters(places)
            .map(|counter| counter.fetch_add(1, Relaxed));
        let is_full = held.min().is_none_or(|held| held >= self.most);
        let share = Share(Some((self.clone(), places)));
        // What was counted is counted out when the share is dropped.
        (!is_full).then_some(share)
    }

    fn counters(&self, places: [usize; ROWS]) -> impl Iterator<Item = &AtomicU32> {
        self.rows
            .iter()
            .zip(places)
            .filter_map(|(row, place)| row.get(place))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some((shares, places)) = self.0.take() {
            for counter in shares.counters(places) {
                counter.fetch_sub(1, Relaxed);
            }
        }
    }
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Share")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_places_and_no_more() {
        let shares = Arc::new(Shares::new(3));
        let network = Network::V4(7);
        let mut held: Vec<_> = (0..3).map(|_| shares.enter(network).unwrap()).collect();
        assert!(shares.enter(network).is_none());
        let others = (1000..2000).filter(|other| shares.enter(Network::V4(*other)).is_some());
        assert!(
            others.count() >= 999,
            "others are nearly never taken for it"
        );
        held.pop();
        held.push(shares.enter(network).unwrap());
        assert!(shares.enter(network).is_none());
        drop(held);
        assert_eq!(shares.counters([0; 2]).count(), 2);
        let all = shares.rows.iter().flat_map(|row| row.iter());
        assert!(all.into_iter().all(|counter| counter.load(Relaxed) == 0));
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let shares = Arc::new(Shares::new(0));
        let held: Vec<_> = (0..100)
            .filter_map(|_| shares.enter(Network::V4(1)))
            .collect();
        assert_eq!(held.len(), 100);
    }
}
