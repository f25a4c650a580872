//! A defence against floods of random names: questions below one registrable domain may not take all
//! the places. The servers of such a domain answer slowly or never, so its questions pile up, and
//! everybody else's would be turned away.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use crate::query::MAX_NAME;

/// Of all places, the part that one domain may hold while more than half are taken: one in this many.
const SHARE: usize = 32;
/// Places that every domain may hold at any time.
const LEAST: usize = 64;

/// How many questions wait below each registrable domain.
pub(super) struct Floods {
    keys: RandomState,
    waiting: HashMap<u64, u32>,
    places: usize,
    share: usize,
}

impl Floods {
    /// For `places` questions in all.
    pub(super) fn new(places: usize) -> Self {
        Self {
            keys: RandomState::new(),
            waiting: HashMap::new(),
            places,
            share: (places / SHARE).max(LEAST),
        }
    }

    /// The domain that a lower-case wire name counts for.
    pub(super) fn domain(&self, name: &[u8]) -> u64 {
        let mut text = [0; MAX_NAME];
        let text = write_text(name, &mut text);
        // A name that is a public suffix itself, or the root, counts for itself.
        let domain = psl::domain(text).map_or(text, |domain| domain.trim().as_bytes());
        self.keys.hash_one(domain)
    }

    /// Takes a place for a domain while `taken` are taken in all; `false` when it has too many.
    pub(super) fn enter(&mut self, domain: u64, taken: usize) -> bool {
        let waiting = self.waiting.entry(domain).or_insert(0);
        if taken > self.places / 2 && *waiting as usize >= self.share {
            return false;
        }
        *waiting += 1;
        true
    }

    /// Gives the place back.
    pub(super) fn leave(&mut self, domain: u64) {
        if let std::collections::hash_map::Entry::Occupied(mut entry) = self.waiting.entry(domain) {
            match entry.get().checked_sub(1) {
                None | Some(0) => {
                    entry.remove();
                }
                Some(less) => *entry.get_mut() = less,
            }
        }
    }
}

/// A wire name with dots between its labels. A dot inside a label makes another domain of it, which
/// only spreads what its owner may take over more names of their own.
fn write_text<'b>(name: &[u8], text: &'b mut [u8; MAX_NAME]) -> &'b [u8] {
    // Each length becomes a dot; the first one and the root's are left out.
    let octets = name.get(..MAX_NAME).unwrap_or(name);
    let text = text.get_mut(..octets.len()).unwrap_or_default();
    text.copy_from_slice(octets);
    let mut at = 0;
    while let Some(length @ &mut (1..)) = text.get_mut(at) {
        at += 1 + usize::from(std::mem::replace(length, b'.'));
    }
    text.get(1..at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(name: &str) -> Vec<u8> {
        let labels = name.split('.').filter(|label| !label.is_empty());
        let octets = labels.flat_map(|label| {
            let mut octets = vec![label.len() as u8];
            octets.extend_from_slice(label.as_bytes());
            octets
        });
        octets.chain([0]).collect()
    }

    #[test]
    fn names_count_for_what_somebody_registered() {
        let floods = Floods::new(1000);
        let same =
            |one: &str, other: &str| floods.domain(&wire(one)) == floods.domain(&wire(other));
        assert!(same("a.b.victim.kz", "c.victim.kz"));
        assert!(same("a.victim.com.kz", "victim.com.kz"));
        assert!(!same("one.com.kz", "other.com.kz"));
        assert!(!same("victim.kz", "other.kz"));
        assert!(!same("", "kz"));
    }

    #[test]
    fn one_domain_never_takes_more_than_half_and_its_share() {
        let mut floods = Floods::new(10_000);
        let victim = floods.domain(&wire("a.victim.kz"));
        let mut taken = 0;
        while floods.enter(victim, taken) {
            taken += 1;
        }
        assert_eq!(taken, 5001);
        let innocent = floods.domain(&wire("innocent.kz"));
        for _ in 0..312 {
            assert!(floods.enter(innocent, taken));
        }
        assert!(!floods.enter(innocent, taken));
        floods.leave(innocent);
        assert!(floods.enter(innocent, taken));
        for _ in 0..taken {
            floods.leave(victim);
        }
        assert!(floods.enter(victim, 0));
        assert_eq!(floods.waiting.len(), 2);
    }
}
